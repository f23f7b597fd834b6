"""From the rows of one bundle to its definition, with what is wrong in each line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

from ...core.errors import N_, InputError
from ...core.problems import Path
from ..definition import Definition
from ..store.definition_json import build_definition
from .cells import read_amount, read_flag, read_moment, read_percent, read_text, read_variants, read_whole
from .columns import AMOUNT, WORDS, Sheet

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
        cells = first[1]
        self._check_same(rows, self._sheet.of_bundle)
        tiers = self._tiers(rows)
        start = self.cell(first, read_moment, "starts", self._sheet.zone)
        end = self.cell(first, read_moment, "ends", self._sheet.zone, True)
        per_order, in_all = (self.cell(first, read_whole, column) for column in ("limit_per_order", "limit_in_all"))
        data = {
            "kind": cells["kind"].strip().lower(),
            "tiers": [self._tier(part) for part in tiers],
            "texts": self._texts(cells),
            "start": start,
            "end": end,
            "limit_per_order": per_order,
            "limit_in_all": in_all,
            "segment": read_text(cells.get("segment", "")).strip() or None,
            "staff_only": self.cell(first, read_flag, "staff_only"),
            "stacking": cells.get("stacking", "").strip().lower() or "best",
        }
        definition, problems = build_definition(data, self._sheet.steps)
        is_read = len(self.wrong) == known
        for path, message, values in problems:
            if is_read or path != ("tiers",):  # how many there are hangs on what could not be read
                self.refuse(_line_at(tiers, path), message, **values)
        return definition if is_read else None

    def _texts(self, cells: Cells) -> dict[str, dict[str, str | None]]:
        found: dict[str, dict[str, str | None]] = {}
        for language in self._sheet.languages:
            title, benefit, picture = (read_text(cells.get(f"{name}_{language}", "")) for name in WORDS)
            if title or benefit or picture:
                found[language] = {"title": title, "benefit": benefit, "picture": picture or None}
        return found

    def _tiers(self, rows: Sequence[Row]) -> list[list[Row]]:
        """The rows of each tier; an empty cell is the same tier as above."""
        tiers: list[list[Row]] = [[]]
        for row in rows:
            number = self.cell(row, read_whole, "tier")
            if number is not None and number == len(tiers) + 1 and tiers[-1]:
                tiers.append([])
            elif number not in (None, len(tiers)):
                message = N_("Tier %(number)s doesn't follow tier %(before)s; number them 1, 2 … in order.")
                self.refuse(row[0], message, number=number, before=len(tiers))
            tiers[-1].append(row)
        return tiers

    def _tier(self, rows: Sequence[Row]) -> dict[str, Any] | None:
        first, known, comma = rows[0], len(self.wrong), self._sheet.comma
        self._check_same(rows, self._sheet.of_tier)
        read = {one: self.cell(first, read_amount, f"{AMOUNT}{one}", one, comma) for one in self._sheet.currencies}
        percent = self.cell(first, read_percent, "percent", comma)
        pieces, least, most = (self.cell(first, read_whole, column) for column in ("free_pieces", "least", "most"))
        price = {
            "kind": first[1]["price_kind"].strip().lower(),
            "percent": percent,
            "amounts": {currency: minor for currency, minor in read.items() if minor is not None},
            "pieces": _or(pieces, 1),
        }
        return {
            "components": [self._component(row) for row in rows],
            "price": price if len(self.wrong) == known else None,
            "least": _or(least, 0),
            "most": _or(most, 0),
        }

    def _component(self, row: Row) -> dict[str, Any] | None:
        line, cells = row
        known = len(self.wrong)
        product_id = read_text(cells["product_id"])
        if not product_id.strip():
            self.refuse(line, N_("The row has no product_id; enter the shop's product ID."))
        part = {
            "product": product_id,
            "quantity": _or(self.cell(row, read_whole, "quantity"), 1),
            "optional": self.cell(row, read_flag, "optional"),
            "free": self.cell(row, read_flag, "free"),
            "variants": read_variants(cells.get("variants", "")),
        }
        return part if len(self.wrong) == known else None

    def _check_same(self, rows: Sequence[Row], columns: Sequence[str]) -> None:
        """What is of the whole may be repeated in further rows, but not differ there."""
        for line, cells in rows[1:]:
            for column in columns:
                if cells.get(column, "").strip() not in ("", rows[0][1].get(column, "").strip()):
                    message = N_("%(column)s differs from line %(first)s; enter it there only.")
                    self.refuse(line, message, column=column, first=rows[0][0])

    def _tried(self, line: int, make: Callable[[], _Made]) -> _Made | None:
        try:
            return make()
        except InputError as error:
            self.refuse(line, error.message, **error.values)
            return None


def _line_at(tiers: Sequence[Sequence[Row]], path: Path) -> int:
    """The line of the cell that a problem at *path* is about: of its component, else of its tier, else the first."""
    match path:
        case ["tiers", int(number), "components", int(place), *_rest]:
            return tiers[number][place][0]
        case ["tiers", int(number), *_rest]:
            return tiers[number][0][0]
    return tiers[0][0][0]


def _or(number: int | None, otherwise: int) -> int:
    return otherwise if number is None else number
