"""What a merchant changes shows on the very next page of every process, however quiet, with three statements once."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from bundle_shop import BundleShop, bundle_shop, stocked
from fillers import FILLERS
from made_bundles import set_of
from shop_pages import LIMIT, Visit, add_pages, counted_sql, twin_of, visit, wait_until, warm
from small_shop import SmallShop

from storefront_plugin import MemoryCatalog, Slot
from storefront_plugin.bundles.price import percent_off
from storefront_plugin.proxies import SERVICES
from storefront_plugin.recommending.page import Page
from storefront_plugin.recommending.placements import PlacementStore

MakeShop = Callable[..., SmallShop]
NEW = (
    Slot(name="best", strategies=("bestsellers",), limit=3),
    Slot(name="later", strategies=("also_bought",), lazy=True),
)


@pytest.fixture
def shop(make_shop: MakeShop) -> SmallShop:
    """The process in which the merchant works."""
    made = add_pages(make_shop(TESTING=False, STOREFRONT_DRAIN="off"))
    with made.app.app_context():
        made.place(*[["p1", "p2"]] * 4, *[["p1", "p3"]] * 3, *[["p2", "p4"]] * 3)
    return made


@pytest.fixture
def quiet(shop: SmallShop) -> Iterator[SmallShop]:
    """Another process, which has served pages and then nothing; it has no thread, like servers that run none."""
    other = twin_of(shop)
    warm(other)
    parts(other).thread.stop()
    yield other
    other.close()


def parts(shop: SmallShop) -> Any:
    return shop.app.extensions[SERVICES]


def slots_of(page: Visit) -> list[str]:
    return [str(slot["data-storefront-slot"]) for slot in page.soup.select("[data-storefront-slot]")]


def heading_of(page: Visit) -> str:
    (heading,) = page.soup.select("[data-storefront-slot=bought_together] .storefront-heading")
    return heading.get_text(strip=True)


def asked(shop: SmallShop) -> list[str]:
    """Names of the slots that the API answers with."""
    answer: Any = shop.app.test_client().get("/storefront/api/placements/product?product=p1").json
    return [slot["name"] for slot in answer["slots"]]


def change_slots(shop: SmallShop) -> None:
    with shop.app.app_context():
        PlacementStore(shop.storefront.database, FILLERS).save("product", 0, NEW)
        parts(shop).news.rules_changed()


def test_a_rule_counts_on_the_next_page_of_another_process(shop: SmallShop, quiet: SmallShop) -> None:
    """That page asks three short questions, those after it none."""
    assert "p2" in visit(quiet).shown()
    with shop.app.app_context():
        shop.storefront.exclude("p2")
    with counted_sql() as statements:
        assert "p2" not in visit(quiet).shown()
    assert len(statements) == 3
    with counted_sql() as statements:
        visit(quiet)
    assert statements == []


@pytest.mark.parametrize("alone", [False, True])
def test_a_pin_leaves_the_heading_of_its_slot(shop: SmallShop, alone: bool) -> None:
    """It is that of the strategy behind the other cards, or of the slot's first where there are none."""
    with shop.app.app_context():
        before = heading_of(warm(shop))
        shop.storefront.pin("p9", to="p1", strategy="bought_together")
        for number in range(2, 21) if alone else ():
            if number != 9:
                shop.storefront.exclude(f"p{number}")
    page = visit(shop)
    assert page.soup.select("[data-storefront-slot=bought_together] [data-storefront-product=p9]")
    assert heading_of(page) == before == "Frequently bought together"


def test_slots_count_on_the_next_page_of_another_process(shop: SmallShop, quiet: SmallShop) -> None:
    """New ones are there, old ones gone, and the room for lazy ones is kept."""
    change_slots(shop)
    page = visit(quiet)
    assert slots_of(page) == ["best", "later"]
    assert page.soup.select(
        "[data-storefront-slot=later] .storefront-waiting, [data-storefront-slot=later].storefront-waiting"
    )
    assert page.shown("best")
    assert slots_of(visit(quiet)) == ["best", "later"]


def test_slots_count_on_the_next_answer_of_another_process(shop: SmallShop, quiet: SmallShop) -> None:
    """As JSON, too."""
    assert "best" not in asked(quiet)
    change_slots(shop)
    assert asked(quiet)[0] == "best"


def test_a_bundle_counts_on_the_next_page_of_another_process(make_shop: MakeShop) -> None:
    """The set has its own box there."""
    made = bundle_shop(make_shop, MemoryCatalog(stocked()))
    other = twin_of(made.shop, TESTING=False, catalog=MemoryCatalog(stocked()), STOREFRONT_DRAIN="off")
    there = BundleShop(other, other.app.test_client())
    try:
        warm(other)
        parts(other).thread.stop()
        assert there.soup("/p/p1").select(".storefront-bundle") == []
        made.publish(set_of("p1", "p2", price=percent_off(10)))
        assert len(there.soup("/p/p1").select(".storefront-bundle")) == 1
    finally:
        other.close()


def test_a_fragment_and_a_call_from_python_follow_as_well(shop: SmallShop, quiet: SmallShop) -> None:
    """Whatever asks first."""
    src = visit(quiet).soup.select_one("storefront-fragment")
    assert src is not None
    with shop.app.app_context():
        shop.storefront.exclude("p2")
    assert 'data-storefront-product="p2"' not in quiet.app.test_client().get(str(src["src"])).text
    with shop.app.app_context():
        shop.storefront.exclude("p3")
    with quiet.app.app_context():
        assert {"p2", "p3"}.isdisjoint(quiet.ids("also_bought", "p1"))


def test_explain_shows_what_the_page_shows_now(shop: SmallShop, quiet: SmallShop) -> None:
    """Also in a process that has served no page since."""
    with shop.app.app_context():
        shop.storefront.exclude("p2")
    with quiet.app.app_context():
        page = Page(placement="product", products=("p1",), blocking=True)
        slots = parts(quiet).suggestions.explain(page, parts(quiet).suggestions.plan["product"])
    shown = {one.product_id for slot in slots for one in slot.shown}
    assert shown
    assert "p2" not in shown


def test_while_the_database_is_locked_pages_go_on_with_what_was(
    shop: SmallShop, caplog: pytest.LogCaptureFixture
) -> None:
    """In time, said once, and not asked again by each page; they follow afterwards."""
    other = twin_of(shop, STOREFRONT_DEADLINE_MS=150)
    try:
        assert "p2" in warm(other).shown()
        with shop.app.app_context():
            shop.storefront.exclude("p2")
        caplog.set_level(logging.WARNING, "storefront_plugin.recommending.refresher")
        with closing(sqlite3.connect(Path(shop.app.instance_path) / "shop.sqlite", isolation_level=None)) as locking:
            locking.execute("BEGIN EXCLUSIVE")
            pages = [visit(other) for _ in range(4)]
            locking.execute("ROLLBACK")
        assert all(page.is_whole and page.seconds < LIMIT and "p2" in page.shown() for page in pages)
        assert sum("with the previous" in record.getMessage() for record in caplog.records) == 1
        wait_until(lambda: "p2" not in visit(other).shown())
    finally:
        other.close()
