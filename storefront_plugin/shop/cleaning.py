"""Validates and cleans products of any catalogue, so that a single bad row never breaks a page.

A product without a valid id, title or price is left out; other invalid fields become unknown. Pure and idempotent:
cleaning a clean product gives an equal one.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from ..core.errors import InputError
from .ports import MAX_ID_BYTES, Product, clean_id
from .values import Unusable, address, count, decimal, moment, money, one_line, paragraphs

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
    "stock": "give a number, or None where stock is not tracked",
    "rating": "give a mean from 0 to 5",
    "category_ids": "give a list of ids",
    "attributes": "give a dict of names and values",
    "lines": "give an iterable of objects or dicts, and map line_product_id",
    "placed_at": "map it to the column that holds the time of the order",
    "product_of": "map it so that every variant sold has its product",
}
_LEFT_OUT = frozenset({"product", "id", "title", "price"})


class Problem(NamedTuple):
    """A problem: the field, and in a few words what is wrong."""

    field: str
    kind: str

    @property
    def remedy(self) -> str:
        """What to do about it."""
        return _REMEDIES.get(self.field, f"see the mapping of {self.field}")


_failed: ContextVar[set[str] | None] = ContextVar("failed", default=None)


@contextmanager
def noting_failures() -> Iterator[set[str]]:
    """Collects the ids of products of which the shop's own code failed to say something meanwhile, also for who is around."""
    failed: set[str] = set()
    around = _failed.get()
    token = _failed.set(failed)
    try:
        yield failed
    finally:
        _failed.reset(token)
        if around is not None:
            around |= failed


class ProblemCounts:
    """Counts the problems of an adapter since the process began, in *counts*."""

    def __init__(self, source: str, left_out: Iterable[str] = _LEFT_OUT) -> None:
        self.source = source
        self.counts: Counter[Problem] = Counter()
        self._left_out = frozenset(left_out)

    def add(self, problems: Iterable[Problem], about: Any = None, error: BaseException | None = None) -> None:
        """Count *problems* of the object with the id *about*; the first of each field and kind is logged.

        *error* is what the shop's own code raised.
        """
        if error is not None and (failed := _failed.get()) is not None:
            failed.add(str(about))
        for problem in problems:
            self.counts[problem] += 1
            if self.counts[problem] == 1:
                self._log(problem, about, error)

    def _log(self, problem: Problem, about: Any, error: BaseException | None) -> None:
        outcome = "it is left out" if problem.field in self._left_out else "it is used without"
        logger.warning(
            "%s: %s of %.80r is %s, so %s; %s. (Logged once; `flask storefront check` counts.)",
            self.source,
            problem.field,
            about,
            problem.kind,
            outcome,
            problem.remedy,
            exc_info=error,
        )


MAX_TITLE = 300
MAX_WORD = 120
MAX_DESCRIPTION = 2000
MAX_CATEGORIES = 50
MAX_ATTRIBUTES = 50

REQUIRED = ("id", "title", "price")

_T = TypeVar("_T")
_YES = frozenset({"1", "true", "yes", "y", "t", "on"})
_NO = frozenset({"", "0", "false", "no", "n", "f", "off", "none", "null"})


def clean_product(raw: Product, default_currency: str | None) -> Product | None:
    """*raw* with every field safe to show, or None if id, title or price is invalid."""
    return examine_product(raw, default_currency)[0]


def clean_products(
    raws: Iterable[Any], default_currency: str | None, problem_counts: ProblemCounts | None = None
) -> Iterator[Product]:
    """The valid ones of *raws*, cleaned; problems are added to *problem_counts*."""
    for raw in raws:
        product, problems = examine_product(raw, default_currency)
        if problems and problem_counts is not None:
            problem_counts.add(problems, getattr(raw, "id", None))
        if product is not None:
            yield product


