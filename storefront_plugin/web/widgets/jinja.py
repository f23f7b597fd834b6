"""``storefront`` in the shop's templates: ``head()``, ``placement(…)`` and ``slot(…)``."""

from __future__ import annotations

from dataclasses import replace

from flask import Response, after_this_request, current_app, g, has_request_context
from markupsafe import Markup

from ...proxies import current_services
from ...shop.ports import clean_id
from ...web.request_page import request_page
from ..http import guarded, keep_response_private
from ..outside import outside
from . import rendering
from .contexts import PlacementView
from .sections import Section, earlier_slots, is_personal, product_ids


class Widgets:
    """The widgets of a shop's templates. Nothing here breaks the page: what fails is left out, logged and signalled."""

    def head(self, nonce: str | None = None) -> Markup:
        """Link our style sheet and script; once in the page's head. *nonce* is for a CSP that asks for one."""

        def render() -> Markup:
            with outside():
                return rendering.head(nonce)

        return guarded("head", render) or Markup("")

    def placement(
        self,
        name: str,
        *products: object,
        category: object = None,
        inline: str | None = None,
        locale: str | None = None,
    ) -> Markup:
        """All slots of a placement.

        Args:
            name: ``product``, ``cart``, ``checkout``, ``thank_you``, ``home``, ``category`` or ``account``.
            products: Ids of the products that the page is about, or one list of them.
            category: Id of the category that the page lists.
            inline: ``"personal"`` makes this page private and shows the shopper's own at once; ``"shared"`` keeps the
                HTML the same for all shoppers; None follows ``STOREFRONT_INLINE``.
            locale: Of the words where there is no request; None is that of `outside`, else of the setting.
        """

        def render() -> Markup:
            with outside(locale):
                ids = product_ids(products)
                return _shown(Section(placement=name, products=ids, category=_category(category)), inline)

        return guarded(name, render) or Markup("")

    def slot(
        self,
        name: str,
        *products: object,
        placement: str = "product",
        category: object = None,
        layout: str | None = None,
        limit: int | None = None,
        lazy: bool | None = None,
        inline: str | None = None,
        locale: str | None = None,
    ) -> Markup:
        """One slot of a placement, where a page wants it apart from the others.

        *layout* and *lazy* replace those of the plan, *limit* can lower the plan's; the rest is as in `placement`.
        """

        def render() -> Markup:
            section = Section(
                placement=placement,
                products=product_ids(products),
                category=_category(category),
                slot=name,
                layout=layout,
                limit=limit,
                lazy=lazy,
            )
            with outside(locale):
                return _shown(replace(section, after=earlier_slots(section)), inline)

        return guarded(name, render) or Markup("")


def _shown(section: Section, inline: str | None) -> Markup:
    if not has_request_context():
        return _shown_outside(section)
    personal = is_personal(section.placement, inline)
    page = request_page(section.placement, section.products, section.category, personal=personal)
    if personal:
        keep_response_private()
    elif not current_services.settings.locale and "babel" not in current_app.extensions:
        after_this_request(_by_language)
    content, slots = section.render(page, section.slots())
    if not (content or page.failed):
        return content
    waits = any(slot.lazy for slot in slots)
    view = PlacementView(
        name=section.placement,
        src=section.address(page, None if waits or (personal and not page.failed) else content),
        when="near" if waits or page.failed or not personal else "change",
        content=content,
        end=_end_of(section.placement) if section.slot is None else None,
    )
    return rendering.render_placement(page, view)


def _end_of(placement: str) -> str:
    """A name that no other placement of the page has."""
    shown: dict[str, int] = g.setdefault("_storefront_ends", {})
    shown[placement] = shown.get(placement, 0) + 1
    return placement + (f"-{shown[placement]}" if shown[placement] > 1 else "")


def _shown_outside(section: Section) -> Markup:
    """The slots as nobody's, whole, and as late as they are ready: no script fetches the rest."""
    page = request_page(section.placement, section.products, section.category)
    page.blocking = True
    page.shop_locale = f"outside {page.locale}"  # there the shop's own code may speak another language
    section = replace(section, fetched=True)
    return section.render(page, section.slots())[0]


def _by_language(response: Response) -> Response:
    """The browser's language chose the words: a cache in front must keep one page a language."""
    response.vary.add("Accept-Language")
    return response


def _category(given: object) -> str | None:
    return None if given is None else clean_id(given, "category id")
