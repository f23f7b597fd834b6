"""The cart of a page as far as bundles could take its lines."""

from __future__ import annotations

from ...core.errors import AdapterError, StorefrontError
from ...recommending.page import Page
from ...shop.ports import CartLine
from ..cart.lines import LineItem, whole_quantity
from ..cart.pricing import CartPricing
from ..pricer import CartPricer
from ..store.published import Published
from .cart_verdicts import HINTS
from .offers import Products

_ALL_HINTS = 1_000_000


def cart_pricing(
    pricer: CartPricer, page: Page, published: Published, products: Products, explaining: bool = False
) -> CartPricing | None:
    """The page's cart as *pricer* prices it, as far as bundles could take its lines; None where they take none.

    With *explaining* all next offers, also those that are not available.

    Raises `AdapterError` for what the shop's own code raises, `InputError` and `DatabaseUnavailable` as the pricer.
    """
    lines = [line for line in page.cart if line.product_id in published.by_product and _has_price(line, products)]
    if not lines:
        return None
    named = {product.currency for line in lines if (product := products.get(line.product_id)) is not None}
    currency = page.currency or (named.pop() if len(named) == 1 else None)
    try:
        return pricer.price(
            lines,
            currency,
            presented=page.presented,
            segments=page.segments,
            hints=_ALL_HINTS if explaining else HINTS,
            sold_out=explaining,
        )
    except StorefrontError:
        raise
    except Exception as error:  # the shop's own catalogue may raise anything
        raise AdapterError(f"Pricing the cart raised {type(error).__name__}: {error}") from error


def _has_price(line: CartLine, products: Products) -> bool:
    """Whether *line* can be priced: in whole quantities, at a price of its own or of its product."""
    priced = line.unit_price is not None or products.get(line.product_id) is not None
    return priced and counted(line) is not None


def counted(line: CartLine) -> LineItem | None:
    """*line* for counting its quantity against the stock; None where it is no whole number."""
    quantity = whole_quantity(line.quantity)
    variant = None if line.variant_id in (None, "") else str(line.variant_id)
    return None if quantity is None else LineItem(line.product_id, quantity, 0, variant)
