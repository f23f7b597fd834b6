"""From chosen products to what the templates show: prices, stars, reasons and addresses in the shopper's locale."""

from __future__ import annotations

import logging
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from decimal import Decimal
from functools import lru_cache
from urllib.parse import urlsplit

from flask import Flask, current_app, has_request_context, request, url_for

from ...core.currencies import minor_digits, written_whole
from ...core.errors import AdapterError
from ...core.i18n import Texts, texts_for
from ...money import format_money, from_minor, to_minor
from ...proxies import current_services
from ...recommending.page import Card, FilledSlot, ReasonKind
from ...recommending.strategy import heading_reason
from ...shop.ports import AddForm, AddsForms, AddsLines, Cart, Product
from ..outside import absolute, shop_root
from .contexts import CardView, FormView, PartView, PriceView, StarsView, TogetherView
from .slot_contexts import SlotView

_log = logging.getLogger(__name__)


class CartForms:
    """Finds the form of each product of one page; asks the shop afresh every time, since stock and variants change.

    Args:
        cart: The shop's cart, or None.
        name: Name of our blueprint.
        private: The response belongs to one shopper, so that it may hold their token.
        products: Those that may get a form, so that variants and the shop's own forms are looked up once.
    """

    def __init__(self, cart: Cart | None, name: str, private: bool, products: Iterable[Product] = ()) -> None:
        fills = isinstance(cart, AddsLines)
        known = list({product.id: product for product in products}.values())
        self._shops_form = _finder(cart, known)
        self._chosen_first = chosen_first(known) if fills else ()
        self._private = private
        self._token: str | None = None
        self._token_field = token_field(current_app)
        self.all_action = url_for(f"{name}.add_to_cart") if fills and has_request_context() else None
        """Where several products are posted to at once; None where the cart cannot be filled from Python."""

    def form_of(self, product: Product) -> tuple[FormView | None, bool]:
        """The product's form, and whether the link to its page stands in for one.

        That is where only a private response may hold the form, and where the shopper chooses a variant first.
        """
        if self._shops_form is None:
            return None, False
        try:
            given = self._shops_form(product)
            return self._completed(given) if given else self._ours(product)
        except Exception as error:  # the shop's own code: whatever it raises costs one button, not the page
            _log.warning("No form to add product %r to the cart; its button is left out: %r", product.id, error)
            return None, False

    def all_of(self, products: Iterable[Product]) -> str | None:
        """Where all of *products* are posted to; None where a variant of one is to be chosen first."""
        return None if any(product.id in self._chosen_first for product in products) else self.all_action

    def _ours(self, product: Product) -> tuple[FormView | None, bool]:
        if self.all_action is None:
            return None, False
        if product.id in self._chosen_first:
            return None, True
        return FormView(self.all_action, "post", (("product", product.id),), in_place=True), False

    def _completed(self, given: AddForm) -> tuple[FormView | None, bool]:
        field = self._token_field if given.method == "post" else None
        if field is not None and not _posts_home(given.action):
            field = None
        if field is None:
            return FormView(given.action, given.method, tuple(given.fields.items())), False
        if not self._private:
            return None, True
        token = given.fields.get(field) or self._host_token()
        return FormView(given.action, given.method, tuple({**given.fields, field: token}.items())), False

    def _host_token(self) -> str:
        if self._token is None:
            from flask_wtf.csrf import generate_csrf

            self._token = str(generate_csrf())
        return self._token


def _finder(cart: Cart | None, products: Sequence[Product]) -> Callable[[Product], AddForm | None] | None:
    """Finds the shop's own form of one of *products*, all at once where *cart* can; None where it fails now."""
    if cart is None:
        return lambda product: None
    if not isinstance(cart, AddsForms):
        return cart.add_form
    try:
        given = cart.add_forms(products) if products else {}
    except Exception as error:  # the shop's own code: whatever it raises costs the buttons, not the page
        _log.warning("No forms to add products to the cart; their buttons are left out: %r", error)
        return None
    return lambda product: given.get(product.id)


def chosen_first(products: Iterable[Product]) -> Container[str]:
    """Ids of *products* of which the shopper chooses a variant; of all of them where the catalogue fails now."""
    variants = current_services.variants
    if not variants.offered:
        return ()
    known = list(products)
    try:
        return variants.of(known).keys()
    except AdapterError as error:
        _log.warning("The variants could not be read, so nothing is added without one: %s", error)
        return {product.id for product in known}


def token_field(app: Flask) -> str | None:
    """Name of the hidden field that the shop's CSRFProtect wants in a posted form; None where it wants none."""
    if "csrf" not in app.extensions or not app.config.get("WTF_CSRF_ENABLED", True):
        return None
    return str(app.config.get("WTF_CSRF_FIELD_NAME", "csrf_token"))


def _posts_home(action: str) -> bool:
    """Whether *action* is on the shop's own host: its token must not travel to another one."""
    return urlsplit(action).netloc in ("", request.host)


PICTURE_SCHEMES = ("", "http", "https", "data")
LINK_SCHEMES = ("", "http", "https")


