"""Finds similar products of a catalogue with DuckDB, in bounded memory and time."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Final

from ..core.queries import Queries
from ..shop.ports import Product
from .departments import NEARLY_ALL

MAX_TOKENS: Final = 400
"""Maximum words per product, those of the title first."""

TITLE_WEIGHT: Final = 3
"""Weight of a word of the title, against 1 for one of the description."""

FIELD_WEIGHTS: Final = {"c": 0.15, "b": 0.05, "a": 0.10, "t": 0.30}
"""Shares of all categories, brand, attributes and text in a similarity; the rest is `SAME_CATEGORY`."""

SAME_CATEGORY: Final = 0.40
"""Share of the same most specific category; it ranks products of that category before nearly all others."""

_CJK = "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_RUNS = re.compile(rf"([{_CJK}]+)|((?:(?![{_CJK}])[^\W_])+)")


def tokens(text: str) -> Iterator[str]:
    """The words of *text*, case-folded; Chinese, Japanese and Korean text is split into pairs of characters."""
    for match in _RUNS.finditer(unicodedata.normalize("NFKC", text).casefold()):
        dense, word = match.groups()
        if dense is None:
            if len(word) > 1 or word.isdigit():
                yield word
        elif len(dense) == 1:
            yield dense
        else:
            yield from (dense[place : place + 2] for place in range(len(dense) - 1))


def features(product: Product) -> dict[str, float]:
    """The features of *product* with their weights, before rarity; the first letter of a name is its field."""
    found = {f"c:{category}": 1 / math.sqrt(place) for place, category in enumerate(product.category_ids, 1)}
    if product.brand:
        found[f"b:{product.brand.casefold()}"] = 1.0
    for name, value in product.attributes.items():
        found[f"a:{name.casefold()}={value.casefold()}"] = 1.0
    found.update((f"t:{token}", 1 + math.log(count)) for token, count in _words(product).items())
    return found


def _words(product: Product) -> Counter[str]:
    words: Counter[str] = Counter()
    left = MAX_TOKENS
    for text, weight in ((product.title, TITLE_WEIGHT), (product.description or "", 1)):
        for token in islice(tokens(text), left):
            words[token] += weight
            left -= 1
    return words


KEPT: Final = 30
"""Neighbours of a product that can be sold; as many that cannot are kept beside them."""

COMPARED: Final = 100
"""The most similar products, those that can be sold and as many others, among which neighbours are chosen by department."""

FLOOR: Final = 0.005
"""Products of one department with a lower similarity are not neighbours."""

FLOOR_SHARE: Final = 0.11
"""The same for others: the share of what their brands, attributes and texts could have in common at most."""

ENOUGH_KIN: Final = 4
"""Neighbours of a product's own department from which on those of others are left out."""

PAIR_BUDGET: Final = 50_000_000
"""Maximum pairs of products that are compared for sharing a feature."""

MEMORY: Final = "1GB"


class NeighbourFinder:
    """Products as vectors; finds the neighbours of one part of them at a time."""

    def __init__(self, rows: Path, folder: Path, budget: int | None = None) -> None:
        """Read *rows*: JSON lines of number ``n``, whether it can be sold ``s``, variant group ``g``, category ``c``,
        features ``k``, weights ``w``.
        """
        self._queries = Queries(("storefront_plugin.content", "alike.sql"), folder=folder, memory=MEMORY)
        try:
            self._prepare(rows, PAIR_BUDGET if budget is None else budget)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Free memory and temporary files."""
        self._queries.close()

    def commands(self, part: int, parts: int, stems: Sequence[str]) -> dict[str, list[bytes]]:
        """The packed commands that fill the sorted sets of one of *parts*, by the stem of their keys.

        A key is the stem of the product's shard and its number; there are as many *stems* as shards.
        """
        rows = self._queries.run(
            "alike",
            **{"pass": part},
            passes=parts,
            stems=list(stems),
            keep=KEPT,
            compared=COMPARED,
            floor=FLOOR,
            floor_share=FLOOR_SHARE,
            enough_kin=ENOUGH_KIN,
            same_category=SAME_CATEGORY,
        )
        found: dict[str, list[bytes]] = {}
        for stem, command in rows:
            found.setdefault(stem, []).append(command)
        return found

    def _prepare(self, rows: Path, budget: int) -> None:
        self._queries.run("rows", file=str(rows))
        self._queries.run("features")
        self._queries.run("fields", names=list(FIELD_WEIGHTS), shares=list(FIELD_WEIGHTS.values()))
        self._queries.run("products", nearly_all=NEARLY_ALL)
        self._queries.drop("rows")
        self._queries.run("terms", budget=budget)
        self._queries.run("vectors")
        self._queries.drop("features")
        self._queries.run("ring", keep=KEPT)
