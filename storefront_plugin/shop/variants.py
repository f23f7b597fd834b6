"""From the variants that are sold to the products that are shown, one query a page of orders."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ..errors import ConfigurationError
from .fields import as_expression
from .keys import KeyColumn, chunks


class VariantFold:
    """Knows the product of each variant.

    *product_of* is a pair of columns, ``(Variant.id, Variant.product_id)`` (best: one query a page); a mapping; or a
    callable that gets the set of a page's variant ids as text and returns a mapping.
    """

    def __init__(self, product_of: Any) -> None:
        self._columns: tuple[sa.ColumnElement[Any], sa.ColumnElement[Any]] | None = None
        self._look_up: Callable[[frozenset[str]], Mapping[Any, Any]] | None = None
        if isinstance(product_of, tuple) and len(product_of) == 2:
            variant, product = map(as_expression, product_of)
            if variant is not None and product is not None:
                self._columns = (variant, product)
        elif isinstance(product_of, Mapping):
            self._look_up = lambda ids: product_of
        elif callable(product_of):
            self._look_up = product_of
        if self._columns is None and self._look_up is None:
            raise ConfigurationError(
                f"product_of is {product_of!r:.80}; give (Variant.id, Variant.product_id), a dict, or a callable that "
                "takes a set of variant ids and returns a dict."
            )

    def products(self, session: Session, variant_ids: Iterable[str]) -> Mapping[str, str]:
        """The product id of each variant, as text; unknown variants are left out."""
        wanted = frozenset(variant_ids)
        if self._look_up is not None:
            pairs: Iterable[Any] = self._look_up(wanted).items()
        else:
            pairs = self._queried(session, wanted)
        return {str(variant): str(product) for variant, product in pairs if product is not None}

    def _queried(self, session: Session, wanted: frozenset[str]) -> Iterable[Any]:
        assert self._columns is not None
        variant, product = self._columns
        pairs: list[Any] = []
        for chunk in chunks(sorted(wanted)):
            values = KeyColumn(variant).values(chunk, session.get_bind().dialect)
            if values:
                pairs += session.execute(sa.select(variant, product).where(variant.in_(values))).all()
        return pairs
