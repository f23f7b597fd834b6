"""The widget of bundles as it stands in pages: on product pages, in the cart, in fragments and in the editor's preview."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag
from bundle_shop import BundleShop, bundle_shop, colours, stocked
from made_bundles import mix_of, steps_of
from shop_pages import counted_sql
from small_shop import SmallShop

from storefront_plugin import CartLine, InputError, MemoryCatalog, Product
from storefront_plugin.bundles.definition import BundleText, Definition
from storefront_plugin.bundles.price import fixed_price, free_items, percent_off
from storefront_plugin.bundles.store.repository import BundleRepository
from storefront_plugin.bundles.tier import Component, Tier
from storefront_plugin.core.errors import DatabaseUnavailable
from storefront_plugin.proxies import SERVICES
from storefront_plugin.shop.ports import Variant
from storefront_plugin.web.widgets.rendering import preview

MakeShop = Callable[..., SmallShop]
TEXTS = {"en": BundleText("Camera kit", "All for the first trip"), "ja": BundleText("カメラセット")}
EVIL = BundleText("<b>Kit</b> \u202eevil", "<script>alert(1)</script>", "javascript:alert(1)")


@pytest.fixture
def shop(make_shop: MakeShop) -> BundleShop:
    """Ten products at 1 to 10 euros, p2 in three colours."""
    return bundle_shop(make_shop, MemoryCatalog(stocked(), variants=colours))


def text(tag: Tag | None) -> str:
    assert tag is not None
    return " ".join(tag.get_text(" ").split())


def slot(soup: BeautifulSoup) -> Tag | None:
    found: Tag | None = soup.select_one("[data-storefront-slot=bundles]")
    return found


def kit(*products: str, texts: Mapping[str, BundleText] = TEXTS, **more: Any) -> Definition:
    parts = tuple(Component(product) for product in products)
    return Definition(kind="set", tiers=(Tier(parts, more.pop("price", percent_off(10))),), texts=texts, **more)


def test_a_set_names_its_parts_and_all_three_prices(shop: BundleShop) -> None:
    """One by one, together, and what is saved; in one plain form with one main button."""
    parts = (Component("p1"), Component("p9", 2))
    shop.publish(Definition(kind="set", tiers=(Tier(parts, percent_off(10)),), texts=TEXTS))
    found = slot(shop.soup("/p/p1"))
    assert found is not None
    assert [text(one) for one in found.select("h2, h3, .storefront-benefit")] == [
        "Camera kit",
        "All for the first trip",
    ]
    assert [text(one) for one in found.select("li .storefront-title")] == ["Product 1", "2 × Product 9"]
    assert [text(one) for one in found.select("li .storefront-price")] == ["€1.00", "€18.00"]
    assert text(found.select_one(".storefront-total")) == "Bundle price €17.10 Regular price €19.00"
    assert text(found.select_one(".storefront-saved")) == "You save €1.90"
    (form,) = found.select("form[method=post]")
    assert form["action"] == "/storefront/cart"
    assert text(form.select_one("button[type=submit]")) == "Add all 2 to cart : Camera kit"


def test_a_page_of_another_product_shows_nothing(shop: BundleShop) -> None:
    """No empty heading stands there."""
    shop.publish(kit("p1", "p9"))
    assert slot(shop.soup("/p/p3")) is None


def test_the_same_products_are_not_offered_at_full_price_beside_the_set(shop: BundleShop) -> None:
    """What is bought together is left out where a bundle of just these products stands on the page, and only there."""
    with shop.shop.app.app_context():
        shop.shop.place(*[["p1", "p9"]] * 4)
    together = "[data-storefront-slot=bought_together]"
    assert shop.soup("/p/p1").select_one(together) is not None
    shop.publish(kit("p1", "p8"))
    assert shop.soup("/p/p1").select_one(together) is not None
    shop.publish(kit("p1", "p9"))
    page = shop.soup("/p/p1")
    assert slot(page) is not None
    assert page.select_one(together) is None


def test_markup_and_turned_text_stay_text(shop: BundleShop) -> None:
    """Titles are escaped and isolated, and a picture's address cannot run."""
    shop.publish(kit("p1", "p9", texts={"en": EVIL}))
    found = slot(shop.soup("/p/p1"))
    assert found is not None
    assert text(found.select_one("h2 > bdi")) == EVIL.title
    assert not found.select("script, b, img[src^=javascript]")


