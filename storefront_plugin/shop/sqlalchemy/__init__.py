"""Adapters that map a shop's own SQLAlchemy models, whatever they look like, without changing them."""

from .catalog import SQLAlchemyCatalog
from .orders import SQLAlchemyOrders

__all__ = ["SQLAlchemyCatalog", "SQLAlchemyOrders"]
