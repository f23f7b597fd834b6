"""Beside the form: the widget as shoppers will see it, and what the bundle costs in every currency."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, Response, abort, request
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from ...bundles.definition import Definition
from ...core.errors import AdapterError
from ...web.widgets.rendering import preview
from ..kit.i18n import _, admin_texts, error_text
from ..kit.pages import show_part
from ..kit.products import look_up
from ..kit.rows import cleaned
from .errors import error_list
from .form import KINDS, BundleForm
from .labels import Absence, absence, tier_name
from .prices import Priced, paid_in, price_definition
from .reading import read_definition

CURRENCY: Final = "shown_in"
"""The field that chooses the preview's currency; it stands in the preview."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What stands beside the form. *definition* is None while the form is not complete; *lacks* says what it lacks.

    Attributes:
        absence: Why shoppers are not shown it as the stock is now.
        currencies: Those that its products have prices in; the widget is shown in *currency*.
    """

    definition: Definition | None
    priced: Priced | None = None
    widget: Markup | None = None
    lacks: tuple[str, ...] = ()
    absence: Absence | None = None
    currencies: Sequence[str] = ()
    currency: str | None = None

    def tier_name(self, number: int) -> str:
        """The heading of a tier's prices."""
        return tier_name(self.definition, number) if self.definition else ""


def register(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/bundles/preview", "bundle_preview", shown, methods=["POST"])


def shown() -> Response:
    """``POST bundles/preview``: a part of a page for what the form holds; nothing is stored, so no token is asked."""
    if request.form.get("kind") not in KINDS:
        abort(404)
    return show_part("bundles/preview.html", preview=preview_of_form(request.form))


def preview_of_form(sent: MultiDict[str, str]) -> Preview:
    """The preview of a form as it was sent, complete or not."""
    form = BundleForm(formdata=cleaned(sent))
    definition = read_definition(form, placeholder=_("Title of the bundle"))
    if definition is None:
        messages = [f"{one.name}: {one.text}" if one.name else one.text for one in error_list(form)]
        return Preview(None, lacks=tuple(dict.fromkeys(messages)))
    return preview_of(definition, sent.get(CURRENCY, ""))


def preview_of(definition: Definition, currency: str = "") -> Preview:
    """The preview of *definition*, in *currency* where its products have prices in it."""
    try:
        products = look_up(sorted(definition.product_ids))
        currencies = paid_in(product for product in products.values() if product is not None)
        shown_in = currency if currency in currencies else next(iter(currencies), None)
        priced = price_definition(definition)
        widget = preview(definition, admin_texts().locale, shown_in)
    except AdapterError as error:
        return Preview(definition, lacks=(error_text(error),))
    return Preview(definition, priced, widget, (), absence(definition, products), currencies, shown_in)
