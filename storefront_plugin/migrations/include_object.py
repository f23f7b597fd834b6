"""Keeps a shop's own migrations from dropping our tables, which its metadata does not know."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask

from ..core.database import TABLE_PREFIX

_Filter = Callable[[Any, Any, str, bool, Any], bool]


def alembic_include_object(item: Any, name: str | None, type_: str, reflected: bool, compare_to: Any) -> bool:
    """Alembic's ``include_object`` for a shop's ``env.py``: everything but our tables and what belongs to them."""
    table = name if type_ == "table" else getattr(getattr(item, "table", None), "name", None)
    return not (table or "").startswith(TABLE_PREFIX)


def chain(app: Flask) -> None:
    """Hide our tables from the app's Flask-Migrate, after whatever filter it has. It must be mounted before us."""
    migrate = app.extensions.get("migrate")
    if migrate is None:
        return
    before: _Filter | None = migrate.configure_args.get("include_object")

    def both(item: Any, name: str, type_: str, reflected: bool, compare_to: Any) -> bool:
        ours = alembic_include_object(item, name, type_, reflected, compare_to)
        return ours and (before is None or before(item, name, type_, reflected, compare_to))

    both.hides_storefront = True  # type: ignore[attr-defined]  # for `flask storefront check`
    migrate.configure_args["include_object"] = both
