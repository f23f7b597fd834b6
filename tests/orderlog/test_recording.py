"""The shop's call: its transaction, its session, its commit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from small_shop import SmallShop
from sqlalchemy.orm import Session, sessionmaker

from storefront_plugin import InputError, Order, OrderChange, OrderLine
from storefront_plugin.orderlog.events import Event, placed
from storefront_plugin.orderlog.tables import LoggedLine, LoggedOrder, OrderEvent
from storefront_plugin.signals import order_not_recorded, order_record_uncommitted


def recorded(shop: SmallShop) -> int:
    with shop.db.engine.connect() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(OrderEvent)) or 0


def test_the_record_commits_and_rolls_back_with_the_shops_order(shop: SmallShop) -> None:
    """One transaction: there is never an order without its record, nor a record without its order."""
    shop.storefront.order_placed(shop.order("p1", "p2"))
    shop.db.session.rollback()
    assert recorded(shop) == 0
    shop.storefront.order_placed(shop.order("p1", "p2"))
    shop.db.session.commit()
    assert recorded(shop) == 1


def test_a_missing_table_keeps_the_shops_order(shop: SmallShop, caplog: pytest.LogCaptureFixture) -> None:
    """The savepoint is undone alone; the log names the remedy, the signal the order."""
    heard: list[Any] = []
    order_not_recorded.connect(listener := lambda app, **told: heard.append(told["order_id"]))
    shop.db.session.execute(sa.text("CREATE TABLE shop_order (id INTEGER)"))
    shop.db.session.execute(sa.text("DROP TABLE storefront_order_event"))
    shop.db.session.execute(sa.text("INSERT INTO shop_order VALUES (7)"))
    assert shop.storefront.order_placed(shop.order("p1", "p2", id="o7")) is OrderChange.NOT_RECORDED
    shop.db.session.commit()
    assert shop.db.session.execute(sa.text("SELECT id FROM shop_order")).scalars().all() == [7]
    assert heard == ["o7"]
    assert "flask storefront init-db" in caplog.text
    order_not_recorded.disconnect(listener)


def test_the_same_order_twice_never_fails_the_commit(shop: SmallShop) -> None:
    """There is no unique constraint in the shop's way; numbering settles it, and what was said last holds."""
    shop.storefront.order_placed(shop.order("p1", "p2", id="same"))
    shop.storefront.order_placed(shop.order("p1", "p3", id="same"))
    shop.db.session.commit()
    shop.storefront.drain()
    assert shop.ids("also_bought", "p1") == ["p3"]


@pytest.mark.parametrize("drained", [False, True])
def test_a_call_returns_what_it_does_to_the_order(shop: SmallShop, drained: bool) -> None:
    """Whether the calls before it are counted already or wait."""
    said: list[str] = []

    def say(change: OrderChange) -> None:
        said.append(change)
        shop.db.session.commit()
        if drained:
            shop.storefront.drain()

    storefront = shop.storefront
    say(storefront.order_cancelled("o"))
    say(storefront.order_placed(shop.order("p1", "p2", id="o")))
    say(storefront.order_placed(shop.order("p2", "p1", id="o")))
    say(storefront.order_placed(shop.order("p1", "p3", id="o")))
    say(storefront.order_refunded("o", [OrderLine("p3")]))
    say(storefront.order_placed(shop.order("p1", "p3", id="o")))
    say(storefront.order_cancelled("o"))
    say(storefront.order_cancelled("o"))
    say(storefront.order_refunded("o", [OrderLine("p1")]))
    say(storefront.order_placed(shop.order("p1", "p3", id="o")))
    say(storefront.order_placed(shop.order("p4", "p5", id="o", day=9)))
    assert said == [
        "unknown",
        "new",
        "known",
        "changed",
        "refunded",
        "known",
        "cancelled",
        "known",
        "unknown",
        "changed",
        "new",
    ]
    assert all(said)


