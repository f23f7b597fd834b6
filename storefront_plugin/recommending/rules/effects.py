"""What rules do to a candidate, compiled for look-up. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import accumulate
from typing import NamedTuple, TypeVar

from ...shop.ports import Product
from .rule import Rule

_Key = TypeVar("_Key", str, int)


class Effect(NamedTuple):
    """What rules do to a candidate: the rule that excludes it, the factor of its score, and the rules behind that."""

    excluded_by: int | None = None
    factor: float = 1.0
    rules: tuple[int, ...] = ()

    def plus(self, other: Effect) -> Effect:
        """Both together."""
        return summed((self, other))


class Pin(NamedTuple):
    """A product shown first, in the order of *position*."""

    position: int
    rule: int
    product_id: str


NO_EFFECT = Effect()


def summed(effects: Sequence[Effect]) -> Effect:
    """All together."""
    if len(effects) < 2:
        return effects[0] if effects else NO_EFFECT
    excluded_by, factor, rules = effects[0]
    for effect in effects[1:]:
        excluded_by = effect.excluded_by if excluded_by is None else excluded_by
        factor *= effect.factor
        rules += effect.rules
    return Effect(excluded_by, factor, rules)


@dataclass(slots=True)
class Block:
    """The effects of all rules with one seed and one scope, by what they are about.

    *cheaper* and *dearer* hold effects by percent of the seed's price; `seal` sums them for a search by halves.
    """

    pins: list[Pin] = field(default_factory=list)
    products: dict[str, Effect] = field(default_factory=dict)
    categories: dict[str, Effect] = field(default_factory=dict)
    brands: dict[str, Effect] = field(default_factory=dict)
    cheaper: dict[int, Effect] = field(default_factory=dict)
    dearer: dict[int, Effect] = field(default_factory=dict)
    size: int = 0
    ranks: bool = False
    ranks_by_data: bool = False
    excludes_by_data: bool = False
    _cheaper: _Steps | None = None
    _dearer: _Steps | None = None

    def add(self, rule_id: int, rule: Rule) -> None:
        """Take in a rule."""
        self.size += 1
        if rule.kind == "pin":
            self.pins.append(Pin(rule.position, rule_id, rule.target_value or ""))
        elif rule.kind == "exclude":
            self._put(rule, Effect(excluded_by=rule_id))
            self.excludes_by_data |= rule.target_kind != "product"
        else:
            self._put(rule, Effect(factor=(rule.strength or 100) / 100, rules=(rule_id,)))
            self.ranks = True
            self.ranks_by_data |= rule.target_kind != "product"

    def seal(self) -> Block:
        """Ready for look-up."""
        if self.cheaper:
            self._cheaper = _steps(self.cheaper, from_the_end=True)
        if self.dearer:
            self._dearer = _steps(self.dearer, from_the_end=False)
        return self

    def collect(self, found: list[Effect], product_id: str, product: Product | None, seed: Product | None) -> None:
        """Add what is said of a candidate, in a few look-ups; of its id only where its *product* is not known."""
        if (effect := self.products.get(product_id)) is not None:
            found.append(effect)
        if product is None:
            return
        if self.brands and product.brand is not None and (effect := self.brands.get(product.brand)) is not None:
            found.append(effect)
        if self.categories:
            for category in product.category_ids:
                if (effect := self.categories.get(category)) is not None:
                    found.append(effect)
        if (self._cheaper or self._dearer) and seed is not None and seed.currency == product.currency:
            if self._cheaper is not None:
                found.append(self._cheaper.above(product.price, seed.price))
            if self._dearer is not None:
                found.append(self._dearer.below(product.price, seed.price))

    def _put(self, rule: Rule, effect: Effect) -> None:
        if rule.price_percent is not None and rule.target_kind in ("cheaper", "dearer"):
            relation = self.cheaper if rule.target_kind == "cheaper" else self.dearer
            relation[rule.price_percent] = relation.get(rule.price_percent, NO_EFFECT).plus(effect)
            return
        targets = {"product": self.products, "category": self.categories, "brand": self.brands}[rule.target_kind]
        value = rule.target_value or ""
        targets[value] = targets.get(value, NO_EFFECT).plus(effect)


def merged(blocks: Iterable[Block]) -> Block:
    """One block that does what all *blocks* do."""
    whole = Block()
    for block in blocks:
        whole.pins += block.pins
        whole.size += block.size
        whole.ranks |= block.ranks
        whole.ranks_by_data |= block.ranks_by_data
        whole.excludes_by_data |= block.excludes_by_data
        _take_in(whole.products, block.products)
        _take_in(whole.categories, block.categories)
        _take_in(whole.brands, block.brands)
        _take_in(whole.cheaper, block.cheaper)
        _take_in(whole.dearer, block.dearer)
    return whole.seal()


def _take_in(into: dict[_Key, Effect], effects: Mapping[_Key, Effect]) -> None:
    for key, effect in effects.items():
        before = into.get(key)
        into[key] = effect if before is None else before.plus(effect)


@dataclass(frozen=True, slots=True)
class _Steps:
    """Price relations by rising percent; *sums* holds the effects of all that apply, by how many do."""

    percents: tuple[int, ...]
    sums: tuple[Effect, ...]

    def above(self, price: Decimal, of_seed: Decimal) -> Effect:
        """Of all percents whose share of the seed's price is above *price*. Decimals: no rounding decides."""
        return self.sums[len(self.percents) - bisect_right(self.percents, price * 100, key=_shares(of_seed))]

    def below(self, price: Decimal, of_seed: Decimal) -> Effect:
        """Of all percents whose share of the seed's price is below *price*."""
        return self.sums[bisect_left(self.percents, price * 100, key=_shares(of_seed))]


def _shares(price: Decimal) -> Callable[[int], Decimal]:
    return lambda percent: price * percent


def _steps(effects: Mapping[int, Effect], from_the_end: bool) -> _Steps:
    percents = sorted(effects)
    summed = reversed(percents) if from_the_end else percents
    sums = accumulate((effects[percent] for percent in summed), Effect.plus, initial=NO_EFFECT)
    return _Steps(tuple(percents), tuple(sums))
