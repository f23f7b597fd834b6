"""Changes of what merchants make: pages follow, the next page says what was done, and a button takes it back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from flask import Response, request

from ...core.errors import InputError
from ...core.sql.versions import VersionConflict, VersionedStore
from ...core.typed import whole_number
from ...proxies import current_services
from .access import merchant_name
from .i18n import _
from .pages import flash, link, see_other, way_back


class Difference(NamedTuple):
    """A field that differs; *old* or *new* is "" where it is empty there."""

    label: str
    old: str
    new: str


def differences(old: Mapping[str, str], new: Mapping[str, str]) -> list[Difference]:
    """The fields of two descriptions that differ, in their order."""
    labels = dict.fromkeys([*old, *new])
    every = (Difference(label, old.get(label, ""), new.get(label, "")) for label in labels)
    return [one for one in every if one.old != one.new]


def flash_change(text: str, entries: Sequence[int], undo: str, back: str, redo: bool = False) -> None:
    """Let the shop's pages follow, and say *text* on the next one, with a button that takes the change back.

    Args:
        entries: The changes' ids in the audit log.
        undo: The endpoint that takes them back, see `undo_view`.
        back: Where that leads.
        redo: Whether the change took something back itself; the button then says so.
    """
    current_services.news.rules_changed()
    flash(text, undo=link(undo), redo=redo, entries=",".join(map(str, entries)), back=way_back(back), again=int(redo))


def undo_view(store: Callable[[], VersionedStore[Any, Any, Any]], undo: str, back: str) -> Callable[[], Response]:
    """The view ``POST <path>/undo``, named *undo*: takes back the changes of the log named by ``entries``, all or none."""

    def undo_changes() -> Response:
        entries = numbers(request.form.get("entries", "").split(","))
        again = request.form.get("again") == "1"
        try:
            done = store().undo(entries, merchant_name())
        except VersionConflict:
            flash(_("This has been changed since, so it can't be undone. Edit it instead."), "error")
        except InputError:
            flash(_("There is nothing left to undo."), "warning")
        else:
            flash_change(_("Redone.") if again else _("Undone."), [one.entry for one in done], undo, back, not again)
        return see_other(way_back(back))

    return undo_changes


def numbers(keys: Sequence[str]) -> list[int]:
    """Those of *keys* that are numbers of rows."""
    return [number for key in keys if (number := whole_number(key)) is not None]
