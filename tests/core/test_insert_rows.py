"""Rows added in bulk are the rows that were given, on each database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from postgres import postgres_url
from sqlalchemy.orm import Session

from storefront_plugin.core.sql.database import Base, table_of
from storefront_plugin.core.sql.dialects import insert_rows
from storefront_plugin.orderlog.tables import LoggedLine, LoggedOrder

LINE_COLUMNS = table_of(LoggedLine).columns.keys()
ODD = ["plain", "tab\tline\nback\\slash", "\\N", "'\"%s:?{}", "日本 🛒", ""]


@pytest.fixture(params=["sqlite", "postgresql"])
def session(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Session]:
    """A session on an empty database of each kind."""
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'rows.sqlite'}" if request.param == "sqlite" else postgres_url())
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        yield session
    engine.dispose()


def test_orders_come_back_as_they_were_added(session: Session) -> None:
    """Times keep their microseconds, None stays None, and no character means anything to the way they take."""
    moment = dt.datetime(2026, 1, 2, 3, 4, 5, 6)
    rows = [
        (f"{number}{odd}", moment, 20000, 2, odd, "EUR", "placed", moment, True, False)
        for number, odd in enumerate(ODD)
    ]
    rows.append(("tombstone", None, None, 0, None, None, "tombstone", moment, False, True))
    insert_rows(session, table_of(LoggedOrder), table_of(LoggedOrder).columns.keys(), rows)
    session.commit()
    assert sorted(tuple(row) for row in session.execute(sa.select(table_of(LoggedOrder)))) == sorted(rows)


def test_lines_come_back_as_they_were_added(session: Session) -> None:
    """Also many of them, with prices of 63 bits."""
    rows = [("one", place, place % 7 + 1, None, 10**9, 0, 2**63 - 1 if place % 2 else None) for place in range(3000)]
    insert_rows(session, table_of(LoggedLine), LINE_COLUMNS, rows)
    table = table_of(LoggedLine)
    assert [tuple(row) for row in session.execute(sa.select(table).order_by(table.c.position))] == rows


def test_what_cannot_be_added_is_an_error_of_sqlalchemy_and_takes_the_rest_back(session: Session) -> None:
    """The callers know SQLAlchemy's errors only."""
    row = ("twice", 0, 1, None, 1, 1, None)
    with pytest.raises(sa.exc.DBAPIError):
        insert_rows(session, table_of(LoggedLine), LINE_COLUMNS, [row, row])
    session.rollback()
    assert session.scalar(sa.select(sa.func.count()).select_from(table_of(LoggedLine))) == 0


def test_no_rows_are_no_statement(session: Session) -> None:
    """A batch of cancellations adds none."""
    insert_rows(session, table_of(LoggedLine), LINE_COLUMNS, [])
    assert not session.in_transaction()
