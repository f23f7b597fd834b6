"""Catching up: the log becomes what the shop's own tables say, whatever happened to them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from counting_model import stored
from small_shop import START, SmallShop

from storefront_plugin import InputError, MemoryOrders, Order, OrderLine, SQLAlchemyOrders
from storefront_plugin.cli import storefront
from storefront_plugin.core import clock
from storefront_plugin.orderlog.events import day_of
from storefront_plugin.orderlog.importing import ImportReport
from storefront_plugin.orderlog.tables import LoggedOrder

Counts = dict[str, dict[str, int]]


@pytest.fixture
def shop(make_shop: Callable[..., SmallShop]) -> Iterator[SmallShop]:
    """A shop with tables of its own: purchases that may be paid or not, and their items."""
    shop = make_shop()
    db: Any = shop.db

    class Item(db.Model):  # type: ignore[misc,name-defined]
        id = db.Column(db.Integer, primary_key=True)
        purchase_id = db.Column(db.ForeignKey("purchase.id"))
        product_id = db.Column(db.String)
        quantity = db.Column(db.Integer, default=1)

    class Purchase(db.Model):  # type: ignore[misc,name-defined]
        id = db.Column(db.Integer, primary_key=True)
        created = db.Column(db.DateTime, default=lambda: START.replace(tzinfo=None))
        status = db.Column(db.String, default="paid")
        is_test = db.Column(db.Boolean, default=False)
        items = db.relationship(Item, cascade="all, delete-orphan")

    with shop.app.app_context():
        db.create_all()
        shop.storefront.services.shop.orders = SQLAlchemyOrders(
            db,
            Purchase,
            id=Purchase.id,
            placed_at=Purchase.created,
            lines=Purchase.items,
            line_product_id="product_id",
            line_quantity="quantity",
            status=Purchase.status,
            where=Purchase.is_test.is_(False),
        )
        shop.models = SimpleNamespace(Purchase=Purchase, Item=Item)  # type: ignore[attr-defined]
        yield shop


def buy(shop: SmallShop, *products: str, call: bool = True, **fields: Any) -> Any:
    """Store a purchase, and tell us of it as the manual says."""
    models: Any = shop.models  # type: ignore[attr-defined]
    purchase = models.Purchase(items=[models.Item(product_id=product) for product in products], **fields)
    shop.db.session.add(purchase)
    shop.db.session.flush()
    if call:
        shop.storefront.order_placed(purchase)
    shop.db.session.commit()
    return purchase


def counts(shop: SmallShop) -> Counts:
    """Together in how many orders, by product and neighbour."""
    shop.storefront.drain()
    numbers = shop.storefront.services.numbers
    return {
        str(numbers.id(product)): {str(numbers.id(other)): orders for other, orders in others.items()}
        for product, others in stored(shop).support.items()
    }


def pair(one: str, other: str, orders: int = 1) -> Counts:
    return {one: {other: orders}, other: {one: orders}}


def reported(report: ImportReport) -> dict[str, int]:
    names = ("placed", "changed", "repeated", "cancelled", "vanished", "unplaced", "withheld", "refused_count")
    return {name: getattr(report, name) for name in names if getattr(report, name)}


def test_new_changed_cancelled_and_vanished_orders_are_each_told(shop: SmallShop) -> None:
    """All that a shop can do to its tables without a word to us."""
    same, edited, stopped, deleted, left = [buy(shop, "p1", f"p{n}") for n in range(2, 7)]
    assert len(counts(shop)["p1"]) == 5
    edited.items[1].product_id = "p13"
    stopped.status = "cancelled"
    left.is_test = True
    shop.db.session.delete(deleted)
    buy(shop, "p7", "p8", call=False)
    shop.db.session.commit()
    assert reported(shop.storefront.catch_up()) == {
        "placed": 1,
        "changed": 1,
        "repeated": 1,
        "cancelled": 1,
        "vanished": 2,
    }
    assert counts(shop) == {
        "p1": {"p2": 1, "p13": 1},
        "p2": {"p1": 1},
        "p13": {"p1": 1},
        "p7": {"p8": 1},
        "p8": {"p7": 1},
    }
    assert reported(shop.storefront.catch_up()) == {"repeated": 4}
    shop.storefront.rebuild()
    assert counts(shop)["p1"] == {"p2": 1, "p13": 1}
    left.is_test, stopped.status = False, "paid"
    shop.db.session.commit()
    assert reported(shop.storefront.catch_up()) == {"changed": 2, "repeated": 3}
    assert set(counts(shop)["p1"]) == {"p2", "p13", "p4", "p6"}
    assert same.id


def test_an_id_that_the_database_gives_out_again_is_the_new_order(shop: SmallShop) -> None:
    """SQLite does so after the last row is deleted; the old order is gone."""
    old = buy(shop, "p1", "p2")
    assert counts(shop) == pair("p1", "p2")
    number = old.id
    shop.db.session.delete(old)
    shop.db.session.commit()
    new = buy(shop, "p3", "p4", created=dt.datetime(2026, 4, 1))
    assert new.id == number
    assert counts(shop) == pair("p3", "p4")


def test_cancelled_then_paid_and_placed_again_counts(shop: SmallShop) -> None:
    """The same order, at the same time, with the same lines: the shop says that it is placed."""
    purchase = buy(shop, "p1", "p2")
    shop.storefront.order_cancelled(purchase.id, commit=True)
    assert counts(shop) == {}
    assert shop.storefront.order_placed(purchase, commit=True) == "changed"
    assert counts(shop) == pair("p1", "p2")


def test_a_call_at_every_change_of_an_order_is_as_good_as_catching_up(shop: SmallShop) -> None:
    """As from a listener of the shop's models, which knows nothing of placing and cancelling."""
    purchase = buy(shop, "p1", "p2")
    purchase.status = "cancelled"
    assert shop.storefront.order_placed(purchase, commit=True) == "cancelled"
    assert counts(shop) == {}
    purchase.status = "paid"
    purchase.items[0].product_id = "p3"
    assert shop.storefront.order_placed(purchase, commit=True) == "changed"
    assert counts(shop) == pair("p2", "p3")


