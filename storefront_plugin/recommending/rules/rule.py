"""A rule of the merchant: what is done to which candidates, on pages about which products. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from ...core.clock import State, state_of
from ...core.errors import N_, InputError
from ...core.problems import Problem, period_problems
from ...shop.ports import clean_id
from ..plan import PLACEMENTS

RuleKind: TypeAlias = Literal["pin", "exclude", "boost", "bury"]
SeedKind: TypeAlias = Literal["any", "product", "category", "brand"]
TargetKind: TypeAlias = Literal["product", "category", "brand", "cheaper", "dearer"]
RuleState: TypeAlias = State

RULE_KINDS: tuple[RuleKind, ...] = get_args(RuleKind)
SEED_KINDS: tuple[SeedKind, ...] = get_args(SeedKind)
TARGET_KINDS: tuple[TargetKind, ...] = get_args(TargetKind)
RULE_STATES: tuple[RuleState, ...] = get_args(RuleState)
PRICE_KINDS: frozenset[str] = frozenset({"cheaper", "dearer"})

MAX_STRENGTH = 1000
MAX_PRICE_PERCENT = 10_000
MAX_POSITION = 999
MAX_NOTE = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What the merchant says about suggestions.

    Attributes:
        kind: ``pin`` shows the target first, ``exclude`` never shows it, ``boost`` and ``bury`` change its score.
        seed_kind: On which pages: ``any``; about a ``product``; about products of a ``category`` or a ``brand`` (a
            category's own page counts as about it).
        seed_value: The id of that product or category, or the brand; None for ``any``.
        target_kind: Which candidates: a ``product``, all of a ``category`` or a ``brand``, or those ``cheaper`` or
            ``dearer`` than a share of the price of the page's first product. A pin needs a product.
        target_value: The id or brand; None for a price relation.
        price_percent: The share of a price relation: 50 with ``cheaper`` means "cheaper than half of it".
        strength: Percent that a boost (101 to 1000) or bury (1 to 99) leaves of the score: 150 is half as much again.
        placement: Only on this page type; None is all.
        strategy: Only in slots of this strategy; None is all.
        position: Order of pins, the least first.
        enabled: Whether it counts at all.
        starts_at: From when it counts; with a time zone.
        ends_at: Until when it counts, exclusive; with a time zone.
        note: For the merchant's colleagues.
    """

    kind: RuleKind
    seed_kind: SeedKind = "any"
    seed_value: str | None = None
    target_kind: TargetKind = "product"
    target_value: str | None = None
    price_percent: int | None = None
    strength: int | None = None
    placement: str | None = None
    strategy: str | None = None
    position: int = 0
    enabled: bool = True
    starts_at: dt.datetime | None = None
    ends_at: dt.datetime | None = None
    note: str = ""

    def state(self, now: dt.datetime) -> RuleState:
        """Whether it counts at *now*; if not, why."""
        return state_of(self, now)


def problems(rule: Rule, strategies: Collection[str]) -> Iterator[Problem]:
    """What is wrong with *rule*, field by field; *strategies* are the names there are."""
    yield from _kinds(rule, strategies)
    yield from _seed(rule)
    yield from _target(rule)
    yield from _strength(rule)
    yield from _rest(rule)


def _kinds(rule: Rule, strategies: Collection[str]) -> Iterator[Problem]:
    for field, value, known in (
        ("kind", rule.kind, RULE_KINDS),
        ("seed_kind", rule.seed_kind, SEED_KINDS),
        ("target_kind", rule.target_kind, TARGET_KINDS),
        ("placement", rule.placement, (None, *PLACEMENTS)),
        ("strategy", rule.strategy, (None, *strategies)),
    ):
        if value not in known:
            names = ", ".join(name for name in known if name is not None)
            yield Problem((field,), N_("%(value)s isn't allowed here; use one of %(names)s."), _values(value, names))


def _values(value: object, names: str) -> dict[str, object]:
    return {"value": f"{value!r:.40}", "names": names}


def _seed(rule: Rule) -> Iterator[Problem]:
    if rule.seed_kind == "any":
        if rule.seed_value is not None:
            yield Problem(
                ("seed_value",), N_("A rule for any page can't have a product, category or brand; clear it."), {}
            )
    elif not _is_id(rule.seed_value):
        yield Problem(("seed_value",), N_("Choose the product, category or brand of the pages."), {})


def _target(rule: Rule) -> Iterator[Problem]:
    if rule.kind == "pin" and rule.target_kind != "product":
        yield Problem(("target_kind",), N_("Only products can be pinned; choose a product or use a boost instead."), {})
    if rule.target_kind not in PRICE_KINDS:
        if not _is_id(rule.target_value):
            yield Problem(("target_value",), N_("Choose the product, category or brand for the rule."), {})
        return
    share = rule.price_percent
    if type(share) is not int or not 1 <= share <= MAX_PRICE_PERCENT:
        message = N_("The share of the price must be a whole percentage from 1 to %(most)s.")
        yield Problem(("price_percent",), message, {"most": MAX_PRICE_PERCENT})


def _strength(rule: Rule) -> Iterator[Problem]:
    strength = rule.strength
    if rule.kind == "boost" and (type(strength) is not int or not 101 <= strength <= MAX_STRENGTH):
        message = N_("A boost must be a whole percentage from 101 to %(most)s.")
        yield Problem(("strength",), message, {"most": MAX_STRENGTH})
    if rule.kind == "bury" and (type(strength) is not int or not 1 <= strength <= 99):
        yield Problem(("strength",), N_("A demotion must be a whole percentage from 1 to 99."), {})


def _rest(rule: Rule) -> Iterator[Problem]:
    if type(rule.position) is not int or abs(rule.position) > MAX_POSITION:
        message = N_("The position must be a whole number of at most %(most)s.")
        yield Problem(("position",), message, {"most": MAX_POSITION})
    yield from period_problems(rule.starts_at, rule.ends_at)
    if len(rule.note) > MAX_NOTE:
        yield Problem(("note",), N_("A note has at most %(most)s characters; shorten it."), {"most": MAX_NOTE})


def _is_id(value: str | None) -> bool:
    try:
        return value is not None and clean_id(value, "value") == value and bool(value.strip())
    except InputError:
        return False
