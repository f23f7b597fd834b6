"""The head of a spreadsheet: what parts its cells, and its columns' names, also where a program has capitalised them."""

from __future__ import annotations

import re
from typing import Final

from .csv_sheet import AMOUNT, WORDS

_NAMED: Final = re.compile(r'"?sep=([,;\t])"?[,;\t]*\r?', re.IGNORECASE)
"""A first line that Excel reads: it names the separator."""


def separator_of(text: str) -> tuple[str, bool]:
    """What parts the cells of *text*, and whether its first line does nothing but say so."""
    first = text.partition("\n")[0]
    named = _NAMED.fullmatch(first)
    return (named[1], True) if named else (max(",;\t", key=first.count), False)


def column_name(written: str) -> str:
    """A column's name as `csv_sheet` has it: ``title_pt_BR`` for ``TITLE_PT_BR``, ``amount_EUR`` for ``Amount_eur``."""
    name = written.strip()
    begin, _, rest = name.partition("_")
    if begin.lower() == AMOUNT.rstrip("_"):
        return AMOUNT + rest.upper()
    if begin.lower() not in WORDS:
        return name.lower()
    return name if begin.islower() else f"{begin.lower()}_{_language(rest)}"


def _language(written: str) -> str:
    """``zh_Hans_TW`` for ``ZH_HANS_TW``."""
    first, *more = written.split("_")
    return "_".join([first.lower(), *(part.title() if len(part) == 4 else part.upper() for part in more)])
