"""Every place that speaks of health says the same, whichever process looks, and exit statuses follow."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from merchant_pages import HOME, soup_of
from shop_pages import twin_of
from small_shop import SmallShop

from storefront_plugin import Merchant
from storefront_plugin.counts import generations, upkeep
from storefront_plugin.counts.scoring import DEFAULTS
from storefront_plugin.jobs.worker import Worker
from storefront_plugin.redis_store import Command, EmbeddedServer, stop

MakeShop = Callable[..., SmallShop]
REFUSES = "refuses the command EVALSHA; allow its user to run EVALSHA on the storefront's keys."


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[str]:
    """The socket of a server that this test may spoil."""
    EmbeddedServer(tmp_path / "redis").connect().close()
    yield (tmp_path / "redis" / "socket").read_text().strip()
    stop(tmp_path / "redis")


@pytest.fixture
def shop(make_shop: MakeShop, own_redis: str, monkeypatch: pytest.MonkeyPatch) -> SmallShop:
    """A shop with counted orders, too many to be counted again without a word."""
    monkeypatch.setattr(upkeep, "SMALL_LOG_ORDERS", 0)
    made = make_shop(STOREFRONT_REDIS_URL=f"unix://{own_redis}", admin_access=lambda: Merchant("Editor"))
    with made.app.app_context():
        made.place(["p1", "p2"], ["p1", "p3"])
    return made


def positions_become(shop: SmallShop, value: str | None, shards: int) -> None:
    with shop.app.app_context():
        parts = shop.storefront.services
        live = generations.live(parts.database)
        assert live is not None
        keys = [parts.keys.position(live.token, shard) for shard in range(shards)]
        parts.store.pipeline_write([("SET", key, value) if value else ("UNLINK", key) for key in keys])


def places(shop: SmallShop, caplog: pytest.LogCaptureFixture) -> dict[str, tuple[int, str]]:
    """What each place says, in a process of its own that has met nothing yet, and its exit status."""
    said: dict[str, tuple[int, str]] = {}

    def fresh() -> SmallShop:
        return twin_of(shop, admin_access=lambda: Merchant("Editor"))

    def run(*words: str) -> Result:
        other = fresh()
        result = other.app.test_cli_runner().invoke(args=["storefront", *words])
        other.close()
        return result

    result = run("check")
    said["check"] = (result.exit_code, result.stdout)
    result = run("stats", "--json")
    said["stats"] = (result.exit_code, json.loads(result.stdout).get("trouble", ""))
    result = run("drain")
    said["drain"] = (result.exit_code, result.output)
    other = fresh()
    said["home"] = (0, soup_of(other.app.test_client().get(HOME)).text)
    with caplog.at_level(logging.WARNING):
        Worker(other.app, other.app.extensions["storefront.services"].schedule).step()
    said["worker"] = (0, caplog.text)
    other.close()
    return said


@pytest.mark.parametrize(
    ("value", "shards", "sentence"),
    [
        (None, 16, "16 of the 16 shards in Redis are missing; run `flask storefront rebuild`."),
        ("7:another", 16, "16 of the 16 shards in Redis are foreign; run `flask storefront rebuild`."),
        ("damaged", 3, "3 of the 16 shards in Redis are damaged; run `flask storefront rebuild`."),
    ],
)
def test_counts_that_cannot_go_on(
    shop: SmallShop, caplog: pytest.LogCaptureFixture, value: str | None, shards: int, sentence: str
) -> None:
    """Though no order waits and nothing else is wrong; a rebuild ends it everywhere."""
    positions_become(shop, value, shards)
    said = places(shop, caplog)
    assert {place for place, (_status, text) in said.items() if sentence not in text} == set()
    assert [said[place][0] for place in ("check", "stats", "drain")] == [1, 1, 1]
    assert "already been counted" not in said["drain"][1]
    assert "all orders are counted" not in said["home"][1]
    with shop.app.app_context():
        shop.storefront.rebuild()
    caplog.clear()
    said = places(shop, caplog)
    assert {place for place, (_status, text) in said.items() if "shards in Redis" in text} == set()
    assert [said[place][0] for place in ("check", "stats", "drain")] == [0, 0, 0]


def test_a_redis_that_runs_no_scripts(shop: SmallShop, caplog: pytest.LogCaptureFixture, own_redis: str) -> None:
    """It reads, writes and has all orders, and will take none: that is no reason for a rebuild."""
    with shop.app.app_context():
        words = ("limited", "reset", "on", ">word", "~*", "&*", "+@all", "-evalsha")
        shop.storefront.services.store.execute([Command("SETUSER", "ACL", words)])
    shop.app.config["STOREFRONT_REDIS_URL"] = f"unix://limited:word@{own_redis}"
    said = places(shop, caplog)
    told = {place for place, (_status, text) in said.items() if REFUSES in re.sub(r"\s+", " ", text)}
    assert told >= {"check", "stats", "drain", "home"}
    assert [said[place][0] for place in ("check", "stats", "drain")] == [1, 1, 1]
    assert not any("rebuild" in text for _status, text in said.values())


def test_a_log_without_counts_waits(shop: SmallShop) -> None:
    """No generation is there, as in a database that was restored in part: nothing of the log is in Redis."""
    with shop.app.app_context():
        live = generations.live(shop.storefront.database)
        assert live is not None
        assert shop.storefront.services.counting.backlog(ask_redis=True).waiting == 0
        generations.drop(shop.storefront.database, live.token)
        assert shop.storefront.services.counting.backlog(ask_redis=True).waiting == 2


def test_while_a_rebuild_runs_nobody_is_sent_for_another(shop: SmallShop) -> None:
    """It is said that one is at work."""
    positions_become(shop, None, 16)
    with shop.app.app_context():
        generations.create(shop.storefront.database, DEFAULTS, 16)
        sentence = "16 of the 16 shards in Redis are missing; a rebuild is running."
        assert shop.storefront.services.counting.trouble() == sentence
