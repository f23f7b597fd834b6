"""Rules: what can be said, what the compiled book answers, and what pages then show."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shop_pages import add_pages, counted_sql, visit, warm
from small_shop import SmallShop

from storefront_plugin import CartLine, MemoryCatalog, Product, Slot
from storefront_plugin.core.errors import InputError
from storefront_plugin.core.problems import refuse
from storefront_plugin.proxies import SERVICES
from storefront_plugin.recommending.choosing import RANKED, Chain, Proposal, choose
from storefront_plugin.recommending.rules.compiled import MAX_LAYERS, RuleBook, clamped, compiled_rules
from storefront_plugin.recommending.rules.rule import PRICE_KINDS, Rule, problems
from storefront_plugin.recommending.rules.store import RuleStore
from storefront_plugin.recommending.strategies import STRATEGIES
from storefront_plugin.recommending.strategies.related import ALIKE

MakeShop = Callable[..., SmallShop]
NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.timezone.utc)

IDS = [f"p{n}" for n in range(1, 8)]
CATEGORIES, BRANDS = ["c0", "c1", "c2"], ["Aster", "Birch"]
PLACES, WAYS = ["product", "cart"], ["also_bought", "related"]


def made_product(number: int) -> Product:
    """Product p<number> at <number> hundred, in two of three categories, of one of two brands or none."""
    return Product(
        id=f"p{number}",
        title=f"Product {number}",
        price=Decimal(number * 100),
        currency="JPY" if number == 7 else "EUR",
        category_ids=(CATEGORIES[number % 3], CATEGORIES[(number + 1) % 3]),
        brand=None if number == 6 else BRANDS[number % 2],
        url=f"/p/p{number}",
    )


PRODUCTS: dict[str, Product | None] = {f"p{n}": made_product(n) for n in range(1, 8)}


# What can be said.


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"kind": "hide"}, "kind"),
        ({"kind": "pin", "target_kind": "brand", "target_value": "Aster"}, "target_kind"),
        ({"kind": "exclude", "seed_kind": "product"}, "seed_value"),
        ({"kind": "exclude", "seed_value": "p1"}, "seed_value"),
        ({"kind": "exclude", "target_value": " "}, "target_value"),
        ({"kind": "exclude", "target_kind": "cheaper", "target_value": None}, "price_percent"),
        ({"kind": "boost"}, "strength"),
        ({"kind": "boost", "strength": 100}, "strength"),
        ({"kind": "bury", "strength": 100}, "strength"),
        ({"kind": "exclude", "placement": "shelf"}, "placement"),
        ({"kind": "exclude", "strategy": "magic"}, "strategy"),
        ({"kind": "pin", "position": 5000}, "position"),
        ({"kind": "exclude", "starts_at": NOW, "ends_at": NOW}, "ends_at"),
        ({"kind": "exclude", "starts_at": dt.datetime(2026, 3, 1)}, "starts_at"),
        ({"kind": "exclude", "note": "x" * 256}, "note"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_with_the_field_named(fields: dict[str, Any], field: str) -> None:
    """Each sentence belongs to the field that has to be corrected."""
    rule = Rule(**{"target_value": "p1", **fields})
    assert [problem.path for problem in problems(rule, STRATEGIES)] == [(field,)]
    with pytest.raises(InputError):
        refuse(problems(rule, STRATEGIES))


def test_a_rule_is_on_from_its_start_until_its_end() -> None:
    """The end is exclusive; one that is switched off is off whatever its times."""
    hour = dt.timedelta(hours=1)
    rule = Rule(kind="exclude", target_value="p1", starts_at=NOW, ends_at=NOW + hour)
    assert [rule.state(NOW + step * hour) for step in (-1, 0, 1)] == ["scheduled", "on", "ended"]
    assert replace(rule, enabled=False).state(NOW) == "off"


# The compiled book.

ids = st.sampled_from(IDS)
seeds = st.one_of(
    st.just(("any", None)),
    st.tuples(st.just("product"), ids),
    st.tuples(st.just("category"), st.sampled_from(CATEGORIES)),
    st.tuples(st.just("brand"), st.sampled_from(BRANDS)),
)
targets = st.one_of(
    st.tuples(st.just("product"), ids, st.none()),
    st.tuples(st.just("category"), st.sampled_from(CATEGORIES), st.none()),
    st.tuples(st.just("brand"), st.sampled_from(BRANDS), st.none()),
    st.tuples(st.sampled_from(sorted(PRICE_KINDS)), st.none(), st.sampled_from([25, 50, 100, 150, 200])),
)


@st.composite
def made_rules(draw: st.DrawFn) -> Rule:
    """Any rule that can be, about few products, so that many of them meet."""
    seed_kind, seed_value = draw(seeds)
    kind = draw(st.sampled_from(["pin", "exclude", "boost", "bury"]))
    target_kind, target_value, share = ("product", draw(ids), None) if kind == "pin" else draw(targets)
    strength = {"boost": draw(st.sampled_from([125, 200, 400])), "bury": draw(st.sampled_from([25, 50]))}.get(kind)
    rule = Rule(
        kind=kind,
        seed_kind=seed_kind,
        seed_value=seed_value,
        target_kind=target_kind,
        target_value=target_value,
        price_percent=share,
        strength=strength,
        placement=draw(st.one_of(st.none(), st.sampled_from(PLACES))),
        strategy=draw(st.one_of(st.none(), st.sampled_from(WAYS))),
        position=draw(st.integers(0, 2)),
    )
    refuse(problems(rule, STRATEGIES))
    return rule


class PlainRules:
    """The model: walks all rules for each question."""

    def __init__(self, rules: Mapping[int, Rule], placement: str, seeds: Sequence[str], category: str | None) -> None:
        self.placement, self.seeds, self.category = placement, seeds, category
        self.about = [(number, rule) for number, rule in rules.items() if self.is_about(rule)]

    def is_about(self, rule: Rule) -> bool:
        known = [PRODUCTS[seed] for seed in self.seeds]
        categories = {self.category, *(one for product in known if product for one in product.category_ids)}
        brands = {product.brand for product in known if product}
        here = rule.placement in (None, self.placement)
        meant = {
            "any": True,
            "product": rule.seed_value in self.seeds,
            "category": rule.seed_value in categories,
            "brand": rule.seed_value in brands,
        }
        return here and meant[rule.seed_kind]

    def of(self, strategy: str, product: Product) -> list[tuple[int, Rule]]:
        """The rules about one candidate."""
        return [
            (number, rule)
            for number, rule in self.about
            if rule.kind != "pin" and rule.strategy in (None, strategy) and self.meets(rule, product)
        ]

    def meets(self, rule: Rule, product: Product) -> bool:
        seed = PRODUCTS[self.seeds[0]] if self.seeds else None
        if rule.target_kind in PRICE_KINDS:
            if seed is None or seed.currency != product.currency:
                return False
            edge = seed.price * (rule.price_percent or 0) / 100
            return product.price < edge if rule.target_kind == "cheaper" else product.price > edge
        own = {"product": (product.id,), "brand": (product.brand,), "category": product.category_ids}
        return rule.target_value in own[rule.target_kind]

    def pins(self, strategies: Sequence[str]) -> list[tuple[int, str]]:
        """Positions and products; which of several equal positions comes first is left open."""
        found = [
            (rule.position, rule.target_value or "")
            for _, rule in self.about
            if rule.kind == "pin" and rule.strategy in (None, *strategies)
        ]
        first: dict[str, int] = {}
        for position, product_id in sorted(found):
            first.setdefault(product_id, position)
        return sorted((position, product_id) for product_id, position in first.items())


@given(
    st.lists(made_rules(), max_size=40),
    st.sampled_from(PLACES),
    st.lists(ids, max_size=5, unique=True),
    st.one_of(st.none(), st.sampled_from(CATEGORIES)),
)
def test_the_compiled_book_says_what_a_walk_through_all_rules_says(
    rules: list[Rule], placement: str, seeds: list[str], category: str | None
) -> None:
    """For every candidate: which rules change its score, by how much, and whether one excludes it."""
    numbered = dict(enumerate(rules, start=1))
    page = compiled_rules(numbered).on_page(placement, seeds, category, PRODUCTS)
    plain = PlainRules(numbered, placement, seeds, category)
    assert sorted((pin.position, pin.product_id) for pin in page.pins(WAYS)) == plain.pins(WAYS)
    for strategy in WAYS:
        for product in filter(None, PRODUCTS.values()):
            effect = page.effect(strategy, product.id, product)
            wanted = plain.of(strategy, product)
            factors = [(rule.strength or 0) / 100 for _, rule in wanted if rule.kind in ("boost", "bury")]
            product_of_all = 1.0
            for factor in factors:
                product_of_all *= factor
            assert effect.factor == pytest.approx(product_of_all)
            assert sorted(effect.rules) == [n for n, rule in wanted if rule.kind in ("boost", "bury")]
            excluding = [n for n, rule in wanted if rule.kind == "exclude"]
            assert (effect.excluded_by in excluding) if excluding else effect.excluded_by is None
            if factors:
                assert page.ranks(strategy)


def test_blocks_beyond_the_most_are_merged_without_loss() -> None:
    """A cart of twenty products with rules of their own asks few blocks a candidate, and misses none."""
    seeds = [f"s{number}" for number in range(20)]
    rules = {
        number: Rule(kind="boost", seed_kind="product", seed_value=seed, target_value="p1", strength=101 + number)
        for number, seed in enumerate(seeds)
    }
    page = compiled_rules(rules).on_page("cart", seeds, None, {})
    assert sorted(page.effect("related", "p1", None).rules) == list(range(20))
    assert len(page._of("related")) == MAX_LAYERS


def test_pins_of_the_pages_product_come_before_those_of_any_page() -> None:
    """Where their positions are equal; a lower position comes first whoever it is for."""
    rules = {
        1: Rule(kind="pin", target_value="p1"),
        2: Rule(kind="pin", target_value="p2", seed_kind="category", seed_value="c0"),
        3: Rule(kind="pin", target_value="p3", seed_kind="product", seed_value="p6"),
        4: Rule(kind="pin", target_value="p4", position=-1),
        5: Rule(kind="pin", target_value="p5", strategy="trending"),
    }
    page = compiled_rules(rules).on_page("product", ["p6"], None, PRODUCTS)
    assert [pin.product_id for pin in page.pins(["related"])] == ["p4", "p3", "p2", "p1"]


def test_a_rule_starts_and_ends_on_time_without_reading_anything() -> None:
    """The book compiles itself again when a boundary passes, and only then."""
    hour = 3600.0
    book = RuleBook(
        {
            1: Rule(kind="exclude", target_value="p1", starts_at=NOW, ends_at=NOW + dt.timedelta(hours=1)),
            2: Rule(kind="exclude", target_value="p2", enabled=False),
        }
    )

    def excluded(moment: float) -> bool:
        return book.at(moment).on_page("home", [], None, {}).effect("related", "p1", None).excluded_by == 1

    began = NOW.timestamp()
    assert [excluded(began + step) for step in (-1, 0, hour - 1, hour, hour + 1, 0)] == [0, 1, 1, 0, 0, 1]
    assert book.at(began) is book.at(began + hour / 2)
    assert not book.at(began + 2 * hour)


def test_many_boosts_together_stay_within_reason() -> None:
    """A hundred rules that agree make no infinite score."""
    rules = {n: Rule(kind="boost", target_value="p1", strength=1000) for n in range(400)}
    factor = compiled_rules(rules).on_page("home", [], None, {}).effect("related", "p1", None).factor
    assert clamped(factor) == 1000.0


# What rules do to the order.


def proposals(strategy: str, scores: Mapping[str, float]) -> tuple[str, list[Proposal]]:
    return strategy, [Proposal(name, score, strategy, ALIKE, strategy) for name, score in scores.items()]


def test_a_boost_ranks_within_its_strategy_and_fallbacks_stay_behind() -> None:
    """However much a fallback's candidate is boosted."""
    rules = {
        1: Rule(kind="boost", target_value="p3", strength=300),
        2: Rule(kind="boost", target_value="p5", strength=1000),
        3: Rule(kind="bury", target_kind="brand", target_value="Birch", strength=50),
    }
    page = compiled_rules(rules).on_page("product", [], None, {})
    chain = Chain(
        [proposals("also_bought", {"p1": 3.0, "p2": 2.5, "p3": 1.2}), proposals("related", {"p4": 0.9, "p5": 0.8})],
        True,
    )
    order = [(one.product_id, one.score, one.factor) for one in chain.proposals(page, PRODUCTS)]
    assert order == [
        ("p2", 2.5, 1.0),
        ("p3", pytest.approx(1.8), 1.5),
        ("p1", 1.5, 0.5),
        ("p5", pytest.approx(4.0), 5.0),
        ("p4", 0.9, 1.0),
    ]


