"""How entries of the activity log read: each noun says it of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from ...core.errors import N_, AdapterError
from ...core.sql.audit import Entry, Subject
from .changes import differences
from .editors import Editor
from .i18n import _
from .pages import link
from .templates import template_filter

ACTIONS: Final[Mapping[str, str]] = {
    "create": N_("created"),
    "edit": N_("changed"),
    "publish": N_("published"),
    "unpublish": N_("unpublished"),
    "archive": N_("archived"),
    "undo": N_("undone"),
    "duplicate": N_("duplicated"),
    "delete": N_("deleted"),
    "enable": N_("activated"),
    "disable": N_("deactivated"),
    "accept": N_("made into a bundle"),
    "reject": N_("dismissed"),
    "unreject": N_("moved back to review"),
    "reset": N_("restored to default"),
    "import": N_("imported"),
}


@template_filter
def action_label(entry: Entry) -> str:
    """What was done, in a word or two."""
    return _(ACTIONS.get(entry.action, entry.action))


class LogLine(NamedTuple):
    """What an entry is about.

    Attributes:
        title: What it is called; as it was called then, where that is not known any more.
        address: Its page, where it has one.
        changes: What is different since, a sentence each.
        history: The address that shows what changed, where a page does.
    """

    title: str
    address: str | None = None
    changes: tuple[str, ...] = ()
    history: str | None = None


@dataclass(frozen=True, slots=True)
class LogLabels:
    """A noun of the log.

    Attributes:
        subject: Its name in the log.
        label, plural: What one and several are called, marked with `N_`.
        lines: What entries of this subject are about; looks up all at once. Raises `DatabaseUnavailable`.
    """

    subject: Subject
    label: str
    plural: str
    lines: Callable[[Sequence[Entry]], Sequence[LogLine]]


def editor_labels(editor: Editor[Any]) -> LogLabels:
    """The labels of what an *editor* edits."""
    return LogLabels(editor.name, editor.label, editor.plural, lambda entries: _editor_lines(editor, entries))


def _editor_lines(editor: Editor[Any], entries: Sequence[Entry]) -> list[LogLine]:
    standing = editor.store().find([int(one.subject_id) for one in entries])
    definitions = editor.definitions(entries)
    try:
        editor.look_up(one for pair in definitions.values() for one in pair if one is not None)
        is_named = True
    except AdapterError:  # the log is there without the shop's catalogue, with the titles of then
        is_named = False
    return [
        _editor_line(editor, one, definitions[one.id], int(one.subject_id) in standing, is_named) for one in entries
    ]


def _editor_line(editor: Editor[Any], entry: Entry, pair: tuple[Any, Any], stands: bool, is_named: bool) -> LogLine:
    (before, after), key, changed = pair, int(entry.subject_id), entry.action in ("edit", "undo")
    definition, title = before if after is None else after, entry.title or entry.subject_id
    return LogLine(
        title if definition is None else editor.title_of(definition, title),
        link(f"{editor.name}_edit", key=key) if stands else None,
        _changes(editor, before, after) if changed and is_named and before is not None and after is not None else (),
        link(f"{editor.name}_history", key=key) if stands and changed else None,
    )


def _changes(editor: Editor[Any], before: Any, after: Any) -> tuple[str, ...]:
    return tuple(
        _("%(field)s: %(old)s → %(new)s", field=field, old=old or "–", new=new or "–")
        for field, old, new in differences(editor.describe(before), editor.describe(after))
    )