def test_a_ladder_says_what_the_more_expensive_set_adds(shop: BundleShop) -> None:
    """Side by side, each with a form of its own."""
    tiers = (
        Tier((Component("p1"), Component("p3")), percent_off(10)),
        Tier((Component("p1"), Component("p3"), Component("p5")), fixed_price({"EUR": 700})),
    )
    shop.publish(Definition(kind="ladder", tiers=tiers, texts=TEXTS))
    found = slot(shop.soup("/p/p1"))
    assert found is not None
    assert [text(one) for one in found.select(".storefront-tier-title, .storefront-note")] == [
        "Starter kit · 2 items", "Complete kit · 3 items", "Adds Product 5 for €3.40 more",
    ]  # fmt: skip
    assert [form.select_one("[name=tier]")["value"] for form in found.select("form")] == ["0", "1"]


def test_a_ladder_counts_what_the_more_expensive_set_adds(shop: BundleShop) -> None:
    """Two more of what the first has, and three of another; between the first and the last is a larger one."""
    tiers = (
        Tier((Component("p1"), Component("p3")), percent_off(10)),
        Tier((Component("p1", 3), Component("p3")), percent_off(20)),
        Tier((Component("p1", 3), Component("p3"), Component("p5", 3)), percent_off(20)),
    )
    shop.publish(Definition(kind="ladder", tiers=tiers, texts=TEXTS))
    found = slot(shop.soup("/p/p1"))
    assert found is not None
    assert [text(one) for one in found.select(".storefront-tier-title, .storefront-note")] == [
        "Starter kit · 2 items",
        "Extended kit · 4 items", "Adds 2 × Product 1 for €1.20 more",
        "Complete kit · 7 items", "Adds 3 × Product 5 for €12.00 more",
    ]  # fmt: skip


def test_the_cart_shows_the_next_step_first(shop: BundleShop) -> None:
    """Of a ladder the set that lacks one product, though the complete one saves more; then that one, in short."""
    tiers = (
        Tier((Component("p5"), Component("p3")), percent_off(10)),
        Tier((Component("p5"), Component("p3"), Component("p1"), Component("p4")), percent_off(30)),
    )
    shop.publish(Definition(kind="ladder", tiers=tiers, texts=TEXTS))
    shop.fill(("p5", None, 1))
    near = shop.soup("/cart").select_one(".storefront-near")
    assert near is not None
    assert text(near.select_one("h3")) == "Add Product 3 and save €0.80"
    assert text(near.select_one(".storefront-label")) == "Add to cart for €3.00"
    shop.fill(("p5", None, 1), ("p3", None, 1))
    near = shop.soup("/cart").select_one(".storefront-near")
    assert near is not None
    assert text(near.select_one("h3")) == "Complete the set with 2 more items: save €3.10"
    assert text(near.select_one(".storefront-label")) == "Add all 2 for €5.00"
    assert [text(one) for one in near.select(".storefront-price")] == ["€1.00", "€4.00"]


def test_a_price_that_depends_on_the_choice_is_not_on_the_button(shop: BundleShop) -> None:
    """Gold costs more than red."""
    shop.publish(kit("p4", "p2"))
    shop.fill(("p4", None, 1))
    assert text(shop.soup("/cart").select_one(".storefront-near .storefront-label")) == "Add 1 to cart"


def test_several_bundles_stand_under_the_slots_heading(shop: BundleShop) -> None:
    """And so does a single one where the merchant gave the slot a title."""
    shop.publish(kit("p1", "p9"))
    shop.publish(kit("p1", "p8"))
    found = slot(shop.soup("/p/p1"))
    assert found is not None
    assert [text(one) for one in found.select("h2, h3")] == ["Bundles & savings", "Camera kit", "Camera kit"]


