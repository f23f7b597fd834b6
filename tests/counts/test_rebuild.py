"""The rebuild gives what adding up all batches gives, whatever breaks on the way."""

from __future__ import annotations

import datetime as dt
import secrets
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlalchemy as sa
from counted_shop import DAY, PRODUCTS, CountedShop, expected, logs
from hypothesis import given, settings
from hypothesis import strategies as st

from storefront_plugin.core.clock import now_in_sql
from storefront_plugin.core.errors import ForeignHistory, StoreUnavailable
from storefront_plugin.core.queries import QueryFailed
from storefront_plugin.counts import generations, rebuild
from storefront_plugin.counts.applier import BatchSender
from storefront_plugin.counts.generations import Generation
from storefront_plugin.counts.scoring import Constants
from storefront_plugin.counts.shards import ShardLoader, erase
from storefront_plugin.orderlog.numbering import Position
from storefront_plugin.orderlog.settling import Entry, dump_entries
from storefront_plugin.orderlog.tables import Batch
from storefront_plugin.redis_store import Command, RedisStore, find_binary


@pytest.fixture(scope="module")
def store(redis_url: str) -> Iterator[RedisStore]:
    """A store on the Redis of the whole run."""
    yield (store := RedisStore(redis_url, Path(), 5.0))
    store.close()


@pytest.fixture
def shop(tmp_path: Path, store: RedisStore) -> Iterator[CountedShop]:
    """An empty shop."""
    yield (shop := CountedShop(tmp_path, store))
    shop.database.dispose()


EXAMPLES = settings(max_examples=15, deadline=None)


@EXAMPLES
@given(
    batches=logs(), shards=st.sampled_from([1, 3, 16]), admission=st.integers(0, 3), half_life=st.sampled_from([0, 30])
)
def test_rebuild_equals_the_sum_of_all_batches(
    tmp_path: Path, store: RedisStore, batches: list[list[Entry]], shards: int, admission: int, half_life: float
) -> None:
    """Counts, pairs, support and totals are those of the plain Python model, for any log, to the unit."""
    shop = CountedShop(tmp_path, store)
    shop.log(batches)
    generation = shop.rebuild(shards=shards, admission=admission, half_life=half_life)
    assert shop.held(generation) == expected(batches, generation.weighting, admission)
    shop.database.dispose()


@EXAMPLES
@given(batches=logs())
def test_rebuild_equals_the_applier(tmp_path: Path, store: RedisStore, batches: list[list[Entry]]) -> None:
    """Where nothing is cut, a rebuilt generation holds what one holds that got every batch by the script.

    Only the newest day may be an earlier one: a rebuild forgets the day of an order that was cancelled.
    """
    shop = CountedShop(tmp_path, store)
    shop.log(batches)
    rebuilt = shop.rebuild()
    live = Generation(
        token=secrets.token_hex(4), epoch=rebuilt.epoch, constants_json=Constants(half_life=30.0).to_json(), shards=4
    )
    live.start_number, live.start_token = 0, "start"
    sender = BatchSender(shop.database, store, shop.keys)
    sender.begin(live)
    standing = sender.standing(live)
    while sender.catch_up(live, standing):
        pass
    counted, sent = shop.held(rebuilt), shop.held(live)
    assert (counted.pop("day") or 0) <= (sent.pop("day") or 0)
    assert counted == sent
    shop.database.dispose()


@EXAMPLES
@given(batches=logs(), keep=st.integers(1, 4))
def test_cut_keeps_the_heaviest_and_of_ties_the_larger_member(
    tmp_path: Path, store: RedisStore, batches: list[list[Entry]], keep: int
) -> None:
    """A set is cut as Redis cuts it: the lowest score goes first, of equal scores the lowest member by its bytes."""
    shop = CountedShop(tmp_path, store)
    shop.log(batches)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rebuild, "KEPT_NEIGHBOURS", keep)
        generation = shop.rebuild()
    assert shop.held(generation) == expected(batches, generation.weighting, keep=keep)
    shop.database.dispose()


def test_cut_at_one_hundred_neighbours_of_equal_weight(shop: CountedShop) -> None:
    """Of 140 neighbours seen once each, the 100 with the largest decimal text stay."""
    batches = [[Entry(1, DAY, 2, (1, neighbour)) for neighbour in range(2, 142)]]
    shop.log(batches)
    held = shop.held(shop.rebuild(), products=1)["pairs"][1]
    assert set(held) == set(sorted(range(2, 142), key=str)[-100:])


