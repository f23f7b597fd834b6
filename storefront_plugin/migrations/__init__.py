"""Our tables: created and brought up to date by Alembic migrations inside the package."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import Connection

from ..bundles.store import saved_forms as _saved_forms
from ..bundles.store import tables as _bundle_tables
from ..core.errors import ConfigurationError
from ..core.folders import MIGRATIONS
from ..core.sql.audit import AuditRow as _audit_row
from ..core.sql.database import TABLE_PREFIX, Base, Database
from ..counts import generations as _copurchase_tables
from ..jobs import leases as _leases
from ..orderlog import tables as _orderlog_tables
from ..recommending import tables as _recommending_tables

VERSION_TABLE = "storefront_alembic_version"

_ROOMS = (
    _orderlog_tables,
    _copurchase_tables,
    _recommending_tables,
    _bundle_tables,
    _saved_forms,
    _audit_row,
    _leases,
)
"""Modules that declare tables; imported so that `Base.metadata` knows them all."""


def upgrade(database: Database) -> None:
    """Create our tables or bring them to this version; on an in-memory database they are simply created.

    Raises `ConfigurationError` for tables whose version this package does not know.
    """
    with database.connect() as connection:
        if database.in_memory:
            Base.metadata.create_all(connection)
        else:
            _check_version(connection)
            command.upgrade(configuration(connection), "head")
        connection.commit()


def _check_version(connection: Connection) -> None:
    opts = {"version_table": VERSION_TABLE, "version_table_schema": schema_of_tables(connection)}
    context = MigrationContext.configure(connection, opts=opts)
    known = {script.revision for script in ScriptDirectory.from_config(configuration(connection)).walk_revisions()}
    unknown = set(context.get_current_heads()) - known
    if unknown:
        raise ConfigurationError(
            f"The tables storefront_* are of version {', '.join(sorted(unknown))}, which this release does not know. Were "
            "they made by a newer release, install that one; were they made before the first release, drop them and run "
            "`flask storefront init-db` again."
        )


def schema_of_tables(connection: Connection) -> str | None:
    """The schema of our tables where the shop's ``schema_translate_map`` names one; Alembic asks no such map."""
    translated = connection.get_execution_options().get("schema_translate_map") or {}
    return translated.get(None)


def configuration(connection: Connection) -> Config:
    """Alembic's configuration for our migrations on *connection*."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


_Filter = Callable[[Any, Any, str, bool, Any], bool]


def alembic_include_object(item: Any, name: str | None, type_: str, reflected: bool, compare_to: Any) -> bool:
    """Alembic's ``include_object`` for a shop's ``env.py``: everything but our tables and what belongs to them."""
    table = name if type_ == "table" else getattr(getattr(item, "table", None), "name", None)
    return not (table or "").startswith(TABLE_PREFIX)


def hide_tables(app: Flask) -> None:
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
