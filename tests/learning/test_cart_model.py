"""A rebuild makes the model of carts, where it finds more of what was bought than pairs alone."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterable, Iterator

import pytest
from small_shop import SmallShop, made_products

from storefront_plugin import MemoryCatalog, MemoryOrders, Order
from storefront_plugin.core.errors import StoreUnavailable
from storefront_plugin.counts.scoring import DEFAULTS
from storefront_plugin.learning import ease, tuner
from storefront_plugin.learning.cart_model import NO_MODEL, latest_model, live_model
from storefront_plugin.learning.overruling import overrule
from storefront_plugin.learning.tunings import latest_tuning
from storefront_plugin.redis_store import Command

MakeShop = Callable[..., SmallShop]


LOUD = [f"p{number}" for number in range(46, 61)]


def orders_of_sets(shop: SmallShop, count: int = 1500) -> list[Order]:
    """An order holds some of fifteen sets of three products, and half of what goes with anything, as bags do."""
    chance = random.Random(3)
    orders = []
    for number in range(count):
        firsts = {3 * chance.randrange(15) + 1 for _ in range(3)}
        chosen = {f"p{first + step}" for first in firsts for step in range(3) if chance.random() < 0.8}
        loud = {product for product in LOUD if chance.random() < 0.5}
        orders.append(shop.order(*sorted(chosen | loud), day=number // 25))
    return orders


@pytest.fixture
def make_set_shop(make_shop: MakeShop) -> MakeShop:
    def make(**config: object) -> SmallShop:
        shop = make_shop(catalog=MemoryCatalog(made_products(60)), **config)
        shop.storefront.orders = MemoryOrders(orders_of_sets(shop))
        with shop.app.app_context():
            shop.storefront.catch_up()
        return shop

    return make


@pytest.fixture
def shop(make_set_shop: MakeShop) -> Iterator[SmallShop]:
    shop = make_set_shop()
    with shop.app.app_context():
        shop.storefront.rebuild()
        yield shop


def cart(shop: SmallShop, *products: str) -> list[str]:
    return shop.ids("also_bought", *products, placement="cart", limit=5)


def keys_of(shop: SmallShop, token: str) -> list[bytes]:
    store, keys = shop.storefront.services.store, shop.storefront.services.keys
    return list(store.scan(keys.model(token, 1).replace("{", "[{]").rpartition(".")[0] + ".*"))


def test_a_rebuild_makes_the_model_and_says_what_it_finds(shop: SmallShop) -> None:
    """Its share is the shop's own choice."""
    row = latest_model(shop.storefront.database)
    assert row is not None
    assert row.share > 0
    assert row.ndcg_after > row.ndcg_before
    assert len(keys_of(shop, row.token)) == 61


def test_the_rest_of_the_set_comes_before_what_is_in_all_carts(shop: SmallShop) -> None:
    """On pages as in Python; a product page asks pairs alone."""
    assert cart(shop, "p1", "p2", *LOUD[:5])[0] == "p3"
    row = latest_model(shop.storefront.database)
    assert row is not None
    trips: list[list[Command]] = []
    store = shop.storefront.services.store
    fetch = store.execute
    store.execute = lambda commands: trips.append(list(commands)) or fetch(commands)  # type: ignore[method-assign,func-returns-value]
    shop.ids("also_bought", "p1")
    assert not any(row.token in command.key for trip in trips for command in trip)
    cart(shop, "p1", "p2")
    assert any(row.token in command.key for trip in trips for command in trip)


def test_every_product_of_a_large_cart_is_asked(shop: SmallShop) -> None:
    """Pairs are asked of the latest twenty only."""
    others = [f"p{number}" for number in range(4, 43)]
    assert cart(shop, "p1", "p2", *LOUD, *others)[0] == "p3"


def test_a_young_model_lives_through_rebuilds(shop: SmallShop) -> None:
    """Making it takes minutes in a large shop."""
    before = live_model(shop.storefront.database)
    shop.storefront.rebuild()
    assert live_model(shop.storefront.database) == before


def test_a_model_that_redis_has_lost_is_made_again(shop: SmallShop) -> None:
    """Until then carts are asked of pairs."""
    before = live_model(shop.storefront.database)
    store = shop.storefront.services.store
    store.unlink(key.decode() for key in keys_of(shop, before.token))
    assert cart(shop, "p1", "p2", *LOUD[:5])
    shop.storefront.rebuild()
    after = live_model(shop.storefront.database)
    assert after.token != before.token
    assert len(keys_of(shop, after.token)) == 61


