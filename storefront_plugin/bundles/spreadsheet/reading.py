"""Reading the bundles' spreadsheet: bundles with what is wrong with them, by line; knows no database."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from zoneinfo import ZoneInfo

from ...core.errors import N_, InputError
from ..definition import Definition
from ..price_kinds import NO_STEPS
from .cells import read_text, read_whole
from .columns import AMOUNT, FREE_TEXT, NEEDED, Sheet, column_name, separator_of
from .row_reader import Row, RowError, RowReader

MAX_BYTES: Final = 32 * 2**20
MAX_BUNDLES: Final = 20_000
MAX_COLUMNS: Final = 1_000
MOST_TOLD: Final = 10
"""Most problems reported of one bundle; whoever corrects these sees the next ones."""


@dataclass(slots=True)
class Written:
    """A bundle of the file, from *line* on. *definition* is None where *wrong* says why it cannot be one, by line.

    *titles* are those that the file has beside product ids.
    """

    line: int
    title: str = ""
    bundle_id: int | None = None
    version: int | None = None
    state: str = ""
    definition: Definition | None = None
    wrong: list[RowError] = field(default_factory=list)
    titles: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Group:
    """The rows of a bundle, and what is wrong with them as they are gathered."""

    rows: list[Row]
    wrong: list[RowError] = field(default_factory=list)


@dataclass(slots=True)
class _File:
    """*strays* are the first lines of rows that stand apart from the bundle whose id they have."""

    sheet: Sheet
    groups: list[_Group] = field(default_factory=list)
    strays: dict[str, int] = field(default_factory=dict)


def read_csv(data: bytes, timezone: str = "UTC", steps: Mapping[str, int] = NO_STEPS) -> list[Written]:
    """The bundles of a file, in its order; raises `InputError` where the file as a whole cannot be used.

    Amounts off the shop's price *steps* (minor units by currency) are refused.
    """
    if len(data) > MAX_BYTES:
        message = N_("The file is larger than %(most)s MiB; split it and import the parts separately.")
        raise InputError(message, most=MAX_BYTES // 2**20)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        message = N_("The file isn't in UTF-8; save it as “CSV UTF-8” in your spreadsheet program.")
        raise InputError(message) from None
    file = _gathered(text, ZoneInfo(timezone), steps)
    if len(file.groups) > MAX_BUNDLES:
        message = N_("The file has more than %(most)s bundles; split it and import the parts separately.")
        raise InputError(message, most=f"{MAX_BUNDLES:,}")
    seen: dict[int, int] = {}
    written = [_checked(_written(group, file), seen) for group in file.groups]
    return sorted([*written, *_lost(file)], key=lambda one: one.line)


def _gathered(text: str, zone: ZoneInfo, steps: Mapping[str, int]) -> _File:
    if "\x00" in text:
        message = N_("Line %(line)s has a NUL character; save the file as “CSV UTF-8” in your spreadsheet program.")
        raise InputError(message, line=text.count("\n", 0, text.index("\x00")) + 1)
    separator, is_named = separator_of(text)
    lines = _lines(text, separator)
    if is_named:
        next(lines)
    columns = [column_name(name) for name in next(lines, (1, [""]))[1]]
    file = _File(replace(_sheet_of(columns, zone, separator != ","), steps=steps))
    for line, cells in lines:
        if any(cell.strip() for cell in cells):
            _add(file, line, columns, cells)
    return file


def _lines(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line in which it begins."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            message = N_("Line %(line)s can't be read (%(error)s); look for an unclosed quotation mark.")
            if "limit" in str(error):
                message = N_(
                    "Line %(line)s has a cell with more than %(most)s characters; shorten it or look for an unclosed "
                    "quotation mark."
                )
            raise InputError(message, line=line, error=error, most=f"{csv.field_size_limit():,}") from None
        if cells is None:
            return
        yield line, cells


def _sheet_of(names: Sequence[str], zone: ZoneInfo, comma: bool) -> Sheet:
    named = [name for name in names if name]
    if len(names) > MAX_COLUMNS:
        message = N_("The file has %(count)s columns, more than %(most)s; remove those that aren't needed.")
        raise InputError(message, count=f"{len(names):,}", most=f"{MAX_COLUMNS:,}")
    twice = next((name for name, times in Counter(named).items() if times > 1), None)
    if twice is not None:
        raise InputError(N_("The column %(name)s appears twice; remove one."), name=f"{twice!r:.60}")
    languages = dict.fromkeys(name.partition("_")[2] for name in named if name.startswith("title_"))
    currencies = [name.removeprefix(AMOUNT) for name in named if name.startswith(AMOUNT)]
    sheet = Sheet(tuple(language for language in languages if language), currencies, zone, comma)
    missing = [name for name in NEEDED if name not in named] or ([] if sheet.languages else ["title_en"])
    if missing:
        message = N_("The column %(name)s is missing; the first row must name the columns as in an exported file.")
        raise InputError(message, name=missing[0])
    columns = frozenset(sheet.columns)
    unknown = next((name for name in named if name not in columns), None)
    if unknown is not None:
        message = N_("Unknown column %(name)s; correct its name or remove it.")
        raise InputError(message, name=f"{unknown!r:.60}")
    return sheet


def _add(file: _File, line: int, columns: Sequence[str], values: Sequence[str]) -> None:
    cells = dict(zip(columns, [*values, *[""] * (len(columns) - len(values))], strict=False))
    name = cells.get("id", "").strip()
    if cells["kind"].strip():
        file.groups.append(_Group([]))
    elif not file.groups:
        message = N_("The row doesn't belong to a bundle; enter a kind in the bundle's first row.")
        file.groups.append(_Group([], [RowError(line, message)]))
    elif name and name != file.groups[-1].rows[0][1].get("id", "").strip():
        file.strays.setdefault(name, line)
        return
    group = file.groups[-1]
    group.rows.append((line, cells))
    beyond = [cell for name, cell in zip([*columns, *[""] * len(values)], values, strict=False) if not name]
    if any(cell.strip() for cell in beyond):
        message = N_("The row has cells beyond the named columns; remove them or quote cells containing commas.")
        group.wrong.append(RowError(line, message))
    for column in columns:
        if "\n" in cells.get(column, "").strip() and not column.startswith(FREE_TEXT):
            message = N_("A cell in %(column)s spans several lines; look for an unclosed quotation mark.")
            group.wrong.append(RowError(line, message, column=column))


def _written(group: _Group, file: _File) -> Written:
    """A bundle with all that is wrong with it; rows that were gathered wrongly are not read further."""
    line, first = group.rows[0]
    titles = (read_text(first.get(f"title_{language}", "")) for language in file.sheet.languages)
    title = next((title for title in titles if title.strip()), "")
    reader = RowReader(file.sheet)
    reader.wrong.extend(group.wrong)
    number, version = (reader.cell(group.rows[0], read_whole, column) for column in ("id", "version"))
    stray = file.strays.pop(first.get("id", "").strip() or "-", None)
    if stray is not None:
        message = N_("This row of bundle %(id)s is separate from its other rows; move it below them.")
        reader.refuse(stray, message, id=number)
    definition = None if group.wrong else reader.definition(group.rows)
    wrong = sorted(reader.wrong, key=lambda error: error.line)[:MOST_TOLD]
    state = first.get("state", "").strip().lower()
    beside = {
        read_text(cells["product_id"]).strip(): read_text(cells.get("product_title", "")).strip()
        for _, cells in group.rows
    }
    return Written(line, title, number, version, state, None if wrong else definition, wrong, beside)


def _lost(file: _File) -> list[Written]:
    """Rows of bundles that the file has no first row of; they are reported, lest they are missed."""
    message = N_(
        "The row belongs to bundle %(id)s, whose first row isn't in this file; move it below its bundle or remove it."
    )
    return [Written(line, wrong=[RowError(line, message, id=f"{name:.20}")]) for name, line in file.strays.items()]


def _checked(written: Written, seen: dict[int, int]) -> Written:
    """Refuse a bundle that stands in the file for the second time."""
    if written.bundle_id is not None and seen.setdefault(written.bundle_id, written.line) != written.line:
        written.definition = None
        message = N_(
            "Bundle %(id)s is already in the file, from line %(first)s; remove one, or clear its id to create a new "
            "one."
        )
        written.wrong.append(RowError(written.line, message, id=written.bundle_id, first=seen[written.bundle_id]))
    return written
