"""The columns of the bundles' spreadsheet: one row per component; columns of the bundle or tier are filled in its first row.

======================  ============================================================================================
id, version             Of a bundle that exists; empty for a new one. In each of its rows.
kind                    set, ladder, mix, extra or steps. **A row with a kind begins a bundle.**
state                   draft, published or archived. A new bundle is always a draft.
title_en, benefit_en,   Texts in English; the same for other languages: title_ja …
picture_en
starts, ends            2026-12-01 09:00, in the shop's time zone unless it names another.
limit_per_order,        Whole numbers, or empty for no limit.
limit_in_all
segment, staff_only,    A name; yes or empty; best or alone.
stacking
tier                    1, 2 … in a ladder and in quantity steps; empty is the same as above.
price_kind              percent, amount … (a kind of price)
percent, amount_EUR     12.5; 19.90 in whole euros. One column a currency: amount_JPY …
free_pieces             How many are free in a mix.
least, most             Items to choose in a mix; items from which a step holds.
product_id, quantity    What is in it; an empty quantity is 1.
product_title           Tells people what it is, and us where an id has slipped.
optional, free          yes or empty.
variants                Those that count, such as ``red | blue``; empty is all.
======================  ============================================================================================
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from ..price_kinds import NO_STEPS

OF_BUNDLE: Final = ("version", "state", "kind")
OF_BUNDLE_TOO: Final = (
    "starts",
    "ends",
    "limit_per_order",
    "limit_in_all",
    "segment",
    "staff_only",
    "stacking",
)
OF_COMPONENT: Final = ("product_id", "product_title", "quantity", "optional", "free", "variants")
OF_TIER: Final = ("price_kind", "percent", "free_pieces", "least", "most")
WORDS: Final = ("title", "benefit", "picture")
FREE_TEXT: Final = (*(f"{name}_" for name in WORDS), "product_title", "segment", "variants")
"""How the columns begin whose cells may have several lines."""

NEEDED: Final = ("kind", "product_id", "price_kind")
AMOUNT: Final = "amount_"


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the columns of one file depend on, and how its cells are read.

    Attributes:
        comma: Decimals may stand behind a comma.
        steps: The shop's price steps, minor units by currency.
    """

    languages: Sequence[str]
    currencies: Sequence[str]
    zone: dt.tzinfo
    comma: bool = False
    steps: Mapping[str, int] = field(default_factory=lambda: NO_STEPS)

    @property
    def columns(self) -> list[str]:
        """All columns, in the order in which they are written."""
        words = [f"{name}_{language}" for language in self.languages for name in WORDS]
        amounts = [f"{AMOUNT}{currency}" for currency in self.currencies]
        price = [*OF_TIER[:2], *amounts, *OF_TIER[2:]]
        return ["id", *OF_BUNDLE, *words, "tier", *OF_COMPONENT, *price, *OF_BUNDLE_TOO]

    @property
    def of_bundle(self) -> list[str]:
        """Columns that a bundle fills once."""
        return [*OF_BUNDLE, *(f"{name}_{language}" for language in self.languages for name in WORDS), *OF_BUNDLE_TOO]

    @property
    def of_tier(self) -> list[str]:
        """Columns that a tier fills once."""
        return [*OF_TIER, *(f"{AMOUNT}{currency}" for currency in self.currencies)]


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
