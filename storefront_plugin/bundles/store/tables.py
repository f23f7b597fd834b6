"""Tables of bundles: what stands, what was used, and what is proposed."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ...core.sql.database import Base
from ...core.sql.dialects import NEVER_REUSE_IDS, BigKey, Id, LongText


class BundleRow(Base):
    """A bundle as it stands. *version* rises with each change, so that the second of two editors gets a conflict.

    *search* holds its titles and product ids in lower case. *uses* counts only where *limit_in_all* is set; all uses
    stand in `BundleUse`.
    """

    __tablename__ = "storefront_bundle"
    __table_args__ = (
        sa.Index(None, "state", "updated_at"),
        sa.Index(None, "updated_at"),
        sa.Index(None, "title"),
        NEVER_REUSE_IDS,  # staff codes, editors left open and the log name deleted bundles
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    version: Mapped[int]
    state: Mapped[str] = mapped_column(sa.String(16), default="draft")
    kind: Mapped[str] = mapped_column(sa.String(16))
    title: Mapped[str] = mapped_column(sa.String(200))
    search: Mapped[str] = mapped_column(LongText)
    definition: Mapped[str] = mapped_column(LongText)
    starts_at: Mapped[dt.datetime | None] = mapped_column(sa.DateTime)
    ends_at: Mapped[dt.datetime | None] = mapped_column(sa.DateTime)
    segment: Mapped[str | None] = mapped_column(sa.String(64))
    staff_only: Mapped[bool]
    limit_in_all: Mapped[int | None]
    uses: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    updated_at: Mapped[dt.datetime] = mapped_column(sa.DateTime)
    updated_by: Mapped[str] = mapped_column(sa.String(255))


class PricedOrder(Base):
    """How an order was priced, and what was refunded of it so far; both are JSON. *refunds* counts the refunds."""

    __tablename__ = "storefront_bundle_order"

    order_id: Mapped[str] = mapped_column(Id, primary_key=True)
    record: Mapped[str] = mapped_column(LongText)
    refunded: Mapped[str] = mapped_column(LongText)
    refunds: Mapped[int]
    created_at: Mapped[dt.datetime] = mapped_column(sa.DateTime)


class BundleUse(Base):
    """A bundle that applied *count* times to an order and saved *saving* minor units of *currency*."""

    __tablename__ = "storefront_bundle_use"

    order_id: Mapped[str] = mapped_column(Id, primary_key=True)
    bundle_id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False, index=True)
    count: Mapped[int]
    saving: Mapped[int] = mapped_column(sa.BigInteger)
    currency: Mapped[str] = mapped_column(sa.String(3))
    used_at: Mapped[dt.datetime] = mapped_column(sa.DateTime, index=True)


class PublishedVersion(Base):
    """The single row whose number rises with each change that shoppers can see, so that processes read again."""

    __tablename__ = "storefront_bundle_published"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(sa.BigInteger)


class ProposalRow(Base):
    """Products that shoppers buy together and the merchant may offer as a bundle; *key* is a hash of their sorted ids.

    *state* is ``open``, ``accepted`` (as *bundle_id*) or ``rejected``. *product_ids* is a JSON list, the best-selling
    first; *price* is in minor units of *currency*; the figures are those of `proposals.Proposal`.
    """

    __tablename__ = "storefront_bundle_proposal"

    key: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    product_ids: Mapped[str] = mapped_column(sa.Text)
    state: Mapped[str] = mapped_column(sa.String(16), index=True)
    support: Mapped[int]
    orders: Mapped[int]
    confidence: Mapped[float]
    lift: Mapped[float]
    expected_share: Mapped[float]
    currency: Mapped[str] = mapped_column(sa.String(3))
    price: Mapped[int] = mapped_column(sa.BigInteger)
    discount: Mapped[int]
    margin: Mapped[float | None]
    found_at: Mapped[dt.datetime] = mapped_column(sa.DateTime)
    decided_at: Mapped[dt.datetime | None] = mapped_column(sa.DateTime)
    decided_by: Mapped[str] = mapped_column(sa.String(255))
    bundle_id: Mapped[int | None] = mapped_column(sa.BigInteger)


class ProposalRunRow(Base):
    """The single row about the latest search for proposals: *state* is ``running``, ``done`` or ``failed``.

    *settings* are those of the search as JSON; *found* how many proposals it found; *error* says why it failed.
    """

    __tablename__ = "storefront_bundle_proposal_run"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    token: Mapped[str] = mapped_column(sa.String(16))
    state: Mapped[str] = mapped_column(sa.String(16))
    phase: Mapped[str] = mapped_column(sa.String(16))
    done: Mapped[int] = mapped_column(sa.BigInteger)
    total: Mapped[int] = mapped_column(sa.BigInteger)
    settings: Mapped[str] = mapped_column(sa.Text)
    started_by: Mapped[str] = mapped_column(sa.String(255))
    started_at: Mapped[dt.datetime] = mapped_column(sa.DateTime)
    beat_at: Mapped[dt.datetime] = mapped_column(sa.DateTime)
    finished_at: Mapped[dt.datetime | None] = mapped_column(sa.DateTime)
    found: Mapped[int]
    error: Mapped[str] = mapped_column(sa.Text)
