"""Bundles"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "storefront_bundle",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column(
            "search",
            sa.Text().with_variant(sa.Text(length=16777216), "mariadb").with_variant(sa.Text(length=16777216), "mysql"),
            nullable=False,
        ),
        sa.Column(
            "definition",
            sa.Text().with_variant(sa.Text(length=16777216), "mariadb").with_variant(sa.Text(length=16777216), "mysql"),
            nullable=False,
        ),
        sa.Column("starts_at", sa.DateTime(), nullable=True),
        sa.Column("ends_at", sa.DateTime(), nullable=True),
        sa.Column("segment", sa.String(length=64), nullable=True),
        sa.Column("staff_only", sa.Boolean(), nullable=False),
        sa.Column("limit_in_all", sa.Integer(), nullable=True),
        sa.Column("uses", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.Column("updated_by", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_bundle")),
    )
    with op.batch_alter_table("storefront_bundle", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_storefront_bundle_state_updated_at"), ["state", "updated_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_storefront_bundle_title"), ["title"], unique=False)
        batch_op.create_index(batch_op.f("ix_storefront_bundle_updated_at"), ["updated_at"], unique=False)

    op.create_table(
        "storefront_bundle_order",
        sa.Column(
            "order_id",
            sa.String(length=255)
            .with_variant(sa.String(length=255, collation="utf8mb4_bin"), "mariadb")
            .with_variant(sa.String(length=255, collation="utf8mb4_bin"), "mysql"),
            nullable=False,
        ),
        sa.Column(
            "record",
            sa.Text().with_variant(sa.Text(length=16777216), "mariadb").with_variant(sa.Text(length=16777216), "mysql"),
            nullable=False,
        ),
        sa.Column(
            "refunded",
            sa.Text().with_variant(sa.Text(length=16777216), "mariadb").with_variant(sa.Text(length=16777216), "mysql"),
            nullable=False,
        ),
        sa.Column("refunds", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_storefront_bundle_order")),
    )
    op.create_table(
        "storefront_bundle_rejected",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("product_ids", sa.Text(), nullable=False),
        sa.Column("rejected_by", sa.String(length=255), nullable=False),
        sa.Column("rejected_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_storefront_bundle_rejected")),
    )
    op.create_table(
        "storefront_bundle_shelf",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_bundle_shelf")),
    )
    op.create_table(
        "storefront_bundle_use",
        sa.Column(
            "order_id",
            sa.String(length=255)
            .with_variant(sa.String(length=255, collation="utf8mb4_bin"), "mariadb")
            .with_variant(sa.String(length=255, collation="utf8mb4_bin"), "mysql"),
            nullable=False,
        ),
        sa.Column("bundle_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("saving", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("used_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("order_id", "bundle_id", name=op.f("pk_storefront_bundle_use")),
    )
    with op.batch_alter_table("storefront_bundle_use", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_storefront_bundle_use_bundle_id"), ["bundle_id"], unique=False)

    op.create_table(
        "storefront_bundle_version",
        sa.Column("bundle_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column(
            "definition",
            sa.Text().with_variant(sa.Text(length=16777216), "mariadb").with_variant(sa.Text(length=16777216), "mysql"),
            nullable=False,
        ),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("changed_by", sa.String(length=255), nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("bundle_id", "version", name=op.f("pk_storefront_bundle_version")),
    )


def downgrade() -> None:
    op.drop_table("storefront_bundle_version")
    with op.batch_alter_table("storefront_bundle_use", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_storefront_bundle_use_bundle_id"))

    op.drop_table("storefront_bundle_use")
    op.drop_table("storefront_bundle_shelf")
    op.drop_table("storefront_bundle_rejected")
    op.drop_table("storefront_bundle_order")
    with op.batch_alter_table("storefront_bundle", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_storefront_bundle_updated_at"))
        batch_op.drop_index(batch_op.f("ix_storefront_bundle_title"))
        batch_op.drop_index(batch_op.f("ix_storefront_bundle_state_updated_at"))

    op.drop_table("storefront_bundle")
