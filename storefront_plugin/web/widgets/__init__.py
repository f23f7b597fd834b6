"""Widgets as HTML: contexts of the templates, sections, fragments, and what templates call."""
