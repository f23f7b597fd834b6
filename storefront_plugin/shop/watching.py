"""Notices changes of a catalogue's mapped model, so that cards follow without a call of the shop."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any
from weakref import WeakMethod

from sqlalchemy import event
from sqlalchemy.orm import Session, object_session

logger = logging.getLogger(__name__)

_CHANGED = "storefront_changed_products"


def watch(catalog: Any, tell: Callable[[Sequence[str]], None]) -> None:
    """Call the method *tell* with the ids of products whose objects a session has changed, after it committed.

    The model keeps no reference to the method's object: a test suite may mount hundreds on one model.

    Works for catalogues that have ``model`` and ``id_of(instance)``. Changes by plain SQL or by bulk statements are not
    seen; cards then follow after ``STOREFRONT_CARD_SECONDS``.
    """
    weak_tell = WeakMethod(tell)
    model, id_of = getattr(catalog, "model", None), getattr(catalog, "id_of", None)
    if model is None or id_of is None:
        return

    def changed(_mapper: Any, _connection: Any, instance: Any) -> None:
        session, alive = object_session(instance), weak_tell()
        if session is not None and alive is not None:
            _note(session, id_of, instance, alive)

    for name in ("after_insert", "after_update", "after_delete"):
        event.listen(model, name, changed, propagate=True)


def _note(session: Session, id_of: Callable[[Any], str], instance: Any, tell: Callable[[Sequence[str]], None]) -> None:
    try:
        product_id = id_of(instance)
    except Exception as error:  # the shop's own mapping; its flush must go on
        logger.warning("A changed product could not be named (%s).", error)
        return
    if _CHANGED not in session.info:
        session.info[_CHANGED] = {}
        event.listen(session, "after_commit", _tell)
        event.listen(session, "after_rollback", lambda session: session.info[_CHANGED].clear())
    session.info[_CHANGED].setdefault(tell, {})[product_id] = None


def _tell(session: Session) -> None:
    # Fires at the release of a savepoint too; only the outermost commit makes the change visible to others.
    if session.in_nested_transaction():
        return
    changed, session.info[_CHANGED] = session.info[_CHANGED], {}
    for tell, ids in changed.items():
        try:
            tell(list(ids))
        except Exception as error:  # the shop's commit has happened; nothing of ours may make it look as if it had not
            logger.warning("Changed products were not told (%s).", error)
