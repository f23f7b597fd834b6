"""The merchant's first page: what is on, what needs attention, how all is; whatever is down and however large the shop."""

from __future__ import annotations

import datetime as dt
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from fillers import FILLERS
from job_rows import record_run
from made_bundles import set_of
from merchant_pages import HOME, soup_of
from postgres import postgres_url
from shop_pages import add_pages, counted_sql, visit, wait_until
from small_shop import START, SmallShop, made_products

from storefront_plugin import AddForm, CartLine, MemoryCatalog, Merchant, Product
from storefront_plugin.admin.home import bundle_attention
from storefront_plugin.bundles.definition import BundleText, Definition, Schedule
from storefront_plugin.bundles.price import fixed_price, percent_off
from storefront_plugin.bundles.store.definition_json import dump_definition
from storefront_plugin.bundles.store.repository import BundleRepository, raise_version
from storefront_plugin.bundles.store.tables import BundleRow, ProposalRow, ProposalRunRow
from storefront_plugin.core.sql import database
from storefront_plugin.core.sql.database import table_of
from storefront_plugin.counts import generations
from storefront_plugin.counts.generations import Generation
from storefront_plugin.counts.scoring import DEFAULTS
from storefront_plugin.jobs.heartbeats import Heartbeats, Kind
from storefront_plugin.jobs.thread import BackgroundThread
from storefront_plugin.orderlog.tables import Batch, OrderEvent
from storefront_plugin.proxies import SERVICES
from storefront_plugin.recommending.page import FilledSlot, Page
from storefront_plugin.recommending.placements import PlacementStore
from storefront_plugin.recommending.plan import DEFAULT_PLAN
from storefront_plugin.redis_store import Command, EmbeddedServer, stop

MakeShop = Callable[..., SmallShop]
UTC = dt.timezone.utc


class Cart:
    """A cart with nothing in it."""

    def lines(self) -> list[CartLine]:
        return []

    def add_form(self, product: Product) -> AddForm | None:
        return None


class ChangingCatalog(MemoryCatalog):
    """A catalogue whose products the test changes, and that counts how it is asked."""

    def __init__(self, products: Sequence[Product]) -> None:
        super().__init__(products)
        self.now = {product.id: product for product in products}
        self.asked: list[int] = []
        self.broken = False

    def get_many(self, ids: Sequence[str]) -> Mapping[str, Product]:
        self.asked.append(len(ids))
        if self.broken:
            raise RuntimeError("the shop's own mistake")
        return {name: self.now[name] for name in ids if name in self.now}


@pytest.fixture
def catalog() -> ChangingCatalog:
    return ChangingCatalog(made_products())


@pytest.fixture
def shop(make_shop: MakeShop, catalog: ChangingCatalog) -> SmallShop:
    """A shop whose editor may change everything; products are never kept, so that changes show at once."""
    return make_shop(
        catalog=catalog, cart=Cart(), admin_access=lambda: Merchant("First editor"), STOREFRONT_PRODUCT_CACHE_SECONDS=0
    )


def home(shop: SmallShop, language: str = "en") -> BeautifulSoup:
    """The first page."""
    answer = shop.app.test_client().get(HOME, headers={"Accept-Language": language})
    assert answer.status_code == 200
    return soup_of(answer)


def matters(shop: SmallShop) -> list[str]:
    """What needs attention: level and sentence."""
    found = home(shop).select(".matter")
    return [f"{each.select('.dot')[0]['aria-label']}: {each.select('.matter-text p')[0].text}" for each in found]


def links(shop: SmallShop) -> dict[str, str]:
    """Where the button of each matter leads."""
    found = home(shop).select(".matter")
    return {
        each.select(".matter-text p")[0].text: str(link["href"]) for each in found for link in each.select("a.button")
    }


def services(shop: SmallShop) -> dict[str, str]:
    """State of Redis, database and counting, and all that is said about each."""
    return {each.select("b")[0].text: " ".join(each.get_text(" ").split()) for each in home(shop).select(".service")}


def publish(shop: SmallShop, *products: str, **more: Any) -> int:
    """The id of a new published set of *products*."""
    return publish_definition(shop, set_of(*products, price=percent_off(10), **more))


def publish_definition(shop: SmallShop, definition: Definition) -> int:
    with shop.app.app_context():
        made = BundleRepository(shop.storefront.database).create(definition)
        return BundleRepository(shop.storefront.database).set_state(made.id, made.version, "publish").id


