"""Lua scripts: files beside the code that sends them, known to Redis by their SHA-1."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.resources import files

from .reads import pack


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
    """One run of *script*; all *keys* lie in the same slot. It may run twice, so the script must settle repetition."""

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
