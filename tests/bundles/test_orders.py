"""How an order was priced is kept through failed payments, cancellations and refunds, wherever our tables are."""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from made_bundles import NOW, set_of
from shop_pages import counted_sql
from small_shop import SmallShop, made_products
from sqlalchemy.orm import Session

from storefront_plugin import CartLine, MemoryCatalog, Storefront
from storefront_plugin.bundles import (
    BundleRecord,
    LimitReached,
    RefundConflict,
    RefundedAlready,
    Return,
    amount_off,
    fixed_price,
    percent_off,
)
from storefront_plugin.bundles.bundle import Bundle
from storefront_plugin.bundles.cart.lines import LineItem
from storefront_plugin.bundles.cart.pricing import CartPricing, price_cart
from storefront_plugin.bundles.price import Price
from storefront_plugin.bundles.store.repository import BundleNotFound, BundleRepository
from storefront_plugin.bundles.store.tables import BundleUse, PricedOrder
from storefront_plugin.core.errors import InputError, StorefrontError, TablesMissing
from storefront_plugin.core.sql.database import Database
from storefront_plugin.shop.memory import MemoryOrders

MakeShop = Callable[..., SmallShop]
LIMIT = 4
NUMBERS = itertools.count()

STEPS = st.one_of(
    st.tuples(st.just("place"), st.sampled_from("AB"), st.integers(0, 3)),
    st.tuples(st.just("cancel"), st.sampled_from("AB"), st.just(0)),
    st.tuples(st.just("refund"), st.sampled_from("AB"), st.integers(1, 2)),
)


@pytest.fixture
def shop(make_shop: MakeShop) -> Iterator[SmallShop]:
    """A small shop inside its app context; products p1, p2 … cost 1, 2 … euros."""
    made = make_shop()
    with made.app.app_context():
        yield made


def published(shop: SmallShop, **more: Any) -> BundleRecord:
    """A set of p5 and p6 at ten percent off."""
    return shop.storefront.publish_bundle(set_of("p5", "p6", price=percent_off(10), **more))


def pricing_of(stored: BundleRecord, sets: int) -> CartPricing:
    """A cart with this many sets, and one p7; whatever is left of the bundle."""
    items = [LineItem(name, sets, price) for name, price in (("p5", 500), ("p6", 600)) if sets]
    bundle = Bundle(stored.id, stored.definition, stored.version)
    return price_cart([*items, LineItem("p7", 1, 700)], [bundle], "EUR", NOW)


@dataclass
class Order:
    """What the model knows of an order: its sets, whether they count, and how many of its p5 came back for how much."""

    sets: int
    counts: bool = True
    back: int = 0
    paid_back: int = 0


class Model:
    """The orders of one shop in plain Python."""

    def __init__(self) -> None:
        self.orders: dict[str, Order] = {}

    @property
    def used(self) -> int:
        """Sets that count."""
        return sum(order.sets for order in self.orders.values() if order.counts)

    def place(self, name: str, sets: int) -> object:
        """What `bundles_applied` gives or raises."""
        before = self.orders.get(name)
        if before is not None and before.sets == sets and (before.counts or not sets):
            return False
        if before is not None and before.back:
            return RefundedAlready
        freed = before.sets if before is not None and before.counts else 0
        if sets > freed and self.used - freed + sets > LIMIT:
            return LimitReached
        self.orders[name] = Order(sets)
        return True

    def cancel(self, name: str, _: int) -> object:
        """What `order_cancelled` gives."""
        if name in self.orders:
            self.orders[name].counts = False
        return True

    def refund(self, name: str, quantity: int) -> object:
        """What `refund_stored` pays back, or raises."""
        order = self.orders.get(name)
        if order is None or order.back + quantity > order.sets:
            return InputError
        order.back += quantity
        order.paid_back += quantity * 450
        return quantity * 450


def outcome(act: Callable[[], object]) -> object:
    """What *act* gives, or the kind of what it raises."""
    try:
        return act()
    except StorefrontError as error:
        return type(error)


