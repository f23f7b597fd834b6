"""The till: prices the shop's own cart with the published bundles, keeps what was paid, and quotes refunds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TypeAlias

from sqlalchemy.orm import Session

from ..database import Database
from ..errors import InputError, StorefrontError
from ..money import LIMIT, to_minor
from ..shop.cleaning import clean_product
from ..shop.ports import CartLine, Catalog, OffersVariants, Product, Variant
from .availability import Shortage, recheck
from .bundle import Bundle, Shopper
from .codes import StaffCodes
from .lines import Line, clean_line, line_from_cart
from .pricing import CartPricing, price_cart
from .published import PublishedBundles
from .record import record_of
from .refunds import Policy, RefundQuote, Return, refund_quote
from .uses import load_order, store_order

TaxRate: TypeAlias = "Callable[[Product], Decimal | None]"


class Till:
    """Joins catalogue, published bundles and staff codes of one app.

    Args:
        currency: Of carts that name none.
        keys: The app's secret keys, the present one last.
    """

    def __init__(self, database: Database, catalog: Catalog, currency: str | None, keys: Sequence[str | bytes]) -> None:
        self._database = database
        self._catalog = catalog
        self._currency = currency
        self.codes = StaffCodes(keys)
        self.published = PublishedBundles(database)

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
    ) -> CartPricing:
        """Price the shop's *lines*: at their own price where they have one, else at the catalogue's.

        Args:
            presented: Staff codes and link tokens that the shopper showed; worthless ones are ignored.
            tax_rate: Percent of a product, from the shop's own code.
            hints: How many next offers to name at most.

        Raises:
            InputError: No currency is known, or a line's product or price is not.
            DatabaseUnavailable: The bundles cannot be read; the shop sells at single prices then.
        """
        moment = now or dt.datetime.now(dt.timezone.utc)
        money, given = self._money(currency), [clean_line(line) for line in lines]
        bundles = self.published.for_cart({line.product_id for line in given})
        products = self._products(given, bundles)
        shopper = Shopper(frozenset(segments), self.codes.unlocked(presented, moment))
        priced = {name: one for name, one in products.items() if self._is_in(one, money)}
        named = {line.product_id for line in given if line.unit_price is None and line.variant_id is not None}
        variants = self._variants(priced.keys() & (products if hints else named))
        given = _with_variant_prices(given, variants)
        prices = {name: _cheapest(one, variants.get(name, ()), money) for name, one in priced.items()}
        cart = [self._line(line, products.get(line.product_id), money, tax_rate) for line in given]
        return price_cart(
            cart, bundles, money, moment, shopper=shopper, tax_included=tax_included, prices=prices, hints=hints
        )

    def shortages(self, pricing: CartPricing) -> list[Shortage]:
        """What the cart wants beyond the stock of now; to be asked at checkout."""
        return recheck(self._catalog, [line.line for line in pricing.lines])

    def store(self, session: Session, order_id: str, pricing: CartPricing) -> bool:
        """Store with *order_id*, in the shop's transaction, how it was priced; `uses.store_order` says what is raised."""
        held = self.published.get(patient=True).bundles
        for one in pricing.applied:
            if one.bundle_id not in held or held[one.bundle_id].version != one.version:
                raise StorefrontError(
                    f"Bundle {one.bundle_id} was changed or ended since the cart was priced; price it again."
                )
        record = record_of(pricing, [held[one.bundle_id] for one in pricing.applied])
        return store_order(session, self._database, order_id, record)

    def refund(self, session: Session, order_id: str, lines: Sequence[Return], policy: Policy = "keep") -> RefundQuote:
        """What is refundable; nothing is stored. `uses.store_refund` stores it."""
        found = load_order(session, order_id)
        if found is None:
            raise InputError(f"Order {order_id!r:.80} was not priced here; store it when it is placed.")
        record, refunded, _ = found
        return refund_quote(record, refunded, lines, policy)

    def _money(self, currency: str | None) -> str:
        money = currency or self._currency
        if money is None:
            raise InputError("The cart has no currency; give one, or set STOREFRONT_CURRENCY.")
        return money

    def _products(self, lines: Sequence[CartLine], bundles: Sequence[Bundle]) -> dict[str, Product]:
        """Products as the widgets show them: one that cannot be used costs no other its price."""
        ids = {line.product_id for line in lines}.union(*(bundle.definition.product_ids for bundle in bundles))
        found = self._catalog.get_many(sorted(ids)).items()
        return {name: product for name, raw in found if (product := clean_product(raw, self._currency)) is not None}

    def _variants(self, product_ids: Collection[str]) -> Mapping[str, Sequence[Variant]]:
        """The variants of *product_ids*, where the catalogue offers any."""
        if not product_ids or not isinstance(self._catalog, OffersVariants):
            return {}
        return self._catalog.variants(sorted(product_ids))

    def _line(self, line: CartLine, product: Product | None, currency: str, tax_rate: TaxRate | None) -> Line:
        price = line.unit_price
        if price is None and product is not None and self._is_in(product, currency):
            price = product.price
        if price is None:
            raise InputError(
                f"The price of {line.product_id!r:.60} in {currency} is not known; give the cart line a unit_price."
            )
        return line_from_cart(line, price, currency, tax_rate(product) if tax_rate and product else None)

    def _is_in(self, product: Product, currency: str) -> bool:
        """Whether the price is in *currency*; a product that names none is in the shop's only currency."""
        return (product.currency or self._currency or currency) == currency


def _with_variant_prices(lines: Iterable[CartLine], variants: Mapping[str, Sequence[Variant]]) -> list[CartLine]:
    """*lines* at the prices of their variants, where the shop gave none."""
    prices: dict[tuple[str, str | None], Decimal | None] = {
        (name, one.id): one.price for name, some in variants.items() for one in some
    }
    return [
        replace(line, unit_price=prices.get((line.product_id, line.variant_id))) if line.unit_price is None else line
        for line in lines
    ]


def _cheapest(product: Product, variants: Iterable[Variant], currency: str) -> int:
    """Minor units of one piece in its cheapest variant: what a hint says is saved is then saved with any of them."""
    prices = [product.price if one.price is None else one.price for one in variants]
    usable = [one for one in prices if isinstance(one, Decimal) and one.is_finite() and 0 <= one < LIMIT]
    return min(to_minor(one, currency) for one in usable or [product.price])
