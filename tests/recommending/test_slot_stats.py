"""How often slots stay empty: counted on shoppers' pages only, summed up over processes and days."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from typing import Any

import pytest
from fillers import FILLERS
from flask import render_template_string
from shop_pages import add_pages, counted_sql, visit, wait_until, warm
from small_shop import SmallShop

from storefront_plugin import Slot
from storefront_plugin.proxies import SERVICES
from storefront_plugin.recommending import slot_stats as module
from storefront_plugin.recommending.page import FilledSlot, Page
from storefront_plugin.recommending.slot_stats import SlotCounts, SlotStats
from storefront_plugin.redis_store import Command, RedisStore

MakeShop = Callable[..., SmallShop]
BEST = Slot(name="best", strategies=("bestsellers",))
SET = Slot(name="set", strategies=("bought_together",))
LATER = Slot(name="later", strategies=("bestsellers",), lazy=True)


@pytest.fixture
def shop(make_shop: MakeShop) -> SmallShop:
    """A shop with one slot that fills, one that stays empty and one that is fetched, and two orders."""
    shop = add_pages(
        make_shop(STOREFRONT_PLAN={"product": [BEST, SET, LATER], "cart": [BEST]}, STOREFRONT_MIN_SUPPORT=1)
    )

    @shop.app.get("/apart")
    def apart() -> str:
        calls = "{{ storefront.slot('later', 'p1', lazy=False) }}{{ storefront.slot('best', 'p1', lazy=True) }}"
        return render_template_string(calls)

    with shop.app.app_context():
        shop.place(["p1"], ["p2"], ["p3"], ["p4"], ["p5"], ["p6"], ["p7"], ["p8"], ["p9"])
    return shop


def totals(shop: SmallShop, days: int = 7) -> dict[str, dict[str, SlotCounts]]:
    """What Redis holds after this process has told."""
    with shop.app.app_context():
        shop.storefront.drain()
        return shop.storefront.services.slot_stats.totals(days)


def test_each_slot_of_a_page_is_counted_filled_or_empty(shop: SmallShop) -> None:
    """Lazy slots not yet: they are counted when they are fetched."""
    for _ in range(3):
        visit(shop)
    assert totals(shop) == {"product": {"best": SlotCounts(3, 0), "set": SlotCounts(3, 3)}}
    visit(shop, "/cart")
    visit(shop)
    assert totals(shop) == {
        "product": {"best": SlotCounts(4, 0), "set": SlotCounts(4, 4)},
        "cart": {"best": SlotCounts(1, 0)},
    }


def test_a_fragment_counts_what_the_page_left_to_it(shop: SmallShop) -> None:
    """No slot of a page is counted twice, also where the template made one lazy or not."""
    for path in ("/p/p1", "/apart"):
        for fragment in visit(shop, path).soup.select("storefront-fragment"):
            assert shop.app.test_client().get(str(fragment["src"])).status_code in (200, 204)
    assert totals(shop)["product"] == {"best": SlotCounts(2, 0), "set": SlotCounts(1, 1), "later": SlotCounts(2, 0)}


def test_the_api_counts_a_placement_but_not_a_single_question(shop: SmallShop) -> None:
    """A shop that draws its own pages has shares too; `recommend` is no page."""
    client = shop.app.test_client()
    client.get("/storefront/api/placements/cart")
    client.get("/storefront/api/recommendations?strategy=bestsellers")
    with shop.app.test_request_context():
        shop.storefront.recommend("bestsellers")
    with shop.app.app_context():
        shop.storefront.fill(shop.storefront.page("cart"))  # a script of the shop, no shopper's page
    assert totals(shop) == {"cart": {"best": SlotCounts(1, 0)}}


def test_pages_that_trouble_emptied_are_not_counted(shop: SmallShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """An outage says nothing about the slots."""
    from storefront_plugin.redis_store import MISSING

    visit(shop)
    with monkeypatch.context() as patch:
        patch.setattr(RedisStore, "fetch", lambda self, reads, timeout=None: [MISSING for _ in reads])
        visit(shop)
    services = shop.app.extensions[SERVICES]
    with monkeypatch.context() as patch:
        patch.setattr(services.products, "get_many", _raise)
        visit(shop)
    assert totals(shop)["product"]["best"] == SlotCounts(1, 0)


def _raise(*_args: Any) -> Any:
    from storefront_plugin.core.errors import AdapterError

    raise AdapterError("The catalogue is closed.")


def test_redis_gone_keeps_the_counts_for_later(shop: SmallShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is lost and nothing is raised."""
    from storefront_plugin.core.errors import StoreUnavailable

    def gone(*_args: Any) -> int:
        raise StoreUnavailable("Redis is gone.")

    visit(shop)
    fills: SlotStats = shop.app.extensions[SERVICES].slot_stats
    with monkeypatch.context() as patch:
        patch.setattr(RedisStore, "pipeline_write", gone)
        fills.flush()
    visit(shop)
    assert totals(shop)["product"] == {"best": SlotCounts(2, 0), "set": SlotCounts(2, 2)}