def test_a_mix_shows_how_many_to_choose(shop: BundleShop) -> None:
    """Each product has a number of its own; the page's own comes first."""
    shop.publish(mix_of("p3", "p4", "p5", price=percent_off(20), least=2, most=3))
    found = slot(shop.soup("/p/p4"))
    assert found is not None
    assert text(found.select_one(".storefront-note")) == "Choose any 2 to 3 · 20% off"
    numbers = found.select("input[type=number]")
    assert [(one["name"], one["value"], one["max"], one["aria-label"]) for one in numbers] == [
        ("pieces-0", "1", "3", "Quantity of Product 3"),
        ("pieces-1", "1", "3", "Quantity of Product 4"),
        ("pieces-2", "0", "3", "Quantity of Product 5"),
    ]


def test_a_free_extra_is_called_free(shop: BundleShop) -> None:
    """Its own price is struck through."""
    tier = Tier((Component("p1"), Component("p9", free=True)), free_items())
    shop.publish(Definition(kind="extra", tiers=(tier,), texts=TEXTS))
    found = slot(shop.soup("/p/p1"))
    assert found is not None
    price = found.select_one("[data-storefront-product=p9] .storefront-price")
    assert text(price) == "Sale price Free Regular price €9.00 You save €9.00"
    assert text(found.select_one(".storefront-total-amount")) == "€1.00"


def test_quantity_steps_are_a_table_with_a_button_a_row(shop: BundleShop) -> None:
    """Each minimum quantity, what is off, and the price of that many."""
    shop.publish(steps_of("p3", steps={3: percent_off("5.5"), 6: fixed_price({"EUR": 200})}))
    found = slot(shop.soup("/p/p3"))
    assert found is not None
    rows = found.select("tbody tr")
    assert [text(row.select_one("th")) for row in rows] == ["Buy 3, save 5.5%", "Buy 6, €2.00 each"]
    assert [text(row.select_one(".storefront-now")) for row in rows] == ["€8.50", "€12.00"]
    assert [(row.select_one("button")["value"], text(row.select_one("button"))) for row in rows] == [
        ("0", "Add 3 to cart"), ("1", "Add 6 to cart"),
    ]  # fmt: skip


def test_an_open_variant_is_chosen_from_a_list(shop: BundleShop) -> None:
    """Sold-out ones cannot be chosen, a price of its own is shown, a variant that the bundle names is not asked for."""
    shop.publish(kit("p1", "p2"))
    parts = (Component("p3"), Component("p2", variants=("gold",)))
    shop.publish(Definition(kind="set", tiers=(Tier(parts, percent_off(10)),), texts=TEXTS))
    found = slot(shop.soup("/p/p1"))
    assert found is not None
    select = found.select_one("select[name=variant-1]")
    assert select is not None
    assert select["aria-label"] == "Option for Product 2"
    assert [(text(one), one.has_attr("disabled")) for one in select.select("option")] == [
        ("Red", False), ("Gold – €3.50", False), ("Blue", True),
    ]  # fmt: skip
    other = slot(shop.soup("/p/p3"))
    assert other is not None
    assert not other.select("select")
    assert text(other.select_one("[data-storefront-product=p2] .storefront-price")) == "€3.50"


def test_shared_pages_show_what_everybody_may_have(shop: BundleShop) -> None:
    """Two shoppers get the same bytes; segment and staff-only bundles come by the fragment, with no token inline."""
    shop.publish(kit("p1", "p9"))
    club = shop.publish(kit("p1", "p8", segment="club"))
    staff = shop.publish(kit("p1", "p7", staff_only=True))
    with shop.client.session_transaction() as held:
        held["segments"] = ["club"]
    shop.client.get(f"/storefront/offer/{token(shop, staff)}")
    page = shop.client.get("/p/p1")
    assert page.data == shop.shop.app.test_client().get("/p/p1").data
    assert "Set-Cookie" not in page.headers
    soup = BeautifulSoup(page.text, "html5lib")
    assert len(soup.select("[data-storefront-bundle]")) == 1
    own = BeautifulSoup(shop.client.get(soup.select_one("storefront-fragment")["src"]).text, "html5lib")
    ids = {one["data-storefront-bundle"] for one in own.select("[data-storefront-bundle]")}
    assert {str(club), str(staff)} < ids


