"""The best combination of bundles for a cart: a search, closed in behind `best.py`."""
