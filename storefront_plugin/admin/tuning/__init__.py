"""How suggestions are weighted: what the orders chose, and what the merchant sets in its place."""
