"""What a bundle is: components, price, schedule, limits and texts; checked when it is made and never changed after."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from types import MappingProxyType
from typing import Final, Literal, TypeAlias, get_args

from ..core.errors import N_, shown
from ..core.problems import Path, Problem, refuse
from ..core.renamed import renamed
from ..shop.ports import clean_id
from .price import Price

BundleKind: TypeAlias = Literal["set", "ladder", "mix", "extra", "steps"]
Stacking: TypeAlias = Literal["best", "alone"]

MAX_COMPONENTS: Final = 200
MAX_OPTIONAL: Final = 4
"""Optional components of a tier: each doubles the ways to fill it."""

MAX_TIERS: Final = 10
MAX_QUANTITY: Final = 1_000_000
"""Pieces of one product, in a bundle as in a cart line."""

_1970: Final = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)
_TEXTS: Final = {
    "title": (
        200,
        N_(
            "The title of a bundle must be plain text, without the NUL character and halves of surrogate pairs; correct it."
        ),
    ),
    "benefit": (
        2000,
        N_(
            "The benefit of a bundle must be plain text, without the NUL character and halves of surrogate pairs; correct it."
        ),
    ),
    "picture": (
        2000,
        N_(
            "The picture of a bundle must be an address, without the NUL character and halves of surrogate pairs; correct it."
        ),
    ),
}
"""The most characters of each text, and what is said of others."""

_QUANTITY: Final = N_(
    "The quantity of a component must be a whole number from %(least)s to %(most)s; %(value)s is not."
)
_LIMITS: Final = {
    "limit_per_order": N_("The limit_per_order must be a whole number from %(least)s to %(most)s; %(value)s is not."),
    "limit_in_all": N_("The limit_in_all must be a whole number from %(least)s to %(most)s; %(value)s is not."),
}


@dataclass(frozen=True, slots=True)
class Component:
    """A product that a set needs.

    Attributes:
        product_id: The shop's id.
        quantity: Pieces of it in one set; 1 in a mix and in quantity steps, where pieces are counted together.
        optional: The set applies without it; with it, it is discounted too.
        free: It costs nothing, for the price kind ``free``.
        variants: The variants that count; all when empty.
    """

    product_id: str
    quantity: int = 1
    optional: bool = False
    free: bool = False
    variants: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "product_id", clean_id(self.product_id))
        refuse(_whole(("quantity",), _QUANTITY, self.quantity, 1, MAX_QUANTITY))
        names = {clean_id(variant, "variant id") for variant in self.variants}
        object.__setattr__(self, "variants", tuple(sorted(names)))

    def takes(self, product_id: str, variant_id: str | None) -> bool:
        """Whether a piece of this product and variant counts as this component."""
        return product_id == self.product_id and (not self.variants or variant_id in self.variants)


@dataclass(frozen=True, slots=True)
class Tier:
    """One set of components with its price.

    Attributes:
        components: What is in it; in a mix and in quantity steps, what may be chosen.
        price: What it costs less.
        least: Pieces to choose in a mix at least; pieces from which a quantity step holds. 0 elsewhere.
        most: Pieces to choose in a mix at most. 0 elsewhere.
        plain: Products and pieces of a set in which nothing can be chosen; None elsewhere. Made here, because pricing
            asks for it with each cart.
    """

    components: tuple[Component, ...]
    price: Price
    least: int = 0
    most: int = 0
    plain: tuple[tuple[str, int], ...] | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "components", tuple(self.components))
        object.__setattr__(self, "plain", _plain(self))
        refuse(self._problems())

    def _problems(self) -> Iterator[Problem]:
        count = len(self.components)
        if not 1 <= count <= MAX_COMPONENTS:
            message = N_("A set needs 1 to %(most)s components, not %(count)s; add or remove some.")
            yield Problem(("components",), message, {"most": MAX_COMPONENTS, "count": count})
        if len(set(self.components)) != count:
            message = N_("A component stands twice in the set; raise its quantity instead.")
            yield Problem(("components",), message, {})

    def sets_in(self, quantity: int) -> int:
        """How many sets of a mix *quantity* items are: full ones, and one of the rest where that is enough."""
        return quantity // self.most + (quantity % self.most >= self.least)


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
            yield Problem(("end",), N_("The bundle ends before it starts; set a later end."), {})

    def holds(self, now: dt.datetime) -> bool:
        """Whether the bundle is on at *now*, which needs a zone."""
        return self.begun(now) and (self.end is None or _since_1970(now) < _since_1970(self.end))

    def begun(self, now: dt.datetime) -> bool:
        """Whether *start* is past at *now*."""
        return self.start is None or _since_1970(self.start) <= _since_1970(now)


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
        kind: ``set`` (all components), ``ladder`` (two or more tiers; a piece counts for one of them), ``mix``
            (*least* to *most* of a group; a set is full before the next begins, and where pieces are free, they are
            the cheapest of the dearest *least*), ``extra`` (some components are free), ``steps`` (from so many pieces
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
        refuse(self._problems())

    def _problems(self) -> Iterator[Problem]:
        """What is wrong with the whole; its parts were checked when they were made."""
        if self.kind not in get_args(BundleKind):
            message = N_("There is no bundle kind %(value)s; use one of %(names)s.")
            yield Problem(("kind",), message, _choice(self.kind, get_args(BundleKind)))
            return
        if self.stacking not in get_args(Stacking):
            message = N_("There is no stacking rule %(value)s; use one of %(names)s.")
            yield Problem(("stacking",), message, _choice(self.stacking, get_args(Stacking)))
        if not self.texts or not all(isinstance(name, str) and name for name in self.texts):
            message = N_("A bundle needs a title in at least one language; give texts={'en': BundleText('…')}.")
            yield Problem(("texts",), message, {})
        for name, message in _LIMITS.items():
            if getattr(self, name) is not None:
                yield from _whole((name,), message, getattr(self, name), 1, MAX_QUANTITY)
        if self.segment is not None and not (self.segment and _is_text(self.segment, 64)):
            message = N_("The segment must be a name of 1 to 64 characters; leave it out for everybody.")
            yield Problem(("segment",), message, {})
        yield from _tiers(self.kind, self.tiers)

    def has_terms_of(self, other: Definition) -> bool:
        """Whether it differs from *other* in nothing but its texts."""
        return replace(self, texts=other.texts) == other

    def text_in(self, locale: str) -> BundleText:
        """The text for *locale* ("ja_JP"): its own, its language's, English ones, else the first."""
        for name in (locale, locale.replace("-", "_").partition("_")[0], "en"):
            if name in self.texts:
                return self.texts[name]
        return next(iter(self.texts.values()))


