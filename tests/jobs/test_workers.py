"""Who counts orders: life shown in Redis by workers and threads, seldom, and forgotten in time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable

import pytest
from job_rows import record_run
from shop_pages import add_pages, visit, wait_until
from small_shop import SmallShop

from storefront_plugin.core.errors import StoreUnavailable
from storefront_plugin.jobs import heartbeats
from storefront_plugin.jobs.heartbeats import Heartbeats, Seen
from storefront_plugin.proxies import SERVICES
from storefront_plugin.redis_store import Command, RawCommand

MakeShop = Callable[..., SmallShop]


def process_of(shop: SmallShop, kind: heartbeats.Kind | None) -> Heartbeats:
    """What another process of *shop* would tell of itself."""
    parts = shop.storefront.services
    process = Heartbeats(parts.store, parts.keys)
    process.kind = kind
    return process


def test_those_who_show_life_are_counted_by_their_kind(shop: SmallShop) -> None:
    """Each process once, however often it shows life."""
    assert shop.storefront.services.heartbeats.look() == Seen()
    for kind in ("worker", "thread", "worker"):
        process = process_of(shop, kind)  # type: ignore[arg-type]
        for _ in range(3):
            process.beat()
            process._due_at = 0.0
    seen = process.look()
    assert (seen.workers, seen.threads, seen.alive) == (2, 1, 3)
    assert seen.last_at is not None
    assert dt.timedelta(0) <= dt.datetime.now(dt.timezone.utc).replace(tzinfo=None) - seen.last_at < dt.timedelta(30)


def test_life_is_shown_seldom_and_in_one_trip(shop: SmallShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many turns a worker makes; a turn of a command or of a test shows none."""
    parts, trips = shop.storefront.services, []
    write = parts.store.pipeline_write

    def written(commands: Iterable[RawCommand]) -> int:
        listed = list(commands)
        trips.append([command[1] for command in listed])
        return write(listed)

    monkeypatch.setattr(parts.store, "pipeline_write", written)
    shop.place(["p1", "p2"])
    assert [keys for keys in trips if parts.keys.workers in keys] == []
    parts.heartbeats.kind = "worker"
    for _ in range(5):
        shop.place(["p1", "p2"], ["p1", "p3"])
    assert [keys for keys in trips if parts.keys.workers in keys] == [[parts.keys.workers] * 3]


def test_one_that_is_gone_is_remembered_as_the_last_and_then_forgotten(
    shop: SmallShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key holds those of the last hour, and is itself gone after a month."""
    parts, now = shop.storefront.services, heartbeats.time.time()
    first = process_of(shop, "worker")
    first.beat()
    monkeypatch.setattr(heartbeats.time, "time", lambda: now + 61)
    seen = parts.heartbeats.look()
    assert seen.alive == 0
    assert seen.last_at is not None
    monkeypatch.setattr(heartbeats.time, "time", lambda: now + heartbeats.REMEMBERED_SECONDS + 2)
    process_of(shop, "worker").beat()
    reads = [Command(parts.keys.workers, "ZCARD"), Command(parts.keys.workers, "TTL")]
    held, seconds = parts.store.execute(reads)
    assert held == 1
    assert 0 < seconds <= heartbeats.KEPT_SECONDS


def test_a_clock_that_runs_ahead_sees_nobody_in_the_future(shop: SmallShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Machines differ by seconds."""
    now = heartbeats.time.time()
    monkeypatch.setattr(heartbeats.time, "time", lambda: now + 30)
    process_of(shop, "worker").beat()
    monkeypatch.setattr(heartbeats.time, "time", lambda: now)
    seen = shop.storefront.services.heartbeats.look()
    assert seen.workers == 1
    assert seen.last_at == dt.datetime.fromtimestamp(now, dt.timezone.utc).replace(tzinfo=None)


def test_without_redis_life_is_not_shown_and_nothing_breaks(make_shop: MakeShop) -> None:
    """What counts meets the same trouble and tells it; who looks is told."""
    shop = make_shop(STOREFRONT_REDIS_URL="redis://127.0.0.1:1")
    with shop.app.app_context():
        process = process_of(shop, "worker")
        process.beat()
        with pytest.raises(StoreUnavailable):
            process.look()


@pytest.mark.parametrize(("drain", "threads"), [("thread", 1), ("off", 0)])
def test_the_thread_of_a_shop_shows_life_where_it_counts(make_shop: MakeShop, drain: str, threads: int) -> None:
    """From its first turn on; one that only keeps pages fresh is nobody to rely on."""
    shop = add_pages(make_shop(TESTING=False, STOREFRONT_DRAIN=drain))
    visit(shop)
    parts = shop.app.extensions[SERVICES]
    wait_until(lambda: parts.snapshots._tried.is_set())  # the first half of its first turn
    parts.thread.stop()
    assert parts.heartbeats.look().threads == threads


def test_check_says_who_counts(make_shop: MakeShop) -> None:
    """The same as the merchant's page, with the command that helps."""
    shop = make_shop(STOREFRONT_DRAIN="off")
    with shop.app.app_context():
        assert worker_lines(shop) == [("error", "No worker is running (never run): start `flask storefront worker`.")]
        process_of(shop, "worker").beat()
        process_of(shop, "worker").beat()
        ((level, text),) = worker_lines(shop)
        assert level == "ok"
        assert text.startswith("Orders are counted by 2 workers, last seen 20")
        record_run(shop.storefront.database, "catch_up", "KeyError: 'lines'")
        level, text = worker_lines(shop)[-1]
        assert (level, text.endswith("UTC: KeyError: 'lines'")) == ("warning", True)


def test_check_of_a_shop_with_a_thread(make_shop: MakeShop) -> None:
    """A thread that has not started is no trouble."""
    shop = make_shop()
    with shop.app.app_context():
        ((level, text),) = worker_lines(shop)
        assert level == "ok"
        assert "starts with the shop's first page or order" in text


def worker_lines(shop: SmallShop) -> list[tuple[str, str]]:
    """What the check says about those who count."""
    words = ("worker", "thread", "order import failed")
    return [(one.level, one.text) for one in shop.storefront.check() if any(word in one.text for word in words)]