def test_a_record_that_was_never_committed_is_shown(shop: SmallShop, caplog: pytest.LogCaptureFixture) -> None:
    """A shop whose save() committed before our call would lose the record in silence."""
    heard: list[Any] = []
    order_record_uncommitted.connect(listener := lambda app, **told: heard.append(told["order_ids"]))
    shop.storefront.order_placed(shop.order("p1", "p2", id="late"))
    shop.db.session.remove()
    assert heard == [("late",)]
    assert "commit=True" in caplog.text
    order_record_uncommitted.disconnect(listener)


def test_a_rollback_by_the_shop_is_no_error(shop: SmallShop, caplog: pytest.LogCaptureFixture) -> None:
    """The shop changed its mind about the order too."""
    shop.storefront.order_placed(shop.order("p1", "p2"))
    shop.db.session.rollback()
    shop.db.session.remove()
    assert caplog.records == []


def test_the_drainer_is_woken_by_the_outermost_commit_only(shop: SmallShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A released savepoint shows nothing to others, and other sessions of the shop are none of our business."""
    woken: list[int] = []
    monkeypatch.setattr(shop.storefront.services.recorder, "_wake", lambda: woken.append(1))
    with shop.db.session.begin_nested():
        shop.storefront.order_placed(shop.order("p1", "p2"))
    assert woken == []
    with Session(shop.db.engine) as other:
        other.execute(sa.text("SELECT 1"))
        other.commit()
    assert woken == []
    shop.db.session.commit()
    assert woken == [1]


def test_the_scoped_session_itself_may_be_given(shop: SmallShop) -> None:
    """What is heard on it is heard on this one session only: later requests, with sessions of their own, are untouched."""
    assert shop.storefront.order_placed(shop.order("p1", "p2", id="first"), session=shop.db.session)
    assert shop.storefront.order_cancelled("zeroth", session=shop.db.session)
    assert shop.storefront.order_refunded("zeroth", [OrderLine("p1")], session=shop.db.session)
    shop.db.session.commit()
    assert recorded(shop) == 3
    shop.db.session.remove()
    shop.db.session.execute(sa.text("SELECT 1"))
    shop.db.session.rollback()
    shop.db.session.remove()
    assert shop.storefront.order_placed(shop.order("p1", "p2"), session=shop.db.session)
    shop.db.session.rollback()
    assert recorded(shop) == 3


def test_what_is_no_session_is_refused_with_the_remedy(shop: SmallShop) -> None:
    """A factory would begin a transaction that nobody commits."""
    with pytest.raises(InputError, match="session= takes the Session"):
        shop.storefront.order_placed(shop.order("p1", "p2"), session=sessionmaker(shop.db.engine))  # type: ignore[arg-type]


def test_commit_true_serves_shops_whose_own_code_has_committed(shop: SmallShop) -> None:
    """The record is there at once."""
    shop.storefront.order_placed(shop.order("p1", "p2"), commit=True)
    assert recorded(shop) == 1


def test_an_order_without_an_id_is_refused_with_the_remedy(shop: SmallShop) -> None:
    """An order not yet flushed would be recorded as 'None'."""
    with pytest.raises(InputError, match="Order id"):
        shop.storefront.order_placed(Order(id=None, placed_at=dt.datetime.now(), lines=[]))  # type: ignore[arg-type]


def test_unusable_orders_never_raise_in_production(make_shop: Callable[..., SmallShop]) -> None:
    """The shop's order is worth more than our count of it."""
    shop = make_shop(TESTING=False, STOREFRONT_DRAIN="off")
    with shop.app.app_context():
        order = Order(id="o", placed_at=dt.datetime.now(), lines=[OrderLine("p1", -2)])
        assert not shop.storefront.order_placed(order)


@pytest.mark.parametrize("quantity", [0, -1, 2.5, True, None, 10**10])
def test_quantities_are_whole_numbers_above_zero(shop: SmallShop, quantity: Any) -> None:
    """Refused at the edge with a sentence."""
    with pytest.raises(InputError, match="whole number"):
        shop.storefront.order_placed(Order(id="o", placed_at=dt.datetime.now(), lines=[OrderLine("p1", quantity)]))


def test_times_in_the_future_are_clamped_to_now() -> None:
    """One order of the year 2099 would outweigh the whole shop."""
    now = dt.datetime(2026, 5, 1)
    order = Order(id="o", placed_at=dt.datetime(2099, 1, 1), lines=[])
    event = placed(order, "UTC", "EUR", now)
    assert (event.placed_at, event.clamped) == (now, True)


def test_naive_times_are_read_in_the_shops_time_zone() -> None:
    """Tokyo's noon is three in the morning of UTC."""
    order = Order(id="o", placed_at=dt.datetime(2026, 4, 1, 12), lines=[])
    assert placed(order, "Asia/Tokyo", "JPY", dt.datetime(2026, 5, 1)).placed_at == dt.datetime(2026, 4, 1, 3)


def test_the_log_keeps_what_the_order_was(shop: SmallShop) -> None:
    """Lines with variant, quantity and price in minor units stay in SQL for ever."""
    from decimal import Decimal

    lines = [OrderLine("p1", 2, Decimal("19.90"), "p1-red"), OrderLine("p2", 1)]
    order = Order(id="o1", placed_at=dt.datetime(2026, 3, 1, 9), lines=lines, customer_id="c1", currency="EUR")
    shop.storefront.order_placed(order, commit=True)
    shop.storefront.drain()
    with shop.storefront.database.reading() as session:
        logged = session.get_one(LoggedOrder, "o1")
        assert (logged.customer_id, logged.currency, logged.size, logged.status) == ("c1", "EUR", 2, "placed")
        rows = session.scalars(sa.select(LoggedLine).order_by(LoggedLine.position)).all()
        assert [(row.variant_id, row.quantity, row.quantity_left, row.unit_price) for row in rows] == [
            ("p1-red", 2, 2, 1990),
            (None, 1, 1, None),
        ]


def test_events_come_back_from_their_payload() -> None:
    """The row in the shop's transaction holds all that numbering needs."""
    order = Order(id="o", placed_at=dt.datetime(2026, 3, 1), lines=[OrderLine("p1", 2)], customer_id="c")
    event = placed(order, "UTC", "EUR", dt.datetime(2026, 5, 1))
    assert Event.from_payload("placed", "o", event.payload()) == event


def test_in_memory_databases_share_the_shops_connection(make_shop: Callable[..., SmallShop]) -> None:
    """Most test suites: our reading must not roll back what the shop has flushed, nor our work outlive its rollback."""
    shop = make_shop(SQLALCHEMY_DATABASE_URI="sqlite:///:memory:")
    with shop.app.app_context():
        shop.db.session.execute(sa.text("CREATE TABLE shop_order (id INTEGER)"))
        shop.db.session.commit()
        shop.db.session.execute(sa.text("INSERT INTO shop_order VALUES (1)"))
        shop.storefront.order_placed(shop.order("p1", "p2"))
        assert shop.ids("also_bought", "p1") == []
        shop.db.session.commit()
        assert shop.db.session.execute(sa.text("SELECT count(*) FROM shop_order")).scalar() == 1
        shop.db.session.commit()
        shop.storefront.drain()
        assert shop.ids("also_bought", "p1") == ["p2"]
        shop.db.session.execute(sa.text("INSERT INTO shop_order VALUES (2)"))
        shop.storefront.order_placed(shop.order("p1", "p3"))
        shop.db.session.rollback()
        shop.storefront.drain()
        assert shop.ids("also_bought", "p1") == ["p2"]
        assert shop.db.session.execute(sa.text("SELECT count(*) FROM shop_order")).scalar() == 1
