"""The merchant's pages about rules, as a browser without script meets them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from admin_form import ADMIN, Merchants, values
from small_shop import SmallShop, made_products

from storefront_plugin import MemoryCatalog, Merchant
from storefront_plugin.admin.kit import catalogue_names
from storefront_plugin.core.sql import audit
from storefront_plugin.recommending.rules.list import list_rules
from storefront_plugin.recommending.rules.rule import Rule
from storefront_plugin.recommending.rules.store import RuleStore

MakeShop = Callable[..., SmallShop]
HOSTILE = "<script>alert(1)</script>"
HOUR = dt.timedelta(hours=1)


class Rules(Merchants):
    """A merchant's browser on the pages about rules."""

    def save(self, status: int = 200, **typed: Any) -> None:
        """Type into the form of a rule and press its primary button."""
        (form,) = self.soup.select("form#rule")
        self.post(str(form["action"]), values(form) | typed)
        assert self.status == status, self.answer.text

    def choose(self, act: str, *rule_ids: int) -> None:
        """Press a button of the list with some rows chosen."""
        (form,) = self.soup.select("form[data-bulk-form]")
        self.post(str(form["action"]), values(form) | {"rows": [str(each) for each in rule_ids], "act": act})

    @property
    def rows(self) -> list[str]:
        return self.texts("tbody tr")


@pytest.fixture
def shop(make_shop: MakeShop) -> SmallShop:
    """A shop with products of two brands that its merchant may edit."""
    products = [replace(each, brand="Aster" if n % 2 else "Birch") for n, each in enumerate(made_products(), start=1)]
    return make_shop(admin_access=lambda: Merchant("First editor"), catalog=MemoryCatalog(products))


@pytest.fixture
def browser(shop: SmallShop) -> Rules:
    return Rules(shop)


def add(shop: SmallShop, *rules: Rule) -> list[int]:
    with shop.app.app_context():
        return [RuleStore(shop.storefront.database).create(rule, "Second editor").id for rule in rules]


def stored(shop: SmallShop) -> list[Rule]:
    """The rules, the oldest first."""
    with shop.app.app_context():
        rows, _ = list_rules(shop.storefront.database)
        return [row.definition for row in sorted(rows, key=lambda row: row.id)]


EXCLUDE, PIN = (
    Rule(kind="exclude", target_value="p4"),
    Rule(kind="pin", target_value="p2", seed_kind="product", seed_value="p1"),
)


# The list.


def test_a_shop_without_rules_learns_what_to_do_first(browser: Rules) -> None:
    """With a button that does it; somebody who may only look has none."""
    browser.get("rules")
    assert browser.texts(".empty h2") == ["No rules yet"]
    assert [str(each["href"]) for each in browser.soup.select(".empty-action a")] == [
        f"{ADMIN}/rules/new",
        f"{ADMIN}/explain",
    ]


def test_the_list_says_what_each_rule_does(shop: SmallShop, browser: Rules) -> None:
    """Products by their titles, the rest in words, and a labelled dot for its state."""
    now = dt.datetime.now(dt.timezone.utc)
    add(
        shop,
        PIN,
        Rule(kind="exclude", target_kind="cheaper", price_percent=50, seed_kind="category", seed_value="c1"),
        Rule(
            kind="boost",
            target_kind="brand",
            target_value=HOSTILE,
            strength=150,
            placement="cart",
            starts_at=now + HOUR,
        ),
        Rule(kind="exclude", target_value="gone", enabled=False),
    )
    browser.get("rules?sort=updated&order=up")
    for row, words in zip(
        browser.rows,
        (
            ("Pin", "Product 2", "Product 1", "Active"),
            ("Exclude", "Less than 50% of the page product's price", "Pages of category c1", "Active"),
            ("Boost", "+50%", f"Brand {HOSTILE}", "Any page", "Cart", "Scheduled", "from "),
            ("Exclude", "gone", "No longer in the catalogue", "Inactive"),
        ),
        strict=True,
    ):
        assert [each for each in words if each not in row] == []
    assert not browser.soup.select("tbody script")