def steps(shop: SmallShop) -> dict[str, bool]:
    """The first steps, and which are done."""
    return {each.select("b")[0].text: "done" in each["class"] for each in home(shop).select(".step")}


def test_a_quiet_shop_needs_nothing(shop: SmallShop) -> None:
    """No alarm without a reason."""
    publish(shop, "p1", "p2")
    assert matters(shop) == []
    page = home(shop)
    assert "All good" in page.select(".all-well")[0].text
    (health,) = page.select("details.health")
    assert not health.has_attr("open")
    assert " ".join(health.select("summary")[0].text.split()) == "Health All systems OK"
    assert all(" OK " in f" {words} " for words in services(shop).values())


def test_a_part_that_is_sold_out_hidden_or_gone_is_shown(shop: SmallShop, catalog: ChangingCatalog) -> None:
    """Each by its name, with the way to the bundle."""
    ids = [publish(shop, "p1", other) for other in ("p2", "p3", "p4")]
    catalog.now["p2"] = replace(catalog.now["p2"], stock=0)
    catalog.now["p3"] = replace(catalog.now["p3"], visible=False)
    del catalog.now["p4"]
    assert matters(shop) == [
        "Urgent: “Set” is not shown: p4 is no longer in the catalogue.",
        "Urgent: “Set” is not shown: Product 3 is hidden.",
        "Urgent: “Set” is not shown: Product 2 is sold out.",
    ]
    assert set(links(shop).values()) == {f"{HOME}/bundles/{number}" for number in ids}


def test_a_bundle_that_is_still_available_is_less_serious(shop: SmallShop, catalog: ChangingCatalog) -> None:
    """An optional part, or one of a group to choose from."""
    base = set_of("p1", "p2", price=percent_off(10))
    parts = (*base.tiers[0].components, replace(base.tiers[0].components[0], product_id="p3", optional=True))
    publish_definition(shop, replace(base, tiers=(replace(base.tiers[0], components=parts),)))
    catalog.now["p3"] = replace(catalog.now["p3"], stock=0)
    assert matters(shop) == ["Soon: “Set” isn't available: Product 3 is sold out."]


def test_too_few_items_are_shown(shop: SmallShop, catalog: ChangingCatalog) -> None:
    """One item is left where a set needs two."""
    base = set_of("p1", "p2", price=percent_off(10))
    parts = (replace(base.tiers[0].components[0], quantity=2), base.tiers[0].components[1])
    publish_definition(shop, replace(base, tiers=(replace(base.tiers[0], components=parts),)))
    catalog.now["p1"] = replace(catalog.now["p1"], stock=1)
    assert matters(shop) == ["Urgent: “Set” is not shown: not enough stock of its products."]


def test_a_bundle_that_saves_nothing_any_more_needs_attention(shop: SmallShop, catalog: ChangingCatalog) -> None:
    """It was published at 2.50 when p1 and p2 cost 3.00; now they cost as much together."""
    publish_definition(shop, set_of("p1", "p2", price=fixed_price({"EUR": 250})))
    assert matters(shop) == []
    catalog.now["p1"] = replace(catalog.now["p1"], price=Decimal("0.50"))
    assert matters(shop) == ["Soon: “Set” is not shown: its products cost no less together."]


def test_drafts_and_archived_bundles_are_nobodys_worry(shop: SmallShop, catalog: ChangingCatalog) -> None:
    """Only what shoppers would see is looked at."""
    del catalog.now["p2"]
    with shop.app.app_context():
        BundleRepository(shop.storefront.database).create(set_of("p1", "p2", price=percent_off(10)))
    number = publish(shop, "p1", "p2")
    assert len(matters(shop)) == 1
    with shop.app.app_context():
        BundleRepository(shop.storefront.database).set_state(number, 2, "archive")
    assert matters(shop) == []


def test_a_bundle_that_ended_or_is_used_up_is_shown(shop: SmallShop) -> None:
    """And those that have not are not; an ended one is listed once, whatever else is wrong with it."""
    now = dt.datetime.now(UTC)
    ended = publish(shop, "p1", "gone", schedule=Schedule(None, now - dt.timedelta(hours=1)))
    publish(shop, "p1", "p2", schedule=Schedule(now + dt.timedelta(days=1), now + dt.timedelta(days=2)))
    full = publish(shop, "p1", "p2", limit_in_all=3)
    publish(shop, "p1", "p2", limit_in_all=3)
    with shop.app.app_context(), shop.storefront.database.writing() as session:
        session.execute(sa.update(BundleRow).where(BundleRow.id == full).values(uses=3))
    found = links(shop)
    assert len(found) == 2
    over = next(sentence for sentence in found if "ended on" in sentence)
    reached = next(sentence for sentence in found if "reached its total limit of 3" in sentence)
    assert (found[over], found[reached]) == (f"{HOME}/bundles/{ended}", f"{HOME}/bundles/{full}")


