"""Whatever happens to Redis, the page is served in time, orders are kept, and counts are exact afterwards."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from counting_model import expected, stored
from live_processes import free_port
from redis.exceptions import ResponseError
from redis_proxy import Proxy
from shop_pages import DEADLINE_MS, LIMIT, add_pages, twin_of, visit, wait_until, warm
from small_shop import SmallShop

from storefront_plugin.core.errors import StoreUnavailable
from storefront_plugin.counts import generations, upkeep
from storefront_plugin.proxies import SERVICES
from storefront_plugin.redis_store import Command, EmbeddedServer, refused_command, stop, unavailable

MakeShop = Callable[..., SmallShop]
BASKETS = (["p1", "p2"], ["p1", "p2", "p3", "p5", "p6", "p7", "p8"], ["p2", "p4"], ["p1", "p5"])


def make_live(make_shop: MakeShop, **options: Any) -> SmallShop:
    """A shop as in production: a background thread, and trouble logged instead of raised; one order is enough to claim."""
    options = {"TESTING": False, "STOREFRONT_DEADLINE_MS": DEADLINE_MS, "STOREFRONT_MIN_SUPPORT": 1, **options}
    return add_pages(make_shop(**options))


def assert_exact(shop: SmallShop) -> None:
    with shop.app.app_context():
        shop.storefront.services.upkeep.forget_standings()
        shop.storefront.drain()
        assert stored(shop) == expected(shop)


def place(shop: SmallShop, *baskets: list[str]) -> None:
    """Place orders without waiting for their counting."""
    with shop.app.app_context():
        shop.place(*(baskets or BASKETS), drain=False)


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[str]:
    """The socket of a server that this test may spoil."""
    EmbeddedServer(tmp_path / "redis").connect().close()
    yield (tmp_path / "redis" / "socket").read_text().strip()
    stop(tmp_path / "redis")


def test_redis_absent_at_the_start(make_shop: MakeShop, own_redis: str) -> None:
    """Pages and orders go on without it; when it comes, everything is counted."""
    port = free_port()
    shop = make_live(make_shop, STOREFRONT_REDIS_URL=f"redis://127.0.0.1:{port}")
    first, second = visit(shop), visit(shop)
    assert first.is_whole
    assert second.is_whole
    assert second.seconds < LIMIT
    place(shop)
    proxy = Proxy(own_redis, port)
    assert_exact(shop)
    assert warm(shop).shown()
    proxy.close()


def test_only_the_first_page_waits_for_a_redis_that_does_not_come(make_shop: MakeShop) -> None:
    """Later pages go on with nothing at once; the background thread rests between its tries."""
    shop = make_live(make_shop, STOREFRONT_REDIS_URL=f"redis://127.0.0.1:{free_port()}", STOREFRONT_DEADLINE_MS=1000)
    visit(shop)
    assert max(visit(shop).seconds for _ in range(4)) < 0.9


def test_redis_gone_and_back(make_shop: MakeShop, own_redis: str) -> None:
    """Cards vanish from the page, never the page; after the return nothing is missing."""
    proxy = Proxy(own_redis)
    shop = make_live(make_shop, STOREFRONT_REDIS_URL=f"redis://127.0.0.1:{proxy.port}")
    place(shop)
    assert warm(shop).shown("also_bought")
    proxy.close()
    for _ in range(5):
        page = visit(shop)
        assert page.is_whole
        assert page.seconds < LIMIT
    place(shop)
    again = Proxy(own_redis, proxy.port)
    assert_exact(shop)
    assert warm(shop).shown("also_bought")
    again.close()


@pytest.mark.parametrize("mode", ["slow", "silent"])
def test_redis_late(make_shop: MakeShop, own_redis: str, mode: str) -> None:
    """200 ms a reply, or none at all: the page, the order and a changed product cost the deadline at most."""
    proxy = Proxy(own_redis)
    shop = make_live(make_shop, STOREFRONT_REDIS_URL=f"redis://127.0.0.1:{proxy.port}", STOREFRONT_DRAIN="off")
    place(shop)
    assert warm(shop).shown("also_bought")
    proxy.mode = mode
    for path in ("/p/p1", "/p/p2", "/cart"):
        page = visit(shop, path)
        assert page.is_whole
        assert page.seconds < LIMIT
    place(shop)
    began = time.monotonic()
    with shop.app.app_context():
        shop.storefront.product_changed("p1")
    assert time.monotonic() - began < LIMIT
    proxy.mode = "pass"
    assert_exact(shop)
    proxy.close()


def test_a_changed_product_waits_for_no_silent_redis_where_there_is_no_thread(
    make_shop: MakeShop, own_redis: str
) -> None:
    """As in tests of a shop: it costs the deadline, and the next change or turn tells the others."""
    proxy = Proxy(own_redis)
    shop = make_live(make_shop, STOREFRONT_REDIS_URL=f"redis://127.0.0.1:{proxy.port}", TESTING=True)
    services = shop.app.extensions[SERVICES]
    warm(shop)
    proxy.mode = "silent"
    began = time.monotonic()
    with shop.app.app_context():
        for name in ("p1", "p2"):
            shop.storefront.product_changed(name)
    assert time.monotonic() - began < LIMIT
    proxy.mode = "pass"
    with shop.app.app_context():
        services.news.send_late()
        changed = services.store.execute([Command(services.keys.changed_products, "LRANGE", (0, 9))])[0]
        assert set(changed) == {b"p1", b"p2"}
    proxy.close()


def test_a_flushed_redis_is_filled_again_however_many_batches_there_were(make_shop: MakeShop) -> None:
    """Live orders make a batch each: a young shop has many batches, and still a small log."""
    shop = make_live(make_shop, STOREFRONT_DRAIN="off")
    for number in range(25):
        place(shop, [f"p{number % 5 + 1}", f"p{number % 7 + 6}"])
        with shop.app.app_context():
            shop.storefront.drain()
    parts = shop.app.extensions[SERVICES]
    parts.store.unlink([key.decode() for key in parts.store.scan(f"{parts.settings.redis_prefix}:*")])
    page = visit(shop)
    assert page.is_whole
    assert_exact(shop)
    assert warm(shop).shown("also_bought")


@pytest.mark.parametrize("trouble", ["READONLY", "OOM"])
def test_a_redis_that_refuses_writes_is_still_read(make_shop: MakeShop, own_redis: str, trouble: str) -> None:
    """Orders wait in the log, and even a process that starts in the meantime shows suggestions."""
    shop = make_live(make_shop, STOREFRONT_REDIS_URL=f"unix://{own_redis}")
    place(shop)
    assert warm(shop).shown("also_bought")
    store = shop.app.extensions[SERVICES].store
    if trouble == "READONLY":
        store.execute([Command("127.0.0.1", "REPLICAOF", (free_port(),))])
    else:
        store.execute([Command("SET", "CONFIG", ("maxmemory", 1))])
    place(shop)
    with shop.app.app_context(), pytest.raises(StoreUnavailable):
        shop.storefront.drain()
    assert visit(shop).shown("also_bought")
    other = twin_of(shop)
    try:
        wait_until(lambda: visit(other).shown("also_bought"))
    finally:
        other.close()
    if trouble == "READONLY":
        store.execute([Command("NO", "REPLICAOF", ("ONE",))])
    else:
        store.execute([Command("SET", "CONFIG", ("maxmemory", 0))])
    assert_exact(shop)


@pytest.mark.parametrize("kept", [0, 12_000])
def test_a_flush_between_two_orders_is_no_error_of_ours(
    make_shop: MakeShop, monkeypatch: pytest.MonkeyPatch, kept: int
) -> None:
    """Positions that were just compared are gone: a small log heals, a large one says that a rebuild is due."""
    monkeypatch.setattr(upkeep, "SMALL_LOG_ORDERS", 0 if kept else 10_000)
    shop = make_live(make_shop, STOREFRONT_DRAIN="off")
    with shop.app.app_context():
        shop.place(["p1", "p2"])
        parts = shop.storefront.services
        parts.store.unlink([key.decode() for key in parts.store.scan(f"{parts.settings.redis_prefix}:*")])
        shop.place(["p1", "p3"], drain=False)
        assert shop.storefront.drain() == 0
        if kept:
            assert "16 of the 16 shards in Redis are missing" in (parts.upkeep.rebuild_due or "")
            shop.storefront.rebuild()
        assert stored(shop) == expected(shop)


def forbid(shop: SmallShop, command: str) -> None:
    """Take *command* from the user that the shop comes as."""
    parts = shop.app.extensions[SERVICES]
    parts.store.execute([Command("SETUSER", "ACL", ("limited", "reset", "on", ">word", "~*", "&*", "+@all", command))])


COMMANDS = (
    "evalsha",
    "script",
    "hincrby",
    "zincrby",
    "zadd",
    "zrem",
    "zremrangebyrank",
    "hdel",
    "zrange",
    "hlen",
    "expire",
)


@pytest.mark.parametrize("forbidden", [f"-{command}" for command in COMMANDS])
def test_a_redis_that_lacks_a_command_says_which_command_it_lacks(
    make_shop: MakeShop, own_redis: str, forbidden: str
) -> None:
    """No shard is called damaged, since a rebuild would not help; once allowed, all is counted."""
    owner = make_shop(STOREFRONT_REDIS_URL=f"unix://{own_redis}")
    forbid(owner, forbidden)
    shop = make_live(make_shop, STOREFRONT_REDIS_URL=f"unix://limited:word@{own_redis}", STOREFRONT_DRAIN="off")
    with shop.app.app_context():
        name = forbidden[1:].upper()
        for _ in range(2):
            shop.place(["p1", "p2"], drain=False)
            with pytest.raises(
                StoreUnavailable, match=rf"refuses the command {name}\b.*; allow its user to run {name}"
            ):
                shop.storefront.drain()
            assert shop.storefront.services.upkeep.rebuild_due is None
    forbid(owner, "+@all")
    assert_exact(shop)


def test_check_and_stats_name_a_command_that_only_they_need(make_shop: MakeShop, own_redis: str) -> None:
    """Without INFO the counts are whole: that is a warning with the command's name, and all else is told as ever."""
    owner = make_shop(STOREFRONT_REDIS_URL=f"unix://{own_redis}")
    forbid(owner, "-info")
    shop = make_live(make_shop, STOREFRONT_REDIS_URL=f"unix://limited:word@{own_redis}", STOREFRONT_DRAIN="off")
    with shop.app.app_context():
        shop.place(["p1", "p2"])
        findings = {finding.text: finding.level for finding in shop.storefront.check()}
        named = [text for text in findings if "allow its user to run INFO" in text]
        assert [findings[text] for text in named] == ["warning"]
        assert shop.storefront.stats()["log_position"] == 1
        assert "run INFO" in shop.storefront.stats()["redis_policy"]


