"""Suggestions as JSON, for shops that do not use our templates."""
