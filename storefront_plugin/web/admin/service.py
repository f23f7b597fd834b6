"""One part of the machinery behind the suggestions, as the first page shows it under Health."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

State: TypeAlias = Literal["on", "waiting", "warning", "error", "off"]


@dataclass(frozen=True, slots=True)
class Service:
    """Its *state*, that in a word, and figures in words, in the merchant's language.

    Attributes:
        details: The sentence of an error, as it was raised: in English, and for whoever runs the shop.
        remedy: What helps, in the merchant's language; *command*: what to type for it.
    """

    name: str
    state: State
    label: str
    facts: tuple[str, ...] = ()
    details: str = ""
    remedy: str = ""
    command: str = ""
