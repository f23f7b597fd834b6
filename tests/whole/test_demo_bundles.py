"""The demo shop sells bundles: cart, checkout, order and refunds show the same sums, to the unit."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from demo_shop import (
    COFFEE,
    COFFEE_PRICE,
    COFFEE_TITLE,
    DELIVERY,
    FREE_FROM,
    Visitor,
    closed,
    create_demo,
    line_totals,
    number_in,
    seed,
    stock,
    sums,
)
from flask import Flask, get_flashed_messages
from postgres import postgres_url
from sqlalchemy import func, select

from storefront_plugin import CartLine
from storefront_plugin.bundles.bundle import Bundle, Shopper
from storefront_plugin.bundles.cart.lines import LineItem
from storefront_plugin.bundles.cart.pricing import price_cart
from storefront_plugin.bundles.definition import BundleText, Definition
from storefront_plugin.bundles.orders.uses import LimitReached
from storefront_plugin.bundles.store.listing import Filters, list_bundles
from storefront_plugin.bundles.store.repository import BundleRecord, BundleRepository


@pytest.fixture
def shopper(demo: Flask) -> Visitor:
    return Visitor(demo)


def stored(demo: Flask, title: str) -> BundleRecord:
    """The bundle of that title."""
    with demo.app_context():
        database = demo.extensions["storefront"].database
        (row,), _ = list_bundles(database, Filters(text=title))
        return BundleRepository(database).load(row.id)


def set_stock(demo: Flask, sku: str, quantity: int) -> None:
    from shop.database import db
    from shop.models import Product

    with demo.app_context():
        db.session.get_one(Product, sku).stock = quantity
        db.session.commit()


def orders(demo: Flask) -> int:
    """How many orders there are."""
    from shop.database import db
    from shop.models import Order

    with demo.app_context():
        return db.session.scalar(select(func.count()).select_from(Order)) or 0


def definitions(demo: Flask) -> list[Definition]:
    """All bundles; needs an app context."""
    database = demo.extensions["storefront"].database
    return [BundleRepository(database).load(row.id).definition for row in list_bundles(database, size=100)[0]]


def test_the_demo_has_a_bundle_of_every_kind_and_state_in_two_languages(demo: Flask) -> None:
    """With a benefit text that says why together, of products that the shop has."""
    with demo.app_context():
        rows, count = list_bundles(demo.extensions["storefront"].database, size=100)
        assert count >= 10
        assert {row.kind for row in rows} == {"set", "ladder", "mix", "extra", "steps"}
        assert {row.state for row in rows} == {"draft", "published", "archived"}
        now = dt.datetime.now(dt.timezone.utc).replace(tzinfo=None)
        assert any(row.starts_at is not None and row.starts_at > now for row in rows)
        assert any(row.staff_only for row in rows)
        for one in definitions(demo):
            assert set(one.texts) == {"en", "ja"}
            assert all(words.title and words.benefit for words in one.texts.values())
            catalog = demo.extensions["storefront"].catalog
            assert catalog.get_many(sorted(one.product_ids)).keys() == one.product_ids


@pytest.mark.slow
def test_seeding_again_keeps_what_the_merchant_changed(demo: Flask) -> None:
    """Nothing is added a second time and no edit is overwritten."""
    before = stored(demo, "Iron pan")
    with demo.app_context():
        database = demo.extensions["storefront"].database
        changed = replace(before.definition, texts={"en": BundleText("Iron pan, our own words")})
        BundleRepository(database).update(before.id, before.version, changed, "somebody")
        count = list_bundles(database)[1]
    assert "0 bundles and 0 rules were added" in seed(demo)
    assert stored(demo, "our own words").definition.texts["en"].title == "Iron pan, our own words"
    with demo.app_context():
        assert list_bundles(database)[1] == count


def test_the_cart_shows_the_discount_and_what_each_line_then_costs(shopper: Visitor) -> None:
    """Single lines, one discount line with the bundle's title; lines and sums agree to the yen."""
    cart = shopper.add_coffee()
    goods, off = sum(COFFEE.values()), sum(COFFEE.values()) - COFFEE_PRICE
    expected = {"Subtotal": goods, COFFEE_TITLE: -off, "Shipping": DELIVERY, "Total": COFFEE_PRICE + DELIVERY}
    assert sums(cart) == expected
    assert sum(line_totals(cart).values()) == COFFEE_PRICE
    assert sums(shopper.get("/checkout")) == expected
    assert "ハンドドリップコーヒーセット" in sums(shopper.get("/cart?lang=ja"))


def test_a_whole_set_that_was_added_is_named_in_one_message(demo: Flask) -> None:
    """The shop says it in its own words, naming each product once."""
    from shop.storefront import ShopCart

    with demo.test_request_context("/"):
        ShopCart().add([CartLine(sku) for sku in COFFEE])
        (message,) = get_flashed_messages()
        assert message.startswith("Added to cart: ")
        found = demo.extensions["storefront"].services.products.get_many(list(COFFEE))
        assert all(product.title in message for product in found.values())