def test_a_redis_without_a_command_is_not_called_damaged() -> None:
    """As hosts do that rename EVALSHA away: no user can be allowed to run it."""
    error = unavailable("redis:6379", ResponseError("ERR unknown command 'EVALSHA', with args beginning with: 'ab' "))
    assert str(error) == ("Redis at redis:6379 refuses the command EVALSHA; enable it, or use an instance that has it.")
    assert refused_command(ResponseError("NOPERM User x has no permissions to run the 'script|load' command")) == (
        "SCRIPT LOAD"
    )
    assert refused_command(ResponseError("WRONGTYPE Operation against a key holding the wrong kind of value")) is None


def test_a_killed_embedded_server_is_started_again(make_shop: MakeShop, tmp_path: Path) -> None:
    """kill -9 between two steps of the write journey loses no count."""
    shop = make_live(make_shop, STOREFRONT_REDIS_URL=None, STOREFRONT_DATA_FOLDER=str(tmp_path / "data"))
    try:
        place(shop)
        assert warm(shop).shown("also_bought")
        parts = shop.app.extensions[SERVICES]
        place(shop)
        real, killed = parts.store.run_scripts, []

        def die_after_some(calls: Any) -> Any:
            if not killed:
                real(calls[:5])
                killed.append(parts.store.info().nodes[0].process_id)
                os.kill(killed[0], signal.SIGKILL)
            return real(calls)

        parts.store.run_scripts = die_after_some
        assert_exact(shop)
        assert visit(shop).is_whole
        assert_exact(shop)
        assert warm(shop).shown("also_bought")
    finally:
        shop.app.extensions[SERVICES].close()
        stop(tmp_path / "data")


