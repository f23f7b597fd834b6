"""What was done, in the log's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ...core.audit import Entry
from ...core.errors import N_
from .i18n import _
from .templates import template_filter

ACTIONS: Final[Mapping[str, str]] = {
    "create": N_("created"),
    "edit": N_("changed"),
    "publish": N_("published"),
    "unpublish": N_("taken back to draft"),
    "archive": N_("archived"),
    "undo": N_("undone"),
    "duplicate": N_("duplicated"),
    "delete": N_("deleted"),
    "enable": N_("switched on"),
    "disable": N_("switched off"),
    "accept": N_("accepted"),
    "reject": N_("rejected"),
    "unreject": N_("proposed again"),
    "reset": N_("set back"),
    "import": N_("imported"),
}


@template_filter
def action_label(entry: Entry) -> str:
    """What was done, in a word or two."""
    return _(ACTIONS.get(entry.action, entry.action))