def test_what_was_replaced_is_removed_from_redis(shop: SmallShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """When no process reads it any more."""
    before = live_model(shop.storefront.database)
    monkeypatch.setattr(tuner, "MODEL_DAYS", 0)
    shop.storefront.rebuild()
    store = shop.storefront.services.store
    left = store.execute([Command(key.decode(), "TTL") for key in keys_of(shop, before.token)])
    assert left
    assert all(0 < seconds <= 120 for seconds in left)


def test_without_numpy_carts_are_asked_of_pairs(make_set_shop: MakeShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra is optional."""
    monkeypatch.setattr(ease, "find_spec", lambda name: None)
    shop = make_set_shop()
    with shop.app.app_context():
        shop.storefront.rebuild()
        assert latest_model(shop.storefront.database) is None
        assert cart(shop, "p1", "p2")


@pytest.mark.parametrize("config", [{"STOREFRONT_MODEL_PRODUCTS": 0}, {"STOREFRONT_TUNING": False}])
def test_a_shop_can_do_without(make_set_shop: MakeShop, config: dict[str, object]) -> None:
    """By its settings."""
    shop = make_set_shop(**config)
    with shop.app.app_context():
        shop.storefront.rebuild()
        assert latest_model(shop.storefront.database) is None


def test_only_the_products_that_sell_most_are_in_a_small_model(make_set_shop: MakeShop) -> None:
    """The others are suggested by their pairs."""
    shop = make_set_shop(STOREFRONT_MODEL_PRODUCTS=50)
    with shop.app.app_context():
        shop.storefront.rebuild()
        row = latest_model(shop.storefront.database)
        assert row is not None
        assert len(keys_of(shop, row.token)) == 51


def test_want_of_memory_costs_the_model_and_not_the_counts(
    make_set_shop: MakeShop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is told with the remedy."""

    def fail(*_: object) -> None:
        raise MemoryError("Unable to allocate 7.45 GiB")

    monkeypatch.setattr(ease.PairMatrix, "model", fail)
    shop = make_set_shop()
    with shop.app.app_context(), caplog.at_level(logging.WARNING):
        shop.storefront.rebuild()
        assert latest_model(shop.storefront.database) is None
        assert cart(shop, "p1", "p2")
    assert "STOREFRONT_MODEL_PRODUCTS" in caplog.text


def test_a_model_that_redis_does_not_take_leaves_nothing_and_fails_no_rebuild(
    make_set_shop: MakeShop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The new counts are in use by then."""
    shop = make_set_shop()
    with shop.app.app_context():
        store = shop.storefront.services.store
    write = store.pipeline_write

    def full(commands: Iterable[tuple[object, ...]]) -> int:
        given = list(commands)
        if any(command[0] == "ZADD" and "model." in str(command[1]) for command in given):
            write(given[: len(given) // 2])  # type: ignore[arg-type]
            raise StoreUnavailable("OOM command not allowed")
        return write(given)  # type: ignore[arg-type]

    with shop.app.app_context(), caplog.at_level(logging.WARNING):
        monkeypatch.setattr(store, "pipeline_write", full)
        shop.storefront.rebuild()
        assert latest_model(shop.storefront.database) is None
        assert not [key for key in store.scan(f"{shop.storefront.services.keys.prefix}:*") if b"{model." in key]
        assert cart(shop, "p1", "p2")
    assert "OOM" in caplog.text


def test_a_model_is_used_only_where_the_orders_choose(shop: SmallShop) -> None:
    """What a merchant sets holds alone; the model is there again when the choice is given back."""
    services = shop.storefront.services

    def in_use() -> float:
        services.counting.follow_tuning()
        return services.snapshots.get(blocking=True).model.share

    assert in_use() > 0
    version = overrule(shop.storefront.database, newest(shop), DEFAULTS, "Ada")
    assert in_use() == 0
    overrule(shop.storefront.database, version, None, "Ada")
    assert in_use() > 0


@pytest.mark.parametrize("setting", [{"is_on": False}, {"_model_products": 0}])
def test_a_model_of_before_is_not_used_where_the_settings_want_none(
    shop: SmallShop, setting: dict[str, object]
) -> None:
    """At the next start."""
    for name, value in setting.items():
        setattr(shop.storefront.services.tuner, name, value)
    shop.storefront.services.snapshots.expire()
    assert shop.storefront.services.snapshots.get(blocking=True).model == NO_MODEL


def newest(shop: SmallShop) -> int:
    """The version of the choice that holds."""
    latest = latest_tuning(shop.storefront.database)
    assert latest is not None
    return latest.id


def found(shop: SmallShop) -> str:
    return " ".join(one.text for one in shop.storefront.check())


def test_check_says_what_the_model_finds(shop: SmallShop) -> None:
    """Beside what tuning has."""
    assert "A model of carts has" in found(shop)
    assert "Suggestions are tuned by" in found(shop)


def test_check_says_what_the_extra_would_give(make_set_shop: MakeShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where NumPy is missing."""
    monkeypatch.setattr(ease, "find_spec", lambda name: None)
    shop = make_set_shop()
    with shop.app.app_context():
        shop.storefront.rebuild()
        assert "storefront-plugin[ml]" in found(shop)
