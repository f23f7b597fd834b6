"""Versioned stores of flat definitions, whose fields are the columns of a row: texts, numbers, switches and times."""

from __future__ import annotations

import datetime as dt
import json
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import fields
from types import MappingProxyType
from typing import Any, ClassVar, TypeVar

import sqlalchemy as sa

from ..clock import State, from_sql, now_in_sql, to_sql
from ..typed import folded
from .database import table_of
from .versions import Record, VersionedStore

Definition = TypeVar("Definition")


class FlatStore(VersionedStore[int, Definition, Record[int, Definition]]):
    """A noun names its *definition*, a dataclass; its *model* has columns of the same names.

    Times are aware in a definition, UTC without zone in SQL and ISO 8601 in the log. What lists are searched for are the
    fields *searched*, folded in a column ``search``.
    """

    definition: ClassVar[type[Any]]
    searched: ClassVar[tuple[str, ...]] = ()

    def record(self, row: Any) -> Record[int, Definition]:
        return Record(row.id, row.version, self._of(row), row.updated_at, row.updated_by)

    def columns(self, definition: Definition) -> dict[str, Any]:
        values = _values(definition)
        columns = {name: to_sql(one) if isinstance(one, dt.datetime) else one for name, one in values.items()}
        search = "\n".join(folded(values[name] or "") for name in self.searched)
        return columns | ({"search": search} if self.searched else {})

    def dump(self, row: Any) -> str:
        return self.dumped(self._of(row))

    @classmethod
    def dumped(cls, definition: Definition) -> str:
        """*definition* as compact JSON."""
        return json.dumps(_values(definition), separators=(",", ":"), ensure_ascii=False, default=dt.datetime.isoformat)

    @classmethod
    def loaded(cls, text: str) -> Definition:
        values = json.loads(text)
        columns = table_of(cls.model).c
        times = {
            name: dt.datetime.fromisoformat(value)
            for name, value in values.items()
            if value is not None and isinstance(columns[name].type, sa.DateTime)
        }
        found: Definition = cls.definition(**values | times)
        return found

    @abstractmethod
    def title_of(self, definition: Definition) -> str:
        """What the log calls *definition*."""

    def title(self, row: Any) -> str:
        return self.title_of(self._of(row))

    def set_enabled(
        self, keys: Sequence[int], enabled: bool, by: str = "", titles: Mapping[int, str] = MappingProxyType({})
    ) -> list[Record[int, Definition]]:
        """Switch those of *keys* on or off by their column ``enabled``; the answer has those that this changed."""
        action, columns = "enable" if enabled else "disable", {"enabled": enabled}
        with self.database.writing() as session:
            rows = self.claim_all(session, keys, self._table.c.enabled != enabled)
            return [self.write(session, row, columns, by, action, titles.get(row.id, "")) for row in rows]

    def _of(self, row: Any) -> Definition:
        found: Definition = from_row(self.definition, row)
        return found


def from_row(definition: type[Definition], row: Any) -> Definition:
    """The *definition* that stands in *row*."""
    values = {one.name: getattr(row, one.name) for one in fields(definition)}  # type: ignore[arg-type]
    times = {name: from_sql(value) for name, value in values.items() if isinstance(value, dt.datetime)}
    return definition(**values | times)


def in_state(model: Any, state: State) -> sa.ColumnElement[bool]:
    """Whether rows of *model*, with ``enabled``, ``starts_at`` and ``ends_at``, are in *state* now; see `state_of`."""
    now, on = now_in_sql(), model.enabled
    ended = sa.and_(model.ends_at.is_not(None), model.ends_at <= now)
    coming = sa.and_(model.starts_at.is_not(None), model.starts_at > now)
    found: dict[State, sa.ColumnElement[bool]] = {
        "off": sa.not_(on),
        "ended": sa.and_(on, ended),
        "scheduled": sa.and_(on, sa.not_(ended), coming),
        "on": sa.and_(on, sa.not_(ended), sa.not_(coming)),
    }
    return found[state]


def has_words(text: str, search: Any) -> sa.ColumnElement[bool]:
    """Whether each word of *text*, up to ten, stands in the folded column *search*."""
    found: sa.ColumnElement[bool] = sa.and_(
        sa.true(), *(search.contains(word, autoescape=True) for word in folded(text).split()[:10])
    )
    return found


def _values(definition: Any) -> dict[str, Any]:
    return {one.name: getattr(definition, one.name) for one in fields(definition)}
