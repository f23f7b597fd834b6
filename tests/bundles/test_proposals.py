"""Proposals are sets that shoppers buy beyond chance, at a discount that keeps the margin; what was decided stays so."""

from __future__ import annotations

import datetime as dt
import itertools
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from small_shop import SmallShop, small_shop

from storefront_plugin import OrderLine
from storefront_plugin.bundles.definition import Definition
from storefront_plugin.bundles.proposals.mining import Itemset, MiningSettings, find_itemsets, suggested_discount
from storefront_plugin.bundles.proposals.run import SearchRunning, begin, carry_out, is_due, latest_run
from storefront_plugin.bundles.store import proposals
from storefront_plugin.bundles.store.proposals import Proposal, list_proposals
from storefront_plugin.bundles.store.repository import BundleRepository
from storefront_plugin.bundles.store.tables import ProposalRunRow
from storefront_plugin.core import clock
from storefront_plugin.core.errors import ConfigurationError, InputError, StorefrontError
from storefront_plugin.core.sql import audit
from storefront_plugin.shop.memory import MemoryCatalog
from storefront_plugin.shop.ports import Product

COSTS = {"camera": "850", "lens": "100", "bag": None, "card": "1"}
PRICES = {"camera": "1000", "lens": "200", "bag": "50", "card": "10", "hidden": "5", "free": "0"}

Ask = Callable[..., dict[tuple[str, ...], Proposal]]


def products(**changes: dict[str, object]) -> MemoryCatalog:
    """A camera with little margin, a lens with much, a bag without a known cost …"""
    found = []
    for name, price in PRICES.items():
        cost = COSTS.get(name)
        given: dict[str, object] = {
            "id": name,
            "title": name.title(),
            "price": Decimal(price),
            "cost": None if cost is None else Decimal(cost),
            "visible": name != "hidden",
        }
        found.append(Product(**given | changes.get(name, {})))  # type: ignore[arg-type]
    return MemoryCatalog(found)


@pytest.fixture
def ask(shop: SmallShop) -> Ask:
    """Searches after some orders; the open proposals by their sorted products."""
    shop.place(*[("camera", "lens", "bag")] * 6, *[("camera", "lens")] * 4, *[("card",)] * 12)
    shop.place(*[("hidden", "camera")] * 5, *[("free", "lens")] * 5, *[("camera", "card")] * 1)

    def asked(
        catalog: MemoryCatalog | None = None, currency: str | None = "EUR", **options: object
    ) -> dict[tuple[str, ...], Proposal]:
        parts = shop.storefront.services
        settings = MiningSettings(**options)  # type: ignore[arg-type]
        begun = begin(parts.database, settings, "First editor")
        carry_out(begun, parts.database, catalog or products(), parts.numbers, parts.folder, currency, lambda: None)
        return open_ones(shop)

    return asked


def open_ones(shop: SmallShop) -> dict[tuple[str, ...], Proposal]:
    """The open proposals by their sorted products."""
    return {tuple(sorted(one.product_ids)): one for one in list_proposals(shop.storefront.database)[0]}


def test_pairs_and_triples_bought_beyond_chance_are_proposed(ask: Ask) -> None:
    """With their figures; what is hidden, free or brought together by chance is not."""
    found = ask()
    assert set(found) == {("camera", "lens"), ("bag", "camera"), ("bag", "lens"), ("bag", "camera", "lens")}
    pair = found["camera", "lens"]
    assert (pair.support, pair.orders, pair.price, pair.confidence) == (10, 33, 120000, 10 / 16)
    assert pair.lift == pytest.approx(10 * 33 / (16 * 15))
    assert 0 < pair.expected_share < pair.confidence
    assert found["bag", "camera", "lens"].support == 6


def test_what_was_cancelled_or_sent_back_does_not_count(ask: Ask, shop: SmallShop) -> None:
    """Whole orders and single products, wherever they stand in the log."""
    whole, part = shop.place(*[("camera", "lens", "bag")] * 2)
    shop.storefront.order_cancelled(whole)
    shop.storefront.order_refunded(part, [OrderLine("bag", 1)])
    shop.db.session.commit()
    shop.storefront.drain()
    found = ask()
    assert (found["camera", "lens"].support, found["camera", "lens"].orders) == (11, 34)
    assert found["bag", "camera", "lens"].support == found["bag", "lens"].support == 6


