"""The merchant's list of proposals: read, accepted, rejected."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ...core import clock
from ...core.errors import InputError, StorefrontError
from ...core.sql.audit import note
from ...core.sql.database import Database
from ...shop.ports import Catalog
from ..definition import BundleText, Definition
from ..price import fixed_price, percent_off
from ..tier import Component, Tier
from .tables import ProposalRow

ProposalState: TypeAlias = Literal["open", "accepted", "rejected"]
Sort: TypeAlias = Literal["beyond", "gain", "support", "lift", "share", "margin"]


_SORTS: Mapping[str, Any] = {
    # In how many orders more than chance would bring them together.
    "beyond": ProposalRow.support - ProposalRow.support / ProposalRow.lift,
    # The margin of all sets sold so far; a month's is the same share of each.
    "gain": ProposalRow.support * ProposalRow.price * (100 - ProposalRow.discount) * ProposalRow.margin,
    "support": ProposalRow.support,
    "lift": ProposalRow.lift,
    "share": ProposalRow.expected_share,
    "margin": ProposalRow.margin,
}


class ProposalNotFound(StorefrontError):
    """There is no such proposal any more; look again at the list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A set to offer.

    Attributes:
        product_ids: The best-selling first.
        support: How many of *orders* held all of them. *confidence*, *lift* and *expected_share* as in `Together`.
        price: What they cost one by one, minor units of *currency*.
        discount: Percent to suggest; 0 where the margin leaves no room or nothing is known of it.
        margin: Of the set after that discount, as a share of its price; None where a cost is unknown.
        found_at, decided_at: UTC without zone.
        bundle_id: The bundle that was made of it.
    """

    product_ids: tuple[str, ...]
    support: int
    orders: int
    confidence: float
    lift: float
    expected_share: float
    currency: str
    price: int
    discount: int
    margin: float | None
    state: ProposalState = "open"
    found_at: dt.datetime | None = None
    decided_at: dt.datetime | None = None
    decided_by: str = ""
    bundle_id: int | None = None

    @property
    def key(self) -> str:
        """Names these products, whatever their order."""
        return key_of(self.product_ids)


def key_of(product_ids: Iterable[str]) -> str:
    """A name for a set of products, whatever their order."""
    return hashlib.sha256(json.dumps(sorted(set(product_ids))).encode()).hexdigest()


def list_proposals(
    database: Database,
    state: ProposalState = "open",
    sort: Sort = "beyond",
    descending: bool = True,
    page: int = 1,
    size: int = 50,
) -> tuple[list[Proposal], int]:
    """One page (from 1) of the proposals in *state*, and how many there are; unknown margins come last."""
    if sort not in _SORTS:
        raise InputError(f"Proposals cannot be sorted by {sort!r:.40}; use one of {', '.join(_SORTS)}.")
    column, query = _SORTS[sort], sa.select(ProposalRow).where(ProposalRow.state == state)
    order = [column.is_(None), column.desc() if descending else column.asc(), ProposalRow.key]
    rows, count = database.page(query, order, page, size)
    return [_proposal(row) for (row,) in rows], count


def counts(database: Database) -> dict[str, int]:
    """How many proposals there are in each state that has some."""
    query = sa.select(ProposalRow.state, sa.func.count()).group_by(ProposalRow.state)
    with database.reading(blocking=True) as session:
        return {row.state: row[1] for row in session.execute(query)}


def load(database: Database, key: str) -> Proposal:
    """One proposal; raises `ProposalNotFound`."""
    with database.reading(blocking=True) as session:
        return _proposal(_row(session, key))


def made_into(database: Database, bundle_id: int) -> Proposal | None:
    """The proposal that became *bundle_id*; None where the bundle was made in another way."""
    query = sa.select(ProposalRow).where(ProposalRow.bundle_id == bundle_id, ProposalRow.state == "accepted")
    with database.reading(blocking=True) as session:
        row = session.scalars(query.limit(1)).first()
        return None if row is None else _proposal(row)


def find(database: Database, keys: Collection[str]) -> dict[str, Proposal]:
    """Those of *keys* that still stand, decided ones too."""
    query = sa.select(ProposalRow).where(ProposalRow.key.in_(list(keys)))
    with database.reading(blocking=True) as session:
        return {row.key: _proposal(row) for row in session.scalars(query)}


def definition_of(database: Database, catalog: Catalog, key: str, language: str = "en") -> Definition:
    """The bundle to begin with: all its products at the suggested discount.

    Where none is suggested it has a fixed price as high as the single prices together, which saves nothing until the
    merchant lowers it. Raises `ProposalNotFound`.
    """
    proposal = load(database, key)
    products = catalog.get_many(list(proposal.product_ids))
    titles = (products[name].title if name in products else name for name in proposal.product_ids)
    parts = tuple(Component(product_id) for product_id in proposal.product_ids)
    whole = fixed_price({proposal.currency: proposal.price})
    price = percent_off(proposal.discount) if proposal.discount else whole
    return Definition(kind="set", tiers=(Tier(parts, price),), texts={language: BundleText(title_of(titles))})


def title_of(titles: Iterable[str]) -> str:
    """What a bundle of products of these *titles* is called at first."""
    return " + ".join(titles)[:200]


def accept(session: Session, key: str, bundle_id: int, by: str = "") -> bool:
    """Remember in the transaction of *session* which bundle came of a proposal; False where there is none."""
    row = _found(session, key)
    if row is not None:
        _decide(session, row, "accepted", by)
        row.bundle_id = bundle_id
        note(session, by, "proposal", key, "accept", _title(row))
    return row is not None


def follow(session: Session, bundle_id: int, is_deleted: bool) -> None:
    """Open the proposal that *bundle_id* was made of when that is deleted, and accept it when the deletion is undone."""
    was, now = ("accepted", "open") if is_deleted else ("open", "accepted")
    made = sa.update(ProposalRow).where(ProposalRow.bundle_id == bundle_id, ProposalRow.state == was)
    session.execute(made.values(state=now))


def reject(database: Database, keys: Collection[str], by: str = "") -> list[str]:
    """Never propose the sets of *keys* again; those that were open and stand as rejected now."""
    return _change(database, keys, "rejected", "reject", by)


def unreject(database: Database, keys: Collection[str], by: str = "") -> list[str]:
    """Let rejected proposals stand again; those of *keys* that were rejected and are open now."""
    return _change(database, keys, "open", "unreject", by)


def _change(database: Database, keys: Collection[str], state: ProposalState, action: str, by: str) -> list[str]:
    before = "open" if state == "rejected" else "rejected"
    changed = []
    with database.writing() as session:
        for key in dict.fromkeys(keys):
            row = _found(session, key)
            if row is not None and row.state == before:
                _decide(session, row, state, by)
                note(session, by, "proposal", key, action, _title(row))
                changed.append(key)
    return changed


def _decide(session: Session, row: ProposalRow, state: ProposalState, by: str) -> None:
    row.state, row.decided_by = state, by[:255]
    row.decided_at = clock.now_in_sql()
    session.flush()


def _found(session: Session, key: str) -> ProposalRow | None:
    # PostgreSQL raises for a NUL in a text; keys come from whoever wrote the address.
    return None if "\x00" in key else session.get(ProposalRow, key)


def _row(session: Session, key: str) -> ProposalRow:
    row = _found(session, key)
    if row is None:
        raise ProposalNotFound("This proposal no longer exists; reload the list.")
    return row


def _title(row: ProposalRow) -> str:
    return " + ".join(json.loads(row.product_ids))


def _proposal(row: ProposalRow) -> Proposal:
    names = ("support", "orders", "confidence", "lift", "expected_share", "currency", "price", "discount", "margin")
    more = ("state", "found_at", "decided_at", "decided_by", "bundle_id")
    given = {name: getattr(row, name) for name in (*names, *more)}
    return Proposal(product_ids=tuple(json.loads(row.product_ids)), **given)