def test_candidates_behind_the_first_hundred_keep_their_order() -> None:
    """What is looked up for rules is bounded."""
    scores = {f"q{number}": 500.0 - number for number in range(300)}
    rules = {
        1: Rule(kind="boost", target_value=f"q{RANKED}", strength=1000),
        2: Rule(kind="bury", target_value="q0", strength=1),
    }
    page = compiled_rules(rules).on_page("product", [], None, {})
    order = [one.product_id for one in Chain([proposals("related", scores)], True).proposals(page, {})]
    assert order == [*(f"q{n}" for n in range(1, RANKED)), "q0", *(f"q{n}" for n in range(RANKED, 300))]


def test_an_exclusion_beats_a_pin() -> None:
    """What must not be shown is not shown."""
    rules = {1: Rule(kind="pin", target_value="p1"), 2: Rule(kind="exclude", target_kind="category", target_value="c1")}
    page = compiled_rules(rules).on_page("product", [], None, {})
    found = Chain([proposals("related", {"p2": 1.0, "p3": 0.5})], True).proposals(page, PRODUCTS)
    chosen = choose(found, PRODUCTS, frozenset(), frozenset(), 4, rules=page)
    assert [choice.product.id for choice in chosen.choices] == ["p2"]


# Pages.


class SqlCatalog(MemoryCatalog):
    """A catalogue that notes how many products each call asked for."""

    def __init__(self, products: Sequence[Product]) -> None:
        super().__init__(products)
        self.asked: list[int] = []

    def get_many(self, ids: Sequence[str]) -> Mapping[str, Product]:
        self.asked.append(len(ids))
        return super().get_many(ids)