def token(shop: BundleShop, bundle_id: int, hours: float = 1) -> str:
    """A signed link's token."""
    until = dt.datetime.now(dt.timezone.utc) + dt.timedelta(hours=hours)
    with shop.shop.app.app_context():
        return shop.shop.storefront.services.pricer.codes.link_token(bundle_id, until)


def test_the_cart_shows_what_is_saved_and_what_is_missing(shop: BundleShop) -> None:
    """Two sets and a half: twice the saving, and the half says what it lacks."""
    shop.publish(kit("p4", "p6"))
    shop.fill(("p4", None, 2), ("p6", None, 3))
    found = slot(shop.soup("/cart"))
    assert found is not None
    assert [text(one) for one in found.select(".storefront-deal")] == ["2 × Camera kit: you save €2.00"]
    assert text(found.select_one(".storefront-near-offer")) == "Add Product 4 and save €1.00"
    assert [one["data-storefront-product"] for one in found.select(".storefront-near li")] == ["p4"]


def test_a_missing_free_item_is_shown_as_a_gift(shop: BundleShop) -> None:
    """Not as something to pay: its price stands as free, with what it costs else. The gift alone asks for nothing."""
    parts = (Component("p9"), Component("p4", free=True))
    shop.publish(Definition(kind="extra", tiers=(Tier(parts, free_items()),), texts=TEXTS))
    shop.fill(("p9", None, 1))
    near = shop.soup("/cart").select_one(".storefront-near")
    assert near is not None
    assert text(near.select_one(".storefront-near-offer")) == "Get Product 4 free"
    assert "Free" in text(near.select_one(".storefront-price"))
    shop.fill(("p4", None, 1))
    assert shop.soup("/cart").select_one(".storefront-near-offer") is None


def test_a_mix_saves_at_least_what_its_cheapest_choice_does(shop: BundleShop) -> None:
    """Ten percent of 4 + 6 + 6 cannot be known where the more expensive one may be chosen."""
    shop.publish(mix_of("p4", "p6", price=percent_off(10), least=3))
    shop.fill(("p4", None, 1), ("p6", None, 1))
    near = shop.soup("/cart").select_one(".storefront-near-offer")
    assert text(near) == "Add 1 more and save at least €1.40"


def test_a_missing_variant_is_chosen_though_the_catalogue_knows_none(make_shop: MakeShop) -> None:
    """The bundle names what it takes: the shopper chooses by name, and the button adds it."""
    shop = bundle_shop(make_shop, MemoryCatalog(stocked()))
    parts = (Component("p6"), Component("p4", variants=("red", "blue")))
    shop.publish(Definition(kind="set", tiers=(Tier(parts, percent_off(10)),), texts=TEXTS))
    shop.fill(("p6", None, 1))
    form = shop.soup("/cart").select_one("form.storefront-near")
    assert form is not None
    assert [text(one) for one in form.select("option")] == ["blue", "red"]
    assert shop.submit(form).status_code == 303
    assert shop.cart == [("p6", None, 1), ("p4", "blue", 1)]


def test_a_missing_variant_that_the_shop_has_not_is_never_added(shop: BundleShop) -> None:
    """The bundle was made for a colour that is gone: no item of it, or of another, is put into the cart."""
    parts = (Component("p4"), Component("p2", variants=("green", "white")))
    near = shop.publish(Definition(kind="set", tiers=(Tier(parts, percent_off(10)),), texts=TEXTS))
    shop.fill(("p4", None, 1))
    for chosen in ({}, {"variant-0": "green"}, {"variant-0": "red"}):
        assert shop.post(near=near, version=2, **chosen).status_code == 303
    assert shop.cart == [("p4", None, 1)]