def test_many_of_a_kind_are_summed_up(shop: SmallShop, catalog: ChangingCatalog) -> None:
    """The first few by name, the rest as a number with the way to the list."""
    for _ in range(9):
        publish(shop, "p1", "gone")
    found = matters(shop)
    assert len(found) == bundle_attention.SHOWN
    assert found[-1] == "Urgent: 6 more bundles have an unavailable product."
    assert links(shop)["6 more bundles have an unavailable product."] == f"{HOME}/bundles?state=published"


def fill_repository(shop: SmallShop, count: int) -> None:
    """*count* published bundles of two of four hundred products each, in few statements."""
    now = dt.datetime.now(UTC).replace(tzinfo=None)
    text = dump_definition(set_of("AAA", "BBB", price=percent_off(10)))
    rows = [
        {
            "version": 1, "state": "published", "kind": "set", "title": f"Set {n}", "search": "", "staff_only": False,
            "definition": text.replace("AAA", f"x{n % 400}").replace("BBB", f"x{(n + 1) % 400}"),
            "uses": 0, "created_at": now, "updated_at": now, "updated_by": "",
        }
        for n in range(count)
    ]  # fmt: skip
    with shop.app.app_context(), shop.storefront.database.writing() as session:
        session.execute(sa.insert(table_of(BundleRow)), rows)
        raise_version(session)


@pytest.mark.slow
def test_ten_thousand_bundles_cost_no_more_queries_than_ten(make_shop: MakeShop) -> None:
    """The catalogue is asked a bounded number of times, in chunks, and the page says how many it looked at."""
    products = [Product(id=f"x{n}", title=f"X {n}", price=Decimal(n + 1)) for n in range(400)]
    queries, catalog = {}, ChangingCatalog(products)
    for count in (10, 10_000):
        catalog.asked.clear()
        shop = make_shop(
            catalog=catalog,
            cart=Cart(),
            admin_access=lambda: Merchant("First editor"),
            STOREFRONT_PRODUCT_CACHE_SECONDS=0,
        )
        fill_repository(shop, count)
        home(shop)  # reads what is published, as the first page of any process does
        catalog.asked.clear()
        with counted_sql() as statements:
            page = home(shop)
        queries[count] = len(statements)
        assert f"{count:,}" in page.select(".counts")[0].text
    assert queries[10_000] == queries[10] <= 40
    assert sum(catalog.asked) <= bundle_attention.MOST_PRODUCTS
    assert max(catalog.asked) <= bundle_attention.CHUNK
    assert "Checked the newest 2,000 of 10,000 published bundles." in page.text


