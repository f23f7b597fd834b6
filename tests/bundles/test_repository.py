"""Merchants change bundles without losing each other's work, and orders count their uses exactly."""

from __future__ import annotations

import datetime as dt
import threading
import time
from dataclasses import replace

import pytest
import sqlalchemy as sa
from made_bundles import NOW, TEXTS, set_of
from small_shop import SmallShop
from sqlalchemy.orm import Session

from storefront_plugin.bundles.cart.lines import LineItem
from storefront_plugin.bundles.cart.pricing import price_cart
from storefront_plugin.bundles.definition import BundleText, Schedule
from storefront_plugin.bundles.orders import uses
from storefront_plugin.bundles.orders.record import OrderRecord, record_of
from storefront_plugin.bundles.orders.refunds import Return
from storefront_plugin.bundles.price import percent_off
from storefront_plugin.bundles.store.listing import Filters, list_bundles
from storefront_plugin.bundles.store.published import PublishedBundles
from storefront_plugin.bundles.store.repository import BundleNotFound, BundleRecord, BundleRepository, EditConflict
from storefront_plugin.bundles.store.tables import BundleRow
from storefront_plugin.core.errors import InputError
from storefront_plugin.core.sql import audit
from storefront_plugin.core.sql.database import Base, Database, table_of

TEN, TWENTY = percent_off(10), percent_off(20)


@pytest.fixture
def database(shop: SmallShop) -> Database:
    """Our sessions on the shop's database, with the tables of bundles."""
    with shop.storefront.database.connect() as connection:
        Base.metadata.create_all(connection)
        connection.commit()
    return shop.storefront.database


def published(database: Database, *products: str, **more: object) -> BundleRecord:
    """A published bundle."""
    stored = BundleRepository(database).create(set_of(*products, price=TEN, **more), "Mika")
    return BundleRepository(database).set_state(stored.id, stored.version, "publish", "Mika")


def test_the_second_of_two_editors_gets_a_conflict_and_nothing_is_lost(database: Database) -> None:
    """The conflict carries what stands now, so that both can be looked at."""
    stored = BundleRepository(database).create(set_of("a", "b", price=TEN))
    first = BundleRepository(database).update(stored.id, stored.version, set_of("a", "c", price=TEN), "Mika")
    with pytest.raises(EditConflict, match="Mika") as caught:
        BundleRepository(database).update(stored.id, stored.version, set_of("a", "d", price=TEN), "Second editor")
    assert caught.value.current == first == BundleRepository(database).load(stored.id)
    with pytest.raises(BundleNotFound):
        BundleRepository(database).update(999, 1, set_of("a", "b", price=TEN))


def test_who_changed_what_is_noted_with_the_change_itself(database: Database) -> None:
    """Each change is one entry, under the title of then; a refused one is none."""
    one = BundleRepository(database).create(set_of("a", "b", price=TEN), "Mika")
    renamed = {"en": BundleText("Kit")}
    BundleRepository(database).update(
        one.id, 1, replace(set_of("a", "b", price=TWENTY), texts=renamed), "Second editor"
    )
    for version, action in ((2, "publish"), (3, "archive"), (4, "unpublish")):
        BundleRepository(database).set_state(one.id, version, action, "Second editor")  # type: ignore[arg-type]
    BundleRepository(database).revert(one.id, 5, "Mika")
    BundleRepository(database).duplicate(one.id, "Mika")
    with pytest.raises(EditConflict):
        BundleRepository(database).update(one.id, 1, set_of("a", "b", price=TEN), "Late")
    entries = [(entry.subject_id, entry.changed_by, entry.action, entry.title) for entry in audit.entries(database)[0]]
    assert entries[::-1] == [
        ("1", "Mika", "create", "Set"),
        ("1", "Second editor", "edit", "Kit"),
        ("1", "Second editor", "publish", "Kit"),
        ("1", "Second editor", "archive", "Kit"),
        ("1", "Second editor", "unpublish", "Kit"),
        ("1", "Mika", "undo", "Kit"),
        ("2", "Mika", "duplicate", "Kit (copy)"),
    ]


