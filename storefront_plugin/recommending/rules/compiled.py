"""All rules of a shop, compiled once: a page asks a few look-ups, and so does each candidate, however many there are. Pure."""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from ...shop.ports import Product
from .effects import Block, Effect, Pin, merged, summed
from .rule import PRICE_KINDS, Rule

SeedKey: TypeAlias = tuple[str, str]
Scope: TypeAlias = tuple[str | None, str | None]

MAX_LAYERS = 8
"""Blocks asked for each candidate; the smallest of more are merged for the page (a cart has many seeds)."""

LEAST_FACTOR, MOST_FACTOR = 0.001, 1000.0

MAX_PINS_AHEAD = 60
"""Products pinned to categories and brands that a page looks up before it knows those of its seeds."""

_ANY: SeedKey = ("any", "")


class RuleBook:
    """The rules that are enabled, by id; `at` gives those in force, compiled again when one starts or ends."""

    def __init__(self, rules: Mapping[int, Rule] | None = None) -> None:
        self.rules = {rule_id: rule for rule_id, rule in sorted((rules or {}).items()) if rule.enabled}
        self._boundaries = sorted(
            moment.timestamp()
            for rule in self.rules.values()
            for moment in (rule.starts_at, rule.ends_at)
            if moment is not None
        )
        # Replaced as a whole: another thread may look in between.
        self._compiled = (-math.inf, -math.inf, NO_RULES)

    def at(self, now: float) -> CompiledRules:
        """The rules in force at *now*, seconds since 1970."""
        since, until, compiled = self._compiled
        if not since <= now < until:
            since, until, compiled = self._compiled = self._compile(now)
        return compiled

    def _compile(self, now: float) -> tuple[float, float, CompiledRules]:
        passed = max((moment for moment in self._boundaries if moment <= now), default=-math.inf)
        coming = min((moment for moment in self._boundaries if moment > now), default=math.inf)
        moment = dt.datetime.fromtimestamp(now, dt.timezone.utc)
        active = {rule_id: rule for rule_id, rule in self.rules.items() if rule.state(moment) == "on"}
        return passed, coming, compiled_rules(active)


@dataclass(frozen=True, slots=True)
class CompiledRules:
    """Rules by what the page is about and where they hold.

    Attributes:
        blocks: By seed, then by placement and strategy (None: all).
        asks_seeds: Whether product data of the seeds decides anything.
        ahead: What might hold on a page whose seeds are not known yet: rules by category and brand, all in one.
    """

    blocks: Mapping[SeedKey, Mapping[Scope, Block]] = field(default_factory=dict)
    asks_seeds: bool = False
    ahead: Block = field(default_factory=Block)

    def __bool__(self) -> bool:
        return bool(self.blocks)

    def on_page(
        self, placement: str, seeds: Sequence[str], category: str | None, products: Mapping[str, Product | None]
    ) -> PageRules:
        """The rules of one page.

        Args:
            placement: The page type.
            seeds: Ids of the products it is about, the first first.
            category: The category it lists, if any.
            products: Known products; where a seed's is missing, what hangs on its data does not hold (yet).
        """
        if not self.blocks:
            return NO_PAGE_RULES
        keys = dict.fromkeys(self._keys(seeds, category, products))
        matched = [scopes for key in keys if (scopes := self.blocks.get(key)) is not None]
        unsure = self.asks_seeds and any(seed not in products for seed in seeds)
        if not matched and not unsure:
            return NO_PAGE_RULES
        seed = products.get(seeds[0]) if seeds else None
        return PageRules(placement, matched, seed, self.ahead if unsure else None)

    def _keys(
        self, seeds: Sequence[str], category: str | None, products: Mapping[str, Product | None]
    ) -> Iterator[SeedKey]:
        for seed in seeds:
            yield "product", seed
        if category is not None:
            yield "category", category
        if self.asks_seeds:
            for known in (product for seed in seeds if (product := products.get(seed)) is not None):
                if known.brand is not None:
                    yield "brand", known.brand
                for category_id in known.category_ids:
                    yield "category", category_id
        yield _ANY