@settings(max_examples=20, deadline=None)  # each writes and counts a log
@given(data=st.data())
def test_the_counts_are_those_of_a_plain_count(data: st.DataObject, plain_log: SmallShop) -> None:
    """Of any orders, cancellations and refunds: each standing order counts once for each of its pairs and triples."""
    shop, names = plain_log, "abcde"
    standing: dict[str, set[str]] = {}
    with shop.app.app_context():
        shop.storefront.services.numbers.forget()
        with shop.storefront.database.writing() as session:
            for table in ("order", "order_line", "batch", "applier", "product", "order_event"):
                session.execute(sa.text(f"DELETE FROM storefront_{table}"))
        for basket in data.draw(st.lists(st.sets(st.sampled_from(names), min_size=1), min_size=3, max_size=12)):
            (order_id,) = shop.place(sorted(basket), drain=False)
            standing[order_id] = set(basket)
        for order_id in data.draw(st.lists(st.sampled_from(sorted(standing)), unique=True, max_size=4)):
            gone = data.draw(st.sets(st.sampled_from(names)))
            if gone >= standing[order_id]:
                shop.storefront.order_cancelled(order_id)
            else:
                lines = [OrderLine(name, 1) for name in sorted(gone & standing[order_id])]
                if lines:
                    shop.storefront.order_refunded(order_id, lines)
            standing[order_id] -= gone
        shop.db.session.commit()
        services = shop.storefront.services
        services.upkeep.number_all()
        services.numbers.refresh(services.database)
        found = find_itemsets(services.database, services.folder, 2)
        orders = [products for products in standing.values() if products]
        counted = Counter(
            chosen
            for products in orders
            for size in (2, 3)
            for chosen in itertools.combinations(sorted(products), size)
        )
        sold = Counter(product for products in orders for product in products)
        supports = {}
        for one in found:
            ids = [services.numbers.id(number) or "" for number in one.products]
            assert one.orders == len(orders)
            assert [sold[name] for name in ids] == list(one.sold)
            supports[tuple(sorted(ids))] = one.support
        assert supports == {
            chosen: support
            for chosen, support in counted.items()
            if support >= 2 and beyond_chance(chosen, support, sold, len(orders), counted)
        }


def beyond_chance(
    chosen: tuple[str, ...], support: int, sold: Counter[str], orders: int, counted: Counter[tuple[str, ...]]
) -> bool:
    """Whether a set is bought more than chance brings it, and a triple has a pair that is."""
    chance = orders
    for name in chosen:
        chance = chance * sold[name] / orders  # type: ignore[assignment]
    pairs = list(itertools.combinations(chosen, 2)) if len(chosen) == 3 else []
    grown = not pairs or any(
        counted[pair] >= 2 and counted[pair] * orders > sold[pair[0]] * sold[pair[1]] for pair in pairs
    )
    return support * orders ** (len(chosen) - 1) > round(chance * orders ** (len(chosen) - 1)) and grown


@pytest.fixture(scope="module")
def plain_log(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallShop]:
    """One shop for many logs."""
    config = {"STOREFRONT_REDIS_URL": redis_url, "STOREFRONT_REDIS_PREFIX": "plainlog"}
    shop = small_shop(tmp_path_factory.mktemp("log"), **config)
    yield shop
    shop.close()


def test_the_discount_keeps_the_margin_floor(ask: Ask) -> None:
    """950 of cost in 1 200 leave room for one percent above a fifth; without a known cost nothing is suggested."""
    found = ask()
    pair, unknown = found["camera", "lens"], found["bag", "lens"]
    assert (pair.discount, unknown.discount, unknown.margin) == (1, 0, None)
    assert pair.margin is not None
    assert pair.margin >= 0.2
    assert {one.discount for one in ask(discount_without_cost=5).values() if one.margin is None} == {5}


def test_a_proposal_becomes_a_draft_and_is_accepted_with_it(ask: Ask, shop: SmallShop) -> None:
    """Opening the editor marks nothing; without a suggested discount the draft saves nothing yet."""
    found, database = ask(), shop.storefront.database
    draft = proposals.definition_of(database, products(), found["camera", "lens"].key)
    assert isinstance(draft, Definition)
    assert (draft.product_ids, draft.texts["en"].title) == ({"camera", "lens"}, "Camera + Lens")
    whole = proposals.definition_of(database, products(), found["bag", "lens"].key, "ja")
    assert (whole.tiers[0].price.amounts, whole.texts["ja"].title) == ({"EUR": 25000}, "Lens + Bag")
    assert proposals.counts(database) == {"open": 4}
    stored = BundleRepository(database).create(draft, "First editor", proposal=found["camera", "lens"].key)
    (accepted,), count = list_proposals(database, "accepted")
    assert (accepted.bundle_id, accepted.decided_by, count) == (stored.id, "First editor", 1)
    assert BundleRepository(database).create(draft, "First editor", proposal="gone").id == stored.id + 1
    assert [(one.subject, one.action) for one in audit.entries(database)[0]] == [
        ("bundle", "create"),
        ("proposal", "accept"),
        ("bundle", "create"),
    ]


