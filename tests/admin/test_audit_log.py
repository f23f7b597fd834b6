"""The merchant's log: what was changed is named in words, and leads to where it stands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from admin_form import ADMIN, Merchants, values
from fillers import FILLERS
from made_bundles import set_of
from small_shop import SmallShop, made_products

from storefront_plugin import MemoryCatalog, Merchant, Product, Slot
from storefront_plugin.bundles.definition import BundleText
from storefront_plugin.bundles.price import percent_off
from storefront_plugin.bundles.store import proposals
from storefront_plugin.bundles.store.repository import BundleRepository
from storefront_plugin.bundles.store.tables import ProposalRow
from storefront_plugin.recommending.placements import PlacementStore
from storefront_plugin.recommending.plan import DEFAULT_PLAN
from storefront_plugin.recommending.rules.rule import Rule
from storefront_plugin.recommending.rules.store import RuleStore

MakeShop = Callable[..., SmallShop]
KEY = "a" * 64


class Failing(MemoryCatalog):
    """A catalogue that can be broken."""

    broken = False

    def get_many(self, ids: Sequence[str]) -> dict[str, Product]:
        if self.broken:
            raise RuntimeError("The catalogue is down.")
        return super().get_many(ids)


@pytest.fixture
def catalog() -> Failing:
    return Failing(made_products())


@pytest.fixture
def admin(make_shop: MakeShop, catalog: Failing) -> SmallShop:
    """A shop whose merchant may edit; product data is never kept."""
    return make_shop(admin_access=lambda: Merchant("First editor"), catalog=catalog, STOREFRONT_PRODUCT_CACHE_SECONDS=0)


@pytest.fixture
def browser(admin: SmallShop) -> Merchants:
    return Merchants(admin)


def log(browser: Merchants, path: str = "log") -> list[tuple[str, str | None]]:
    """What was done, the latest first, and where it leads."""
    browser.get(path)
    cells = browser.soup.select("tbody td:first-child")
    links = [cell.select_one("a") for cell in cells]
    return [
        (text, str(link["href"]).removeprefix(f"{ADMIN}/") if link else None)
        for text, link in zip(browser.texts("tbody td:first-child > span"), links, strict=True)
    ]


def propose(shop: SmallShop, *products: str) -> None:
    figures = {"support": 5, "orders": 9, "confidence": 0.5, "lift": 2.0, "expected_share": 0.3, "margin": None}
    row = figures | {"currency": "EUR", "price": 700, "discount": 15, "decided_by": "", "state": "open"}
    ids = '["' + '", "'.join(products) + '"]'
    with shop.app.app_context(), shop.storefront.database.writing() as session:
        session.add(ProposalRow(key=KEY, product_ids=ids, found_at=dt.datetime(2026, 3, 1), **row))


def test_rules_are_named_by_what_they_do_whoever_made_them(admin: SmallShop, browser: Merchants) -> None:
    """By a form or by a call from Python; each leads to its rule, one that is gone to none."""
    with admin.app.app_context():
        admin.storefront.pin("p2", to="p1", strategy="also_bought")
        admin.storefront.exclude("p4")
        admin.storefront.include("p4")
        dearer = Rule(kind="boost", target_kind="dearer", price_percent=150, strength=200)
        RuleStore(admin.storefront.database).create(dearer)
    browser.get("rules/new")
    (form,) = browser.soup.select("form#rule")
    browser.post(
        str(form["action"]), values(form) | {"kind": "bury", "target_kind": "category", "target_category": "c1"}
    )
    buried, boosted, *excluded, pinned = log(browser)
    assert pinned == (
        "Rule Pin · Product 2 · Pages of Product 1 · Customers also bought created",
        "rules/1",
    )
    assert excluded == [
        ("Rule Exclude · Product 4 · Any page deleted", None),
        ("Rule Exclude · Product 4 · Any page created", None),
    ]
    assert boosted[0] == "Rule Boost +100% · More than 150% of the page product's price · Any page created"
    assert buried[0] == "Rule Demote −50% · Category c1 · Any page created"
    browser.get(str(buried[1]))
    assert browser.value("target_category") == "c1"


def test_a_rule_is_called_as_then_where_its_product_is_gone(
    admin: SmallShop, browser: Merchants, catalog: Failing
) -> None:
    """Also while the catalogue fails, which does not take the log away."""
    browser.get("rules/new")
    (form,) = browser.soup.select("form#rule")
    browser.post(str(form["action"]), values(form) | {"kind": "pin", "target_product": "p3"})
    assert log(browser)[0][0] == "Rule Pin · Product 3 · Any page created"
    catalog.broken = True
    assert log(browser)[0][0] == "Rule Pin: Product 3 created"
    catalog.broken = False
    del catalog._products["p3"]
    assert log(browser)[0][0] == "Rule Pin: Product 3 created"


def test_a_proposal_is_called_by_its_products_and_leads_to_what_became_of_it(
    admin: SmallShop, browser: Merchants, catalog: Failing
) -> None:
    """To its list, or to the bundle that was made of it; one that is not proposed any more keeps its words."""
    propose(admin, "p3", "p4")
    with admin.app.app_context():
        proposals.reject(admin.storefront.database, [KEY], "Second editor")
    assert log(browser) == [("Proposal Product 3 + Product 4 dismissed", "bundles/proposals?state=rejected")]
    with admin.app.app_context():
        proposals.unreject(admin.storefront.database, [KEY], "Second editor")
        definition = proposals.definition_of(admin.storefront.database, catalog, KEY)
        bundle = BundleRepository(admin.storefront.database).create(definition, proposal=KEY).id
    lines = log(browser, "log?subject=proposal")
    assert [address for _, address in lines] == [f"bundles/{bundle}"] * 3
    assert lines[0][0] == "Proposal Product 3 + Product 4 made into a bundle"
    with admin.app.app_context(), admin.storefront.database.writing() as session:
        session.delete(session.get(ProposalRow, KEY))
    assert log(browser, "log?subject=proposal")[0] == ("Proposal p3 + p4 made into a bundle", None)


def test_the_log_says_what_a_rule_was_before(admin: SmallShop, browser: Merchants) -> None:
    """Each field that differs, as it was and as it is; what was only switched, made or deleted needs no more words."""
    rule = Rule(kind="boost", target_value="p3", strength=200)
    with admin.app.app_context():
        database = admin.storefront.database
        made = RuleStore(database).create(rule, "First editor")
        changed = replace(
            rule, strength=300, seed_kind="brand", seed_value="Aster", placement="cart", note="For spring"
        )
        RuleStore(database).update(made.id, 1, changed, "Second editor")
        RuleStore(database).set_enabled([made.id], False)
    browser.get("log")
    off, edited, created = browser.soup.select("tbody tr")
    assert [each.text for each in edited.select("li")] == [
        "Action: Boost +100% → Boost +200%",
        "Pages affected: Any page → Pages of brand Aster",
        "Where: – → Cart",
        "Note: – → For spring",
    ]
    assert not off.select("li")
    assert not created.select("li")


def test_the_log_says_which_slots_were_changed(admin: SmallShop, browser: Merchants) -> None:
    """Added, removed, changed and moved ones, the first time against the plan of the shop's developer."""
    first, second, *others = DEFAULT_PLAN["product"]
    mine = Slot(name="mine", strategies=("trending",), title="Mine")
    with admin.app.app_context():
        database = admin.storefront.database
        PlacementStore(database, FILLERS).save("product", 0, [second, first, *others, mine], "First editor")
        PlacementStore(database, FILLERS).save("product", 1, [replace(second, limit=1), first], "First editor")
        PlacementStore(database, FILLERS).reset("product", 2, "First editor")
    browser.get("log")
    reset, cut, moved = ([each.text for each in row.select("li")] for row in browser.soup.select("tbody tr"))
    assert moved == ["added: Mine", "reordered"]
    assert cut[0].startswith("removed: ")
    assert cut[0].endswith(", Mine")
    assert cut[1].startswith("changed: ")
    assert len(cut) == 2
    assert reset[0].startswith("added: ")
    assert reset[1] == "changed: " + cut[1].removeprefix("changed: ")
    assert reset[2] == "reordered"


