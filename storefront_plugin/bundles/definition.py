"""What a bundle is: components, price, schedule, limits and texts; checked when it is made and never changed after."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import pairwise
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias, get_args

from ..core.errors import N_, renamed, shown
from ..core.problems import Problem, refuse
from .price import step_problems
from .price_kinds import BundleKind
from .tier import MAX_QUANTITY, Tier, tier_problems, whole_problems

Stacking: TypeAlias = Literal["best", "alone"]

MAX_TIERS: Final = 10
_1970: Final = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)
_TEXTS: Final = {
    "title": (
        200,
        N_("The title of a bundle must be plain text without NUL characters or lone surrogates; correct it."),
    ),
    "benefit": (
        2000,
        N_("The description of a bundle must be plain text without NUL characters or lone surrogates; correct it."),
    ),
    "picture": (
        2000,
        N_("The image of a bundle must be a URL without NUL characters or lone surrogates; correct it."),
    ),
}
"""The most characters of each text, and what is said of others."""

_LIMITS: Final = {
    "limit_per_order": N_("The limit_per_order must be a whole number from %(least)s to %(most)s; %(value)s is not."),
    "limit_in_all": N_("The limit_in_all must be a whole number from %(least)s to %(most)s; %(value)s is not."),
}


def _since_1970(moment: dt.datetime) -> dt.timedelta:
    """Python compares times of one zone by the clock on the wall, which shows an hour twice when summer ends."""
    return moment - _1970


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a bundle applies: from *start* up to and without *end*; None is open. Both times need a zone."""

    start: dt.datetime | None = None
    end: dt.datetime | None = None

    def __post_init__(self) -> None:
        refuse(self._problems())

    def _problems(self) -> Iterator[Problem]:
        for name, moment in (("start", self.start), ("end", self.end)):
            if moment is not None and (not isinstance(moment, dt.datetime) or moment.tzinfo is None):
                message = N_("%(time)s has no time zone; give a datetime with tzinfo.")
                yield Problem((name,), message, {"time": shown(moment)})
                return
        if self.start is not None and self.end is not None and _since_1970(self.end) <= _since_1970(self.start):
            yield Problem(("end",), N_("The bundle must end after it starts; set a later end."), {})

    def holds(self, now: dt.datetime) -> bool:
        """Whether the bundle is on at *now*, which needs a zone."""
        return self.begun(now) and not self.ended(now)

    def begun(self, now: dt.datetime) -> bool:
        """Whether *start* is past at *now*."""
        return self.start is None or _since_1970(self.start) <= _since_1970(now)

    def ended(self, now: dt.datetime) -> bool:
        """Whether *end* is past at *now*."""
        return self.end is not None and _since_1970(self.end) <= _since_1970(now)


@dataclass(frozen=True, slots=True)
class BundleText:
    """A bundle in one language, plain text (escaped when rendered): title, why together, address of a picture."""

    title: str
    benefit: str = ""
    picture: str | None = None

    def __post_init__(self) -> None:
        refuse(self._problems())

    def _problems(self) -> Iterator[Problem]:
        if not isinstance(self.title, str) or not self.title.strip():
            yield Problem(("title",), N_("A bundle needs a title; write one line that says what it is."), {})
        for name, (limit, message) in _TEXTS.items():
            text = getattr(self, name)
            if isinstance(text, str) and len(text) > limit:
                too_long = N_("A text of a bundle is longer than %(limit)s characters; shorten it.")
                yield Problem((name,), too_long, {"limit": limit})
            elif text is not None and not _is_text(text, limit):
                yield Problem((name,), message, {})


