"""What differs between two versions of a bundle, field by field, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...bundles.definition import Component, Definition, Tier
from .bundle_words import all_amounts, kind_names, language_name
from .language import admin_texts, say, shown_time


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that differs; *old* or *new* is "" where the field is empty there."""

    label: str
    old: str
    new: str


def differences(old: Definition, new: Definition, titles: Mapping[str, str]) -> list[Difference]:
    """The fields of *old* that *new* has otherwise, in the order of the form. *titles* are those of products by id."""
    before, after = _told(old, titles), _told(new, titles)
    return [
        Difference(label, before.get(label, ""), after.get(label, ""))
        for label in dict.fromkeys([*before, *after])
        if before.get(label, "") != after.get(label, "")
    ]


def _told(definition: Definition, titles: Mapping[str, str]) -> dict[str, str]:
    """Every field of *definition* by its label."""
    told: dict[str, str] = {say("Kind"): kind_names()[definition.kind]}
    for language, words in definition.words.items():
        name = language_name(language)
        told[say("Title (%(language)s)", language=name)] = words.title
        told[say("Why together (%(language)s)", language=name)] = words.benefit
        told[say("Picture (%(language)s)", language=name)] = words.picture or ""
    for number, tier in enumerate(definition.tiers):
        told |= _tier(definition, number, tier, titles)
    write = admin_texts().number
    return told | {
        say("Starts"): shown_time(definition.schedule.start),
        say("Ends"): shown_time(definition.schedule.end),
        say("At most in one order"): write(definition.limit_per_order) if definition.limit_per_order else "",
        say("At most in all orders"): write(definition.limit_in_all) if definition.limit_in_all else "",
        say("Segment"): definition.segment or "",
        say("Staff only"): say("yes") if definition.staff_only else "",
        say("Together with other bundles"): say("never")
        if definition.stacking == "alone"
        else say("whatever saves most"),
    }


def _tier(definition: Definition, number: int, tier: Tier, titles: Mapping[str, str]) -> dict[str, str]:
    of = say("Tier %(number)s", number=number + 1) + ": " if len(definition.tiers) > 1 else ""
    told = {}
    if definition.kind != "steps" or not number:
        told[of + say("Products")] = " + ".join(_component(one, titles) for one in tier.components)
    if tier.least:
        told[of + say("Pieces")] = f"{tier.least}–{tier.most}" if tier.most else say("from %(least)s", least=tier.least)
    price = all_amounts(tier.price)
    if tier.price.kind == "free" and tier.price.pieces > 1:
        price = f"{price} × {tier.price.pieces}"
    return told | {of + say("Price"): price}


def _component(component: Component, titles: Mapping[str, str]) -> str:
    words = titles.get(component.product_id, component.product_id)
    if component.quantity > 1:
        words = f"{component.quantity} × {words}"
    more = [
        *([say("optional")] if component.optional else []),
        *([say("free")] if component.free else []),
        *component.variants,
    ]
    return f"{words} ({', '.join(more)})" if more else words
