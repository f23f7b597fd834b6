"""The cart pricer: prices the shop's own cart with the published bundles, and says what is kept of an order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import islice
from typing import Any, Final, TypeAlias

from ..core import clock
from ..core.currencies import checked_currency
from ..core.errors import InputError, StorefrontError
from ..core.sql.database import Database
from ..money import LIMIT, in_minor, to_minor
from ..shop.cleaning import clean_product
from ..shop.ports import CartLine, Catalog, OffersVariants, Product, Variant, clean_id
from .bundle import Bundle, Shopper
from .cart.lines import LineItem, clean_line, line_from_cart, sold_singly
from .cart.next_offers import MissingItem, NextOffer
from .cart.pricing import CartPricing, price_cart
from .cart.stock import Shortage, can_have, recheck
from .orders.record import OrderRecord, record_of
from .price_kinds import NO_STEPS
from .store.published import PublishedBundles, in_play, looked_up
from .store.staff_codes import StaffCodes

_ALL: Final = 1_000_000

TaxRate: TypeAlias = "Callable[[Product], Decimal | None]"

NO_CURRENCY: Final = "XXX"
"""What ISO 4217 calls no currency: that of an empty cart of a shop that sells in several."""


class CartPricer:
    """Joins catalogue, published bundles and staff codes of one app.

    Args:
        currency: Of carts that name none; None takes the one that their products share.
        keys: The app's secret keys, the present one last.
        steps: The shop's price steps, minor units by currency.
    """

    def __init__(
        self,
        database: Database,
        catalog: Catalog,
        currency: str | None,
        keys: Sequence[str | bytes],
        steps: Mapping[str, int] = NO_STEPS,
    ) -> None:
        self._database = database
        self._catalog = catalog
        self._currency = currency
        self.codes = StaffCodes(keys)
        self.published = PublishedBundles(database, steps)

    def price(
        self,
        lines: Iterable[CartLine],
        currency: str | None = None,
        *,
        presented: Sequence[object] = (),
        segments: Iterable[str] = (),
        tax_rate: TaxRate | None = None,
        tax_included: bool = True,
        now: dt.datetime | None = None,
        hints: int = 3,
        sold_out: bool = False,
        order_id: object | None = None,
        known_variants_only: bool = False,
    ) -> CartPricing:
        """Price the shop's *lines*: at their own price where they have one, else at the catalogue's.

        Args:
            presented: Staff codes and link tokens that the shopper showed; worthless ones are ignored.
            segments: Names of the segments that the shopper is in, or one name.
            tax_rate: Percent of a product, from the shop's own code; a line's own ``tax_rate`` comes first.
            hints: How many next offers to name at most.
            sold_out: Name also next offers that are not available now.
            order_id: The order that this cart became before its payment failed: what it holds of a bundle's limit is its
                own and no rival's.
            known_variants_only: Refuse a variant that its product does not have (any more), which else costs what the
                product does.

        Raises:
            InputError: No currency is known, or several are, or a line's product, price, tax rate or variant is not known.
            DatabaseUnavailable: The bundles cannot be read; the shop sells at single prices then.
        """
        moment = now or clock.now()
        given = [clean_line(line) for line in lines]
        own = None if order_id is None else clean_id(order_id, "order id")
        bundles = self.published.for_cart({line.product_id for line in given}, order_id=own)
        shopper = Shopper(frozenset(_several(segments)), self.codes.unlocked(_several(presented), moment))
        near = looked_up(bundle for bundle in bundles if shopper.may_have(bundle, moment))
        known = self._catalog.get_many(sorted(_products_of(given, near if hints else ())))
        products = {name: one for name, raw in known.items() if (one := clean_product(raw, self._currency)) is not None}
        money = self._money(
            currency, given, [products[line.product_id] for line in given if line.product_id in products]
        )
        priced = {name: one for name, one in products.items() if self._is_in(one, money)}
        named = {line.product_id for line in given if line.unit_price is None and line.variant_id is not None}
        variants = self._variants(products.keys() if hints else priced.keys() & named)
        if known_variants_only:
            _require_known(given, variants)
        given = _with_variant_prices(given, variants)
        prices = {name: _cheapest(one, variants.get(name, ()), money) for name, one in priced.items()}
        cart = [self._line(line, known, products, money, tax_rate) for line in given]
        pricing = price_cart(
            cart,
            in_play(bundles, near, {line.product_id for line in cart}),
            money,
            moment,
            shopper=shopper,
            tax_included=tax_included,
            prices=prices,
            hints=_ALL if hints else 0,
        )
        pricing = replace(pricing, missing=tuple(one for one in pricing.missing if _counts(one, priced, money)))
        there = pricing.missing if sold_out else _available(pricing, products, variants)
        return replace(pricing, missing=tuple(islice(there, hints)))

    def shortages(self, pricing: CartPricing) -> list[Shortage]:
        """What the cart wants beyond the stock of now; to be asked at checkout."""
        return recheck(self._catalog, [line.line for line in pricing.lines])

    def record(self, pricing: CartPricing) -> OrderRecord:
        """What is kept of an order that is placed at *pricing*.

        Raises `StorefrontError` where a bundle was changed in more than its texts, or ended, since then.
        """
        still_there = {one.bundle_id: self.published.still(one.bundle_id, one.version) for one in pricing.applied}
        for bundle_id, bundle in still_there.items():
            if bundle is None or bundle.definition.schedule.ended(clock.now()):
                raise StorefrontError(
                    f"Bundle {bundle_id} was changed or ended since the cart was priced; price it again."
                )
        return record_of(pricing, [bundle for bundle in still_there.values() if bundle is not None])

    def _money(self, currency: str | None, lines: Sequence[CartLine], products: Sequence[Product]) -> str:
        """The currency that is asked for, else the shop's, else the one that the *products* of the cart share."""
        if currency is not None and currency != self._currency:
            return checked_currency(currency)
        if self._currency is not None:
            return self._currency
        shared = sorted({product.currency for product in products if product.currency})
        if len(shared) > 1:
            raise InputError(f"The cart has prices in {' and '.join(shared)}; give the currency to price it in.")
        if not shared and lines:
            raise InputError("The cart has no currency; give one, or set STOREFRONT_CURRENCY.")
        return shared[0] if shared else NO_CURRENCY

    def _variants(self, product_ids: Collection[str]) -> Mapping[str, Sequence[Variant]]:
        """The variants of *product_ids*, where the catalogue offers any."""
        if not product_ids or not isinstance(self._catalog, OffersVariants):
            return {}
        return self._catalog.variants(sorted(product_ids))

    def _line(
        self,
        line: CartLine,
        known: Mapping[str, Product],
        products: Mapping[str, Product],
        currency: str,
        tax_rate: TaxRate | None,
    ) -> LineItem:
        """*line* with its price and tax; *products* are the usable ones of those that the catalogue knows."""
        product = products.get(line.product_id)
        price = line.unit_price
        if price is None and product is not None and self._is_in(product, currency):
            price = product.price
        if price is None:
            raise InputError(
                f"The price of {line.product_id!r:.60} in {currency} is not known; give the cart line a unit_price."
            )
        rate = line.tax_rate
        if rate is None and tax_rate is not None:
            rate = tax_rate(_taxed(line, product or known.get(line.product_id)))
        return line_from_cart(line, price, currency, rate, line.product_id in known)

    def _is_in(self, product: Product, currency: str) -> bool:
        """Whether the price is in *currency*; a product that names none is in the shop's only currency."""
        return (product.currency or self._currency or currency) == currency