def ruled_shop(make_shop: MakeShop, *rules: Rule) -> SmallShop:
    """A shop where p1 is bought with p2 … p20, the lower ones more often, and pages show one slot of four."""
    plan = {"product": (Slot(name="mine", strategies=("also_bought",), limit=4, minimum=1),)}
    products = [
        replace(
            made_product(n),
            id=f"p{n}",
            price=Decimal(n),
            currency="EUR",
            brand=BRANDS[n % 2],
            category_ids=(f"c{n % 4}",),
        )
        for n in range(1, 21)
    ]
    catalog = SqlCatalog(products)
    shop = add_pages(
        make_shop(TESTING=False, STOREFRONT_DRAIN="off", STOREFRONT_PLAN=plan, catalog=catalog, cart=_Cart())
    )
    with shop.app.app_context():
        shop.place(*(["p1", f"p{n}"] for n in range(2, 21) for _ in range(22 - n)))
        for rule in rules:
            RuleStore(shop.storefront.database).create(rule)
        shop.storefront.services.news.rules_changed()
    return shop


class _Cart:
    def lines(self) -> list[CartLine]:
        return [CartLine("p1")]

    def add_form(self, product: Product) -> None:
        return None


@pytest.mark.parametrize(
    ("rule", "shown"),
    [
        (Rule(kind="pin", target_value="p20"), ["p20", "p2", "p3", "p4"]),
        (Rule(kind="pin", target_value="p20", seed_kind="brand", seed_value="Birch"), ["p20", "p2", "p3", "p4"]),
        (Rule(kind="pin", target_value="p20", seed_kind="category", seed_value="c2"), ["p2", "p3", "p4", "p5"]),
        (Rule(kind="pin", target_value="p20", placement="cart"), ["p2", "p3", "p4", "p5"]),
        (Rule(kind="exclude", target_kind="category", target_value="c2"), ["p3", "p4", "p5", "p7"]),
        (Rule(kind="exclude", target_kind="brand", target_value="Aster"), ["p3", "p5", "p7", "p9"]),
        (Rule(kind="exclude", target_kind="cheaper", price_percent=1500), ["p15", "p16", "p17", "p18"]),
        (
            Rule(kind="exclude", target_kind="dearer", price_percent=300, seed_kind="category", seed_value="c1"),
            ["p2", "p3"],
        ),
        (Rule(kind="boost", target_value="p9", strength=1000), ["p9", "p2", "p3", "p4"]),
        (Rule(kind="bury", target_kind="brand", target_value="Aster", strength=1), ["p3", "p5", "p7", "p9"]),
        (Rule(kind="bury", target_value="p2", strength=1, strategy="related"), ["p2", "p3", "p4", "p5"]),
    ],
)
def test_a_rule_changes_what_a_page_shows(make_shop: MakeShop, rule: Rule, shown: list[str]) -> None:
    """The page about p1, which shows the four most often bought with it."""
    assert warm(ruled_shop(make_shop)).shown("mine") == ["p2", "p3", "p4", "p5"]
    assert warm(ruled_shop(make_shop, rule)).shown("mine") == shown


