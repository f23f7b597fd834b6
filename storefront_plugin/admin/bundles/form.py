"""The form of the bundle editor: its fields, and its rows as they are arranged and added."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, Field, FieldList, Form, FormField, HiddenField, StringField, TextAreaField
from wtforms.widgets import HiddenInput

from ...bundles.definition import MAX_TIERS, BundleText, Definition
from ...bundles.price_kinds import rules_for
from ...bundles.tier import MAX_COMPONENTS, Component, Tier
from ...money import from_minor
from ..kit import rows
from ..kit.forms import AdminForm, fields
from ..kit.i18n import _
from ..kit.moment_field import MomentField
from ..kit.products import ProductView, resolve
from ..kit.rows import places

KINDS: Final = ("set", "ladder", "mix", "extra", "steps")

MANY_TIERS: Final = ("ladder", "steps")
MAX_LANGUAGES: Final = 40
MAX_CURRENCIES: Final = 60


class ManyField(Field):
    """Values of check boxes of one name; its data is a tuple of texts."""

    widget = HiddenInput()

    def process_data(self, value: Any) -> None:
        """Take the values of a definition."""
        self.data = tuple(value or ())

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take those that the browser sent; a form without any was posted with none chosen."""
        self.data = tuple(dict.fromkeys(str(value) for value in valuelist))


class AddField(StringField):
    """What the merchant typed to add a product; one of several choices below it wins over the words."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """The last that is not blank: choices stand below the words."""
        self.data = next((str(value) for value in reversed(valuelist) if str(value).strip()), "")
        self.raw_data = [self.data]


class TextForm(Form):
    """A bundle's texts in one language."""

    language = StringField()
    title = StringField()
    benefit = TextAreaField()
    picture = StringField()


class AmountForm(Form):
    """An amount in one currency, major units as text."""

    currency = StringField()
    amount = StringField()


class ComponentForm(Form):
    """A product of a tier. *product* is its id; the other fields are read where the bundle's kind has them."""

    product = HiddenField(default="")
    quantity = StringField(default="1")
    optional = BooleanField()
    free = BooleanField()
    variants = ManyField()


class TierForm(Form):
    """A tier, or a quantity step; *add* is for one more product. Steps have components in the first only."""

    components = FieldList(FormField(ComponentForm), max_entries=MAX_COMPONENTS)
    add = AddField()
    price = StringField()
    percent = StringField()
    amounts = FieldList(FormField(AmountForm), max_entries=MAX_CURRENCIES)
    pieces = StringField(default="1")
    least = StringField()
    most = StringField()


class BundleForm(AdminForm):
    """A whole bundle. *key* is made once a form, so that sending it twice makes one bundle."""

    kind = HiddenField()
    version = HiddenField()
    key = HiddenField(default=lambda: secrets.token_urlsafe(16))
    proposal = HiddenField()
    texts = FieldList(FormField(TextForm), max_entries=MAX_LANGUAGES)
    tiers = FieldList(FormField(TierForm), max_entries=MAX_TIERS)
    start = MomentField()
    end = MomentField(last=True)
    limit_per_order = StringField()
    limit_in_all = StringField()
    segment = StringField()
    staff_only = BooleanField()
    stacking = StringField(default="best")


def form_of(definition: Definition, version: int = 0, proposal: str = "") -> BundleForm:
    """The form filled with *definition*."""
    return BundleForm(formdata=None, data=form_data(definition) | {"version": str(version), "proposal": proposal})


def blank_form(kind: str, language: str) -> BundleForm:
    """The form of a new bundle of *kind*, in the price kind that is most usual for it."""
    tier = {"price": next(iter(rules_for(kind))), "least": {"mix": "3", "steps": "2"}.get(kind, "")}
    tier["most"] = "3" if kind == "mix" else ""
    tiers = [tier, tier | {"least": "4" if kind == "steps" else ""}] if kind in MANY_TIERS else [tier]
    return BundleForm(formdata=None, data={"kind": kind, "tiers": tiers, "texts": [{"language": language}]})


