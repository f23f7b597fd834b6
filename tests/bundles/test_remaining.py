"""What a cart leaves of products and variants, and that bundles are offered, chosen and posted by it alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pytest
from bs4 import BeautifulSoup
from bundle_shop import BundleShop, bundle_shop, stocked
from made_bundles import TEXTS, mix_of, set_of, steps_of
from small_shop import SmallShop

from storefront_plugin import MemoryCatalog
from storefront_plugin.bundles.cart.lines import LineItem
from storefront_plugin.bundles.cart.stock import Remaining
from storefront_plugin.bundles.definition import Definition
from storefront_plugin.bundles.price import free_items, percent_off
from storefront_plugin.bundles.tier import Component, Tier
from storefront_plugin.shop.ports import Variant

MakeShop = Callable[..., SmallShop]
OFF = percent_off(10)
ONE_FREE = Definition(
    kind="extra", tiers=(Tier((Component("p1"), Component("p1", free=True)), free_items()),), texts=TEXTS
)


def shop_with(make_shop: MakeShop, **stock: Mapping[str, int | None]) -> BundleShop:
    """A shop in which products come in variants with so much stock: ``p1={"red": 2}``."""

    def variants(ids: Sequence[str]) -> dict[str, list[Variant]]:
        return {
            name: [Variant(each, each.title(), None, left) for each, left in stock[name].items()]
            for name in ids
            if name in stock
        }

    return bundle_shop(make_shop, MemoryCatalog(stocked(), variants=variants))


def test_items_in_the_cart_are_taken_from_product_and_variant() -> None:
    """A variant that nobody knows takes from all together; what is not tracked has no limit."""
    stock, variants = {"a": 9, "b": None, "c": 5}, {"a": {"red": 2, "blue": 4}, "b": {"red": 1, "blue": None}}
    lines = [LineItem("a", 3, 1, "red"), LineItem("a", 1, 1, "green"), LineItem("c", 7, 1)]
    left = Remaining(stock, variants, lines)
    assert [left.of("a", name) for name in ("red", "blue", "green", None)] == [0, 4, 0, 3]
    assert [left.of("b", name) for name in ("red", "blue", None)] == [1, None, None]
    assert (left.of("c"), left.of("gone"), left.of("c", "any")) == (0, 0, 0)
    left.take("a", "blue", 3)
    assert (left.has("a", "blue", 1), left.has("a", "blue", 2)) == (True, False)


@pytest.mark.parametrize(
    ("stock", "shown"),
    [
        ({"red": 1, "blue": 0}, None),
        ({"red": 0, "blue": 0}, None),
        ({"red": 2, "blue": 0}, ["red", "red"]),
        ({"red": 1, "blue": 1}, ["red", "blue"]),
        ({"red": None, "blue": 0}, ["red", "red"]),
    ],
    ids=str,
)
def test_buy_one_get_one_needs_two_items_over_its_variants(
    make_shop: MakeShop, stock: Mapping[str, int | None], shown: list[str] | None
) -> None:
    """The choice that stands first is available as it stands, and posting it adds just that."""
    shop = shop_with(make_shop, p1=stock)
    shop.publish(ONE_FREE)
    form = shop.soup("/p/p1").select_one("form.storefront-set")
    if shown is None:
        assert form is None
        return
    assert form is not None
    assert [one["value"] for one in form.select("option[selected]")] == shown
    shop.submit(form)
    assert sum(quantity for _, _, quantity in shop.cart) == 2
    assert {variant for _, variant, _ in shop.cart} == set(shown)


def test_the_cart_counts_where_a_bundle_is_offered_and_posted(make_shop: MakeShop) -> None:
    """The last red one is in the cart: the shopper's own fragment offers nothing, and an older page adds nothing."""
    shop = shop_with(make_shop, p1={"red": 1, "blue": 0})
    number = shop.publish(set_of("p1", "p2", price=OFF))
    assert shop.soup("/p/p1").select("[data-storefront-bundle]")
    shop.fill(("p1", "red", 1))
    own = shop.client.get("/storefront/fragment/product?product=p1").text
    assert "data-storefront-bundle" not in own
    for chosen in ({}, {"variant-0": "red"}, {"variant-0": "blue"}):
        shop.post(bundle=number, version=2, tier=0, **chosen)
        assert shop.cart == [("p1", "red", 1)]


