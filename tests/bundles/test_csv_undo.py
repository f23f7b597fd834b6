"""An import is taken back as a whole: what it made is deleted, what it changed is as before, later changes are kept."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made_bundles import set_of
from small_shop import SmallShop

from storefront_plugin.bundles.definition import BundleText
from storefront_plugin.bundles.price import percent_off
from storefront_plugin.bundles.spreadsheet import importing
from storefront_plugin.bundles.spreadsheet.importing import ImportReport, import_csv
from storefront_plugin.bundles.spreadsheet.imports import Undone, latest_import, undo_import
from storefront_plugin.bundles.store.listing import list_bundles
from storefront_plugin.bundles.store.repository import BundleNotFound, BundleRepository
from storefront_plugin.core.sql import audit
from storefront_plugin.core.sql.database import Base, Database

OLD = set_of("p1", "p2", price=percent_off(10))
HEADER = "id,version,kind,title_en,product_id,quantity,price_kind,percent,state"


@pytest.fixture
def database(shop: SmallShop) -> Database:
    """With three drafts."""
    with shop.storefront.database.connect() as connection:
        Base.metadata.create_all(connection)
        connection.commit()
    for _ in range(3):
        BundleRepository(shop.storefront.database).create(OLD)
    return shop.storefront.database


def brought(database: Database, *rows: str) -> ImportReport:
    return import_csv(database, "\n".join([HEADER, *rows]).encode(), "Mika")


def test_an_import_is_taken_back_as_a_whole(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over several transactions; also a bundle that was edited and published in two steps."""
    monkeypatch.setattr(importing, "CHUNK", 2)
    rows = "1,1,set,A,p1,2,percent,5,published", "2,1,set,B,p1,2,percent,5,", ",,set,C,p1,2,percent,5,"
    report = brought(database, *rows, *[",,set,D,p1,2,percent,5,"] * 4, "3,7,set,Late,p1,2,percent,5,")
    assert (report.created, report.changed, report.refused) == (5, 2, 1)
    assert undo_import(database, report.token, "Noor") == Undone(deleted=5, restored=2)
    for number in (1, 2, 3):
        stands = BundleRepository(database).load(number)
        assert (stands.definition, stands.state) == (OLD, "draft")
    assert list_bundles(database)[1] == 3
    assert undo_import(database, report.token) == Undone(left=7)
    assert undo_import(database, "unknown") == Undone()
    assert {one.action for one in audit.entries(database, by="Noor")[0]} == {"undo", "delete"}


def test_what_was_changed_since_is_left(database: Database) -> None:
    """A new draft that was published, a changed bundle that was changed again, and one that was deleted."""
    rows = "1,1,set,A,p1,2,percent,5,", "2,1,set,B,p1,2,percent,5,", "3,1,set,C,p1,2,percent,5,"
    report = brought(database, *rows, ",,set,D,p1,2,percent,5,", ",,set,E,p1,2,percent,5,")
    BundleRepository(database).update(1, 2, replace(OLD, texts={"en": BundleText("Mine")}), "Noor")
    BundleRepository(database).delete_draft(3, 2, "Noor")
    BundleRepository(database).set_state(4, 1, "publish", "Noor")
    assert undo_import(database, report.token) == Undone(deleted=1, restored=1, left=3)
    assert BundleRepository(database).load(1).definition.texts["en"].title == "Mine"
    assert BundleRepository(database).load(2).definition == OLD
    assert BundleRepository(database).load(4).state == "published"
    with pytest.raises(BundleNotFound):
        BundleRepository(database).load(3)


def test_the_latest_import_is_known_until_it_is_taken_back(database: Database) -> None:
    """A check, and an import that changed nothing, are none."""
    assert latest_import(database) is None
    import_csv(database, f"{HEADER}\n,,set,A,p1,2,percent,5,".encode(), check=True)
    brought(database, "9,1,set,A,p1,2,percent,5,")
    assert latest_import(database) is None
    report = brought(database, *[",,set,A,p1,2,percent,5,"] * 201)
    latest = latest_import(database)
    assert latest is not None
    assert (latest.token, latest.count, latest.by) == (report.token, 201, "Mika")
    undo_import(database, report.token)
    assert latest_import(database) is None