def test_every_change_can_be_undone(database: Database) -> None:
    """Edits and changes of state; undoing twice brings back what was undone."""
    one = BundleRepository(database).create(set_of("a", "b", price=TEN))
    two = BundleRepository(database).update(one.id, 1, set_of("a", "b", price=TWENTY), "Mika")
    three = BundleRepository(database).set_state(one.id, 2, "publish", "Second editor")
    four = BundleRepository(database).revert(one.id, three.version)
    assert (four.state, four.definition) == ("draft", two.definition)
    assert BundleRepository(database).revert(one.id, four.version).state == "published"
    changes = BundleRepository(database).changes(one.id)
    assert [change.action for change in changes] == ["undo", "undo", "publish", "edit", "create"]
    assert (changes[-2].changed_by, changes[-2].before) == ("Mika", ("draft", one.definition))
    other = BundleRepository(database).create(set_of("a", "b", price=TEN))
    with pytest.raises(BundleNotFound, match="nothing to undo"):
        BundleRepository(database).revert(other.id, 1)
    assert BundleRepository(database).load(other.id).version == 1


def test_a_copy_is_a_draft_of_its_own(database: Database) -> None:
    """Its title says that it is one, also where it was as long as titles may be."""
    stored = published(database, "a", "b")
    copy = BundleRepository(database).duplicate(stored.id)
    assert (copy.state, copy.version, copy.definition.text_in("en").title) == ("draft", 1, "Set (copy)")


def test_a_process_reads_published_bundles_once_until_some_change(database: Database) -> None:
    """Drafts are not seen, edits of published ones and archiving are."""
    held = PublishedBundles(database)
    BundleRepository(database).create(set_of("a", "b", price=TEN))
    assert not held.get().bundles
    stored = published(database, "a", "b")
    first = held.get()
    assert [bundle.id for bundle in first.about(["b"])] == [stored.id]
    assert held.get() is first
    changed = BundleRepository(database).update(stored.id, stored.version, set_of("a", "c", price=TEN))
    assert held.for_cart(["b"]) == []
    assert held.for_cart(["c"])[0].version == changed.version
    BundleRepository(database).set_state(stored.id, changed.version, "archive")
    assert not held.get().bundles


