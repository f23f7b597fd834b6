"""Fivefold, a small shop with five departments that mounts storefront-plugin. All of its data is simulated."""

from .app import create_app

__all__ = ["create_app"]
