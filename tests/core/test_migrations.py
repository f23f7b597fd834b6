"""The migrations make the very tables that the code knows, on each database."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from postgres import postgres_url
from small_shop import SmallShop

from storefront_plugin.core.errors import ConfigurationError
from storefront_plugin.core.sql.database import Base
from storefront_plugin.migrations import VERSION_TABLE, configuration


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_migrating_makes_exactly_the_tables_of_the_code(kind: str, tmp_path: Path) -> None:
    """Alembic finds no difference, SQLite gives no id of a deleted row again, and going back leaves no table."""
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'new.sqlite'}" if kind == "sqlite" else postgres_url())
    with engine.connect() as connection:
        command.upgrade(configuration(connection), "head")
        options = {"version_table": VERSION_TABLE, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []
        if kind == "sqlite":
            made = connection.scalars(sa.text("SELECT name FROM sqlite_master WHERE sql LIKE '%AUTOINCREMENT%'"))
            kept = {one.name for one in Base.metadata.tables.values() if one.dialect_options["sqlite"]["autoincrement"]}
            assert set(made) == kept
        command.downgrade(configuration(connection), "base")
        assert sa.inspect(connection).get_table_names() == [VERSION_TABLE]
        connection.rollback()
    engine.dispose()


def test_tables_of_an_unknown_version_are_refused_with_the_remedy(shop: SmallShop) -> None:
    """Those of the migrations before the first release, and of a release to come; nothing is changed."""
    with shop.storefront.database.writing() as session:
        session.execute(sa.text(f"UPDATE {VERSION_TABLE} SET version_num = '0005'"))
    with pytest.raises(ConfigurationError, match=r"0005.*drop them"):
        shop.storefront.init_db()
    with shop.storefront.database.writing() as session:
        assert session.scalar(sa.text(f"SELECT version_num FROM {VERSION_TABLE}")) == "0005"
        session.execute(sa.text(f"UPDATE {VERSION_TABLE} SET version_num = '0001_initial'"))
    shop.storefront.init_db()