def test_a_rejected_set_stays_rejected(ask: Ask, shop: SmallShop) -> None:
    """In whatever order its products are named and however often one searches, until it is allowed again."""
    key, database = ask()["camera", "lens"].key, shop.storefront.database
    assert key == proposals.key_of(["lens", "camera"])
    assert proposals.reject(database, [key, key], "First editor") == [key]
    assert proposals.reject(database, [key, "gone", "\0"], "Second editor") == []
    assert ("camera", "lens") not in ask()
    (rejected,) = list_proposals(database, "rejected")[0]
    assert (rejected.support, rejected.decided_by) == (10, "First editor")
    assert proposals.unreject(database, [key], "Second editor") == [key]
    assert ("camera", "lens") in open_ones(shop)
    assert [one.action for one in audit.entries(database, "proposal")[0]] == ["unreject", "reject"]


@pytest.mark.parametrize("cost", [1, 0.5, Decimal("NaN"), Decimal(-1), "much"])
def test_an_odd_cost_is_not_known_and_named_in_the_log(
    ask: Ask, caplog: pytest.LogCaptureFixture, cost: object
) -> None:
    """Whole numbers and floats are read as amounts; nothing else is believed, and the search goes on."""
    found = ask(products(lens={"cost": cost}))
    assert set(found) == {("camera", "lens"), ("bag", "camera"), ("bag", "lens"), ("bag", "camera", "lens")}
    usable = isinstance(cost, (int, float))
    assert (found["camera", "lens"].margin is not None) == usable
    assert ("'lens'" in caplog.text) != usable


@pytest.mark.parametrize("price", [Decimal("NaN"), Decimal(-1), None, "dear"])
def test_a_product_without_a_price_is_left_out(ask: Ask, caplog: pytest.LogCaptureFixture, price: object) -> None:
    """Of all sets, and the log names it; a float is read as it prints."""
    assert set(ask(products(lens={"price": price}))) == {("bag", "camera")}
    assert "'lens'" in caplog.text
    assert ask(products(lens={"price": 1.5}))["camera", "lens"].price == 100150


def test_sets_that_are_bundles_already_are_not_proposed(ask: Ask, shop: SmallShop) -> None:
    """Whatever their kind and price; an archived one may be proposed again."""
    database = shop.storefront.database
    draft = proposals.definition_of(database, products(), ask()["camera", "lens"].key)
    stored = BundleRepository(database).create(draft)
    assert ("camera", "lens") not in ask()
    BundleRepository(database).set_state(stored.id, 1, "archive")
    assert ("camera", "lens") in ask()


def test_variants_of_one_product_and_other_currencies_are_no_set(ask: Ask) -> None:
    """Two sizes of the same thing are not proposed together, nor what is priced in another currency."""
    alike = products(camera={"variant_group": "g"}, lens={"variant_group": "g"})
    assert set(ask(alike)) == {("bag", "camera"), ("bag", "lens")}
    assert set(ask(products(camera={"currency": "USD"}))) == {("bag", "lens")}
    named = products(**{name: {"currency": "JPY", "price": Decimal(900), "cost": None} for name in PRICES})
    assert {one.currency for one in ask(named, currency=None).values()} == {"JPY"}
    with pytest.raises(ConfigurationError, match="STOREFRONT_CURRENCY"):
        ask(currency=None)


def test_a_shop_without_orders_has_no_proposals(shop: SmallShop) -> None:
    """Nothing is made up, and nothing is left behind."""
    assert shop.storefront.propose_bundles() == 0
    run = latest_run(shop.storefront.database)
    assert run is not None
    assert (run.state, run.found) == ("done", 0)
    assert not (shop.storefront.services.folder / "proposals").exists()


def test_the_list_is_sorted_filtered_and_paged(ask: Ask, shop: SmallShop) -> None:
    """Unknown margins come last in either direction; no row is on two pages."""
    ask()
    database = shop.storefront.database

    def names(sort: str, **options: object) -> list[str]:
        return ["+".join(sorted(one.product_ids)) for one in list_proposals(database, "open", sort, **options)[0]]  # type: ignore[arg-type]

    assert names("support")[0] == "camera+lens"
    assert names("lift", descending=False)[0] == "camera+lens"
    assert names("margin")[0] == names("margin", descending=False)[0] == "camera+lens"
    pages = [name for page in (1, 2, 3, 4) for name in names("beyond", page=page, size=1)]
    assert sorted(pages) == sorted(names("share"))
    for wrong in ({"sort": "colour"}, {"page": 0}):
        with pytest.raises(InputError):
            list_proposals(database, **wrong)  # type: ignore[arg-type]


