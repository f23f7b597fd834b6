"""Rows of the bundle's form: arranged, and added for the products that are typed."""

from __future__ import annotations

from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from ...bundles.tier import MAX_COMPONENTS
from ..kit import rows
from ..kit.i18n import _
from ..kit.products import ProductView, resolve
from ..kit.rows import places


@dataclass(frozen=True, slots=True)
class Unclear:
    """Why a typed product was not added, with those it may mean."""

    sentence: str
    choices: tuple[ProductView, ...] = ()


def arranged(sent: MultiDict[str, str], action: str) -> MultiDict[str, str]:
    """What was sent, after the button *action*: one of a row, or ``more-tiers``."""
    sent = rows.cleaned(sent)
    if action == "more-tiers":
        return _with_tier(sent)
    # The products of quantity steps stand with the first step and belong to all.
    first = ("tiers-0-components-", "tiers-0-add")
    of_all = sent.get("kind") == "steps" and action.partition("-")[2].startswith("tiers-") and action.count("-") == 2
    shared = {name: sent.poplist(name) for name in list(sent) if of_all and name.startswith(first)}
    changed = rows.arranged(sent, action)
    for name, values in shared.items():
        changed.setlist(name, values)
    return changed


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


def _add(sent: MultiDict[str, str], tier: int, typed: str) -> Unclear | None:
    found = resolve(typed)
    if found.product is None:
        sentence = _("Several products match. Choose one.") if found.choices else None
        return Unclear(sentence or _("No matching products. Try another search or the product ID."), found.choices)
    name = f"tiers-{tier}-components"
    there = [sent.get(f"{name}-{place}-product") for place in places(sent, name)]
    if len(there) >= MAX_COMPONENTS:
        return Unclear(_("A bundle can have at most %(most)s products.", most=MAX_COMPONENTS))
    again = found.product.id in there
    if again and sent.get("kind") != "extra":
        return Unclear(_("This product is already in the bundle. Increase its quantity instead."))
    place = max(places(sent, name), default=-1) + 1
    sent[f"{name}-{place}-product"] = found.product.id
    sent[f"{name}-{place}-quantity"] = "1"
    if again:  # buy one, get one
        sent[f"{name}-{place}-free"] = "y"
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
