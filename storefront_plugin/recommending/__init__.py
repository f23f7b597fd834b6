"""Choosing what a page shows: one page, its slots, their strategies, and the pure choice among candidates."""
