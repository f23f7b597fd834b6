"""Messages about the last change, kept in the session until the next page shows them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from flask import session

Kind: TypeAlias = Literal["done", "warning", "error"]

_KEY = "storefront_notices"
_MOST = 5
_ROOM = 1500
"""Bytes of all messages: a browser drops a cookie above 4 KB, and the shop's own things are in it too."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A message. *undo* is the address of a POST that takes the change back, with *fields*; "" where there is none.

    *redo* says that the change was one that took something back.
    """

    text: str
    kind: Kind = "done"
    undo: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    redo: bool = False


def flash(text: str, kind: Kind = "done", undo: str = "", redo: bool = False, **fields: object) -> None:
    """Show *text* on the next page."""
    notice: dict[str, Any] = {"text": text[:300], "kind": kind}
    if undo:
        notice |= {"undo": undo, "fields": {name: str(value) for name, value in fields.items()}}
        notice |= {"redo": True} if redo else {}
    kept = [*session.get(_KEY, []), notice][-_MOST:]
    while len(kept) > 1 and len(json.dumps(kept)) > _ROOM:
        del kept[0]
    session[_KEY] = kept


def take_notices() -> list[Notice]:
    """The messages for this page; they are shown once."""
    return [Notice(**notice) for notice in session.pop(_KEY, [])]
