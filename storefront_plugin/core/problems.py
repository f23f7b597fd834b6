"""What is wrong with something a merchant made: field by field, so that a form or a spreadsheet can say it in place."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, TypeAlias

from .errors import N_, InputError

Path: TypeAlias = "tuple[str | int, ...]"
"""Where a field stands, from the outside in: ``("tiers", 0, "components", 1, "quantity")``; () is the whole."""


class Problem(NamedTuple):
    """What is wrong with the field at *path*; *message* names the remedy, is marked with `N_` and filled with *values*."""

    path: Path
    message: str
    values: Mapping[str, object]

    @property
    def text(self) -> str:
        """The sentence, in English."""
        return self.message % self.values if self.values else self.message

    def below(self, *path: str | int) -> Problem:
        """The same problem, seen from outside: its field stands below *path*."""
        return self._replace(path=(*path, *self.path))


class Invalid(InputError):
    """A value that has *problems*, one or more; the first is the message."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.problems[0].message, **self.problems[0].values)

    def __reduce__(self) -> tuple[type[Invalid], tuple[tuple[Problem, ...]]]:
        return type(self), (self.problems,)


def period_problems(starts_at: dt.datetime | None, ends_at: dt.datetime | None) -> Iterator[Problem]:
    """What is wrong with the fields ``starts_at`` and ``ends_at``; None is open."""
    for field, moment in (("starts_at", starts_at), ("ends_at", ends_at)):
        if moment is not None and moment.tzinfo is None:
            yield Problem((field,), N_("The time needs a time zone."), {})
            return
    if starts_at is not None and ends_at is not None and ends_at <= starts_at:
        yield Problem(("ends_at",), N_("The end must be after the start."), {})


def refuse(problems: Iterable[Problem]) -> None:
    """Raise `Invalid` with all *problems*, if there are any."""
    found = tuple(problems)
    if found:
        raise Invalid(found)