def _is_text(value: object, limit: int) -> bool:
    """Whether *value* can be stored: PostgreSQL takes no NUL, and no database half of a surrogate pair."""
    try:
        return isinstance(value, str) and len(value) <= limit and b"\x00" not in value.encode()
    except UnicodeEncodeError:
        return False


def _plain(tier: Tier) -> tuple[tuple[str, int], ...] | None:
    if tier.least or tier.price.kind == "free" or any(one.optional or one.variants for one in tier.components):
        return None
    pieces: dict[str, int] = {}
    for one in tier.components:
        pieces[one.product_id] = pieces.get(one.product_id, 0) + one.quantity
    return tuple(pieces.items())


def _tiers(kind: BundleKind, tiers: tuple[Tier, ...]) -> Iterator[Problem]:
    many, least = kind in ("ladder", "steps"), 2 if kind == "ladder" else 1
    if not least <= len(tiers) <= (MAX_TIERS if many else 1):
        values = {"kind": kind, "least": least, "most": MAX_TIERS, "count": len(tiers)}
        several = N_("A %(kind)s bundle needs %(least)s to %(most)s tiers, not %(count)s; add or remove some.")
        one = N_("A %(kind)s bundle needs exactly one tier, not %(count)s; add or remove some.")
        yield Problem(("tiers",), several if many else one, values)
    for number, tier in enumerate(tiers):
        for problem in tier_problems(kind, tier):
            yield problem.below("tiers", number)
    if kind == "steps":
        yield from _order_of_steps(tiers)


def tier_problems(kind: BundleKind, tier: Tier) -> Iterator[Problem]:
    """What is wrong with *tier* as one of a bundle of *kind*; paths begin at the tier."""
    for check in _CHECKS.get(kind, ()):
        yield from check(tier)


def _set(tier: Tier) -> Iterator[Problem]:
    if tier.least or tier.most:
        message = N_("Only a mix and quantity steps have numbers of pieces; leave least and most at 0.")
        yield Problem(("least",), message, {})
    required = [component for component in tier.components if not component.optional]
    if sum(component.quantity for component in required) < 2:
        message = N_("A set needs at least two pieces that are not optional; add a component or raise a quantity.")
        yield Problem(("components",), message, {})
    if len(tier.components) - len(required) > MAX_OPTIONAL:
        message = N_("A set has at most %(most)s optional components; make a mix or a ladder of it.")
        yield Problem(("components",), message, {"most": MAX_OPTIONAL})
    if len(required) < len(tier.components) and tier.price.kind == "fixed":
        message = N_("A fixed price cannot have optional components; make a ladder with a price for each tier.")
        yield Problem(("price",), message, {})
    yield from _free(tier)


def _free(tier: Tier) -> Iterator[Problem]:
    given = [component for component in tier.components if component.free]
    if bool(given) != (tier.price.kind == "free"):
        message = N_("Components marked free belong to the price kind 'free', which needs at least one of them.")
        yield Problem(("components",), message, {})
    elif given and all(component.free or component.optional for component in tier.components):
        message = N_("Something must be bought for the free extra; add a component that is neither.")
        yield Problem(("components",), message, {})


