"""A kind of price is its class: what it is called, what it saves, and which bundles may have it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from admin_form import Merchants
from made_bundles import TEXTS, mix_of, set_of, steps_of
from small_shop import SmallShop

from storefront_plugin import Merchant
from storefront_plugin.admin.bundles.labels import offer_label
from storefront_plugin.bundles.definition import Definition
from storefront_plugin.bundles.price import Price, amount_off, fixed_price, percent_off
from storefront_plugin.bundles.price_kinds import RULES, AmountOff, rules_for
from storefront_plugin.bundles.spreadsheet.importing import import_csv
from storefront_plugin.bundles.store.definition_json import definition_from_json, definition_to_json
from storefront_plugin.bundles.tier import Component, Tier
from storefront_plugin.core.i18n import texts_for
from storefront_plugin.core.problems import Invalid
from storefront_plugin.web.widgets.bundle_labels import BundleLabels


class MadeUp(AmountOff):
    """An amount off that volume discounts cannot have."""

    label = "Made up"
    amounts_label = "Amounts made up"
    summary = "%(amount)s made up"
    mix_offer = "%(amount)s off as made up"
    bundles = ("set", "mix")


@pytest.fixture
def kind(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The name of a kind that nothing but the table of kinds knows."""
    monkeypatch.setitem(RULES, "made_up", MadeUp)  # type: ignore[arg-type]
    return "made_up"


@pytest.fixture
def admin(make_shop: Callable[..., SmallShop]) -> SmallShop:
    """A shop that a merchant may change."""
    return make_shop(admin_access=lambda: Merchant("First editor"))


@pytest.fixture
def editor(admin: SmallShop) -> Merchants:
    """The merchant's browser."""
    return Merchants(admin)


def test_a_volume_discount_made_in_python_has_a_kind_that_steps_can_have(kind: Any) -> None:
    """Else it would be made, and save nothing without a word; the problem is shown at the price of its tier."""
    with pytest.raises(Invalid, match="'steps' can't have the price kind 'made_up'; use one of percent, amount") as e:
        steps_of("a", steps={2: Price(kind, amounts={"EUR": 5})})
    assert [problem.path for problem in e.value.problems] == [("tiers", 0, "price", "kind")]


def test_a_stored_volume_discount_has_a_kind_that_steps_can_have(kind: Any) -> None:
    """JSON is held to the same."""
    data = definition_to_json(steps_of("a", steps={2: percent_off(5)}))
    data["tiers"][0]["price"] = {"kind": kind, "amounts": {"EUR": 5}}
    with pytest.raises(Invalid, match="'steps' can't have"):
        definition_from_json(data)


@pytest.mark.parametrize("price", [percent_off(5), fixed_price({"EUR": 5}), amount_off({"EUR": 5})])
def test_only_free_items_make_a_gift(price: Price) -> None:
    """`bundles` of the other kinds leave it out."""
    tier = Tier((Component("a"), Component("b")), price)
    with pytest.raises(Invalid, match=r"'extra' can't have the price kind '.*'; use one of free"):
        Definition(kind="extra", tiers=(tier,), texts=TEXTS)


def test_a_row_of_a_spreadsheet_is_refused_a_kind_that_steps_cannot_have(admin: SmallShop, kind: Any) -> None:
    """In its line, and nothing is made."""
    rows = f"kind,title_en,product_id,least,price_kind,amount_EUR\nsteps,Tea,p1,2,{kind},5\n"
    with admin.app.app_context():
        report = import_csv(admin.storefront.database, rows.encode(), "First editor")
    assert (report.created, report.refused) == (0, 1)
    assert "'steps' can't have the price kind 'made_up'" in str(report.outcomes[0].wrong[0])


def test_the_editor_offers_the_kinds_that_a_bundle_can_have(editor: Merchants, kind: Any) -> None:
    """By their labels, with the label of their amounts; nothing else knows them."""
    editor.get("bundles/new?kind=set")
    assert editor.texts(".segment") == [rule.label for rule in rules_for("set").values()]
    assert editor.texts(".segment")[-1] == "Made up"
    assert editor.texts(".each-kind > span")[-1] == "Amounts made up"
    editor.get("bundles/new?kind=steps")
    assert editor.texts("#tiers-0-price .segment") == [rule.label for rule in rules_for("steps").values()]
    assert "Made up" not in editor.texts(".segment")


def test_the_editor_refuses_a_kind_that_steps_cannot_have(editor: Merchants, kind: Any) -> None:
    """Only a forged form sends it."""
    editor.get("bundles/new?kind=steps")
    editor.press("save", tiers__0__price=kind, tiers__0__add="p1", texts__0__title="Tea")
    assert editor.status == 422
    assert "Choose a type of price." in editor.texts("#tiers-0-price .error")


def test_merchants_and_shoppers_read_what_the_kind_says(admin: SmallShop, kind: Any) -> None:
    """In lists, and beside a mix."""
    price = Price(kind, amounts={"EUR": 500})
    with admin.app.test_request_context("/storefront/admin/bundles"):
        assert offer_label(set_of("a", "b", price=price)) == "€5.00 made up"
        assert offer_label(mix_of("a", "b", price=price, least=2)) == "2 for €5.00 made up"
    labels = BundleLabels(texts_for("en"))
    assert labels.offer("mix", price, "EUR") == "€5.00 off as made up"
    assert labels.offer("set", price, "EUR") is None
