"""The engine's sentences about a bundle, marked for translation, and the field of a tier that each is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ...core.errors import N_, InputError
from ..kit.forms import add_error, plain
from ..kit.i18n import _
from .form import BundleForm, complaints, fields
from .labels import field_names
from .prices import Priced

PLACES: Final[Mapping[str, str]] = {
    N_("A component stands twice in the set; raise its quantity instead."): "add",
    N_("A set needs at least two pieces that are not optional; add a component or raise a quantity."): "add",
    N_("A set has at most 4 optional components; make a mix or a ladder of it."): "add",
    N_("A fixed price cannot have optional components; make a ladder with a price for each tier."): "price",
    N_("Something must be bought for the free extra; add a component that is neither."): "add",
    N_("A mix chooses at least two pieces; raise its numbers."): "most",
    N_("Fewer pieces must be free than are chosen; lower the free ones."): "pieces",
    N_("A mix at a fixed price needs one number of pieces; set least and most to the same."): "most",
}
"""Sentences about one tier, and the name of its field; those that are not here stand with its products."""

WHOLE: Final = (
    N_("The bundle ends before it starts; set a later end."),
    N_("Each quantity step must begin at more pieces than the one before; sort them."),
)
"""Sentences about the whole bundle."""

IN_FILES: Final = (
    N_("Components marked free belong to the price kind 'free', which needs at least one of them."),
    N_("A bundle needs a title; write one line that says what it is."),
    N_("A bundle needs a title in at least one language; give texts={'en': BundleText('…')}."),
    N_("The segment must be a name of 1 to 64 characters, or None for everybody."),
    N_("Only a mix and quantity steps have numbers of pieces; leave least and most at 0."),
    N_("Components of a mix and of quantity steps are counted together: no quantity, optional or free."),
    N_("A free extra needs the price kind 'free' and a component marked free."),
    N_("A quantity step holds for all pieces from its number on; leave most at 0."),
    N_("Quantity steps cannot have free pieces; make a mix with free pieces of it."),
    N_("All quantity steps are about the same products; give each the same components."),
    N_("A percentage belongs to the price kind 'percent', and only there; give one or change it."),
    N_("The price kinds 'amount' and 'fixed', and only they, need an amount for each currency."),
)
"""Sentences that only an imported file can meet, because the form leaves no room for the mistake."""


def place_of(error: InputError) -> str:
    """The field of a tier that *error* is about."""
    return PLACES.get(str(error), "add")


@dataclass(frozen=True, slots=True)
class Complaint:
    """A field with what is wrong with it. *tier* names its tier where there are several; *name* is "" for the whole."""

    id: str
    tier: str
    name: str
    text: str


def told(form: BundleForm) -> list[Complaint]:
    """Every field with its first complaint; one that the token has is told elsewhere."""
    tiers, currencies, names = _tiers(form), _currencies(form), field_names()
    found = []
    for field, text in complaints(form):
        name = names.get(field.short_name, "")
        if name and field.id in currencies:
            name = _("%(field)s (%(currency)s)", field=name, currency=currencies[field.id])
        if field.name != "storefront_token":
            found.append(Complaint(field.id, tiers.get(field.id, ""), name, text))
    return found


def complain_of_prices(form: BundleForm, priced: Priced) -> list[str]:
    """Why what *form* holds cannot be published, said beside its prices; what is left has no field of its own."""
    for number, row in priced.refused:
        amounts = {plain(one.form.currency.data).upper(): one.form.amount for one in form.tiers[number].form.amounts}
        add_error(amounts.get(row.currency, form.tiers[number].form.price), row.sentence)
    said = {row.sentence for _, row in priced.refused}
    left = [text for text in priced.refusals if text not in said]
    if left and not said and not priced.lost:  # only that it saves nothing
        add_error(form.tiers[0].form.price, left.pop())
    return left


def _tiers(form: BundleForm) -> dict[str, str]:
    """The tier or step that each field is of, by the field's id; none where there is only one."""
    name = _("Step %(number)s") if form.kind.data == "steps" else _("Tier %(number)s")
    if len(form.tiers) < 2:
        return {}
    return {
        field.id: name % {"number": number} for number, row in enumerate(form.tiers, 1) for field in fields(row.form)
    }


def _currencies(form: BundleForm) -> dict[str, str]:
    """The currency of each field of an amount, by the field's id."""
    rows = [row.form for tier in form.tiers for row in tier.form.amounts]
    return {row.amount.id: code for row in rows if (code := plain(row.currency.data).upper())}
