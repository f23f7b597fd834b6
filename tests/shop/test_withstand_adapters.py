"""Adapters that raise, sleep or answer nonsense, and ids that nobody expects: the shop's page is served all the same."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from counting_model import expected, stored
from markupsafe import Markup
from shop_pages import DEADLINE_MS, LIMIT, add_pages, visit, warm
from small_shop import SmallShop, made_products, small_shop

from storefront_plugin import AddForm, CartLine, MemoryCatalog, Order, OrderLine, Product
from storefront_plugin.core.deadline import LEAST_FAILURES, STRETCH
from storefront_plugin.proxies import SERVICES
from storefront_plugin.shop.product_cache import WARM_UP

NEIGHBOURS = ["p2", "p3", "p4", "p5"]


class OddCatalog(MemoryCatalog):
    """A catalogue whose answers a test makes odd. *stock* answers ``live_stock``."""

    def __init__(self, products: Sequence[Product] = ()) -> None:
        super().__init__(products or made_products())
        self.calls = 0
        self.odd: Callable[[Mapping[str, Any]], Any] = lambda answer: answer

    def get_many(self, ids: Sequence[str]) -> Any:
        self.calls += 1
        return self.odd(super().get_many(ids))


class OddStock(OddCatalog):
    """One that can tell stock afresh too."""

    stock: Any = staticmethod(lambda ids: dict.fromkeys(ids, 1))

    def live_stock(self, ids: Sequence[str]) -> Any:
        return self.stock(ids)


class BigCart:
    """A cart that holds whatever a test puts into it."""

    def __init__(self, lines: Any = ()) -> None:
        self.given = lines

    def lines(self) -> Any:
        return self.given() if callable(self.given) else self.given

    def add_form(self, product: Product) -> AddForm | None:
        return None


def open_shop(folder: Path, redis_url: str, catalog: OddCatalog) -> SmallShop:
    """A shop in production mode whose p1 was bought with p2 … p5."""
    shop = small_shop(
        folder,
        TESTING=False,
        STOREFRONT_REDIS_URL=redis_url,
        STOREFRONT_REDIS_PREFIX=f"t{uuid.uuid4().hex[:8]}",
        STOREFRONT_DEADLINE_MS=DEADLINE_MS,
        STOREFRONT_PRODUCT_CACHE_SECONDS=60 if isinstance(catalog, OddStock) else 0,
        STOREFRONT_DRAIN="off",
        STOREFRONT_MIN_SUPPORT=1,
        catalog=catalog,
        cart=BigCart(),
    )
    with add_pages(shop).app.app_context():
        shop.place(*(["p1", neighbour] for neighbour in NEIGHBOURS))
    return shop


@pytest.fixture(scope="module", params=[OddCatalog])
def opened(
    request: pytest.FixtureRequest, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SmallShop]:
    """One shop for all tests of a catalogue."""
    shop = open_shop(tmp_path_factory.mktemp("shop"), redis_url, request.param())
    yield shop
    shop.close()


@pytest.fixture
def shop(opened: SmallShop) -> SmallShop:
    """The shop with nothing odd about it yet."""
    catalog_of(opened).odd = lambda answer: answer
    opened.storefront.cart.given = []  # type: ignore[union-attr]
    cards_of(opened)._latest.clear()
    cards_of(opened)._skip_until = 0.0
    return opened


def catalog_of(shop: SmallShop) -> Any:
    return shop.storefront.catalog


def cards_of(shop: SmallShop) -> Any:
    """What the process holds of products."""
    return shop.app.extensions[SERVICES].products


def raising(_answer: object) -> Any:
    raise RuntimeError("the shop's own mistake")


@pytest.mark.parametrize(
    "odd",
    [raising, lambda answer: None, lambda answer: list(answer.values()), lambda answer: dict.fromkeys(answer, "text")],
    ids=["raises", "nothing", "a list", "texts"],
)
def test_a_catalogue_that_fails_costs_the_cards_only(shop: SmallShop, odd: Callable[..., Any]) -> None:
    """It is asked once a page, not once a slot, and is right again at once."""
    catalog = catalog_of(shop)
    assert warm(shop).shown()
    catalog.odd, catalog.calls = odd, 0
    page = visit(shop)
    assert page.is_whole
    assert page.shown() == []
    assert odd is not raising or catalog.calls == 1
    catalog.odd = lambda answer: answer
    assert visit(shop).shown()


def test_a_catalogue_that_sleeps_is_left_alone_after_a_few_pages(shop: SmallShop) -> None:
    """Python cannot interrupt it, so these pages are slow, and the others go without cards for a while."""
    catalog = catalog_of(shop)
    assert warm(shop).shown()
    cards_of(shop)._latest.clear()
    catalog.odd = lambda answer: time.sleep(STRETCH * DEADLINE_MS / 1000 + 0.1) or answer
    for _ in range(LEAST_FAILURES):
        assert visit(shop).is_whole
    page = visit(shop)
    assert page.is_whole
    assert page.seconds < LIMIT
    assert page.shown() == []


def test_the_first_calls_of_a_process_may_be_slow(shop: SmallShop) -> None:
    """They open connections and compile queries; the pages after them have their cards."""
    catalog = catalog_of(shop)
    assert warm(shop).shown()
    cards_of(shop)._calls = 0
    catalog.odd = lambda answer: time.sleep(0.3) or answer
    for _ in range(WARM_UP):
        assert visit(shop).shown()
    catalog.odd = lambda answer: answer
    assert visit(shop).shown()


def test_a_fragment_takes_nothing_away_where_the_catalogue_failed(shop: SmallShop) -> None:
    """The page shows suggestions already: they stay, whatever happens afterwards."""
    assert warm(shop).shown()
    client = shop.app.test_client()
    page = BeautifulSoup(client.get("/p/p1").text, "html5lib")
    address = str(page.select("storefront-fragment")[0]["src"])
    catalog_of(shop).odd = raising
    assert client.get(address).status_code == 204


NONSENSE: Mapping[str, Any] = {
    "no price": {"price": None},
    "a price that is no number": {"price": "cheap"},
    "an endless price": {"price": Decimal("Infinity")},
    "another id": {"id": "p9"},
    "no title": {"title": ""},
}
ODD: Mapping[str, Any] = {
    "negative stock": ({"stock": -5}, False),
    "ten thousand categories": ({"category_ids": tuple(map(str, range(10_000)))}, True),
    "a long title": ({"title": "x" * 5_000_000}, True),
    "markup": ({"title": Markup("<script>alert(1)</script>")}, True),
    "a script as address": ({"url": "java\nscript:alert(1)", "image_url": "javascript:alert(1)"}, True),
    "numbers for texts": ({"url": 7, "image_url": 8, "brand": 9, "rating": "many", "review_count": "x"}, True),
    "a rating of nine": ({"rating": 9.0, "review_count": -3}, True),
}


@pytest.mark.parametrize("fields", NONSENSE.values(), ids=NONSENSE)
def test_a_product_that_cannot_be_shown_is_left_out_alone(shop: SmallShop, fields: dict[str, Any]) -> None:
    """The others take its place."""
    catalog = catalog_of(shop)
    catalog.odd = lambda answer: {key: replace(p, **fields) if key == "p2" else p for key, p in answer.items()}
    page = warm(shop)
    assert "p2" not in page.shown()
    assert {"p3", "p4", "p5"} <= set(page.shown())


@pytest.mark.parametrize(("fields", "is_shown"), ODD.values(), ids=ODD)
def test_an_odd_field_does_no_harm(shop: SmallShop, fields: dict[str, Any], is_shown: bool) -> None:
    """It is cut, escaped or left out; nothing in the page can run."""
    catalog = catalog_of(shop)
    catalog.odd = lambda answer: {key: replace(p, **fields) if key == "p2" else p for key, p in answer.items()}
    page = warm(shop)
    assert ("p2" in page.shown()) is is_shown
    assert {"p3", "p4", "p5"} <= set(page.shown())
    assert page.soup.select("script:not([src]), [onerror], [onmouseover]") == []
    assert not [tag for tag in page.soup.select("[href], [src]") if "script:" in f"{tag.get('href')}{tag.get('src')}"]
    assert len(str(page.soup)) < 200_000


@pytest.mark.parametrize("opened", [OddStock], indirect=True)
@pytest.mark.parametrize(
    ("stock", "shown"),
    [
        (lambda ids: {"p2": 0}, ["p3", "p4", "p5"]),
        (lambda ids: {"p2": "many", "p3": -1, "p4": None, "p5": Decimal(2)}, ["p2", "p4", "p5"]),
        (lambda ids: None, NEIGHBOURS),
        (raising, NEIGHBOURS),
    ],
    ids=["sold out", "nonsense", "nothing", "raises"],
)
def test_live_stock_is_judged_like_any_stock(shop: SmallShop, stock: Any, shown: list[str]) -> None:
    """What it says of a product counts; where it says nothing usable, the stock of before does."""
    catalog = catalog_of(shop)
    warm(shop)
    catalog.stock = stock
    page = visit(shop)
    assert page.is_whole
    assert sorted(set(page.shown()) & {*NEIGHBOURS}) == shown


HOSTILE = [
    "missing",
    "x" * 10_000,
    "*",
    "{tag}",
    "a b",
    "p1\n",
    "日本語",
    "🛒" * 60,
    "'\"><script>alert(1)</script>",
    "../..",
]


@pytest.mark.parametrize("product_id", HOSTILE, ids=lambda text: ascii(text[:12]))
def test_ids_that_nobody_expects_are_unknown_products(shop: SmallShop, product_id: str) -> None:
    """On a page, in a fragment, in an order and in Python; what has an id of 1 to 255 bytes is counted too."""
    page = visit(shop, f"/any?id={quote(product_id)}")
    assert page.is_whole
    assert page.soup.select("script:not([src])") == []
    client = shop.app.test_client()
    assert client.get("/storefront/fragment/product", query_string={"product": product_id}).status_code in (
        200,
        204,
        400,
    )
    with shop.app.app_context():
        shop.storefront.recommend("also_bought", [product_id, "p1"])
        fits = len(product_id.encode()) <= 255
        assert bool(shop.storefront.order_placed(shop.order(product_id, "p8"), commit=True)) is fits
        shop.storefront.drain()
        assert stored(shop) == expected(shop)
        assert (shop.storefront.services.numbers.number(product_id) is not None) is fits


@pytest.mark.parametrize("name", ["product", "slot", "after", "have"])
def test_ten_megabytes_in_an_address_are_not_sent_back(shop: SmallShop, name: str) -> None:
    """Servers refuse them before we see them; where one does not, nothing is looked up, and no error repeats them."""
    given = {"QUERY_STRING": f"{name}={'x' * 10_000_000}"}
    answer = shop.app.test_client().get("/storefront/fragment/product", environ_overrides=given)
    assert answer.status_code in (200, 204, 400)
    assert len(answer.data) < 100_000


def test_a_cart_of_five_hundred_lines(shop: SmallShop) -> None:
    """Only the latest are asked about, all are left out, and the time is kept."""
    lines = [CartLine(f"q{number}") for number in range(498)] + [CartLine("p1"), CartLine("p2")]
    shop.storefront.cart.given = lines  # type: ignore[union-attr]
    warm(shop, "/cart")
    page = visit(shop, "/cart")
    assert page.is_whole
    assert page.seconds < LIMIT
    assert {"p3", "p4", "p5"} & set(page.shown())
    assert not {"p1", "p2"} & set(page.shown())


def test_ids_of_a_cart_may_be_numbers(shop: SmallShop) -> None:
    """A line of product 2 keeps product "2" out."""
    products = [Product(id=str(n), title=f"Product {n}", price=Decimal(n)) for n in range(1, 9)]
    catalog_of(shop)._products.update({product.id: product for product in products})
    shop.storefront.cart.given = [CartLine(1), CartLine(2)]  # type: ignore[union-attr,arg-type]
    with shop.app.app_context():
        shop.place(["1", "2"], ["1", "3"])
    shown = warm(shop, "/cart").shown()
    assert "3" in shown
    assert not {"1", "2"} & set(shown)


@pytest.mark.parametrize("lines", [None, ["p1"], lambda: 1 / 0], ids=["nothing", "texts", "raises"])
def test_a_cart_that_fails_costs_the_widgets_only(shop: SmallShop, lines: Any) -> None:
    """On its own page and in the fragment of another."""
    shop.storefront.cart.given = lines  # type: ignore[union-attr]
    assert visit(shop, "/cart").is_whole
    address = visit(shop).soup.select("storefront-fragment")[0]["src"]
    assert shop.app.test_client().get(str(address)).status_code == 204


@pytest.mark.parametrize(
    "order",
    [
        Order(id="o", placed_at=None, lines=[]),  # type: ignore[arg-type]
        Order(id="o", placed_at=made_products, lines=None),  # type: ignore[arg-type]
        Order(id=None, placed_at=None, lines=[OrderLine("p1")]),  # type: ignore[arg-type]
    ],
)
def test_an_order_that_cannot_be_read_never_reaches_the_shops_commit(shop: SmallShop, order: Order) -> None:
    """It is logged; the next one counts."""
    with shop.app.app_context():
        assert not shop.storefront.order_placed(order)
        assert not shop.storefront.order_placed("no order at all")
        shop.db.session.commit()
        shop.place(["p1", "p6"])
        assert stored(shop) == expected(shop)


@pytest.mark.parametrize("field", [{"currency": "EURO"}, {"currency": "€"}, {"lines": ["p1"]}, {"lines": 5}])
def test_one_bad_order_never_stops_the_counting_of_others(shop: SmallShop, field: dict[str, Any]) -> None:
    """What the log's columns could not hold is refused at the call, before numbering would meet it again and again."""
    with shop.app.app_context():
        good = shop.order("p1", "p6")
        assert not shop.storefront.order_placed(replace(good, id="bad", **field))
        assert shop.storefront.order_placed(good, commit=True)
        assert shop.storefront.drain() == 1


def test_the_shops_own_mistake_is_met_at_its_own_commit(shop: SmallShop) -> None:
    """Our call flushes nothing of the shop's, so a retry after a duplicate key works as before."""

    class Item(shop.db.Model):  # type: ignore[name-defined,misc]
        id = sa.Column(sa.Integer, primary_key=True)

    with shop.app.app_context():
        shop.db.create_all()
        shop.db.session.add(Item(id=1))
        shop.db.session.commit()
        shop.db.session.add(Item(id=1))
        assert shop.storefront.order_placed(shop.order("p1", "p2"))
        with pytest.raises(sa.exc.IntegrityError):
            shop.db.session.commit()
        shop.db.session.rollback()
