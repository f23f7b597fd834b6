"""All tables of the first release"""

import sqlalchemy as sa
from alembic import op

revision = "0001_initial"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "storefront_applier",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("token", sa.String(length=16), nullable=False),
        sa.Column("products", sa.Integer(), nullable=False),
        sa.Column("locks", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_applier")),
    )

    op.create_table(
        "storefront_audit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        sa.Column("changed_by", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.String(length=16), nullable=False),
        sa.Column("subject_id", sa.String(length=255), nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column(
            "before",
            sa.Text().with_variant(sa.Text(length=16777216), "mariadb").with_variant(sa.Text(length=16777216), "mysql"),
            nullable=True,
        ),
        sa.Column(
            "after",
            sa.Text().with_variant(sa.Text(length=16777216), "mariadb").with_variant(sa.Text(length=16777216), "mysql"),
            nullable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_audit")),
    )
    op.create_index(op.f("ix_storefront_audit_changed_at"), "storefront_audit", ["changed_at"], unique=False)
    op.create_index(
        op.f("ix_storefront_audit_subject_subject_id"), "storefront_audit", ["subject", "subject_id"], unique=False
    )

    op.create_table(
        "storefront_batch",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("token", sa.String(length=16), nullable=False),
        sa.Column("previous_token", sa.String(length=16), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("orders", sa.Integer(), nullable=False),
        sa.Column(
            "entries",
            sa.Text().with_variant(sa.Text(length=16777216), "mariadb").with_variant(sa.Text(length=16777216), "mysql"),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_storefront_batch")),
    )

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
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.Column("updated_by", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_bundle")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_storefront_bundle_state_updated_at"), "storefront_bundle", ["state", "updated_at"], unique=False
    )
    op.create_index(op.f("ix_storefront_bundle_title"), "storefront_bundle", ["title"], unique=False)
    op.create_index(op.f("ix_storefront_bundle_updated_at"), "storefront_bundle", ["updated_at"], unique=False)

    op.create_table(
        "storefront_bundle_form",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("bundle_id", sa.BigInteger(), nullable=False),
        sa.Column("saved_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_storefront_bundle_form")),
    )
    op.create_index(op.f("ix_storefront_bundle_form_saved_at"), "storefront_bundle_form", ["saved_at"], unique=False)

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
        "storefront_bundle_proposal",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("product_ids", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("support", sa.Integer(), nullable=False),
        sa.Column("orders", sa.Integer(), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("lift", sa.Double(), nullable=False),
        sa.Column("expected_share", sa.Double(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("discount", sa.Integer(), nullable=False),
        sa.Column("margin", sa.Double(), nullable=True),
        sa.Column("found_at", sa.DateTime(), nullable=False),
        sa.Column("decided_at", sa.DateTime(), nullable=True),
        sa.Column("decided_by", sa.String(length=255), nullable=False),
        sa.Column("bundle_id", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_storefront_bundle_proposal")),
    )
    op.create_index(op.f("ix_storefront_bundle_proposal_state"), "storefront_bundle_proposal", ["state"], unique=False)

    op.create_table(
        "storefront_bundle_proposal_run",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("token", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("phase", sa.String(length=16), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("started_by", sa.String(length=255), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=False),
        sa.Column("beat_at", sa.DateTime(), nullable=False),
        sa.Column("finished_at", sa.DateTime(), nullable=True),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_bundle_proposal_run")),
    )

    op.create_table(
        "storefront_bundle_published",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_bundle_published")),
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
    op.create_index(op.f("ix_storefront_bundle_use_bundle_id"), "storefront_bundle_use", ["bundle_id"], unique=False)
    op.create_index(op.f("ix_storefront_bundle_use_used_at"), "storefront_bundle_use", ["used_at"], unique=False)

    op.create_table(
        "storefront_generation",
        sa.Column("token", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("constants", sa.Text(), nullable=False),
        sa.Column("shards", sa.Integer(), nullable=False),
        sa.Column("start_number", sa.BigInteger(), nullable=False),
        sa.Column("start_token", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("heartbeat_at", sa.DateTime(), nullable=False),
        sa.Column("live_at", sa.DateTime(), nullable=True),
        sa.Column("retired_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_storefront_generation")),
    )
    op.create_index(op.f("ix_storefront_generation_state"), "storefront_generation", ["state"], unique=False)

    op.create_table(
        "storefront_job",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("holder", sa.String(length=16), nullable=False),
        sa.Column("leased_until", sa.DateTime(), nullable=False),
        sa.Column("due_at", sa.DateTime(), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=True),
        sa.Column("finished_at", sa.DateTime(), nullable=True),
        sa.Column("trouble", sa.String(length=300), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_storefront_job")),
    )

    op.create_table(
        "storefront_order",
        sa.Column(
            "order_id",
            sa.String(length=255)
            .with_variant(sa.String(length=255, collation="utf8mb4_bin"), "mariadb")
            .with_variant(sa.String(length=255, collation="utf8mb4_bin"), "mysql"),
            nullable=False,
        ),
        sa.Column("placed_at", sa.DateTime(), nullable=True),
        sa.Column("day", sa.Integer(), nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column(
            "customer_id",
            sa.String(length=255)
            .with_variant(sa.String(length=255, collation="utf8mb4_bin"), "mariadb")
            .with_variant(sa.String(length=255, collation="utf8mb4_bin"), "mysql"),
            nullable=True,
        ),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.Column("from_call", sa.Boolean(), nullable=False),
        sa.Column("from_adapter", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_storefront_order")),
    )
    op.create_index(op.f("ix_storefront_order_customer_id"), "storefront_order", ["customer_id"], unique=False)
    op.create_index(op.f("ix_storefront_order_day"), "storefront_order", ["day"], unique=False)

    op.create_table(
        "storefront_order_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column(
            "order_id",
            sa.String(length=255)
            .with_variant(sa.String(length=255, collation="utf8mb4_bin"), "mariadb")
            .with_variant(sa.String(length=255, collation="utf8mb4_bin"), "mysql"),
            nullable=False,
        ),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_order_event")),
    )

    op.create_table(
        "storefront_order_line",
        sa.Column(
            "order_id",
            sa.String(length=255)
            .with_variant(sa.String(length=255, collation="utf8mb4_bin"), "mariadb")
            .with_variant(sa.String(length=255, collation="utf8mb4_bin"), "mysql"),
            nullable=False,
        ),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("product", sa.Integer(), nullable=False),
        sa.Column(
            "variant_id",
            sa.String(length=255)
            .with_variant(sa.String(length=255, collation="utf8mb4_bin"), "mariadb")
            .with_variant(sa.String(length=255, collation="utf8mb4_bin"), "mysql"),
            nullable=True,
        ),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("quantity_left", sa.Integer(), nullable=False),
        sa.Column("unit_price", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("order_id", "position", name=op.f("pk_storefront_order_line")),
    )

    op.create_table(
        "storefront_placement",
        sa.Column("placement", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "slots",
            sa.Text().with_variant(sa.Text(length=16777216), "mariadb").with_variant(sa.Text(length=16777216), "mysql"),
            nullable=False,
        ),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.Column("updated_by", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("placement", name=op.f("pk_storefront_placement")),
    )

    op.create_table(
        "storefront_product",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "product_id",
            sa.String(length=255)
            .with_variant(sa.String(length=255, collation="utf8mb4_bin"), "mariadb")
            .with_variant(sa.String(length=255, collation="utf8mb4_bin"), "mysql"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_storefront_product")),
        sa.UniqueConstraint("product_id", name=op.f("uq_storefront_product_product_id")),
    )

    op.create_table(
        "storefront_rule",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("seed_kind", sa.String(length=16), nullable=False),
        sa.Column(
            "seed_value",
            sa.String(length=255)
            .with_variant(sa.String(length=255, collation="utf8mb4_bin"), "mariadb")
            .with_variant(sa.String(length=255, collation="utf8mb4_bin"), "mysql"),
            nullable=True,
        ),
        sa.Column("target_kind", sa.String(length=16), nullable=False),
        sa.Column(
            "target_value",
            sa.String(length=255)
            .with_variant(sa.String(length=255, collation="utf8mb4_bin"), "mariadb")
            .with_variant(sa.String(length=255, collation="utf8mb4_bin"), "mysql"),
            nullable=True,
        ),
        sa.Column("price_percent", sa.Integer(), nullable=True),
        sa.Column("strength", sa.Integer(), nullable=True),
        sa.Column("placement", sa.String(length=16), nullable=True),
        sa.Column("strategy", sa.String(length=64), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("starts_at", sa.DateTime(), nullable=True),
        sa.Column("ends_at", sa.DateTime(), nullable=True),
        sa.Column("note", sa.String(length=255), nullable=False),
        sa.Column(
            "search",
            sa.Text().with_variant(sa.Text(length=16777216), "mariadb").with_variant(sa.Text(length=16777216), "mysql"),
            nullable=False,
        ),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.Column("updated_by", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_rule")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_storefront_rule_updated_at"), "storefront_rule", ["updated_at"], unique=False)

    op.create_table(
        "storefront_evaluation",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_evaluation")),
    )

    op.create_table(
        "storefront_tuning",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("chosen_at", sa.DateTime(), nullable=False),
        sa.Column("is_set", sa.Boolean(), nullable=False),
        sa.Column("chosen_by", sa.String(length=255), nullable=False),
        sa.Column("constants", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_tuning")),
    )

    op.create_table(
        "storefront_cart_model",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("token", sa.String(length=16), nullable=False),
        sa.Column("products", sa.Integer(), nullable=False),
        sa.Column("penalty", sa.Double(), nullable=False),
        sa.Column("share", sa.Double(), nullable=False),
        sa.Column("ndcg_before", sa.Double(), nullable=False),
        sa.Column("ndcg_after", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_cart_model")),
    )


def downgrade() -> None:
    op.drop_table("storefront_applier")
    op.drop_table("storefront_audit")
    op.drop_table("storefront_batch")
    op.drop_table("storefront_bundle")
    op.drop_table("storefront_bundle_form")
    op.drop_table("storefront_bundle_order")
    op.drop_table("storefront_bundle_proposal")
    op.drop_table("storefront_bundle_proposal_run")
    op.drop_table("storefront_bundle_published")
    op.drop_table("storefront_bundle_use")
    op.drop_table("storefront_cart_model")
    op.drop_table("storefront_evaluation")
    op.drop_table("storefront_generation")
    op.drop_table("storefront_job")
    op.drop_table("storefront_order")
    op.drop_table("storefront_order_event")
    op.drop_table("storefront_order_line")
    op.drop_table("storefront_placement")
    op.drop_table("storefront_product")
    op.drop_table("storefront_rule")
    op.drop_table("storefront_tuning")
