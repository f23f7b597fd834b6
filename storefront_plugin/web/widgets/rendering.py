"""Templates rendered with their documented contexts; the shop's own files of the same names win.

Templates are rendered without the shop's context processors: those may open the session, and a page that is the same
for all shoppers must not.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeAlias

from flask import current_app, has_request_context, url_for
from jinja2 import Environment, Template, nodes
from markupsafe import Markup

from ...bundles.bundle import Bundle
from ...bundles.definition import Definition
from ...bundles.slots.filler import FilledBundles
from ...bundles.slots.offers import BundleOffer, tier_offer
from ...bundles.slots.variants import Choices
from ...core.errors import AdapterError
from ...core.folders import STATIC, WIDGETS
from ...core.i18n import Texts, known_locale, texts_for
from ...proxies import current_services
from ...recommending.page import FilledSlot, Page
from ...recommending.plan import Slot
from ...shop.ports import Product
from ..notices import take
from ..request_page import shop_locale
from .bundle_labels import BundleLabels
from .bundles import BundleMaker
from .cards import CardMaker, CartForms
from .contexts import (
    AnswerView,
    CardView,
    HeadView,
    NoticeView,
    PartView,
    PlacementView,
    PriceView,
    StarsView,
)
from .slot_contexts import BundlesView, BundleView, SlotView

View: TypeAlias = CardView | PartView | BundleView | NoticeView | PriceView | StarsView

_log = logging.getLogger(__name__)

_OURS = str(WIDGETS)

NAMES = ("card", "part", "bundle", "notice", "price", "stars")


class Parts:
    """``show(name, *views)`` in our templates: ``_name.html`` rendered with each view under that name, line by line.

    Our own templates depend on nothing but the view, so the HTML of equal views is cached: a page has thirty cards, and
    including three templates for each would take longer than finding the products. Templates of the shop's own may
    look at whatever they like and are rendered every time, and so is a card with a shopper's own token.

    Args:
        environment: Where the templates are found.
        locale: Locale of the words.
        private: The response belongs to one shopper.
    """

    def __init__(self, environment: Environment, locale: str, private: bool) -> None:
        self._locale = locale
        self._templates = {name: widget_template(environment, f"_{name}.html") for name in NAMES}
        self._cacheable = {name: is_ours(template) for name, template in self._templates.items()}
        all_ours = all(self._cacheable.values())
        self._cacheable |= {"card": all_ours and not private, "part": all_ours, "bundle": all_ours}

    def __call__(self, name: str, *views: View) -> Markup:
        template, locale = self._templates[name], self._locale
        if self._cacheable[name]:
            html = [_cached(template, name, view, locale) for view in views]
        else:
            html = [self.fresh(template, name, view) for view in views]
        return Markup("\n".join(html))  # noqa: S704 - Jinja has escaped it

    def fresh(self, template: Template, name: str, view: View) -> str:
        """The HTML of *view*, rendered now."""
        return template.render({name: view, "_": texts_for(self._locale).gettext, "show": self})


def widget_template(environment: Environment, name: str) -> Template:
    """The widget *name*: the shop's own, or ours where the shop's template of that name is a page of its own."""
    found = environment.get_template(f"storefront/{name}")
    return environment.get_template(f"storefront-default/{name}") if is_page(environment, found) else found


def is_page(environment: Environment, template: Template) -> bool:
    """Whether the shop's *template* is a whole page, or extends one: nested into a slot it would break the page."""
    if is_ours(template) or template.name == "storefront/answer.html":  # which is a page of ours, too
        return False
    return _is_page(environment, template)


@lru_cache(maxsize=256)
def _is_page(environment: Environment, template: Template) -> bool:
    names, seen = [template.name or ""], set[str]()
    while names and environment.loader is not None:
        name = names.pop()
        seen.add(name)
        source = environment.loader.get_source(environment, name)[0]
        if re.search(r"<(!doctype|html|body)\b", source, re.IGNORECASE):
            _log.warning(
                "templates/%s is a page of the shop's own and not used as a widget; rename it, or make it a widget.",
                template.name,
            )
            return True
        bases = [one.template for one in environment.parse(source).find_all(nodes.Extends)]
        names += [one.value for one in bases if isinstance(one, nodes.Const) and one.value not in seen]
    return False


