"""Alembic's environment: runs on the connection it is given, and configures no logging (that is the shop's)."""

from alembic import context

from storefront_plugin.core.sql.database import TABLE_PREFIX, Base
from storefront_plugin.core.sql.dialects import alters_by_copy
from storefront_plugin.migrations import VERSION_TABLE, schema_of_tables


def include_object(item, name, type_, reflected, compare_to):  # type: ignore[no-untyped-def]
    """Only our tables: those of the shop stand in the same database."""
    table = name if type_ == "table" else getattr(getattr(item, "table", None), "name", None)
    return (table or "").startswith(TABLE_PREFIX) and table != VERSION_TABLE


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    version_table=VERSION_TABLE,
    version_table_schema=schema_of_tables(connection),
    include_object=include_object,
    render_as_batch=alters_by_copy(connection.dialect),
)
with context.begin_transaction():
    context.run_migrations()