def test_the_list_is_filtered_by_its_address(shop: SmallShop, browser: Rules) -> None:
    """By kind, seed, target, state and words of a product's title; nonsense filters nothing and breaks nothing."""
    add(shop, EXCLUDE, PIN, replace(EXCLUDE, target_value="p9", enabled=False))
    for query, count in (
        ("kind=pin", 1),
        ("seed=product", 1),
        ("target=product&kind=exclude", 2),
        ("state=off", 1),
        ("q=Product+9", 1),
        ("q=product+1", 1),
        ("q=P2", 1),
        ("kind=x&seed=y&state=z&sort=w&order=v&page=-1", 3),
        ("q=%00%25", 0),
    ):
        browser.get(f"rules?{query}")
        assert browser.status == 200
        assert len(browser.rows) == count, query
    assert browser.texts(".empty h2") == ["No rules match"]


def test_a_row_leads_to_its_rule_and_a_small_link_to_the_product_in_the_shop(shop: SmallShop, browser: Rules) -> None:
    """What stands out is the rule; its note stands with what it does."""
    add(
        shop,
        replace(PIN, note="The strap was woven for it"),
        Rule(kind="exclude", target_kind="brand", target_value="Aster"),
    )
    browser.get("rules?sort=updated&order=up")
    of_product, of_brand = browser.soup.select("tbody tr")
    assert [(str(each["href"]), each.text) for each in of_product.select("a.row-title")] == [
        (f"{ADMIN}/rules/1", "Product 2")
    ]
    assert [str(each["href"]) for each in of_product.select("a:not(.row-title)")] == ["/product/p2", "/product/p1"]
    assert browser.texts(".rules-what")[0] == "Pin The strap was woven for it"
    assert [(str(each["href"]), each.text) for each in of_brand.select("a")] == [(f"{ADMIN}/rules/2", "Brand Aster")]


def test_a_long_list_has_pages(shop: SmallShop, browser: Rules) -> None:
    """No rule stands on two of them."""
    add(shop, *(Rule(kind="exclude", target_value=f"x{n}") for n in range(60)))
    seen = []
    for page in (1, 2):
        browser.get(f"rules?page={page}")
        seen += [str(each["value"]) for each in browser.soup.select("[data-row]")]
    assert len(set(seen)) == len(seen) == 60
    browser.get("rules?page=9")
    assert browser.texts(".empty h2") == ["This page of the list is empty"]


def test_chosen_rules_are_changed_together_and_back(shop: SmallShop, browser: Rules) -> None:
    """Off, deleted, and each time undone by the notice's button; the list stays as it was filtered."""
    first, second = add(shop, EXCLUDE, PIN)
    browser.get("rules?state=on")
    browser.choose("disable", first, second)
    assert browser.texts(".notice p") == ["2 rules deactivated."]
    assert [rule.enabled for rule in stored(shop)] == [False, False]
    browser.click("Undo")
    assert [rule.enabled for rule in stored(shop)] == [True, True]
    assert browser.answer.request.query_string == b"state=on"
    browser.choose("delete", second)
    assert stored(shop) == [EXCLUDE]
    browser.click("Undo")
    assert stored(shop) == [EXCLUDE, PIN]
    browser.choose("delete")
    assert browser.texts(".notice p") == ["Select one or more rows first."]


def test_an_undo_that_came_too_late_says_so(shop: SmallShop, browser: Rules) -> None:
    """Somebody built on the change in the meantime."""
    (rule_id,) = add(shop, EXCLUDE)
    browser.get("rules")
    browser.choose("disable", rule_id)
    with shop.app.app_context():
        RuleStore(shop.storefront.database).update(rule_id, 2, replace(EXCLUDE, note="kept"))
    browser.click("Undo")
    assert browser.texts(".notice-error p") == ["This has been changed since, so it can't be undone. Edit it instead."]
    assert stored(shop)[0].note == "kept"


def test_the_way_back_leads_to_our_own_pages_only(shop: SmallShop, browser: Rules) -> None:
    """Whatever the form says."""
    (rule_id,) = add(shop, EXCLUDE)
    browser.get("rules")
    for back in ("https://evil.example/", "//evil.example", f"{ADMIN}/../../x//y", f"{ADMIN}\\evil"):
        fields = {"storefront_token": browser.token, "rows": rule_id, "act": "enable", "back": back}
        answer = browser.client.post(f"{ADMIN}/rules/change", data=fields)
        assert answer.headers["Location"] == f"{ADMIN}/rules"


