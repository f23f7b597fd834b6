"""The choice among candidates."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from small_shop import made_products

from storefront_plugin.recommending.choosing import Proposal, choose
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
