"""What a shop gave, checked at the edge."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from ..core.errors import AdapterError, ConfigurationError, InputError
from ..recommending.strategies import STRATEGIES
from ..shop.ports import CartLine, Catalog, clean_id


def required_catalog(catalog: Catalog | None) -> Catalog:
    if catalog is None:
        raise ConfigurationError(
            "Storefront needs the shop's products: Storefront(catalog=SQLAlchemyCatalog(db, Product, …)) or "
            "Storefront(catalog=MemoryCatalog(products))."
        )
    checked: Catalog = checked_adapter(
        catalog, Catalog, "catalog", "get_many(ids), iter_products() and search(text, limit)"
    )
    return checked


def checked_adapter(adapter: Any, protocol: type, name: str, methods: str) -> Any:
    if adapter is not None and not isinstance(adapter, protocol):
        raise ConfigurationError(f"Storefront({name}=…) needs an object with {methods}; {adapter!r:.80} lacks some.")
    return adapter


def checked_callable(given: Any, name: str) -> Any:
    if given is not None and not callable(given):
        raise ConfigurationError(f"Storefront({name}=…) needs a callable, not {given!r:.80}.")
    return given


def known_strategy(strategy: str | None) -> str | None:
    if strategy is not None and strategy not in STRATEGIES:
        raise InputError(f"There is no strategy {strategy!r:.80}; use one of {', '.join(STRATEGIES)}.")
    return strategy


def usable_lines(lines: Iterable[object]) -> Iterator[CartLine]:
    """The lines of the shop's cart with ids as text; those no product can have are left out."""
    for line in lines:
        if not isinstance(line, CartLine):
            raise AdapterError(f"Cart.lines gives a {type(line).__name__}; give storefront_plugin.CartLine.")
        for product_id in usable_ids([line.product_id]):
            yield line if line.product_id == product_id else replace(line, product_id=product_id)


def usable_ids(values: Iterable[object]) -> tuple[str, ...]:
    """Ids as text, from one id or several; those no product can have are unknown products, not an error."""
    ids: list[str] = []
    for value in values if isinstance(values, Iterable) and not isinstance(values, str) else [values]:
        try:
            ids.append(clean_id(value))
        except InputError:
            continue
    return tuple(ids)