# The editor.


@pytest.mark.parametrize(
    ("typed", "rule"),
    [
        (
            {"kind": "pin", "target_product": "Product 14", "position": "2"},
            Rule(kind="pin", target_value="p14", position=2),
        ),
        (
            {
                "kind": "exclude",
                "target_kind": "brand",
                "target_brand": "Aster",
                "placement": "cart",
                "strategy": "related",
            },
            Rule(kind="exclude", target_kind="brand", target_value="Aster", placement="cart", strategy="related"),
        ),
        (
            {
                "kind": "exclude",
                "target_kind": "cheaper",
                "price_percent": "50",
                "seed_kind": "category",
                "seed_category": "c1",
            },
            Rule(kind="exclude", target_kind="cheaper", price_percent=50, seed_kind="category", seed_value="c1"),
        ),
        (
            {"kind": "bury", "target_kind": "category", "target_category": "c2", "strength": "40", "note": HOSTILE},
            Rule(kind="bury", target_kind="category", target_value="c2", strength=40, note=HOSTILE),
        ),
        (
            {"kind": "boost", "target_product": "p3", "strength": "300", "seed_kind": "brand", "seed_brand": "Birch"},
            Rule(kind="boost", target_value="p3", strength=300, seed_kind="brand", seed_value="Birch"),
        ),
    ],
)
def test_a_rule_is_made_and_opened_again_as_it_was_typed(
    shop: SmallShop, browser: Rules, typed: dict[str, str], rule: Rule
) -> None:
    """Saving it a second time without a change changes nothing."""
    browser.get("rules/new")
    browser.save(**typed)
    assert stored(shop) == [rule]
    assert browser.texts(".notice p") == ["Rule saved. Live within a second."]
    browser.get("rules/1")
    browser.save()
    with shop.app.app_context():
        assert (stored(shop), RuleStore(shop.storefront.database).load(1).version) == ([rule], 1)
        assert [(each.action, each.changed_by) for each in audit.entries(shop.storefront.database, "rule")[0]] == [
            ("create", "First editor")
        ]


def test_a_pin_is_about_its_product_whatever_the_choice_that_is_put_away_says(shop: SmallShop, browser: Rules) -> None:
    """A merchant who turns a rule about a brand into a pin need not know that the brand was ever chosen."""
    add(shop, Rule(kind="exclude", target_kind="brand", target_value="Aster"))
    browser.get("rules/1")
    browser.save(kind="pin", target_product="p2")
    assert stored(shop) == [Rule(kind="pin", target_value="p2")]


