"""A shop's own orders choose its constants at a rebuild and weekly, unless somebody else has."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa
from small_shop import SmallShop

from storefront_plugin import MemoryOrders, Order
from storefront_plugin.core.errors import StoreUnavailable
from storefront_plugin.counts.generations import live
from storefront_plugin.counts.scoring import DEFAULTS, Constants
from storefront_plugin.learning.tuning import Tuned
from storefront_plugin.learning.tunings import TuningRow, latest_tuning, record_tuning

MakeShop = Callable[..., SmallShop]
YEARS = 6


def slow_orders(shop: SmallShop, count: int = 700) -> list[Order]:
    """Few orders over many years, each of two products that belong together: half-lives drown what is old."""
    chance = random.Random(3)
    orders = []
    for number in range(count):
        seed = chance.randrange(1, 200)
        other = seed + 1 if seed % 2 else seed - 1
        stray = f"p{chance.randrange(1, 200)}"
        day = -365 * YEARS + 365 * YEARS * number // count
        orders.append(shop.order(f"p{seed}", f"p{other}" if chance.random() < 0.8 else stray, day=day))
    return orders


def in_use(shop: SmallShop) -> Constants:
    generation = live(shop.storefront.database)
    assert generation is not None
    assert generation.constants == shop.storefront.services.snapshots.get(blocking=True).constants
    return generation.constants


@pytest.fixture
def slow_shop(make_shop: MakeShop) -> Callable[..., SmallShop]:
    """A shop that has known the slow orders from the beginning, not rebuilt."""

    def make(**config: object) -> SmallShop:
        shop = make_shop(**config)
        shop.storefront.orders = MemoryOrders(slow_orders(shop))
        with shop.app.app_context():
            shop.storefront.catch_up()
        return shop

    return make


@pytest.fixture
def shop(slow_shop: Callable[..., SmallShop]) -> Iterator[SmallShop]:
    shop = slow_shop()
    with shop.app.app_context():
        yield shop


def test_a_rebuild_uses_what_the_orders_choose_and_says_why(shop: SmallShop) -> None:
    """In a slow shop they fade slowly or not at all, and more is found; the same is written down."""
    assert in_use(shop) == DEFAULTS
    shop.storefront.rebuild()
    found = latest_tuning(shop.storefront.database)
    assert found is not None
    assert in_use(shop) == found.tuned.constants
    assert found.tuned.constants.half_life in (0, 730)
    assert found.tuned.steps[0].name == "half_life"
    assert found.tuned.evidence["product"].low > 0
    assert not found.is_set


def test_the_weekly_job_rebuilds_where_orders_are_to_fade_otherwise(shop: SmallShop) -> None:
    """And does nothing before a week is over."""
    counting = shop.storefront.services.counting
    before = live(shop.storefront.database)
    assert counting.tune_if_due(7, lambda *_: None)
    after = live(shop.storefront.database)
    assert before is not None
    assert after is not None
    assert after.token != before.token
    assert in_use(shop).half_life in (0, 730)
    assert not counting.tune_if_due(7, lambda *_: None)


def test_the_weekly_job_leaves_the_counts_where_only_scores_change(shop: SmallShop) -> None:
    """Pages hear of it at once."""
    shop.storefront.rebuild()
    chosen = in_use(shop)
    token = live(shop.storefront.database).token  # type: ignore[union-attr]
    set_by_merchant = replace(chosen, product=replace(chosen.product, specialness=0.6))
    record_tuning(shop.storefront.database, Tuned(set_by_merchant, 0), set_by="Ada")
    assert shop.storefront.services.counting.tune_if_due(7, lambda *_: None)
    assert in_use(shop) == set_by_merchant
    assert live(shop.storefront.database).token == token  # type: ignore[union-attr]
    assert not shop.storefront.services.counting.tune_if_due(7, lambda *_: None)


def test_what_a_merchant_has_set_stays_at_rebuilds(shop: SmallShop) -> None:
    """Nothing is chosen in its place."""
    chosen = replace(DEFAULTS, half_life=90.0)
    record_tuning(shop.storefront.database, Tuned(chosen, 0), set_by="Ada")
    shop.storefront.rebuild()
    assert in_use(shop) == chosen
    found = latest_tuning(shop.storefront.database)
    assert found is not None
    assert found.chosen_by == "Ada"


def test_a_half_life_of_the_settings_is_kept(slow_shop: Callable[..., SmallShop]) -> None:
    """The other constants are chosen for it."""
    shop = slow_shop(STOREFRONT_HALF_LIFE_DAYS=45)
    with shop.app.app_context():
        shop.storefront.rebuild()
        assert in_use(shop).half_life == 45
        assert latest_tuning(shop.storefront.database) is not None


def test_without_tuning_the_defaults_stay(slow_shop: Callable[..., SmallShop]) -> None:
    """As the settings say."""
    shop = slow_shop(STOREFRONT_TUNING=False)
    with shop.app.app_context():
        shop.storefront.rebuild()
        assert in_use(shop) == DEFAULTS
        assert not shop.storefront.services.counting.tune_if_due(7, lambda *_: None)
        assert latest_tuning(shop.storefront.database) is None


def test_a_small_shop_keeps_the_defaults(make_shop: MakeShop) -> None:
    """Its few orders would choose by chance; that is written down, too."""
    shop = make_shop()
    with shop.app.app_context():
        shop.place(*[["p1", "p2"]] * 20)
        shop.storefront.rebuild()
        assert in_use(shop) == DEFAULTS
        found = latest_tuning(shop.storefront.database)
        assert found is not None
        assert found.tuned.steps == ()
        assert found.tuned.queries < 100


def test_what_was_chosen_in_a_night_that_failed_is_used_in_the_next(
    shop: SmallShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The choice is written down before the rebuild that it needs."""
    counting = shop.storefront.services.counting

    def fail(*_: object, **__: object) -> None:
        raise StoreUnavailable("Redis is full")

    with monkeypatch.context() as patch:
        patch.setattr("storefront_plugin.jobs.counting.rebuild", fail)
        with pytest.raises(StoreUnavailable):
            counting.tune_if_due(7, lambda *_: None)
    assert in_use(shop) == DEFAULTS
    assert counting.tune_if_due(7, lambda *_: None)
    assert in_use(shop).half_life in (0, 730)


def test_the_weekly_job_replays_once(shop: SmallShop) -> None:
    """Also where a rebuild follows."""
    assert shop.storefront.services.counting.tune_if_due(7, lambda *_: None)
    with shop.storefront.database.reading(blocking=True) as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(TuningRow)) == 1


def test_what_a_merchant_sets_during_a_rebuild_is_used_after_it(shop: SmallShop) -> None:
    """The constants were chosen before the counting."""
    chosen = replace(DEFAULTS, trend=0.5)

    def save(phase: str, *_: object) -> None:
        if phase == "shards counted" and not overruled():
            record_tuning(shop.storefront.database, Tuned(chosen, 0), set_by="Ada")

    def overruled() -> bool:
        found = latest_tuning(shop.storefront.database)
        return found is not None and found.is_set

    shop.storefront.services.counting.rebuild(save)
    assert overruled()
    assert in_use(shop).trend == 0.5
