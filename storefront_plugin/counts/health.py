"""Whether Redis takes counts at all: what `check`, `drain`, `stats` and the admin's home ask beside the backlog."""

from __future__ import annotations

from ..redis_store import Command, RedisStore, ScriptCall, unavailable
from ..redis_store.keys import Keys
from .applier import APPLY_BATCH

_NOWHERE = "nowhere"
"""A generation that does not exist, so that the script finds no position to go on from and writes nothing."""


def require_counting(store: RedisStore, keys: Keys) -> None:
    """Raise `StoreUnavailable` where Redis does not answer, or answers and cannot count: full, a replica, without scripts."""
    store.execute([Command(keys.news, "HINCRBY", ("rules", 0))])
    names = [key(_NOWHERE, 0) for key in (keys.position, keys.counts, keys.sold, keys.totals)]
    (answer,) = store.run_scripts([ScriptCall(APPLY_BATCH, names, ["before", "after"])])
    if isinstance(answer, Exception):
        raise unavailable(store.label, answer)