def pages_in_place_of_widgets(environment: Environment) -> list[str]:
    """Templates of the shop's own that have the name of a widget and are pages, for the check of an installation."""
    ours = sorted(path.name for path in WIDGETS.glob("*.html"))
    found = (environment.get_template(f"storefront/{name}") for name in ours)
    return [str(one.name) for one in found if is_page(environment, one)]


def is_ours(template: Template) -> bool:
    """Whether *template* is the one of this package, not a shop's of the same name."""
    return template.filename is not None and template.filename.startswith(_OURS)


@lru_cache(maxsize=8192)
def _cached(template: Template, name: str, view: View, locale: str) -> str:
    return _shared(template.environment, locale).fresh(template, name, view)


@lru_cache(maxsize=64)
def _shared(environment: Environment, locale: str) -> Parts:
    """What shows the prices and stars of cached cards: finding the templates takes longer than rendering one."""
    return Parts(environment, locale, private=False)


STYLESHEET = "storefront.css"
SCRIPT = "storefront.js"
ADDING = "adding.js"


def render_slots(
    page: Page, filled_slots: Iterable[FilledSlot], waiting: Sequence[Slot], order: Sequence[str]
) -> Markup:
    """The HTML of slots, in the *order* of names; *waiting* slots get room for what the fragment will bring.

    A card holds the shopper's own token only where ``page.personal`` says that the response belongs to one shopper.
    """
    texts = texts_for(page.locale)
    filled = list(filled_slots) if has_request_context() else [_without_code(one) for one in filled_slots]
    shown = [one for one in filled if not one.is_empty]
    products = (product for one in shown for product in one.products)
    cart = current_services.shop.cart if has_request_context() else None
    forms = CartForms(cart, current_services.name, page.personal, products)
    maker = CardMaker(texts, forms, page.currency or current_services.settings.currency)
    notice = take() if page.personal and any(isinstance(one, FilledBundles) for one in filled) else None
    bundles = BundleMaker(BundleLabels(texts), maker, forms.all_action, page.personal, notice)
    views = [bundles.slot(one) if isinstance(one, FilledBundles) else maker.slot(one) for one in shown]
    views += [_waiting_view(slot, texts) for slot in waiting]
    show = Parts(current_app.jinja_env, page.locale, page.personal)
    return _render("slots.html", texts, slots=_in_order(order, views), notice=bundles.take_notice(), show=show)


def render_bundle(bundle: BundleView, locale: str) -> Markup:
    """The HTML of a slot with one bundle."""
    texts = texts_for(locale)
    slot = Slot(name="bundles", strategies=("bundles",), layout="bundles")
    view = SlotView(slot.name, bundle.title, slot.layout, "bundles", slot, bundles=BundlesView(offers=(bundle,)))
    return _render("slot.html", texts, slot=view, show=Parts(current_app.jinja_env, locale, private=False))


def render_answer(notice: NoticeView, back: str, texts: Texts) -> Markup:
    """A whole page with *notice* that leads *back*."""
    view = AnswerView(notice.text, notice.path, notice.label, back, texts.locale.replace("_", "-"), head())
    return _render("answer.html", texts, answer=view)


def render_placement(page: Page, view: PlacementView) -> Markup:
    """Slots inside the element that fetches the shopper's own."""
    return _render("placement.html", texts_for(page.locale), placement=view)


def head(nonce: str | None = None) -> Markup:
    """The links to our style sheet and script; *nonce* for a shop whose CSP asks for one."""
    view = HeadView(asset_url(STYLESHEET), asset_url(SCRIPT), asset_url(ADDING), nonce)
    return _render("head.html", texts_for("en"), head=view)


