"""What is missing or odd about a shop's adapters, tried on its real data and said in plain words with counts."""

from .cart_inspection import inspect_cart
from .findings import Finding
from .order_inspection import inspect_orders
from .product_inspection import inspect_catalog

__all__ = ["Finding", "inspect_cart", "inspect_catalog", "inspect_orders"]
