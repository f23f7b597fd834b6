"""Forms that made a bundle are remembered"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "storefront_bundle_form",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("bundle_id", sa.BigInteger(), nullable=False),
        sa.Column("saved_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_storefront_bundle_form")),
    )
    with op.batch_alter_table("storefront_bundle_form", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_storefront_bundle_form_saved_at"), ["saved_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("storefront_bundle_form", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_storefront_bundle_form_saved_at"))
    op.drop_table("storefront_bundle_form")
