"""Counts SQL statements, to tell a shop which of its fields run queries."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event


@dataclass(slots=True)
class QueryCount:
    """How many statements ran; savepoints of ours are not counted."""

    queries: int = 0


@contextmanager
def counted_queries() -> Iterator[QueryCount]:
    """Counts the statements this thread runs inside the block, on the shop's engine and on ours alike."""
    count, thread = QueryCount(), threading.get_ident()

    def saw(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if threading.get_ident() == thread and not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK", "PRAGMA")):
            count.queries += 1

    event.listen(sa.Engine, "before_cursor_execute", saw)
    try:
        yield count
    finally:
        event.remove(sa.Engine, "before_cursor_execute", saw)