def test_what_was_refunded_by_a_call_stays_refunded(shop: SmallShop) -> None:
    """Lines mostly stay in a shop's tables when items come back."""
    purchase = buy(shop, "p1", "p2", "p3")
    shop.storefront.order_refunded(purchase.id, [OrderLine("p3")], commit=True)
    assert reported(shop.storefront.catch_up()) == {"repeated": 1}
    assert counts(shop) == pair("p1", "p2")
    purchase.items[1].product_id = "p5"
    shop.db.session.commit()
    assert reported(shop.storefront.catch_up()) == {"changed": 1}
    assert counts(shop) == pair("p1", "p5")


def test_lines_below_zero_came_back(shop: SmallShop) -> None:
    """As tills store a return in the order itself."""
    purchase = buy(shop, "p1", "p2", "p3", "p3")
    assert set(counts(shop)["p1"]) == {"p2", "p3"}
    purchase.items[3].quantity = -1
    shop.db.session.commit()
    assert reported(shop.storefront.catch_up()) == {"changed": 1}
    assert counts(shop) == pair("p1", "p2")
    assert reported(shop.storefront.catch_up()) == {"repeated": 1}


@pytest.mark.parametrize("status", ["draft", "Pending", "failed"])
def test_drafts_pending_and_failed_orders_do_not_count_until_they_are_placed(shop: SmallShop, status: str) -> None:
    """A payment that is open is no purchase; one that bounced is none any more."""
    purchase = buy(shop, "p1", "p2", call=False, status=status)
    assert reported(shop.storefront.catch_up()) == {"unplaced": 1}
    assert counts(shop) == {}
    purchase.status = "paid"
    shop.db.session.commit()
    assert reported(shop.storefront.catch_up()) == {"placed": 1}
    assert counts(shop) == pair("p1", "p2")
    purchase.status = status
    shop.db.session.commit()
    assert reported(shop.storefront.catch_up()) == {"unplaced": 1}
    assert counts(shop) == {}


@pytest.mark.parametrize("status", ["draft", "Pending", "failed"])
def test_a_call_with_a_draft_pending_or_failed_order_counts_nothing(shop: SmallShop, status: str) -> None:
    """As from a listener of the shop's models, at every change of an order; its answer says so."""
    draft = buy(shop, "p1", "p2", call=False, status=status)
    assert [shop.storefront.order_placed(draft, commit=True) for _ in range(2)] == ["unplaced"] * 2
    assert counts(shop) == {}
    assert shop.storefront.order_placed(draft, commit=True) == "unplaced"
    draft.status = "paid"
    assert shop.storefront.order_placed(draft, commit=True) == "new"
    assert counts(shop) == pair("p1", "p2")
    draft.status = status
    assert shop.storefront.order_placed(draft, commit=True) == "unplaced"
    assert counts(shop) == {}
    draft.status = "paid"
    assert shop.storefront.order_placed(draft, commit=True) == "changed"
    assert counts(shop) == pair("p1", "p2")
    assert shop.storefront.order_placed(shop.order("p3", "p4", status="unplaced"), commit=True) == "unplaced"
    assert counts(shop) == pair("p1", "p2")