def _several(given: Iterable[Any]) -> Sequence[Any]:
    """What was *given*; one text is one, not its letters."""
    return [given] if isinstance(given, str) else list(given)


def _products_of(lines: Iterable[CartLine], bundles: Iterable[Bundle]) -> set[str]:
    return {line.product_id for line in lines}.union(*(bundle.definition.product_ids for bundle in bundles))


def _taxed(line: CartLine, product: Product | None) -> Product:
    if product is None:
        raise InputError(
            f"The tax rate of {line.product_id!r:.60} is not known, since the catalogue has no such product; give the "
            "cart line a tax_rate."
        )
    return product


def _counts(missing: NextOffer, priced: Mapping[str, Product], currency: str) -> bool:
    """Whether what is *missing* would count for its bundle; a product that costs a fraction of the minor unit never does."""
    found = (priced.get(name) for item in missing.items for name in item.product_ids)
    return all(one is None or sold_singly(in_minor(one.price, currency)) for one in found)


def _available(
    pricing: CartPricing, products: Mapping[str, Product], variants: Mapping[str, Sequence[Variant]]
) -> Iterator[NextOffer]:
    """The next offers of *pricing* that are available beside the cart, each with the products that are."""
    lines: dict[str, list[LineItem]] = {}
    for one in pricing.lines:
        lines.setdefault(one.line.product_id, []).append(one.line)
    for missing in pricing.missing:
        items = tuple(_available_item(item, lines, products, variants) for item in missing.items)
        if all(item.product_ids for item in items):
            yield missing if items == missing.items else replace(missing, items=items)


def _available_item(
    item: MissingItem,
    lines: Mapping[str, Sequence[LineItem]],
    products: Mapping[str, Product],
    variants: Mapping[str, Sequence[Variant]],
) -> MissingItem:
    there = (
        name
        for name in item.product_ids
        if can_have(
            products.get(name), item.quantity, lines.get(name, ()), variants.get(name, ()), item.variants_of(name)
        )
    )
    return replace(item, product_ids=tuple(there))


def _require_known(lines: Iterable[CartLine], variants: Mapping[str, Sequence[Variant]]) -> None:
    """Raise `InputError` for a variant that its product, which has some, does not have."""
    for line in lines:
        choices = variants.get(line.product_id, ())
        if line.variant_id is not None and choices and all(str(one.id) != line.variant_id for one in choices):
            raise InputError(f"The product {line.product_id!r:.60} has no variant {line.variant_id!r:.60}; correct it.")


def _with_variant_prices(lines: Iterable[CartLine], variants: Mapping[str, Sequence[Variant]]) -> list[CartLine]:
    """*lines* at the prices of their variants, where the shop gave none."""
    prices: dict[tuple[str, str | None], Decimal | None] = {
        (name, str(one.id)): one.price for name, some in variants.items() for one in some
    }
    return [
        replace(line, unit_price=prices.get((line.product_id, line.variant_id))) if line.unit_price is None else line
        for line in lines
    ]


def _cheapest(product: Product, variants: Iterable[Variant], currency: str) -> int:
    """Minor units of one item in its cheapest variant: what a hint says is saved is then saved with any of them."""
    prices = [product.price if one.price is None else one.price for one in variants]
    usable = [one for one in prices if isinstance(one, Decimal) and one.is_finite() and 0 <= one < LIMIT]
    return min(to_minor(one, currency) for one in usable or [product.price])
