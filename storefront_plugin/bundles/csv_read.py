"""Reading the bundles' spreadsheet: bundles with what is wrong with them, by line; knows no database."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final
from zoneinfo import ZoneInfo

from ..errors import InputError, _mark
from .csv_cells import read_text, read_whole
from .csv_names import column_name, separator_of
from .csv_rows import Row, RowError, RowReader
from .csv_sheet import AMOUNT, FREE_TEXT, NEEDED, Sheet
from .definition import Definition

MAX_BYTES: Final = 32 * 2**20
MAX_BUNDLES: Final = 20_000
MOST_TOLD: Final = 10
"""Things that are told of one bundle; who mends these sees the next ones."""


@dataclass(slots=True)
class Written:
    """A bundle of the file, from *line* on. *definition* is None where *wrong* says why it cannot be one, by line."""

    line: int
    title: str = ""
    bundle_id: int | None = None
    version: int | None = None
    state: str = ""
    definition: Definition | None = None
    wrong: list[RowError] = field(default_factory=list)


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


def read_csv(data: bytes, timezone: str = "UTC") -> list[Written]:
    """The bundles of a file, in its order; raises `InputError` where the file as a whole cannot be used."""
    if len(data) > MAX_BYTES:
        message = _mark("The file is larger than %(most)s MiB; split it and import the parts one by one.")
        raise InputError(message, most=MAX_BYTES // 2**20)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        message = _mark("The file is not in UTF-8; save it as “CSV UTF-8” in your spreadsheet program.")
        raise InputError(message) from None
    file = _gathered(text, ZoneInfo(timezone))
    if len(file.groups) > MAX_BUNDLES:
        message = _mark("The file has more than %(most)s bundles; split it and import the parts one by one.")
        raise InputError(message, most=f"{MAX_BUNDLES:,}")
    seen: dict[int, int] = {}
    written = [_checked(_written(group, file), seen) for group in file.groups]
    return sorted([*written, *_lost(file)], key=lambda one: one.line)


def _gathered(text: str, zone: ZoneInfo) -> _File:
    if "\x00" in text:
        message = _mark("Line %(line)s has a NUL character; save the file as “CSV UTF-8” in your spreadsheet program.")
        raise InputError(message, line=text.count("\n", 0, text.index("\x00")) + 1)
    separator, is_named = separator_of(text)
    lines = _lines(text, separator)
    if is_named:
        next(lines)
    columns = [column_name(name) for name in next(lines, (1, [""]))[1]]
    file = _File(_sheet_of(columns, zone, separator != ","))
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
            message = _mark("Line %(line)s cannot be read (%(error)s); look for a quotation mark without end.")
            if "limit" in str(error):
                message = _mark(
                    "Line %(line)s has a cell of more than %(most)s characters; shorten it, or look for a quotation mark "
                    "without end."
                )
            raise InputError(message, line=line, error=error, most=f"{csv.field_size_limit():,}") from None
        if cells is None:
            return
        yield line, cells


def _sheet_of(names: Sequence[str], zone: ZoneInfo, comma: bool) -> Sheet:
    named = [name for name in names if name]
    twice = next((name for at, name in enumerate(named) if name in named[:at]), None)
    if twice is not None:
        raise InputError(_mark("The column %(name)s stands in the file twice; remove one."), name=f"{twice!r:.60}")
    languages = dict.fromkeys(name.partition("_")[2] for name in named if name.startswith("title_"))
    currencies = [name.removeprefix(AMOUNT) for name in named if name.startswith(AMOUNT)]
    sheet = Sheet(tuple(language for language in languages if language), currencies, zone, comma)
    missing = [name for name in NEEDED if name not in named] or ([] if sheet.languages else ["title_en"])
    if missing:
        message = _mark(
            "The file lacks the column %(name)s; its first row must name the columns as an exported file does."
        )
        raise InputError(message, name=missing[0])
    unknown = next((name for name in named if name not in sheet.columns), None)
    if unknown is not None:
        message = _mark("There is no column %(name)s; correct its name, or remove the column.")
        raise InputError(message, name=f"{unknown!r:.60}")
    return sheet


def _add(file: _File, line: int, columns: Sequence[str], values: Sequence[str]) -> None:
    cells = dict(zip(columns, [*values, *[""] * (len(columns) - len(values))], strict=False))
    name = cells.get("id", "").strip()
    if cells["kind"].strip():
        file.groups.append(_Group([]))
    elif not file.groups:
        message = _mark("The row belongs to no bundle; write a kind into its first row.")
        file.groups.append(_Group([], [RowError(line, message)]))
    elif name and name != file.groups[-1].rows[0][1].get("id", "").strip():
        file.strays.setdefault(name, line)
        return
    group = file.groups[-1]
    group.rows.append((line, cells))
    beyond = [cell for name, cell in zip([*columns, *[""] * len(values)], values, strict=False) if not name]
    if any(cell.strip() for cell in beyond):
        message = _mark("The row has cells outside of the named columns; remove them or quote the commas.")
        group.wrong.append(RowError(line, message))
    for column in columns:
        if "\n" in cells.get(column, "").strip() and not column.startswith(FREE_TEXT):
            message = _mark("The %(column)s goes over several lines; look for a quotation mark without end.")
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
        message = _mark("This row of bundle %(id)s stands apart from its others; put it below.")
        reader.refuse(stray, message, id=number)
    definition = None if group.wrong else reader.definition(group.rows)
    wrong = sorted(reader.wrong, key=lambda error: error.line)[:MOST_TOLD]
    state = first.get("state", "").strip().lower()
    return Written(line, title, number, version, state, None if wrong else definition, wrong)


def _lost(file: _File) -> list[Written]:
    """Rows of bundles that the file has no first row of; they are told, lest they are missed."""
    message = _mark(
        "The row is of bundle %(id)s, which does not begin in this file; put it below its bundle or remove it."
    )
    return [Written(line, wrong=[RowError(line, message, id=f"{name:.20}")]) for name, line in file.strays.items()]


def _checked(written: Written, seen: dict[int, int]) -> Written:
    """Refuse a bundle that stands in the file for the second time."""
    if written.bundle_id is not None and seen.setdefault(written.bundle_id, written.line) != written.line:
        written.definition = None
        message = _mark(
            "Bundle %(id)s stands in the file before, from line %(first)s; remove one, or empty its id for a new one."
        )
        written.wrong.append(RowError(written.line, message, id=written.bundle_id, first=seen[written.bundle_id]))
    return written
