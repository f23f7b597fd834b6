"""Beside the form: the widget as shoppers will see it, and what the bundle costs in every currency."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, abort, request
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from ...bundles.definition import Definition
from ...errors import AdapterError
from ...proxies import current_storefront
from ..bundles import preview
from .bundle_form import PRICE_KINDS, BundleForm, complaints
from .bundle_prices import Priced, price_definition
from .bundle_reading import read_definition
from .bundle_rows import cleaned
from .bundle_words import field_names, tier_name
from .language import admin_texts, say
from .pages import show_part


@dataclass(frozen=True, slots=True)
class Preview:
    """What stands beside the form. *definition* is None while the form is not complete; *lacks* says what it lacks."""

    definition: Definition | None
    priced: Priced | None = None
    widget: Markup | None = None
    lacks: tuple[str, ...] = ()

    def tier_name(self, number: int) -> str:
        """The heading of a tier's prices."""
        return tier_name(self.definition, number) if self.definition else ""


def register(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/bundles/preview", "bundle_preview", shown, methods=["POST"])


def shown() -> Response:
    """``POST bundles/preview``: a part of a page for what the form holds; nothing is stored, so no token is asked."""
    if request.form.get("kind") not in PRICE_KINDS:
        abort(404)
    return show_part("_bundle_preview.html", preview=preview_of_form(request.form))


def preview_of_form(sent: MultiDict[str, str]) -> Preview:
    """The preview of a form as it was sent, complete or not."""
    form = BundleForm(formdata=cleaned(sent))
    definition = read_definition(form, placeholder=say("Title of the bundle"))
    if definition is None:
        names = field_names()
        found = ((names.get(field.short_name), sentence) for field, sentence in complaints(form))
        sentences = [f"{name}: {sentence}" if name else sentence for name, sentence in found]
        return Preview(None, lacks=tuple(dict.fromkeys(sentences)))
    return preview_of(definition)


def preview_of(definition: Definition) -> Preview:
    """The preview of *definition*."""
    try:
        priced = price_definition(definition)
        widget = preview(definition, admin_texts().locale, current_storefront.settings.currency)
    except AdapterError as error:
        return Preview(definition, lacks=(str(error),))
    return Preview(definition, priced, widget)
