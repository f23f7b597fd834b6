"""Names that changed: whoever uses the old one is told the new one."""

from __future__ import annotations

from collections.abc import Mapping


def unknown_attribute(owner: str, renamed: Mapping[str, str], name: str) -> AttributeError:
    """What a class raises for an attribute it has not; *renamed* are its new names by the old ones."""
    if name in renamed:
        return AttributeError(f"{owner}.{name} is called {renamed[name]} now.")
    return AttributeError(f"{owner!r} object has no attribute {name!r}")


def unknown_name(module: str, renamed: Mapping[str, str], name: str) -> Exception:
    """What a module raises for a name it has not: an `ImportError` with the new name reaches ``from … import …``, too."""
    if name in renamed:
        return ImportError(f"{module}.{name} is called {renamed[name]} now.")
    return AttributeError(f"module {module!r} has no attribute {name!r}")
