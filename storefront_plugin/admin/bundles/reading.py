"""From what the merchant typed to a definition; every refusal stands beside the field it is about."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final, TypeAlias, cast

from wtforms import Field, FormField

from ...bundles.definition import MAX_QUANTITY, BundleKind, BundleText, Component, Definition, Schedule, Stacking, Tier
from ...bundles.price import Price
from ...bundles.price_kinds import RULES, PriceKind
from ...core.errors import InputError
from ...core.i18n import known_locale
from ...web.widgets.cards import below_root
from ..kit.forms import add_error, plain, read_amount, read_currency, read_percent, read_whole
from ..kit.i18n import _, error_text
from .errors import place_of
from .form import PRICE_KINDS, BundleForm, complaints

Row: TypeAlias = "FormField[Any]"

SET_LIKE: Final = ("set", "ladder", "extra")
"""Kinds whose components have a quantity of their own."""

_MOST_CHOSEN: Final = 100
_LONGEST: Final = {"title": 200, "benefit": 2000, "picture": 2000}
_SCHEMES: Final = ("", "http", "https", "data")


def read_definition(form: BundleForm, kept: Definition | None = None, placeholder: str = "") -> Definition | None:
    """The definition that *form* holds; None where something is wrong, which then stands in the fields' errors.

    Args:
        kept: What stood before: times that were not touched keep their seconds.
        placeholder: A title for a form without one; a form without a title is refused when empty.
    """
    words = _words(form, placeholder)
    tiers = _tiers(form)
    schedule = _schedule(form, kept)
    per_order = read_whole(form.limit_per_order, 1, MAX_QUANTITY, required=False)
    in_all = read_whole(form.limit_in_all, 1, MAX_QUANTITY, required=False)
    segment = plain(form.segment.data) or None
    if segment is not None and len(segment) > 64:
        add_error(form.segment, _("The name of a segment has at most 64 characters. Shorten it."))
    if complaints(form) or words is None or tiers is None or schedule is None:
        return None
    try:
        return Definition(
            kind=cast(BundleKind, form.kind.data),
            tiers=tiers,
            texts=words,
            schedule=schedule,
            limit_per_order=per_order,
            limit_in_all=in_all,
            segment=segment,
            staff_only=bool(form.staff_only.data),
            stacking=cast(Stacking, form.stacking.data or "best"),
        )
    except InputError as error:
        add_error(form.kind, error_text(error))
        return None


def _words(form: BundleForm, placeholder: str) -> dict[str, BundleText] | None:
    found: dict[str, BundleText] = {}
    for row in form.words:
        typed = {name: _text(row.form[name]) for name in _LONGEST}
        if not any(text.strip() for text in typed.values()):
            continue
        language = _language(row.form.language, found)
        if not typed["title"].strip():
            typed["title"] = placeholder
        if language and _is_whole(row, typed):
            found[language] = BundleText(typed["title"], typed["benefit"], typed["picture"].strip() or None)
    if not found and placeholder:
        return {"en": BundleText(placeholder)}
    if not found and form.words and not complaints(form):
        add_error(form.words[0].form.title, _("Write a title in at least one language."))
    return found or None


def _language(field: Field, found: dict[str, BundleText]) -> str | None:
    language = plain(field.data)
    if not known_locale(language):
        add_error(field, _("Write the code of a language, such as en, ja or de."))
    elif language in found:
        add_error(field, _("This language stands twice. Keep one of them."))
    else:
        return language
    return None


def _is_whole(row: Row, typed: dict[str, str]) -> bool:
    """Whether the words can stand so; if not, it is said."""
    for name, limit in _LONGEST.items():
        if len(typed[name]) > limit:
            add_error(row.form[name], _("At most %(limit)s characters fit here. Shorten it.", limit=limit))
    if not typed["title"].strip():
        add_error(row.form.title, _("Write a title in this language too, or empty its other fields."))
    picture = typed["picture"].strip()
    if picture and below_root(picture, _SCHEMES, "") is None:
        add_error(row.form.picture, _("Write an address that begins with https:// or with /."))
    return not complaints(row.form)


def _text(field: Field) -> str:
    """Typed text; browsers send line ends as two signs."""
    return str(field.data or "").replace("\r\n", "\n").replace("\x00", "")


def _tiers(form: BundleForm) -> tuple[Tier, ...] | None:
    kind = str(form.kind.data)
    if kind not in PRICE_KINDS:
        add_error(form.kind, _("There is no such kind of bundle. Choose one again."))
        return None
    if kind == "ladder" and len(form.tiers) < 2:
        add_error(form.kind, _("A tier ladder needs at least two tiers. Add one."))
    shared = _components(form.tiers[0], kind, "") if kind == "steps" and form.tiers else None
    if shared == ():
        add_error(form.tiers[0].form.add, _("Add the products first."))
        return None
    tiers = [_tier(row, kind, shared) for row in form.tiers]
    return None if None in tiers else tuple(tier for tier in tiers if tier is not None)


def _tier(row: Row, kind: str, shared: tuple[Component, ...] | None) -> Tier | None:
    """One tier. It is checked as a set of its own, so that what is wrong is said beside it."""
    price = _price(row, kind)
    components = _components(row, kind, row.form.price.data) if shared is None else shared
    least = read_whole(row.form.least, 1, MAX_QUANTITY if kind == "steps" else _MOST_CHOSEN) if _counts(kind) else 0
    most = read_whole(row.form.most, least or 1, _MOST_CHOSEN) if kind == "mix" else 0
    if components == () and shared is None:
        add_error(row.form.add, _("Add the products first."))
        return None
    if price is None or components is None or least is None or most is None:
        return None
    if price.kind == "free" and kind in SET_LIKE and not any(one.free for one in components):
        add_error(row.form.price, _("Tick “free” at one product or more: they are what is given for nothing."))
        return None
    alone = cast(BundleKind, "set" if kind == "ladder" else kind)
    try:
        tier = Tier(components, price, least, most)
        Definition(kind=alone, tiers=(tier,), texts={"en": BundleText("-")})
    except InputError as error:
        add_error(row.form[place_of(error)], error_text(error))
        return None
    return tier


def _counts(kind: str) -> bool:
    return kind in ("mix", "steps")


def _components(row: Row, kind: str, price_kind: str) -> tuple[Component, ...] | None:
    found = [_component(each, kind, price_kind) for each in row.form.components]
    return None if None in found else tuple(one for one in found if one is not None)


def _component(row: Row, kind: str, price_kind: str) -> Component | None:
    form, own = row.form, kind in SET_LIKE
    quantity = read_whole(form.quantity, 1, MAX_QUANTITY) if own else 1
    if quantity is None:
        return None
    try:
        return Component(
            form.product.data,
            quantity,
            optional=own and bool(form.optional.data),
            free=own and price_kind == "free" and bool(form.free.data),
            variants=form.variants.data,
        )
    except InputError as error:
        add_error(form.quantity, error_text(error))
        return None


def _price(row: Row, kind: str) -> Price | None:
    form = row.form
    price_kind = "free" if kind == "extra" else form.price.data
    if price_kind not in PRICE_KINDS[kind]:
        add_error(form.price, _("Choose how the price is made."))
        return None
    rule = RULES[cast(PriceKind, price_kind)]
    number: Any
    if rule.field == "percent":
        number = read_percent(form.percent)
    elif rule.field == "pieces":
        number = read_whole(form.pieces, 1, _MOST_CHOSEN)
    else:
        number = _amounts(form.amounts.entries, rule.least_amount)
    return None if number is None else Price(cast(PriceKind, price_kind), **{rule.field: number})


def _amounts(rows: Sequence[Row], least: int) -> dict[str, int] | None:
    found: dict[str, int] = {}
    given = [row.form for row in rows if plain(row.form.amount.data)]
    for form in given:
        currency = read_currency(form.currency)
        amount = read_amount(form.amount, currency, least) if currency else None
        if currency in found:
            add_error(form.currency, _("This currency stands twice. Keep one of them."))
        elif currency and amount is not None:
            found[currency] = amount
    if not given and rows:
        add_error(rows[0].form.amount, _("Write an amount in at least one currency."))
    return found if len(found) == len(given) and found else None


def _schedule(form: BundleForm, kept: Definition | None) -> Schedule | None:
    for field in (form.start, form.end):
        field.errors = list(field.process_errors)
    before = kept.schedule if kept else Schedule()
    try:
        return Schedule(_moment(form.start.data, before.start), _moment(form.end.data, before.end))
    except InputError as error:
        add_error(form.end, error_text(error))
        return None


def _moment(typed: dt.datetime | None, before: dt.datetime | None) -> dt.datetime | None:
    """*typed*, to the minute; what stood *before*, to the second, where it is the same minute."""
    same = typed is not None and before is not None and before.replace(second=0, microsecond=0) == typed
    return before if same else typed
