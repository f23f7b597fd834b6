"""What a bundle is: components, price, schedule, limits and texts; checked when it is made and never changed after."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from types import MappingProxyType
from typing import Final, Literal, TypeAlias, get_args

from ..core.errors import InputError, shown
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
_TEXT_LIMITS: Final = {"title": 200, "benefit": 2000, "picture": 2000}


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
        _check_whole("quantity of a component", self.quantity, 1, MAX_QUANTITY)
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
        if not 1 <= len(self.components) <= MAX_COMPONENTS:
            raise InputError(
                f"A set needs 1 to {MAX_COMPONENTS} components, not {len(self.components)}; add or remove some."
            )
        if len(set(self.components)) != len(self.components):
            raise InputError("A component stands twice in the set; raise its quantity instead.")

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
        for moment in (self.start, self.end):
            if moment is not None and (not isinstance(moment, dt.datetime) or moment.tzinfo is None):
                raise InputError(f"{shown(moment)} has no time zone; give a datetime with tzinfo.")
        if self.start is not None and self.end is not None and _since_1970(self.end) <= _since_1970(self.start):
            raise InputError("The bundle ends before it starts; set a later end.")

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
        if not isinstance(self.title, str) or not self.title.strip():
            raise InputError("A bundle needs a title; write one line that says what it is.")
        for name, limit in _TEXT_LIMITS.items():
            text = getattr(self, name)
            if text is not None and not _is_text(text, limit):
                raise InputError(
                    f"The {name} of a bundle must be plain text of at most {limit} characters, without the NUL character "
                    "and halves of surrogate pairs; correct it."
                )


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
        _check_choice("bundle kind", self.kind, get_args(BundleKind))
        _check_choice("stacking rule", self.stacking, get_args(Stacking))
        if not self.texts or not all(isinstance(name, str) and name for name in self.texts):
            raise InputError("A bundle needs a title in at least one language; give texts={'en': BundleText('…')}.")
        for what in ("limit_per_order", "limit_in_all"):
            if getattr(self, what) is not None:
                _check_whole(what, getattr(self, what), 1, MAX_QUANTITY)
        if self.segment is not None and not (self.segment and _is_text(self.segment, 64)):
            raise InputError("The segment must be a name of 1 to 64 characters, or None for everybody.")
        _check_tiers(self.kind, self.tiers)

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


def _check_tiers(kind: BundleKind, tiers: tuple[Tier, ...]) -> None:
    many = kind in ("ladder", "steps")
    least = 2 if kind == "ladder" else 1
    if not least <= len(tiers) <= (MAX_TIERS if many else 1):
        raise InputError(
            f"A {kind} bundle needs {f'{least} to {MAX_TIERS} tiers' if many else 'exactly one tier'}, "
            f"not {len(tiers)}; add or remove some."
        )
    for tier in tiers:
        for check in _CHECKS[kind]:
            check(tier)
    if kind == "steps":
        _check_steps(tiers)


def _check_set(tier: Tier) -> None:
    if tier.least or tier.most:
        raise InputError("Only a mix and quantity steps have numbers of pieces; leave least and most at 0.")
    required = [component for component in tier.components if not component.optional]
    if sum(component.quantity for component in required) < 2:
        raise InputError("A set needs at least two pieces that are not optional; add a component or raise a quantity.")
    if len(tier.components) - len(required) > MAX_OPTIONAL:
        raise InputError(f"A set has at most {MAX_OPTIONAL} optional components; make a mix or a ladder of it.")
    if len(required) < len(tier.components) and tier.price.kind == "fixed":
        raise InputError("A fixed price cannot have optional components; make a ladder with a price for each tier.")
    _check_free(tier)


def _check_free(tier: Tier) -> None:
    given = [component for component in tier.components if component.free]
    if bool(given) != (tier.price.kind == "free"):
        raise InputError("Components marked free belong to the price kind 'free', which needs at least one of them.")
    if given and all(component.free or component.optional for component in tier.components):
        raise InputError("Something must be bought for the free extra; add a component that is neither.")


def _check_counting(tier: Tier) -> None:
    if any(c.quantity != 1 or c.optional or c.free for c in tier.components):
        raise InputError(
            "Components of a mix and of quantity steps are counted together: no quantity, optional or free."
        )


def _check_mix(tier: Tier) -> None:
    _check_whole("least number of a mix", tier.least, 1, 100)
    _check_whole("greatest number of a mix", tier.most, tier.least, 100)
    if tier.most < 2:
        raise InputError("A mix chooses at least two pieces; raise its numbers.")
    if tier.price.kind == "free" and tier.price.pieces >= tier.least:
        raise InputError("Fewer pieces must be free than are chosen; lower the free ones.")
    if tier.price.kind == "fixed" and tier.least != tier.most:
        raise InputError("A mix at a fixed price needs one number of pieces; set least and most to the same.")


def _check_extra(tier: Tier) -> None:
    if tier.price.kind != "free":
        raise InputError("A free extra needs the price kind 'free' and a component marked free.")


def _check_step(tier: Tier) -> None:
    _check_whole("number of pieces of a step", tier.least, 1, MAX_QUANTITY)
    if tier.most:
        raise InputError("A quantity step holds for all pieces from its number on; leave most at 0.")
    if tier.price.kind == "free":
        raise InputError("Quantity steps cannot have free pieces; make a mix with free pieces of it.")


def _check_steps(tiers: tuple[Tier, ...]) -> None:
    if any(later.least <= sooner.least for sooner, later in pairwise(tiers)):
        raise InputError("Each quantity step must begin at more pieces than the one before; sort them.")
    if any(tier.components != tiers[0].components for tier in tiers):
        raise InputError("All quantity steps are about the same products; give each the same components.")


_CHECKS: Final[Mapping[str, tuple[Callable[[Tier], None], ...]]] = {
    "set": (_check_set,),
    "ladder": (_check_set,),
    "extra": (_check_set, _check_extra),
    "mix": (_check_counting, _check_mix),
    "steps": (_check_counting, _check_step),
}


def _check_choice(what: str, value: object, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise InputError(f"There is no {what} {shown(value)}; use one of {', '.join(choices)}.")


def _check_whole(what: str, value: object, least: int, most: int) -> None:
    if type(value) is not int or not least <= value <= most:
        raise InputError(f"The {what} must be a whole number from {least} to {most}; {shown(value)} is not.")


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