def examine_product(raw: Any, default_currency: str | None) -> tuple[Product | None, tuple[Problem, ...]]:
    """The cleaned product (or None), and the problems found."""
    if not isinstance(raw, Product):
        return None, (Problem("product", f"a {type(raw).__name__} instead of a Product"),)
    found: list[Problem] = []

    def taken(field: str, clean: Callable[[Any], _T], default: _T) -> _T:
        """The cleaned field, or *default*; catches any exception of the shop's value."""
        try:
            value = getattr(raw, field)
            return clean(value) if value is not None or field in REQUIRED else default
        except Unusable as unusable:
            found.append(Problem(field, str(unusable)))
        except Exception as error:
            found.append(Problem(field, f"unreadable ({type(error).__name__})"))
        return default

    product_id = taken("id", _identifier, None)
    title = taken("title", _title, None)
    currency = taken("currency", _currency, None) or default_currency
    price = taken("price", lambda value: money(value, currency), None)
    if product_id is None or title is None or price is None:
        return None, tuple(found)
    list_price = taken("list_price", lambda value: money(value, currency), None)
    review_count = taken("review_count", count, 0)
    cleaned = Product(
        id=product_id,
        title=title,
        price=price,
        currency=currency,
        url=taken("url", address, None),
        image_url=taken("image_url", lambda value: address(value, image=True), None),
        list_price=list_price if list_price is not None and list_price > price else None,
        stock=taken("stock", stock_left, None),
        visible=_visible(raw, found),
        category_ids=taken("category_ids", _identifiers, ()),
        brand=taken("brand", _word, None),
        rating=taken("rating", lambda value: _rating(value, review_count), None),
        review_count=review_count,
        reviewed_at=taken("reviewed_at", moment, None),
        variant_group=taken("variant_group", _identifier, None),
        attributes=taken("attributes", _attributes, {}),
        description=taken("description", lambda value: paragraphs(value, MAX_DESCRIPTION) or None, None),
        cost=taken("cost", lambda value: money(value, currency), None),
        created_at=taken("created_at", moment, None),
    )
    return cleaned, tuple(found)


def _identifier(value: Any) -> str | None:
    if value is None:
        raise Unusable("missing")
    if type(value) is str and value.isascii() and 0 < len(value) <= MAX_ID_BYTES and "\x00" not in value:
        return value
    try:
        return clean_id("".join(value) if isinstance(value, str) else value)
    except InputError:
        raise Unusable("not an id of 1 to 255 bytes") from None


def _title(value: Any) -> str | None:
    text = "" if value is None else one_line(value, MAX_TITLE)
    if not text:
        raise Unusable("missing")
    return text


def _word(value: Any) -> str | None:
    return one_line(value, MAX_WORD) or None


def _currency(value: Any) -> str | None:
    code = one_line(value, 8).upper()
    if not (len(code) == 3 and code.isascii() and code.isalpha()):
        raise Unusable("not an ISO 4217 code")
    return code


def stock_left(value: Any) -> int | None:
    """Items in stock. A boolean is accepted: True means "not tracked" (None), False means 0."""
    if value is None:
        return None
    if isinstance(value, bool):
        return None if value else 0
    return count(value)


def _visible(raw: Product, found: list[Problem]) -> bool:
    """Whether it may be shown; an invalid value hides the product, to be safe."""
    try:
        value: Any = raw.visible
        if value is None:
            found.append(Problem("visible", "missing"))
            return False
        if not isinstance(value, str):
            return bool(value)
        word = value[:8].strip().lower()
        if word not in _YES | _NO:
            found.append(Problem("visible", "neither yes nor no"))
        return word in _YES
    except Exception as error:
        found.append(Problem("visible", f"unreadable ({type(error).__name__})"))
        return False


def _rating(value: Any, reviews: int) -> float | None:
    stars = value if type(value) is float else decimal(value)  # NaN is outside of 0 to 5, too
    if not 0 <= stars <= 5:
        raise Unusable("not from 0 to 5")
    return None if stars == 0 and reviews == 0 else float(stars)


def _identifiers(value: Any) -> tuple[str, ...]:
    many = [value] if isinstance(value, (str, int)) or not isinstance(value, Iterable) else value
    seen: dict[str, None] = {}
    for entry in islice(many, MAX_CATEGORIES * 4):
        try:
            seen[_identifier(entry) or ""] = None
        except Unusable:
            continue
        if len(seen) == MAX_CATEGORIES:
            break
    return tuple(seen)


def _attributes(value: Any) -> Mapping[str, str]:
    if not isinstance(value, Mapping):
        raise Unusable("not names with values")
    cleaned: dict[str, str] = {}
    for name, content in islice(value.items(), MAX_ATTRIBUTES):
        text = _attribute_text(content)
        key = one_line(name, MAX_WORD) if isinstance(name, (str, int)) else ""
        if key and text:
            cleaned[key] = text
    return cleaned


def _attribute_text(content: Any) -> str:
    if isinstance(content, (list, tuple, set, frozenset)):
        parts = sorted(map(str, islice(content, 20))) if isinstance(content, (set, frozenset)) else list(content)[:20]
        return one_line(", ".join(str(part) for part in parts if isinstance(part, (str, int, float))), 200)
    if content is None or isinstance(content, (bytes, Mapping)):
        return ""
    return one_line(str(content) if isinstance(content, bool) else content, 200)