class CardMaker:
    """Makes the views of one page: one locale, one default currency, one cart."""

    def __init__(self, texts: Texts, forms: CartForms, currency: str | None) -> None:
        self._texts = texts
        self._forms = forms
        self._currency = currency
        self._root = shop_root()
        self._fillers = current_services.fillers

    def slot(self, filled: FilledSlot) -> SlotView:
        """The view of a filled slot."""
        together, heading = filled.layout == "together", heading_reason(filled, self._fillers.sources)
        return SlotView(
            name=filled.name,
            title=self._fillers.title(self._texts, filled.heading, filled.slot.title),
            layout=filled.layout,
            source=filled.source,
            settings=filled.slot,
            cards=() if together else tuple(self.card(card, heading) for card in filled.cards),
            together=self._together(filled) if together else None,
        )

    def card(self, card: Card, heading: ReasonKind | None = None) -> CardView:
        """The view of one suggestion, with its button. *heading* is the reason that the slot's heading gives already."""
        return self._view(card.product, card, heading, *self._forms.form_of(card.product))

    def product(self, product: Product) -> CardView:
        """The view of a product without reason and button."""
        return self._view(product, None, None)

    def _view(
        self,
        product: Product,
        card: Card | None,
        heading: ReasonKind | None,
        form: FormView | None = None,
        later: bool = False,
    ) -> CardView:
        reason = card.reason if card else None
        if reason and reason.orders is None and reason.kind is heading:
            reason = None
        locale = self._texts.locale
        return CardView(
            id=product.id,
            title=product.title,
            url=below_root(product.url, LINK_SCHEMES, self._root),
            image_url=below_root(product.image_url, PICTURE_SCHEMES, self._root),
            initial=product.title.strip()[:1].upper(),
            price=price_view(product.price, product.list_price, product.currency or self._currency, locale),
            stars=stars_view(product.rating, product.review_count, locale),
            reason=reason.text(self._texts) if reason else None,
            form=form,
            form_later=later,
        )

    def _together(self, filled: FilledSlot) -> TogetherView:
        chosen: list[tuple[Product, Card | None]] = [(card.product, card) for card in filled.cards]
        if filled.addable_seed:
            chosen.insert(0, (filled.addable_seed, None))
        currencies = {product.currency or self._currency for product, _ in chosen}
        currency = currencies.pop() if len(currencies) == 1 else None
        summable = not currencies
        action = self._forms.all_of(product for product, _ in chosen) if summable else None
        heading = heading_reason(filled, self._fillers.sources)
        parts = tuple(
            PartView(
                self._view(product, card, heading),
                to_minor(product.price, product.currency or self._currency),
                card is None,
                action is not None,
            )
            for product, card in chosen
        )
        total = from_minor(sum(part.amount for part in parts), currency)
        return TogetherView(
            action=action,
            parts=(*self._left_out(filled), *parts),
            total=format_money(total, currency, self._texts.locale) if summable else None,
            currency=currency or "",
            digits=minor_digits(currency),
            written_whole=written_whole(currency),
            locale=self._texts.locale.replace("_", "-"),
            labels=_labels(len(parts), self._texts.locale),
        )

    def _left_out(self, filled: FilledSlot) -> Iterator[PartView]:
        """The page's own product where the button does not add it."""
        if filled.seed is not None and filled.addable_seed is None:
            texts = self._texts
            note = texts.gettext("In your cart") if filled.seed_in_cart else texts.gettext("Sold out")
            yield PartView(self._view(filled.seed, None, None), 0, seed=True, checkable=False, note=note)


@lru_cache(maxsize=256)
def _labels(parts: int, locale: str) -> tuple[str, ...]:
    """The button's text for each number of checked parts: the script then needs no rules of grammar."""
    texts = texts_for(locale)
    some = [texts.ngettext("Add %(num)s to cart", "Add %(num)s to cart", count) for count in range(1, parts)]
    one = texts.gettext("Add to cart")
    return (one, one) if parts == 1 else (one, *some, texts.gettext("Add all %(num)s to cart", num=texts.number(parts)))


@lru_cache(maxsize=8192)
def price_view(price: Decimal, list_price: Decimal | None, currency: str | None, locale: str) -> PriceView:
    """A formatted price, with the one before a reduction if there was one."""
    now = format_money(price, currency, locale)
    if list_price is None or list_price <= price:
        return PriceView(now)
    saved = format_money(list_price - price, currency, locale)
    was = format_money(list_price, currency, locale)
    return PriceView(now, was, texts_for(locale).gettext("You save %(amount)s", amount=saved))


@lru_cache(maxsize=8192)
def stars_view(rating: float | None, count: int, locale: str) -> StarsView | None:
    """A rating as text; None where nobody rated."""
    if rating is None or not 0 < rating <= 5:
        return None
    texts, shown = texts_for(locale), round(rating, 1)
    label = texts.gettext("%(rating)s out of 5 stars", rating=texts.number(shown))
    if count < 1:
        return StarsView(label, round(shown * 20))
    reviews = texts.ngettext("%(num)s review", "%(num)s reviews", count)
    return StarsView(label, round(shown * 20), texts.number(count), reviews)


@lru_cache(maxsize=16_384)
def below_root(url: str | None, schemes: tuple[str, ...], root: str | None) -> str | None:
    """*url* with *root*, where the shop is mounted, put before a path; None for a scheme that could run code.

    A *root* with a host makes it absolute; None is for links that nobody could follow, and raises `ConfigurationError`.
    Kept, because pages show the same few hundred addresses again and again.
    """
    if not url:
        return None
    try:
        scheme = urlsplit(url).scheme.lower()
    except ValueError:
        return None
    if scheme not in schemes or (scheme == "data" and not url.startswith("data:image/")):
        return None
    if root is None or "://" in root:
        return absolute(url, root)
    if root and url.startswith("/") and not url.startswith(("//", root + "/")):
        return root + url
    return url
