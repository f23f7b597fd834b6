"""Commands and scripts for Redis, and `MISSING`, the reply that did not come in time."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any, Final, NamedTuple, TypeAlias

from hiredis import pack_command


class _Missing:
    """The type of `MISSING`; false in a condition, so that ``reply or []`` reads well."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing()
"""The reply of a command that failed or was late. `None`, in contrast, means that the key does not exist."""


class Command(NamedTuple):
    """``NAME key *args``, a command of one key.

    Attributes:
        key: The key; determines the node of a cluster.
        name: One word, such as ``ZRANGE``.
        args: Arguments after the key. Replies have the types of RESP3, not decoded: strings are bytes, scores floats,
            ``WITHSCORES`` gives ``[[member, score], …]`` and ``HGETALL`` a dict.
    """

    key: str
    name: str
    args: tuple[str | int | bytes, ...] = ()

    def packed(self) -> bytes:
        """The bytes to send; raises `TypeError` for arguments that are not text, numbers or bytes."""
        return pack(self.name, self.key, *self.args)


RawCommand: TypeAlias = tuple[str | int | float | bytes, ...]
"""A command as a tuple: ``("ZADD", key, 3, b"7", …)``; the key comes second."""


def pack(*words: str | int | float | bytes) -> bytes:
    """One command as bytes on the wire; raises `TypeError` for anything but text, numbers and bytes."""
    packed: Any = pack_command(words)  # type: ignore[arg-type]  # hiredis' stub knows tuples of one item only
    return bytes(packed)


@dataclass(frozen=True, slots=True)
class Script:
    """A Lua script.

    Attributes:
        name: The file name, for messages.
        text: The source.
        sha: The SHA-1 of the source in hexadecimal, as ``EVALSHA`` takes it.
    """

    name: str
    text: str
    sha: str = field(init=False)

    def __post_init__(self) -> None:
        digest = hashlib.sha1(self.text.encode(), usedforsecurity=False).hexdigest()
        object.__setattr__(self, "sha", digest)


@dataclass(frozen=True, slots=True)
class ScriptCall:
    """A call of *script*; all *keys* are in the same slot. It may run twice, so the script must be idempotent."""

    script: Script
    keys: Sequence[str]
    args: Sequence[bytes | str | int] = ()

    def packed(self) -> bytes:
        """The bytes to send; raises `TypeError` for arguments that are not text, numbers or bytes."""
        return pack("EVALSHA", self.script.sha, len(self.keys), *self.keys, *self.args)


def load_script(package: str, name: str) -> Script:
    """The script in the file *name* of *package* (or of its folder ``scripts``); raises `FileNotFoundError`."""
    folder = files(package)
    source = folder / name
    if not source.is_file():
        source = folder / "scripts" / name
    return Script(name, source.read_text(encoding="utf-8"))
