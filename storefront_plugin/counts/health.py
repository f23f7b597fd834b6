"""Checks that Redis can count: before the first batch, and wherever the state of counting is shown."""

from __future__ import annotations

from ..redis_store import Command, RedisStore, ScriptCall, unavailable
from ..redis_store.keys import Keys
from .applier import APPLY_BATCH

_NOWHERE = "nowhere"
"""A generation that does not exist, so that the script finds no position to go on from and writes nothing."""


def require_counting(store: RedisStore, keys: Keys) -> None:
    """Raise `StoreUnavailable` where Redis does not answer, or answers and cannot count: full, a replica, a command missing."""
    require_commands(store, keys)
    names = [key(_NOWHERE, 0) for key in (keys.position, keys.counts, keys.sold, keys.totals)]
    (answer,) = store.run_scripts([ScriptCall(APPLY_BATCH, names, ["before", "after"])])
    if isinstance(answer, Exception):
        raise unavailable(store.label, answer)


def require_commands(store: RedisStore, keys: Keys) -> None:
    """Raise `StoreUnavailable` where Redis refuses a command that counting runs, also within its script.

    There it would leave half a batch, so it is asked before the first one.
    """
    store.execute(_trials(keys))


def _trials(keys: Keys) -> list[Command]:
    """What counting and pages do, once each on keys that nobody reads and that are gone afterwards."""
    counts, weights, texts, flag = (keys.trial(kind) for kind in ("hash", "set", "list", "text"))
    return [
        Command(counts, "HSET", ("field", 1)),
        Command(counts, "HINCRBY", ("field", 0)),
        Command(counts, "HGET", ("field",)),
        Command(counts, "HMGET", ("field",)),
        Command(counts, "HGETALL"),
        Command(counts, "HLEN"),
        Command(counts, "HDEL", ("field",)),
        Command(weights, "ZADD", (1, "member")),
        Command(weights, "ZINCRBY", (1, "member")),
        Command(weights, "ZSCORE", ("member",)),
        Command(weights, "ZCARD"),
        Command(weights, "ZRANGE", (0, -1)),
        Command(weights, "ZREMRANGEBYRANK", (1, 2)),
        Command(weights, "ZREMRANGEBYSCORE", (5, 6)),
        Command(weights, "ZREM", ("member",)),
        Command(texts, "LPUSH", ("text",)),
        Command(texts, "LRANGE", (0, 0)),
        Command(texts, "LTRIM", (0, 0)),
        Command(flag, "SET", ("text",)),
        Command(flag, "GET"),
        Command(flag, "TYPE"),
        Command(flag, "EXISTS"),
        Command(flag, "EXPIRE", (60,)),
        Command(counts, "UNLINK", (weights, texts, flag)),
    ]