@settings(max_examples=50, deadline=None)
@given(steps=st.lists(st.tuples(STEPS, st.sampled_from([True, True, True, False])), min_size=3, max_size=14))
def test_orders_are_placed_cancelled_and_refunded_as_a_plain_model_says(
    shop: SmallShop, steps: list[tuple[tuple[str, str, int], bool]]
) -> None:
    """In any order, with commits and roll-backs between: uses, answers and refunds are the model's."""
    stored, prefix, model = published(shop, limit_in_all=LIMIT), next(NUMBERS), Model()
    calls: dict[str, Callable[[str, int], object]] = {
        "place": lambda order, sets: shop.storefront.bundles_applied(order, pricing_of(stored, sets)),
        "cancel": lambda order, _: shop.storefront.order_cancelled(order) in ("cancelled", "known", "unknown"),
        "refund": lambda order, quantity: shop.storefront.refund_stored(order, [Return("p5", quantity)]).amount,
    }
    for (kind, name, number), commits in steps:
        before = deepcopy(model.orders)
        expected = getattr(model, kind)(name, number)
        assert outcome(lambda: calls[kind](f"{prefix}-{name}", number)) == expected  # noqa: B023
        if commits:
            shop.db.session.commit()
        else:
            shop.db.session.rollback()
            model.orders = before
        assert BundleRepository(shop.storefront.database).load(stored.id).uses == model.used
        assert uses_of(shop.db.session(), stored.id) == {
            f"{prefix}-{name}": order.sets for name, order in model.orders.items() if order.counts and order.sets
        }
        shop.db.session.commit()


def uses_of(session: Session, bundle_id: int) -> dict[str, int]:
    """How often a bundle counts, by order."""
    rows = session.execute(sa.select(BundleUse.order_id, BundleUse.count).where(BundleUse.bundle_id == bundle_id))
    return {order_id: count for order_id, count in rows}  # noqa: C416


def test_a_cart_that_changed_after_a_failed_payment_is_what_was_paid(shop: SmallShop) -> None:
    """The same order number once more: three sets replace one, and can all come back."""
    stored = published(shop)
    assert shop.storefront.bundles_applied("o1", pricing_of(stored, 1))
    shop.db.session.commit()
    assert shop.storefront.bundles_applied("o1", pricing_of(stored, 3))
    assert not shop.storefront.bundles_applied("o1", pricing_of(stored, 3))
    shop.db.session.commit()
    assert shop.storefront.refund_quote("o1", [Return("p5", 3), Return("p6", 3)]).amount == 3 * 990


def test_an_order_with_refunds_keeps_its_price(shop: SmallShop) -> None:
    """The same content is no trouble, other content is refused with the remedy, and nothing changed."""
    stored = published(shop)
    shop.storefront.bundles_applied("o1", pricing_of(stored, 2))
    shop.storefront.refund_stored("o1", [Return("p5")])
    assert not shop.storefront.bundles_applied("o1", pricing_of(stored, 2))
    with pytest.raises(RefundedAlready, match="another id"):
        shop.storefront.bundles_applied("o1", pricing_of(stored, 1))
    assert shop.storefront.refund_quote("o1", [Return("p5"), Return("p6", 2)]).amount == 1980 - 450


def test_an_order_that_is_placed_again_after_its_cancellation_counts(shop: SmallShop) -> None:
    """Also after the nightly catch-up, as long as the shop itself does not call it cancelled."""
    stored = published(shop, limit_in_all=2)
    order = shop.order("p5", "p6", id="o1")
    shop.storefront.order_placed(order)
    shop.storefront.bundles_applied("o1", pricing_of(stored, 1))
    shop.storefront.order_cancelled("o1")
    shop.db.session.commit()
    shop.storefront.drain()
    assert shop.storefront.bundles_applied("o1", pricing_of(stored, 1))
    shop.db.session.commit()
    shop.storefront.orders = MemoryOrders([order])
    shop.storefront.catch_up()
    assert BundleRepository(shop.storefront.database).load(stored.id).uses == 1


def test_the_uses_of_an_order_that_comes_back_to_life_count_again(shop: SmallShop) -> None:
    """By a call or by catching up, without another `bundles_applied`, and above the limit: it stands at that price."""
    stored = published(shop, limit_in_all=1)
    order = shop.order("p5", "p6", id="o1")

    def used() -> int:
        shop.db.session.commit()
        return BundleRepository(shop.storefront.database).load(stored.id).uses

    shop.storefront.order_placed(order)
    shop.storefront.bundles_applied("o1", pricing_of(stored, 1))
    assert shop.storefront.order_placed(replace(order, status="cancelled")) == "cancelled"
    assert used() == 0
    shop.storefront.bundles_applied("o2", pricing_of(stored, 1))
    assert shop.storefront.order_placed(order) == "changed"
    shop.db.session.rollback()
    assert used() == 0
    shop.storefront.bundles_applied("o2", pricing_of(stored, 1))
    assert [shop.storefront.order_placed(order) for _ in range(2)] == ["changed", "known"]
    assert used() == 2
    shop.storefront.drain()
    for status, uses in (("cancelled", 1), ("placed", 2), ("placed", 2), ("cancelled", 1)):
        shop.storefront.orders = MemoryOrders([replace(order, status=status)])
        shop.storefront.catch_up()
        assert used() == uses