def content_hash(content: str) -> str:
    """A short name of *content*; equal names mean that a fragment would change nothing."""
    return blake2b(content.encode(), digest_size=9).hexdigest()


def asset_url(filename: str) -> str:
    """Address of a static file with a hash of its content, so that browsers may keep it for ever."""
    return url_for(f"{current_services.name}.static", filename=filename, v=asset_version(filename))


def asset_version(filename: str) -> str | None:
    """Hash of a static file's content; None where there is no such file."""
    path = STATIC / filename
    try:
        return _hash_of(path, path.stat().st_mtime_ns)
    except OSError:
        return None


@lru_cache(maxsize=64)
def _hash_of(path: Path, _changed: int) -> str:
    return blake2b(path.read_bytes(), digest_size=9).hexdigest()


def _render(template: str, texts: Texts, **context: Any) -> Markup:
    environment = current_app.jinja_env

    def widget(name: str) -> Template:
        return widget_template(environment, f"{name}.html")

    loaded = widget_template(environment, template)
    return Markup(loaded.render(context, _=texts.gettext, widget=widget))  # noqa: S704 - Jinja has escaped it


def _without_code(filled: FilledSlot) -> FilledSlot:
    """*filled* where nothing can be posted."""
    return replace(filled, takes_code=False) if isinstance(filled, FilledBundles) else filled


def _waiting_view(slot: Slot, texts: Texts) -> SlotView:
    source = slot.strategies[0]
    cards = slot.limit + 1 if slot.layout == "together" else slot.limit
    title = current_services.fillers.title(texts, source, slot.title)
    return SlotView(slot.name, title, slot.layout, source, slot, waiting=cards)


def _in_order(order: Sequence[str], views: list[SlotView]) -> list[SlotView]:
    return sorted(views, key=lambda view: order.index(view.name))


def preview(definition: Definition, locale: str, currency: str | None) -> Markup:
    """The widget of *definition* as shoppers would see it, whether or not it is stored, published or on.

    Nothing can be added from it. Products that are hidden or sold out are shown as others are; those that the shop does
    not have, or has no price for in *currency*, are marked as not available and count nothing.
    """
    definition = definition.in_steps(current_services.settings.price_steps)
    texts = texts_for(known_locale(locale) or "en")
    money = currency or current_services.settings.currency
    known = _known(definition, texts.locale)
    shown = {name: _shown(known.get(name), money) for name in definition.product_ids}
    products = {name: product or _unavailable(name, known.get(name), money) for name, product in shown.items()}
    unknown = {name for name, product in shown.items() if product is None}
    tiers = [
        tier
        for number in range(len(definition.tiers))
        if (tier := tier_offer(definition, number, products, _variants(known), money)) is not None
    ]
    forms = CartForms(None, current_services.name, private=False)
    maker = BundleMaker(BundleLabels(texts), CardMaker(texts, forms, money), None, unknown=frozenset(unknown))
    view = maker.bundle(BundleOffer(Bundle(0, definition), money, tuple(tiers)), headed=True)
    return render_bundle(view, texts.locale)


def _known(definition: Definition, locale: str) -> dict[str, Product]:
    found = current_services.products.get_many(sorted(definition.product_ids), shop_locale(locale), blocking=True)
    return {name: product for name, product in found.items() if product is not None}


def _shown(product: Product | None, currency: str | None) -> Product | None:
    """*product* as if it were in stock; None where it has no price in *currency*."""
    if product is None or (product.currency or current_services.settings.currency or currency) != currency:
        return None
    return replace(product, stock=None, currency=currency)


def _unavailable(product_id: str, product: Product | None, currency: str | None) -> Product:
    title = product.title if product else product_id
    return Product(id=product_id, title=title, price=Decimal(0), currency=currency)


def _variants(products: dict[str, Product]) -> Choices:
    try:
        found = current_services.variants.of(products.values())
    except AdapterError:
        return {}  # the editor goes on without the choice
    return {name: tuple(replace(one, stock=None) for one in variants) for name, variants in found.items()}
