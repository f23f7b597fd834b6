"""What is wrong with a bundle, beside the fields of its form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wtforms import Field

from ...core.problems import Path
from ...core.typed import plain
from ..kit.forms import add_error, fields
from ..kit.i18n import _
from .form import BundleForm, errors_of
from .labels import field_names
from .prices import Priced


def field_at(form: BundleForm, path: Path) -> Field:
    """The field of *form* that a problem at *path* of a definition stands beside."""
    where, *rest = path or ("kind",)
    if where == "tiers":
        return _field_of_tier(form, int(rest[0]), rest[1:]) if rest else form.kind
    if where == "texts" and rest:
        row = next((one.form for one in form.texts if plain(one.form.language.data) == rest[0]), form.texts[0].form)
        return row[str(rest[1])] if len(rest) > 1 else row.title
    if where == "schedule":
        return form.start if rest == ["start"] else form.end
    return form[where] if where in form and not rest else form.kind


def _field_of_tier(form: BundleForm, number: int, path: Sequence[str | int]) -> Field:
    if form.kind.data == "steps" and path and path[0] == "components":
        number = 0  # they stand with the first step and belong to all
    tier = form.tiers[number].form
    match path:
        case ["components", int(place), *_rest] if place < len(tier.components):
            return tier.components[place].form.quantity
        case ["price", ("percent" | "pieces") as name]:
            return tier[name]
        case ["price", "amounts", str(currency)]:
            rows = (one.form for one in tier.amounts if plain(one.form.currency.data).upper() == currency)
            return next((row.amount for row in rows), tier.price)
        case ["price", *_rest]:
            return tier.price
        case [("least" | "most") as name]:
            return tier[name]
    return tier.add


@dataclass(frozen=True, slots=True)
class FieldError:
    """A field with what is wrong with it. *tier* names its tier where there are several; *name* is "" for the whole."""

    id: str
    tier: str
    name: str
    text: str


def error_list(form: BundleForm) -> list[FieldError]:
    """Every field with its first error; that of the token stands elsewhere."""
    tiers, currencies, names = _tiers(form), _currencies(form), field_names()
    found = []
    for field, text in errors_of(form):
        name = names.get(field.short_name, "")
        if name and field.id in currencies:
            name = _("%(field)s (%(currency)s)", field=name, currency=currencies[field.id])
        if field.name != "storefront_token":
            found.append(FieldError(field.id, tiers.get(field.id, ""), name, text))
    return found


def add_price_errors(form: BundleForm, priced: Priced) -> list[str]:
    """Why what *form* holds cannot be published, shown beside its prices; what is left has no field of its own."""
    for number, row in priced.refused:
        amounts = {plain(one.form.currency.data).upper(): one.form.amount for one in form.tiers[number].form.amounts}
        add_error(amounts.get(row.currency, form.tiers[number].form.price), row.message)
    shown = {row.message for _, row in priced.refused}
    left = [text for text in priced.refusals if text not in shown]
    if left and not shown and not priced.lost:  # only that it saves nothing
        add_error(form.tiers[0].form.price, left.pop())
    return left


def _tiers(form: BundleForm) -> dict[str, str]:
    """The tier or step that each field is of, by the field's id; none where there is only one."""
    name = _("Level %(number)s") if form.kind.data == "steps" else _("Tier %(number)s")
    if len(form.tiers) < 2:
        return {}
    return {
        field.id: name % {"number": number} for number, row in enumerate(form.tiers, 1) for field in fields(row.form)
    }


def _currencies(form: BundleForm) -> dict[str, str]:
    """The currency of each field of an amount, by the field's id."""
    rows = [row.form for tier in form.tiers for row in tier.form.amounts]
    return {row.amount.id: code for row in rows if (code := plain(row.currency.data).upper())}
