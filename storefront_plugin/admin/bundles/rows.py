"""Rows of the bundle's form, added, moved and taken out on the server: the buttons work without script."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from werkzeug.datastructures import MultiDict

from ...bundles.tier import MAX_COMPONENTS
from ...core.typed import whole_number
from ..kit.i18n import _
from ..kit.products import ProductView, resolve

_NAME: Final = re.compile(r"[a-z_]+(-[0-9]{1,4}-[a-z_]+){0,2}")

STEPS: Final = ("up", "down", "remove")


@dataclass(frozen=True, slots=True)
class Unclear:
    """Why a typed product was not added, with those it may mean."""

    sentence: str
    choices: tuple[ProductView, ...] = ()


def cleaned(sent: MultiDict[str, str]) -> MultiDict[str, str]:
    """What was sent under names that the form has; forged ones, with numbers that are none, are left out."""
    kept: MultiDict[str, str] = MultiDict()
    for name in sent:
        if _NAME.fullmatch(name):
            kept.setlist(name, sent.getlist(name))
    return kept


def arranged(sent: MultiDict[str, str], action: str) -> MultiDict[str, str]:
    """What was sent, after the button *action*: ``up-<row>``, ``down-<row>``, ``remove-<row>`` or ``more-tiers``.

    A row is named as its fields begin ("tiers-0-components-2"). Anything else changes nothing.
    """
    step, _separator, row = action.partition("-")
    sent = cleaned(sent)
    if action == "more-tiers":
        return _with_tier(sent)
    rows, _separator, place = row.rpartition("-")
    if step not in STEPS or whole_number(place, 9999) is None:
        return sent
    order = places(sent, rows)
    at = order.index(int(place)) if int(place) in order else None
    if at is None:
        return sent
    if step == "remove":
        del order[at]
    else:
        to = at + (1 if step == "down" else -1)
        if 0 <= to < len(order):
            order[at], order[to] = order[to], order[at]
    return _ordered(sent, rows, order)


def with_products(sent: MultiDict[str, str]) -> tuple[MultiDict[str, str], dict[int, Unclear]]:
    """What was sent, with a row for each product typed to be added, and by tier what could not be."""
    unclear: dict[int, Unclear] = {}
    changed = sent.copy()
    for tier in places(sent, "tiers"):
        name = f"tiers-{tier}-add"
        typed = next((text for text in reversed(sent.getlist(name)) if text.strip()), "")
        if typed:
            problem = _add(changed, tier, typed)
            if problem is None:
                changed.setlist(name, [])
            else:
                unclear[tier] = problem
    return changed, unclear


def places(sent: Iterable[str], rows: str) -> list[int]:
    """The numbers of the *rows* that were sent ("tiers", "tiers-0-components"), in their order."""
    found = {name[len(rows) + 1 :].partition("-")[0] for name in sent if name.startswith(f"{rows}-")}
    return sorted(number for text in found if (number := whole_number(text, 9999)) is not None)


def _add(sent: MultiDict[str, str], tier: int, typed: str) -> Unclear | None:
    found = resolve(typed)
    if found.product is None:
        sentence = _("Several products match. Choose one.") if found.choices else None
        return Unclear(sentence or _("No matching products. Try another search or the product ID."), found.choices)
    rows = f"tiers-{tier}-components"
    there = [sent.get(f"{rows}-{place}-product") for place in places(sent, rows)]
    if len(there) >= MAX_COMPONENTS:
        return Unclear(_("A bundle can have at most %(most)s products.", most=MAX_COMPONENTS))
    again = found.product.id in there
    if again and sent.get("kind") != "extra":
        return Unclear(_("This product is already in the bundle. Increase its quantity instead."))
    place = max(places(sent, rows), default=-1) + 1
    sent[f"{rows}-{place}-product"] = found.product.id
    sent[f"{rows}-{place}-quantity"] = "1"
    if again:  # buy one, get one
        sent[f"{rows}-{place}-free"] = "y"
    return None


def _with_tier(sent: MultiDict[str, str]) -> MultiDict[str, str]:
    """One tier more, like the last one without its price: the dearer tier has what the one before has."""
    changed, tiers = sent.copy(), places(sent, "tiers")
    last = tiers[-1] if tiers else -1
    for name in list(sent):
        rest = name.removeprefix(f"tiers-{last}-")
        if rest != name and (rest == "price" or (rest.startswith("components-") and sent.get("kind") == "ladder")):
            changed.setlist(f"tiers-{last + 1}-{rest}", sent.getlist(name))
    changed[f"tiers-{last + 1}-least"] = ""
    return changed


def _ordered(sent: MultiDict[str, str], rows: str, order: list[int]) -> MultiDict[str, str]:
    """What was sent with only those *rows*, in this order, numbered from 0."""
    shared = _shared(sent) if rows == "tiers" and sent.get("kind") == "steps" else {}
    new = {str(old): str(place) for place, old in enumerate(order)}
    changed: MultiDict[str, str] = MultiDict()
    for name in sent:
        if name in shared:
            continue
        if not name.startswith(f"{rows}-"):
            changed.setlist(name, sent.getlist(name))
            continue
        old, _separator, rest = name[len(rows) + 1 :].partition("-")
        if old in new:
            changed.setlist(f"{rows}-{new[old]}-{rest}", sent.getlist(name))
    for name, values in shared.items():
        changed.setlist(name, values)
    return changed


def _shared(sent: MultiDict[str, str]) -> dict[str, list[str]]:
    """The products of quantity steps: they stand with the first step and belong to all."""
    first = ("tiers-0-components-", "tiers-0-add")
    return {name: sent.getlist(name) for name in sent if name.startswith(first)}
