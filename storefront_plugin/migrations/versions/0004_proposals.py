"""Proposals of bundles are stored"""

import datetime as dt

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

REJECTED = "storefront_bundle_rejected"


def upgrade() -> None:
    proposal = op.create_table(
        "storefront_bundle_proposal",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("product_ids", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("support", sa.Integer(), nullable=False),
        sa.Column("orders", sa.Integer(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("lift", sa.Float(), nullable=False),
        sa.Column("expected_share", sa.Float(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("discount", sa.Integer(), nullable=False),
        sa.Column("margin", sa.Float(), nullable=True),
        sa.Column("found_at", sa.DateTime(), nullable=False),
        sa.Column("decided_at", sa.DateTime(), nullable=True),
        sa.Column("decided_by", sa.String(length=255), nullable=False),
        sa.Column("bundle_id", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_storefront_bundle_proposal")),
    )
    with op.batch_alter_table("storefront_bundle_proposal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_storefront_bundle_proposal_state"), ["state"], unique=False)

    op.create_table(
        "storefront_bundle_proposal_run",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("token", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("phase", sa.String(length=16), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.Column("started_by", sa.String(length=255), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=False),
        sa.Column("beat_at", sa.DateTime(), nullable=False),
        sa.Column("finished_at", sa.DateTime(), nullable=True),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_bundle_proposal_run")),
    )
    _keep_rejected(proposal)
    op.drop_table(REJECTED)


def _columns(table: str, verb: str) -> sa.TableClause:
    """What both tables have of a rejected proposal."""
    texts = [sa.column(name, sa.String) for name in ("key", "product_ids", f"{verb}_by")]
    return sa.table(table, *texts, sa.column(f"{verb}_at", sa.DateTime))


def _keep_rejected(proposal: sa.Table) -> None:
    """What was rejected stays rejected; its figures were not kept."""
    rejected = _columns(REJECTED, "rejected")
    figures = {"support": 0, "orders": 0, "confidence": 0.0, "lift": 1.0, "expected_share": 0.0, "price": 0}
    rows = [
        figures
        | {"key": row.key, "product_ids": row.product_ids, "state": "rejected", "currency": "", "discount": 0}
        | {"margin": None, "found_at": row.rejected_at or dt.datetime(1970, 1, 1), "bundle_id": None}
        | {"decided_at": row.rejected_at, "decided_by": row.rejected_by}
        for row in op.get_bind().execute(sa.select(rejected)).all()
    ]
    if rows:
        op.bulk_insert(proposal, rows)


def downgrade() -> None:
    op.create_table(
        REJECTED,
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("product_ids", sa.Text(), nullable=False),
        sa.Column("rejected_by", sa.String(length=255), nullable=False),
        sa.Column("rejected_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_storefront_bundle_rejected")),
    )
    proposal, rejected = _columns("storefront_bundle_proposal", "decided"), _columns(REJECTED, "rejected")
    kept = sa.select(*proposal.c).where(sa.column("state") == "rejected")
    op.execute(sa.insert(rejected).from_select([column.name for column in rejected.c], kept))
    op.drop_table("storefront_bundle_proposal_run")
    op.drop_table("storefront_bundle_proposal")