class PageRules:
    """What the merchant says about one page; false where that is nothing."""

    def __init__(
        self, placement: str, matched: Sequence[Mapping[Scope, Block]], seed: Product | None, ahead: Block | None
    ) -> None:
        self._placement = placement
        self._matched = matched
        self._seed = seed
        self._ahead = ahead
        self._layers: dict[str, tuple[Block, ...]] = {}
        self._common: tuple[Block, ...] | None = None
        self._effects: dict[tuple[str, str, bool], Effect] = {}

    def __bool__(self) -> bool:
        return bool(self._matched) or self._ahead is not None

    def pins(self, strategies: Collection[str]) -> list[Pin]:
        """What is shown first in a slot of *strategies*, each product once.

        By position; of equal ones those of the page's products first, in their order, and those of any page last.
        """
        scopes = [(placement, name) for placement in (None, self._placement) for name in (None, *strategies)]
        found = [
            pin for seed in self._matched for scope in scopes for pin in (seed[scope].pins if scope in seed else ())
        ]
        once: dict[str, Pin] = {}
        for pin in sorted(found, key=lambda pin: pin.position):
            once.setdefault(pin.product_id, pin)
        return list(once.values())

    def effect(self, strategy: str, product_id: str, product: Product | None) -> Effect:
        """What is done to a candidate of *strategy*; by its id only where its product is not known."""
        key = (strategy, product_id, product is None)
        effect = self._effects.get(key)
        if effect is None:
            found: list[Effect] = []
            for block in self._of(strategy):
                block.collect(found, product_id, product, self._seed)
            effect = self._effects[key] = summed(found)
        return effect

    def ranks(self, strategy: str) -> bool:
        """Whether any score of *strategy* may change."""
        return any(block.ranks for block in self._of(strategy))

    def ranks_by_data(self, strategy: str) -> bool:
        """Whether scores of *strategy* may hang on product data, which is then looked up before the ranking."""
        ahead = self._ahead is not None and self._ahead.ranks_by_data
        return ahead or any(block.ranks_by_data for block in self._of(strategy))

    def excludes_by_data(self, strategy: str) -> bool:
        """Whether candidates of *strategy* may be excluded for their data, so that more must be looked up."""
        ahead = self._ahead is not None and self._ahead.excludes_by_data
        return ahead or any(block.excludes_by_data for block in self._of(strategy))

    def pins_ahead(self) -> list[str]:
        """Products that may be pinned once the seeds are known."""
        return [pin.product_id for pin in self._ahead.pins[:MAX_PINS_AHEAD]] if self._ahead is not None else []

    def _of(self, strategy: str) -> tuple[Block, ...]:
        layers = self._layers.get(strategy)
        if layers is None:
            if self._common is None:
                self._common = _few([*self._in((None, None)), *self._in((self._placement, None))])
            own = [*self._in((None, strategy)), *self._in((self._placement, strategy))]
            layers = self._layers[strategy] = _few([*self._common, *own]) if own else self._common
        return layers

    def _in(self, scope: Scope) -> Iterator[Block]:
        return (block for scopes in self._matched if (block := scopes.get(scope)) is not None)


NO_RULES = CompiledRules()
NO_PAGE_RULES = PageRules("", (), None, None)


def clamped(factor: float) -> float:
    """The factor of a score, kept within reason however many rules agree."""
    return min(max(factor, LEAST_FACTOR), MOST_FACTOR)


def compiled_rules(rules: Mapping[int, Rule]) -> CompiledRules:
    """*rules* by id, ready for look-up; all of them count, whatever their times."""
    blocks: defaultdict[SeedKey, defaultdict[Scope, Block]] = defaultdict(lambda: defaultdict(Block))
    for rule_id, rule in sorted(rules.items()):
        blocks[rule.seed_kind, rule.seed_value or ""][rule.placement, rule.strategy].add(rule_id, rule)
    for scopes in blocks.values():
        for block in scopes.values():
            block.seal()
    by_data = [block for (kind, _), scopes in blocks.items() if kind in _BY_DATA for block in scopes.values()]
    relations = any(rule.target_kind in PRICE_KINDS for rule in rules.values())
    return CompiledRules(
        {key: dict(scopes) for key, scopes in blocks.items()}, bool(by_data) or relations, merged(by_data)
    )


_BY_DATA = ("category", "brand")


def _few(blocks: list[Block]) -> tuple[Block, ...]:
    """The same as at most `MAX_LAYERS` blocks."""
    if len(blocks) > MAX_LAYERS:
        blocks.sort(key=lambda block: -block.size)
        blocks = [*blocks[: MAX_LAYERS - 1], merged(blocks[MAX_LAYERS - 1 :])]
    return tuple(blocks)