def test_a_title_does_not_turn_the_sentence_around_it(shop: BundleShop) -> None:
    """Hebrew stays by itself, and a sign that turns all that follows is taken out."""
    shop.publish(kit("p4", "p6", texts={"en": BundleText("\u202e\u05e1\u05d8")}))
    shop.fill(("p4", None, 1), ("p6", None, 1))
    found = slot(shop.soup("/cart"))
    assert found is not None
    assert text(found.select_one(".storefront-deal")) == "\u2068\u05e1\u05d8\u2069: you save €1.00"


@pytest.mark.parametrize("change", [{"p6": None}, {"p6": Product(id="p6", title="x", price=Decimal(6), stock=0)}])
def test_what_is_not_available_is_not_missing(make_shop: MakeShop, change: dict[str, Any]) -> None:
    """A deleted or sold-out product is not mentioned; nor does a deleted one in the cart break anything."""
    shop = bundle_shop(make_shop, MemoryCatalog(stocked(**change)))
    shop.publish(kit("p4", "p6"))
    shop.fill(("p4", None, 1))
    assert slot(shop.soup("/cart")) is None
    shop.fill(("p6", None, 1))
    soup = shop.soup("/cart")
    assert soup.h1 is not None
    assert not soup.select(".storefront-deal")


def test_variants_have_their_own_price_in_the_cart(shop: BundleShop) -> None:
    """The checkout takes 3.50 for the golden one, where the shop's line names no price."""
    shop.publish(kit("p2", "p4"))
    shop.fill(("p2", "gold", 1), ("p4", None, 1))
    found = slot(shop.soup("/cart"))
    assert found is not None
    assert text(found.select_one(".storefront-deal")) == "Camera kit: you save €0.75"


def test_lines_that_no_bundle_can_take_do_not_hinder(shop: BundleShop) -> None:
    """An unknown product and a huge number stand in the cart beside a set."""
    shop.publish(kit("p4", "p6"))
    shop.fill(("p4", None, 1), ("p6", None, 1), ("unknown", None, 1), ("p1", None, 10**9))
    found = slot(shop.soup("/cart"))
    assert found is not None
    assert found.select(".storefront-deal")


