"""Compares what our connection and the shop's own session see of the shop's database, for ``flask storefront check``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from .inspection import Finding, number, tried


@dataclass(frozen=True, slots=True)
class Sight:
    """What one connection sees.

    Attributes:
        place: Database, schema or search path, and ``schema_translate_map``.
        rows: Number of rows of the adapter's model; None where its table cannot be read.
        has_our_tables: Whether our tables are seen there; None where they are in another database.
        error: Why something cannot be read.
    """

    place: str
    rows: int | None
    has_our_tables: bool | None
    error: str = ""

    def __str__(self) -> str:
        seen = f"cannot read it ({self.error})" if self.rows is None else f"sees {number(self.rows, 'row')}"
        return f"{seen} in {self.place}"


@runtime_checkable
class HasSights(Protocol):
    """An adapter that can compare."""

    table_name: str

    def sights(self) -> tuple[Sight, Sight] | None:
        """What our connection and the shop's session see; None where there is one connection for both."""


def inspect_connections(adapters: Iterable[object]) -> list[Finding]:
    """Compare for each of the *adapters* that can; what all see alike is said once."""
    found: dict[Finding, None] = {}
    for adapter in adapters:
        if isinstance(adapter, HasSights):
            found.update(dict.fromkeys(tried("Comparing connections", lambda adapter=adapter: _compared(adapter))))  # type: ignore[misc]
    return list(found)


def _compared(adapter: HasSights) -> Iterator[Finding]:
    sights = adapter.sights()
    if sights is not None and sights[0] != sights[1]:
        sights = adapter.sights()  # a row may have come in between
    if sights is None:
        return
    ours, shops = sights
    if ours.rows != shops.rows:
        yield Finding(
            "error", f"Our connection and the shop's session differ on {adapter.table_name}: {_remedy(ours, shops)}"
        )
    elif ours.place != shops.place:
        yield Finding(
            "warning", f"Our connection works in {ours.place}, the shop's session in {shops.place}: {_SAME_ENGINE}"
        )
    elif ours.rows is not None:
        yield Finding("ok", f"Our connection sees the shop's database as its session does, in {ours.place}.")
    if ours.has_our_tables and not shops.has_our_tables:
        yield Finding(
            "error",
            "The shop's session does not see our tables (storefront_*), so no order is recorded in its transactions: "
            f"it works in {shops.place}, our connection in {ours.place}; {_SAME_ENGINE}",
        )


def _remedy(ours: Sight, shops: Sight) -> str:
    both = f"ours {ours}, the shop's {shops}"
    if ours.place == shops.place and ours.rows is not None and shops.rows is not None and ours.rows > shops.rows:
        return f"{both}. Its session leaves rows out (an event such as do_orm_execute): give the adapter the same as where=."
    return f"{both}; {_SAME_ENGINE}"


_SAME_ENGINE = (
    "what the shop sets for a session or a request (search_path, schema_translate_map, functions, roles) our sessions do "
    "not have: set it on the engine, in execution_options or a connect event, and give the adapters that engine's session."
)
