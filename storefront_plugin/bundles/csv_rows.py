"""The rows of one bundle of the spreadsheet, read into its definition; all that is wrong with them is told, by line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

from ..errors import InputError, _mark
from .csv_cells import read_amount, read_flag, read_moment, read_number, read_text, read_variants, read_whole
from .csv_sheet import AMOUNT, WORDS, Sheet
from .definition import Component, Definition, Schedule, Tier, Words
from .price import Price

Cells: TypeAlias = Mapping[str, str]
Row: TypeAlias = "tuple[int, Cells]"
"""The line of a row and its cells by column."""

_Made = TypeVar("_Made")


class RowError(InputError):
    """What is wrong in one *line* of the file."""

    def __init__(self, line: int, message: str, **values: object) -> None:
        super().__init__(message, **values)
        self.line = line


class RowReader:
    """Reads the rows of one bundle. What cannot be read is kept in *wrong*, and the rest is read all the same."""

    def __init__(self, sheet: Sheet) -> None:
        self.wrong: list[RowError] = []
        self._sheet = sheet

    def refuse(self, line: int, message: str, **values: object) -> None:
        """Keep what is wrong in *line*."""
        self.wrong.append(RowError(line, message, **values))

    def cell(self, row: Row, reader: Callable[..., Any], column: str, *more: Any) -> Any:
        """What *reader* reads in a cell; None where that is refused."""
        line, cells = row
        return self._tried(line, lambda: reader(cells.get(column, ""), column, *more))

    def definition(self, rows: Sequence[Row]) -> Definition | None:
        """The bundle that *rows* describe; None where something is wrong."""
        first, known = rows[0], len(self.wrong)
        line, cells = first
        self._check_same(rows, self._sheet.of_bundle)
        tiers = [self._tier(part) for part in self._tiers(rows)]
        words = {language: self._words(line, cells, language) for language in self._sheet.languages}
        start, end = (self.cell(first, read_moment, column, self._sheet.zone) for column in ("starts", "ends"))
        schedule = self._made(line, known, lambda: Schedule(start, end))
        per_order, in_all = (self.cell(first, read_whole, column) for column in ("limit_per_order", "limit_in_all"))
        staff_only = self.cell(first, read_flag, "staff_only")
        return self._made(
            line,
            known,
            lambda: Definition(
                kind=cells["kind"].strip().lower(),  # type: ignore[arg-type]
                tiers=tuple(tiers),  # type: ignore[arg-type]
                words={language: one for language, one in words.items() if one is not None},
                schedule=schedule,  # type: ignore[arg-type]
                limit_per_order=per_order,
                limit_in_all=in_all,
                segment=read_text(cells.get("segment", "")) or None,
                staff_only=staff_only,
                stacking=cells.get("stacking", "").strip().lower() or "best",  # type: ignore[arg-type]
            ),
        )

    def _words(self, line: int, cells: Cells, language: str) -> Words | None:
        title, benefit, picture = (read_text(cells.get(f"{name}_{language}", "")) for name in WORDS)
        if not (title or benefit or picture):
            return None
        return self._tried(line, lambda: Words(title, benefit, picture or None))

    def _tiers(self, rows: Sequence[Row]) -> list[list[Row]]:
        """The rows of each tier; an empty cell is the same tier as above."""
        tiers: list[list[Row]] = [[]]
        for row in rows:
            number = self.cell(row, read_whole, "tier")
            if number is not None and number == len(tiers) + 1 and tiers[-1]:
                tiers.append([])
            elif number not in (None, len(tiers)):
                message = _mark(
                    "Tier %(number)s does not follow on tier %(before)s; number them 1, 2 … in their order."
                )
                self.refuse(row[0], message, number=number, before=len(tiers))
            tiers[-1].append(row)
        return tiers

    def _tier(self, rows: Sequence[Row]) -> Tier | None:
        first, known, comma = rows[0], len(self.wrong), self._sheet.comma
        line, cells = first
        self._check_same(rows, self._sheet.of_tier)
        read = {one: self.cell(first, read_amount, f"{AMOUNT}{one}", one, comma) for one in self._sheet.currencies}
        percent = self.cell(first, read_number, "percent", comma)
        pieces, least, most = (self.cell(first, read_whole, column) for column in ("free_pieces", "least", "most"))
        amounts = {currency: minor for currency, minor in read.items() if minor is not None}
        kind: Any = cells["price_kind"].strip().lower()
        price = self._made(line, known, lambda: Price(kind, percent, amounts, _or(pieces, 1)))
        components = [self._component(row) for row in rows]
        return self._made(line, known, lambda: Tier(tuple(components), price, _or(least, 0), _or(most, 0)))  # type: ignore[arg-type]

    def _component(self, row: Row) -> Component | None:
        line, cells = row
        known = len(self.wrong)
        product_id = read_text(cells["product_id"])
        if not product_id.strip():
            self.refuse(line, _mark("The row has no product_id; write the shop's id of the product."))
        quantity = _or(self.cell(row, read_whole, "quantity"), 1)
        optional, free = self.cell(row, read_flag, "optional"), self.cell(row, read_flag, "free")
        variants = read_variants(cells.get("variants", ""))
        return self._made(line, known, lambda: Component(product_id, quantity, optional, free, variants))

    def _check_same(self, rows: Sequence[Row], columns: Sequence[str]) -> None:
        """What is of the whole may be repeated in further rows, but not differ there."""
        for line, cells in rows[1:]:
            for column in columns:
                if cells.get(column, "").strip() not in ("", rows[0][1].get(column, "").strip()):
                    message = _mark("The %(column)s differs from that in line %(first)s; write it there only.")
                    self.refuse(line, message, column=column, first=rows[0][0])

    def _made(self, line: int, known: int, make: Callable[[], _Made]) -> _Made | None:
        """What *make* makes, unless something of it was refused since *known* were."""
        return self._tried(line, make) if len(self.wrong) == known else None

    def _tried(self, line: int, make: Callable[[], _Made]) -> _Made | None:
        try:
            return make()
        except InputError as error:
            self.refuse(line, error.message, **error.values)
            return None


def _or(number: int | None, otherwise: int) -> int:
    return otherwise if number is None else number