def test_products_of_bundles_are_bounded_too(
    shop: SmallShop, catalog: ChangingCatalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest bundles are looked at first; one whose parts are not all known is left out."""
    monkeypatch.setattr(bundle_attention, "MOST_PRODUCTS", 3)
    publish(shop, "p1", "gone")
    publish(shop, "p2", "p3")
    page = home(shop)
    assert page.select(".matter") == []
    assert "Checked the newest 1 of 2 published bundles." in page.text
    assert catalog.asked == [3, 4]  # for what needs attention, and for the bundles that are named as on


def fill(shop: SmallShop, name: str, pages: int, empty: int) -> None:
    """As many product pages, on some of which the slot *name* stayed empty."""
    fills = shop.storefront.services.slot_stats
    slot = next(slot for slot in DEFAULT_PLAN["product"] if slot.name == name)
    page = Page(placement="product", products=("p1",))
    for number in range(pages):
        cards: Any = () if number < empty else ("a card",)
        fills.count(page, [FilledSlot(slot, cards)])
    fills.flush()


def test_a_slot_that_often_stays_empty_is_shown(shop: SmallShop) -> None:
    """More than 40 % of its pages in seven days; not one that is a little better, nor one hardly seen."""
    with shop.app.app_context():
        fill(shop, "related", 100, 41)
        fill(shop, "top_rated", 100, 40)
        fill(shop, "bought_together", 5, 5)
    assert matters(shop) == [
        "Soon: The slot “Related products” (Product page) was not shown on 41% of 100 pages in the last 7 days."
    ]
    assert list(links(shop).values()) == [f"{HOME}/slots/product"]


def test_a_slot_for_ratings_without_ratings_is_shown_with_its_cause(shop: SmallShop) -> None:
    """No product of this shop has a rating, so no other choice of products would fill it."""
    with shop.app.app_context():
        fill(shop, "top_rated", 100, 100)
    assert matters(shop) == ["Soon: The slot “Highly rated” (Product page) is not shown: no product has a rating."]
    assert "product ratings" in home(shop).select(".matter-text .quiet")[0].text


@pytest.mark.parametrize(
    ("drain", "alive", "command", "words"),
    [
        ("thread", False, "flask storefront drain", "starts with the shop's next page"),
        ("thread", True, "flask storefront drain", "If the number doesn't fall"),
        ("off", False, "flask storefront worker", "No worker is running; start one."),
        ("off", True, "flask storefront drain", "If the number doesn't fall"),
    ],
)
def test_orders_that_wait_too_long_are_shown(
    make_shop: MakeShop, monkeypatch: pytest.MonkeyPatch, drain: str, alive: bool, command: str, words: str
) -> None:
    """With the command for whoever should have counted them; those of the last minute are no trouble."""
    shop = quiet_shop(make_shop, monkeypatch, drain)
    beat(shop, "worker" if drain == "off" else "thread")
    with shop.app.app_context():
        shop.place(["p1", "p2"])
        shop.place(["p1", "p2"], ["p1", "p3"], drain=False)
    assert matters(shop) == []
    assert "2 orders waiting" in services(shop)["Order counting"]
    with shop.app.app_context(), shop.storefront.database.writing() as session:
        session.execute(sa.update(OrderEvent).values(recorded_at=dt.datetime(2026, 1, 1)))
    if not alive:
        age_beats(shop, 120)
    (matter,) = home(shop).select(".matter")
    assert "2 orders are waiting to be counted; the oldest arrived" in matter.text
    assert words in matter.text
    assert matter.select("code")[0].text == command
    assert services(shop)["Worker"].startswith("Worker OK" if alive else "Worker not running")


def quiet_shop(make_shop: MakeShop, monkeypatch: pytest.MonkeyPatch, drain: str) -> SmallShop:
    """A shop as in production, but for its thread, which the tests play."""
    monkeypatch.setattr(BackgroundThread, "wake", lambda self: None)
    return make_shop(
        cart=Cart(),
        admin_access=lambda: Merchant("First editor"),
        TESTING=False,
        STOREFRONT_DRAIN=drain,
    )


def beat(shop: SmallShop, kind: Kind) -> None:
    """A process of this kind shows life."""
    parts = shop.app.extensions[SERVICES]
    workers = Heartbeats(parts.store, parts.keys)
    workers.kind = kind
    workers.beat()


def age_beats(shop: SmallShop, seconds: int) -> None:
    """Let all that were seen have been seen that much earlier."""
    parts = shop.app.extensions[SERVICES]
    (beats,) = parts.store.execute([Command(parts.keys.workers, "ZRANGE", (0, -1, "WITHSCORES"))])
    parts.store.pipeline_write([("ZINCRBY", parts.keys.workers, -seconds, member) for member, _ in beats])


def test_a_worker_is_shown_and_a_missing_one_is_a_matter(make_shop: MakeShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """How many, when one was seen last, and what to start where there is none."""
    shop = quiet_shop(make_shop, monkeypatch, "off")
    assert matters(shop) == ["Urgent: No worker has run yet, so new orders are not counted."]
    assert services(shop)["Worker"] == "Worker not running never run"
    beat(shop, "worker")
    age_beats(shop, 4)
    beat(shop, "worker")
    age_beats(shop, 4)
    assert matters(shop) == []
    assert re.fullmatch(r"Worker OK 2 workers · last active [4-6] seconds ago", services(shop)["Worker"])
    age_beats(shop, 7200)
    (matter,) = home(shop).select(".matter")
    assert re.search(r"No worker has been running since .*, so new orders are not counted\.", matter.text)
    assert matter.select("code")[0].text == "flask storefront worker"
    assert services(shop)["Worker"] == "Worker not running last active 2 hours ago"


def test_a_thread_that_has_nothing_to_do_may_rest(make_shop: MakeShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """It starts with the first page or order; once seen it is shown like a worker."""
    shop = quiet_shop(make_shop, monkeypatch, "thread")
    assert matters(shop) == []
    assert services(shop)["Worker"] == "Worker Idle starts with the shop's first page view or order"
    beat(shop, "thread")
    beat(shop, "worker")
    assert services(shop)["Worker"].startswith("Worker OK 1 worker · 1 thread of the shop · last active ")


def test_a_catch_up_that_failed_is_shown_until_one_goes_well(
    make_shop: MakeShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When, the words of the shop's own code apart from ours, and the command."""
    shop = quiet_shop(make_shop, monkeypatch, "off")
    beat(shop, "worker")
    with shop.app.app_context():
        record_run(shop.storefront.database, "catch_up", "The orders adapter raised KeyError: 'lines'")
    assert "flask storefront catch-up" in home(shop).select(".matter code")[0].text
    assert re.search(r"errors .*order import failed .* KeyError: 'lines'", services(shop)["Worker"])
    with shop.app.app_context():
        record_run(shop.storefront.database, "catch_up")
    assert matters(shop) == []
    assert re.search(r"OK .*orders imported \d seconds? ago", services(shop)["Worker"])


def test_each_job_s_last_run_and_trouble_are_shown(make_shop: MakeShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """In both languages, also where a scheduler of the shop's own runs them."""
    shop = quiet_shop(make_shop, monkeypatch, "off")
    beat(shop, "scheduler")
    with shop.app.app_context():
        record_run(shop.storefront.database, "lists")
    assert re.search(r"OK the shop's scheduler .*trend update \d+ seconds? ago", services(shop)["Worker"])
    with shop.app.app_context():
        record_run(shop.storefront.database, "lists", "Redis is full.")
    assert re.search(r"errors .*trend update failed .* Redis is full\.", services(shop)["Worker"])
    assert "トレンドの更新に失敗" in home(shop, "ja").text


def test_the_worker_s_search_for_bundles_is_shown(make_shop: MakeShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """When it was, and one that failed with the way to what it says."""
    shop = quiet_shop(make_shop, monkeypatch, "off")
    beat(shop, "worker")
    with shop.app.app_context():
        shop.storefront.propose_bundles(by="worker")
    assert matters(shop) == []
    assert re.search(r"proposals refreshed \d seconds? ago", services(shop)["Worker"])
    with shop.app.app_context(), shop.storefront.database.writing() as session:
        session.execute(sa.update(ProposalRunRow).values(state="failed", error="The disk is full."))
    assert matters(shop) == ["Soon: The last search for bundles failed."]
    assert list(links(shop).values()) == [f"{HOME}/bundles/proposals"]
    assert "search for bundles failed" in services(shop)["Worker"]


def test_orders_that_redis_lacks_are_shown(shop: SmallShop) -> None:
    """They have a number and have not arrived: counted by their batches."""
    with shop.app.app_context():
        shop.place(["p1", "p2"])
        shop.place(["p1", "p2"], ["p1", "p3"], ["p1", "p4"], drain=False)
        shop.storefront.services.upkeep.number_all()
        with shop.storefront.database.writing() as session:
            session.execute(sa.update(Batch).values(created_at=dt.datetime(2026, 1, 1)))
    assert [sentence.partition(";")[0] for sentence in matters(shop)] == ["Urgent: 3 orders are waiting to be counted"]
    with shop.app.app_context():
        shop.storefront.drain()
    assert matters(shop) == []


def spoil(shop: SmallShop, value: str | None) -> None:
    """Put another position into one shard, or none."""
    with shop.app.app_context():
        parts = shop.storefront.services
        live = generations.live(parts.database)
        assert live is not None
        key = parts.keys.position(live.token, 3)
        parts.store.pipeline_write([("SET", key, value) if value else ("UNLINK", key)])


@pytest.mark.parametrize(
    ("position", "words"),
    [(None, "has lost counts"), ("damaged", "has lost counts"), ("7:elsewhere", "counts of another shop")],
)
def test_counts_that_only_a_rebuild_mends_are_shown(shop: SmallShop, position: str | None, words: str) -> None:
    """Missing and damaged shards, and foreign history, with the command; a rebuild ends it."""
    with shop.app.app_context():
        shop.place(["p1", "p2"])
    spoil(shop, position)
    (matter,) = home(shop).select(".matter")
    assert words in matter.text
    assert matter.select("code")[0].text == "flask storefront rebuild"
    assert "stopped" in services(shop)["Order counting"]
    with shop.app.app_context():
        shop.storefront.rebuild()
    assert matters(shop) == []


def test_a_rebuild_that_broke_off_is_shown_and_one_at_work_is_not_hurried(shop: SmallShop) -> None:
    """By its heartbeat."""
    with shop.app.app_context():
        shop.place(["p1", "p2"])
        generations.create(shop.storefront.database, DEFAULTS, 16)
    assert matters(shop) == ["When you have time: A rebuild is running; pages keep using the old counts."]
    with shop.app.app_context(), shop.storefront.database.writing() as session:
        session.execute(
            sa.update(Generation).where(Generation.state == "building").values(heartbeat_at=START.replace(tzinfo=None))
        )
    assert matters(shop) == ["Soon: A rebuild was interrupted."]


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[str]:
    """A server that the test may spoil."""
    EmbeddedServer(tmp_path / "redis").connect().close()
    yield f"unix://{(tmp_path / 'redis' / 'socket').read_text().strip()}"
    stop(tmp_path / "redis")


def test_a_redis_that_evicts_is_shown(make_shop: MakeShop, own_redis: str) -> None:
    """With its policy, and what to set instead."""
    shop = make_shop(admin_access=lambda: Merchant("First editor"), STOREFRONT_REDIS_URL=own_redis)
    assert matters(shop) == []
    with shop.app.app_context():
        shop.storefront.services.store.execute([Command("SET", "CONFIG", ("maxmemory-policy", "allkeys-lru"))])
    (sentence,) = matters(shop)
    assert "evicts keys on its own (allkeys-lru)" in sentence
    assert "may lose counts" in services(shop)["Redis"]


@pytest.mark.parametrize(
    ("command", "remedy"),
    [
        (("CONFIG", "SET", "maxmemory", "1"), "Raise its maxmemory"),
        (("REPLICAOF", "127.0.0.1", "1"), "point STOREFRONT_REDIS_URL to the primary"),
    ],
)
def test_a_redis_that_refuses_to_write_is_shown(
    make_shop: MakeShop, own_redis: str, command: tuple[str, str, str], remedy: str
) -> None:
    """It answers, so pages go on; no worker is blamed for what it cannot write."""
    options: dict[str, Any] = {"admin_access": lambda: Merchant("First editor"), "STOREFRONT_REDIS_URL": own_redis}
    shop = make_shop(STOREFRONT_DRAIN="off", **options)
    shop.app.extensions[SERVICES].store.execute([Command(command[1], command[0], command[2:])])
    (matter,) = home(shop).select(".matter")
    assert "Redis is refusing writes: pages keep using the old counts." in matter.text
    assert remedy in matter.text
    assert services(shop)["Redis"].startswith("Redis refusing writes Redis ")


def test_a_locked_database_is_shown(make_shop: MakeShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not as missing tables; the page comes up with what Redis knows."""
    monkeypatch.setattr(database, "BRIEF_SECONDS", 0.1)
    shop = make_shop(admin_access=lambda: Merchant("First editor"))
    with sqlite3.connect(Path(shop.app.instance_path) / "shop.sqlite") as other:
        other.execute("BEGIN EXCLUSIVE")
        (matter,) = home(shop).select(".matter")
        assert "holds a lock on it" in matter.text
        assert matter.select("code") == []
        assert "database is locked" in services(shop)["Database"]
        assert " OK " in services(shop)["Redis"]
        other.rollback()
    assert matters(shop) == []


def test_proposals_that_wait_are_shown(shop: SmallShop) -> None:
    """Open ones only, with the way to them."""
    row = {
        "product_ids": '["p1", "p2"]', "support": 9, "orders": 90, "confidence": 0.5, "lift": 3.0, "expected_share": 0.1,
        "currency": "EUR", "price": 300, "discount": 10, "margin": None, "found_at": START.replace(tzinfo=None), "decided_by": "",
    }  # fmt: skip
    with shop.app.app_context(), shop.storefront.database.writing() as session:
        rows = [
            row | {"key": str(n), "state": state} for n, state in enumerate(("open", "open", "rejected", "accepted"))
        ]
        session.execute(sa.insert(table_of(ProposalRow)), rows)
    assert matters(shop) == ["When you have time: 2 proposals to review."]
    assert list(links(shop).values()) == [f"{HOME}/bundles/proposals"]


def test_the_page_comes_up_without_redis_and_says_so(make_shop: MakeShop) -> None:
    """What the database knows is shown, Redis' error has its remedy, and nothing else is blamed."""
    shop = make_shop(
        cart=Cart(), admin_access=lambda: Merchant("First editor"), STOREFRONT_REDIS_URL="redis://127.0.0.1:1"
    )
    publish(shop, "p1", "p2")
    with shop.app.app_context():
        shop.place(["p1", "p2"], drain=False)
    page = home(shop)
    assert [each.text for each in page.select(".matter-text > p:first-child")] == [
        "Redis isn't responding: pages show no recommendations. Orders are kept in the database and counted later."
    ]
    found = services(shop)
    assert "start it or correct STOREFRONT_REDIS_URL" in found["Redis"]
    assert " OK " in f" {found['Database']} "
    assert "1 order waiting" in found["Order counting"]
    assert page.select(".counts")
    (health,) = page.select("details.health[open]")
    assert " ".join(health.select("summary")[0].text.split()) == "Health Redis: error"
    assert "Add the widgets to your pages" not in [step for step, done in steps(shop).items() if not done]


def test_the_page_comes_up_without_tables_and_says_so(make_shop: MakeShop) -> None:
    """A shop that never ran init-db finds the command, twice: as trouble and as its first step."""
    shop = make_shop(admin_access=lambda: Merchant("First editor"))
    with shop.app.app_context(), shop.storefront.database.connect() as connection:
        for name in ("storefront_applier", "storefront_order", "storefront_audit", "storefront_bundle"):
            connection.execute(sa.text(f"DROP TABLE {name}"))
        connection.commit()
    page = home(shop)
    assert "flask storefront init-db" in page.select(".matter")[0].text
    assert "A table is missing" in services(shop)["Database"]
    assert steps(shop)["Create the tables"] is False
    assert page.select(".counts, .figures") == []


def test_the_page_comes_up_when_the_catalogue_fails(shop: SmallShop, catalog: ChangingCatalog) -> None:
    """Its own words, and the command that says more; all else is there."""
    publish(shop, "p1", "p2")
    catalog.broken = True
    (matter,) = home(shop).select(".matter")
    assert "the shop's own mistake" in matter.select(".details")[0].text
    assert home(shop).select(".counts")


def test_what_is_on_is_shown_in_figures_and_names(shop: SmallShop) -> None:
    """Published ones that have begun are on; others are scheduled, drafts, or over."""
    now = dt.datetime.now(UTC)
    publish(shop, "p1", "p2")
    publish(shop, "p1", "p3", schedule=Schedule(now - dt.timedelta(days=1), now + dt.timedelta(days=1)))
    publish(shop, "p1", "p4", schedule=Schedule(now + dt.timedelta(days=1), None))
    publish(shop, "p1", "p5", schedule=Schedule(None, now - dt.timedelta(days=1)))
    with shop.app.app_context():
        BundleRepository(shop.storefront.database).create(set_of("p1", "p6", price=percent_off(5)))
    page = home(shop)
    figures = {
        each.select("dt")[0].text: " ".join(each.select("dd")[0].text.split()) for each in page.select(".counts > div")
    }
    assert figures["Active bundles"] == "2 1 scheduled · 1 draft"
    assert len(page.select(".home-main tbody tr")) == 2
    assert "published" in page.select(".home-side")[0].text


def test_first_steps_tick_themselves_and_go(make_shop: MakeShop) -> None:
    """Each by what the merchant really did."""
    who: list[Any] = [True]
    shop = add_pages(make_shop(admin_access=lambda: who[0]))
    assert list(steps(shop).values()) == [True, False, False, False, False, False]
    assert "{{ storefront.head() }}" in home(shop).select(".steps")[0].text
    with shop.app.app_context():
        shop.place(["p1", "p2"])
    assert steps(shop)["Import past orders"]
    visit(shop)
    with shop.app.app_context():
        shop.storefront.drain()
    assert steps(shop)["Add the widgets to your pages"]
    who[0] = Merchant("First editor")
    assert steps(shop)["Set up staff access"]
    with shop.app.app_context():
        BundleRepository(shop.storefront.database).create(set_of("p1", "p2", price=percent_off(5)))
    assert [step for step, done in steps(shop).items() if not done] == ["Connect your cart"]
    shop.storefront.cart = Cart()
    assert home(shop).select(".steps") == []


def test_titles_with_markup_are_words(shop: SmallShop, catalog: ChangingCatalog) -> None:
    """In a sentence as in a list, and right-to-left titles stay in their place."""
    title = '<script>alert(1)</script>"\u202e مرحبا %(part)s'
    publish_definition(shop, replace(set_of("p1", "gone", price=percent_off(5)), texts={"en": BundleText(title)}))
    page = home(shop)
    assert page.select("main script") == []
    assert title in page.select(".matter-text p")[0].text
    assert all(each.get("dir") == "auto" for each in page.select(".matter-text > p:first-child"))


def test_the_page_speaks_japanese(shop: SmallShop) -> None:
    """No English sentence is left where all is well."""
    page = home(shop, "ja")
    assert page.select("h1")[0].text == "ホーム"
    assert "正常" in page.select(".service")[0].text
    assert "Health" not in page.text


def test_errors_are_shown_in_japanese_with_their_own_words_apart(make_shop: MakeShop) -> None:
    """State and remedy in the merchant's language; what was raised stands in a line of its own, marked as English."""
    shop = make_shop(admin_access=lambda: Merchant("First editor"), STOREFRONT_REDIS_URL="redis://127.0.0.1:1")
    page = home(shop, "ja")
    remedy = page.select(".matter-text .quiet")[0].text
    (details,) = page.select(".service .details")
    assert "起動" in remedy
    assert "STOREFRONT_REDIS_URL" in remedy
    assert "cannot be used" in details.select("[lang=en]")[0].text
    details.extract()
    words = " ".join(each.get_text(" ") for each in page.select(".service, .matter"))
    assert re.findall(r"[A-Za-z]+ [a-z]+ [a-z]+", words) == []


def test_rules_and_changed_slots_are_among_what_is_on(shop: SmallShop, catalog: ChangingCatalog) -> None:
    """Rules by what they do, pages by their name; without the catalogue their number stays."""
    with shop.app.app_context():
        shop.storefront.exclude("p3")
        PlacementStore(shop.storefront.database, FILLERS).save("cart", 0, DEFAULT_PLAN["cart"][1:], "First editor")
    rows = [" ".join(row.text.split()) for row in home(shop).select(".home-main tbody tr")]
    assert len(rows) == 2
    assert "Product 3" in rows[0]
    assert rows[1].startswith("Placement Cart 2 customised slots")
    catalog.broken = True
    assert "1 more rule" in home(shop).select(".home-main tbody")[0].text


def test_the_page_is_the_same_on_postgresql(make_shop: MakeShop) -> None:
    """Its counts are exact there too, and the database's own name and version are shown."""
    shop = make_shop(admin_access=lambda: Merchant("First editor"), SQLALCHEMY_DATABASE_URI=postgres_url())
    now = dt.datetime.now(UTC)
    publish(shop, "p1", "gone")
    publish(shop, "p1", "p2", schedule=Schedule(None, now - dt.timedelta(days=1)))
    with shop.app.app_context():
        shop.place(["p1", "p2"])
        shop.place(["p1", "p2"], drain=False)
    page = home(shop)
    assert page.select(".counts b")[0].text == "1"
    assert len(page.select(".matter")) == 2
    found = services(shop)
    assert re.search(r"PostgreSQL \d+\.\d+", found["Database"])
    assert "1 order waiting" in found["Order counting"]


def test_the_page_is_the_same_on_an_in_memory_database(make_shop: MakeShop) -> None:
    """As most test suites of shops have it."""
    shop = make_shop(admin_access=lambda: Merchant("First editor"), SQLALCHEMY_DATABASE_URI="sqlite:///:memory:")
    publish(shop, "p1", "gone")
    assert len(matters(shop)) == 1
    assert steps(shop)["Create the tables"]


def test_trouble_of_the_background_thread_is_shown(make_shop: MakeShop) -> None:
    """What it met in this process, until it goes well again."""
    catalog = ChangingCatalog(made_products())
    shop = make_shop(catalog=catalog, admin_access=lambda: Merchant("First editor"), TESTING=False)
    with shop.app.app_context():
        drainer = shop.storefront.services.thread
        shop.storefront.services.index.build_if_due = broken  # type: ignore[method-assign]
        drainer.wake()
        wait_until(lambda: drainer.trouble)
        found = services(shop)["Order counting"]
        assert "errors" in found
        assert "the catalogue's file is gone" in found
        shop.storefront.services.index.build_if_due = lambda progress: None  # type: ignore[method-assign]
        drainer.wake()
        wait_until(lambda: drainer.trouble is None)
    assert "errors" not in services(shop)["Order counting"]


def broken(progress: object) -> None:
    raise OSError("the catalogue's file is gone")
