"""Bundles of an order: how it was priced, which uses that took, what a refund gives back."""