@pytest.mark.parametrize("broken", [0, 1, 3])
@pytest.mark.parametrize("at", ["unlink", "load", "position"])
def test_broken_rebuild_is_taken_up_at_its_shard(
    shop: CountedShop, monkeypatch: pytest.MonkeyPatch, broken: int, at: str
) -> None:
    """After a break anywhere in a shard, the next rebuild counts this shard and those after it, and all is right."""
    batches = [[Entry(1, DAY, 3, (a, a + 1, a + 2))] for a in range(1, 11)]
    shop.log(batches)
    with monkeypatch.context() as patch:
        _break_at(patch, shop.store, at, shop.keys.prefix, broken)
        with pytest.raises(StoreUnavailable):
            shop.rebuild()
    (dead,) = _generations(shop)
    assert dead.state == "building"
    assert not list(shop.folder.glob("rebuild-*"))
    _kill(shop)
    seen = _loaded_shards(monkeypatch)
    generation = shop.rebuild()
    assert generation.token == dead.token
    assert seen == list(range(broken, 4))
    assert shop.held(generation) == expected(batches, generation.weighting)


def test_orders_that_came_after_the_break_wait_for_catch_up(shop: CountedShop) -> None:
    """A resumed rebuild counts up to its own snapshot, not to the end of the log."""
    first, second = [[Entry(1, DAY, 2, (1, 2))]], [[Entry(1, DAY, 2, (2, 3))]]
    shop.log(first)
    dead = generations.create(shop.database, Constants(half_life=30.0), 4)
    shop.log(second)
    _kill(shop)
    generation = shop.rebuild()
    assert generation.token == dead.token
    assert shop.held(generation) == expected(first, generation.weighting)
    assert shop.caught_up == [dead.token]


