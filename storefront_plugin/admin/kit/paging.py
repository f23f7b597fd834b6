"""The pages of a list."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request

from ...core.typed import whole_number


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
