"""A list page, declared: what its address filters and sorts by, one page of its rows, what is done to chosen rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeAlias, TypeVar

import sqlalchemy as sa
from flask import Response, request

from ...core.errors import N_
from ...core.typed import whole_number
from ...proxies import current_services
from .changes import flash_change
from .i18n import _
from .pages import AdminBlueprint, change, flash, see_other, show_page, way_back


@dataclass(frozen=True, slots=True)
class Paging:
    """A page of a list: *page* from 1, *size* rows a page, *count* rows in all."""

    page: int
    size: int
    count: int

    @property
    def last(self) -> int:
        return max(1, -(-self.count // self.size))

    @property
    def first_row(self) -> int:
        return min(self.count, (self.page - 1) * self.size + 1)

    @property
    def last_row(self) -> int:
        return min(self.count, self.page * self.size)


def page_number() -> int:
    """The number of the list's page in the address; 1 for anything that is none."""
    given = request.args.get("page", "1")
    return whole_number(given, 10**6 - 1) or 1


Row = TypeVar("Row")
Labels: TypeAlias = Callable[[], Mapping[Any, str]]

MOST_CHOSEN = 500
"""Rows changed together; a page of a list has fewer."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list is filtered by, as *name* in the address; *label* is marked with `N_`.

    The template `kit/list.html` shows each by its *look*. What stands in the address and means nothing is left out.
    """

    look: ClassVar[str]
    name: str
    label: str

    def read(self, text: str) -> str:
        """What *text* in the address means; "" where it filters nothing."""
        return text.replace("\x00", "").strip()[:255]


@dataclass(frozen=True, slots=True)
class Search(Filter):
    """Words, typed; *hint* says of what."""

    look = "search"
    name: str = "q"
    label: str = N_("Search")
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Choice(Filter):
    """One of several values with their labels; *all_label* stands for none of them."""

    look = "choice"
    labels: Labels
    all_label: str = N_("All")

    def read(self, text: str) -> str:
        """*text*, if it is one of the values."""
        return text if text in self.labels() else ""

    def options(self) -> dict[str, str]:
        """All that can be chosen, none of the values first."""
        return {"": _(self.all_label), **self.labels()}


@dataclass(frozen=True, slots=True)
class Tabs(Choice):
    """The same, above the list."""

    look = "tabs"


@dataclass(frozen=True, slots=True)
class Flag(Filter):
    """On or off."""

    look = "flag"

    def read(self, text: str) -> str:
        """Only "yes" means on."""
        return text if text == "yes" else ""


@dataclass(frozen=True, slots=True)
class Value(Filter):
    """One very value, set by a link in a row, shown as a chip that takes it away."""

    look = "value"


@dataclass(frozen=True, slots=True)
class Query:
    """What the address asks for: *values* of the filters by name, an order, and a page from 1 with *size* rows."""

    values: Mapping[str, str]
    sort: str = ""
    descending: bool = True
    page: int = 1
    size: int = 50

    def __getitem__(self, name: str) -> Any:
        """The value of a filter; None where it filters nothing."""
        return self.values.get(name) or None

    @property
    def text(self) -> str:
        """The words that are searched for."""
        return self.values.get("q", "")

    @property
    def is_filtered(self) -> bool:
        return any(self.values.values())


@dataclass(frozen=True, slots=True)
class Action:
    """A button for the chosen rows.

    Attributes:
        name: Its value in the form.
        label: On the button, marked with `N_`.
        run: Changes the rows of these keys and answers with the entries of the log, for undo; None where it has said
            itself what it did.
        done: What is said then of how many rows.
        look: Class of the button.
        hint: What is said when one points at it, marked with `N_`.
    """

    name: str
    label: str
    run: Callable[[Sequence[str]], Sequence[int] | None]
    done: Callable[[int], str] = str
    look: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage(Generic[Row]):
    """A list page.

    Attributes:
        endpoint: Its name; that of its bulk actions is ``<endpoint>_change``, at ``<path>/change``.
        path: Its address below the admin's.
        section: Its label in the navigation, marked with `N_`; "" for a list that is not there.
        template: It extends ``kit/list.html`` and fills in the columns.
        rows: One page of rows for a query, and how many there are; `page_of` does it for a plain SELECT.
        filters: In their order.
        sorts: Names to sort by; the first is usual, descending.
        actions: What is done to chosen rows, taken back at *undo* (an endpoint that takes ``entries``).
        context: What the template needs beside.
        key: Names a row in the form of the actions.
    """

    endpoint: str
    path: str
    section: str = ""
    template: str
    rows: Callable[[Query], tuple[Sequence[Row], int]]
    filters: Sequence[Filter] = ()
    sorts: Sequence[str] = ()
    actions: Sequence[Action] = ()
    undo: str = ""
    context: Callable[[Query, Sequence[Row]], Mapping[str, Any]] = field(default=lambda query, rows: {})
    key: Callable[[Any], object] = lambda row: row.id
    size: int = 50

    def register(self, blueprint: AdminBlueprint) -> None:
        """Add the page and its actions to the admin."""
        if self.section:
            blueprint.sections[self.endpoint] = self.section
        blueprint.add_url_rule(self.path, self.endpoint, self.show)
        if self.actions:
            blueprint.add_url_rule(f"{self.path}/change", f"{self.endpoint}_change", change(self.act), methods=["POST"])

    def show(self) -> Response:
        """The page as its address asks for it."""
        query = self.query()
        rows, count = self.rows(query)
        return show_page(
            self.template,
            list=self,
            query=query,
            rows=rows,
            paging=Paging(query.page, query.size, count),
            **self.context(query, rows),
        )

    def query(self) -> Query:
        """What the address asks for; what it has wrong is left out."""
        given = request.args
        values = {one.name: one.read(given.get(one.name, "")) for one in self.filters}
        sort = given.get("sort", "")
        sort = sort if sort in self.sorts else next(iter(self.sorts), "")
        return Query(values, sort, given.get("order", "down") != "up", page_number(), self.size)

    def act(self) -> Response:
        """``POST <path>/change``: ``act`` on the chosen ``rows``; leads back to where it was pressed."""
        action = next((one for one in self.actions if one.name == request.form.get("act")), None)
        keys = request.form.getlist("rows")[:MOST_CHOSEN]
        if action is None or not keys:
            flash(_("Select one or more rows first."), "warning")
            return see_other(way_back(self.endpoint))
        entries = action.run(keys)
        if entries:
            flash_change(action.done(len(entries)), entries, self.undo, self.endpoint)
        elif entries is not None:
            flash(_("Nothing was changed."))
        return see_other(way_back(self.endpoint))


def page_of(
    query: Query, select: sa.Select[Any], sorts: Mapping[str, Sequence[Any]], key: Any
) -> tuple[list[Any], int]:
    """One page of what *select* selects, in the order that *query* asks for, and how many there are.

    *sorts* are the columns by the names of `ListPage.sorts`; *key* makes the order total, so that no row is on two pages.
    """
    columns = [*sorts.get(query.sort, ()), key]
    order = [column.desc() if query.descending else column.asc() for column in columns]
    rows, count = current_services.database.page(select, order, query.page, query.size)
    return [row[0] for row in rows], count