def test_delivery_is_free_by_what_is_paid_not_by_single_prices(shopper: Visitor) -> None:
    """8 120 yen of goods that cost 7 080 in the bundle still pay for their delivery."""
    shopper.add_coffee()
    cart = shopper.add("LOA-SO-14")
    assert sum(COFFEE.values()) + 1180 >= FREE_FROM > COFFEE_PRICE + 1180
    assert sums(cart)["Shipping"] == DELIVERY
    assert f"¥{FREE_FROM - COFFEE_PRICE - 1180:,} more" in cart.get_text()


def test_an_order_keeps_its_discount_as_charged(demo: Flask, shopper: Visitor) -> None:
    """Thank-you page and the customer's own page show it, also after the bundle got another title."""
    shopper.sign_in("7")
    shopper.add_coffee()
    thanks = shopper.order()
    expected = {
        "Subtotal": sum(COFFEE.values()),
        COFFEE_TITLE: COFFEE_PRICE - sum(COFFEE.values()),
        "Shipping": DELIVERY,
        "Total": COFFEE_PRICE + DELIVERY,
    }
    assert sums(thanks) == expected
    assert sum(line_totals(thanks).values()) == COFFEE_PRICE
    kept = stored(demo, COFFEE_TITLE)
    with demo.app_context():
        database = demo.extensions["storefront"].database
        renamed = replace(kept.definition, texts={"en": BundleText("Another title")})
        changed = BundleRepository(database).update(kept.id, kept.version, renamed)
        first = shopper.get("/orders").select_one(".orders section")
        BundleRepository(database).update(kept.id, changed.version, kept.definition)
    assert first is not None
    assert sums(first) == expected


def test_a_total_that_changed_after_it_was_shown_is_shown_again_first(demo: Flask, shopper: Visitor) -> None:
    """The order is not placed at another price than the shopper saw; the typed address stays."""
    shopper.add_coffee()
    form = shopper.get("/checkout").select_one("form.address")
    kept = stored(demo, COFFEE_TITLE)
    with demo.app_context():
        database = demo.extensions["storefront"].database
        moved = BundleRepository(database).set_state(kept.id, kept.version, "unpublish")
    page = shopper.order(409, form)
    assert sums(page)["Total"] == sum(COFFEE.values()) + DELIVERY
    name = page.select_one("#name")
    assert name is not None
    assert name["value"] == "x"
    with demo.app_context():
        BundleRepository(database).set_state(kept.id, moved.version, "publish")
    assert sums(shopper.order())["Total"] == COFFEE_PRICE + DELIVERY


