"""Errors a shop developer or merchant can meet; each message names the remedy."""

from __future__ import annotations


def N_(message: str) -> str:
    """*message* itself; the call is what ``pybabel extract -k N_`` looks for."""
    return message


def shown(value: object) -> str:
    """*value* as a message shows it, in at most 40 characters; Python refuses to write out very long numbers."""
    try:
        return f"{value!r:.40}"
    except Exception:  # the shop's own value may do anything
        return f"this {type(value).__name__}"


class StorefrontError(Exception):
    """Root of all errors this package raises on purpose.

    *message* has a ``%(name)s`` for each of *values*, so that a message that is marked with `N_` can be translated.
    """

    def __init__(self, message: str = "", **values: object) -> None:
        super().__init__(message % values if values else message)
        self.message, self.values = message, values


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


class Stopped(StorefrontError):
    """The process is ending: a long step was left between two of its statements, and is done another time."""


class TablesMissing(DatabaseUnavailable):
    """The SQL database answers and lacks our tables, or some of their columns."""


class ForeignHistory(StorefrontError):
    """Redis holds counts of another order log; they are left alone and a rebuild is due."""
