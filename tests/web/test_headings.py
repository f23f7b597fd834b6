"""The heading of a slot is true of its cards: on the page, as JSON and where the merchant inspects the page."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from admin_form import Merchants
from shop_pages import add_pages, warm
from small_shop import SmallShop

from storefront_plugin import Merchant, Slot

MakeShop = Callable[..., SmallShop]
CLAIM = Slot(name="mine", strategies=("also_bought", "related"), layout="carousel")
PAIRS = {"none": (), "two": ("p2", "p3"), "three": ("p2", "p3", "p4")}
"""What three orders each hold with p1; p5, p9, p13 and p17 are like it."""

TITLES = {
    "en": {"none": "Related products", "two": "You may also like", "three": "Customers also bought"},
    "ja": {"none": "関連商品", "two": "こちらもおすすめ", "three": "ほかのお客様はこんな商品も購入しています"},
}


@pytest.fixture(params=["en", "ja"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def shop_of(make_shop: MakeShop, pairs: Sequence[str], slot: Slot = CLAIM, language: str = "en") -> SmallShop:
    access = lambda: Merchant("First editor")  # noqa: E731
    plan = {"product": (slot,)}
    shop = add_pages(make_shop(STOREFRONT_PLAN=plan, STOREFRONT_LOCALE=language, admin_access=access))
    with shop.app.app_context():
        shop.place(*[["p1", other] for other in pairs] * 3)
    return shop


@pytest.mark.parametrize("pairs", PAIRS)
def test_the_heading_follows_what_found_the_cards(make_shop: MakeShop, language: str, pairs: str) -> None:
    """One source gives its own; of several it claims nothing. Enough of the first source need no fallback."""
    shop = shop_of(make_shop, PAIRS[pairs], language=language)
    page = warm(shop)
    (slot,) = shop.app.test_client().get("/storefront/api/placements/product?product=p1").json["slots"]
    titles = [heading.get_text(strip=True) for heading in page.soup.select("h2")]
    shown = page.shown("mine")
    assert titles == [slot["title"]] == [TITLES[language][pairs]]
    assert set(shown) == {"p2", "p3", "p4"} if pairs == "three" else set(PAIRS[pairs]) < set(shown)
    assert [card["product_id"] for card in slot["cards"]] == shown


@pytest.mark.parametrize("pairs", PAIRS)
def test_inspect_has_the_heading_of_the_page(make_shop: MakeShop, pairs: str) -> None:
    """And says of fallbacks that they were not needed."""
    browser = Merchants(shop_of(make_shop, PAIRS[pairs]))
    browser.get("explain?product=p1")
    assert browser.texts(".explain-slot h2") == [TITLES["en"][pairs]]
    assert ("Not needed: the source before it found enough" in browser.soup.get_text()) is (pairs == "three")


def test_cards_of_a_mixed_slot_say_each_why_they_are_there(make_shop: MakeShop) -> None:
    """Beside a heading of one source the same words would be noise."""
    reasons = [
        each.get_text(strip=True) for each in warm(shop_of(make_shop, PAIRS["two"])).soup.select(".storefront-reason")
    ]
    assert reasons == ["Also bought in 3 orders"] * 2 + ["Similar product"] * 2
    assert not warm(shop_of(make_shop, PAIRS["none"])).soup.select(".storefront-reason")


@pytest.mark.parametrize(("minimum", "is_shown"), [(None, False), (2, True), (0, True), (3, False)])
def test_a_slot_with_fewer_than_three_cards_is_left_out_by_default(
    make_shop: MakeShop, minimum: int | None, is_shown: bool
) -> None:
    """Whoever wants fewer says so; `recommend` gives what there is."""
    shop = shop_of(make_shop, PAIRS["two"], Slot(name="mine", strategies=("also_bought",), minimum=minimum))
    assert bool(warm(shop).shown("mine")) is is_shown
    with shop.app.app_context():
        assert sorted(shop.ids("also_bought", "p1", limit=2)) == ["p2", "p3"]
    answer = shop.app.test_client().get("/storefront/api/recommendations?strategy=bought_together&product=p1")
    assert len(answer.json["recommendations"]) == 2


def test_a_pin_shows_its_slot_unless_the_slot_has_a_minimum_of_its_own(make_shop: MakeShop) -> None:
    """A merchant who pins means it."""
    for minimum, shown in ((None, ["p9"]), (3, [])):
        shop = shop_of(make_shop, (), Slot(name="mine", strategies=("also_bought",), minimum=minimum))
        with shop.app.app_context():
            shop.storefront.pin("p9", to="p1")
        assert warm(shop).shown("mine") == shown


@pytest.mark.parametrize(
    ("slot", "least"),
    [
        (Slot(name="s", strategies=("related",)), 3),
        (Slot(name="s", strategies=("related",), limit=2), 2),
        (Slot(name="s", strategies=("bought_together",), layout="together", limit=4), 1),
        (Slot(name="s", strategies=("bought_together",), layout="together", minimum=2), 2),
    ],
)
def test_the_default_minimum_fits_the_layout_and_the_limit(slot: Slot, least: int) -> None:
    """The box of products bought together is whole with one."""
    assert slot.least == least


def test_what_a_fallback_alone_would_fill_is_left_to_its_own_slot(make_shop: MakeShop) -> None:
    """Two slots under one heading would be one too many; Inspect says where its products are."""
    own = Slot(name="own", strategies=("related",))
    shop = add_pages(make_shop(STOREFRONT_PLAN={"product": (CLAIM, own)}, admin_access=lambda: Merchant("Editor")))
    page = warm(shop)
    assert (page.shown("mine"), len(page.shown("own"))) == ([], 4)
    browser = Merchants(shop)
    browser.get("explain?product=p1")
    states = [each.get_text(strip=True) for each in browser.soup.select(".explain-slot")[0].select(".state")]
    assert set(states) == {"Left to the slot of its own source"}
    with shop.app.app_context():
        shop.place(*[["p1", "p2"]] * 3)
    page = warm(shop)
    assert page.shown("mine")[0] == "p2"
    assert [each.get_text(strip=True) for each in page.soup.select("h2")] == ["You may also like"]
