"""Cross-selling, up-selling and bundles for Flask shops."""

from __future__ import annotations

from .errors import ConfigurationError, InputError, StorefrontError
from .extension import Storefront
from .migrations.include_object import alembic_include_object
from .recommending.page import Recommendation
from .recommending.plan import Slot
from .shop.memory import MemoryCatalog, MemoryOrders
from .shop.ports import AddForm, CartLine, Order, OrderLine, Product
from .shop.sqlalchemy_catalog import SQLAlchemyCatalog
from .shop.sqlalchemy_orders import SQLAlchemyOrders

__all__ = [
    "AddForm",
    "CartLine",
    "ConfigurationError",
    "InputError",
    "MemoryCatalog",
    "MemoryOrders",
    "Order",
    "OrderLine",
    "Product",
    "Recommendation",
    "SQLAlchemyCatalog",
    "SQLAlchemyOrders",
    "Slot",
    "Storefront",
    "StorefrontError",
    "alembic_include_object",
]
