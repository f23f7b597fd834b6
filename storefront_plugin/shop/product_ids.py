"""Ids as spreadsheets and people leave them, and what the catalogue knows of those of products."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property
from itertools import islice

from .ports import MAX_ID_BYTES, Catalog

_PAGE = 500
_SHOWN_DIGITS = 6
"""Digits of a long number that spreadsheets show at least; zeros at the end are left out."""

_EDGES = " \t\r\n\v\f\u00a0\u1680\u2028\u2029\u202f\u205f\u2060\u3000\ufeff" + "".join(map(chr, range(0x2000, 0x200E)))
"""Spaces of all kinds, and signs that take none."""

_AS_TEXT = "'"
"""What people type before a number, so that their spreadsheet leaves it alone."""

_FORMULA = re.compile(r'="([^"]*)"')
_WHOLE = re.compile(r"([0-9]+)[.,]0+")
_SCIENTIFIC = re.compile(r"([0-9])(?:[.,]([0-9]{1,17}))?[eE]\+([0-9]{1,2})")


class CatalogueIds:
    """The ids of the catalogue; each is looked up once.

    *most* limits the products among which `meant_by` searches; None for all.
    """

    def __init__(self, catalog: Catalog, most: int | None = None) -> None:
        self._catalog = catalog
        self._most = most
        self._looked_up: set[str] = set()
        self._known: set[str] = set()

    def known(self, ids: Iterable[str]) -> set[str]:
        """Those of *ids* that the catalogue knows, to the letter."""
        asked = set(ids)
        new = sorted(asked - self._looked_up)
        for start in range(0, len(new), _PAGE):
            self._known.update(self._catalog.get_many(new[start : start + _PAGE]))
        self._looked_up.update(new)
        return asked & self._known

    def meant_by(self, text: str) -> tuple[str, ...]:
        """The ids that *text* may mean: of other case, spaces or leading zeros, or shown as 4.00638E+12."""
        plain = plain_id(text)
        shown = _SCIENTIFIC.fullmatch(plain)
        if shown is not None and is_damaged(text):
            return self._shown_as(shown[1] + (shown[2] or ""), int(shown[3]) + 1)
        alike, unwrapped = self._by_key.get(_key(plain), ()), _unwrapped(text)
        return (unwrapped,) if unwrapped in alike else tuple(alike)

    def _shown_as(self, digits: str, length: int) -> tuple[str, ...]:
        """The ids of *length* digits that begin with *digits* when they are rounded."""
        count = max(_SHOWN_DIGITS, len(digits))
        if count > length:
            return ()
        unit, wanted = 10 ** (length - count), int(digits.ljust(count, "0"))
        numbers = self._by_length.get(length, ())
        return tuple(id for id in numbers if (int(id) + unit // 2) // unit == wanted)

    @cached_property
    def _by_key(self) -> dict[str, list[str]]:
        found: defaultdict[str, list[str]] = defaultdict(list)
        products = islice(self._catalog.iter_products(), self._most)
        for id in dict.fromkeys(str(product.id) for product in products):
            found[_key(plain_id(id))].append(id)
        return found

    @cached_property
    def _by_length(self) -> dict[int, list[str]]:
        found: defaultdict[int, list[str]] = defaultdict(list)
        for ids in self._by_key.values():
            for id in ids:
                if id.isascii() and id.isdigit():
                    found[len(id)].append(id)
        return found


def is_damaged(text: str) -> bool:
    """Whether *text* is rather what a spreadsheet made of an id: with spaces around it, as 5.0, ="5" or 4.00638E+12."""
    plain = plain_id(text)
    return plain != text or is_shortened(plain)


def is_shortened(text: str) -> bool:
    """Whether *text* is a number of 12 digits or more as spreadsheets show it: most of its digits are lost."""
    shown = None if text.isalnum() else _SCIENTIFIC.fullmatch(text.strip())
    return shown is not None and int(shown[3]) >= 11


def plain_id(text: str) -> str:
    """*text* without what spreadsheets put around an id: spaces, ="5", '5, 5.0."""
    if text.isalnum() or len(text) > 4 * MAX_ID_BYTES:
        return text
    bare = _unwrapped(text)
    whole = _WHOLE.fullmatch(bare)
    return (whole[1] if whole else bare) or text


def _unwrapped(text: str) -> str:
    """*text* without what stands around an id and leaves the id as it is: spaces, ="0017", '0017."""
    bare = text.strip(_EDGES).removeprefix(_AS_TEXT)
    formula = _FORMULA.fullmatch(bare)
    return (formula[1] if formula else bare).strip(_EDGES)


def _key(plain: str) -> str:
    """What ids have in common that may be meant by the same text."""
    folded = plain.casefold()
    return folded.lstrip("0") or "0" if folded.isascii() and folded.isdigit() else folded
