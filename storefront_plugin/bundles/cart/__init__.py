"""A cart priced with bundles: its lines, the discount of each, the stock, and what is missing for the next offer."""