def test_shard_that_the_applier_carried_on_is_left_alone(shop: CountedShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a generation is built batches reach its finished shards; taking it up again does not undo that."""
    shop.log([[Entry(1, DAY, 2, (1, 2))]])
    generation = shop.rebuild()
    with shop.database.writing() as session:
        session.execute(sa.update(Generation).values(state="building"))
    _kill(shop)
    more = [[Entry(1, DAY, 2, (1, 2))]]
    shop.log(more)
    sender = BatchSender(shop.database, shop.store, shop.keys)
    sender.catch_up(generation, sender.standing(generation))
    seen = _loaded_shards(monkeypatch)
    shop.rebuild()
    assert seen == []
    assert shop.held(generation)["sold"] == {1: 2, 2: 2}


def test_dead_rebuild_with_other_settings_is_dropped(shop: CountedShop) -> None:
    """Its keys and its row go, and a new generation is counted."""
    shop.log([[Entry(1, DAY, 2, (1, 2))]])
    old = shop.rebuild(shards=4)
    with shop.database.writing() as session:
        session.execute(sa.update(Generation).values(state="building"))
    _kill(shop)
    new = shop.rebuild(shards=2)
    assert [generation.token for generation in _generations(shop)] == [new.token]
    assert not list(shop.store.scan(f"*{old.token}*"))


def test_shards_of_another_admission_are_counted_again(shop: CountedShop) -> None:
    """A rebuild taken up with another admission does not mix two of them."""
    batches = [[Entry(1, DAY, 2, (1, 2)), Entry(1, DAY, 2, (1, 2)), Entry(1, DAY, 2, (1, 3))]]
    shop.log(batches)
    shop.rebuild(admission=0)
    with shop.database.writing() as session:
        session.execute(sa.update(Generation).values(state="building"))
    _kill(shop)
    generation = shop.rebuild(admission=1)
    assert shop.held(generation) == expected(batches, generation.weighting, admission=1)


def test_pairs_seen_once_go_where_enough_were_seen_twice(shop: CountedShop) -> None:
    """Product 1 has two firm neighbours and loses the third; product 4, with none, keeps what it has."""
    shop.log([[Entry(1, DAY, 2, pair) for pair in [(1, 2), (1, 2), (1, 3), (1, 3), (1, 4)]]])
    pairs = shop.held(shop.rebuild(admission=2))["pairs"]
    assert {product: set(neighbours) for product, neighbours in pairs.items()} == {1: {2, 3}, 2: {1}, 3: {1}, 4: {1}}


def test_second_rebuild_at_the_same_time_is_refused(shop: CountedShop) -> None:
    """A rebuild that shows life is left alone."""
    shop.log([[Entry(1, DAY, 2, (1, 2))]])
    generations.create(shop.database, Constants(half_life=30.0), 4)
    with pytest.raises(rebuild.RebuildRunning, match="wait for it"):
        shop.rebuild()


def test_switch_retires_the_one_before_and_reports_it(shop: CountedShop) -> None:
    """SQL and the news in Redis name the new generation; the old one stays readable until it is swept."""
    shop.log([[Entry(1, DAY, 2, (1, 2))]])
    old, new = shop.rebuild(), shop.rebuild()
    live = generations.live(shop.database)
    assert live is not None
    assert live.token == new.token
    assert shop.store.execute([Command(shop.keys.news, "HGET", ("generation",))]) == [new.token.encode()]
    assert rebuild.sweep(shop.database, shop.store, shop.keys) == 0
    assert shop.held(old)["pairs"]
    with shop.database.writing() as session:
        session.execute(
            sa.update(Generation)
            .where(Generation.state == "retired")
            .values(retired_at=now_in_sql() - dt.timedelta(minutes=2))
        )
    assert rebuild.sweep(shop.database, shop.store, shop.keys) == 1
    assert not list(shop.store.scan(f"*{old.token}*"))
    assert shop.held(new)["pairs"]


def test_empty_log_gives_an_empty_generation(shop: CountedShop) -> None:
    """A shop without orders can be rebuilt; every shard then stands at the start of the log."""
    generation = shop.rebuild()
    assert shop.held(generation) == expected([], generation.weighting)


def test_dump_reads_the_log_in_pages_up_to_its_position(shop: CountedShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The dump ends exactly at the position, however many pages it takes."""
    monkeypatch.setattr(rebuild, "PAGE", 2)
    batches = [[Entry(1, DAY, 1, (number,))] for number in range(1, 8)]
    shop.log(batches)
    with shop.database.reading(blocking=True) as session:
        token = session.scalar(sa.select(Batch.token).where(Batch.number == 5))
    path = rebuild.dump_log(shop.database, Position(5, token or ""), shop.folder)
    assert path.read_text() == "".join(dump_entries(batch) for batch in batches[:5])


def test_dump_of_a_position_that_is_gone_is_refused(shop: CountedShop) -> None:
    """A log restored from an older backup is not counted as if it were whole."""
    shop.log([[Entry(1, DAY, 1, (1,))]])
    with pytest.raises(ForeignHistory):
        rebuild.dump_log(shop.database, Position(2, "gone"), shop.folder)


def test_rebuild_shows_life_while_it_works(shop: CountedShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long one step takes, the heartbeat goes on, so that nobody else takes the rebuild up."""
    monkeypatch.setattr(rebuild, "BEAT_SECONDS", 0.01)
    beaten = threading.Event()
    beat = generations.beat
    monkeypatch.setattr(generations, "beat", lambda *arguments: (beat(*arguments), beaten.set()))

    def wait(generation: Generation) -> None:
        assert beaten.wait(10)

    shop.rebuild(catch_up=wait)


def test_want_of_memory_is_shown_with_the_remedy(shop: CountedShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """What DuckDB raises becomes one sentence, and the rebuild can be taken up."""
    monkeypatch.setattr("storefront_plugin.counts.log_lines.MEMORY", "1MB")
    shop.log([[Entry(1, DAY, 2, (1, 2))]])
    with pytest.raises(QueryFailed, match="make room"):
        shop.rebuild()
    (dead,) = _generations(shop)
    assert dead.state == "building"


def test_progress_ends_each_phase_at_its_whole(shop: CountedShop) -> None:
    """The progress bar reaches the end of reading, counting, catching up and switching, and never goes back."""
    shop.log([[Entry(1, DAY, 2, (1, 2))]])
    steps: list[tuple[str, int, int]] = []
    shop.rebuild(progress=lambda *step: steps.append(step))
    last = {phase: (done, total) for phase, done, total in steps}
    assert last == {
        "orders read": (1, 1),
        "shards counted": (4, 4),
        "orders since then": (1, 1),
        "new counts in use": (1, 1),
    }
    counted = [done for phase, done, _ in steps if phase == "count"]
    assert counted == sorted(counted)


@pytest.mark.parametrize("columns", ["", ", 1::TINYINT AS sign, false AS is_other"])
def test_parquet_of_lines_is_counted_like_a_log(shop: CountedShop, columns: str) -> None:
    """Order lines in a Parquet, with or without the columns for orders taken back, give the same counts."""
    batches = [[Entry(1, DAY - a, 3, (a, a + 1, a + 2))] for a in range(1, 11)]
    shop.log(batches)
    path = shop.folder / "it's lines.parquet"
    rows = [(a, DAY - a, 3, a + step) for a in range(1, 11) for step in range(3)]
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE l(order_row BIGINT, day INTEGER, size INTEGER, product INTEGER)")
        connection.executemany("INSERT INTO l VALUES (?, ?, ?, ?)", rows)
        connection.sql(f"SELECT *{columns} FROM l").write_parquet(str(path))
    generation = shop.rebuild(source=path)
    assert shop.held(generation) == expected(batches, generation.weighting)


def test_rebuild_in_a_cluster(tmp_path: Path) -> None:
    """Each shard goes to the node that holds it."""
    from redis_cluster import local_cluster

    with local_cluster(tmp_path, find_binary()) as cluster:
        shop = CountedShop(tmp_path, RedisStore(cluster.url, tmp_path, 5.0))
        batches = [[Entry(1, DAY, 3, (a, a + 1, a + 2))] for a in range(1, 11)]
        shop.log(batches)
        generation = shop.rebuild(shards=16)
        assert shop.held(generation) == expected(batches, generation.weighting)
        erase(shop.store, shop.keys, generation, PRODUCTS)
        assert not list(shop.store.scan(f"*{generation.token}*"))
        shop.store.close()
        shop.database.dispose()


def _generations(shop: CountedShop) -> list[Generation]:
    with shop.database.reading(blocking=True) as session:
        return list(session.scalars(sa.select(Generation)))


def _kill(shop: CountedShop) -> None:
    """Make all rebuilds look as if their process had died."""
    with shop.database.writing() as session:
        session.execute(sa.update(Generation).values(heartbeat_at=now_in_sql() - dt.timedelta(minutes=2)))


def _loaded_shards(patch: pytest.MonkeyPatch) -> list[int]:
    """SlotStats with the shards that are loaded from now on."""
    seen: list[int] = []
    load: Callable[..., None] = ShardLoader.load

    def watched(self: ShardLoader, counted: Any, *rest: Any) -> None:
        seen.append(counted.shard)
        load(self, counted, *rest)

    patch.setattr(ShardLoader, "load", watched)
    return seen


def _break_at(patch: pytest.MonkeyPatch, store: RedisStore, at: str, prefix: str, shard: int) -> None:
    """Let Redis fail while *shard* is loaded: before anything, after half of its sets, or before its position."""
    unlink, write, load = RedisStore.unlink, RedisStore.pipeline_write, RedisStore.load_packed

    def is_it(key: object) -> bool:
        return str(key).startswith(prefix) and f".{shard}}}" in str(key)

    def broken_unlink(self: RedisStore, keys: Any) -> int:
        keys = list(keys)
        if at == "unlink" and is_it(keys[0]):
            raise StoreUnavailable("broken on purpose")
        return unlink(self, keys)

    def broken_load(self: RedisStore, key: str, commands: Any) -> int:
        if at == "load" and is_it(key):
            load(self, key, commands[: len(commands) // 2])
            raise StoreUnavailable("broken on purpose")
        return load(self, key, commands)

    def broken_write(self: RedisStore, commands: Any) -> int:
        commands = list(commands)
        if at == "position" and commands and commands[0][0] == "SET" and is_it(commands[0][1]):
            raise StoreUnavailable("broken on purpose")
        return write(self, commands)

    patch.setattr(RedisStore, "unlink", broken_unlink)
    patch.setattr(RedisStore, "load_packed", broken_load)
    patch.setattr(RedisStore, "pipeline_write", broken_write)
