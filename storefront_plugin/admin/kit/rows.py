"""Rows of a form, moved and taken out on the server: the buttons work without script.

The fields of a row begin with its name, ``<rows>-<place>-``, as those of a `FieldList` do; ``static/admin/kit/rows.js`` does
the same without leaving the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from werkzeug.datastructures import MultiDict

from ...core.typed import whole_number

STEPS: Final = ("up", "down", "remove")

_NAME: Final = re.compile(r"[a-z_]+(-[0-9]{1,4}-[a-z_]+){0,2}")


def cleaned(sent: MultiDict[str, str]) -> MultiDict[str, str]:
    """What was sent under names that a form can have; forged ones, with numbers that are none, are left out."""
    kept: MultiDict[str, str] = MultiDict()
    for name in sent:
        if _NAME.fullmatch(name):
            kept.setlist(name, sent.getlist(name))
    return kept


def places(sent: Iterable[str], rows: str) -> list[int]:
    """The numbers of the *rows* that were sent ("tiers", "tiers-0-components"), in their order."""
    found = {name[len(rows) + 1 :].partition("-")[0] for name in sent if name.startswith(f"{rows}-")}
    return sorted(number for text in found if (number := whole_number(text, 9999)) is not None)


def arranged(sent: MultiDict[str, str], action: str) -> MultiDict[str, str]:
    """What was sent, after the button *action*: ``up-<row>``, ``down-<row>`` or ``remove-<row>``.

    A row is named as its fields begin ("tiers-0-components-2"). Anything else changes nothing.
    """
    step, _separator, row = action.partition("-")
    rows, _separator, place = row.rpartition("-")
    number, order = whole_number(place, 9999), places(sent, rows)
    if step not in STEPS or number not in order:
        return sent
    at = order.index(number)
    if step == "remove":
        del order[at]
    else:
        to = at + (1 if step == "down" else -1)
        if 0 <= to < len(order):
            order[at], order[to] = order[to], order[at]
    return _ordered(sent, rows, order)


def _ordered(sent: MultiDict[str, str], rows: str, order: list[int]) -> MultiDict[str, str]:
    """What was sent with only those *rows*, in this order, numbered from 0."""
    new = {str(old): str(place) for place, old in enumerate(order)}
    changed: MultiDict[str, str] = MultiDict()
    for name in sent:
        if not name.startswith(f"{rows}-"):
            changed.setlist(name, sent.getlist(name))
            continue
        old, _separator, rest = name[len(rows) + 1 :].partition("-")
        if old in new:
            changed.setlist(f"{rows}-{new[old]}-{rest}", sent.getlist(name))
    return changed
