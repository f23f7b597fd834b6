"""Counting exactly: whatever fails between two steps, Redis holds what the plain model of the log says."""

from __future__ import annotations

import functools
import threading
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from counting_machine import Counting, run
from counting_model import expected, stored
from postgres import postgres_url
from redis_cluster import local_cluster
from small_shop import SmallShop, small_shop

from storefront_plugin.core.errors import DatabaseUnavailable, StoreUnavailable
from storefront_plugin.counts import applier, generations, shards, upkeep
from storefront_plugin.orderlog.numbering import _stretches, last_position, number_events
from storefront_plugin.orderlog.tables import OrderEvent
from storefront_plugin.redis_store import Command, RedisStore, find_binary


@pytest.mark.slow
def test_unbounded_counts_equal_model_a_whatever_dies(redis_url: str) -> None:
    """Nothing is cut, so Redis holds exactly the sum of all batches."""
    run(type("Unbounded", (Counting,), {"url": redis_url}), 15)


def test_bounded_counts_equal_model_b_whatever_dies(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sets are cut, so Redis holds exactly what the pure step function says."""
    monkeypatch.setattr(applier, "KEPT_NEIGHBOURS", 3)
    monkeypatch.setattr(applier, "CUT_ABOVE", 4)
    run(type("Bounded", (Counting,), {"url": redis_url, "keep": 3, "limit": 4}), 15)


@pytest.mark.slow
def test_counts_equal_model_a_in_a_cluster(tmp_path: Path) -> None:
    """The same walk, with the shards on three masters."""
    with local_cluster(tmp_path, find_binary()) as cluster:
        run(type("InCluster", (Counting,), {"url": cluster.url}), 6)


@pytest.mark.slow
def test_counts_equal_model_a_on_postgresql(redis_url: str) -> None:
    """The same walk, with another lock and other types beneath."""
    database = staticmethod(lambda _folder: postgres_url())
    run(type("OnPostgreSQL", (Counting,), {"url": redis_url, "database": database}), 6)


@pytest.fixture
def behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if thousands of orders waited: batches of two, and the next is numbered while Redis counts the last."""
    monkeypatch.setattr(applier, "MANY_ORDERS", 1)
    monkeypatch.setattr(upkeep, "number_events", functools.partial(number_events, limit=2))


@pytest.mark.slow
@pytest.mark.usefixtures("behind")
def test_counts_equal_model_a_while_the_next_batch_is_numbered_beside(redis_url: str) -> None:
    """The same walk, with two batches under way at once."""
    run(type("Behind", (Counting,), {"url": redis_url}), 10)


@pytest.mark.usefixtures("behind")
def test_the_next_batch_is_numbered_while_redis_counts_the_last(
    shop: SmallShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Redis and Python each have a processor to themselves."""
    store = shop.storefront.services.store
    run_scripts, numbered = store.run_scripts, threading.Event()

    def slowly(calls: Any) -> Any:
        assert numbered.wait(10), "nothing is numbered while Redis is at work"
        return run_scripts(calls)

    def number(*args: Any) -> Any:
        settled = number_events(*args, limit=2)
        if _last(shop) >= 2:
            numbered.set()
        return settled

    monkeypatch.setattr(upkeep, "number_events", number)
    monkeypatch.setattr(store, "run_scripts", slowly)
    shop.place(*[["p1", "p2"]] * 7)
    assert _last(shop) == 4
    assert stored(shop) == expected(shop)


def _last(shop: SmallShop) -> int:
    position = last_position(shop.storefront.database)
    assert position is not None
    return position.number


@pytest.mark.usefixtures("behind")
def test_a_database_that_fails_while_redis_counts_loses_nothing(
    shop: SmallShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is on its way arrives, the rest waits for the next turn."""
    shop.place(*[["p1", "p2"]] * 5, drain=False)
    calls = iter([number_events, _gone])
    with monkeypatch.context() as patch:
        patch.setattr(upkeep, "number_events", lambda *args: next(calls)(*args, limit=2))
        with pytest.raises(DatabaseUnavailable):
            shop.storefront.drain()
    assert stored(shop).sold == {1: 2, 2: 2}
    shop.storefront.drain()
    assert stored(shop).sold == {1: 5, 2: 5}
    assert stored(shop) == expected(shop)


def _gone(*_: object, limit: int) -> None:
    raise DatabaseUnavailable(f"gone before {limit} events were read")


def test_an_event_that_commits_between_two_others_waits_for_its_own_batch(shop: SmallShop) -> None:
    """Ids are given before the commit: what was not read must not be removed."""
    assert list(_stretches([3, 4, 5, 7, 9, 10])) == [(3, 5), (7, 7), (9, 10)]
    assert list(_stretches([])) == []
    shop.place(["p1", "p2"], ["p1", "p2"], ["p1", "p2"], drain=False)
    database = shop.storefront.database
    with database.writing() as session:
        hidden = session.scalars(sa.select(OrderEvent).order_by(OrderEvent.id)).all()[1]
        row = {"id": hidden.id, "kind": hidden.kind, "payload": hidden.payload, "recorded_at": hidden.recorded_at}
        row["order_id"] = hidden.order_id
        session.delete(hidden)
    shop.storefront.drain()
    with database.writing() as session:
        session.execute(sa.insert(OrderEvent), [row])
    shop.storefront.drain()
    assert stored(shop).sold == {1: 3, 2: 3}


def test_two_drainers_and_two_writers_count_each_order_once(make_shop: Any) -> None:
    """Numbering takes turns; sending twice is answered with DONE."""
    shop = make_shop()
    twin = small_shop(
        Path(shop.app.instance_path),
        **{
            key: value
            for key, value in shop.app.config.items()
            if key.startswith(("STOREFRONT_REDIS", "SQLALCHEMY_DATABASE"))
        },
    )
    stop = threading.Event()
    trouble: list[BaseException] = []

    def write(one: SmallShop, name: str) -> None:
        with one.app.app_context():
            for number in range(40):
                order = one.order(f"p{number % 7 + 1}", f"p{number % 5 + 8}", id=f"{name}-{number}")
                while not one.storefront.order_placed(order, commit=True):
                    pass  # the file was locked for too long: the shop would get an error, and tries again

    def drain(one: SmallShop) -> None:
        while not stop.is_set():
            with one.app.app_context():
                try:
                    one.storefront.drain()
                except BaseException as error:
                    trouble.append(error)
                    return

    drainers = [threading.Thread(target=drain, args=(one,)) for one in (shop, twin)]
    writers = [threading.Thread(target=write, args=(one, name)) for one, name in ((shop, "a"), (twin, "b"))]
    for thread in (*drainers, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    for thread in drainers:
        thread.join()
    assert trouble == []
    with shop.app.app_context():
        shop.storefront.drain()
        counts = stored(shop)
        assert sum(counts.sold.values()) == 160
        assert counts == expected(shop)
    twin.close()


def _position(shop: SmallShop, shard: int = 0) -> str:
    generation = generations.live(shop.storefront.database)
    assert generation is not None
    return shop.storefront.services.keys.position(generation.token, shard)


def _write(shop: SmallShop, *command: Any) -> None:
    shop.storefront.services.store.pipeline_write([command])
    shop.storefront.services.upkeep.forget_standings()


def test_foreign_history_is_left_alone_and_a_rebuild_is_due(shop: SmallShop) -> None:
    """A database restored from a backup: Redis stands at a batch that this log never had."""
    shop.place(["p1", "p2"])
    _write(shop, "SET", _position(shop, 1), "7:another")
    before = stored(shop)
    shop.place(["p1", "p2"])
    assert stored(shop).support[1] == before.support[1]
    assert stored(shop).support[2] == expected(shop).support[2]
    assert "foreign" in (shop.storefront.services.upkeep.rebuild_due or "")
    shop.storefront.rebuild()
    assert shop.storefront.services.upkeep.rebuild_due is None
    assert stored(shop) == expected(shop)


def test_a_flushed_redis_is_filled_again_from_a_small_log(shop: SmallShop) -> None:
    """Nobody has to run a command after a lost cache of a young shop."""
    shop.place(["p1", "p2"], ["p2", "p3"])
    parts = shop.storefront.services
    parts.store.unlink([key.decode() for key in parts.store.scan(f"{parts.settings.redis_prefix}:*")])
    parts.upkeep.forget_standings()
    shop.storefront.drain()
    assert stored(shop) == expected(shop)
    assert shop.ids("also_bought", "p1", limit=1) == ["p2"]


def test_a_planted_key_of_the_wrong_type_stops_the_batch_before_its_first_write(shop: SmallShop) -> None:
    """Everything is checked first: no half batch stands, and a small log is counted again at once."""
    shop.place(["p1", "p2"])
    parts = shop.storefront.services
    generation = generations.live(parts.database)
    assert generation is not None
    key = parts.keys.weights(generation.token, 3, 3)
    _write(shop, "SET", key, "planted")
    position = Command(_position(shop, 3), "GET")
    standing = parts.store.execute([position])
    shop.place(["p1", "p2", "p3"])
    assert parts.store.execute([position]) == standing
    assert stored(shop) == expected(shop)


def test_redis_out_of_memory_loses_nothing(shop: SmallShop) -> None:
    """The script's first write is refused, so nothing of the batch stands; later it is sent again."""
    shop.place(["p1", "p2"])
    store = shop.storefront.services.store
    _write(shop, "CONFIG", "SET", "maxmemory", "1kb")
    try:
        shop.place(["p1", "p2"], drain=False)
        with pytest.raises(StoreUnavailable):
            shop.storefront.drain()
    finally:
        store.pipeline_write([("CONFIG", "SET", "maxmemory", "0")])
    shop.storefront.drain()
    assert stored(shop) == expected(shop)


def test_an_order_of_two_thousand_lines_counts_as_sold_and_makes_no_pairs(shop: SmallShop) -> None:
    """Four million directed pairs of a wholesaler say nothing about any of them."""
    shop.place([f"w{number}" for number in range(2000)], ["p1", "p2"])
    counts = stored(shop)
    assert sum(counts.sold.values()) == 2002
    assert len(counts.weights) == 2
    assert counts == expected(shop)


def test_a_rebuild_that_raised_is_taken_up_at_once(shop: SmallShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a killed process has to be waited for; one that met trouble says that it broke off."""
    shop.place(["p1", "p2"])
    with monkeypatch.context() as patch:
        patch.setattr(RedisStore, "load_packed", _refuse)
        with pytest.raises(StoreUnavailable):
            shop.storefront.rebuild()
    shop.storefront.rebuild()
    assert shop.ids("also_bought", "p1", limit=1) == ["p2"]


def _refuse(*_: object) -> None:
    raise StoreUnavailable("broken on purpose")


def test_counts_that_redis_removed_by_itself_are_noticed(shop: SmallShop) -> None:
    """An evicting server keeps the position and drops a set: the shard is damaged, and a small log is counted again."""
    shop.place(["p1", "p2"], ["p2", "p3"], ["p17", "p18"])
    parts = shop.storefront.services
    assert parts.upkeep.audit() == []
    generation = generations.live(parts.database)
    assert generation is not None
    parts.store.unlink([parts.keys.weights(generation.token, 2, 2)])
    assert parts.upkeep.audit() == [2]
    shop.storefront.drain()
    assert stored(shop) == expected(shop)
    assert parts.upkeep.audit() == []


@pytest.mark.parametrize(
    ("rebuilt", "again"),
    [
        (False, False),
        (True, True),
        pytest.param(False, True, marks=pytest.mark.slow),
        pytest.param(True, False, marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("names", [["weights"], ["support"], ["counts"], ["sold"], ["totals"], ["all"]])
def test_whichever_key_of_a_shard_redis_removed_is_noticed(
    shop: SmallShop, names: list[str], rebuilt: bool, again: bool
) -> None:
    """Alone or with all others, after live counting and after a rebuild, and though a later batch made it again."""
    shop.place(["p1", "p2"], ["p2", "p3"], ["p2"], ["p17", "p18"])
    if rebuilt:
        shop.storefront.rebuild()
    parts = shop.storefront.services
    generation = generations.live(parts.database)
    assert generation is not None
    assert parts.upkeep.audit() == []
    token, keys = generation.token, parts.keys
    found = {
        "weights": keys.weights(token, 2, 2),
        "support": keys.support(token, 2, 2),
        "counts": keys.counts(token, 2),
        "sold": keys.sold(token, 2),
        "totals": keys.totals(token, 2),
    }
    parts.store.unlink([key for name, key in found.items() if name in names or names == ["all"]])
    if again:
        shop.place(["p1", "p2"], drain=False)
        parts.upkeep.number_and_send()
    parts.upkeep.audit()
    assert "1 of the 16 shards in Redis are damaged" in (parts.counting.trouble() or "")
    shop.storefront.drain()
    assert stored(shop) == expected(shop)
    assert (parts.upkeep.audit(), parts.counting.trouble()) == ([], None)


def test_a_batch_that_is_counted_as_the_audit_begins_is_no_loss(
    shop: SmallShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With products that had no number a moment ago: another process is counting."""
    shop.place(["p1", "p2"])
    parts = shop.storefront.services
    read = shards._positions
    first = iter([True])

    def positions(*told: Any) -> Any:
        if next(first, False):
            shop.place(["p1", "new-1"], ["new-2", "new-3"])
        return read(*told)

    monkeypatch.setattr(shards, "_positions", positions)
    assert parts.upkeep.audit() == []
    assert parts.counting.trouble() is None


def test_cancelled_orders_leave_nothing_to_miss(shop: SmallShop) -> None:
    """Sets that are empty again, and sets that are cut, are no loss."""
    ids = shop.place(["p1", "p2"], ["p2", "p3"], ["p4"])
    for order_id in ids:
        shop.storefront.order_cancelled(order_id, commit=True)
    shop.storefront.drain()
    shop.place(*[["p1", f"w{number}"] for number in range(140)])
    assert shop.storefront.services.upkeep.audit() == []
    shop.storefront.rebuild()
    shop.place(["p1", "p2"])
    assert shop.storefront.services.upkeep.audit() == []


def test_the_audit_of_a_fresh_process_finds_nothing_missing(make_shop: Any) -> None:
    """A process that knows no product numbers yet must not take every set for lost."""
    shop = make_shop()
    with shop.app.app_context():
        shop.place(["p1", "p2"], ["p2", "p3"])
        shop.storefront.rebuild()
    names = ("STOREFRONT_REDIS", "SQLALCHEMY_DATABASE", "STOREFRONT_DEADLINE")
    config = {key: value for key, value in shop.app.config.items() if key.startswith(names)}
    fresh = small_shop(Path(shop.app.instance_path), **config)
    with fresh.app.app_context():
        assert fresh.storefront.services.upkeep.audit() == []
    fresh.close()
