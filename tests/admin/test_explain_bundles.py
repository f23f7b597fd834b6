"""Bundles on the merchant's page that explains."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

import pytest
from admin_form import ADMIN
from bundle_shop import BundleShop, bundle_shop
from made_bundles import set_of
from small_shop import SmallShop, made_products

from storefront_plugin import MemoryCatalog, Merchant, Slot
from storefront_plugin.bundles.definition import BundleText, Definition, Schedule
from storefront_plugin.bundles.price import percent_off
from storefront_plugin.core.i18n import isolated
from tests.admin.test_explain import HOSTILE, Explained

MakeShop = Callable[..., SmallShop]
SETS = (Slot(name="sets", strategies=("bundles",), layout="bundles", limit=1),)


@pytest.fixture
def sets(make_shop: MakeShop) -> BundleShop:
    """p3 is sold out; slots of bundles take one, on product pages and in carts."""
    products = made_products(12)
    products[2] = replace(products[2], stock=0)
    return bundle_shop(
        make_shop,
        MemoryCatalog(products),
        admin_access=lambda: Merchant("First editor"),
        STOREFRONT_PLAN={"product": SETS, "cart": SETS},
    )


def verdicts(browser: Explained) -> list[tuple[str, str, str]]:
    """Title, verdict and saving of each bundle; a saving that the verdict names already is not said again."""
    rows = browser.soup.select(".explain-cards > li, .explain-bundles tbody tr")
    cells = [
        [cell.get_text(" ", strip=True) for cell in row.select(".row-title, .explain-verdict, .number, .nowrap")]
        for row in rows
    ]
    return [(title, verdict, saving[0].removeprefix("saves ") if saving else "") for title, verdict, *saving in cells]


def test_bundles_of_a_product_have_their_verdicts(sets: BundleShop) -> None:
    """Title, parts, saving, and why it is shown or not, in words with a dot; the title leads to the bundle."""
    start = dt.datetime(2099, 5, 1, 9, 30, tzinfo=dt.timezone.utc)
    shown = sets.publish(titled("Best", set_of("p1", "p9", price=percent_off(20))))
    sets.publish(titled("Second", set_of("p1", "p9", price=percent_off(10))))
    sets.publish(titled("Empty", set_of("p1", "p3", price=percent_off(10))))
    sets.publish(titled("Later", set_of("p1", "p2", price=percent_off(10), schedule=Schedule(start=start))))
    sets.publish(titled(HOSTILE, set_of("p1", "p2", price=percent_off(10), segment="club")))
    browser = Explained(sets.shop)
    browser.get("explain?product=p1")
    (shown_start,) = [verdict for title, verdict, _ in verdicts(browser) if title == "Later"]
    assert shown_start.startswith("Starts on May 1, 2099, 9:30")
    assert verdicts(browser) == [
        ("Best", "Shown #1", "€2.00"),
        ("Second", "Others come first: limit of 1 reached", "€1.00"),
        ("Empty", "Product 3 is sold out", "–"),
        ("Later", shown_start, "–"),
        (HOSTILE, "Only for customer segment club", "–"),
    ]
    first = browser.soup.select(".explain-cards > li")[0]
    assert [len(first.select(kind)) for kind in (".thumbnail", ".joined", ".state-on .dot")] == [2, 1, 1]
    assert first.select(f"a[href='{ADMIN}/bundles/{shown}']")
    assert not browser.soup.select("main img[src=x]")


def test_bundles_of_a_cart_have_their_verdicts(sets: BundleShop) -> None:
    """What applies, what is missing as the shopper reads it, and what stepped back; in Japanese too."""
    sets.publish(titled("Whole", set_of("p1", "p9", price=percent_off(20), limit_per_order=1)))
    sets.publish(titled("Weak", set_of("p1", "p9", price=percent_off(10))))
    sets.publish(titled("Near", set_of("p8", "p10", price=percent_off(50))))
    cart = "explain?placement=cart&product=p1&product=p9&product=p10"
    browser = Explained(sets.shop)
    browser.get(cart)
    assert verdicts(browser) == [
        ("Whole", "Already applied to the cart 1 time, limit reached", "€2.00"),
        ("Near", "Shown #2 Add Product 8 and save €9.00", ""),
        ("Weak", "Whole saves more in this cart", "€1.00"),
    ]
    japanese = Explained(sets.shop, "ja")
    japanese.get(cart)
    assert verdicts(japanese)[0][1] == "カートに適用済み 1回（上限に到達）"


def test_a_page_without_bundles_says_so_and_many_are_folded(sets: BundleShop) -> None:
    """The shown one and ten others, and a link to the rest."""
    browser = Explained(sets.shop)
    browser.get("explain?product=p1")
    assert any(
        "No published bundle contains a product on this page." in words for words in browser.texts(".explain-slot p")
    )
    for number in range(23):
        sets.publish(titled(f"Set {number}", set_of("p1", "p2", price=percent_off(number + 1))))
    browser.get("explain?product=p1")
    assert len(verdicts(browser)) == 11
    (more,) = browser.soup.select(".explain-more a")
    assert more.get_text() == "Show 12 more bundles"
    browser.get(str(more["href"]))
    assert len(verdicts(browser)) == 23


def test_a_slot_that_steps_back_for_a_bundle_says_so(make_shop: MakeShop) -> None:
    """In words, with the way to the bundle; what its products keep from other slots is said to stand in the bundle."""
    shop = bundle_shop(make_shop, MemoryCatalog(made_products(12)), admin_access=lambda: Merchant("First editor"))
    with shop.shop.app.app_context():
        shop.shop.place(*[["p1", "p9"]] * 4)
    number = shop.publish(titled(HOSTILE, set_of("p1", "p9", price=percent_off(20))))
    browser = Explained(shop.shop)
    browser.get("explain?product=p1")
    (notice,) = browser.soup.select(".explain-slot .notice")
    assert notice.get_text(" ", strip=True) == (
        f"This slot isn't shown: a bundle offers the same products for less. {HOSTILE}"
    )
    assert notice.select_one(f"a[href='{ADMIN}/bundles/{number}']") is not None
    assert browser.soup.select("#slot-bought_together ~ p")[0].get_text().startswith("0 shown")
    assert browser.texts("[aria-labelledby=slot-bought_together] .explain-group .state") == ["Hidden with its slot"]
    elsewhere = browser.texts("[aria-labelledby=slot-also_bought] .explain-group .state")
    assert f"Already shown in {isolated(HOSTILE)}" in elsewhere
    assert not browser.soup.select("main img[src=x]")


def titled(title: str, definition: Definition) -> Definition:
    return replace(definition, texts={"en": BundleText(title)})
