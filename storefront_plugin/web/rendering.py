"""Templates rendered with their documented contexts; the shop's own files of the same names win.

Templates are rendered without the shop's context processors: those may open the session, and a page that is the same
for all shoppers must not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

from flask import current_app, url_for
from markupsafe import Markup

from ..folders import STATIC
from ..proxies import current_storefront
from ..recommending.page import FilledSlot, Page
from ..recommending.plan import Slot
from ..shop.ports import Product
from ..texts import Texts, texts_for
from .bundle_contexts import BundlesView, BundleView
from .bundle_views import BundleMaker
from .bundle_words import BundleWords
from .cards import CardMaker
from .contexts import AnswerView, HeadView, PlacementView, SlotView
from .forms import CartForms
from .notices import take
from .parts import Parts

STYLESHEET = "storefront.css"
SCRIPT = "storefront.js"


def render_slots(
    page: Page, filled_slots: Iterable[FilledSlot], waiting: Sequence[Slot], order: Sequence[str]
) -> Markup:
    """The HTML of slots, in the *order* of names; *waiting* slots get room for what the fragment will bring.

    A card holds the shopper's own token only where ``page.personal`` says that the response belongs to one shopper.
    """
    texts = texts_for(page.locale)
    filled = list(filled_slots)
    shown = [one for one in filled if not one.is_empty]
    forms = CartForms(current_storefront.cart, current_storefront.name, page.personal, _products(shown))
    maker = CardMaker(texts, forms, page.currency or current_storefront.settings.currency)
    notice = take() if page.personal and any(one.layout == "bundles" for one in filled) else None
    bundles = BundleMaker(BundleWords(texts), maker, forms.all_action, page.personal, notice)
    views = [_slot_view(one, maker, bundles) for one in shown]
    views += [_waiting_view(slot, texts) for slot in waiting]
    show = Parts(current_app.jinja_env, page.locale, page.personal)
    return _render("slots.html", texts, slots=_in_order(order, views), notice=bundles.untold(), show=show)


def render_bundle(bundle: BundleView, locale: str) -> Markup:
    """The HTML of a slot with one bundle."""
    texts = texts_for(locale)
    view = SlotView("bundles", bundle.title, "bundles", "bundles", bundles=BundlesView(offers=(bundle,)))
    return _render("slot.html", texts, slot=view, show=Parts(current_app.jinja_env, locale, private=False))


def render_answer(text: str, back: str, texts: Texts) -> Markup:
    """A whole page that says *text* and leads *back*."""
    view = AnswerView(text, back, texts.locale.replace("_", "-"), head())
    return _render("answer.html", texts, answer=view)


def render_placement(page: Page, view: PlacementView) -> Markup:
    """Slots inside the element that fetches the shopper's own."""
    return _render("placement.html", texts_for(page.locale), placement=view)


def head(nonce: str | None = None) -> Markup:
    """The links to our style sheet and script; *nonce* for a shop whose CSP asks for one."""
    view = HeadView(asset_url(STYLESHEET), asset_url(SCRIPT), nonce)
    return _render("head.html", texts_for("en"), head=view)


def content_hash(content: str) -> str:
    """A short name of *content*; equal names mean that a fragment would change nothing."""
    return blake2b(content.encode(), digest_size=9).hexdigest()


def asset_url(filename: str) -> str:
    """Address of a static file with a hash of its content, so that browsers may keep it for ever."""
    return url_for(f"{current_storefront.name}.static", filename=filename, v=asset_version(filename))


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
    loaded = current_app.jinja_env.get_template(f"storefront/{template}")
    return Markup(loaded.render(context, _=texts.gettext))  # noqa: S704 - Jinja has escaped it


def _slot_view(filled: FilledSlot, cards: CardMaker, bundles: BundleMaker) -> SlotView:
    view = cards.slot(filled)
    if filled.layout != "bundles":
        return view
    inside = bundles.slot(filled)
    heading = next((one.title for one in inside.offers if one.headed), view.title)
    return replace(view, bundles=inside, title=heading)


def _products(filled_slots: Iterable[FilledSlot]) -> Iterator[Product]:
    """The products that are shown as cards."""
    for filled in filled_slots:
        yield from (card.product for card in filled.cards)
        if filled.seed:
            yield filled.seed


def _waiting_view(slot: Slot, texts: Texts) -> SlotView:
    source = slot.strategies[0]
    cards = slot.limit + 1 if slot.layout == "together" else slot.limit
    return SlotView(slot.name, texts.title(source, slot.title), slot.layout, source, waiting=cards)


def _in_order(order: Sequence[str], views: list[SlotView]) -> list[SlotView]:
    return sorted(views, key=lambda view: order.index(view.name))
