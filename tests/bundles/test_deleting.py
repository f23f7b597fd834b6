"""Drafts that no shopper ever saw are deleted, and come back; what was on sale is archived instead."""

from __future__ import annotations

import datetime as dt

import pytest
from made_bundles import set_of
from small_shop import SmallShop

from storefront_plugin.bundles.price import percent_off
from storefront_plugin.bundles.spreadsheet.exporting import export_csv
from storefront_plugin.bundles.store import proposals
from storefront_plugin.bundles.store.listing import Filters, list_bundles
from storefront_plugin.bundles.store.repository import BundleNotFound, BundleRepository, EditConflict, NotDeletable
from storefront_plugin.bundles.store.saved_forms import create_once
from storefront_plugin.bundles.store.tables import BundleUse
from storefront_plugin.core.sql import audit
from storefront_plugin.core.sql.database import Base, Database

KIT = set_of("p1", "p2", price=percent_off(10))


@pytest.fixture
def database(shop: SmallShop) -> Database:
    with shop.storefront.database.connect() as connection:
        Base.metadata.create_all(connection)
        connection.commit()
    return shop.storefront.database


def test_a_deleted_draft_is_nowhere_and_comes_back_as_it_was(database: Database) -> None:
    """Not in the list, the file or the editor, and nobody can change it; both are in the log, and its id stays its own."""
    made = BundleRepository(database).create(KIT, "Mika")
    gone = BundleRepository(database).delete_draft(made.id, made.version, "Noor")
    assert (list_bundles(database), list_bundles(database, Filters(text="p1"))) == (([], 0), ([], 0))
    assert "".join(export_csv(database)).count("\n") == 1
    for act in (
        lambda: BundleRepository(database).load(1),
        lambda: BundleRepository(database).update(1, gone.version, KIT),
    ):
        with pytest.raises(BundleNotFound):
            act()
    with pytest.raises(BundleNotFound):
        BundleRepository(database).delete_draft(1, gone.version)
    assert BundleRepository(database).create(KIT).id == 2
    back = BundleRepository(database).revert(1, gone.version, "Noor")
    assert (back.definition, back.state, back.version) == (KIT, "draft", 3)
    assert [one.action for one in audit.entries(database, "bundle", 1)[0]] == ["undo", "delete", "create"]
    with pytest.raises(BundleNotFound):
        BundleRepository(database).revert(1, back.version)
    assert BundleRepository(database).delete_draft(1, back.version).version == 4


def test_what_was_on_sale_or_used_is_not_deleted(database: Database) -> None:
    """Published, archived, a draft again, or with an order of before; nor what somebody else has changed in the meantime."""
    for number in range(1, 5):
        BundleRepository(database).create(KIT)
        assert BundleRepository(database).load(number).version == 1
    BundleRepository(database).set_state(1, 1, "publish")
    BundleRepository(database).set_state(2, 1, "archive")
    BundleRepository(database).set_state(3, 1, "publish")
    BundleRepository(database).set_state(3, 2, "unpublish")
    now = dt.datetime(2026, 3, 1)
    with database.writing() as session:
        session.add(BundleUse(order_id="1", bundle_id=4, count=1, saving=1, currency="EUR", used_at=now))
    for number, version in ((1, 2), (2, 2), (3, 3), (4, 1)):
        with pytest.raises(NotDeletable, match="archive it instead"):
            BundleRepository(database).delete_draft(number, version)
        assert BundleRepository(database).load(number).version == version
    with pytest.raises(EditConflict):
        BundleRepository(database).delete_draft(3, 1)


def test_the_proposal_of_a_deleted_draft_is_open_again(database: Database, shop: SmallShop) -> None:
    """And accepted once the draft is back."""
    shop.place(*[("p1", "p2")] * 6, *[("p3",)] * 6)
    shop.storefront.propose_bundles()
    (key,) = (one.key for one in proposals.list_proposals(database)[0])
    made = BundleRepository(database).create(KIT, proposal=key)
    assert proposals.made_into(database, made.id) is not None
    gone = BundleRepository(database).delete_draft(made.id, made.version)
    assert proposals.counts(database) == {"open": 1}
    assert proposals.made_into(database, made.id) is None
    BundleRepository(database).revert(made.id, gone.version)
    assert proposals.counts(database) == {"accepted": 1}
    again = BundleRepository(database).delete_draft(made.id, gone.version + 1)
    assert shop.storefront.propose_bundles() == 1
    assert again.id == made.id


def test_a_form_whose_draft_was_deleted_makes_a_new_one(database: Database) -> None:
    """Sent again from the browser's history."""
    made = create_once(database, "form", KIT)
    BundleRepository(database).delete_draft(made.id, made.version)
    assert create_once(database, "form", KIT).id != made.id
