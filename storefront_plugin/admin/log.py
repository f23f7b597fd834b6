"""Who changed what: the activity log as a list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..core.errors import N_
from ..core.sql import audit
from ..proxies import current_services
from .bundles.list import BUNDLE_LABELS, PROPOSAL_LABELS
from .kit.i18n import _
from .kit.lists import ListPage, Query, Tabs, Value
from .kit.log_labels import LogLabels, LogLine, action_label, editor_labels
from .rules.editor import EDITOR as RULE_EDITOR
from .slots.labels import PLACEMENT_LABELS
from .tuning.labels import TUNING_LABELS

LABELS: tuple[LogLabels, ...] = (
    BUNDLE_LABELS,
    PROPOSAL_LABELS,
    PLACEMENT_LABELS,
    editor_labels(RULE_EDITOR),
    TUNING_LABELS,
)
"""The nouns that are written down."""


class Line(NamedTuple):
    """An entry with what its subject is called, what was done, and the page of its subject, where it has one.

    *changes* say what is different since, and *history* is the address that shows it.
    """

    entry: audit.Entry
    title: str
    action: str
    address: str | None
    changes: tuple[str, ...] = ()
    history: str | None = None


def lines_of(entries: Sequence[audit.Entry]) -> list[Line]:
    """*entries* as merchants read them; those of a noun are looked up at once. Raises `DatabaseUnavailable`."""
    found: dict[int, LogLine] = {}
    for noun in LABELS:
        own = [one for one in entries if one.subject == noun.subject]
        found |= dict(zip((one.id for one in own), noun.lines(own) if own else (), strict=True))
    return [_line(one, found.get(one.id) or LogLine(one.title or one.subject_id)) for one in entries]


def _line(entry: audit.Entry, line: LogLine) -> Line:
    return Line(entry, line.title, action_label(entry), line.address, line.changes, line.history)


def subjects() -> dict[audit.Subject, str]:
    """Labels of the kinds of things that change."""
    return {noun.subject: _(noun.label) for noun in LABELS}


def plurals() -> dict[audit.Subject, str]:
    """The same, each for all of its kind."""
    return {noun.subject: _(noun.plural) for noun in LABELS}


def _rows(query: Query) -> tuple[Sequence[Line], int]:
    database, subject, by = current_services.database, query["subject"], query["by"]
    rows, count = audit.entries(database, subject, by=by, page=query.page, size=query.size)
    return lines_of(rows), count


LIST = ListPage(
    endpoint="audit_log",
    path="/log",
    section=N_("Activity log"),
    template="log.html",
    rows=_rows,
    filters=(Tabs("subject", N_("Item"), plurals), Value("by", N_("Staff member"))),
    context=lambda query, rows: {"subjects": subjects()},
)
