"""Names that shops may have used and that changed: each is refused with the new one, and what was stored still loads."""

from __future__ import annotations

import json

import pytest
from made_bundles import TEXTS, set_of
from small_shop import SmallShop

from storefront_plugin import bundles
from storefront_plugin.bundles.cart.next_offers import MissingItem, NextOffer
from storefront_plugin.bundles.definition import Definition
from storefront_plugin.bundles.price import percent_off
from storefront_plugin.bundles.store import repository
from storefront_plugin.bundles.store.definition_json import dump_definition, load_definition

PAIR = set_of("a", "b", price=percent_off(10))


@pytest.mark.parametrize(
    ("old", "new"), [("Words", "BundleText"), ("free_pieces", "free_items"), ("Stored", "BundleRecord")]
)
def test_an_old_name_of_the_package_is_refused_with_the_new_one(old: str, new: str) -> None:
    """So are names imported from it."""
    with pytest.raises(ImportError, match=rf"{old} is called {new} now"):
        getattr(bundles, old)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = bundles.nonsense  # type: ignore[attr-defined]


def test_the_words_of_a_definition_are_called_texts() -> None:
    """As its keyword, its attribute and its method."""
    with pytest.raises(TypeError, match="called texts=… now"):
        Definition(kind="set", tiers=PAIR.tiers, words=TEXTS)  # type: ignore[call-arg]
    with pytest.raises(AttributeError, match=r"Definition\.words is called texts now"):
        _ = PAIR.words  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match=r"Definition\.words_in is called text_in now"):
        _ = PAIR.words_in  # type: ignore[attr-defined]


def test_the_storefront_refuses_its_old_names(shop: SmallShop) -> None:
    """A method that was renamed is named with its new name."""
    with pytest.raises(AttributeError, match=r"Storefront\.bundle_words is called bundle_text now"):
        _ = shop.storefront.bundle_words  # type: ignore[attr-defined]


def test_a_definition_that_was_stored_with_words_still_loads() -> None:
    """It is written with texts."""
    data = json.loads(dump_definition(PAIR))
    data["words"] = data.pop("texts")
    assert load_definition(json.dumps(data)) == PAIR


def test_a_next_offer_refuses_its_old_names() -> None:
    """What it lacks is its items, and each has a quantity."""
    offer = NextOffer(1, 0, (MissingItem(("a",), 1),), None)
    with pytest.raises(AttributeError, match=r"NextOffer\.lacks is called items now"):
        _ = offer.lacks  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match=r"MissingItem\.pieces is called quantity now"):
        _ = offer.items[0].pieces  # type: ignore[attr-defined]


def test_functions_of_the_repository_are_refused_as_its_methods() -> None:
    """What took the database first is a method of `BundleRepository`."""
    with pytest.raises(ImportError, match=r"create is called BundleRepository\(database\)\.create now"):
        _ = repository.create
    with pytest.raises(ImportError, match=r"undo is called BundleRepository\(database\)\.revert now"):
        _ = repository.undo