def test_times_are_those_of_the_shops_clock(make_shop: MakeShop) -> None:
    """Nine in the morning in Tokyo is midnight in UTC, there and back."""
    shop = make_shop(admin_access=lambda: Merchant("First editor"), STOREFRONT_TIMEZONE="Asia/Tokyo")
    browser = Rules(shop)
    browser.get("rules/new")
    browser.save(kind="exclude", target_product="p4", starts_at="2026-03-01T09:00", ends_at="2026-03-02T09:00")
    (rule,) = stored(shop)
    assert rule.starts_at == dt.datetime(2026, 3, 1, tzinfo=dt.timezone.utc)
    browser.get("rules/1")
    assert browser.value("starts_at") == "2026-03-01T09:00"


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"target_product": ""}, "target_product", "Choose the product"),
        ({"target_product": "nothing like it"}, "target_product", "No matching products"),
        ({"target_product": "Product"}, "target_product", "choose one"),
        ({"kind": "pin", "target_kind": "brand", "target_product": ""}, "target_product", "Choose the product"),
        ({"kind": "boost", "strength": "7"}, "strength", "from 101 to 1000"),
        ({"kind": "boost", "strength": "many"}, "strength", ""),
        ({"seed_kind": "brand"}, "seed_brand", "Choose the product, category or brand"),
        ({"target_kind": "dearer", "price_percent": "0"}, "price_percent", "from 1 to"),
        ({"starts_at": "2026-03-02T09:00", "ends_at": "2026-03-01T09:00"}, "ends_at", "end must be after the start"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field_and_nothing_typed_is_lost(
    shop: SmallShop, browser: Rules, typed: dict[str, str], field: str, words: str
) -> None:
    """And summed up on top, with a link to the field."""
    browser.get("rules/new")
    browser.save(422, **{"kind": "exclude", "target_product": "p4", "note": "keep me", **typed})
    assert browser.value("note") == "keep me"
    assert any(words in each for each in browser.texts(f"[aria-describedby~={field}-error] ~ .error")), browser.texts(
        ".error"
    )
    assert f"#{field}" in [str(each["href"]) for each in browser.soup.select(".notice-error li a")]
    assert stored(shop) == []


def test_one_of_several_products_is_chosen_without_script(shop: SmallShop, browser: Rules) -> None:
    """The page comes back with what the words may mean, and the choice wins over the words."""
    browser.get("rules/new")
    browser.save(422, kind="exclude", target_product="Product 1")
    offered = [str(each["value"]) for each in browser.soup.select("input[type=radio][name=target_product]")]
    assert "p12" in offered
    browser.save(kind="exclude", target_product=["Product 1", "p12"])
    assert [rule.target_value for rule in stored(shop)] == ["p12"]


def test_a_rule_about_a_deleted_product_can_still_be_edited(shop: SmallShop, browser: Rules) -> None:
    """Its id is kept, though no product has it."""
    (rule_id,) = add(shop, replace(EXCLUDE, target_value="gone"))
    browser.get(f"rules/{rule_id}")
    browser.save(note="was a lamp")
    assert stored(shop) == [replace(EXCLUDE, target_value="gone", note="was a lamp")]


def test_the_second_editor_sees_both_versions_and_may_save_anyway(shop: SmallShop, browser: Rules) -> None:
    """Nothing typed is lost, and nothing is overwritten unseen."""
    (rule_id,) = add(shop, EXCLUDE)
    browser.get(f"rules/{rule_id}")
    with shop.app.app_context():
        RuleStore(shop.storefront.database).update(rule_id, 1, replace(EXCLUDE, target_value="p8"), "Second editor")
    browser.save(409, target_product="p9", note="mine")
    assert "Second editor changed this" in browser.texts(".notice-warning")[0]
    assert browser.texts(".conflict tbody tr") == ["Applies to Product 8 Product 9", "Note – mine"]
    assert browser.value("note") == "mine"
    browser.save()
    assert stored(shop) == [replace(EXCLUDE, target_value="p9", note="mine")]


def delete(shop: SmallShop, *rule_ids: int) -> None:
    with shop.app.app_context():
        RuleStore(shop.storefront.database).delete(rule_ids, "Second editor")


def test_a_rule_that_was_deleted_in_the_meantime_can_be_saved_as_a_new_one(shop: SmallShop, browser: Rules) -> None:
    """Who deleted it and when is said, what was typed stands in the form, and saving makes a new rule."""
    (rule_id,) = add(shop, EXCLUDE)
    browser.get(f"rules/{rule_id}")
    delete(shop, rule_id)
    browser.save(410, target_product="p9", note=HOSTILE)
    (notice,) = browser.texts(".notice-warning")
    assert re.match(r"Second editor deleted this \d+ seconds? ago, while you were editing it\.", notice)
    assert browser.value("note") == HOSTILE
    assert browser.texts("form#rule button.primary") == ["Save as new"]
    assert stored(shop) == []
    browser.save()
    assert browser.texts(".notice")[0].startswith("Rule saved.")
    assert stored(shop) == [replace(EXCLUDE, target_value="p9", note=HOSTILE)]


def test_what_is_wrong_in_a_rule_that_was_deleted_in_the_meantime_is_shown_too(shop: SmallShop, browser: Rules) -> None:
    """With both messages; one about a product that is gone is kept as it was."""
    (rule_id,) = add(shop, replace(EXCLUDE, target_value="gone"))
    browser.get(f"rules/{rule_id}")
    delete(shop, rule_id)
    browser.save(410, kind="boost", strength="5000")
    assert len(browser.texts(".notice-warning")) == 1
    assert len(browser.texts(".notice-error li")) == 1
    assert (browser.value("strength"), browser.value("target_product")) == ("5000", "gone")


def test_a_rule_that_is_deleted_while_it_is_saved_is_no_error(
    shop: SmallShop, browser: Rules, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between reading and writing it, too."""
    (rule_id,) = add(shop, EXCLUDE)
    browser.get(f"rules/{rule_id}")

    save = RuleStore.update

    def late(store: RuleStore, *args: Any, **options: Any) -> Any:
        delete(shop, rule_id)
        return save(store, *args, **options)

    monkeypatch.setattr(RuleStore, "update", late)
    browser.save(410, target_product="p9")
    assert browser.value("target_product") == "p9"


def test_a_rule_is_deleted_from_its_editor_with_a_way_back(shop: SmallShop, browser: Rules) -> None:
    """One press, no question, an Undo."""
    (rule_id,) = add(shop, EXCLUDE)
    browser.get(f"rules/{rule_id}")
    (form,) = browser.soup.select("form#delete")
    browser.post(str(form["action"]), values(form))
    assert stored(shop) == []
    browser.click("Undo")
    assert stored(shop) == [EXCLUDE]


def test_the_preview_shows_what_a_rule_changes(shop: SmallShop, browser: Rules) -> None:
    """On the page of its seed, without saving anything; a rule that cannot be shows none."""
    with shop.app.app_context():
        shop.place(*(["p1", f"p{n}"] for n in range(2, 6) for _ in range(8 - n)))
    browser.get("rules/new?kind=exclude&target=p2&seed=p1")
    (form,) = browser.soup.select("form#rule")
    browser.post("rules/preview", values(form))
    assert browser.texts("p .product-title") == ["Product 1"]
    assert browser.texts(".rules-gone .rules-name")[0] == "Product 2"
    assert "Product 2" not in browser.texts(".rules-row:last-child .rules-name")
    browser.post("rules/preview", values(form) | {"target_product": "p20"})
    assert "This page doesn't change." in browser.soup.text
    browser.post("rules/preview", values(form) | {"target_product": ""})
    assert "Complete the rule" in browser.soup.text
    assert stored(shop) == []


# Who may.


def test_somebody_who_may_look_changes_nothing(make_shop: MakeShop) -> None:
    """The form is there with its fields off, and every change is refused."""
    shop = make_shop(admin_access=lambda: Merchant("Viewer", "view"))
    (rule_id,) = add(shop, EXCLUDE)
    browser = Rules(shop)
    browser.get(f"rules/{rule_id}")
    assert browser.soup.select("form#rule fieldset[disabled]")
    assert not browser.soup.select("form#rule button.primary")
    browser.get("rules")
    assert not browser.soup.select("[data-row], [data-bulk], .head-action a")
    token = {"storefront_token": "x"}
    for path in (
        "rules/new",
        f"rules/{rule_id}",
        "rules/change",
        "rules/undo",
        "rules/preview",
        f"rules/{rule_id}/restore",
    ):
        browser.post(path, token)
        assert browser.status == 403
    browser.get("rules/new")
    assert browser.status == 403
    assert stored(shop) == [EXCLUDE]


def test_a_change_without_our_token_is_none(shop: SmallShop, browser: Rules) -> None:
    """Neither from a button nor from the form; what was typed is kept."""
    (rule_id,) = add(shop, EXCLUDE)
    browser.post("rules/change", {"act": "delete", "rows": rule_id})
    browser.get(f"rules/{rule_id}")
    browser.save(422, storefront_token="forged", note="mine")
    assert browser.value("note") == "mine"
    assert stored(shop) == [EXCLUDE]


def test_a_rule_that_is_not_there_is_not_found(browser: Rules) -> None:
    """As any address that means nothing."""
    browser.get("rules/77")
    assert browser.status == 404
    browser.get("rules/new")
    (form,) = browser.soup.select("form#rule")
    browser.post("rules/77", values(form))
    assert browser.status == 404


def test_the_pages_speak_japanese(shop: SmallShop) -> None:
    """Also what is wrong."""
    add(shop, EXCLUDE)
    browser = Rules(shop, "ja")
    browser.get("rules")
    assert "除外" in browser.rows[0]
    browser.get("rules/new")
    browser.save(422, kind="boost", target_product="p4", strength="5")
    assert any("101" in each and "整数" in each for each in browser.texts(".error"))


# The history.


def test_the_history_says_who_changed_what_and_leads_back(shop: SmallShop, browser: Rules) -> None:
    """The newest first, each field before and after; a version that stands again is a change that Undo takes back."""
    (rule_id,) = add(shop, EXCLUDE)
    browser.get(f"rules/{rule_id}")
    browser.save(target_product="p9", note=HOSTILE)
    browser.get(f"rules/{rule_id}/history")
    assert browser.texts(".history-head b") == ["Changed", "Created"]
    assert [each.split(" · ")[0] for each in browser.texts(".history-head .quiet")] == ["First editor", "Second editor"]
    assert browser.texts(".changes tbody tr") == ["Applies to Product 4 Product 9", f"Note – {HOSTILE}"]
    (again,) = browser.soup.select(".history form")
    browser.post(str(again["action"]), values(again))
    assert browser.texts(".notice p") == ["Version restored."]
    assert stored(shop) == [EXCLUDE]
    browser.click("Undo")
    assert [rule.target_value for rule in stored(shop)] == ["p9"]
    assert browser.texts(".notice p") == ["Undone."]
    browser.click("Redo")
    assert browser.texts(".notice p") == ["Redone."]
    assert stored(shop) == [EXCLUDE]


def test_a_version_is_not_restored_over_a_change_that_the_page_did_not_show(shop: SmallShop, browser: Rules) -> None:
    """The page as it stands now is shown instead; a version of another rule, or none, is not found."""
    rule_id, other = add(shop, EXCLUDE, PIN)
    for version, note in ((1, "once"), (2, "twice")):
        with shop.app.app_context():
            RuleStore(shop.storefront.database).update(rule_id, version, replace(EXCLUDE, note=note))
        if version == 1:
            browser.get(f"rules/{rule_id}/history")
            form = browser.soup.select(".history form")[-1]
    browser.post(str(form["action"]), values(form))
    assert browser.texts(".notice-warning p") == ["Someone else has changed this. This is the current version."]
    assert [rule.note for rule in stored(shop)] == ["twice", ""]
    browser.post(f"rules/{other}/restore", values(form) | {"version": "1"})
    assert browser.status == 404
    browser.get("rules/77/history")
    assert browser.status == 404


# Defaults, names that nothing has, and the log.


def test_the_usual_strength_follows_the_kind(browser: Rules, shop: SmallShop) -> None:
    """An untouched strength is 150 for a boost and 50 for a bury, also where the kind is changed later."""
    for kind in ("boost", "bury"):
        browser.get("rules/new")
        browser.save(kind=kind, target_product="p3")
    assert [rule.strength for rule in stored(shop)] == [150, 50]
    browser.get("rules/1")
    browser.save(kind="bury")
    browser.get("rules/2")
    browser.save(kind="boost")
    assert [rule.strength for rule in stored(shop)] == [50, 150]


@pytest.mark.parametrize(
    ("typed", "field", "message"),
    [
        ({"target_product": "nothing like it"}, "target_product", "No matching products; enter a title or product ID."),
        ({"target_product": "p99"}, "target_product", "No matching products; enter a title or product ID."),
        ({"target_kind": "brand", "target_brand": "Astre"}, "target_brand", "No matching brands; enter one that"),
        (
            {"target_product": "p1", "seed_kind": "category", "seed_category": "c9"},
            "seed_category",
            "No matching categories; enter the name or ID",
        ),
        (
            {"target_product": "p1", "seed_kind": "category", "seed_category": "c"},
            "seed_category",
            "Several categories match: choose one.",
        ),
    ],
)
def test_what_the_shop_does_not_have_is_refused_beside_its_field(
    browser: Rules, shop: SmallShop, typed: dict[str, str], field: str, message: str
) -> None:
    """With what helps; what was typed stays, and nothing is saved."""
    browser.get("rules/new")
    browser.save(422, kind="exclude", **typed)
    assert browser.texts(f"#{field}-error")[0].startswith(message)
    assert browser.value(field) == typed[field]
    assert stored(shop) == []


def test_of_several_names_one_is_chosen(browser: Rules, shop: SmallShop) -> None:
    """Without script, too: as for products, by a button for each."""
    browser.get("rules/new")
    browser.save(422, kind="exclude", target_kind="category", target_category="c")
    assert [str(one["value"]) for one in browser.soup.select("[name=target_category][type=radio]")] == [
        f"c{n}" for n in range(4)
    ]
    browser.save(target_category=["c", "c2"])
    assert [rule.target_value for rule in stored(shop)] == ["c2"]


def test_a_brand_is_found_however_it_is_written(browser: Rules, shop: SmallShop) -> None:
    """Or by the only one that has the words; what is stored is its own name."""
    for typed in ("aSTER", "birc"):
        browser.get("rules/new")
        browser.save(kind="exclude", target_kind="brand", target_brand=typed)
    assert [rule.target_value for rule in stored(shop)] == ["Aster", "Birch"]


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("product", "p99", "No longer in the catalogue"),
        ("category", "c9", "No product has the category “c9”."),
        ("brand", "Astre", "No product has the brand “Astre”."),
    ],
)
def test_what_was_there_before_it_was_deleted_stays_and_says_so(
    browser: Rules, shop: SmallShop, kind: str, value: str, words: str
) -> None:
    """A rule about it can be changed otherwise; in the list of rules it is marked, too."""
    add(shop, Rule(kind="exclude", target_kind=kind, target_value=value))  # type: ignore[arg-type]
    browser.get("rules/1")
    assert [words in text for text in browser.texts(f".when-{kind} .picked:not([hidden])")] == [True]
    browser.save(note="Changed")
    assert [(rule.target_value, rule.note) for rule in stored(shop)] == [(value, "Changed")]
    browser.get("rules")
    assert kind == "product" or browser.texts(".rules-rows .warn") == [words]


def test_a_brand_of_just_now_is_known(make_shop: MakeShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before a name is refused, the catalogue is read again, though not at every try."""
    catalog = MemoryCatalog(made_products())
    shop = make_shop(admin_access=lambda: Merchant("First editor"), catalog=catalog)
    browser = Rules(shop)
    browser.get("rules/new")
    browser.save(422, kind="exclude", target_kind="brand", target_brand="Clover")
    catalog._products["p1"] = replace(catalog._products["p1"], brand="Clover")
    browser.save(422, target_brand="Clover")
    monkeypatch.setattr(catalogue_names, "FRESH_SECONDS", 0)
    browser.save(target_brand="Clover")
    assert [rule.target_value for rule in stored(shop)] == ["Clover"]


def test_a_large_catalogue_is_read_to_its_end_before_a_name_is_refused(
    make_shop: MakeShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The brand of its last product is known, another is none; pages of before read only the first products."""
    products = made_products()
    products[-1] = replace(products[-1], brand="Clover")
    shop = make_shop(admin_access=lambda: Merchant("First editor"), products=products)
    browser = Rules(shop)
    monkeypatch.setattr(catalogue_names, "MOST_PRODUCTS", 5)
    for brand, status in (("Astre", 422), ("clover", 200)):
        browser.get("rules/new")
        browser.save(status, kind="exclude", target_kind="brand", target_brand=brand)
    assert [rule.target_value for rule in stored(shop)] == ["Clover"]


def test_a_shop_with_many_brands_knows_them_all(make_shop: MakeShop) -> None:
    """A page without script lists the first ones only."""
    products = [replace(one, brand=f"Brand {one.id}") for one in made_products(320)]
    browser = Rules(make_shop(admin_access=lambda: Merchant("First editor"), products=products))
    for brand, status in (("Brand p99", 200), ("Brand none", 422)):
        browser.get("rules/new")
        assert len(browser.soup.select("#target_brand-names option")) == catalogue_names.MOST_LISTED
        browser.save(status, kind="exclude", target_kind="brand", target_brand=brand)


def test_nothing_is_said_of_brands_where_not_all_products_could_be_read(
    browser: Rules, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A catalogue above the bound may have the brand further down."""
    monkeypatch.setattr(catalogue_names, "MOST_PRODUCTS", 5)
    monkeypatch.setattr(catalogue_names, "SEARCH_SECONDS", 0)
    browser.get("rules/new")
    browser.save(kind="exclude", target_kind="brand", target_brand="Astre")
    assert not browser.texts(".notice-warning, .rules-rows .warn")


def test_times_are_shown_with_their_clock(browser: Rules) -> None:
    """Beside the fields of a schedule."""
    browser.get("rules/new")
    assert "Times are in UTC." in browser.texts("form#rule .help")
