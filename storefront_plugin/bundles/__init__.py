"""Bundles: what the merchant offers together, priced to the unit, refunded to the unit, never sold beyond the stock."""
