"""Each way of suggesting, with answers known by construction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from small_shop import SmallShop, made_products

from storefront_plugin import MemoryCatalog, Product, services
from storefront_plugin.content.rankings import Ranking
from storefront_plugin.recommending import refresher
from storefront_plugin.recommending.strategies import RANKINGS

KINDS = ("kettle", "spade", "pillow", "lamp")


def rated_products() -> list[Product]:
    """Twenty products of four kinds; p1 has one single five-star review, p5 has a hundred of 4.6."""
    ratings = {"p1": (5.0, 1), "p5": (4.6, 100), "p9": (4.0, 40), "p2": (4.9, 300)}
    return [
        replace(
            product,
            title=f"{KINDS[number % 4]} number {number}",
            rating=ratings.get(product.id, (3.5, 10))[0],
            review_count=ratings.get(product.id, (3.5, 10))[1],
        )
        for number, product in enumerate(made_products(), start=1)
    ]


@pytest.fixture
def rated_shop(make_shop: Callable[..., SmallShop]) -> Iterator[SmallShop]:
    """A shop with reviews and no orders at all."""
    shop = make_shop(catalog=MemoryCatalog(rated_products()))
    with shop.app.app_context():
        shop.storefront.drain()
        yield shop


def test_related_works_with_no_orders_at_all(rated_shop: SmallShop) -> None:
    """Products of the seed's kind and category come first."""
    found = rated_shop.ids("related", "p1", limit=4)
    assert set(found) == {"p5", "p9", "p13", "p17"}


def test_a_single_five_star_review_wins_nothing(rated_shop: SmallShop) -> None:
    """A hundred good reviews say more than one enthusiast."""
    found = rated_shop.ids("top_rated", limit=20)
    assert found[0] == "p2"
    assert found.index("p5") < found.index("p9")
    assert found.index("p5") < found.index("p1")


def test_old_reviews_count_less(make_shop: Callable[..., SmallShop]) -> None:
    """Of two equal products the one whose newest review is of this year stands first."""
    now = dt.datetime.now(dt.timezone.utc)
    products = rated_products()
    products[3] = replace(products[3], rating=4.8, review_count=20, reviewed_at=now - dt.timedelta(days=4000))
    products[7] = replace(products[7], rating=4.8, review_count=20, reviewed_at=now)
    shop = make_shop(catalog=MemoryCatalog(products))
    with shop.app.app_context():
        shop.storefront.drain()
        found = shop.ids("top_rated", limit=20)
        assert found.index("p8") < found.index("p4")


