"""Bundles in SQL: drafts, versions, what is published, and codes of the staff."""
