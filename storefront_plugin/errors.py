"""Errors a shop developer or merchant can meet; each message is a full sentence that names the remedy."""

from __future__ import annotations


class StorefrontError(Exception):
    """Root of all errors this package raises on purpose."""


class ConfigurationError(StorefrontError, RuntimeError):
    """A setting, adapter or mount is wrong; raised at mount time, before a shopper can meet it."""


class InputError(StorefrontError, ValueError):
    """A value given by the caller cannot be used (an id too long, a negative quantity, a bad row)."""


class AdapterError(StorefrontError):
    """The shop's own code behind an adapter raised or returned something unusable."""


class StoreUnavailable(StorefrontError):
    """Redis cannot be reached, is late, or refuses to write."""


class DatabaseUnavailable(StorefrontError):
    """The SQL database cannot be reached, is locked, or lacks our tables."""


class ForeignHistory(StorefrontError):
    """Redis holds counts of another order log; they are left alone and a rebuild is due."""
