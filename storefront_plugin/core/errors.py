"""Exceptions of the package; each message says how to fix the problem, also where an old name is used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NoReturn, TypeVar


def N_(message: str) -> str:
    """*message*, marked for translation: ``pybabel extract -k N_`` collects it."""
    return message


def ngettext_noop(one: str, many: str) -> tuple[str, str]:
    """Singular and plural, marked for translation and said later by ``ngettext``."""
    return one, many


def shown(value: object) -> str:
    """*value* for a message, in at most 40 characters; never raises (``repr`` does for very long numbers)."""
    try:
        return f"{value!r:.40}"
    except Exception:  # the shop's own value may do anything
        return f"this {type(value).__name__}"


class StorefrontError(Exception):
    """Base class of all exceptions that this package raises.

    *message* has a ``%(name)s`` for each of *values*; one that is marked with `N_` can be translated.
    """

    def __init__(self, message: str = "", **values: object) -> None:
        super().__init__(message % values if values else message)
        self.message, self.values = message, values


class ConfigurationError(StorefrontError, RuntimeError):
    """A setting or adapter is invalid; raised when the extension is mounted."""


class InputError(StorefrontError, ValueError):
    """An argument is invalid, such as an id that is too long or a negative quantity."""


class AdapterError(StorefrontError):
    """The shop's code behind an adapter raised an exception or returned something invalid."""


class CartRefused(StorefrontError):
    """Raised by a shop's ``Cart.add`` (or ``remove``) to refuse what a shopper wants, such as without a check of age.

    Args:
        message: What the shopper reads, plain text in their language.
        url: Address of the shop where they can go on, such as its sign-in, or None.
    """

    def __init__(self, message: str, url: str | None = None) -> None:
        super().__init__(message)
        self.url = url


class StoreUnavailable(StorefrontError):
    """Redis cannot be reached, does not answer in time, or refuses to write."""


class DatabaseUnavailable(StorefrontError):
    """The SQL database cannot be reached, is locked, or lacks our tables."""


class Stopped(StorefrontError):
    """The process is shutting down: a long step was interrupted and will be repeated."""


class TablesMissing(DatabaseUnavailable):
    """The SQL database lacks our tables, or some of their columns."""


class ForeignHistory(StorefrontError):
    """Redis holds counts of another order log; they are not changed, and a rebuild is needed."""


_Class = TypeVar("_Class", bound=type)


def renamed(**names: str) -> Callable[[_Class], _Class]:
    """A class whose old attributes (with their new names) raise an `AttributeError` with the new one."""

    def decorated(cls: _Class) -> _Class:
        def refuse(self: object, name: str) -> NoReturn:
            if name in names:
                raise AttributeError(f"{cls.__name__}.{name} is called {names[name]} now.")
            raise AttributeError(f"{cls.__name__!r} object has no attribute {name!r}")

        cls.__getattr__ = refuse  # type: ignore[attr-defined]
        return cls

    return decorated


def unknown_name(module: str, names: Mapping[str, str], name: str) -> Exception:
    """The exception of a module for an unknown attribute; *names* are new names by old ones.

    An `ImportError` reaches ``from … import …`` with its text, which an `AttributeError` does not.
    """
    if name in names:
        return ImportError(f"{module}.{name} is called {names[name]} now.")
    return AttributeError(f"module {module!r} has no attribute {name!r}")