def test_the_database_being_late_costs_the_slot_not_the_page(shop: BundleShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest of the cart page stands."""
    shop.publish(kit("p4", "p6"))
    shop.fill(("p4", None, 1), ("p6", None, 1))
    assert slot(shop.soup("/cart")) is not None

    def late(*_args: object, **_options: object) -> None:
        raise DatabaseUnavailable("late")

    monkeypatch.setattr(shop.shop.app.extensions[SERVICES].pricer, "price", late)
    soup = shop.soup("/cart")
    assert slot(soup) is None
    assert soup.h1 is not None


def test_a_code_can_be_typed_where_there_is_one_to_type(shop: BundleShop) -> None:
    """Only in the cart, and only while a staff-only bundle is published."""
    shop.publish(kit("p4", "p6"))
    shop.fill(("p4", None, 1))
    assert not shop.soup("/cart").select("form[action='/storefront/code']")
    shop.publish(kit("p1", "p7", staff_only=True))
    assert shop.soup("/cart").select("form[action='/storefront/code'] input[name=code]")
    assert not shop.soup("/p/p1").select("form[action='/storefront/code']")


def test_a_field_for_codes_alone_has_no_heading(shop: BundleShop) -> None:
    """The heading promises bundles; it comes with the first of them."""
    shop.publish(kit("p1", "p7", staff_only=True))
    shop.fill(("p6", None, 1))
    alone = slot(shop.soup("/cart"))
    assert alone is not None
    assert not alone.select("h2")
    assert alone.select("form[action='/storefront/code']")
    shop.publish(kit("p4", "p6"))
    both = slot(shop.soup("/cart"))
    assert both is not None
    assert text(both.select_one("h2")) == "Bundles & savings"


class CountingCatalog(MemoryCatalog):
    """Notes what it was asked."""

    def __init__(self, products: Sequence[Product], **options: Any) -> None:
        super().__init__(products, **options)
        self.asked: list[list[str]] = []

    def get_many(self, ids: Sequence[str]) -> Mapping[str, Product]:
        self.asked.append(sorted(ids))
        return super().get_many(ids)


def test_a_product_page_asks_the_catalogue_once_and_the_database_never(make_shop: MakeShop) -> None:
    """Bundles are held by the process; their products come with the page's others; warm there is nothing to ask."""
    catalog = CountingCatalog(stocked())
    shop = bundle_shop(make_shop, catalog)
    shop.publish(kit("p1", "p9", "p10"))
    shop.soup("/p/p2")
    catalog.asked.clear()
    with counted_sql() as statements:
        assert slot(shop.soup("/p/p1")) is not None
    assert len(catalog.asked) == 1
    assert {"p9", "p10"} <= set(catalog.asked[0])
    with counted_sql() as statements:
        shop.soup("/p/p1")
    assert (len(catalog.asked), statements) == (1, [])


def test_an_ended_bundle_is_gone_at_once(shop: BundleShop) -> None:
    """`bundles_changed` has all processes read again."""
    number = shop.publish(kit("p1", "p9"))
    assert slot(shop.soup("/p/p1")) is not None
    with shop.shop.app.app_context():
        BundleRepository(shop.shop.storefront.database).set_state(number, 2, "archive")
        shop.shop.storefront.bundles_changed()
    assert slot(shop.soup("/p/p1")) is None


@pytest.mark.parametrize("locale", ["en", "ja"])
def test_the_editor_previews_what_is_not_stored(shop: BundleShop, locale: str) -> None:
    """Products that the shop does not know are marked; nothing can be added from it."""
    with shop.shop.app.test_request_context():
        html = preview(kit("p1", "p9", "gone"), locale, "EUR")
        found = BeautifulSoup(html, "html5lib")
        assert text(found.select_one("h2")) == ("Camera kit" if locale == "en" else "カメラセット")
        assert found.select_one("[data-storefront-product=gone] .storefront-reason") is not None
        assert not found.select("form, button")
        for definition in (
            kit("gone", "away", price=fixed_price({"JPY": 3})),
            steps_of("gone", steps={2: percent_off(5)}),
            mix_of("p1", "gone", price=percent_off(100), least=2),
        ):
            assert BeautifulSoup(preview(definition, locale, None), "html5lib").select_one("article") is not None


def test_a_variant_with_an_unusable_price_leaves_the_choice_out(make_shop: MakeShop) -> None:
    """The shop's own mistake costs the slot, not the page."""

    def wrong(ids: Sequence[str]) -> Mapping[str, Sequence[Variant]]:
        return {name: [Variant("red", "Red", Decimal("NaN"))] for name in ids}

    shop = bundle_shop(make_shop, MemoryCatalog(stocked(), variants=wrong))
    shop.publish(kit("p1", "p9"))
    soup = shop.soup("/p/p1")
    assert soup.h1 is not None
    assert slot(soup) is None
    with pytest.raises(InputError):
        shop.publish(kit("p1"))


def test_the_api_shows_the_same_in_numbers(shop: BundleShop) -> None:
    """Bundles to add on a product page; what applies and what is missing in the cart."""
    shop.publish(kit("p4", "p2"))
    (slot_of,) = [
        one for one in shop.client.get("/storefront/api/placements/product?product=p4").json["slots"] if one["bundles"]
    ]
    (found,) = slot_of["bundles"]
    (tier,) = found["tiers"]
    assert (slot_of["layout"], found["title"], found["applied"], found["missing"]) == (
        "bundles",
        "Camera kit",
        None,
        None,
    )
    assert (tier["total"], tier["price"], tier["saving"]) == ("6.00", "5.40", "0.60")
    assert [one["variant_id"] for one in tier["components"][1]["variants"]] == ["red", "gold", "blue"]
    shop.fill(("p4", None, 2), ("p2", "red", 1))
    answer = shop.client.get("/storefront/api/placements/cart").json
    applied, missing = next(one["bundles"] for one in answer["slots"] if one["bundles"])
    assert applied["applied"] == {"count": 1, "saving": "0.60"}
    assert missing["missing"] == {"saving": "0.60", "items": [{"product_ids": ["p2"], "quantity": 1}]}


def test_a_pin_goes_to_a_slot_of_products(shop: BundleShop) -> None:
    """The slot of bundles stands first in the cart, and takes no card."""
    shop.publish(kit("p4", "p6"))
    shop.fill(("p6", None, 1))
    with shop.shop.app.app_context():
        shop.shop.storefront.pin("p9", "p6")
    soup = shop.soup("/cart")
    found = slot(soup)
    assert found is not None
    assert [one["data-storefront-product"] for one in found.select("li")] == ["p4"]
    assert soup.select("[data-storefront-slot=also_bought] [data-storefront-product=p9]")


def test_a_price_that_changed_since_the_page_is_the_tills(shop: BundleShop) -> None:
    """The form sends no price; the cart tells what is saved at the price of now."""
    shop.publish(kit("p4", "p6"))
    form = slot(shop.soup("/p/p4")).select_one("form")  # type: ignore[union-attr]
    catalog = shop.shop.storefront.catalog
    catalog._products["p4"] = Product(id="p4", title="Product 4", price=Decimal(40))  # type: ignore[attr-defined]
    with shop.shop.app.app_context():
        shop.shop.storefront.product_changed("p4")
    shop.submit(form)
    found = slot(shop.soup("/cart"))
    assert found is not None
    assert text(found.select_one(".storefront-deal")) == "Camera kit: you save €4.60"


def test_a_catalogue_that_raises_at_the_till_costs_the_slot(shop: BundleShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cards are held by the process, while the checkout asks the catalogue afresh."""
    shop.publish(kit("p4", "p6"))
    shop.fill(("p4", None, 1), ("p6", None, 1))
    with shop.shop.app.app_context():
        shop.shop.storefront.pin("p9", "p4")
    assert slot(shop.soup("/cart")) is not None

    def broken(ids: Sequence[str]) -> Mapping[str, Product]:
        raise RuntimeError("the shop's own secret")

    monkeypatch.setattr(shop.shop.storefront.catalog, "get_many", broken)
    soup = shop.soup("/cart")
    assert soup.h1 is not None
    assert slot(soup) is None
    assert soup.select(".storefront-card")


def test_a_cart_with_more_bundles_than_are_looked_up_shows_all_that_applies(shop: BundleShop) -> None:
    """What applies needs no product data; of the many that are near only this many are looked at."""
    others = [f"far-{number}" for number in range(150)]
    for _ in range(2):
        shop.publish(mix_of("p4", *others, price=percent_off(1), least=9))
        others = [f"{name}-too" for name in others]
    shop.publish(kit("p4", "p6"))
    shop.fill(("p4", None, 1), ("p6", None, 1))
    found = slot(shop.soup("/cart"))
    assert found is not None
    assert [text(one) for one in found.select(".storefront-deal")] == ["Camera kit: you save €1.00"]


def test_a_cart_that_cannot_be_filled_from_python_gets_no_button(shop: BundleShop) -> None:
    """The bundle is shown all the same, and so is what the cart lacks; products are links."""

    class ReadOnly:
        def lines(self) -> Sequence[CartLine]:
            return [CartLine("p6")]

        def add_form(self, product: Product) -> None:
            return None

    shop.publish(kit("p4", "p6"))
    shop.shop.storefront.cart = ReadOnly()
    for path in ("/p/p6", "/cart"):
        found = slot(shop.soup(path))
        assert found is not None
        assert not found.select("form, button, input")
        assert found.select("a[href='/p/p4']")
    assert shop.post(bundle="1", version="2", tier="0").status_code == 404
