"""The choice among candidates."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_shop import made_products

from storefront_plugin.recommending.choosing import Proposal, Verdict, choose, first_ids
from storefront_plugin.recommending.strategies.also_bought import ALSO_BOUGHT
from storefront_plugin.shop.ports import Product

PRODUCTS: dict[str, Product | None] = {product.id: product for product in made_products(10)}


def proposals(*ids: str) -> list[Proposal]:
    return [Proposal(product_id, float(-place), "also_bought", ALSO_BOUGHT) for place, product_id in enumerate(ids)]


def ids(
    *wanted: str, products: dict[str, Product | None] | None = None, limit: int = 4, **options: object
) -> list[str]:
    options.setdefault("excluded", frozenset())
    options.setdefault("shown", frozenset())
    chosen = choose(proposals(*wanted), PRODUCTS if products is None else products, limit=limit, **options)  # type: ignore[arg-type]
    return [choice.product.id for choice in chosen.choices]


def test_eligibility_comes_before_the_limit() -> None:
    """Ask for four, get four if four exist: sold out and hidden products do not use up places."""
    products = {
        **PRODUCTS,
        "p1": replace(PRODUCTS["p1"], stock=0),
        "p2": replace(PRODUCTS["p2"], visible=False),
        "p3": None,
    }
    assert ids("p1", "p2", "p3", "p4", "p5", "p6", "p7", "p8", products=products) == ["p4", "p5", "p6", "p7"]


def test_untracked_stock_is_in_stock() -> None:
    """None means that the shop does not count items."""
    assert ids("p1", products={"p1": replace(PRODUCTS["p1"], stock=None)}) == ["p1"]


def test_excluded_shown_and_repeated_products_are_skipped() -> None:
    """The cart, other slots, and a second proposal of the same product."""
    assert ids("p1", "p1", "p2", "p3", excluded=frozenset({"p2"}), shown={"p3"}) == ["p1"]


def test_variants_of_one_group_never_stand_beside_each_other() -> None:
    """Neither among the cards nor beside the seed."""
    products = {
        name: replace(product, variant_group=group)
        for (name, product), group in zip(PRODUCTS.items(), "aabbccddee", strict=True)
    }
    assert ids("p1", "p2", "p3", "p5", products=products, groups=["b"]) == ["p1", "p5"]


def test_unknown_products_are_reported_only_while_places_are_free() -> None:
    """A second look-up happens only for a slot that ran short."""
    chosen = choose(proposals("x", "p1", "p2"), PRODUCTS, frozenset(), frozenset(), 2)
    assert chosen.unknown == ["x"]
    assert choose(proposals("p1", "x"), PRODUCTS, frozenset(), frozenset(), 1).unknown == []


@given(
    st.lists(st.sampled_from([f"p{n}" for n in range(1, 11)]), max_size=30),
    st.sets(st.sampled_from([f"p{n}" for n in range(1, 11)])),
    st.integers(1, 6),
)
def test_the_choice_is_the_first_eligible_ones(wanted: list[str], sold_out: set[str], limit: int) -> None:
    """The same as a plain list comprehension says."""
    products = {n: replace(p, stock=0 if n in sold_out else 1) for n, p in PRODUCTS.items() if p is not None}
    plain = [product_id for product_id in dict.fromkeys(wanted) if product_id not in sold_out][:limit]
    assert ids(*wanted, products=products, limit=limit) == plain  # type: ignore[arg-type]


def of(strategy: str, *ids: str) -> list[Proposal]:
    return [one._replace(strategy=strategy) for one in proposals(*ids)]


@pytest.mark.parametrize(
    ("first", "least", "expected"),
    [
        (("p1", "p2", "p3"), 3, ["p1", "p2", "p3"]),
        (("p1", "p2"), 3, ["p1", "p2", "p8", "p9"]),
        (("p1", "p2"), 2, ["p1", "p2"]),
        ((), 3, ["p8", "p9"]),
        (("p1",), 0, ["p1"]),
    ],
)
def test_a_fallback_is_asked_where_less_than_the_least_was_found(
    first: tuple[str, ...], least: int, expected: list[str]
) -> None:
    """What is sold out does not count as found; the verdict on the others says that they were not needed."""
    products = {**PRODUCTS, "p10": replace(PRODUCTS["p10"], stock=0)}  # type: ignore[type-var]
    found = [*of("also_bought", "p10", *first), *of("related", "p8", "p9")]
    nothing: frozenset[str] = frozenset()
    assert [one.product.id for one in choose(found, products, nothing, nothing, 4, least=least).choices] == expected
    verdicts: list[Verdict] = []
    choose(found, products, nothing, nothing, 4, least=least, verdicts=verdicts)
    assert ({one.kind for one in verdicts if one.proposal.strategy == "related"} == {"fallback"}) is (
        "p8" not in expected
    )


def test_pins_count_but_are_no_source_of_their_own() -> None:
    """Beside three pins the first strategy still shows what it found."""
    found = [*of("", "p1", "p2", "p3"), *of("also_bought", "p4"), *of("related", "p5")]
    chosen = choose(found, PRODUCTS, frozenset(), frozenset(), 8, least=3)
    assert [one.product.id for one in chosen.choices] == ["p1", "p2", "p3", "p4"]


def test_a_look_ahead_leaves_fallbacks_out_where_enough_is_there() -> None:
    """Their products are not looked up in vain."""
    found = [*of("also_bought", "p1", "p2", "p3"), *of("related", "p5", "p6")]
    assert first_ids(found, (), 9, 3) == ["p1", "p2", "p3"]
    assert first_ids(found, (), 9, 4) == ["p1", "p2", "p3", "p5", "p6"]
    assert first_ids(found, (), 2, 9) == ["p1", "p2"]