def _raise(_: Any) -> Any:
    raise KeyError("lines")


def _begin(purchase: Any) -> Iterator[Any]:
    yield from purchase.items[:1]
    raise KeyError("lines")


def _mappings(shop: SmallShop) -> dict[str, dict[str, Any]]:
    """Fields of the adapter that a deployment of the shop has broken."""
    models: Any = shop.models  # type: ignore[attr-defined]
    beside = {"lines": models.Item, "line_order_id": models.Item.purchase_id}
    return {
        "lines": {"lines": _raise},
        "a generator of lines": {"lines": _begin},
        "lines that are no list": {"lines": lambda purchase: 7},
        "all products": {"line_product_id": _raise},
        "all products in a table": {**beside, "line_product_id": _raise},
        "all quantities in a table": {**beside, "line_quantity": _raise},
        "the status": {"status": _raise},
        "what is cancelled": {"cancelled": _raise},
    }


@pytest.mark.parametrize(
    "broken",
    [
        "lines",
        "a generator of lines",
        "lines that are no list",
        "all products",
        "all products in a table",
        "all quantities in a table",
        "the status",
        "what is cancelled",
    ],
)
def test_an_order_that_cannot_be_read_stays_as_the_log_knows_it(
    shop: SmallShop, broken: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It is refused, and is neither one without lines nor one that has vanished; a call says so, too."""
    purchase, stopped = buy(shop, "p1", "p2"), buy(shop, "p3", "p4", status="cancelled")
    assert counts(shop) == pair("p1", "p2")
    models: Any = shop.models  # type: ignore[attr-defined]
    fields: dict[str, Any] = {
        "lines": models.Purchase.items,
        "line_product_id": "product_id",
        "line_quantity": "quantity",
        "status": models.Purchase.status,
    }
    fields |= _mappings(shop)[broken]
    orders = SQLAlchemyOrders(
        shop.db, models.Purchase, id=models.Purchase.id, placed_at=models.Purchase.created, **fields
    )
    shop.storefront.services.shop.orders = orders
    report = shop.storefront.catch_up()
    refused = [purchase.id, stopped.id] if "status" in broken or "cancelled" in broken else [purchase.id]
    assert [message.split(":")[0] for message in report.refused] == [f"Order '{number}'" for number in refused]
    assert "cannot be read" in report.refused[0]
    assert report.vanished == 0
    assert counts(shop) == pair("p1", "p2")
    with pytest.raises(InputError, match="cannot be read"):
        shop.storefront.order_placed(purchase)
    assert "it is left out" in caplog.text
    found = shop.app.test_cli_runner().invoke(storefront, ["check"]).stdout
    assert "lines or a status that cannot be read" in found


def test_a_line_that_cannot_be_read_is_left_out_of_its_order(shop: SmallShop) -> None:
    """Such as one of a product that is gone; the others count."""
    adapter: Any = shop.storefront.services.shop.orders
    adapter._lines._readers["product_id"] = lambda item: {"p1": "p1", "p2": "p2"}[item.product_id]
    buy(shop, "p1", "p2", "p3")
    assert counts(shop) == pair("p1", "p2")


def test_what_waits_to_be_counted_is_settled_before_what_is_read(shop: SmallShop) -> None:
    """A call that nobody counted yet is older than what the tables say now."""
    purchase = buy(shop, "p1", "p2")
    purchase.status = "cancelled"
    shop.db.session.commit()
    assert reported(shop.storefront.catch_up()) == {"cancelled": 1}
    assert counts(shop) == {}


def test_a_call_while_the_tables_are_read_is_newer(shop: SmallShop) -> None:
    """What was read before it, and orders that were not there when reading began, are left as the call said."""
    purchase = buy(shop, "p1", "p2")
    adapter: Any = shop.storefront.services.shop.orders

    def reading(since: dt.datetime | None = None) -> Iterator[Order]:
        orders = list(type(adapter).iter_orders(adapter, since))
        shop.storefront.order_cancelled(purchase.id, commit=True)
        shop.storefront.order_placed(shop.order("p3", "p4", id="99"), commit=True)
        shop.storefront.drain()
        yield from orders

    adapter.iter_orders = reading
    assert reported(shop.storefront.catch_up()) == {"repeated": 1}
    assert counts(shop) == pair("p3", "p4")


def test_an_order_that_was_placed_while_the_tables_are_read_is_not_missed(shop: SmallShop) -> None:
    """Its call came before reading began, its commit after; the next time it is there, or gone."""
    kept = buy(shop, "p1", "p2")
    now = dt.datetime.now(dt.timezone.utc)
    for order_id, minutes in (("98", 1), ("99", 60)):
        order = shop.order("p3", "p4", id=order_id)
        shop.storefront.order_placed(replace(order, placed_at=now - dt.timedelta(minutes=minutes)), commit=True)
    shop.storefront.drain()
    with shop.storefront.database.writing() as session:
        session.execute(sa.update(LoggedOrder).values(from_adapter=True))
    assert reported(shop.storefront.catch_up()) == {"repeated": 1, "vanished": 1}
    assert counts(shop) == pair("p1", "p2") | pair("p3", "p4")
    assert kept.id


def test_a_part_of_the_time_is_caught_up_with_alone(shop: SmallShop) -> None:
    """What was placed before is neither read nor missed."""
    old = buy(shop, "p1", "p2", created=dt.datetime(2026, 1, 1))
    new = buy(shop, "p1", "p2", created=dt.datetime(2026, 3, 1))
    shop.storefront.catch_up()
    for purchase in (old, new):
        shop.db.session.delete(purchase)
    shop.db.session.commit()
    assert reported(shop.storefront.catch_up(dt.datetime(2026, 2, 1))) == {"vanished": 1}
    assert counts(shop) == pair("p1", "p2")


def test_orders_of_a_file_are_not_missed(shop: SmallShop) -> None:
    """They were never in the shop's tables, which may have begun later."""
    shop.storefront.import_orders([shop.order("p1", "p2", id="old-1")])
    buy(shop, "p3", "p4")
    assert reported(shop.storefront.catch_up()) == {"repeated": 1}
    assert counts(shop) == pair("p1", "p2") | pair("p3", "p4")


def test_orders_by_calls_alone_are_missed_where_the_adapter_knows_the_others(make_shop: Any) -> None:
    """A shop that calls with an `Order`, as most do; where the adapter knows none of them, they are of another place."""
    shop = make_shop(orders=MemoryOrders([]))
    with shop.app.app_context():
        kept, gone = [shop.order("p1", "p2"), shop.order("p1", "p2")], shop.order("p3", "p4")
        for order in (*kept, gone):
            shop.storefront.order_placed(order, commit=True)
        shop.storefront.services.shop.orders = MemoryOrders([shop.order("p5", "p6")])
        assert reported(shop.storefront.catch_up()) == {"placed": 1}
        shop.storefront.services.shop.orders = MemoryOrders(kept)
        assert reported(shop.storefront.catch_up()) == {"repeated": 2, "vanished": 2}
        assert counts(shop) == pair("p1", "p2", 2)


def test_an_order_that_is_refused_is_not_missed(make_shop: Any) -> None:
    """It is there, and what is wrong with it is told."""
    shop = make_shop(orders=MemoryOrders([]))
    with shop.app.app_context():
        adapter = MemoryOrders([shop.order("p1", "p2", id="1")])
        shop.storefront.services.shop.orders = adapter
        shop.storefront.catch_up()
        adapter._orders = [shop.order("p1", "p2", id="1", currency="Euro")]
        assert reported(shop.storefront.catch_up()) == {"refused_count": 1}
        assert counts(shop) == pair("p1", "p2")


def test_an_adapter_that_reads_the_wrong_table_empties_nothing(make_shop: Any) -> None:
    """More orders gone than there are: that is asked for by name, and told by the exit status."""
    orders = MemoryOrders([])
    shop = make_shop(orders=orders)
    with shop.app.app_context():
        orders._orders = [shop.order("p1", "p2") for _ in range(150)]
        assert reported(shop.storefront.catch_up()) == {"placed": 150}
        orders._orders = orders._orders[:20]
        assert reported(shop.storefront.catch_up()) == {"repeated": 20, "withheld": 130}
        runner = shop.app.test_cli_runner()
        result = runner.invoke(storefront, ["catch-up"])
        assert result.exit_code == 3
        assert "130 orders are not in the shop any more" in result.stderr
        assert counts(shop) == pair("p1", "p2", 150)
        result = runner.invoke(storefront, ["catch-up", "--take-out-all"])
        assert (result.exit_code, result.stdout) == (
            0,
            "0 orders were new, 20 were already known.\n130 orders are not in the shop any more.\n",
        )
        assert counts(shop) == pair("p1", "p2", 20)


def test_a_time_that_was_read_wrongly_is_refused(make_shop: Any) -> None:
    """Milliseconds or years taken for seconds lie near 1970, and would count as old orders for ever."""
    order = Order(id="1", placed_at=dt.datetime(1970, 1, 1, 0, 33, 46), lines=[OrderLine("p1")])
    shop = make_shop(orders=MemoryOrders([order]))
    with shop.app.app_context():
        report = shop.storefront.catch_up()
        assert report.refused == [
            "Order '1': placed_at is 1970-01-01 00:33, before 1990; check how it is stored and read."
        ]


def test_a_wrong_clock_once_is_forgotten(shop: SmallShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """An order ten years ahead neither rules while it stands nor after it is cancelled; a rebuild knows nothing of it."""
    for _ in range(3):
        buy(shop, "p1", "p2")
    ahead = dt.datetime(2036, 11, 30, 12)
    with monkeypatch.context() as patch:
        patch.setattr(clock, "now", lambda: ahead.replace(tzinfo=dt.timezone.utc))
        wrong = buy(shop, "p1", "p3", created=ahead)
        shop.storefront.drain()
    assert shop.ids("also_bought", "p1")[0] == "p2"
    result = shop.app.test_cli_runner().invoke(storefront, ["check"])
    assert f"1 order of the log lies in the future (such as {str(wrong.id)!r})" in result.stdout
    shop.storefront.rebuild()
    assert shop.ids("also_bought", "p1")[0] == "p2"
    shop.storefront.order_cancelled(wrong.id, commit=True)
    shop.storefront.rebuild()
    assert shop.ids("also_bought", "p1")[0] == "p2"
    with shop.storefront.database.reading() as session:
        day = session.scalar(sa.select(LoggedOrder.day).where(LoggedOrder.status == "placed"))
    assert shop.storefront.services.snapshots.current.popularity.day == day


def test_one_order_that_is_said_three_times_is_one_order(shop: SmallShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three orders far ahead are believed; the calls of one are not."""
    for _ in range(3):
        buy(shop, "p1", "p2")
    ahead = dt.datetime(2036, 11, 30, 12)
    with monkeypatch.context() as patch:
        patch.setattr(clock, "now", lambda: ahead.replace(tzinfo=dt.timezone.utc))
        wrong = buy(shop, "p1", "p3", created=ahead)
        for _ in range(2):
            shop.storefront.order_placed(wrong, commit=True)
        shop.storefront.drain()
        shop.storefront.order_placed(wrong, commit=True)
        shop.storefront.drain()
    with shop.storefront.database.reading() as session:
        assert session.get_one(LoggedOrder, str(wrong.id)).day == day_of(START.replace(tzinfo=None)) + 30
    assert shop.ids("also_bought", "p1")[0] == "p2"


def test_check_finds_no_order_far_ahead_in_a_shop_that_sells_rarely(shop: SmallShop) -> None:
    """An order every two months, each counted by itself, or after a long pause once three orders tell of that."""
    for month in (1, 3, 5, 7, 9):
        buy(shop, "p1", "p2", created=dt.datetime(2024, month, 1))
        shop.storefront.drain()
    with shop.storefront.database.reading() as session:
        for order in session.scalars(sa.select(LoggedOrder)):
            assert order.day == day_of(order.placed_at)
    for day in (1, 2, 3):
        buy(shop, "p1", "p2", created=dt.datetime(2026, 11, day))
        shop.storefront.drain()
        check = shop.app.test_cli_runner().invoke(storefront, ["check"])
        assert ("far ahead of the others" in check.stdout) is (day < 3)


def test_a_first_order_by_a_wrong_clock_is_mended_when_the_clock_is_right(
    shop: SmallShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing stands beside it to tell; `check` asks for a rebuild, and catching up reads the order again."""
    ahead = dt.datetime(2036, 11, 30, 12)
    with monkeypatch.context() as patch:
        patch.setattr(clock, "now", lambda: ahead.replace(tzinfo=dt.timezone.utc))
        buy(shop, "p1", "p3", created=ahead)
        shop.storefront.drain()
    for _ in range(3):
        buy(shop, "p1", "p2")
    shop.storefront.drain()
    check = shop.app.test_cli_runner().invoke(storefront, ["check"])
    assert "The weights are out of range: run `flask storefront rebuild`" in check.stdout
    assert reported(shop.storefront.catch_up()) == {"changed": 1, "repeated": 3}
    shop.storefront.rebuild()
    assert shop.ids("also_bought", "p1")[0] == "p2"
    check = shop.app.test_cli_runner().invoke(storefront, ["check"])
    assert "out of range" not in check.stdout
    assert "of the log lies in the future" not in check.stdout
