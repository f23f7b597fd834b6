"""Proposals are sets that shoppers buy beyond chance, at a discount that keeps the margin."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_shop import SmallShop

from storefront_plugin.bundles.definition import Definition
from storefront_plugin.bundles.proposals import Proposal, Terms, propose, reject, suggested_discount, unreject
from storefront_plugin.bundles.together import Together
from storefront_plugin.database import Base
from storefront_plugin.shop.memory import MemoryCatalog
from storefront_plugin.shop.ports import Product

COSTS = {"camera": "850", "lens": "100", "bag": None, "card": "1"}
PRICES = {"camera": "1000", "lens": "200", "bag": "50", "card": "10", "hidden": "5", "free": "0"}


def products(**changes: dict[str, object]) -> MemoryCatalog:
    """A camera with little margin, a lens with much, a bag without a known cost …"""
    found = []
    for name, price in PRICES.items():
        cost = COSTS.get(name)
        given: dict[str, object] = {
            "id": name,
            "title": name.title(),
            "price": Decimal(price),
            "cost": None if cost is None else Decimal(cost),
            "visible": name != "hidden",
        }
        found.append(Product(**given | changes.get(name, {})))  # type: ignore[arg-type]
    return MemoryCatalog(found)


@pytest.fixture
def ask(shop: SmallShop, tmp_path: Path):  # type: ignore[no-untyped-def]
    """Proposals after some orders."""
    with shop.storefront.database.connect() as connection:
        Base.metadata.create_all(connection)
        connection.commit()
    shop.place(*[("camera", "lens", "bag")] * 6, *[("camera", "lens")] * 4, *[("card",)] * 12)
    shop.place(*[("hidden", "camera")] * 5, *[("free", "lens")] * 5, *[("camera", "card")] * 1)

    def asked(catalog: MemoryCatalog | None = None, **options: object) -> list[Proposal]:
        mounted = shop.storefront.mounted
        terms = Terms(min_support=5, **options)  # type: ignore[arg-type]
        return propose(mounted.database, catalog or products(), mounted.numbers, tmp_path, "EUR", terms)

    return asked


def ids(proposals: list[Proposal]) -> list[tuple[str, ...]]:
    """The products of proposals."""
    return [tuple(product.id for product in one.products) for one in proposals]


def test_pairs_and_triples_bought_beyond_chance_are_proposed(ask) -> None:  # type: ignore[no-untyped-def]
    """With their figures; what is hidden, free or brought together by chance is not."""
    found = {tuple(sorted(names)): one for names, one in zip(ids(ask()), ask(), strict=True)}
    assert set(found) == {("camera", "lens"), ("bag", "camera"), ("bag", "lens"), ("bag", "camera", "lens")}
    pair = found["camera", "lens"]
    assert (pair.support, pair.price, pair.confidence) == (10, 120000, 10 / 16)
    assert pair.lift == pytest.approx(10 * 33 / (16 * 15))
    assert 0 < pair.expected_share < pair.confidence
    assert found["bag", "camera", "lens"].support == 6


def test_the_discount_keeps_the_margin_floor(ask) -> None:  # type: ignore[no-untyped-def]
    """950 of cost in 1 200 leave room for one percent above a fifth; without a known cost nothing is suggested."""
    found = {tuple(sorted(names)): one for names, one in zip(ids(ask()), ask(), strict=True)}
    pair = found["camera", "lens"]
    assert pair.discount == 1
    assert pair.margin is not None
    assert pair.margin >= 0.2
    unknown = found["bag", "lens"]
    assert (unknown.discount, unknown.margin, unknown.definition()) == (0, None, None)
    known = ask(discount_without_cost=5)
    assert {one.discount for one in known if one.margin is None} == {5}
    draft = pair.definition()
    assert isinstance(draft, Definition)
    assert draft.product_ids == {"camera", "lens"}


def test_a_rejected_set_stays_rejected(ask, shop: SmallShop) -> None:  # type: ignore[no-untyped-def]
    """In whatever order its products are named, until it is allowed again."""
    database = shop.storefront.database
    reject(database, ["lens", "camera"], "Mika")
    reject(database, ["camera", "lens"], "Mika")
    assert ("camera", "lens") not in {tuple(sorted(names)) for names in ids(ask())}
    unreject(database, ["camera", "lens"])
    assert ("camera", "lens") in {tuple(sorted(names)) for names in ids(ask())}


def test_variants_of_one_product_and_other_currencies_are_no_set(ask) -> None:  # type: ignore[no-untyped-def]
    """Two sizes of the same thing are not proposed together, nor what is priced in another currency."""
    alike = products(camera={"variant_group": "g"}, lens={"variant_group": "g"})
    assert {tuple(sorted(names)) for names in ids(ask(alike))} == {("bag", "camera"), ("bag", "lens")}
    assert ids(ask(products(camera={"currency": "USD"}))) in ([("lens", "bag")], [("bag", "lens")])


def test_a_shop_without_orders_has_no_proposals(shop: SmallShop, tmp_path: Path) -> None:
    """Nothing is made up."""
    with shop.storefront.database.connect() as connection:
        Base.metadata.create_all(connection)
        connection.commit()
    mounted = shop.storefront.mounted
    assert propose(mounted.database, products(), mounted.numbers, tmp_path, "EUR") == []
    assert list(tmp_path.glob("*.jsonl")) == []


@given(st.integers(1, 10**7), st.integers(0, 10**7), st.decimals("0", "0.99", places=2), st.integers(0, 99))
def test_no_suggestion_is_below_the_margin_floor(price: int, cost: int, floor: Decimal, wanted: int) -> None:
    """Whatever the price, the cost and the wish, the margin after the discount is at least the floor."""
    discount = suggested_discount(price, cost, Terms(margin_floor=floor, discount=wanted))
    assert 0 <= discount <= wanted
    if discount:
        after = price - (2 * price * discount + 100) // 200
        assert after - cost >= floor * after


def test_few_orders_promise_little() -> None:
    """The expected share is the lower end of what the orders allow."""
    few, many = Together((1, 2), 5, (10, 5), 100), Together((1, 2), 500, (1000, 500), 10000)
    assert few.confidence == many.confidence
    assert few.expected_share < 0.24 < 0.46 < many.expected_share