def test_only_variants_with_all_items_left_can_be_chosen(make_shop: MakeShop) -> None:
    """Three of one colour; an unpressed button of another page is checked likewise."""
    shop = shop_with(make_shop, p2={"red": 1, "gold": 9, "blue": 3})
    tier = Tier((Component("p2", 3), Component("p3")), OFF)
    number = shop.publish(Definition(kind="set", tiers=(tier,), texts=TEXTS))
    shop.fill(("p2", "blue", 1))
    page = shop.client.get("/storefront/fragment/product?product=p3").text
    assert [disabled_of(page)] == [{"red": True, "gold": False, "blue": True}]
    for colour in ("red", "blue"):
        shop.post(bundle=number, version=2, tier=0, **{"variant-0": colour})
    assert shop.cart == [("p2", "blue", 1)]
    shop.post(bundle=number, version=2, tier=0, **{"variant-0": "gold"})
    assert shop.cart == [("p2", "blue", 1), ("p2", "gold", 3), ("p3", None, 1)]


def disabled_of(page: str) -> dict[str, bool]:
    options = BeautifulSoup(page, "html5lib").select("select[name^=variant] option")
    return {str(one["value"]): one.has_attr("disabled") for one in options}


def test_steps_offer_only_what_has_a_whole_step_left(make_shop: MakeShop) -> None:
    """One colour has three items, another two; nothing has six."""
    shop = shop_with(make_shop, p2={"red": 2, "gold": 4})
    number = shop.publish(steps_of("p2", steps={3: OFF, 6: percent_off(20)}))
    form = shop.soup("/p/p2").select_one("form.storefront-steps")
    assert form is not None
    assert [one["value"] for one in form.select("button")] == ["0"]
    assert disabled_of(str(form)) == {"red": True, "gold": False}
    shop.post(bundle=number, version=2, tier=1, **{"variant-0": "gold"})
    assert shop.cart == []


def test_a_mix_begins_with_as_many_as_its_variants_have(make_shop: MakeShop) -> None:
    """One item of the scarce one and two of the other; more of the scarce one are refused."""
    shop = shop_with(make_shop, p2={"red": 1})
    number = shop.publish(mix_of("p2", "p3", price=OFF, least=3))
    numbers = shop.soup("/p/p2").select("input[type=number]")
    assert [one["value"] for one in numbers] == ["1", "2"]
    shop.post(bundle=number, version=2, tier=0, **{"pieces-0": "2", "pieces-1": "1"})
    assert shop.cart == []


def test_what_the_cart_lacks_is_offered_in_variants_that_it_leaves(make_shop: MakeShop) -> None:
    """The last red one is in the cart already."""
    shop = shop_with(make_shop, p2={"red": 1, "gold": 1})
    shop.publish(set_of("p4", "p2", price=OFF))
    shop.fill(("p4", None, 2), ("p2", "red", 1))
    form = shop.soup("/cart").select_one("form.storefront-near")
    assert form is not None
    assert disabled_of(str(form)) == {"red": True, "gold": False}
    shop.submit(form, **{"variant-0": "red"})
    assert shop.cart == [("p4", None, 2), ("p2", "red", 1)]
    shop.submit(form, once="again")
    assert shop.cart == [("p4", None, 2), ("p2", "red", 1), ("p2", "gold", 1)]


def test_a_product_that_sold_out_in_the_meantime_changes_no_other_choice(make_shop: MakeShop) -> None:
    """What the shopper chose of a group is added, though the page counted one more before it."""
    shop = shop_with(make_shop)
    shop.publish(mix_of("p3", "p4", "p5", price=OFF, least=2))
    shop.fill(("p3", None, 1))
    form = shop.soup("/cart").select_one("form.storefront-near")
    catalog = shop.shop.storefront.catalog
    catalog._products.pop("p4")  # type: ignore[attr-defined]
    with shop.shop.app.app_context():
        shop.shop.storefront.product_changed("p4")
    shop.submit(form, **{"product-0": "2"})
    assert shop.cart == [("p3", None, 1), ("p5", None, 1)]
