"""The main job on shops of four shapes: mount, catch up with their own orders, see the right products."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from postgres import postgres_url
from shops import baskets, carts, relational, skus, variants

from storefront_plugin import Storefront

SHOPS = {"relational": relational, "variants": variants, "skus": skus, "carts": carts}
STORES = ("file", "memory", "postgres")


@pytest.fixture
def open_shop(tmp_path: Path, redis_url: str) -> Iterator[Callable[..., tuple[Any, Flask, Storefront]]]:
    """Opens a filled shop with the plugin mounted."""
    opened: list[Flask] = []

    def open_it(name: str, store: str, **config: Any) -> tuple[Any, Flask, Storefront]:
        shop = SHOPS[name]
        uris = {"memory": "sqlite:///:memory:", "file": f"sqlite:///{tmp_path / 'shop.sqlite'}"}
        options = {
            "TESTING": True,
            "STOREFRONT_DEADLINE_MS": 1000,
            "STOREFRONT_REDIS_URL": redis_url,
            "STOREFRONT_REDIS_PREFIX": f"{tmp_path.name}-{name}-{store}",
            **config,
        }
        app = shop.create_app(uris.get(store) or postgres_url(), **options)
        storefront = shop.mount(app)
        opened.append(app)
        shop.fill(app)
        with app.app_context():
            storefront.init_db()
        return shop, app, storefront

    yield open_it
    for app in opened:
        with app.app_context():
            app.extensions["storefront"].services.close()
            app.extensions["sqlalchemy"].session.remove()
            for engine in app.extensions["sqlalchemy"].engines.values():
                engine.dispose()


@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("name", SHOPS)
def test_an_odd_shop_sees_its_own_co_purchases(name: str, store: str, open_shop: Any) -> None:
    """Answers known by construction, from the shop's own tables, on every database."""
    shop, app, storefront = open_shop(name, store)
    with app.app_context():
        storefront.catch_up()
        for seed, bought in baskets.ALSO_BOUGHT.items():
            found = storefront.recommend("also_bought", [shop.product_id(seed)])
            evident = [item.product_id for item in found if item.support]
            assert evident == [str(shop.product_id(number)) for number in bought]
        again = storefront.catch_up()
        assert (again.placed, again.cancelled) == (0, 0)


@pytest.mark.parametrize("name", SHOPS)
def test_an_odd_shops_product_page_shows_the_cards(name: str, open_shop: Any) -> None:
    """The box has the two that were bought most with it; a third one alone makes no slot."""
    shop, app, storefront = open_shop(name, "file")
    with app.app_context():
        storefront.catch_up()
    with app.test_request_context("/"):
        html = BeautifulSoup(str(storefront.placement("product", shop.product_id(0))), "html5lib")
        shown = [
            card["data-storefront-product"]
            for card in html.select("[data-storefront-slot=also_bought] .storefront-card")
        ]
        first = [
            card["data-storefront-product"]
            for card in html.select("[data-storefront-slot=bought_together] .storefront-card")
        ]
        assert {str(shop.product_id(number)) for number in (1, 2)} <= set(first)
        assert len(set(shown + first)) == len(shown + first)


def test_a_changed_object_reaches_the_cards_after_its_commit(open_shop: Any) -> None:
    """The mapped model is watched: no call of the shop is needed, and nothing is shown before the commit."""
    shop, app, storefront = open_shop("relational", "file")
    with app.app_context():
        cards = storefront.services.products
        product_id = str(shop.product_id(1))
        item = shop.db.session.get(shop.Item, int(product_id))
        assert cards.get_many([product_id])[product_id].title == item.name
        item.name = "A new name"
        shop.db.session.flush()
        assert cards.get_many([product_id])[product_id].title != "A new name"
        shop.db.session.commit()
        assert cards.get_many([product_id])[product_id].title == "A new name"
