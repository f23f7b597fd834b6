"""Cross-selling, up-selling and bundles for Flask shops."""

from __future__ import annotations

from .core.errors import CartRefused, ConfigurationError, InputError, StorefrontError
from .extension import Storefront
from .migrations import alembic_include_object
from .orderlog.order_change import OrderChange
from .recommending.page import Recommendation
from .recommending.plan import Slot
from .shop.memory import MemoryCatalog, MemoryOrders
from .shop.ports import AddForm, CartLine, Merchant, Order, OrderLine, Product, Variant
from .shop.sqlalchemy.catalog import SQLAlchemyCatalog
from .shop.sqlalchemy.orders import SQLAlchemyOrders

__all__ = [
    "AddForm",
    "CartLine",
    "CartRefused",
    "ConfigurationError",
    "InputError",
    "MemoryCatalog",
    "MemoryOrders",
    "Merchant",
    "Order",
    "OrderChange",
    "OrderLine",
    "Product",
    "Recommendation",
    "SQLAlchemyCatalog",
    "SQLAlchemyOrders",
    "Slot",
    "Storefront",
    "StorefrontError",
    "Variant",
    "alembic_include_object",
]
