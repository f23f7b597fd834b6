"""Categories have names on the merchant's pages, where the shop's catalogue knows them; ids stay what is stored."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from admin_form import ADMIN, Merchants, values
from small_shop import SmallShop, made_products

from storefront_plugin import MemoryCatalog, Merchant
from storefront_plugin.recommending.rules.list import list_rules
from storefront_plugin.recommending.rules.rule import Rule
from storefront_plugin.recommending.rules.store import RuleStore

MakeShop = Callable[..., SmallShop]
HOSTILE = "<script>alert(1)</script>"
NAMES = {"c0": "Cameras", "c1": "Lenses", "c2": HOSTILE}
"""Category c3 has no name."""


@pytest.fixture
def asked() -> list[list[str]]:
    """The ids of each question to the catalogue."""
    return []


@pytest.fixture
def shop(make_shop: MakeShop, asked: list[list[str]]) -> SmallShop:
    """A shop with products of four categories."""

    def names(ids: Sequence[str]) -> dict[str, str]:
        asked.append(list(ids))
        return {one: NAMES[one] for one in ids if one in NAMES}

    catalog = MemoryCatalog(made_products(), category_names=names)
    return make_shop(admin_access=lambda: Merchant("First editor"), catalog=catalog)


@pytest.fixture
def browser(shop: SmallShop) -> Merchants:
    return Merchants(shop)


def add(shop: SmallShop, *categories: str) -> None:
    with shop.app.app_context():
        for one in categories:
            rule = Rule(kind="bury", target_kind="category", target_value=one, strength=50)
            RuleStore(shop.storefront.database).create(rule)


def save(browser: Merchants, **typed: str) -> None:
    (form,) = browser.soup.select("form#rule")
    browser.post(str(form["action"]), values(form) | typed)


def targets(shop: SmallShop) -> list[tuple[str | None, str | None]]:
    """What the rules are about, and on which pages; the oldest first."""
    with shop.app.app_context():
        rows, _ = list_rules(shop.storefront.database)
    return [(row.definition.target_value, row.definition.seed_value) for row in sorted(rows, key=lambda row: row.id)]


def test_rules_name_their_categories(shop: SmallShop, browser: Merchants, asked: list[list[str]]) -> None:
    """In the list, above the form and in the log; an id without a name stands for itself. A list asks once."""
    add(shop, "c0", "c2", "c3")
    asked.clear()
    browser.get("rules")
    text = " ".join(browser.texts(".rules-rows"))
    assert all(f"Category {name}" in text for name in ("Cameras", HOSTILE, "c3"))
    assert asked == [["c0", "c2", "c3"]]
    browser.get("rules/1")
    assert browser.texts(".lead")[0].startswith("Demote −50% · Category Cameras")
    browser.get("log")
    assert "Rule Demote −50% · Category Cameras · Any page created" in browser.texts("tbody td:first-child")


def test_rules_are_found_by_the_names_of_their_categories(shop: SmallShop, browser: Merchants) -> None:
    """Of what they are about and of their pages, all words and however they are written; other rules are not."""
    add(shop, "c0", "c3")
    with shop.app.app_context():
        seeded = Rule(kind="exclude", target_value="p2", seed_kind="category", seed_value="c1")
        RuleStore(shop.storefront.database).create(seeded)
    for words, found in (
        ("cAMera", ["Category Cameras"]),
        ("lens", ["Product 2"]),
        ("c3", ["Category c3"]),
        ("cameras lenses", []),
    ):
        browser.get(f"rules?q={words}")
        assert browser.texts("tbody a.row-title") == found, words


def test_the_form_says_what_the_chosen_categories_are_called(shop: SmallShop, browser: Merchants) -> None:
    """Above the field that holds the id."""
    with shop.app.app_context():
        rule = Rule(kind="exclude", target_kind="category", target_value="c0", seed_kind="category", seed_value="c3")
        RuleStore(shop.storefront.database).create(rule)
    browser.get("rules/1")
    assert browser.texts("[data-picker$=categories] .picked:not([hidden])") == ["Cameras"]


def test_a_name_may_be_typed_and_chosen_by(shop: SmallShop, browser: Merchants) -> None:
    """As it is written or not, for what a rule is about and for its pages; what is stored is the id."""
    browser.get("rules/new")
    options = {str(one["value"]): one.get_text() for one in browser.soup.select("#target_category-names option")}
    assert options == NAMES | {"c3": ""}
    save(browser, kind="exclude", target_kind="category", target_category="cAMERAS")
    browser.get("rules/new")
    typed = {"target_kind": "category", "target_category": "c3", "seed_kind": "category", "seed_category": "Lenses"}
    save(browser, kind="exclude", **typed)
    assert targets(shop) == [("c0", None), ("c3", "c1")]


def test_typing_suggests_categories_and_brands(shop: SmallShop, browser: Merchants) -> None:
    """By words of their names or ids, each with both; nothing for words that none has."""
    for path, found in (
        ("categories?q=camera", [{"id": "c0", "title": "Cameras"}]),
        ("categories?q=C3", [{"id": "c3", "title": "c3"}]),
        ("categories?q=cameras+lenses", []),
        ("brands?q=", []),
    ):
        assert browser.client.get(f"{ADMIN}/{path}").json == found, path


def test_explaining_takes_a_name_and_shows_it(shop: SmallShop, browser: Merchants) -> None:
    """The page of that category is explained."""
    with shop.app.app_context():
        shop.place(*[["p4", "p8", "p12"]] * 3)
    for typed in ("Cameras", "c0"):
        browser.get(f"explain?placement=category&category={typed}")
        assert browser.value("category") == "c0"
        assert browser.texts(".explain-ask .picked:not([hidden])") == ["Cameras"]
        assert "Shown #1" in browser.soup.get_text()
    browser.get("explain?placement=category&category=c3")
    assert browser.texts(".explain-ask .picked:not([hidden])") == []


def test_explaining_refuses_a_category_that_is_none(browser: Merchants) -> None:
    """Beside the field, with what was typed; of several one is chosen."""
    browser.get("explain?placement=category&category=Nothing+like+it")
    assert browser.texts(".explain-ask .error") == [
        "No matching categories; enter the name or ID of one that products have."
    ]
    assert browser.value("category") == "Nothing like it"
    browser.get("explain?placement=category&category=c")
    assert browser.texts(".explain-ask .error") == ["Several categories match: choose one."]
    browser.get("explain?placement=category&category=c&category=c3")
    assert not browser.texts(".explain-ask .error")


def test_two_categories_of_one_name_are_told_apart_by_their_ids(make_shop: MakeShop) -> None:
    """A name that says too little is refused with all that have it."""
    same = MemoryCatalog(made_products(), category_names=lambda ids: dict.fromkeys(ids, "Same"))
    shop = make_shop(admin_access=lambda: Merchant("First editor"), catalog=same)
    browser = Merchants(shop)
    browser.get("rules/new")
    save(browser, kind="exclude", target_kind="category", target_category="Same")
    assert targets(shop) == []
    assert browser.texts("#target_category-error") == ["Several categories match: choose one."]
    assert browser.texts(".choice bdi") == [f"Same · c{n}" for n in range(4)]


def test_names_that_cannot_be_read_leave_the_ids(make_shop: MakeShop) -> None:
    """The pages are there."""

    def fail(ids: Sequence[str]) -> dict[str, str]:
        raise RuntimeError("No names today.")

    shop = make_shop(
        admin_access=lambda: Merchant("First editor"), catalog=MemoryCatalog(made_products(), category_names=fail)
    )
    add(shop, "c0")
    browser = Merchants(shop)
    browser.get("rules")
    assert "Category c0" in browser.soup.get_text()
    browser.get("rules/1")
    assert browser.status == 200


def test_one_who_types_asks_the_catalogue_for_names_once(shop: SmallShop, asked: list[list[str]]) -> None:
    """Each key asks for suggestions."""
    merchant = Merchants(shop)
    for typed in ("c", "ca", "cam"):
        merchant.get(f"categories?q={typed}")
    assert asked == [["c0", "c1", "c2", "c3"]]
