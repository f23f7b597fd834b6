"""A form that is sent several times at once makes one bundle, on SQLite and on PostgreSQL."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from made_bundles import set_of
from postgres import postgres_url
from small_shop import SmallShop

from storefront_plugin.bundles.price import percent_off
from storefront_plugin.bundles.store.listing import list_bundles
from storefront_plugin.bundles.store.saved_forms import KEPT, SavedForm, create_once

KIT = set_of("p1", "p2", price=percent_off(10))


@pytest.fixture(params=["sqlite", "postgresql"])
def shop(request: pytest.FixtureRequest, make_shop: Callable[..., SmallShop]) -> SmallShop:
    """A small shop on each database."""
    return make_shop() if request.param == "sqlite" else make_shop(SQLALCHEMY_DATABASE_URI=postgres_url())


def test_of_many_at_the_same_time_one_makes_it_and_all_get_it(shop: SmallShop) -> None:
    """Eight threads with one key; another key makes another bundle."""
    made: list[int] = []
    together = threading.Barrier(8)

    def send() -> None:
        with shop.app.app_context():
            together.wait()
            made.append(create_once(shop.storefront.database, "key", KIT, "First editor").id)

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 8
    assert len(set(made)) == 1
    with shop.app.app_context():
        database = shop.storefront.database
        assert create_once(database, "other", KIT).id != made[0]
        assert list_bundles(database)[1] == 2


def test_a_form_that_says_something_else_makes_another_bundle(shop: SmallShop) -> None:
    """Who goes back in the browser after saving, and changes what was typed, loses nothing."""
    with shop.app.app_context():
        database = shop.storefront.database
        made = [create_once(database, "key", set_of("p1", "p2", price=percent_off(each))) for each in (10, 20, 10)]
    assert len({one.id for one in made}) == 2
    assert [one.definition.tiers[0].price for one in made] == [percent_off(10), percent_off(20), percent_off(10)]


def test_keys_are_forgotten_after_a_week(shop: SmallShop) -> None:
    """The table stays small; nobody sends a form again after so long."""
    with shop.app.app_context():
        database = shop.storefront.database
        first = create_once(database, "old", KIT)
        long_ago = dt.datetime.now(dt.timezone.utc).replace(tzinfo=None) - KEPT - dt.timedelta(hours=1)
        with database.writing() as session:
            session.execute(sa.update(SavedForm).values(saved_at=long_ago))
        create_once(database, "new", KIT)
        with database.reading() as session:
            assert len(session.scalars(sa.select(SavedForm.key)).all()) == 1
        assert create_once(database, "old", KIT).id != first.id