RULES_OF_ALL_KINDS = (
    Rule(kind="pin", target_value="p20", seed_kind="brand", seed_value="Birch"),
    Rule(kind="exclude", target_kind="cheaper", price_percent=400),
    Rule(kind="boost", target_kind="category", target_value="c3", strength=200, seed_kind="category", seed_value="c1"),
    Rule(kind="bury", target_kind="brand", target_value="Aster", strength=50),
)


def test_a_ruled_page_keeps_its_promises(make_shop: MakeShop) -> None:
    """Warm it asks nobody, cold it asks the catalogue once, and shows the same."""
    shop = ruled_shop(make_shop, *RULES_OF_ALL_KINDS)
    catalog: Any = shop.storefront.catalog
    first = warm(shop).shown("mine")
    catalog.asked.clear()
    with counted_sql() as statements:
        assert visit(shop).shown("mine") == first
    assert (statements, catalog.asked) == ([], [])
    shop.app.extensions[SERVICES].products.forget(None)
    assert visit(shop).shown("mine") == first
    assert len(catalog.asked) == 1


def test_rules_about_other_pages_look_nothing_more_up(make_shop: MakeShop) -> None:
    """A page that no rule is about costs what it did: the look-up is as small as without rules."""
    other = Rule(
        kind="boost", target_kind="category", target_value="c3", strength=200, seed_kind="product", seed_value="p9"
    )
    asked = []
    for rules in ((), (other,)):
        shop = ruled_shop(make_shop, *rules)
        catalog: Any = shop.storefront.catalog
        warm(shop)
        shop.app.extensions[SERVICES].products.forget(None)
        catalog.asked.clear()
        visit(shop)
        asked.append(catalog.asked)
    assert asked[0] == asked[1]


def test_a_rule_reaches_pages_when_it_is_made_and_leaves_them_on_its_end(
    make_shop: MakeShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its end needs no refresh of what the process holds."""
    shop = ruled_shop(make_shop)
    ends = dt.datetime.now(dt.timezone.utc) + dt.timedelta(hours=1)
    warm(shop)
    with shop.app.app_context():
        RuleStore(shop.storefront.database).create(Rule(kind="exclude", target_value="p2", ends_at=ends))
        shop.storefront.services.news.rules_changed()
        shop.storefront.services.snapshots.refresh_if_due()
    assert visit(shop).shown("mine") == ["p3", "p4", "p5", "p6"]
    monkeypatch.setattr("storefront_plugin.recommending.cards.time.time", lambda: ends.timestamp())
    assert visit(shop).shown("mine") == ["p2", "p3", "p4", "p5"]