@renamed(words="texts", words_in="text_in")
@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A bundle as the merchant wrote it.

    Attributes:
        kind: ``set`` (all components), ``ladder`` (two or more tiers; an item counts for one of them), ``mix``
            (*least* to *most* of a group; a set is full before the next begins, and where items are free, they are
            the cheapest of the most expensive *least*), ``extra`` (some components are free), ``steps`` (from N items
            on each costs less, all that no set and no other steps have taken; amounts and fixed prices are for each).
        tiers: One; of a ladder and of steps, the smallest first.
        texts: By language ("en", "ja"); the first language is used where none fits.
        limit_per_order: Sets of one order at most. Steps apply once an order by themselves.
        limit_in_all: Sets in all orders at most.
        segment: Only shoppers in it, by name.
        staff_only: Only with a staff code or link.
        stacking: ``best``: shares the cart with others so that most is saved; ``alone``: no other beside it.
        product_ids: All products of all tiers.
    """

    kind: BundleKind
    tiers: tuple[Tier, ...]
    texts: Mapping[str, BundleText]
    schedule: Schedule = field(default_factory=Schedule)
    limit_per_order: int | None = None
    limit_in_all: int | None = None
    segment: str | None = None
    staff_only: bool = False
    stacking: Stacking = "best"
    product_ids: frozenset[str] = field(init=False, repr=False, compare=False)

    def __new__(cls, *args: object, **fields: object) -> Definition:
        if "words" in fields:
            raise TypeError("Definition(words=…) is called texts=… now.")
        return object.__new__(cls)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tiers", tuple(self.tiers))
        products = frozenset(component.product_id for tier in self.tiers for component in tier.components)
        object.__setattr__(self, "product_ids", products)
        object.__setattr__(self, "texts", MappingProxyType(dict(self.texts)))
        refuse(definition_problems({one.name: getattr(self, one.name) for one in fields(self) if one.init}))

    def has_terms_of(self, other: Definition) -> bool:
        """Whether it differs from *other* in nothing but its texts."""
        return replace(self, texts=other.texts) == other

    def in_steps(self, steps: Mapping[str, int]) -> Definition:
        """The same with what it reduces on the shop's price *steps*, minor units by currency."""
        if all(tier.price.steps == steps for tier in self.tiers):
            return self
        tiers = [replace(tier, price=replace(tier.price, steps=steps)) for tier in self.tiers]
        return replace(self, tiers=tuple(tiers))

    def step_problems(self, steps: Mapping[str, int]) -> Iterator[Problem]:
        """Its amounts that do not lie on the shop's price *steps*."""
        for number, tier in enumerate(self.tiers):
            for problem in step_problems(tier.price, steps):
                yield problem.below("tiers", number, "price")

    def text_in(self, locale: str) -> BundleText:
        """The text for *locale* ("ja_JP"): its own, its language's, English ones, else the first."""
        for name in (locale, locale.replace("-", "_").partition("_")[0], "en"):
            if name in self.texts:
                return self.texts[name]
        return next(iter(self.texts.values()))


def definition_problems(parts: Mapping[str, Any]) -> Iterator[Problem]:
    """What is wrong with a definition of these *parts*, by the names of its fields; each was checked when it was made.

    A tier that could not be made is None; what does not hang on it is said all the same.
    """
    kind, stacking, texts, segment = parts["kind"], parts.get("stacking", "best"), parts["texts"], parts.get("segment")
    if kind not in get_args(BundleKind):
        message = N_("There is no bundle kind %(value)s; use one of %(names)s.")
        yield Problem(("kind",), message, _choice(kind, get_args(BundleKind)))
        return
    if stacking not in get_args(Stacking):
        message = N_("There is no stacking rule %(value)s; use one of %(names)s.")
        yield Problem(("stacking",), message, _choice(stacking, get_args(Stacking)))
    if not texts or not all(isinstance(name, str) and name for name in texts):
        message = N_("A bundle needs a title in at least one language; give texts={'en': BundleText('…')}.")
        yield Problem(("texts",), message, {})
    for name, message in _LIMITS.items():
        if parts.get(name) is not None:
            yield from whole_problems((name,), message, parts[name], 1, MAX_QUANTITY)
    if segment is not None and not (segment and _is_text(segment, 64) and segment == segment.strip()):
        message = N_(
            "The segment must be a name of 1 to 64 characters without spaces around it; leave it out for everyone."
        )
        yield Problem(("segment",), message, {})
    yield from _tiers(kind, parts["tiers"])


def _is_text(value: object, limit: int) -> bool:
    """Whether *value* can be stored: PostgreSQL takes no NUL, and no database half of a surrogate pair."""
    try:
        return isinstance(value, str) and len(value) <= limit and b"\x00" not in value.encode()
    except UnicodeEncodeError:
        return False


def _tiers(kind: BundleKind, tiers: Sequence[Tier | None]) -> Iterator[Problem]:
    many, least = kind in ("ladder", "steps"), 2 if kind == "ladder" else 1
    if not least <= len(tiers) <= (MAX_TIERS if many else 1):
        values = {"kind": kind, "least": least, "most": MAX_TIERS, "count": len(tiers)}
        several = N_("A %(kind)s bundle needs %(least)s to %(most)s tiers, not %(count)s; add or remove some.")
        one = N_("A %(kind)s bundle needs exactly one tier, not %(count)s; add or remove some.")
        yield Problem(("tiers",), several if many else one, values)
    for number, tier in enumerate(tiers):
        for problem in tier_problems(kind, tier) if tier is not None else ():
            yield problem.below("tiers", number)
    if kind == "steps":
        yield from _order_of_steps(tiers)


def _order_of_steps(tiers: Sequence[Tier | None]) -> Iterator[Problem]:
    for number, (sooner, later) in enumerate(pairwise(tiers), 1):
        if sooner is None or later is None:
            continue
        if type(sooner.least) is type(later.least) is int and later.least <= sooner.least:
            message = N_(
                "Each level of a volume discount must start at a higher quantity than the one before; sort them."
            )
            yield Problem(("tiers", number, "least"), message, {})
        if later.components != sooner.components:
            message = N_("All levels of a volume discount apply to the same products; give each the same components.")
            yield Problem(("tiers", number, "components"), message, {})


def _choice(value: object, names: tuple[str, ...]) -> dict[str, object]:
    return {"value": shown(value), "names": ", ".join(names)}