def _counted(tier: Tier) -> Iterator[Problem]:
    if any(c.quantity != 1 or c.optional or c.free for c in tier.components):
        message = N_("Components of a mix and of quantity steps are counted together: no quantity, optional or free.")
        yield Problem(("components",), message, {})


def _mix(tier: Tier) -> Iterator[Problem]:
    least = N_("The least number of a mix must be a whole number from %(least)s to %(most)s; %(value)s is not.")
    most = N_("The greatest number of a mix must be a whole number from %(least)s to %(most)s; %(value)s is not.")
    wrong = [*_whole(("least",), least, tier.least, 1, 100)]
    wrong = wrong or [*_whole(("most",), most, tier.most, tier.least, 100)]
    if wrong:
        yield from wrong
        return
    if tier.most < 2:
        yield Problem(("most",), N_("A mix chooses at least two pieces; raise its numbers."), {})
    elif tier.price.kind == "free" and tier.price.pieces >= tier.least:
        message = N_("Fewer pieces must be free than are chosen; lower the free ones.")
        yield Problem(("price", "pieces"), message, {})
    if tier.price.kind == "fixed" and tier.least != tier.most:
        message = N_("A mix at a fixed price needs one number of pieces; set least and most to the same.")
        yield Problem(("most",), message, {})


def _extra(tier: Tier) -> Iterator[Problem]:
    if tier.price.kind != "free":
        message = N_("A free extra needs the price kind 'free' and a component marked free.")
        yield Problem(("price",), message, {})


def _step(tier: Tier) -> Iterator[Problem]:
    message = N_("The number of pieces of a step must be a whole number from %(least)s to %(most)s; %(value)s is not.")
    yield from _whole(("least",), message, tier.least, 1, MAX_QUANTITY)
    if tier.most:
        message = N_("A quantity step holds for all pieces from its number on; leave most at 0.")
        yield Problem(("most",), message, {})
    if tier.price.kind == "free":
        message = N_("Quantity steps cannot have free pieces; make a mix with free pieces of it.")
        yield Problem(("price",), message, {})


def _order_of_steps(tiers: tuple[Tier, ...]) -> Iterator[Problem]:
    for number, (sooner, later) in enumerate(pairwise(tiers), 1):
        if type(sooner.least) is type(later.least) is int and later.least <= sooner.least:
            message = N_("Each quantity step must begin at more pieces than the one before; sort them.")
            yield Problem(("tiers", number, "least"), message, {})
        if later.components != sooner.components:
            message = N_("All quantity steps are about the same products; give each the same components.")
            yield Problem(("tiers", number, "components"), message, {})


_CHECKS: Final[Mapping[str, tuple[Callable[[Tier], Iterator[Problem]], ...]]] = {
    "set": (_set,),
    "ladder": (_set,),
    "extra": (_set, _extra),
    "mix": (_counted, _mix),
    "steps": (_counted, _step),
}


def _choice(value: object, names: tuple[str, ...]) -> dict[str, object]:
    return {"value": shown(value), "names": ", ".join(names)}


def _whole(path: Path, message: str, value: object, least: int, most: int) -> Iterator[Problem]:
    if type(value) is not int or not least <= value <= most:
        yield Problem(path, message, {"least": least, "most": most, "value": shown(value)})


OffKind: TypeAlias = Literal["scheduled", "ended", "used_up", "segment", "staff_only"]
"""Why a bundle is not on: it starts later, has ended, has reached its limit in all, or is for others."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A published bundle.

    Attributes:
        id: Its number in the database; of equal savings the lower one wins.
        version: Which version of the definition this is.
        uses_left: How often it may still apply in all orders; None without such a limit.
    """

    id: int
    definition: Definition
    version: int = 1
    uses_left: int | None = None

    def title(self, locale: str) -> str:
        """What shoppers call it."""
        return self.definition.text_in(locale).title

    def limit(self) -> int | None:
        """How often it may apply in one order now; None for any number of times."""
        limits = [one for one in (self.definition.limit_per_order, self.uses_left) if one is not None]
        return max(0, min(limits)) if limits else None


@dataclass(frozen=True, slots=True)
class Shopper:
    """What decides which bundles a shopper may have: names of segments, and ids of staff-only bundles unlocked."""

    segments: frozenset[str] = frozenset()
    unlocked: frozenset[int] = frozenset()

    def may_have(self, bundle: Bundle, now: dt.datetime) -> bool:
        """Whether *bundle* is on for this shopper at *now*, which needs a time zone."""
        return self.why_off(bundle, now) is None

    def why_off(self, bundle: Bundle, now: dt.datetime) -> OffKind | None:
        """Why *bundle* is not on for this shopper at *now*; None where it is."""
        definition = bundle.definition
        schedule = definition.schedule
        if not schedule.holds(now):
            return "ended" if schedule.begun(now) else "scheduled"
        if bundle.limit() == 0:
            return "used_up"
        if definition.segment is not None and definition.segment not in self.segments:
            return "segment"
        return "staff_only" if definition.staff_only and bundle.id not in self.unlocked else None
