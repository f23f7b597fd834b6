"""Bundles as a spreadsheet: one CSV file out and in."""
