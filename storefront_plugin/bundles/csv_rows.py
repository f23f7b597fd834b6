"""The rows of one bundle of the spreadsheet, read into its definition; what is wrong is told by line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from ..errors import InputError
from .csv_cells import read_amount, read_flag, read_moment, read_number, read_text, read_variants, read_whole
from .csv_sheet import AMOUNT, WORDS, Sheet
from .definition import Component, Definition, Schedule, Tier, Words
from .price import Price

Cells: TypeAlias = Mapping[str, str]
Row: TypeAlias = "tuple[int, Cells]"
"""The line of a row and its cells by column."""


class RowError(InputError):
    """What is wrong in one *line* of the file."""

    def __init__(self, line: int, sentence: object) -> None:
        super().__init__(str(sentence))
        self.line = line


def definition_of(rows: Sequence[Row], sheet: Sheet) -> Definition:
    """The bundle that *rows* describe; raises `RowError`."""
    line, cells = rows[0]
    _check_same(rows, sheet.of_bundle)
    tiers = tuple(_tier(part, sheet) for part in _tiers(rows))

    def read(reader: Any, column: str, *more: Any) -> Any:
        return cell_of(line, reader, cells.get(column, ""), column, *more)

    try:
        return Definition(
            kind=cells["kind"].strip().lower(),  # type: ignore[arg-type]
            tiers=tiers,
            words=_words(cells, sheet),
            schedule=Schedule(read(read_moment, "starts", sheet.zone), read(read_moment, "ends", sheet.zone)),
            limit_per_order=read(read_whole, "limit_per_order"),
            limit_in_all=read(read_whole, "limit_in_all"),
            segment=read_text(cells.get("segment", "")) or None,
            staff_only=read(read_flag, "staff_only"),
            stacking=cells.get("stacking", "").strip().lower() or "best",  # type: ignore[arg-type]
        )
    except RowError:
        raise
    except InputError as error:
        raise RowError(line, error) from error


def _words(cells: Cells, sheet: Sheet) -> dict[str, Words]:
    found = {}
    for language in sheet.languages:
        title, benefit, picture = (read_text(cells.get(f"{name}_{language}", "")) for name in WORDS)
        if title or benefit or picture:
            found[language] = Words(title, benefit, picture or None)
    return found


def _tiers(rows: Sequence[Row]) -> list[list[Row]]:
    """The rows of each tier; an empty cell is the same tier as above."""
    tiers: list[list[Row]] = [[]]
    for line, cells in rows:
        number = cell_of(line, read_whole, cells.get("tier", ""), "tier")
        if number is not None and number == len(tiers) + 1 and tiers[-1]:
            tiers.append([])
        elif number not in (None, len(tiers)):
            raise RowError(
                line, f"Tier {number} does not follow on tier {len(tiers)}; number them 1, 2 … in their order."
            )
        tiers[-1].append((line, cells))
    return tiers


def _tier(rows: Sequence[Row], sheet: Sheet) -> Tier:
    line, cells = rows[0]
    _check_same(rows, sheet.of_tier)
    components = tuple(_component(*row) for row in rows)

    def read(reader: Any, column: str, *more: Any) -> Any:
        return cell_of(line, reader, cells.get(column, ""), column, *more)

    amounts = {one: read(read_amount, f"{AMOUNT}{one}", one, sheet.comma) for one in sheet.currencies}
    kind: Any = cells["price_kind"].strip().lower()
    try:
        price = Price(
            kind,
            read(read_number, "percent", sheet.comma),
            {currency: minor for currency, minor in amounts.items() if minor is not None},
            _or(read(read_whole, "free_pieces"), 1),
        )
        return Tier(components, price, _or(read(read_whole, "least"), 0), _or(read(read_whole, "most"), 0))
    except RowError:
        raise
    except InputError as error:
        raise RowError(line, error) from error


def _component(line: int, cells: Cells) -> Component:
    def read(reader: Any, column: str) -> Any:
        return cell_of(line, reader, cells.get(column, ""), column)

    product_id = read_text(cells["product_id"])
    if not product_id.strip():
        raise RowError(line, "The row has no product_id; write the shop's id of the product.")
    try:
        return Component(
            product_id,
            _or(read(read_whole, "quantity"), 1),
            read(read_flag, "optional"),
            read(read_flag, "free"),
            read_variants(cells.get("variants", "")),
        )
    except RowError:
        raise
    except InputError as error:
        raise RowError(line, error) from error


def _check_same(rows: Sequence[Row], columns: Sequence[str]) -> None:
    """What is of the whole may be repeated in further rows, but not differ there."""
    for line, cells in rows[1:]:
        for column in columns:
            if cells.get(column, "").strip() not in ("", rows[0][1].get(column, "").strip()):
                raise RowError(line, f"The {column} differs from that in line {rows[0][0]}; write it there only.")


def cell_of(line: int, reader: Any, cell: str, column: str, *more: Any) -> Any:
    """What *reader* reads in *cell*; what it refuses is told with its *line*."""
    try:
        return reader(cell, column, *more)
    except InputError as error:
        raise RowError(line, error) from error


def _or(number: int | None, otherwise: int) -> int:
    return otherwise if number is None else number
