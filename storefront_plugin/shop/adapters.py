"""The adapters that a shop gave: checked at the edge, and asked so that what they raise is named."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from flask import current_app
from werkzeug.local import LocalProxy

from ..core.database import Database
from ..core.errors import AdapterError, ConfigurationError, InputError
from .ports import Cart, CartLine, Catalog, ConsentLevel, Customers, KnowsSegments, Orders, clean_id

_Answer = TypeVar("_Answer")
_Call = TypeVar("_Call", bound="Callable[..., Any] | None")

MOUNT = "storefront.mount"
"""Where an app keeps its `Mount`."""


@dataclass(frozen=True, slots=True)
class Mount:
    """What an adapter knows of the app that asks it: one adapter may serve the hundreds of apps of a test suite.

    Attributes:
        database: Our own sessions.
        currency: Of prices and orders that name none.
        timezone: Of times without a zone.
        deadline: Seconds that a page waits.
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


@dataclass(slots=True, kw_only=True)
class Adapters:
    """What the shop provides; only the catalogue is required. *admin_access* may be given later than the others."""

    catalog: Catalog
    orders: Orders | None = None
    cart: Cart | None = None
    customers: Customers | None = None
    consent: Callable[[], ConsentLevel] | None = None
    admin_access: Callable[..., Any] | None = None

    @classmethod
    def checked(cls, *, catalog: Catalog | None, **given: Any) -> Adapters:
        """What was *given*; raises `ConfigurationError` for what lacks a method or cannot be called."""
        if catalog is None:
            raise ConfigurationError(
                "Storefront needs the shop's products: Storefront(catalog=SQLAlchemyCatalog(db, Product, …)) or "
                "Storefront(catalog=MemoryCatalog(products))."
            )
        _check_methods(catalog, Catalog, "catalog", "get_many(ids), iter_products() and search(text, limit)")
        _check_methods(given["orders"], Orders, "orders", "iter_orders(since)")
        _check_methods(given["cart"], Cart, "cart", "lines() and add_form(product)")
        _check_methods(given["customers"], Customers, "customers", "current_id()")
        for name in ("consent", "admin_access"):
            checked_callable(given[name], name)
        return cls(catalog=catalog, **given)

    def cart_lines(self) -> tuple[CartLine, ...]:
        """The current shopper's cart; empty where the shop gave none. Raises `AdapterError`."""
        cart = self.cart
        return () if cart is None else _asked("cart", lambda: tuple(usable_lines(cart.lines())))

    def customer_id(self) -> str | None:
        """Who is shopping; raises `AdapterError`."""
        customers = self.customers
        return None if customers is None else _asked("customers", customers.current_id)

    def consent_level(self) -> ConsentLevel:
        """What the current shopper consents to; raises `AdapterError`."""
        return "none" if self.consent is None else _asked("consent", self.consent)

    def segments(self) -> frozenset[str]:
        """The segments of the current shopper, where the shop knows any; raises `AdapterError`."""
        customers = self.customers
        if not isinstance(customers, KnowsSegments):
            return frozenset()
        found = _asked("customers", customers.segments)
        return frozenset([found] if isinstance(found, str) else found)  # one name is one segment, not its letters


def checked_callable(given: _Call, name: str) -> _Call:
    """*given* where it is None or can be called; else raises `ConfigurationError`."""
    if given is not None and not callable(given):
        raise ConfigurationError(f"Storefront({name}=…) needs a callable, not {given!r:.80}.")
    return given


def _check_methods(adapter: object, protocol: type, name: str, methods: str) -> None:
    if adapter is not None and not isinstance(adapter, protocol):
        raise ConfigurationError(f"Storefront({name}=…) needs an object with {methods}; {adapter!r:.80} lacks some.")


def _asked(name: str, ask: Callable[[], _Answer]) -> _Answer:
    try:
        return ask()
    except AdapterError:
        raise
    except Exception as error:  # the shop's own code may raise anything
        raise AdapterError(f"Storefront({name}=…) raised {type(error).__name__}: {error}") from error


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
