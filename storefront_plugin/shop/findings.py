"""Findings about a shop's adapters, and what all inspections share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from .complaints import Complaints, Problem

MOST = 20_000
"""Products and orders that are looked at; what is odd shows long before."""

Level: TypeAlias = Literal["ok", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence about an adapter, and how bad it is."""

    level: Level
    text: str


def tried(what: str, look: Callable[[], Iterable[Finding]]) -> list[Finding]:
    """The findings of *look*; the shop's own exception is one more."""
    findings: list[Finding] = []
    try:
        findings.extend(look())
    except Exception as error:
        first, _, _ = str(error).strip().partition("\n")  # SQLAlchemy adds the whole statement
        findings.append(Finding("error", f"{what} raised {type(error).__name__}: {first[:300]}"))
    return findings


def problem_findings(what: str, problems: Mapping[Problem, int]) -> Iterator[Finding]:
    """A sentence for each problem that cleaning met."""
    for problem, times in problems.items():
        how_often = "once" if times == 1 else f"{times} times"
        yield Finding(
            "warning", f"Among the {what}, {problem.field} is {problem.kind} ({how_often}): {problem.remedy}."
        )


def problem_counts(adapter: Any) -> Counter[Problem]:
    """How often an adapter of ours has met each problem so far."""
    complaints = getattr(adapter, "complaints", None)
    return Counter(complaints.counts) if isinstance(complaints, Complaints) else Counter()


def number(things: int | Collection[Any], noun: str) -> str:
    """ "3 orders", "1 order"."""
    count = things if isinstance(things, int) else len(things)
    return f"{count} {noun}{'' if count == 1 else 's'}"
