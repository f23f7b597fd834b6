"""Explaining a page: the same choice as the page's, with a verdict and the counts behind every candidate."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shop_pages import add_pages, warm
from small_shop import SmallShop, made_products

from storefront_plugin import CartLine, MemoryCatalog, Product, Slot
from storefront_plugin.core.i18n import LANGUAGES, texts_for
from storefront_plugin.recommending.explaining import VERDICTS, Explained, ExplainedSlot
from storefront_plugin.recommending.page import Page
from storefront_plugin.recommending.plan import DEFAULT_PLAN, running
from storefront_plugin.recommending.rules.compiled import RuleBook
from storefront_plugin.recommending.rules.rule import Rule
from storefront_plugin.recommending.rules.store import RuleStore
from tests.recommending.test_rules import made_rules

MakeShop = Callable[..., SmallShop]


def page_of(placement: str, *products: str, category: str | None = None) -> Page:
    """A blocking page; of a cart-like one the products are the cart."""
    in_cart = placement in ("cart", "checkout")
    return Page(
        placement=placement,
        products=() if in_cart else products,
        cart=tuple(CartLine(product) for product in products) if in_cart else (),
        category=category,
        blocking=True,
    )


def explain(shop: SmallShop, placement: str, *products: str, category: str | None = None) -> dict[str, ExplainedSlot]:
    parts = shop.storefront.services
    slots = running(parts.suggestions.plan[placement])
    return {
        one.slot.name: one for one in parts.suggestions.explain(page_of(placement, *products, category=category), slots)
    }


def candidates(slot: ExplainedSlot) -> dict[str, Explained]:
    return {one.product_id: one for one in slot.candidates if one.kind != "repeated"}


def shop_with(make_shop: MakeShop, *slots: Slot, products: list[Product] | None = None, **options: object) -> SmallShop:
    plan = dict.fromkeys(("product", "cart", "category"), slots) if slots else None
    catalog = MemoryCatalog(products or made_products())
    return make_shop(STOREFRONT_PLAN=plan, catalog=catalog, **options)


ONE = Slot(name="mine", strategies=("also_bought",), limit=2)


def test_each_drop_has_its_reason(make_shop: MakeShop) -> None:
    """One product for each filter, known by construction: p1 is bought with p2 … p11."""
    products = {product.id: product for product in made_products(12)}
    products["p2"] = replace(products["p2"], stock=0)
    products["p3"] = replace(products["p3"], visible=False)
    products["p4"] = replace(products["p4"], variant_group="g")
    products["p1"] = replace(products["p1"], variant_group="g")
    del products["p5"]
    slots = (ONE, Slot(name="rest", strategies=("also_bought", "bestsellers"), limit=2))
    shop = shop_with(make_shop, *slots, products=list(products.values()))
    with shop.app.app_context():
        shop.place(*(["p1", f"p{n}"] for n in range(2, 12) for _ in range(24 - 2 * n + 4)))
        rule = RuleStore(shop.storefront.database).create(Rule(kind="exclude", target_value="p6")).id
        shop.storefront.services.news.rules_changed()
        found = explain(shop, "product", "p1")
        mine, rest = candidates(found["mine"]), candidates(found["rest"])
    kinds = {product_id: one.kind for product_id, one in mine.items()}
    assert kinds == {
        **{
            "p2": "sold_out",
            "p3": "hidden",
            "p4": "variant",
            "p5": "missing",
            "p6": "rule",
            "p7": "shown",
            "p8": "shown",
        },
        **{"p9": "limit", "p10": "limit", "p11": "limit"},
    }
    assert mine["p6"].rule == rule
    assert [one.place for one in found["mine"].shown] == [1, 2]
    assert (rest["p7"].kind, rest["p7"].elsewhere) == ("elsewhere", "mine")
    assert rest["p1"].kind == "own"
    assert [one.product_id for one in found["rest"].shown] == ["p9", "p10"]
    repeated = [one for one in found["rest"].candidates if one.kind == "repeated"]
    assert {one.strategy for one in repeated} == {"bestsellers"}


def test_a_slot_below_its_minimum_says_so(make_shop: MakeShop) -> None:
    """The candidates that would stand there are named, and nothing is shown."""
    shop = shop_with(make_shop, replace(ONE, minimum=2))
    with shop.app.app_context():
        shop.place(*[["p1", "p2"]] * 3)
        (slot,) = explain(shop, "product", "p1").values()
        assert ([one.kind for one in slot.candidates], slot.shown) == (["minimum"], ())


def test_too_few_orders_are_a_reason_and_another_source_may_show_the_product(make_shop: MakeShop) -> None:
    """Each product has one verdict: that of the source that shows it."""
    slots = (
        replace(ONE, strategies=("also_bought", "related"), minimum=1),
        Slot(name="b", strategies=("bought_together",)),
    )
    shop = shop_with(make_shop, *slots)
    with shop.app.app_context():
        shop.place(*[["p1", "p5"]] * 2, *[["p1", "p2"]] * 2)
        found = explain(shop, "product", "p1")
        kinds = {name: one.kind for name, one in candidates(found["mine"]).items()}
        assert (kinds["p2"], kinds["p5"]) == ("support", "shown")
        assert {one.kind for one in found["b"].candidates} == {"support"}


def test_a_cart_and_a_category_have_reasons_of_their_own(make_shop: MakeShop) -> None:
    """What lies in the cart, and what the category page does not list."""
    shop = shop_with(make_shop, Slot(name="best", strategies=("bestsellers",), minimum=1))
    with shop.app.app_context():
        shop.place(*[["p1", "p2"], ["p1", "p5"]] * 3)
        assert candidates(explain(shop, "cart", "p1")["best"])["p1"].kind == "in_cart"
        listed = candidates(explain(shop, "category", category="c1")["best"])
        assert {name: one.kind for name, one in listed.items()} == {"p1": "shown", "p2": "category", "p5": "shown"}


def test_the_counts_behind_a_pair_are_those_of_the_log(make_shop: MakeShop) -> None:
    """Of ten orders six hold p1, four p2, and three both: lift 3·10 / (6·4)."""
    shop = shop_with(make_shop, ONE)
    with shop.app.app_context():
        both, first = [["p1", "p2"]] * 3, [["p1", "p3"]] * 2 + [["p1", "p9"]]
        shop.place(*both, *first, ["p2", "p4"], *[["p5", "p6"]] * 3)
        evidence = candidates(explain(shop, "product", "p1")["mine"])["p2"].evidence
        assert (evidence.sold, evidence.support, evidence.seed_id) == (4, 3, "p1")
        assert evidence.orders == pytest.approx(4)
        assert evidence.lift == pytest.approx(30 / 24)
        in_cart = candidates(explain(shop, "cart", "p9", "p1")["mine"])["p2"].evidence
        assert (in_cart.support, in_cart.seed_id) == (3, "p1")
        related = explain(shop, "product", "p5")["mine"].candidates
        assert [one.evidence.support for one in related if one.product_id == "p6"] == [3]


def test_rules_behind_a_score_are_named(make_shop: MakeShop) -> None:
    """With what they made of it, and where it stood before."""
    shop = shop_with(make_shop, ONE)
    with shop.app.app_context():
        shop.place(*(["p1", f"p{n}"] for n in range(2, 6) for _ in range(8 - n)))
        made = [
            RuleStore(shop.storefront.database).create(rule).id
            for rule in (
                Rule(kind="boost", target_value="p5", strength=1000),
                Rule(kind="bury", target_kind="category", target_value="c1", strength=50),
                Rule(kind="pin", target_value="p9"),
            )
        ]
        shop.storefront.services.news.rules_changed()
        slot = explain(shop, "product", "p1")["mine"]
    pin, first = slot.shown
    assert (pin.product_id, pin.position, pin.strategy) == ("p9", None, "")
    assert (first.product_id, first.position, first.place, first.factor) == ("p5", 4, 2, 5.0)
    assert first.factor_rules == tuple(made[:2])
    assert first.score == pytest.approx(5 * first.raw)


PLACES = ("product", "cart", "home")


@pytest.fixture(scope="module")
def mixed_products() -> list[Product]:
    """Thirty products of which some are hidden, sold out, or variants of each other."""
    return [
        replace(
            product,
            stock=0 if number % 7 == 0 else None,
            visible=number % 9 != 0,
            variant_group=f"g{number // 4}" if number % 5 == 0 else None,
            brand=("Aster", "Birch", None)[number % 3],
            price=Decimal(number * 10),
            category_ids=(f"c{number % 3}",),
            rating=3 + number % 20 / 10,
            review_count=number,
        )
        for number, product in enumerate(made_products(30), start=1)
    ]


def test_the_explanation_is_the_page(make_shop: MakeShop, mixed_products: list[Product]) -> None:
    """Whatever the rules: the page shows, slot by slot, exactly what the explanation says it shows."""
    shop = add_pages(shop_with(make_shop, products=mixed_products))
    chance = random.Random(4)
    with shop.app.app_context():
        shop.place(*([f"p{n}" for n in chance.sample(range(1, 31), 4)] for _ in range(200)))
        shop.storefront.rebuild()
        parts = shop.storefront.services

        @settings(max_examples=40, deadline=None)
        @given(
            st.lists(made_rules(), max_size=12),
            st.sampled_from(PLACES),
            st.lists(st.integers(1, 30).map("p{}".format), min_size=1, max_size=4, unique=True),
        )
        def agree(rules: list[Rule], placement: str, products: list[str]) -> None:
            seeds = {"home": [], "product": products[:1]}.get(placement, products)
            parts.snapshots.current = replace(parts.snapshots.current, rules=RuleBook(dict(enumerate(rules, start=1))))
            parts.products.forget(None)
            slots = DEFAULT_PLAN[placement]
            filled = parts.suggestions.fill(replace(page_of(placement, *seeds), blocking=False), slots)
            explained = parts.suggestions.explain(page_of(placement, *seeds), slots)
            assert [[card.product.id for card in one.cards] for one in filled] == [
                [each.product_id for each in one.shown] for one in explained
            ]
            for one in explained:
                assert len({each.product_id for each in one.candidates if each.kind != "repeated"}) == len(
                    [each for each in one.candidates if each.kind != "repeated"]
                )

        agree()


def test_explaining_shows_what_shoppers_see(make_shop: MakeShop) -> None:
    """The HTML of the page has the cards of the explanation, in its order."""
    shop = add_pages(shop_with(make_shop))
    with shop.app.app_context():
        shop.place(*(["p1", f"p{n}"] for n in range(2, 9) for _ in range(12 - n)))
        shop.storefront.rebuild()
        shown = {name: [one.product_id for one in slot.shown] for name, slot in explain(shop, "product", "p1").items()}
    page = warm(shop, "/p/p1")
    assert {name: page.shown(name) for name in shown if name != "bought_together"} == {
        name: ids for name, ids in shown.items() if name != "bought_together"
    }


def test_a_product_that_nobody_knows_is_explained_too(make_shop: MakeShop) -> None:
    """No candidates is an answer, not an error."""
    shop = shop_with(make_shop)
    with shop.app.app_context():
        assert all(not slot.candidates for slot in explain(shop, "product", "nothing").values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_verdict_has_words(language: str) -> None:
    """In each language, with all that is put in."""
    texts = texts_for(language)
    for message in VERDICTS.values():
        words = texts.gettext(message, place=1, limit=4, minimum=2, elsewhere="related", support=3)
        assert words
        assert "%(" not in words
