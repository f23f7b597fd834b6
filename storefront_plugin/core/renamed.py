"""Renamed public names: using an old one raises an error with the new one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NoReturn, TypeVar

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
