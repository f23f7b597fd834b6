"""What was found wrong with a shop's data: counted, and logged once per field and kind, with the remedy."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

logger = logging.getLogger(__name__)

_REMEDIES = {
    "product": "return storefront_plugin.Product from the catalogue",
    "id": "map id to the column that names the product in the shop",
    "title": "map title to a column or callable that is never empty",
    "price": "give a number of 0 or more; price_unit='minor' if it is in cents",
    "currency": "give an ISO 4217 code such as 'EUR', or set STOREFRONT_CURRENCY",
    "url": "give a path such as /products/7 or an https address",
    "image_url": "give a path such as /media/7.jpg or an https address",
    "visible": "map it to something true or false, such as Product.status == 'published'",
    "stock": "give a number, or None where stock is not counted",
    "rating": "give a mean from 0 to 5",
    "category_ids": "give a list of ids",
    "attributes": "give a dict of names and values",
    "lines": "give an iterable of objects or dicts, and map line_product_id",
    "placed_at": "map it to the column that holds the time of the order",
    "product_of": "map it so that every variant sold has its product",
}
_LEFT_OUT = frozenset({"product", "id", "title", "price"})


class Problem(NamedTuple):
    """One thing that is wrong: the field, and in a few words how."""

    field: str
    kind: str

    @property
    def remedy(self) -> str:
        """What to do about it."""
        return _REMEDIES.get(self.field, f"see the mapping of {self.field}")


class Complaints:
    """Problems of one adapter. *counts* has how often each was met since the process began."""

    def __init__(self, source: str, left_out: Iterable[str] = _LEFT_OUT) -> None:
        self.source = source
        self.counts: Counter[Problem] = Counter()
        self._left_out = frozenset(left_out)

    def add(self, problems: Iterable[Problem], about: Any = None, error: BaseException | None = None) -> None:
        """Count *problems* of the thing with id *about*; the first of each field and kind is logged."""
        for problem in problems:
            self.counts[problem] += 1
            if self.counts[problem] == 1:
                self._log(problem, about, error)

    def _log(self, problem: Problem, about: Any, error: BaseException | None) -> None:
        outcome = "it is left out" if problem.field in self._left_out else "it is used without"
        logger.warning(
            "%s: %s of %.80r is %s, so %s; %s. (Said once; `flask storefront check` counts.)",
            self.source,
            problem.field,
            about,
            problem.kind,
            outcome,
            problem.remedy,
            exc_info=error,
        )
