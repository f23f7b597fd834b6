"""What cannot be sold takes nobody's place: four asked, four given, whatever stands before them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from shop_pages import add_pages, visit
from small_shop import SmallShop

from storefront_plugin import AddForm, CartLine, MemoryCatalog, Product
from storefront_plugin.bundles.proposals.mining import MiningSettings, find_proposals

MakeShop = Callable[..., SmallShop]
LIVE = [f"live{n}" for n in range(8)]
STATES: dict[str, dict[str, Any] | None] = {"sold out": {"stock": 0}, "hidden": {"visible": False}, "deleted": None}
STRATEGIES = ("also_bought", "bought_together", "related", "top_rated", "bestsellers", "trending")


class Season(MemoryCatalog):
    """A catalogue whose products the shop changes while it runs."""

    def change(self, shop: SmallShop | None, ids: Iterable[str], fields: dict[str, Any] | None) -> None:
        """Give the products of *ids* other *fields*, or delete them; tell *shop*, if any."""
        for name in ids:
            product = self._products.pop(name)
            if fields is not None:
                self._products[name] = replace(product, **fields)
            if shop is not None:
                shop.storefront.product_changed(name)


def _made(name: str, title: str, stars: float) -> Product:
    return Product(
        id=name,
        title=title,
        price=Decimal(5),
        category_ids=("kettles",),
        url=f"/p/{name}",
        rating=stars,
        review_count=50,
    )


def _dead(count: int) -> list[str]:
    return [f"dead{n}" for n in range(count)]


def _catalogue(dead: int) -> Season:
    """A kettle, *dead* products more alike and better rated than eight others, and those."""
    return Season(
        [
            _made("seed", "copper kettle", 4.0),
            *(_made(name, "copper kettle", 5.0) for name in _dead(dead)),
            *(_made(name, "iron kettle", 4.5) for name in LIVE),
        ]
    )


def _ordered(shop: SmallShop, dead: int) -> None:
    """Each of the dead is in five orders with the kettle, each of the living in four."""
    names = _dead(dead)
    shop.place(
        *(["seed", *names[at : at + 8]] for at in range(0, dead, 8) for _ in range(5)),
        *(["seed", *LIVE] for _ in range(4)),
    )


def _a_shop(make_shop: MakeShop, dead: int, state: str, **options: Any) -> tuple[SmallShop, Season]:
    catalog = _catalogue(dead)
    catalog.change(None, _dead(dead) if state != "deleted" else (), STATES[state])
    shop = add_pages(make_shop(catalog=catalog, **options))
    with shop.app.app_context():
        shop.storefront.drain()
        if state == "deleted":
            catalog.change(shop, _dead(dead), None)
        _ordered(shop, dead)
        if state == "deleted":
            _rebuild(shop)
    return shop, catalog


def _rebuild(shop: SmallShop) -> None:
    shop.storefront.services.counting.rebuild(lambda *_: None)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("dead", [100, 400])
def test_four_asked_are_four_given(make_shop: MakeShop, dead: int, state: str) -> None:
    """Stronger partners, more alike, better rated, better selling: none takes the place of what can be sold."""
    shop, _ = _a_shop(make_shop, dead, state)
    with shop.app.app_context():
        for strategy in STRATEGIES:
            found = shop.ids(strategy, "seed", limit=4)
            assert len(found) == 4, strategy
            assert set(found) <= set(LIVE), strategy


def test_after_a_change_of_season_a_rebuild_finds_what_can_be_sold(make_shop: MakeShop) -> None:
    """The pairs that stronger ones had pushed out of the counts are in the log."""
    catalog = _catalogue(400)
    shop = make_shop(catalog=catalog)
    with shop.app.app_context():
        _ordered(shop, 400)
        assert not set(shop.ids("bought_together", "seed", limit=400)) & set(LIVE)
        catalog.change(None, _dead(400), {"stock": 0})
        shop.storefront.services.products.forget(None)
        _rebuild(shop)
        assert len(shop.ids("bought_together", "seed", limit=4)) == 4


def test_what_is_back_in_stock_is_back_on_the_page(make_shop: MakeShop) -> None:
    """The strongest partner of all returns with the news of its stock, and needs no new index of the catalogue."""
    shop, catalog = _a_shop(make_shop, 100, "sold out")
    with shop.app.app_context():
        assert not set(visit(shop, "/p/seed").shown()) & set(_dead(100))
        catalog.change(shop, ["dead99"], {"stock": 3})
    assert "dead99" in visit(shop, "/p/seed").shown()


def test_what_is_back_in_stock_is_found_without_news(make_shop: MakeShop) -> None:
    """The best of what could not be sold is looked up all the same, as often as any card."""
    shop, catalog = _a_shop(make_shop, 100, "sold out", STOREFRONT_PRODUCT_CACHE_SECONDS=0)
    with shop.app.app_context():
        assert not set(visit(shop, "/p/seed").shown()) & set(_dead(100))
    catalog.change(None, ["dead1"], {"stock": 3})
    assert "dead1" in visit(shop, "/p/seed").shown()


class _EmptyCart:
    """A cart that can be filled from Python."""

    def lines(self) -> list[CartLine]:
        return []

    def add_form(self, product: Product) -> AddForm | None:
        return None

    def add(self, lines: Sequence[CartLine]) -> None:
        raise AssertionError("nothing is posted")


def _set_of(shop: SmallShop) -> tuple[list[str], list[str]]:
    """The checked products of the set on the kettle's page, and what is said of the kettle in it."""
    soup = visit(shop, "/p/seed").soup
    boxes = [str(box["value"]) for box in soup.select(".storefront-together input[name=product]")]
    own = soup.select(".storefront-together [data-storefront-product=seed] .storefront-reason")
    return boxes, [one.text for one in own]


@pytest.mark.parametrize("is_sold_out", [True, False])
def test_the_pages_own_product_that_is_sold_out_is_not_added_with_the_set(
    make_shop: MakeShop, is_sold_out: bool
) -> None:
    """It stands there as sold out, and the button adds what completes it."""
    shop, catalog = _a_shop(make_shop, 100, "sold out", cart=_EmptyCart())
    if is_sold_out:
        with shop.app.app_context():
            catalog.change(shop, ["seed"], {"stock": 0})
    boxes, said = _set_of(shop)
    assert ("seed" in boxes, said) == ((False, ["Sold out"]) if is_sold_out else (True, ["This product"]))
    assert len(boxes) >= 2


def test_bundles_are_proposed_of_what_can_be_sold(make_shop: MakeShop) -> None:
    """Sets of the old season, of which there are more than a search keeps, push no other one out."""
    shop, _ = _a_shop(make_shop, 400, "sold out")
    with shop.app.app_context():
        shop.place(LIVE[:2])
        services = shop.storefront.services
        services.products.forget(None)
        proposed = find_proposals(
            services.database, services.shop.catalog, services.numbers, Path(shop.app.instance_path), "EUR",
            MiningSettings(),
        )  # fmt: skip
    assert set(LIVE[:2]) in [set(one.product_ids) for one in proposed]
    assert not {name for one in proposed for name in one.product_ids} & set(_dead(400))