def test_one_search_at_a_time(ask: Ask, shop: SmallShop) -> None:
    """A second one is refused with who began the first; one that died is taken over."""
    ask(discount=7)
    database = shop.storefront.database
    running = {"state": "running", "started_by": "Second editor", "beat_at": clock.now_in_sql()}
    with database.writing() as session:
        session.execute(sa.update(ProposalRunRow).values(**running))
    with pytest.raises(SearchRunning, match="started by Second editor"):
        shop.storefront.propose_bundles()
    with database.writing() as session:
        session.execute(sa.update(ProposalRunRow).values(beat_at=clock.now_in_sql() - dt.timedelta(minutes=16)))
    dead = latest_run(database)
    assert dead is not None
    assert (dead.state, "interrupted" in dead.error) == ("failed", True)
    shop.storefront.propose_bundles()
    run = latest_run(database)
    assert run is not None
    assert (run.state, run.settings.discount, run.started_by) == ("done", 7, "")


def test_searches_at_the_same_time_are_one(ask: Ask, shop: SmallShop) -> None:
    """Whoever begins first, also where there never was one."""
    outcomes: list[str] = []
    parts, begun = shop.storefront.services, threading.Barrier(3)

    def search() -> None:
        with shop.app.app_context():
            begun.wait()
            try:
                outcomes.append(begin(parts.database).token)
            except SearchRunning:
                outcomes.append("refused")

    threads = [threading.Thread(target=search) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes)[1:] == ["refused", "refused"]


def test_a_search_that_was_taken_over_writes_nothing(shop: SmallShop, ask: Ask) -> None:
    """It wakes up late and leaves the others' proposals alone."""
    ask()
    database = shop.storefront.database

    def overtaken(phase: str, done: int, total: int) -> None:
        if phase == "count":
            with database.writing() as session:
                session.execute(sa.update(ProposalRunRow).values(token="another", state="running"))

    with pytest.raises(SearchRunning, match="taken over"):
        shop.storefront.propose_bundles(progress=overtaken)
    assert len(open_ones(shop)) == 4
    run = latest_run(database)
    assert run is not None
    assert run.state == "running"


def test_a_failed_search_says_why_and_keeps_what_stood(shop: SmallShop, ask: Ask) -> None:
    """Its sentence stands with the run."""
    ask()

    def broken(phase: str, done: int, total: int) -> None:
        raise StorefrontError("The disk is full; make room.")

    with pytest.raises(StorefrontError):
        shop.storefront.propose_bundles(progress=broken)
    run = latest_run(shop.storefront.database)
    assert run is not None
    assert (run.state, run.error) == ("failed", "The disk is full; make room.")
    assert len(open_ones(shop)) == 4


def test_a_weekly_search_is_due_once_a_week(shop: SmallShop) -> None:
    """A shop that never searched is due; an hour is given away, so that the night's hour does not wander."""
    database = shop.storefront.database
    assert is_due(database, 7)
    assert shop.storefront.propose_bundles_if_due(7) == 0
    assert shop.storefront.propose_bundles_if_due(7) is None
    with database.writing() as session:
        before = clock.now_in_sql() - dt.timedelta(days=6, hours=23, minutes=30)
        session.execute(sa.update(ProposalRunRow).values(started_at=before))
    assert is_due(database, 7)


def test_a_weekly_search_that_failed_is_due_the_next_night(shop: SmallShop) -> None:
    """Another night may have the room or the time that it lacked."""
    shop.storefront.propose_bundles()
    assert not is_due(shop.storefront.database, 7)
    with shop.storefront.database.writing() as session:
        session.execute(sa.update(ProposalRunRow).values(state="failed", error="The disk is full."))
    assert is_due(shop.storefront.database, 7)


@given(st.integers(1, 10**7), st.integers(0, 10**7), st.decimals("0", "0.99", places=2), st.integers(0, 99))
def test_no_suggestion_is_below_the_margin_floor(price: int, cost: int, floor: Decimal, wanted: int) -> None:
    """Whatever the price, the cost and the wish, the margin after the discount is at least the floor."""
    discount = suggested_discount(price, cost, MiningSettings(margin_floor=floor, discount=wanted))
    assert 0 <= discount <= wanted
    if discount:
        after = price - (2 * price * discount + 100) // 200
        assert after - cost >= floor * after


@pytest.mark.parametrize("wrong", [{"margin_floor": Decimal(1)}, {"discount": 100}, {"min_support": 1}])
def test_wrong_settings_are_refused(wrong: dict[str, object]) -> None:
    """With a sentence; right ones come back from their JSON."""
    with pytest.raises(InputError):
        MiningSettings(**wrong)  # type: ignore[arg-type]
    settings = MiningSettings(Decimal("0.125"), 5, 3, 9)
    assert MiningSettings.from_json(settings.to_json()) == settings


def test_few_orders_promise_little() -> None:
    """The expected share is the lower end of what the orders allow."""
    few, many = Itemset((1, 2), 5, (10, 5), 100), Itemset((1, 2), 500, (1000, 500), 10000)
    assert few.confidence == many.confidence
    assert few.expected_share < 0.24 < 0.46 < many.expected_share
