"""Adapters for a shop's own SQLAlchemy models, which need no changes."""

from .catalog import SQLAlchemyCatalog
from .orders import SQLAlchemyOrders

__all__ = ["SQLAlchemyCatalog", "SQLAlchemyOrders"]