def test_a_bundle_that_is_used_up_in_the_last_moment_leaves_no_order(
    demo: Flask, shopper: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pricing still had it, storing the order found its limit reached: nothing is stored or taken from stock."""
    from shop import checkout

    def reached(*args: Any) -> None:
        raise LimitReached([1])

    shopper.add_coffee()
    before = orders(demo), stock(demo, "TSU-SV")
    with monkeypatch.context() as patch:
        patch.setattr(checkout, "order_placed", reached)
        page = shopper.order(409)
    assert "The total has changed" in page.get_text()
    assert (orders(demo), stock(demo, "TSU-SV")) == before
    shopper.order()
    assert (orders(demo), stock(demo, "TSU-SV")) == (before[0] + 1, before[1] - 1)


@pytest.mark.parametrize("at_once", [False, True])
def test_the_same_checkout_sent_twice_places_one_order(
    demo: Flask, shopper: Visitor, monkeypatch: pytest.MonkeyPatch, at_once: bool
) -> None:
    """Both lead to the same thank-you page; at once, the second had found no order when it looked."""
    from shop import checkout

    shopper.add_coffee()
    form = shopper.get("/checkout").select_one("form.address")
    session = shopper.client.get_cookie("session")
    before = orders(demo), stock(demo, "TSU-SV")
    assert session is not None
    first = number_in(shopper.order(form=form))
    again = Visitor(demo)
    again.client.set_cookie("session", session.value)
    look, is_early = checkout._placed_with_this_form, iter([at_once, False])
    monkeypatch.setattr(checkout, "_placed_with_this_form", lambda: None if next(is_early) else look())
    assert number_in(again.order(form=form)) == first
    assert (orders(demo), stock(demo, "TSU-SV")) == (before[0] + 1, before[1] - 1)


def test_what_was_sold_in_the_meantime_leads_back_to_the_cart(demo: Flask, shopper: Visitor) -> None:
    """The stock is looked up afresh at checkout; the cart keeps what there is and says so."""
    shopper.add("TSU-TP", 2)
    set_stock(demo, "TSU-TP", 1)
    page = shopper.get("/checkout")
    assert "Only 1 of Tsuchine teapot 450 ml left in stock" in page.get_text()
    assert sums(page)["Subtotal"] == 5480


def test_a_staff_code_typed_in_the_cart_lowers_its_total(demo: Flask, shopper: Visitor) -> None:
    """The bundle is shown to nobody before."""
    title = "Studio pair, on request"
    found = stored(demo, title)
    with demo.app_context():
        ends = dt.datetime.now(dt.timezone.utc) + dt.timedelta(hours=2)
        code = demo.extensions["storefront"].services.pricer.codes.code(found.id, ends)
    shopper.add("LUM-A9")
    cart = shopper.add("LX-85")
    assert title not in cart.get_text()
    cart = shopper.send(cart.select_one("form.storefront-code-form"), "/cart", code=code)
    assert sums(cart) == {"Subtotal": 396000, title: -38000, "Shipping": 0, "Total": 358000}


@pytest.mark.slow
def test_the_shop_in_dollars_charges_the_amounts_in_dollars(demo: Flask, redis_url: str) -> None:
    """21 + 25 + 4 dollars cost 42.50 together; delivery is 6."""
    app = create_demo(Path(demo.config["STOREFRONT_DATA_FOLDER"]).parent, redis_url, SHOP_CURRENCY="USD")
    shopper = Visitor(app)
    cart = shopper.add_coffee()
    assert sums(cart) == {"Subtotal": 5000, COFFEE_TITLE: -750, "Shipping": 600, "Total": 4850}
    assert sum(line_totals(cart).values()) == 4250
    assert sums(shopper.order()) == sums(cart)
    closed(app)


@pytest.mark.slow
def test_the_shop_on_postgresql_takes_orders_after_it_was_seeded(redis_url: str, tmp_path: Path) -> None:
    """Its first own order gets a number of its own, a bundle applies and is refunded, and no address is an error."""
    app = create_demo(tmp_path, redis_url, SQLALCHEMY_DATABASE_URI=postgres_url(), PROPAGATE_EXCEPTIONS=True)
    seed(app)
    for _ in range(2):
        shopper = Visitor(app)
        cart = shopper.add_coffee()
        assert sums(cart)["Total"] == COFFEE_PRICE + DELIVERY
        thanks = shopper.order()
        assert sums(thanks) == sums(cart)
    shopper.sign_in("staff")
    shopper.get(f"/staff/orders/{number_in(thanks)}")
    for address in ("/product/%00", "/search?q=%00", "/category/a%00b"):
        shopper.get(address, 404)
    closed(app)


def test_the_same_shop_runs_without_the_storefront(demo: Flask, redis_url: str) -> None:
    """Single prices, no bundles, an order goes through, and no link leads to the admin."""
    folder = Path(demo.config["STOREFRONT_DATA_FOLDER"]).parent
    app = create_demo(folder, redis_url, SHOP_WITHOUT_STOREFRONT=True)
    shopper = Visitor(app)
    assert sums(shopper.add_coffee())["Total"] == sum(COFFEE.values()) + DELIVERY
    thanks = shopper.order()
    assert sums(thanks)["Total"] == sum(COFFEE.values()) + DELIVERY
    shopper.sign_in("staff")
    page = shopper.get(f"/staff/orders/{number_in(thanks)}")
    assert "Nothing in this order can be refunded here" in page.get_text()
    assert page.select_one("a[href^='/storefront']") is None
    closed(app)


def test_every_bundle_saves_in_both_currencies(demo: Flask) -> None:
    """Of each tier, a cart that holds one whole set costs less, at the prices of that currency's own list."""
    from shop.database import db
    from shop.models import Product

    with demo.app_context():
        for definition in definitions(demo):
            bundle, now = Bundle(1, definition), definition.schedule.start or dt.datetime.now(dt.timezone.utc)
            for tier in definition.tiers:
                # Of a mix and of steps this many of the first; of all others each component.
                wanted = {part.product_id: part.quantity for part in tier.components}
                wanted = {tier.components[0].product_id: tier.least} if tier.least else wanted
                products = {sku: db.session.get_one(Product, sku) for sku in wanted}
                yen = [LineItem(sku, count, int(products[sku].price_jpy)) for sku, count in wanted.items()]
                cents = [LineItem(sku, count, int(products[sku].price_usd * 100)) for sku, count in wanted.items()]
                for lines, currency in ((yen, "JPY"), (cents, "USD")):
                    priced = price_cart(lines, [bundle], currency, now, shopper=Shopper(unlocked=frozenset({1})))
                    assert 0 < priced.discount < priced.gross / 3, (definition.texts["en"].title, currency)


@pytest.mark.parametrize(("accept", "notes"), [("text/html", 1), ("application/json", 0)])
def test_what_was_added_is_said_once(shopper: Visitor, accept: str, notes: int) -> None:
    """By the next page to a form, and to the script by its button alone."""
    shopper.client.post("/storefront/cart", data={"product": "TSU-PP"}, headers={"Accept": accept})
    assert len(shopper.get("/privacy").select(".notes p")) == notes
    assert set(line_totals(shopper.get("/cart"))) == {"TSU-PP"}