def test_orders_without_bundles_come_back_to_life_in_as_few_queries_as_one(shop: SmallShop) -> None:
    """However many a file revives."""
    counts = []
    for number in (1, 30):
        orders = [shop.order("p5", "p6", id=f"{number}-{n}") for n in range(number)]
        for order in orders:
            shop.storefront.order_placed(order)
            shop.storefront.order_cancelled(order.id)
        shop.db.session.commit()
        shop.storefront.drain()
        with counted_sql() as statements:
            assert shop.storefront.import_orders(orders).changed == number
        counts.append(len([one for one in statements if "storefront_bundle" in one]))
    assert counts[1] == counts[0]


def test_another_order_under_the_id_of_a_cancelled_one_takes_no_uses_over(shop: SmallShop) -> None:
    """A database gives out the id of a deleted row again."""
    stored = published(shop, limit_in_all=2)
    shop.storefront.order_placed(shop.order("p5", "p6", id="o1"))
    shop.storefront.bundles_applied("o1", pricing_of(stored, 1))
    shop.storefront.order_cancelled("o1")
    assert shop.storefront.order_placed(shop.order("p1", "p2", id="o1", day=9)) == "new"
    shop.db.session.commit()
    assert BundleRepository(shop.storefront.database).load(stored.id).uses == 0


