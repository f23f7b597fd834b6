"""What the merchant says by hand: products pinned to a seed, and products never shown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ..database import Base, BigKey, Database, Id

LinkKind: TypeAlias = Literal["pin", "exclude"]


class Link(Base):
    """A pinned or excluded product. *seed_id* None means: on every page."""

    __tablename__ = "storefront_link"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    kind: Mapped[str] = mapped_column(sa.String(16))
    seed_id: Mapped[str | None] = mapped_column(Id, index=True)
    product_id: Mapped[str] = mapped_column(Id)
    strategy: Mapped[str | None] = mapped_column(sa.String(64))
    position: Mapped[int]


@dataclass(frozen=True, slots=True)
class Links:
    """All links, compiled once for look-up: pins by seed, exclusions by seed and for all pages."""

    pins: Mapping[str, tuple[tuple[str, str | None], ...]] = field(default_factory=dict)
    excluded: Mapping[str, frozenset[str]] = field(default_factory=dict)
    excluded_everywhere: frozenset[str] = frozenset()

    def pinned(self, seeds: Iterable[str], strategy: str) -> list[str]:
        """Products pinned to any of *seeds* for *strategy*, in the merchant's order."""
        found = [
            product_id
            for seed in seeds
            for product_id, wanted in self.pins.get(seed, ())
            if wanted is None or wanted == strategy
        ]
        return list(dict.fromkeys(found))

    def excluded_for(self, seeds: Iterable[str]) -> frozenset[str]:
        """Products never shown on a page about *seeds*."""
        return self.excluded_everywhere.union(*(self.excluded[seed] for seed in seeds if seed in self.excluded))


def load_links(database: Database) -> Links:
    """The links as they stand in SQL."""
    with database.reading(patient=True) as session:
        rows = list(session.scalars(sa.select(Link).order_by(Link.position, Link.id)))
    pins: defaultdict[str, list[tuple[str, str | None]]] = defaultdict(list)
    excluded: defaultdict[str, set[str]] = defaultdict(set)
    everywhere: set[str] = set()
    for row in rows:
        if row.kind == "pin" and row.seed_id is not None:
            pins[row.seed_id].append((row.product_id, row.strategy))
        elif row.kind == "exclude" and row.seed_id is not None:
            excluded[row.seed_id].add(row.product_id)
        elif row.kind == "exclude":
            everywhere.add(row.product_id)
    return Links(
        {seed: tuple(found) for seed, found in pins.items()},
        {seed: frozenset(found) for seed, found in excluded.items()},
        frozenset(everywhere),
    )


def add_link(
    database: Database, kind: LinkKind, product_id: str, seed_id: str | None, strategy: str | None, position: int
) -> None:
    """Write a link; the same one twice stands once, with the later position."""
    with database.writing() as session:
        session.execute(_same(kind, product_id, seed_id, strategy))
        session.add(Link(kind=kind, seed_id=seed_id, product_id=product_id, strategy=strategy, position=position))


def remove_link(database: Database, kind: LinkKind, product_id: str, seed_id: str | None, strategy: str | None) -> None:
    """Take a link away; one that is not there is no error."""
    with database.writing() as session:
        session.execute(_same(kind, product_id, seed_id, strategy))


def _same(kind: LinkKind, product_id: str, seed_id: str | None, strategy: str | None) -> sa.Delete:
    return sa.delete(Link).where(
        Link.kind == kind, Link.product_id == product_id, Link.seed_id == seed_id, Link.strategy == strategy
    )