def test_a_broken_definition_leaves_the_others_on_sale(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    """What was written into the table by hand is logged and left out."""
    broken, whole = published(database, "a", "b"), published(database, "c", "d")
    with database.writing() as session:
        table = table_of(BundleRow)
        session.execute(sa.update(table).where(table.c.id == broken.id).values(definition="{}"))
    assert list(PublishedBundles(database).get().bundles) == [whole.id]
    assert "is left out" in caplog.text


def test_the_list_is_searched_filtered_sorted_and_paged(database: Database) -> None:
    """By words in titles and product ids, state and dates; no row is on two pages."""
    soon = Schedule(start=NOW + dt.timedelta(days=1))
    names = {"en": BundleText("Camera 100% kit")}, {"en": BundleText("Bag"), "ja": BundleText("カメラ")}, TEXTS
    for number, texts in enumerate(names):
        made = set_of(f"P{number}", "x", price=TEN, schedule=soon if number == 2 else Schedule())
        BundleRepository(database).create(type(made)(kind="set", tiers=made.tiers, texts=texts, schedule=made.schedule))
    BundleRepository(database).set_state(1, 1, "publish")

    def ids(**wanted: object) -> list[int]:
        return [row.id for row in list_bundles(database, Filters(sort="id", descending=False, **wanted))[0]]  # type: ignore[arg-type]

    assert ids(text="camera kit") == ids(text="100%") == ids(state="published") == [1]
    assert ids(text="カメラ") == ids(text="ｶﾒﾗ") == ids(text="かめら") == ids(text="p1") == [2]
    assert ids(text="0%0") == []
    assert ids(on_at=NOW) == [1, 2]
    pages = [list_bundles(database, Filters(sort="title"), page, 1)[0][0].id for page in (1, 2, 3)]
    assert pages == [3, 1, 2]
    assert list_bundles(database, page=9) == ([], 3)
    with pytest.raises(InputError, match="Pages"):
        list_bundles(database, page=0)


@pytest.mark.slow
def test_ten_thousand_bundles_are_listed_quickly(database: Database) -> None:
    """A page with a search takes a moment, not a second; a cart reads only what is about it."""
    BundleRepository(database).create(set_of("a", "b", price=TEN))
    table = table_of(BundleRow)
    with database.writing() as session:
        row = dict(session.execute(sa.select(table)).one()._mapping)
        rows = [row | {"id": n, "title": f"Set {n}", "search": f"set {n}\nproduct{n}"} for n in range(2, 10_001)]
        session.execute(sa.insert(table), rows)
    start = time.perf_counter()
    found, count = list_bundles(database, Filters(text="set 99", sort="title"), page=2, size=50)
    assert (len(found), count) == (50, sum("99" in str(number) for number in range(10_001)))
    assert time.perf_counter() - start < 1


def order(database: Database, quantity: int = 1) -> OrderRecord:
    """The record of an order of a and b."""
    bundles = PublishedBundles(database).for_cart(["a", "b"])
    lines = [LineItem("a", quantity, 1000), LineItem("b", quantity, 500)]
    return record_of(price_cart(lines, bundles, "EUR", NOW), bundles)


def test_uses_are_counted_with_the_shops_own_transaction(database: Database, shop: SmallShop) -> None:
    """They commit or roll back with the order; a second call for it changes nothing; a cancelled one gives them back."""
    stored = published(database, "a", "b", limit_in_all=3)
    record = order(database, 2)
    session: Session = shop.db.session()
    assert uses.store_order(session, database, "o1", record)
    session.rollback()
    assert BundleRepository(database).load(stored.id).uses == 0
    assert uses.store_order(session, database, "o1", record)
    assert not uses.store_order(session, database, "o1", record)
    session.commit()
    assert BundleRepository(database).load(stored.id).uses == 2
    assert list_bundles(database)[0][0].uses == 2
    assert PublishedBundles(database).for_cart(["a"])[0].uses_left == 1
    with pytest.raises(uses.LimitReached, match="price the cart again") as caught:
        uses.store_order(session, database, "o2", record)
    assert caught.value.bundle_ids == (stored.id,)
    session.commit()
    with pytest.raises(InputError, match="was not priced here"):
        uses.load_order(session, "o2")
    assert uses.release_order(session, database, "o1")
    assert not uses.release_order(session, database, "o1")
    session.commit()
    assert BundleRepository(database).load(stored.id).uses == 0


def test_orders_at_the_same_time_never_pass_the_limit(database: Database, shop: SmallShop) -> None:
    """Of twelve orders for five sets, five get one."""
    stored = published(database, "a", "b", limit_in_all=5)
    record = order(database)
    outcomes: list[bool] = []

    def buy(number: int) -> None:
        with shop.app.app_context():
            try:
                outcomes.append(uses.store_order(shop.db.session(), database, f"o{number}", record))
                shop.db.session.commit()
            except uses.LimitReached:
                outcomes.append(False)
                shop.db.session.rollback()

    threads = [threading.Thread(target=buy, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (outcomes.count(True), outcomes.count(False)) == (5, 7)
    assert BundleRepository(database).load(stored.id).uses == 5


def test_refunds_of_an_order_are_remembered(database: Database, shop: SmallShop) -> None:
    """The second quote knows of the first, and what is not there cannot come back twice."""
    published(database, "a", "b")
    session: Session = shop.db.session()
    uses.store_order(session, database, "o1", order(database))
    assert uses.store_refund(session, "o1", [Return("a")], "recompute").amount == 850
    assert uses.store_refund(session, "o1", [Return("b")]).amount == 500
    with pytest.raises(InputError, match="came back already"):
        uses.store_refund(session, "o1", [Return("b")])
    with pytest.raises(uses.StorefrontError, match="was not priced here"):
        uses.store_refund(session, "o2", [Return("b")])


def test_a_limit_that_is_set_later_counts_what_was_used_before(database: Database, shop: SmallShop) -> None:
    """Uses of a bundle without a limit stand with the orders, and are added up when it gets one."""
    stored = published(database, "a", "b")
    uses.store_order(shop.db.session(), database, "o1", order(database, 2))
    shop.db.session.commit()
    limited = BundleRepository(database).update(stored.id, stored.version, set_of("a", "b", price=TEN, limit_in_all=2))
    assert limited.uses == 2
    assert PublishedBundles(database).for_cart(["a"])[0].uses_left == 0
