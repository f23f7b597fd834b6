"""Adapters that map a shop's own SQLAlchemy models, whatever they look like, without changing them."""

from .sqlalchemy_catalog import SQLAlchemyCatalog
from .sqlalchemy_orders import SQLAlchemyOrders

__all__ = ["SQLAlchemyCatalog", "SQLAlchemyOrders"]