def shard_keys(shop: SmallShop) -> list[str]:
    parts = shop.app.extensions[SERVICES]
    generation = generations.live(parts.database)
    assert generation is not None
    stem = parts.keys.position(generation.token, 1).removesuffix("position")
    return sorted(key.decode() for key in parts.store.scan(f"{stem}*"))


def test_a_shard_that_falls_behind_unnoticed_is_sent_what_it_lacks(make_shop: MakeShop) -> None:
    """A lagging replica takes over between two comparisons: the shard itself says so, and the sender listens."""
    shop = make_live(make_shop, STOREFRONT_DRAIN="off")
    store = shop.app.extensions[SERVICES].store
    with shop.app.app_context():
        shop.place(["p1", "p2"])
        copies = [(key, store.execute([Command(key, "DUMP")])[0]) for key in shard_keys(shop)]
        shop.place(["p1", "p3"])
        shop.place(["p1", "p4"])
        store.unlink(shard_keys(shop))
        store.pipeline_write([("RESTORE", key, 0, dump) for key, dump in copies])
        shop.place(["p1", "p5"])
        assert stored(shop) == expected(shop)


def test_a_process_that_slept_while_another_counted_goes_on_from_there(make_shop: MakeShop) -> None:
    """Two web processes count in turn; what one remembers of the shards may be many batches old."""
    shop = make_live(make_shop, STOREFRONT_DRAIN="off")
    with shop.app.app_context():
        shop.place(["p1", "p2"])
    other = twin_of(shop)
    with other.app.app_context():
        for number in range(20):
            other.storefront.order_placed(other.order("p1", f"p{number % 6 + 2}", id=f"other-{number}"), commit=True)
            other.storefront.drain()
    with shop.app.app_context():
        shop.place(["p1", "p9"])
        assert stored(shop) == expected(shop)
    other.close()
