"""The pages beside each other, for the navigation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flask import request, url_for

from ...proxies import current_storefront
from .language import say

_GROUPS: Final = {
    "home": ("home",),
    "bundle_list": ("bundle", "proposal"),
    "slots": ("slot",),
    "rules": ("rule",),
    "explain": ("explain",),
    "audit_log": ("audit",),
}
"""The endpoint of each entry, and how the endpoints of its pages begin."""


@dataclass(frozen=True, slots=True)
class Section:
    """An entry of the navigation."""

    label: str
    address: str
    is_current: bool


def sections() -> list[Section]:
    """The entries in their order, in the language of the request."""
    labels = {
        "home": say("Home"),
        "bundle_list": say("Bundles"),
        "slots": say("Slots"),
        "rules": say("Rules"),
        "explain": say("Explain"),
        "audit_log": say("Log"),
    }
    prefix = f"{current_storefront.name}-admin."
    now = (request.endpoint or "").removeprefix(prefix)
    return [Section(labels[name], url_for(prefix + name), now.startswith(starts)) for name, starts in _GROUPS.items()]
