"""Error replies that mean that Redis is unavailable, and the remedy for each."""

from __future__ import annotations

import re
from typing import Final

from redis.exceptions import RedisError, ResponseError

from ..core.errors import StorefrontError, StoreUnavailable

TROUBLE: Final = (RedisError, OSError)
"""Exceptions of connecting, sending and receiving."""

RETRIED: Final = frozenset({"LOADING", "CLUSTERDOWN", "TRYAGAIN", "MOVED", "ASK", "MASTERDOWN"})
"""Transient error replies: a starting server, an election, a migrating slot."""

_NOT_NOW: Final = "wait, or look at its log"
_REMEDIES: Final = {
    "OOM": "raise its maxmemory or give the storefront its own instance",
    "READONLY": "point STOREFRONT_REDIS_URL to the primary, this is a replica",
    "MISCONF": "free up disk space so that it can save again",
    "NOREPLICAS": "bring its replicas back or lower min-replicas-to-write",
    "NOAUTH": "put the password into STOREFRONT_REDIS_URL",
    "WRONGPASS": "correct the user and password in STOREFRONT_REDIS_URL",
    "NOPERM": "allow its user to run all commands on the storefront's keys",
    "NOCOMMAND": "enable it, or use an instance that has it",
    "BUSY": "stop the script that is blocking it with SCRIPT KILL",
    "LOADING": "wait until it has loaded its data",
    "MASTERDOWN": _NOT_NOW,
    "CLUSTERDOWN": "bring the missing nodes of the cluster back",
    "TRYAGAIN": _NOT_NOW,
    "MOVED": _NOT_NOW,
    "ASK": _NOT_NOW,
}
_COMMAND = re.compile(r"(?:unknown command|permissions to run the) ['`]?([^'`,\s]+)")
"""The command that a server does not know, because it was renamed, or that its user may not run."""

_INNER = re.compile(r"(?:@user_script:\s*\d*:\s*|script: )-?([A-Z]+)\b")


def error_code(error: Exception) -> str:
    """The code of an error reply, such as ``WRONGTYPE``; of an error in a script, that of the inner call.

    A command that the server does not know is ``NOCOMMAND``, which Redis itself has no code for.
    """
    text = str(error)
    code = text.partition(" ")[0]
    if text.startswith(
        ("ERR unknown command", "unknown command")
    ):  # hiredis keeps the code, redis-py's parser does not
        return "NOCOMMAND"
    inner = _INNER.search(text) if code == "ERR" else None
    return inner.group(1) if inner and inner.group(1) in _REMEDIES else code


def refused_command(error: BaseException | None) -> str | None:
    """The name of the command that *error* says does not exist or is not allowed; None for all other errors."""
    found = _COMMAND.search(str(error)) if isinstance(error, ResponseError) else None
    return found.group(1).replace("|", " ").upper() if found else None


def is_outage(reply: object) -> bool:
    """Whether *reply* is an error about the server's state, rather than about the command."""
    return isinstance(reply, ResponseError) and error_code(reply) in _REMEDIES


def unavailable(label: str, error: Exception) -> StoreUnavailable:
    """The exception to raise for *error* of the server *label*, with *error* as its cause."""
    if isinstance(error, StoreUnavailable):
        return error
    if isinstance(error, StorefrontError):  # the embedded server cannot be started: its own remedy
        return _caused(str(error), error)
    code, command = error_code(error), refused_command(error)
    if command is not None:
        remedy = _REMEDIES[code] if code == "NOCOMMAND" else f"allow its user to run {command} on the storefront's keys"
        text = f"Redis at {label} refuses the command {command}; {remedy}."
    elif isinstance(error, ResponseError) and code in _REMEDIES:
        text = f"Redis at {label} refuses ({code}); {_REMEDIES[code]}."
    elif isinstance(error, ResponseError):
        text = f"Redis at {label} refuses ({_short(error)}); look at its configuration."
    else:
        text = f"Redis at {label} cannot be used ({_short(error)}); start it or correct STOREFRONT_REDIS_URL."
    return _caused(text, error)


def _caused(text: str, error: Exception) -> StoreUnavailable:
    outage = StoreUnavailable(text)
    outage.__cause__ = error
    return outage


def _short(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")[:200] or type(error).__name__
