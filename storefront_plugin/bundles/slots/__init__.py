"""Slots that show bundles: which, at what price, and why not others."""
