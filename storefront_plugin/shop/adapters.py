"""The shop's adapters: validated when they are set; their exceptions become `AdapterError`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from flask import current_app
from werkzeug.local import LocalProxy

from ..core.errors import AdapterError, ConfigurationError, InputError
from ..core.sql.database import Database
from .ports import Cart, CartLine, Catalog, ConsentLevel, Customers, KnowsSegments, Orders, clean_id

_Answer = TypeVar("_Answer")

MOUNT = "storefront.mount"
"""Key of the `Mount` in ``app.extensions``."""


@dataclass(frozen=True, slots=True)
class Mount:
    """What adapters need of the current app: one adapter may serve the many apps of a test suite.

    Attributes:
        database: Our own sessions.
        currency: Default for prices and orders.
        timezone: Of naive times.
        deadline: Seconds that a page may wait.
    """

    database: Database
    currency: str | None
    timezone: str
    deadline: float


def _find() -> Mount:
    found: Mount = current_app.extensions[MOUNT]
    return found


current_mount: Mount = LocalProxy(_find)  # type: ignore[assignment]
"""The `Mount` of ``flask.current_app``."""


_METHODS: Mapping[str, tuple[type, str]] = {
    "catalog": (Catalog, "get_many(ids), iter_products() and search(text, limit)"),
    "orders": (Orders, "iter_orders(since)"),
    "cart": (Cart, "lines() and add_form(product)"),
    "customers": (Customers, "current_id()"),
}
"""Protocol and methods of each adapter; the others are callables."""


class Adapters:
    """The adapters of a shop; only the catalogue is required. They may also be set after mounting.

    Setting one that lacks a method or is not callable raises `ConfigurationError`.
    """

    catalog: Catalog
    orders: Orders | None
    cart: Cart | None
    customers: Customers | None
    consent: Callable[[], ConsentLevel] | None
    admin_access: Callable[..., Any] | None

    def __init__(
        self,
        *,
        catalog: Catalog | None,
        orders: Orders | None = None,
        cart: Cart | None = None,
        customers: Customers | None = None,
        consent: Callable[[], ConsentLevel] | None = None,
        admin_access: Callable[..., Any] | None = None,
    ) -> None:
        if catalog is None:
            raise ConfigurationError(
                "Storefront needs the shop's products: Storefront(catalog=SQLAlchemyCatalog(db, Product, …)) or "
                "Storefront(catalog=MemoryCatalog(products))."
            )
        self.catalog = catalog
        self.orders = orders
        self.cart = cart
        self.customers = customers
        self.consent = consent
        self.admin_access = admin_access

    def __setattr__(self, name: str, adapter: Any) -> None:
        if name in _METHODS:
            protocol, methods = _METHODS[name]
            if adapter is not None and not isinstance(adapter, protocol):
                raise ConfigurationError(
                    f"Storefront({name}=…) needs an object with {methods}; {adapter!r:.80} lacks some."
                )
        elif adapter is not None and not callable(adapter):
            raise ConfigurationError(f"Storefront({name}=…) needs a callable, not {adapter!r:.80}.")
        super().__setattr__(name, adapter)

    def cart_lines(self) -> tuple[CartLine, ...]:
        """The lines of the current cart; empty without a cart adapter. Raises `AdapterError`."""
        cart = self.cart
        return () if cart is None else _call("cart", lambda: tuple(usable_lines(cart.lines())))

    def customer_id(self) -> str | None:
        """The id of the current customer, or None. Raises `AdapterError`."""
        customers = self.customers
        return None if customers is None else _call("customers", customers.current_id)

    def consent_level(self) -> ConsentLevel:
        """The consent level of the current shopper. Raises `AdapterError`."""
        return "none" if self.consent is None else _call("consent", self.consent)

    def segments(self) -> frozenset[str]:
        """The segments of the current shopper. Raises `AdapterError`."""
        customers = self.customers
        if not isinstance(customers, KnowsSegments):
            return frozenset()
        found = _call("customers", customers.segments)
        return frozenset([found] if isinstance(found, str) else found)  # one name is one segment, not its letters


def _call(name: str, adapter: Callable[[], _Answer]) -> _Answer:
    try:
        return adapter()
    except AdapterError:
        raise
    except Exception as error:  # the shop's own code may raise anything
        raise AdapterError(f"Storefront({name}=…) raised {type(error).__name__}: {error}") from error


def usable_lines(lines: Iterable[object]) -> Iterator[CartLine]:
    """Cart lines with ids as text; lines with an invalid id are left out."""
    for line in lines:
        if not isinstance(line, CartLine):
            raise AdapterError(f"Cart.lines gives a {type(line).__name__}; give storefront_plugin.CartLine.")
        for product_id in usable_ids([line.product_id]):
            yield line if line.product_id == product_id else replace(line, product_id=product_id)


def usable_ids(values: Iterable[object]) -> tuple[str, ...]:
    """Ids as text, from one id or several; invalid ids are left out, like unknown products."""
    ids: list[str] = []
    for value in values if isinstance(values, Iterable) and not isinstance(values, str) else [values]:
        try:
            ids.append(clean_id(value))
        except InputError:
            continue
    return tuple(ids)
