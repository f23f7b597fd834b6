"""What is wrong with a bundle's form, as the list above it says: where, which field, and what to do."""

from __future__ import annotations

from dataclasses import dataclass

from .bundle_form import BundleForm, complain, complaints, fields
from .bundle_numbers import plain
from .bundle_prices import Priced
from .bundle_words import field_names
from .language import say


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
            name = say("%(field)s (%(currency)s)", field=name, currency=currencies[field.id])
        if field.name != "storefront_token":
            found.append(Complaint(field.id, tiers.get(field.id, ""), name, text))
    return found


def complain_of_prices(form: BundleForm, priced: Priced) -> list[str]:
    """Why what *form* holds cannot be published, said beside its prices; what is left has no field of its own."""
    for number, row in priced.refused:
        amounts = {plain(one.form.currency.data).upper(): one.form.amount for one in form.tiers[number].form.amounts}
        complain(amounts.get(row.currency, form.tiers[number].form.price), row.sentence)
    said = {row.sentence for _, row in priced.refused}
    left = [text for text in priced.refusals if text not in said]
    if left and not said and not priced.lost:  # only that it saves nothing
        complain(form.tiers[0].form.price, left.pop())
    return left


def _tiers(form: BundleForm) -> dict[str, str]:
    """The tier or step that each field is of, by the field's id; none where there is only one."""
    name = say("Step %(number)s") if form.kind.data == "steps" else say("Tier %(number)s")
    if len(form.tiers) < 2:
        return {}
    return {
        field.id: name % {"number": number} for number, row in enumerate(form.tiers, 1) for field in fields(row.form)
    }


def _currencies(form: BundleForm) -> dict[str, str]:
    """The currency of each field of an amount, by the field's id."""
    rows = [row.form for tier in form.tiers for row in tier.form.amounts]
    return {row.amount.id: code for row in rows if (code := plain(row.currency.data).upper())}