def test_the_log_leads_to_the_history_of_a_bundle(admin: SmallShop, browser: Merchants) -> None:
    """Where a change of it is shown field by field."""
    with admin.app.app_context():
        database = admin.storefront.database
        stored = BundleRepository(database).create(set_of("p1", "p2", price=percent_off(10)))
        bundle = stored.id
        BundleRepository(database).update(bundle, stored.version, replace(stored.definition, staff_only=True))
    browser.get("log")
    assert [str(each["href"]) for each in browser.soup.select("tbody a.small-text")] == [
        f"{ADMIN}/bundles/{bundle}/history"
    ]


def test_a_bundle_is_called_by_its_title_in_the_merchants_language(admin: SmallShop) -> None:
    """As it is called now; one that is gone keeps the title of then."""
    both = {"en": BundleText("Kit"), "ja": BundleText("セット")}
    with admin.app.app_context():
        bundles = BundleRepository(admin.storefront.database)
        bundles.create(replace(set_of("p1", "p2", price=percent_off(10)), texts=both))
        gone = bundles.create(replace(set_of("p3", "p4", price=percent_off(10)), texts=both))
        bundles.delete_draft(gone.id, gone.version)
    assert [text for text, _ in log(Merchants(admin, "ja"))] == [
        "セット Kit を削除",
        "セット Kit を作成",
        "セット セット を作成",
    ]


def test_slots_are_called_by_their_page_in_the_merchants_language(admin: SmallShop) -> None:
    """And so are rules."""
    with admin.app.app_context():
        PlacementStore(admin.storefront.database, FILLERS).save(
            "product", 0, DEFAULT_PLAN["product"][:1], "Second editor"
        )
        admin.storefront.pin("p2", to="p1")
    assert log(Merchants(admin))[1] == ("Placement Product page changed", "slots/product")
    rule, slots = log(Merchants(admin, "ja"))
    assert slots[0].startswith("おすすめ枠 商品ページ")
    assert rule[0].startswith("ルール ピン留め · Product 2 ·")