def test_the_same_order_placed_twice_at_the_same_time_counts_once(shop: SmallShop) -> None:
    """Of eight threads one stores it; none fails."""
    stored = published(shop, limit_in_all=1)
    answers: list[bool] = []

    def place() -> None:
        with shop.app.app_context():
            answers.append(shop.storefront.bundles_applied("o1", pricing_of(stored, 1)))
            shop.db.session.commit()

    threads = [threading.Thread(target=place) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [False] * 7 + [True]
    assert BundleRepository(shop.storefront.database).load(stored.id).uses == 1


def test_orders_that_change_at_the_same_time_neither_wait_in_a_circle_nor_pass_a_limit(shop: SmallShop) -> None:
    """Two orders swap their bundles again and again: each ends with what was placed last."""
    first, second = published(shop, limit_in_all=9), published(shop, limit_in_all=9)
    troubles: list[Exception] = []

    def swap(order: str, *turns: BundleRecord) -> None:
        with shop.app.app_context():
            try:
                for stored in turns * 6:
                    shop.storefront.bundles_applied(order, pricing_of(stored, 2))
                    shop.db.session.commit()
            except Exception as error:
                troubles.append(error)

    threads = [threading.Thread(target=swap, args=args) for args in (("A", first, second), ("B", second, first))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert troubles == []
    session = shop.db.session()
    assert (uses_of(session, first.id), uses_of(session, second.id)) == ({"B": 2}, {"A": 2})
    assert [BundleRepository(shop.storefront.database).load(one.id).uses for one in (first, second)] == [2, 2]


def test_a_refund_with_an_id_is_stored_once(shop: SmallShop) -> None:
    """A form that is sent twice pays back once; other ids go on."""
    stored = published(shop)
    shop.storefront.bundles_applied("o1", pricing_of(stored, 2))
    shop.storefront.refund_stored("o1", [Return("p5")], refund_id=7)
    with pytest.raises(RefundConflict, match="already been stored"):
        shop.storefront.refund_stored("o1", [Return("p5")], refund_id="7")
    shop.storefront.refund_stored("o1", [Return("p5")], refund_id=8)
    with pytest.raises(InputError, match="came back already"):
        shop.storefront.refund_quote("o1", [Return("p5")])


def test_an_unknown_order_is_refused_alike_by_quote_and_refund(shop: SmallShop) -> None:
    """With what to call, which is public."""
    for call in (shop.storefront.refund_quote, shop.storefront.refund_stored):
        with pytest.raises(InputError, match=r"'o9' was not priced here.*bundles_applied"):
            call("o9", [Return("p5")])


def sold_and_refunded(storefront: Storefront, database: Database) -> None:
    """A set is published, sold, stored and refunded with nothing but public calls."""
    stored = storefront.publish_bundle(set_of("p5", "p6", price=percent_off(10), limit_in_all=2))
    pricing = storefront.price_cart([CartLine("p5"), CartLine("p6")])
    assert storefront.bundles_applied(9, pricing)
    assert BundleRepository(database).load(stored.id).uses == 1
    assert storefront.refund_quote(9, [Return("p5")]).amount == 450
    assert storefront.refund_stored(9, [Return("p5"), Return("p6")]).amount == 990
    assert storefront.order_cancelled(9)
    assert BundleRepository(database).load(stored.id).uses == 0


def test_with_a_database_of_our_own_nothing_is_sought_in_the_shops(make_shop: MakeShop, tmp_path: Path) -> None:
    """What is sold and refunded stands there at once; a session of the shop is refused with the remedy."""
    shop = make_shop(STOREFRONT_DATABASE_URL=f"sqlite:///{tmp_path / 'own.sqlite'}")
    with shop.app.app_context():
        sold_and_refunded(shop.storefront, shop.storefront.database)
        shop.db.session.rollback()
        with shop.storefront.database.reading() as session:
            assert session.scalar(sa.select(PricedOrder.refunds)) == 1
        pricing = shop.storefront.price_cart([CartLine("p5")])
        with pytest.raises(TablesMissing, match=r"STOREFRONT_DATABASE_URL.*leave it out"):
            shop.storefront.bundles_applied("o2", pricing, session=shop.db.session())


def test_a_shop_without_sqlalchemy_sells_and_refunds_bundles(tmp_path: Path, redis_url: str) -> None:
    """Its orders may stand in files: ours stand in our own database."""
    app = Flask("plain_shop", instance_path=str(tmp_path))
    app.config.update(TESTING=True, SECRET_KEY="k", STOREFRONT_CURRENCY="EUR", STOREFRONT_REDIS_URL=redis_url)
    app.config.update(STOREFRONT_REDIS_PREFIX=f"plain-{tmp_path.name}")
    storefront = Storefront(app, catalog=MemoryCatalog(made_products()))
    with app.app_context():
        storefront.init_db()
        sold_and_refunded(storefront, storefront.database)
        storefront.services.close()


def test_publishing_creates_changes_and_notifies_in_one_call(shop: SmallShop) -> None:
    """A bundle that stands just so is left alone; a draft of that id is published; others are notified."""
    first = published(shop)
    assert (first.state, first.version) == ("published", 2)
    ten = set_of("p5", "p6", price=percent_off(10))
    assert shop.storefront.publish_bundle(ten, first.id) == first
    changed = shop.storefront.publish_bundle(set_of("p5", "p6", price=percent_off(20)), first.id, by="Ai")
    assert (changed.id, changed.state, changed.updated_by) == (first.id, "published", "Ai")
    assert shop.storefront.price_cart([CartLine("p5"), CartLine("p6")]).discount == 220
    draft = BundleRepository(shop.storefront.database).set_state(first.id, changed.version, "unpublish")
    assert shop.storefront.publish_bundle(draft.definition, first.id).state == "published"
    with pytest.raises(BundleNotFound):
        shop.storefront.publish_bundle(ten, 999)


@pytest.mark.parametrize(
    ("price", "reason"),
    [
        (fixed_price({"EUR": 1200}), "is higher than the €11.00 the products cost separately"),
        (fixed_price({"EUR": 1100}), "No saving yet: lower the price or increase the discount"),
        (amount_off({"EUR": 123450}), "discount of €1,234.50 is higher than the €11.00"),
    ],
)
def test_what_the_editor_refuses_is_not_published_from_python(shop: SmallShop, price: Price, reason: str) -> None:
    """p5 and p6 cost 11.00; what stands published already is left alone, and products may come later."""
    with pytest.raises(InputError, match=re.escape(reason)):
        shop.storefront.publish_bundle(set_of("p5", "p6", price=price))
    assert shop.storefront.publish_bundle(set_of("p5", "unknown", price=price)).state == "published"


def test_a_bundles_words_are_found_for_any_kind_of_locale(shop: SmallShop) -> None:
    """A name, a babel.Locale as Flask-Babel gives it, or none at all."""
    from babel import Locale

    stored = published(shop)
    for locale in ("ja_JP", Locale("ja"), None, "xx"):
        assert shop.storefront.bundle_text(stored.id, locale).title == "Set"
