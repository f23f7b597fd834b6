"""Forms of the merchant's pages: a token of our own whatever the shop has set, and numbers as people type them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, Literal, TypeAlias

from flask_wtf import FlaskForm
from wtforms import Field, FieldList, Form, FormField, StringField
from wtforms.i18n import get_translations

from ...bundles.price import MAX_AMOUNT
from ...core.currencies import checked_currency, minor_digits
from ...core.errors import N_, InputError
from ...core.problems import Path, Problem
from ...core.typed import minor_units, number_within, plain
from ...money import without_currency
from .catalogue_names import CatalogueName, category_name, resolve_name, unmatched
from .i18n import _, admin_texts
from .products import ProductView, product, resolve

Source: TypeAlias = Literal["products", "categories", "brands"]

TOKEN = "storefront_token"  # noqa: S105 - the name of a field

_MESSAGES: Final = {
    "This field is required.": N_("Required."),
    "Not a valid integer value.": N_("Enter a whole number."),
    "Not a valid decimal value.": N_("Enter a number."),
    "Not a valid float value.": N_("Enter a number."),
    "Number must be between %(min)s and %(max)s.": N_("Enter a number from %(min)s to %(max)s."),
    "Field cannot be longer than %(max)d characters.": N_("Use at most %(max)d characters."),
    "Not a valid choice.": N_("Choose one from the list."),
    "Not a valid datetime value.": N_("Enter a date and time, such as 2026-12-01 09:00."),
}
"""What WTForms says, and what we say instead: with the remedy, which its own translations lack."""


class Messages:
    """The messages of WTForms' own checks in the language of the request: ours, else its own translation."""

    def gettext(self, message: str) -> str:
        if message in _MESSAGES:
            return _(_MESSAGES[message])
        return str(get_translations([admin_texts().language]).gettext(message))

    def ngettext(self, one: str, many: str, count: int) -> str:
        """WTForms counts characters only; our message is the same for all numbers."""
        return self.gettext(many)


class AdminForm(FlaskForm):  # type: ignore[misc]
    """Base of all forms. A form whose token is missing, forged or too old does not validate, and keeps what was typed."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        csrf = True
        csrf_field_name = TOKEN
        csrf_time_limit = 12 * 3600

        def get_translations(self, form: Any) -> Messages:
            """Ours, not those of the shop's Flask-Babel."""
            return Messages()

    def __init__(self, *args: Any, **options: Any) -> None:
        """Labels that are marked with `N_` are translated for each request."""
        super().__init__(*args, **options)
        for field in self:
            field.label.text = _(field.label.text)

    @property
    def token_failed(self) -> bool:
        """Whether the form was refused for its token alone; the answer then is to send it again."""
        return TOKEN in self.errors


def choices(labels: Callable[[], Mapping[Any, str]], all_label: str = "") -> Callable[[], list[tuple[str, str]]]:
    """The choices of a field, made for each form; *all_label*, marked with `N_`, stands for none of them."""
    return lambda: [*([("", _(all_label))] if all_label else []), *labels().items()]


class Combobox(StringField):
    """One product, category or brand, typed as its id or name, or picked from what is suggested.

    Args:
        source: ``products``, ``categories`` or ``brands``: the page that suggests them.
    """

    def __init__(self, label: str | None = None, source: Source = "products", **options: Any) -> None:
        super().__init__(label, **options)
        self.source = source
        self.choices: Sequence[ProductView | CatalogueName] = ()

    def process_formdata(self, valuelist: list[str]) -> None:
        """Take the last that says something: what was typed may be followed by what was chosen of several."""
        self.data = next((text.strip() for text in reversed(valuelist) if text.strip()), "")

    @property
    def chosen(self) -> ProductView | None:
        """The product that is named; one that is not in the catalogue (any more) says so."""
        view = product(self.data) if self.source == "products" and self.data else None
        return view if view is not None and (view.known or not self.errors) else None

    @property
    def called(self) -> str:
        """What the category is called, where that is not its id."""
        name = category_name(self.data) if self.source == "categories" and self.data else ""
        return name if name != self.data else ""

    @property
    def gone(self) -> str:
        """That no product has the category or brand (any more), in words."""
        kind = {"categories": "category", "brands": "brand"}.get(self.source, "")
        return "" if self.errors or self.called or not self.data else next(iter(unmatched(kind, self.data)), "")

    def read(self, known: Collection[str | None] = ()) -> str | None:
        """The id or brand that is meant; None where none is typed.

        Words that mean none, or several, stay and are refused, unless they are among *known*: what stood there before,
        though the shop may have deleted it.
        """
        text = self.data or None
        if text is None or text in known:
            return text
        found, self.choices = _meant(self.source, text)
        if found is None:
            add_error(self, unclear(self.source, self.choices))
        return found or text


