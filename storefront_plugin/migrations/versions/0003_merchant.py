"""The merchant's rules, slots and audit log"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "storefront_audit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        sa.Column("changed_by", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.String(length=16), nullable=False),
        sa.Column("subject_id", sa.String(length=255), nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
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
    with op.batch_alter_table("storefront_audit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_storefront_audit_changed_at"), ["changed_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_storefront_audit_subject_subject_id"), ["subject", "subject_id"], unique=False
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
        sa.Column("percent", sa.Integer(), nullable=True),
        sa.Column("placement", sa.String(length=16), nullable=True),
        sa.Column("strategy", sa.String(length=64), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("starts_at", sa.DateTime(), nullable=True),
        sa.Column("ends_at", sa.DateTime(), nullable=True),
        sa.Column("note", sa.String(length=255), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.Column("updated_by", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_rule")),
    )
    with op.batch_alter_table("storefront_rule", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_storefront_rule_updated_at"), ["updated_at"], unique=False)


def downgrade() -> None:
    op.drop_table("storefront_rule")
    op.drop_table("storefront_placement")
    op.drop_table("storefront_audit")
