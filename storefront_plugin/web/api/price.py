"""The view that prices a cart, for shops that draw their carts without our templates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from werkzeug.exceptions import UnprocessableEntity

from ...bundles.cart.pricing import Applied, CartPricing, PricedLine
from ...bundles.store.published import Published
from ...core.errors import InputError
from ...money import from_minor
from ...proxies import current_services
from ...shop.ports import CartLine
from ...web.request_page import current_locale, presented
from .views import answered


def price(question: Mapping[str, Any]) -> dict[str, Any]:
    """What a cart costs with its bundles

    At the prices of the catalogue, whatever the browser believes. Codes and segments of the shopper who asks count.
    """

    def find() -> dict[str, Any]:
        services = current_services
        lines = [
            CartLine(one["product_id"], one["quantity"], variant_id=one["variant_id"]) for one in question["lines"]
        ]
        codes, segments = [*presented(), *question["codes"]], services.shop.segments()
        pricing = services.pricer.price(
            lines, question["currency"], presented=codes, segments=segments, known_variants_only=True
        )
        published = services.pricer.published.get()
        return CartNumbers(pricing, published, question["locale"] or current_locale()).all()

    try:
        return answered("price", find, question["locale"], refusals=(InputError,))
    except InputError as error:
        refusal = UnprocessableEntity()
        refusal.data = {"message": str(error)}  # type: ignore[attr-defined]  # where flask-smorest has it
        raise refusal from error


class CartNumbers:
    """Serializes a priced cart, with the titles of its bundles in *locale*."""

    def __init__(self, pricing: CartPricing, published: Published, locale: str) -> None:
        self._pricing = pricing
        self._published = published
        self._locale = locale

    def all(self) -> dict[str, Any]:
        """The whole cart."""
        pricing = self._pricing
        return {
            "currency": pricing.currency,
            "gross": self._amount(pricing.gross),
            "discount": self._amount(pricing.discount),
            "total": self._amount(pricing.total),
            "lines": [self._line(one) for one in pricing.lines],
            "applied": [self._applied(one) for one in pricing.applied],
            "missing": [
                {
                    "bundle": one.bundle_id,
                    "title": self._title(one.bundle_id),
                    "saving": None if one.saving is None else self._amount(one.saving),
                    "items": [{"product_ids": list(item.product_ids), "quantity": item.quantity} for item in one.items],
                }
                for one in pricing.missing
            ],
        }

    def _line(self, priced: PricedLine) -> dict[str, Any]:
        line = priced.line
        return {
            "product_id": line.product_id,
            "variant_id": line.variant_id,
            "quantity": line.quantity,
            "unit_price": self._amount(line.unit_price),
            "gross": self._amount(line.gross),
            "discount": self._amount(priced.discount),
            "total": self._amount(priced.total),
        }

    def _applied(self, one: Applied) -> dict[str, Any]:
        return {
            "bundle": one.bundle_id,
            "title": self._title(one.bundle_id),
            "count": one.count,
            "saving": self._amount(one.saving),
        }

    def _title(self, bundle_id: int) -> str:
        bundle = self._published.bundles.get(bundle_id)
        return bundle.definition.text_in(self._locale).title if bundle is not None else ""

    def _amount(self, minor: int) -> Any:
        return from_minor(minor, self._pricing.currency)