_UNCLEAR: Final[Mapping[str, tuple[str, str]]] = {
    "products": (
        N_("No matching products; enter a title or product ID."),
        N_("Several products match: choose one."),
    ),
    "categories": (
        N_("No matching categories; enter the name or ID of one that products have."),
        N_("Several categories match: choose one."),
    ),
    "brands": (N_("No matching brands; enter one that products have."), N_("Several brands match: choose one.")),
}
"""By source, what is said of words that mean nothing, and of those that mean several."""


def _meant(source: Source, text: str) -> tuple[str | None, Sequence[ProductView | CatalogueName]]:
    if source != "products":
        return resolve_name(source, text)
    found = resolve(text)
    return (found.product.id if found.product is not None else None), found.choices


def unclear(source: Source, choices: Sequence[object]) -> str:
    """What is said of words that mean none of *source*, or several *choices*."""
    none, several = _UNCLEAR[source]
    return _(several if choices else none)


_PERCENT_PLACES: Final = 4


def read_whole(field: Field, least: int, most: int, required: bool = True) -> int | None:
    """The whole number in *field*; None, with a message where one is due, for anything else."""
    text = plain(field.data)
    if not text and not required:
        return None
    try:
        found = number_within(text, "either", 0, most)
    except InputError as error:
        add_error(field, _(error.message, **error.values))
        return None
    if found is not None and found == int(found) and least <= found <= most:
        return int(found)
    number = admin_texts().number
    add_error(field, _("Enter a whole number from %(least)s to %(most)s.", least=number(least), most=number(most)))
    return None


def read_percent(field: Field) -> Decimal | None:
    """The percentage in *field*: above 0 to 100."""
    found = number_within(plain(field.data).strip("%").strip(), "either", 2, 100)
    if found is not None and 0 < found <= 100 and found == round(found, _PERCENT_PLACES):
        return found
    add_error(field, _("Enter a percentage above 0 and up to 100, such as 12.5, with at most four decimals."))
    return None


def read_currency(field: Field) -> str | None:
    """The ISO 4217 code in *field*."""
    text = plain(field.data).upper()
    try:
        return checked_currency(text)
    except InputError:
        add_error(field, _("Enter a currency code, such as EUR or JPY."))
        return None


def read_amount(field: Field, currency: str, least: int) -> int | None:
    """The amount in *field*, given in major units, in minor units of *currency*; from *least* on."""
    digits = minor_digits(currency)
    try:
        number = number_within(
            without_currency(plain(field.data), currency, admin_texts().locale), "either", digits, 10**12
        )
    except InputError as error:
        add_error(field, _(error.message, **error.values))
        return None
    if number is None:
        example = "1200" if not digits else f"1200.{'50'.ljust(digits, '0')[:digits]}"
        add_error(field, _("Enter an amount such as %(example)s.", example=example))
        return None
    amount = minor_units(number, digits)
    if amount is None:
        message = _("Amounts in %(currency)s have %(digits)s decimals at most.", currency=currency, digits=digits)
        add_error(field, message)
        return None
    if least <= amount < MAX_AMOUNT:
        return amount
    add_error(field, _("Enter an amount above 0 and below one trillion."))
    return None


def add_error(field: Field, message: str) -> None:
    """Say beside *field* what is wrong with it."""
    field.errors = [*field.errors, message]


def fields(form: Form) -> Iterator[Field]:
    """All fields of *form* that hold a value, those of its rows too, in their order."""
    for field in form:
        yield from _inside(field)


def _inside(field: Field) -> Iterator[Field]:
    if isinstance(field, FieldList):
        for entry in field:
            yield from _inside(entry)
    elif isinstance(field, FormField):
        yield from fields(field.form)
    else:
        yield field


def add_problems(problems: Iterable[Problem], field_at: Callable[[Path], Field]) -> None:
    """Say beside the fields what is wrong; where something is said already, as of what could not be read, that is enough."""
    for path, message, values in problems:
        field = field_at(path)
        if not field.errors:
            add_error(field, _(message, **values))
