"""Staff codes and links that a shopper showed, remembered in the shop's session by our own addresses only.

They are kept as they were shown, not as what they unlocked: an expired one is worthless whenever it is read.
"""

from __future__ import annotations

from flask import has_request_context, session

KEY = "storefront_codes"

MOST = 5
"""Codes remembered; the oldest is forgotten first. They travel in the shopper's cookie."""


def presented() -> tuple[str, ...]:
    """What the current shopper showed; nothing outside of a request."""
    kept = session.get(KEY, ()) if has_request_context() else ()
    return tuple(one for one in kept if isinstance(one, str)) if isinstance(kept, (list, tuple)) else ()


def remember(code: str) -> None:
    """Keep *code* for this shopper."""
    others = [one for one in presented() if one != code]
    session[KEY] = [*others, code][-MOST:]
