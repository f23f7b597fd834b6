"""From what the merchant typed to a definition; every refusal stands beside the field it is about, all at once.

What cannot be read is said, and something harmless stands for it, so that the rest is checked.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, TypeAlias

from wtforms import Field, FormField

from ...bundles.definition import Definition
from ...bundles.price_kinds import rules_for
from ...bundles.store.definition_json import build_definition
from ...bundles.tier import MAX_QUANTITY
from ...core.i18n import known_locale
from ...core.typed import plain
from ...proxies import current_services
from ...web.widgets.cards import below_root
from ..kit.forms import add_error, add_problems, read_amount, read_currency, read_percent, read_whole
from ..kit.i18n import _
from .errors import field_at
from .form import KINDS, BundleForm, errors_of

Row: TypeAlias = "FormField[Any]"

SET_LIKE: Final = ("set", "ladder", "extra")
"""Kinds whose components have a quantity of their own."""

_MOST_CHOSEN: Final = 100
_ENOUGH: Final = 2
_HARMLESS: Final[Mapping[str, Any]] = {"percent": 1, "amounts": {"EUR": 1}, "pieces": 1}
"""What stands for a quantity and for the number of a price that cannot be read: nothing is wrong because of it."""

_SCHEMES: Final = ("", "http", "https", "data")


def read_definition(form: BundleForm, placeholder: str = "") -> Definition | None:
    """The definition that *form* holds; None where something is wrong, which then stands in the fields' errors.

    Args:
        placeholder: A title for a form without one; a form without a title is refused when empty.
    """
    for field in (form.start, form.end):
        field.errors = list(field.process_errors)
    data = {
        "kind": form.kind.data,
        "tiers": _tiers(form),
        "texts": _texts(form, placeholder),
        "start": form.start.data,
        "end": form.end.data,
        "limit_per_order": read_whole(form.limit_per_order, 1, MAX_QUANTITY, required=False),
        "limit_in_all": read_whole(form.limit_in_all, 1, MAX_QUANTITY, required=False),
        "segment": plain(form.segment.data) or None,
        "staff_only": bool(form.staff_only.data),
        "stacking": form.stacking.data or "best",
    }
    definition, problems = build_definition(data, current_services.settings.price_steps)
    add_problems(problems, lambda path: field_at(form, path))
    return None if errors_of(form) else definition


def _texts(form: BundleForm, placeholder: str) -> dict[str, dict[str, str | None] | None]:
    """The texts by language; None for one that cannot stand so, which is said."""
    found: dict[str, dict[str, str | None] | None] = {}
    for row in form.texts:
        title, benefit, picture = (_text(row.form[name]) for name in ("title", "benefit", "picture"))
        if not any(text.strip() for text in (title, benefit, picture)):
            continue
        language = _language(row.form.language, found)
        title = title if title.strip() else placeholder
        if not title.strip():
            add_error(row.form.title, _("Enter a title in this language too, or clear its other fields."))
        if picture.strip() and below_root(picture.strip(), _SCHEMES, "") is None:
            add_error(row.form.picture, _("Enter an address that begins with https:// or /."))
        if language:
            text = {"title": title, "benefit": benefit, "picture": picture.strip() or None}
            found[language] = None if errors_of(row.form) else text
    if not found and placeholder:
        return {"en": {"title": placeholder}}
    if not found and not any(errors_of(row.form) for row in form.texts):
        field = form.texts[0].form.title if form.texts else form.kind
        add_error(field, _("Enter a title in at least one language."))
    return found or {"en": None}


def _language(field: Field, found: Collection[str]) -> str | None:
    language = plain(field.data)
    if not known_locale(language):
        add_error(field, _("Enter a language code, such as en, ja or de."))
    elif language in found:
        add_error(field, _("This language is listed twice. Keep one."))
    else:
        return language
    return None


def _text(field: Field) -> str:
    """Typed text; browsers send line ends as two signs."""
    return str(field.data or "").replace("\r\n", "\n").replace("\x00", "")


def _tiers(form: BundleForm) -> list[dict[str, Any] | None]:
    """The tiers; None for one that cannot be read, which is said beside its fields."""
    kind = str(form.kind.data)
    if kind not in KINDS:
        add_error(form.kind, _("Unknown kind of bundle. Choose one again."))
        return [None]
    if kind == "ladder" and len(form.tiers) < 2:
        add_error(form.kind, _("Good / better / best kits need at least two tiers. Add one."))
    shared = _components(form.tiers[0], kind, "") if kind == "steps" and form.tiers else None
    if shared == []:
        add_error(form.tiers[0].form.add, _("Add products first."))
    return [_tier(row, kind, shared) for row in form.tiers]


def _tier(row: Row, kind: str, shared: list[dict[str, Any] | None] | None) -> dict[str, Any] | None:
    price = _price(row, kind)
    components = _components(row, kind, row.form.price.data) if shared is None else shared
    least = read_whole(row.form.least, 1, MAX_QUANTITY if kind == "steps" else _MOST_CHOSEN) if _counts(kind) else 0
    most = read_whole(row.form.most, least or 1, _MOST_CHOSEN) if kind == "mix" else 0
    if shared is None and not components:
        add_error(row.form.add, _("Add products first."))
    if price is None or not components:
        return None
    if price["kind"] == "free" and kind in SET_LIKE and not any(one and one["free"] for one in components):
        add_error(row.form.price, _("Tick “free” for at least one product: the gift."))
        return None
    return {"components": components, "price": price, "least": least, "most": most}


def _counts(kind: str) -> bool:
    return kind in ("mix", "steps")


def _components(row: Row, kind: str, price_kind: str) -> list[dict[str, Any] | None]:
    return [_component(each.form, kind in SET_LIKE, price_kind) for each in row.form.components]


def _component(form: Any, own: bool, price_kind: str) -> dict[str, Any] | None:
    quantity = read_whole(form.quantity, 1, MAX_QUANTITY) if own else 1
    return {
        "product": form.product.data,
        "quantity": _ENOUGH if quantity is None else quantity,
        "optional": own and bool(form.optional.data),
        "free": own and price_kind == "free" and bool(form.free.data),
        "variants": form.variants.data,
    }


def _price(row: Row, kind: str) -> dict[str, Any] | None:
    form = row.form
    price_kind = "free" if kind == "extra" else form.price.data
    rule = rules_for(kind).get(price_kind)
    if rule is None:
        add_error(form.price, _("Choose a type of price."))
        return None
    number: Any
    if rule.field == "percent":
        number = read_percent(form.percent)
    elif rule.field == "pieces":
        number = read_whole(form.pieces, 1, _MOST_CHOSEN)
    else:
        number = _amounts(form.amounts.entries, rule.least_amount)
    return {"kind": price_kind, rule.field: _HARMLESS[rule.field] if number is None else number}


def _amounts(rows: Sequence[Row], least: int) -> dict[str, int] | None:
    found: dict[str, int] = {}
    given = [row.form for row in rows if plain(row.form.amount.data)]
    for form in given:
        currency = read_currency(form.currency)
        amount = read_amount(form.amount, currency, least) if currency else None
        if currency in found:
            add_error(form.currency, _("This currency is listed twice. Keep one."))
        elif currency and amount is not None:
            found[currency] = amount
    if not given and rows:
        add_error(rows[0].form.amount, _("Enter an amount in at least one currency."))
    return found if len(found) == len(given) and found else None
