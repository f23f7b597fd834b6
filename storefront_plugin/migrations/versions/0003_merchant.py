"""The merchant's rules, slots and audit log; pins and exclusions become rules"""

import datetime as dt

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
        sa.Column("price_percent", sa.Integer(), nullable=True),
        sa.Column("strength", sa.Integer(), nullable=True),
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
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("storefront_rule", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_storefront_rule_updated_at"), ["updated_at"], unique=False)

    _rules_from_links()
    with op.batch_alter_table("storefront_link", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_storefront_link_seed_id"))

    op.drop_table("storefront_link")


def downgrade() -> None:
    op.create_table(
        "storefront_link",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column(
            "seed_id",
            sa.String(length=255)
            .with_variant(sa.String(length=255, collation="utf8mb4_bin"), "mariadb")
            .with_variant(sa.String(length=255, collation="utf8mb4_bin"), "mysql"),
            nullable=True,
        ),
        sa.Column(
            "product_id",
            sa.String(length=255)
            .with_variant(sa.String(length=255, collation="utf8mb4_bin"), "mariadb")
            .with_variant(sa.String(length=255, collation="utf8mb4_bin"), "mysql"),
            nullable=False,
        ),
        sa.Column("strategy", sa.String(length=64), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_link")),
    )
    with op.batch_alter_table("storefront_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_storefront_link_seed_id"), ["seed_id"], unique=False)

    _links_from_rules()
    op.drop_table("storefront_rule")
    op.drop_table("storefront_placement")
    op.drop_table("storefront_audit")


def _rules_from_links() -> None:
    """A pin without a product to stand beside was never shown: it is left behind."""
    link, rule = (
        sa.table("storefront_link", *map(sa.column, _LINK)),
        sa.table("storefront_rule", *map(sa.column, _RULE)),
    )
    seed_kind = sa.case((link.c.seed_id.is_(None), "any"), else_="product")
    now = sa.literal(dt.datetime.now(dt.timezone.utc).replace(tzinfo=None), sa.DateTime())
    same = (link.c.kind, seed_kind, link.c.seed_id, sa.literal("product"), link.c.product_id, link.c.strategy)
    chosen = sa.select(sa.literal(1), *same, link.c.position, sa.true(), sa.literal(""), now, sa.literal("")).where(
        sa.or_(link.c.kind != "pin", link.c.seed_id.is_not(None))
    )
    op.execute(rule.insert().from_select(_RULE, chosen.order_by(sa.column("id"))))


def _links_from_rules() -> None:
    """What a link can say: pins beside a product, exclusions there or everywhere, without times."""
    link, rule = (
        sa.table("storefront_link", *map(sa.column, _LINK)),
        sa.table("storefront_rule", *map(sa.column, _RULE)),
    )
    plain = [sa.column(name).is_(None) for name in ("placement", "starts_at", "ends_at")]
    said = sa.or_(
        sa.and_(rule.c.kind == "pin", rule.c.seed_kind == "product"),
        sa.and_(rule.c.kind == "exclude", rule.c.seed_kind.in_(("product", "any"))),
    )
    chosen = sa.select(rule.c.kind, rule.c.seed_value, rule.c.target_value, rule.c.strategy, rule.c.position).where(
        said, rule.c.target_kind == "product", rule.c.enabled.is_(True), *plain
    )
    op.execute(link.insert().from_select(_LINK, chosen.order_by(sa.column("id"))))


_LINK = ("kind", "seed_id", "product_id", "strategy", "position")
_RULE = (
    "version",
    "kind",
    "seed_kind",
    "seed_value",
    "target_kind",
    "target_value",
    "strategy",
    "position",
    "enabled",
    "note",
    "updated_at",
    "updated_by",
)
