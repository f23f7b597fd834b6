"""Reading the bundles' spreadsheet: bundles with what is wrong with them, by line; knows no database."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final
from zoneinfo import ZoneInfo

from ..errors import InputError
from .csv_cells import read_text, read_whole
from .csv_rows import Row, RowError, cell_of, definition_of
from .csv_sheet import AMOUNT, NEEDED, Sheet
from .definition import Definition

MAX_BYTES: Final = 32 * 2**20
MAX_BUNDLES: Final = 20_000


@dataclass(slots=True)
class Written:
    """A bundle of the file. *definition* is None where *sentence* says what is wrong, in *line*."""

    line: int
    title: str = ""
    bundle_id: int | None = None
    version: int | None = None
    state: str = ""
    definition: Definition | None = None
    sentence: str = ""


@dataclass(slots=True)
class _Group:
    """The rows of a bundle; *error* is met while they are gathered."""

    rows: list[Row]
    error: RowError | None = None


@dataclass(slots=True)
class _File:
    sheet: Sheet
    groups: list[_Group] = field(default_factory=list)
    strays: dict[str, int] = field(default_factory=dict)


def read_csv(data: bytes, timezone: str = "UTC") -> list[Written]:
    """The bundles of a file, in its order; raises `InputError` where the file as a whole cannot be used."""
    if len(data) > MAX_BYTES:
        raise InputError(f"The file is larger than {MAX_BYTES // 2**20} MiB; split it and import the parts one by one.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError("The file is not in UTF-8; save it as “CSV UTF-8” in your spreadsheet program.") from None
    file = _gathered(text, ZoneInfo(timezone))
    if len(file.groups) > MAX_BUNDLES:
        raise InputError(f"The file has more than {MAX_BUNDLES:,} bundles; split it and import the parts one by one.")
    seen: dict[int, int] = {}
    return [_checked(_written(group, file), seen) for group in file.groups]


def _gathered(text: str, zone: ZoneInfo) -> _File:
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    lines = _lines(text, separator)
    names = next(lines, (1, [""]))[1]
    file = _File(_sheet_of([name.strip() for name in names], zone, separator != ","))
    columns = [name.strip() for name in names]
    for line, cells in lines:
        if any(cell.strip() for cell in cells):
            _add(file, line, columns, cells)
    return file


def _lines(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line in which it begins."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise InputError(f"Line {line} cannot be read ({error}); look for a quotation mark without end.") from None
        if cells is None:
            return
        yield line, cells


def _sheet_of(names: Sequence[str], zone: ZoneInfo, comma: bool) -> Sheet:
    named = [name for name in names if name]
    twice = next((name for at, name in enumerate(named) if name in named[:at]), None)
    if twice is not None:
        raise InputError(f"The column {twice!r:.60} stands in the file twice; remove one.")
    languages = dict.fromkeys(name.partition("_")[2] for name in named if name.startswith("title_"))
    currencies = [name.removeprefix(AMOUNT) for name in named if name.startswith(AMOUNT)]
    sheet = Sheet(tuple(language for language in languages if language), currencies, zone, comma)
    missing = [name for name in NEEDED if name not in named] or ([] if sheet.languages else ["title_en"])
    if missing:
        raise InputError(
            f"The file lacks the column {missing[0]}; its first row must name the columns as an exported file does."
        )
    unknown = next((name for name in named if name not in sheet.columns), None)
    if unknown is not None:
        raise InputError(f"There is no column {unknown!r:.60}; correct its name, or remove the column.")
    return sheet


def _add(file: _File, line: int, columns: Sequence[str], values: Sequence[str]) -> None:
    cells = dict(zip(columns, [*values, *[""] * (len(columns) - len(values))], strict=False))
    name = cells.get("id", "").strip()
    if cells["kind"].strip():
        file.groups.append(_Group([]))
    elif not file.groups:
        file.groups.append(_Group([], RowError(line, "The row belongs to no bundle; write a kind into its first row.")))
    elif name and name != file.groups[-1].rows[0][1].get("id", "").strip():
        file.strays.setdefault(name, line)
        return
    group = file.groups[-1]
    group.rows.append((line, cells))
    beyond = [cell for name, cell in zip([*columns, *[""] * len(values)], values, strict=False) if not name]
    if any(cell.strip() for cell in beyond) and group.error is None:
        group.error = RowError(line, "The row has cells outside of the named columns; remove them or quote the commas.")


def _written(group: _Group, file: _File) -> Written:
    line, first = group.rows[0]
    titles = (read_text(first.get(f"title_{language}", "")) for language in file.sheet.languages)
    written = Written(
        line, next((title for title in titles if title.strip()), ""), state=first.get("state", "").strip()
    )
    try:
        if group.error is not None:
            raise group.error
        written.bundle_id = cell_of(line, read_whole, first.get("id", ""), "id")
        written.version = cell_of(line, read_whole, first.get("version", ""), "version")
        stray = file.strays.get(first.get("id", "").strip() or "-")
        if stray is not None:
            raise RowError(stray, f"This row of bundle {written.bundle_id} stands apart from its others; put it below.")
        written.definition = definition_of(group.rows, file.sheet)
    except RowError as error:
        written.line, written.sentence = error.line, str(error)
    return written


def _checked(written: Written, seen: dict[int, int]) -> Written:
    """Refuse a bundle that stands in the file for the second time."""
    if written.bundle_id is not None and seen.setdefault(written.bundle_id, written.line) != written.line:
        written.definition = None
        written.sentence = written.sentence or (
            f"Bundle {written.bundle_id} stands in the file before, from line {seen[written.bundle_id]}; remove one, or "
            "empty its id for a new one."
        )
    return written