def test_days_are_summed_up_and_forgotten_after_a_month(shop: SmallShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Today belongs to the days asked for; Redis forgets each day by itself."""
    today = module._today()
    for back in (0, 6, 7, 13):
        monkeypatch.setattr(module, "_today", lambda back=back: today - dt.timedelta(days=back))
        visit(shop)
        totals(shop)
    monkeypatch.setattr(module, "_today", lambda: today)
    assert [totals(shop, days)["product"]["best"].pages for days in (1, 7, 8, 14)] == [1, 2, 3, 4]
    services = shop.app.extensions[SERVICES]
    (seconds,) = services.store.execute([Command(services.keys.fills(today), "TTL")])
    assert 29 * 86_400 < seconds <= 30 * 86_400


def test_any_slot_name_comes_back(shop: SmallShop) -> None:
    """Also one with the sign that divides a field."""
    fills: SlotStats = shop.app.extensions[SERVICES].slot_stats
    odd = Slot(name="a/b/pages", strategies=("related",))
    fills.count(Page(placement="home"), [FilledSlot(odd, ())])
    assert totals(shop) == {"home": {"a/b/pages": SlotCounts(1, 1)}}


def test_many_threads_lose_no_page(shop: SmallShop) -> None:
    """Counting and telling at the same time."""
    fills: SlotStats = shop.app.extensions[SERVICES].slot_stats

    def pages() -> None:
        for number in range(300):
            fills.count(Page(placement="home"), [FilledSlot(BEST, ())])
            if number % 100 == 0:
                fills.flush()

    threads = [threading.Thread(target=pages) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert totals(shop) == {"home": {"best": SlotCounts(1200, 1200)}}


def test_the_number_of_slots_is_bounded(shop: SmallShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is asked for, a process holds this many names at most."""
    monkeypatch.setattr(module, "MAX_SLOTS", 3)
    fills: SlotStats = shop.app.extensions[SERVICES].slot_stats
    for number in range(9):
        fills.count(Page(placement="home"), [FilledSlot(Slot(name=f"n{number}", strategies=("related",)), ())])
    assert set(totals(shop)["home"]) == {"n0", "n1", "n2"}


def test_the_background_thread_reports_and_pages_write_nothing(
    make_shop: MakeShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In production a page only counts; the sum is in Redis a few seconds later."""
    shop = add_pages(make_shop(TESTING=False, STOREFRONT_DRAIN="off", STOREFRONT_PLAN={"product": [BEST]}))
    with shop.app.app_context():
        shop.place(*[["p1", "p2"], ["p3", "p4"]] * 3)
    warm(shop)
    services = shop.app.extensions[SERVICES]
    here, written = threading.get_ident(), []
    real = RedisStore.pipeline_write

    def write(self: RedisStore, commands: Any) -> int:
        written.append(threading.get_ident())
        return real(self, commands)

    monkeypatch.setattr(RedisStore, "pipeline_write", write)
    with counted_sql() as statements:
        visit(shop)
    assert statements == []
    services.slot_stats._due_at = 0.0
    services.thread.wake()
    wait_until(lambda: services.slot_stats.totals().get("product", {}).get("best") == SlotCounts(3, 0))
    assert here not in written
    assert written


@pytest.mark.parametrize(
    ("fill", "often"), [(SlotCounts(20, 9), True), (SlotCounts(20, 8), False), (SlotCounts(19, 19), False)]
)
def test_a_slot_is_often_empty_above_two_fifths_of_enough_pages(fill: SlotCounts, often: bool) -> None:
    """Fewer pages say nothing."""
    assert fill.is_often_empty is often


def test_bundles_may_stay_empty() -> None:
    """Few products have one; products are expected everywhere."""
    sets = Slot(name="sets", strategies=("bundles",), layout="bundles")
    assert [FILLERS.of(slot).may_stay_empty for slot in (sets, BEST)] == [True, False]


def test_without_pages_there_is_no_share() -> None:
    """None, not 0 %."""
    assert (SlotCounts().share, SlotCounts(4, 1).share) == (None, 0.25)