def form_data(definition: Definition) -> dict[str, Any]:
    """*definition* as the values of the fields."""
    return {
        "kind": definition.kind,
        "texts": [_text_fields(language, text) for language, text in definition.texts.items()],
        "tiers": [
            _tier(tier, with_components=definition.kind != "steps" or not number)
            for number, tier in enumerate(definition.tiers)
        ],
        "start": definition.schedule.start,
        "end": definition.schedule.end,
        "limit_per_order": _text(definition.limit_per_order),
        "limit_in_all": _text(definition.limit_in_all),
        "segment": definition.segment or "",
        "staff_only": definition.staff_only,
        "stacking": definition.stacking,
    }


def with_blanks(form: BundleForm, languages: Iterable[str], currencies: Iterable[str]) -> BundleForm:
    """*form* with a row for each of *languages* and *currencies* that lacks one, and a blank row for one more."""
    typed = {row.form.language.data for row in form.texts}
    for language in [*(one for one in languages if one not in typed), ""]:
        if len(form.texts) < MAX_LANGUAGES and (language or "" not in typed):
            form.texts.append_entry({"language": language})
    wanted = list(currencies)
    for tier in form.tiers:
        amounts = tier.form.amounts
        typed = {row.form.currency.data for row in amounts}
        for currency in [*(one for one in wanted if one not in typed), ""]:
            if len(amounts) < MAX_CURRENCIES and (currency or "" not in typed):
                amounts.append_entry({"currency": currency})
    return form


def wrong(field: Field) -> dict[str, str]:
    """The attributes that lead a screen reader from *field* to its error, which has the id ``<field>-error``."""
    return {"aria-invalid": "true", "aria-describedby": f"{field.id}-error"} if field.errors else {}


def errors_of(form: Form) -> Sequence[tuple[Field, str]]:
    """Every field with its first error: about missing products first, then in the order of the form."""
    found = [(field, str(field.errors[0])) for field in fields(form) if field.errors]
    return sorted(found, key=lambda one: one[0].short_name != "add")


def _text_fields(language: str, text: BundleText) -> dict[str, str]:
    return {"language": language, "title": text.title, "benefit": text.benefit, "picture": text.picture or ""}


def _tier(tier: Tier, with_components: bool) -> dict[str, Any]:
    price = tier.price
    return {
        "components": [_component(one) for one in tier.components] if with_components else [],
        "price": price.kind,
        "percent": "" if price.percent is None else f"{price.percent:f}",
        "amounts": [
            {"currency": currency, "amount": f"{from_minor(amount, currency):f}"}
            for currency, amount in price.amounts.items()
        ],
        "pieces": str(price.pieces),
        "least": _text(tier.least),
        "most": _text(tier.most),
    }


def _component(component: Component) -> dict[str, Any]:
    return {
        "product": component.product_id,
        "quantity": str(component.quantity),
        "optional": component.optional,
        "free": component.free,
        "variants": component.variants,
    }


def _text(number: int | None) -> str:
    return str(number) if number else ""


@dataclass(frozen=True, slots=True)
class Unclear:
    """Why a typed product was not added, with those it may mean."""

    message: str
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
        message = _("Several products match. Choose one.") if found.choices else None
        return Unclear(message or _("No matching products. Try another search or the product ID."), found.choices)
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
    """One tier more, like the last one without its price: the higher tier has what the one before has."""
    changed, tiers = sent.copy(), places(sent, "tiers")
    last = tiers[-1] if tiers else -1
    for name in list(sent):
        rest = name.removeprefix(f"tiers-{last}-")
        if rest != name and (rest == "price" or (rest.startswith("components-") and sent.get("kind") == "ladder")):
            changed.setlist(f"tiers-{last + 1}-{rest}", sent.getlist(name))
    changed[f"tiers-{last + 1}-least"] = ""
    return changed
