"""What is wrong with something a merchant made: field by field, so that a form or a spreadsheet can say it in place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

from .errors import InputError

Path: TypeAlias = "tuple[str | int, ...]"
"""Where a field stands, from the outside in: ``("tiers", 0, "components", 1, "quantity")``; () is the whole."""


class Problem(NamedTuple):
    """What is wrong with the field at *path*; *message* names the remedy, is marked with `N_` and filled with *values*."""

    path: Path
    message: str
    values: dict[str, object]


def refuse(problems: Iterable[Problem]) -> None:
    """Raise `InputError` with the first of *problems*, if there is one."""
    for problem in problems:
        raise InputError(problem.message, **problem.values)