def test_a_ranking_of_the_catalogue_is_held_by_every_process(
    make_shop: Callable[..., SmallShop], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a strategy declares of products reaches its pages, best first; nothing else names it."""
    stocked = Ranking("stocked", lambda product: product.stock)
    for module in (services, refresher):
        monkeypatch.setattr(module, "RANKINGS", (*RANKINGS, stocked))
    stock = {"p3": 7, "p5": 9, "p8": 1}
    shop = make_shop(catalog=MemoryCatalog([replace(one, stock=stock.get(one.id)) for one in made_products()]))
    with shop.app.app_context():
        shop.storefront.drain()
        held = shop.storefront.services.snapshots.get()
    assert list(held.ranking("stocked").items()) == [(5, 9.0), (3, 7.0), (8, 1.0)]
    assert held.ranking("unknown") == {}


def test_top_rated_on_a_page_stays_near_its_product(rated_shop: SmallShop) -> None:
    """A spade is no help beside a kettle, however well it is rated."""
    page = rated_shop.storefront.page("product", ["p1"])
    filled = {slot.name: [card.product.id for card in slot.cards] for slot in rated_shop.storefront.fill(page)}
    shown = [*filled["also_bought"], *filled["related"], *filled["top_rated"]]
    assert "p2" not in filled["top_rated"]
    assert len(shown) == len(set(shown))


def test_a_page_whose_similar_products_are_not_rated_shows_none_of_elsewhere(
    make_shop: Callable[..., SmallShop],
) -> None:
    """The best of the whole shop are for pages that nothing is like; `recommend` goes on with them."""
    others = [
        replace(one, rating=None, review_count=0) if n % 4 == 0 else one for n, one in enumerate(rated_products())
    ]
    shop = make_shop(catalog=MemoryCatalog(others))
    with shop.app.app_context():
        shop.storefront.drain()
        page = shop.storefront.page("product", ["p1"])
        assert shop.storefront.fill(page, ["top_rated"])[0].is_empty
        assert shop.ids("top_rated", "p1", limit=1) == ["p2"]


def test_bought_together_needs_the_minimum_support(shop: SmallShop) -> None:
    """Two orders are an accident; three are said."""
    shop.place(*[["p1", "p2"]] * 3, *[["p1", "p3"]] * 2)
    (found,) = shop.storefront.recommend("bought_together", ["p1"])
    assert (found.product_id, found.support, found.reason) == ("p2", 3, "Bought together in 3 orders")


def test_bestsellers_are_in_most_orders(shop: SmallShop) -> None:
    """Orders of one product count too."""
    shop.place(*[["p7"]] * 5, *[["p1", "p2"]] * 4, ["p3"])
    assert shop.ids("bestsellers", limit=3) == ["p7", "p1", "p2"]


def test_a_category_page_shows_its_own_bestsellers(shop: SmallShop) -> None:
    """Products of other categories are passed over, and the promised number is filled if it exists."""
    shop.place(*[["p1", "p2"]] * 5, *[["p5", "p6"]] * 4, *[["p9", "p10"]] * 3, *[["p13"]] * 2)
    page = shop.storefront.page("category", category="c1")
    (slot,) = shop.storefront.fill(page, ["bestsellers"])
    assert [card.product.id for card in slot.cards if card.source == "bestsellers"] == ["p1", "p5", "p9"]


def test_trending_is_what_sells_more_than_it_used_to(shop: SmallShop) -> None:
    """A constant bestseller does not trend; a product that takes off does."""
    steady = [shop.order("p1", "p2", day=day) for day in range(70)]
    rising = [shop.order("p3", "p4", day=68) for _ in range(6)]
    shop.storefront.import_orders([*steady, *rising])
    assert set(shop.ids("trending", limit=2)) == {"p3", "p4"}


def test_cart_and_product_page_score_differently(shop: SmallShop) -> None:
    """The cart page prefers what is special to its products, the product page what most people take."""
    shop.place(*[["p1", "p2"]] * 12, *[["p2", f"p{n}"] for n in range(4, 18)] * 4, *[["p1", "p3"]] * 6)
    assert shop.ids("also_bought", "p1", placement="product", limit=2) == ["p2", "p3"]
    assert shop.ids("also_bought", "p1", placement="cart", limit=1, specialness=0.5) == ["p3"]


def test_all_lines_of_a_cart_count_and_none_is_offered(shop: SmallShop) -> None:
    """Whole-cart input: what goes with both stands before what goes with one."""
    shop.place(*[["p1", "p5"]] * 4, *[["p2", "p5"]] * 4, *[["p1", "p6"]] * 5, *[["p1", "p2"]] * 9)
    found = shop.ids("also_bought", "p1", "p2", placement="cart", limit=3)
    assert found[0] == "p5"
    assert not {"p1", "p2"} & set(found)


@pytest.mark.parametrize("placement", ["product", "cart"])
def test_pages_claim_only_what_enough_orders_hold(shop: SmallShop, placement: str) -> None:
    """Two orders are an accident; `recommend` lists every pair, and behind them what is only popular."""

    def also_bought() -> list[tuple[str, int | None]]:
        page = shop.storefront.page(placement, ["p1"])
        (slot,) = shop.storefront.fill(page, ["also_bought"])
        return [(card.product.id, card.support) for card in slot.cards if card.source == "also_bought"]

    shop.place(*[["p1", "p2"]] * 2, *[["p8", "p9"]] * 50)
    assert also_bought() == []
    shop.place(*[["p1", f"p{n}"] for n in (3, 4, 5)] * 3)
    assert sorted(also_bought()) == [("p3", 3), ("p4", 3), ("p5", 3)]
    found = shop.storefront.recommend("also_bought", ["p1"], placement=placement)
    assert [one.source for one in found] == ["also_bought"] * 4 + ["bestsellers"] * 2
    assert {one.product_id for one in found[:4]} == {"p2", "p3", "p4", "p5"}


def test_a_cart_claims_what_enough_orders_hold_with_one_of_its_lines(shop: SmallShop) -> None:
    """Orders with different lines are not added up: the card names those of one pair."""
    shop.place(*[["p1", "p3"]] * 2, *[["p2", "p3"]] * 2, *[["p2", f"p{n}"] for n in (4, 5, 6)] * 3)
    page = shop.storefront.page("cart", ["p1", "p2"])
    (slot,) = shop.storefront.fill(page, ["also_bought"])
    assert "p3" not in {card.product.id for card in slot.cards if card.source == "also_bought"}
    assert shop.ids("bought_together", "p1", "p2", placement="cart") == ["p4", "p5", "p6"]


def test_a_bestseller_is_in_enough_orders(shop: SmallShop) -> None:
    """What two sold is none on a page."""
    shop.place(*[[f"p{n}"] for n in (1, 2, 3)] * 3, *[["p4"]] * 2)
    (slot,) = shop.storefront.fill(shop.storefront.page("home"), ["bestsellers"])
    assert [card.product.id for card in slot.cards] == ["p1", "p2", "p3"]
    assert shop.ids("bestsellers") == ["p1", "p2", "p3", "p4"]
