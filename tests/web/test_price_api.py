"""Carts priced as JSON: at the shop's prices, with the bundles that apply and what is missing for the next."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from made_bundles import set_of
from shop_pages import counted_sql
from small_shop import SmallShop, made_products

from storefront_plugin import MemoryCatalog, Variant
from storefront_plugin.bundles import BundleText, percent_off
from storefront_plugin.proxies import SERVICES

TEN = percent_off(10)
PRICE = "/storefront/api/price"
WORDS = {"en": BundleText("Set"), "ja": BundleText("セット")}


@pytest.fixture
def shop(make_shop: Callable[..., SmallShop]) -> SmallShop:
    """Ten percent off p10 with p20."""
    made = make_shop()
    with made.app.app_context():
        made.storefront.publish_bundle(replace(set_of("p10", "p20", price=TEN), texts=WORDS))
    return made


@pytest.fixture
def client(shop: SmallShop) -> FlaskClient:
    return shop.app.test_client()


def ask(client: FlaskClient, *lines: dict[str, Any], **more: Any) -> Any:
    """The priced cart."""
    answer = client.post(PRICE, json={"lines": list(lines), **more})
    assert answer.status_code == 200, answer.json
    assert answer.cache_control.no_store
    return answer.json


def test_a_cart_costs_what_checkout_takes(client: FlaskClient) -> None:
    """To the cent, line by line; a price that the browser sends is not even read."""
    cart = ask(client, {"product_id": "p10"}, {"product_id": "p20", "quantity": 2})
    assert (cart["currency"], cart["gross"], cart["discount"], cart["total"]) == ("EUR", "50.00", "3.00", "47.00")
    assert [(one["product_id"], one["quantity"], one["total"]) for one in cart["lines"]] == [
        ("p10", 1, "9.00"),
        ("p20", 2, "38.00"),
    ]
    assert [(one["title"], one["count"], one["saving"]) for one in cart["applied"]] == [("Set", 1, "3.00")]
    assert cart["missing"] == [] or cart["missing"][0]["bundle"] == cart["applied"][0]["bundle"]


def test_what_is_missing_for_a_bundle_is_told_in_the_language_that_is_asked_for(client: FlaskClient) -> None:
    """With the products to add and what they save."""
    (near,) = ask(client, {"product_id": "p20"}, locale="ja")["missing"]
    assert (near["title"], near["saving"]) == ("セット", "3.00")
    assert near["items"] == [{"product_ids": ["p10"], "quantity": 1}]


def test_a_saving_that_is_not_known_is_null(make_shop: Callable[..., SmallShop]) -> None:
    """Such as beside a product that is sold in another currency only; nothing is not nothing saved."""
    products = [replace(one, currency="USD") if one.id == "p10" else one for one in made_products()]
    shop = make_shop(catalog=MemoryCatalog(products))
    with shop.app.app_context():
        shop.storefront.publish_bundle(replace(set_of("p10", "p20", price=TEN), texts=WORDS))
    (near,) = ask(shop.app.test_client(), {"product_id": "p20"})["missing"]
    assert near["saving"] is None


def test_a_variant_that_the_shop_does_not_have_is_refused_as_a_product_is(
    make_shop: Callable[..., SmallShop],
) -> None:
    """At a price of its own it would be guessed."""
    catalog = MemoryCatalog(made_products(), variants=lambda ids: {"p1": [Variant("red", "Red")]})
    client = make_shop(catalog=catalog).app.test_client()
    assert ask(client, {"product_id": "p1", "variant_id": "red"})["total"] == "1.00"
    answer = client.post(PRICE, json={"lines": [{"product_id": "p1", "variant_id": "blue"}]})
    assert (answer.status_code, "'blue'" in answer.json["message"]) == (422, True)


def test_variants_are_looked_up_once(make_shop: Callable[..., SmallShop]) -> None:
    """With the products of the cart, whose prices they have."""
    asked: list[list[str]] = []

    def variants(ids: Iterable[str]) -> dict[str, list[Variant]]:
        asked.append(list(ids))
        return {"p1": [Variant("red", "Red")]}

    client = make_shop(catalog=MemoryCatalog(made_products(), variants=variants)).app.test_client()
    assert ask(client, {"product_id": "p1", "variant_id": "red"})["total"] == "1.00"
    assert asked == [["p1"]]


@pytest.mark.parametrize(
    ("body", "part"),
    [
        ({"lines": [{"product_id": "nobody's"}]}, "nobody's"),
        ({"lines": [{"product_id": "p1", "quantity": 0}]}, None),
        ({"lines": [{"product_id": "p1", "unit_price": "0.01"}]}, None),
        ({"lines": [{"product_id": "x" * 256}]}, None),
        ({"lines": [{"product_id": "p1"}] * 1001}, None),
        ({"lines": [{"product_id": "p1"}], "currency": "euro"}, None),
        ({}, None),
        ([], None),
    ],
)
def test_what_cannot_be_priced_is_422_with_the_remedy(client: FlaskClient, body: Any, part: str | None) -> None:
    """Of the body what is wrong where, of a product its id."""
    answer = client.post(PRICE, json=body)
    assert answer.status_code == 422
    assert (part in answer.json["message"]) if part else answer.json["errors"]


def test_other_methods_and_bodies_are_refused_in_json(client: FlaskClient) -> None:
    """It names the methods there are."""
    answer = client.get(PRICE)
    assert answer.status_code == 405
    assert set(answer.allow) == {"POST", "OPTIONS"}
    for body in ("no json", "[" * 100_000, f'{{"lines": [{{"product_id": "p1", "quantity": {"9" * 5000}}}]}}'):
        answer = client.post(PRICE, data=body, content_type="application/json")
        assert (answer.status_code, answer.json["errors"]) == (400, {"json": ["Invalid JSON body."]})


def test_the_text_of_a_published_bundle_costs_no_query_and_speaks_the_pages_language(shop: SmallShop) -> None:
    """A cart page of the shop's own asks for each bundle that applies."""
    headers = {"Accept-Language": "ja"}
    with shop.app.test_request_context(headers=headers):
        shop.app.extensions[SERVICES].snapshots.refresh()
        with counted_sql() as statements:
            assert shop.storefront.bundle_text(1).title == "セット"
            assert shop.storefront.bundle_text(1, "en").title == "Set"
        assert statements == []
