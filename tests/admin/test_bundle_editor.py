"""The merchant makes and changes bundles in plain HTML: nothing typed is lost, and the second of two editors gets a conflict."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from admin_form import ADMIN, Merchants, values
from made_bundles import set_of
from small_shop import SmallShop, made_products

from storefront_plugin import CartLine, MemoryCatalog, Merchant, Product
from storefront_plugin.bundles.definition import BundleText, Definition, Schedule
from storefront_plugin.bundles.price import amount_off, fixed_price, percent_off
from storefront_plugin.bundles.store import proposals
from storefront_plugin.bundles.store.listing import list_bundles
from storefront_plugin.bundles.store.repository import BundleRecord, BundleRepository
from storefront_plugin.bundles.store.saved_forms import create_once
from storefront_plugin.bundles.store.tables import BundleRow, ProposalRow
from storefront_plugin.bundles.tier import Component, Tier
from storefront_plugin.core.sql.audit import entries
from storefront_plugin.core.sql.database import table_of
from storefront_plugin.shop.ports import Variant

TEN = percent_off(10)
HOSTILE = "<script>alert(1)</script>\u202eevil مجموعة " + "x" * 60


@pytest.fixture
def admin(make_shop: Callable[..., SmallShop]) -> SmallShop:
    """A shop whose merchant may edit."""
    return make_shop(admin_access=lambda: Merchant("First editor"))


@pytest.fixture
def editor(admin: SmallShop) -> Merchants:
    return Merchants(admin)


def stored(shop: SmallShop, bundle_id: int = 1) -> BundleRecord:
    with shop.app.app_context():
        return BundleRepository(shop.storefront.database).load(bundle_id)


def create(shop: SmallShop, definition: Definition, publish: bool = False) -> BundleRecord:
    with shop.app.app_context():
        made = BundleRepository(shop.storefront.database).create(definition, "Second editor")
        if publish:
            made = BundleRepository(shop.storefront.database).set_state(
                made.id, made.version, "publish", "Second editor"
            )
        return made


def count(shop: SmallShop) -> int:
    with shop.app.app_context():
        return list_bundles(shop.storefront.database)[1]


def test_a_bundle_is_made_and_published_without_script(admin: SmallShop, editor: Merchants) -> None:
    """Choose a kind, add products by title and by id, type a title and a percentage, publish."""
    soup = editor.get("bundles/new")
    assert len(soup.select("a.kind svg")) == 5
    editor.get("bundles/new?kind=set")
    editor.press("add-0", tiers__0__add="product 20", texts__0__title="Kit")
    assert editor.texts(".component .product-title") == ["Product 20"]
    editor.press("add-0", tiers__0__add="p3")
    editor.press("up-tiers-0-components-1", tiers__0__percent="12.5")
    assert editor.texts(".component .product-title") == ["Product 3", "Product 20"]
    assert editor.value("texts-0-title") == "Kit"
    editor.press("publish")
    assert editor.status == 200
    assert editor.texts(".notice")[0].startswith("Published.")
    kept = stored(admin)
    assert (kept.state, kept.updated_by) == ("published", "First editor")
    assert kept.definition == dataclasses.replace(
        set_of("p3", "p20", price=percent_off("12.5")), texts={"en": BundleText("Kit")}
    )
    with admin.app.app_context():
        assert [entry.action for entry in entries(admin.storefront.database)[0]] == ["publish", "create"]
        pricing = admin.storefront.price_cart([CartLine("p3"), CartLine("p20")])
    assert pricing.total == 2012  # 12.5 % of 23.00 is 2.88


@pytest.mark.parametrize("kind", ["set", "ladder", "mix", "extra", "steps"])
def test_each_kind_can_be_made_from_its_empty_form(admin: SmallShop, editor: Merchants, kind: str) -> None:
    """The empty form of a kind needs products, a price and a title, and nothing that it does not show."""
    editor.get(f"bundles/new?kind={kind}")
    for product in ("p8", "p9"):
        editor.press("add-0", tiers__0__add=product)
    typed = {"texts__0__title": "Kit", "tiers__0__percent": "5", "tiers__1__percent": "10"}
    if kind == "ladder":
        for product in ("p8", "p9", "p10"):
            editor.press("add-1", tiers__1__add=product)
    if kind == "extra":
        typed["tiers__0__components__1__free"] = "y"
    if kind in ("set", "mix", "extra"):
        typed.pop("tiers__1__percent")
    editor.press("publish", **typed)
    assert (stored(admin).state, stored(admin).definition.kind) == ("published", kind)


def test_several_products_of_a_name_come_back_as_a_choice(admin: SmallShop, editor: Merchants) -> None:
    """The words are kept, the choice wins over them; words of no product are said to be so."""
    editor.get("bundles/new?kind=set")
    editor.press("add-0", tiers__0__add="product 1")
    choices = [str(one["value"]) for one in editor.soup.select(".choices input")]
    assert "p1" in choices
    assert "p10" in choices
    assert editor.value("tiers-0-add") == "product 1"
    editor.press("add-0", tiers__0__add=["product 1", "p10"])
    assert editor.texts(".component .product-title") == ["Product 10"]
    editor.press("add-0", tiers__0__add="zebra")
    assert "No matching products" in editor.texts(".picker .error")[0]
    editor.press("add-0", tiers__0__add="p10")
    assert "already in the bundle" in editor.texts(".picker .error")[0]


def test_a_product_typed_and_not_added_is_added_when_saving(admin: SmallShop, editor: Merchants) -> None:
    """Pressing save instead of add loses nothing; one that is not clear keeps the form open."""
    editor.get("bundles/new?kind=set")
    editor.press("add-0", tiers__0__add="p1")
    editor.press("save", tiers__0__add="zebra", tiers__0__percent="10", texts__0__title="Kit")
    assert (editor.status, count(admin)) == (422, 0)
    editor.press("save", tiers__0__add="p2")
    assert stored(admin).definition.product_ids == {"p1", "p2"}


def test_what_is_wrong_is_summed_up_with_links_and_nothing_is_lost(admin: SmallShop, editor: Merchants) -> None:
    """Every error leads to its field; the form comes back with all that was typed, and nothing is stored."""
    editor.get("bundles/new?kind=set")
    editor.press("add-0", tiers__0__add="p1")
    typed = {"tiers__0__percent": "150", "limit_in_all": "2.5", "texts__0__benefit": HOSTILE, "segment": "<b>"}
    editor.press("publish", tiers__0__components__0__quantity="-3", **typed)
    assert (editor.status, count(admin)) == (422, 0)
    for address in (str(one["href"]) for one in editor.soup.select(".notice-error a")):
        assert editor.soup.find(id=address[1:]) is not None
    assert len(editor.soup.select(".notice-error li")) == 4
    for field in editor.soup.select("[aria-invalid]"):
        assert editor.soup.find(id=field["aria-describedby"]) is not None, field
    assert len(editor.soup.select("[aria-invalid]")) == 4
    for name, value in typed.items():
        assert editor.value(name.replace("__", "-")) == value
    assert editor.value("tiers-0-components-0-quantity") == "-3"
    assert not editor.soup.select(".preview script, main script")


def test_hostile_words_are_text_everywhere(admin: SmallShop, editor: Merchants) -> None:
    """Markup and right-to-left marks in titles stay words: in the list, the editor, the history and the notices."""
    texts = {"en": BundleText(HOSTILE[:200], HOSTILE), "ar": BundleText(HOSTILE[:200])}
    made = create(admin, dataclasses.replace(set_of("p1", "p2", price=TEN), texts=texts), publish=True)
    with admin.app.app_context():
        BundleRepository(admin.storefront.database).update(1, made.version, set_of("p1", "p2", price=TEN), HOSTILE[:80])
        BundleRepository(admin.storefront.database).revert(1, made.version + 1, "<i>")
    for page in ("bundles", "bundles/1", "bundles/1/history", "bundles/1?x=<script>", "log"):
        soup = editor.get(page)
        assert editor.status == 200
        assert all(script.get("src") for script in soup.select("script"))
        assert not soup.select("main i")
        assert not re.search(r"\sstyle=|\son[a-z]+=", editor.answer.text)
    assert editor.get("bundles").select_one(".row-title")["dir"] == "auto"  # type: ignore[index]


def test_a_row_without_a_product_is_an_error_on_the_page(editor: Merchants) -> None:
    """A form that no page of ours sends is no failure of the server."""
    form = editor.get("bundles/new?kind=set").select_one("#bundle")
    assert form is not None
    sent = values(form) | {"texts-0-title": ["Kit"], "tiers-0-components-0-quantity": ["1"], "do": ["save"]}
    editor.post("bundles/new", sent)
    assert editor.status == 422
    assert editor.texts(".error")


def test_a_form_that_is_sent_twice_makes_one_bundle(admin: SmallShop, editor: Merchants) -> None:
    """Also by two processes at the same time."""
    editor.get("bundles/new?kind=set")
    editor.press("add-0", tiers__0__add="p1")
    editor.press("add-0", tiers__0__add="p2")
    form = editor.soup.select_one("#bundle")
    assert form is not None
    sent = values(form) | {"texts-0-title": ["Kit"], "tiers-0-percent": ["10"], "do": ["publish"]}
    for _ in range(2):
        editor.post("bundles/new", sent)
        assert editor.texts("h1") == ["Kit"]
    assert count(admin) == 1
    made: list[int] = []

    def once() -> None:
        with admin.app.app_context():
            made.append(create_once(admin.storefront.database, "key", set_of("p1", "p2", price=TEN)).id)

    threads = [threading.Thread(target=once) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [2] * 4
    assert count(admin) == 2


def test_the_second_of_two_editors_sees_both_and_decides(admin: SmallShop, editor: Merchants) -> None:
    """409 with everything typed, the fields that differ, and a button that saves over theirs."""
    create(admin, set_of("p1", "p2", price=TEN))
    editor.get("bundles/1")
    with admin.app.app_context():
        BundleRepository(admin.storefront.database).update(
            1, 1, set_of("p1", "p2", price=percent_off(20)), "Second editor"
        )
    editor.press("save", tiers__0__percent="30", texts__0__title="Mine")
    assert editor.status == 409
    assert "Second editor" in editor.texts(".conflict p")[1]
    first = editor.soup.select("[form=bundle], #bundle button")[0]
    assert first["value"] == "preview", "what Enter presses in a field"
    rows = editor.texts(".conflict tbody tr")
    assert rows == ["Title (English) Set Mine", "Price 20% off 30% off"]
    assert editor.value("texts-0-title") == "Mine"
    assert stored(admin).definition.tiers[0].price == percent_off(20)
    editor.press("save")
    assert editor.status == 200
    assert (stored(admin).version, stored(admin).definition.tiers[0].price) == (3, percent_off(30))


def test_a_bundle_that_is_gone_can_be_saved_as_a_new_one(admin: SmallShop, editor: Merchants) -> None:
    """The shop went back to an older copy of its database: what was typed stands in the form of a new bundle."""
    bundle_id = create(admin, set_of("p1", "p2", price=TEN)).id
    editor.get(f"bundles/{bundle_id}")
    with admin.app.app_context(), admin.storefront.database.writing() as session:
        session.execute(sa.delete(table_of(BundleRow)))
    editor.press("save", tiers__0__percent="15", texts__0__title=HOSTILE)
    assert (editor.status, count(admin)) == (410, 0)
    assert editor.texts(".notice-warning b") == ["This bundle no longer exists."]
    assert editor.value("texts-0-title") == HOSTILE
    editor.press("save")
    assert editor.texts(".notice")[0].startswith("Saved as a draft.")
    with admin.app.app_context():
        ((row, *_), number) = list_bundles(admin.storefront.database)
    assert (number, stored(admin, row.id).definition) == (
        1,
        dataclasses.replace(set_of("p1", "p2", price=percent_off(15)), texts={"en": BundleText(HOSTILE)}),
    )


def test_a_fixed_price_above_the_sum_is_warned_of_and_not_published(admin: SmallShop, editor: Merchants) -> None:
    """p3 and p4 cost 7.00: a draft may ask 7.01, a published bundle may not, by no way."""
    editor.get("bundles/new?kind=set")
    editor.press("add-0", tiers__0__add="p3")
    editor.press("add-0", tiers__0__add="p4")
    typed = {"texts__0__title": "Kit", "tiers__0__price": "fixed", "tiers__0__amounts__0__amount": "7.01"}
    editor.press("publish", **typed)
    reason = "The fixed price of €7.01 is higher than the €7.00 the products cost separately. Lower it."
    assert editor.status == 422
    assert editor.texts(".notice-error li") == [f"Amount (EUR) : {reason}"]
    assert editor.texts(".wrong .error") == [reason]
    assert editor.soup.select(".notice-error li a[href='#tiers-0-amounts-0-amount']")
    assert count(admin) == 0
    editor.press("save")
    assert (editor.status, stored(admin).state) == (200, "draft")
    assert reason in editor.texts("#bundle-preview .notice-error")
    editor.post("bundles/1/state", {"storefront_token": editor.token, "action": "publish", "version": "1"})
    assert stored(admin).state == "draft"
    assert reason in editor.texts(".notice-error")[0]
    editor.get("bundles")
    editor.post("bundles/change", {"storefront_token": editor.token, "act": "publish", "rows": "1:1"})
    assert stored(admin).state == "draft"
    editor.get("bundles/1")
    editor.press("publish", tiers__0__amounts__0__amount="6.99")
    assert stored(admin).state == "published"
    editor.press("save", tiers__0__amounts__0__amount="7.01")
    assert (editor.status, stored(admin).definition.tiers[0].price) == (422, fixed_price({"EUR": 699}))


def test_what_saves_nothing_is_not_published(admin: SmallShop, editor: Merchants) -> None:
    """p3 and p4 cost 7.00: at that price it stays a draft, by the editor, the button and the list."""
    reason = "No saving yet: lower the price or increase the discount."
    create(admin, set_of("p3", "p4", price=fixed_price({"EUR": 700})))
    editor.get("bundles/1")
    assert "No saving" in editor.texts("#bundle-preview .message")[0]
    editor.press("publish")
    assert editor.status == 422
    assert editor.texts(".notice-error li") == [f"Price : {reason}"]
    editor.get("bundles/1")
    editor.post("bundles/1/state", {"storefront_token": editor.token, "action": "publish", "version": "1"})
    assert reason in editor.texts(".notice-error")[0]
    editor.get("bundles")
    editor.post("bundles/change", {"storefront_token": editor.token, "act": "publish", "rows": "1:1"})
    assert stored(admin).state == "draft"
    editor.get("bundles/1")
    editor.press("publish", tiers__0__amounts__0__amount="6.99")
    assert stored(admin).state == "published"
    editor.post(
        "bundles/1/restore", {"storefront_token": editor.token, "to": "1", "version": str(stored(admin).version)}
    )
    assert stored(admin).definition.tiers[0].price == fixed_price({"EUR": 699})


def test_one_tier_or_choice_that_saves_is_enough(admin: SmallShop, editor: Merchants) -> None:
    """A mix at the price of its cheapest choice saves in others, and may be published."""
    components = tuple(Component(name) for name in ("p3", "p4"))
    price = fixed_price({"EUR": 700})
    create(admin, Definition(kind="mix", tiers=(Tier(components, price, 2, 2),), texts={"en": BundleText("Any two")}))
    editor.get("bundles/1")
    editor.press("publish")
    assert stored(admin).state == "published"


def test_an_error_about_one_of_several_tiers_names_it(admin: SmallShop, editor: Merchants) -> None:
    """A quantity step whose percentage is missing is shown at the second step."""
    editor.get("bundles/new?kind=steps")
    editor.press("add-0", tiers__0__add="p3")
    editor.press("save", texts__0__title="Many", tiers__0__percent="5", tiers__1__percent="")
    assert editor.status == 422
    assert [[part.strip() for part in text.split(":")[:2]] for text in editor.texts(".notice-error li")] == [
        ["Level 2", "Percent off"]
    ]


def test_the_price_table_is_what_the_till_charges(admin: SmallShop, editor: Merchants) -> None:
    """One by one, together, saved, for every tier; p9 + p10 are 19.00."""
    ladder = Definition(
        kind="ladder",
        tiers=(
            Tier((Component("p9"), Component("p10")), TEN),
            Tier((Component("p9"), Component("p10", 2)), fixed_price({"EUR": 2500, "USD": 2700})),
        ),
        texts={"en": BundleText("Kit")},
    )
    create(admin, ladder, publish=True)
    editor.get("bundles/1")
    rows = editor.texts("#bundle-preview .prices tbody tr")
    assert rows[0].startswith("EUR €19.00 €17.10 €1.90 10.0%")
    assert "USD – – – –" in rows[1]
    assert any(row.startswith("EUR €29.00 €25.00 €4.00 13.8%") for row in rows)
    assert any(row.startswith("USD – $27.00") for row in rows)
    with admin.app.app_context():
        assert admin.storefront.price_cart([CartLine("p9"), CartLine("p10")]).total == 1710
        assert admin.storefront.price_cart([CartLine("p9"), CartLine("p10", 2)]).total == 2500


def test_margin_stock_and_lost_products_are_shown(make_shop: Callable[..., SmallShop]) -> None:
    """Costs 4.00 + 3.00 of 9.00: 22.2 %. Stock of 5 and 3 items, two needed of the second: one set."""
    products = [
        Product(id="a", title="A", price=Decimal(6), cost=Decimal(4), stock=5),
        Product(id="b", title="B", price=Decimal(2), cost=Decimal("1.5"), stock=3),
    ]
    shop = make_shop(catalog=MemoryCatalog(products), admin_access=lambda: Merchant("First editor"))
    create(
        shop,
        Definition(
            kind="set", tiers=(Tier((Component("a"), Component("b", 2)), TEN),), texts={"en": BundleText("Kit")}
        ),
    )
    create(shop, set_of("a", "gone", price=TEN))
    editor = Merchants(shop)
    editor.get("bundles/1")
    assert editor.texts("#bundle-preview caption") == ["1 available"]
    assert editor.texts("#bundle-preview tbody tr")[0] == "EUR €10.00 €9.00 €1.00 10.0% 22.2%"
    editor.get("bundles/2")
    assert editor.texts(".component .warn") == ["No longer in the catalogue"]
    editor.press("publish")
    assert editor.status == 422
    assert "“gone” is no longer in the catalogue" in editor.texts(".notice-error li")[0]
    assert stored(shop, 2).state == "draft"


def test_variants_are_offered_where_the_catalogue_knows_them(make_shop: Callable[..., SmallShop]) -> None:
    """Check boxes of the product's variants; one that is no longer known stays until it is taken out."""
    known = {"p1": (Variant("red", "Red"), Variant("blue", "Blue"))}
    catalog = MemoryCatalog(made_products(), variants=lambda ids: {name: known[name] for name in ids if name in known})
    shop = make_shop(catalog=catalog, admin_access=lambda: Merchant("First editor"))
    parts = (Component("p1", variants=("green", "red")), Component("p2"))
    create(shop, Definition(kind="set", tiers=(Tier(parts, TEN),), texts={"en": BundleText("Kit")}))
    editor = Merchants(shop)
    editor.get("bundles/1")
    assert editor.texts(".variants label") == ["Red", "Blue", "green"]
    editor.press("save", tiers__0__components__0__variants=["red", "blue"])
    assert stored(shop).definition.tiers[0].components[0].variants == ("blue", "red")


def test_states_can_be_left_and_every_change_undone(admin: SmallShop, editor: Merchants) -> None:
    """Publish, archive, back to draft by buttons; Undo of the notice; a page that is out of date changes nothing."""
    create(admin, set_of("p1", "p2", price=TEN))
    editor.get("bundles/1")
    editor.press("publish")
    assert stored(admin).state == "published"
    old = editor.token
    editor.click("Archive")
    assert stored(admin).state == "archived"
    editor.click("Undo")
    assert stored(admin).state == "published"
    editor.click("Unpublish")
    assert stored(admin).state == "draft"
    editor.post("bundles/1/state", {"storefront_token": old, "action": "archive", "version": "2"})
    assert stored(admin).state == "draft"
    assert "Someone else has changed" in editor.texts(".notice")[0]
    editor.click("Duplicate")
    assert (editor.texts("h1"), stored(admin, 2).state) == (["Set (copy)"], "draft")


def test_the_history_says_who_changed_what_and_goes_back(admin: SmallShop, editor: Merchants) -> None:
    """Old and new side by side, the newest first; any version can stand again."""
    first = set_of("p1", "p2", price=TEN)
    create(admin, first)
    for percent in (20, 30):
        editor.get("bundles/1")
        editor.press("save", tiers__0__percent=str(percent))
    editor.get("bundles/1/history")
    assert editor.texts(".history tbody tr") == ["Price 20% off 30% off", "Price 10% off 20% off"]
    assert editor.texts(".history-head b") == ["Bundle changed", "Bundle changed", "Bundle created"]
    assert editor.texts(".history-head .state") == ["Draft"] * 3
    assert ["First editor" in head for head in editor.texts(".history-head")] == [True, True, False]
    heads = editor.texts(".history-head")
    assert ["Current version" in head for head in heads] == [True, False, False]
    assert ["Restore this version" in head for head in heads] == [False, True, True]
    form = editor.soup.select(".history form")[1]
    editor.post(str(form["action"]), values(form))
    assert stored(admin).definition == first
    editor.click("Undo")
    assert stored(admin).definition.tiers[0].price == percent_off(30)
    editor.click("Redo")
    assert stored(admin).definition == first
    editor.click("Undo")
    assert stored(admin).definition.tiers[0].price == percent_off(30)


def test_the_preview_answers_with_a_part_of_the_page(admin: SmallShop, editor: Merchants) -> None:
    """Widget and prices for what the form holds, complete or not; nothing is stored and nothing raises."""
    create(admin, set_of("p9", "p10", price=TEN))
    editor.get("bundles/1")
    form = editor.soup.select_one("#bundle")
    assert form is not None
    data = values(form)
    editor.post("bundles/preview", data | {"tiers-0-percent": ["50"], "texts-0-title": [""]})
    assert editor.soup.select(".preview .storefront-bundle, .preview [class*=storefront]")
    assert editor.texts("tbody tr")[0].startswith("EUR €19.00 €9.50 €9.50 50.0%")
    assert not editor.soup.select("main, form#bundle")
    editor.post("bundles/preview", data | {"tiers-0-percent": ["x"]})
    assert "percentage above 0" in editor.texts(".lacks li")[0]
    editor.post("bundles/preview", {"kind": "set"})
    assert editor.status == 200
    assert editor.client.post(f"{ADMIN}/bundles/preview", data={"kind": "pile"}).status_code == 404
    assert stored(admin).version == 1


def test_nobody_changes_anything_without_role_and_token(make_shop: Callable[..., SmallShop]) -> None:
    """Viewers see all pages with disabled fields and no buttons; every change answers 403 or asks again."""
    role = ["view"]
    shop = make_shop(admin_access=lambda: Merchant("Viewer", role[0]))  # type: ignore[arg-type]
    create(shop, dataclasses.replace(set_of("p1", "p2", price=TEN), staff_only=True))
    viewer = Merchants(shop)
    for page in ("bundles", "bundles/1", "bundles/1/history", "bundles/files"):
        assert not viewer.get(page).select("form[method=post] button:not(.hidden)")
        assert viewer.status == 200
    assert viewer.get("bundles/1").select_one("fieldset[data-rows][disabled]")
    changes = [
        "bundles/1",
        "bundles/new",
        "bundles/change",
        "bundles/change/undo",
        "bundles/import",
        "bundles/1/code",
    ]
    changes += [f"bundles/1/{name}" for name in ("state", "undo", "restore", "duplicate")]
    for path in changes:
        viewer.post(path, {"kind": "set", "version": "1"})
        assert viewer.status == 403, path
    role[0] = "edit"
    for path in changes:
        viewer.post(path, {"kind": "set", "version": "1", "action": "archive", "rows": "1:1", "to": "1"}, follow=False)
        assert viewer.status in (200, 303, 422), path
    assert (stored(shop).version, count(shop)) == (1, 1)


def test_a_form_whose_token_is_too_old_is_kept(admin: SmallShop, editor: Merchants) -> None:
    """What was typed comes back with a new token; saving again stores it."""
    create(admin, set_of("p1", "p2", price=TEN))
    editor.get("bundles/1")
    editor.press("save", storefront_token="old", texts__0__title="Typed")
    assert editor.status == 422
    assert "has expired" in editor.texts(".notice-error")[0]
    editor.press("save")
    assert stored(admin).definition.text_in("en").title == "Typed"


def test_unknown_bundles_kinds_and_proposals_are_not_there(editor: Merchants) -> None:
    """404, and a kind that nobody knows leads to the choice."""
    for path in ("bundles/99", "bundles/99/history", "bundles/99/code", "bundles/new?proposal=" + "0" * 64):
        editor.get(path)
        assert editor.status == 404, path
    assert editor.get("bundles/new?kind=pile").select("a.kind")


def test_a_staff_only_bundle_gets_a_code_and_a_link(admin: SmallShop, editor: Merchants) -> None:
    """Both unlock this bundle until the time given; they are shown once, and times gone by are refused."""
    create(admin, dataclasses.replace(set_of("p9", "p10", price=TEN), staff_only=True), publish=True)
    create(admin, set_of("p1", "p2", price=TEN))
    editor.get("bundles/1/code")
    form = editor.soup.select("main form")[-1]
    editor.post("bundles/1/code", values(form))
    code = str(editor.soup.select_one("#made-code")["value"])  # type: ignore[index]
    address = str(editor.soup.select_one("#made-address")["value"])  # type: ignore[index]
    with admin.app.app_context():
        cart = [CartLine("p9"), CartLine("p10")]
        for shown in (code, address.rpartition("/")[2]):
            assert admin.storefront.price_cart(cart, presented=[shown]).total == 1710
        assert admin.storefront.price_cart(cart, presented=[]).total == 1900
    assert not editor.get("bundles/1/code").select("#made-code")
    form = editor.soup.select("main form")[-1]
    for wrong in ("2020-01-01T10:00", "2999-01-01T10:00", "soon", ""):
        editor.post("bundles/1/code", values(form) | {"expires": [wrong]})
        assert editor.status == 422
        assert editor.soup.select("p.error")
    editor.get("bundles/2/code")
    assert editor.status == 404


def test_the_true_ends_of_a_code_and_a_link_are_shown(make_shop: Callable[..., SmallShop]) -> None:
    """On the shop's clock: code and link end together, at the full hour of UTC before the time that was set."""
    shop = make_shop(admin_access=lambda: Merchant("First editor"), STOREFRONT_TIMEZONE="Asia/Kolkata")
    create(shop, dataclasses.replace(set_of("p9", "p10", price=TEN), staff_only=True), publish=True)
    editor = Merchants(shop)
    editor.get("bundles/1/code")
    day = dt.date.today() + dt.timedelta(days=2)
    editor.post("bundles/1/code", values(editor.soup.select("main form")[-1]) | {"expires": [f"{day}T10:45"]})
    spoken = f"{day:%b} {day.day}, {day.year}"
    text = next(one for one in editor.texts("p.quiet") if "are valid until" in one).replace("\u202f", " ")
    assert text == f"Code and link are valid until {spoken}, 10:30 AM (Asia/Kolkata)."
    code = str(editor.soup.select_one("#made-code")["value"])  # type: ignore[index]
    token = str(editor.soup.select_one("#made-address")["value"]).rpartition("/")[2]  # type: ignore[index]
    midnight = dt.datetime.combine(day, dt.time(), dt.timezone(dt.timedelta(hours=5, minutes=30)))
    cart, second = [CartLine("p9"), CartLine("p10")], dt.timedelta(seconds=1)
    with shop.app.app_context():
        end = midnight + dt.timedelta(hours=10, minutes=30)
        for shown in (code, token):
            assert shop.storefront.price_cart(cart, presented=[shown], now=end - second).total == 1710
            assert shop.storefront.price_cart(cart, presented=[shown], now=end).total == 1900


@pytest.mark.parametrize(
    ("start", "end", "warned"),
    [(5, 9, "starts on"), (-9, -5, "ended on"), (-1, 5, "ends on"), (None, None, "")],
)
def test_a_code_for_a_time_when_the_bundle_is_not_on_is_warned_of(
    admin: SmallShop, editor: Merchants, start: int | None, end: int | None, warned: str
) -> None:
    """Days from now; one that ends before the bundle starts is refused with the time that is needed."""
    now = dt.datetime.now(dt.timezone.utc)
    moments = (None if days is None else now + dt.timedelta(days=days) for days in (start, end))
    definition = dataclasses.replace(set_of("p1", "p2", price=TEN), staff_only=True, schedule=Schedule(*moments))
    create(admin, definition, publish=True)
    editor.get("bundles/1/code")
    form = values(editor.soup.select("main form")[-1])
    editor.post("bundles/1/code", form | {"expires": [f"{now + dt.timedelta(days=8):%Y-%m-%dT%H:%M}"]})
    assert editor.soup.select("#made-code")
    assert [warned in text for text in editor.texts(".notice-warning")] == [True] * bool(warned)
    editor.post("bundles/1/code", form | {"expires": [f"{now + dt.timedelta(days=2):%Y-%m-%dT%H:%M}"]})
    assert (editor.status == 422) == (start == 5)
    if start == 5:
        assert "Choose a time after that." in editor.texts("p.error")[0]


def test_a_published_bundle_that_saves_nothing_says_so(admin: SmallShop, editor: Merchants) -> None:
    """In the list, at its editor's head and on the first page."""
    create(admin, set_of("p3", "p4", price=fixed_price({"EUR": 700})), publish=True)
    for path, where in (("bundles", ".state"), ("bundles/1", ".lead .state"), ("", ".on-rows .state")):
        editor.get(path)
        assert editor.texts(where) == ["Active, not shown: no saving"]


def test_a_discount_above_the_price_is_not_published(admin: SmallShop, editor: Merchants) -> None:
    """p3 and p4 cost 7.00; 1,234.50 off can only be a slip."""
    create(admin, set_of("p3", "p4", price=amount_off({"EUR": 123450})))
    editor.get("bundles/1")
    editor.press("publish")
    assert editor.status == 422
    assert "The discount of €1,234.50 is higher than the €7.00" in editor.texts(".notice-error li")[0]
    assert stored(admin).state == "draft"


@pytest.mark.parametrize(
    ("parts", "label", "sentence"),
    [
        ({"p1": {"stock": 0}}, "Active, not shown: sold out", "Product 1 is sold out."),
        ({"p1": {"visible": False}}, "Active, not shown: product hidden", "Product 1 is hidden."),
        ({"p1": None}, "Active, not shown: product removed", "p1 is no longer in the catalogue."),
        ({"p1": {"stock": 1}}, "Active, not shown: not enough stock", "not enough stock of its products."),
        ({"p1": {"stock": 2}}, "Active", ""),
    ],
)
def test_a_bundle_that_is_on_and_is_not_available_says_so(
    make_shop: Callable[..., SmallShop], parts: dict[str, dict[str, Any] | None], label: str, sentence: str
) -> None:
    """In the list, at its editor's head, above its preview and on the first page; two of p1 are needed."""
    changes = ((one, parts.get(one.id, {})) for one in made_products())
    products = [dataclasses.replace(one, **change) for one, change in changes if change is not None]
    shop = make_shop(products=products, admin_access=lambda: Merchant("First editor"))
    tier = Tier((Component("p1", 2), Component("p2")), TEN)
    create(shop, Definition(kind="set", tiers=(tier,), texts={"en": BundleText("Kit")}), publish=True)
    create(shop, dataclasses.replace(set_of("p1", "p3", price=TEN)))  # a draft is a draft
    editor = Merchants(shop)
    editor.get("bundles?sort=id&order=up")
    assert editor.texts(".state") == [label, "Draft"]
    editor.get("bundles/1")
    assert editor.texts(".lead .state") == [label]
    shown = [text for text in editor.texts("#bundle-preview .notice-warning") if "Not shown to shoppers" in text]
    assert [sentence in text for text in shown] == [True] * bool(sentence)
    assert bool(editor.soup.find("a", string="View in store")) == (label == "Active")
    editor.get("")
    assert editor.texts(".on-rows .state") == [label] * (label != "Active")
    assert ("1 not shown" in editor.texts(".counts")[0]) == (label != "Active")


def test_the_merchants_language_names_the_bundle(admin: SmallShop) -> None:
    """In the list and on the first page, as in its editor."""
    texts = {"en": BundleText("Kit"), "ja": BundleText("セット")}
    create(admin, dataclasses.replace(set_of("p1", "p2", price=TEN), texts=texts), publish=True)
    for language, title in (("en", "Kit"), ("ja", "セット")):
        editor = Merchants(admin, language)
        editor.get("bundles")
        assert editor.texts(".row-title") == [title]
        editor.get("")
        assert title in editor.texts(".on-rows td")[0]


def test_the_preview_is_in_a_currency_of_the_products(make_shop: Callable[..., SmallShop]) -> None:
    """Of a shop that names none: the one of most products; where there are several they can be chosen."""
    money = {"p1": "EUR", "p2": "EUR", "p3": "JPY", "p4": "JPY", "p5": "JPY"}
    products = [dataclasses.replace(one, currency=money[one.id]) for one in made_products() if one.id in money]
    shop = make_shop(products=products, admin_access=lambda: Merchant("First editor"), STOREFRONT_CURRENCY=None)
    create(shop, set_of("p1", "p2", price=TEN))
    create(shop, set_of("p1", "p2", "p3", "p4", "p5", price=TEN))
    editor = Merchants(shop)
    editor.get("bundles/1")
    assert "€2.70" in editor.texts(".preview")[0]
    assert not editor.soup.select("[name=shown_in]")
    editor.get("bundles/2")
    assert editor.texts("[name=shown_in] option") == ["JPY", "EUR"]
    data = values(editor.soup.select_one("#bundle"))  # type: ignore[arg-type]
    for currency, price in (("JPY", "¥3"), ("EUR", "€1.00"), ("USD", "¥3")):
        editor.post("bundles/preview", data | {"shown_in": [currency]})
        assert price in editor.texts(".preview")[0]
        chosen = editor.soup.select_one("[name=shown_in] option[selected]")
        assert chosen is not None
        assert chosen.text == (currency if currency != "USD" else "JPY")


def test_what_was_published_at_once_can_be_taken_back(admin: SmallShop, editor: Merchants) -> None:
    """A new bundle that was published becomes a draft again by Undo."""
    editor.get("bundles/new?kind=set")
    editor.press("add-0", tiers__0__add="p3")
    editor.press("add-0", tiers__0__add="p4")
    editor.press("publish", texts__0__title="Kit", tiers__0__percent="10")
    assert stored(admin).state == "published"
    assert [button.text for button in editor.soup.select(".actions .primary")] == ["Save changes"]
    editor.click("Undo")
    assert stored(admin).state == "draft"


def propose(shop: SmallShop, discount: int) -> str:
    """The key of a proposal of p3 and p4, which cost seven euros, at *discount* percent."""
    key = "a" * 64
    figures = {"support": 5, "orders": 9, "confidence": 0.5, "lift": 2.0, "expected_share": 0.3}
    with shop.app.app_context(), shop.storefront.database.writing() as session:
        row = figures | {"currency": "EUR", "price": 700, "discount": discount, "margin": None, "decided_by": ""}
        found = dt.datetime(2026, 3, 1)
        session.add(ProposalRow(key=key, product_ids='["p3", "p4"]', state="open", found_at=found, **row))
    return key


def test_a_proposal_at_full_price_says_what_is_to_be_done_first(admin: SmallShop, editor: Merchants) -> None:
    """Without a discount to suggest it opens at the price of the single products, with the way to the price."""
    key = propose(admin, 0)
    editor.get(f"bundles/new?proposal={key}")
    assert editor.texts(".notice") == [
        "No saving yet: choose a price below the separate prices. Edit price",
        "No saving yet: lower the price or increase the discount.",
    ]
    (target,) = editor.soup.select("main > .notice a")
    assert "price-kinds" in editor.soup.find(id=str(target["href"])[1:])["class"]  # type: ignore[index]
    assert editor.soup.select("[name=tiers-0-price][checked]")[0]["value"] == "fixed"
    assert editor.value("tiers-0-amounts-0-amount") == "7.00"
    editor.press("publish")
    assert (editor.status, count(admin)) == (422, 0)
    editor.press("publish", tiers__0__amounts__0__amount="6.50")
    assert stored(admin).state == "published"
    assert not editor.soup.select("main > .notice-warning")


def test_a_proposal_with_a_discount_needs_no_such_hint(admin: SmallShop, editor: Merchants) -> None:
    """It saves something as it is."""
    editor.get(f"bundles/new?proposal={propose(admin, 15)}")
    assert editor.texts(".notice") == []


def test_a_proposal_opens_the_editor_filled_in_and_is_accepted_with_the_draft(
    admin: SmallShop, editor: Merchants
) -> None:
    """Looking at it marks nothing; saving the draft does, with the changes made to it."""
    key = propose(admin, 15)
    editor.get(f"bundles/new?proposal={key}")
    assert editor.value("texts-0-title") == "Product 3 + Product 4"
    assert editor.value("tiers-0-percent") == "15"
    with admin.app.app_context():
        assert proposals.load(admin.storefront.database, key).state == "open"
    editor.press("up-tiers-0-components-1")
    editor.press("save", texts__0__title="Both")
    with admin.app.app_context():
        accepted = proposals.load(admin.storefront.database, key)
    assert (accepted.state, accepted.bundle_id) == ("accepted", 1)
    assert stored(admin).definition.text_in("en").title == "Both"


def test_uses_are_shown_with_and_without_a_limit(admin: SmallShop, editor: Merchants) -> None:
    """Two sets of one bundle were sold; without a limit they are counted in its orders alone."""
    create(admin, set_of("p1", "p2", price=TEN), publish=True)
    with admin.app.app_context():
        pricing = admin.storefront.price_cart([CartLine("p1", 2), CartLine("p2", 2)])
        admin.storefront.bundles_applied("o1", pricing)
        admin.db.session.commit()
    editor.get("bundles/1")
    assert "sold 2 times" in editor.texts(".lead")[0]
    editor.press("save", limit_in_all="5")
    assert "2 sold so far" in editor.texts("#limit_in_all-help")[0]


def test_forged_fields_break_nothing(admin: SmallShop, editor: Merchants) -> None:
    """Names with numbers that are none, thousands of rows, values that no field has."""
    create(admin, set_of("p1", "p2", price=TEN))
    editor.get("bundles/1")
    form = editor.soup.select_one("#bundle")
    assert form is not None
    forged = {f"tiers-{number}-components-{number}-product": ["p1"] for number in ("²", "9" * 5000, "-1", "1e3", "٣")}
    forged |= {f"tiers-0-components-{number}-product": ["p9"] for number in range(900)}
    forged |= {"version": ["x" * 50], "stacking": ["\x00"], "tiers-0-price": ["<b>"], "texts-0-language": ["../.."]}
    for do in ("preview", "save", "publish", "up-tiers-²", "remove-tiers-0-components-٣", "add-99", "more-tiers"):
        answer = editor.client.post(f"{ADMIN}/bundles/1", data=values(form) | forged | {"do": [do]})
        assert answer.status_code in (200, 422)
    assert editor.client.post(f"{ADMIN}/bundles/preview", data=values(form) | forged).status_code == 200
    assert stored(admin).version == 1


def test_shoppers_see_a_change_at_once(admin: SmallShop, editor: Merchants) -> None:
    """The other processes are notified when something that is on sale changed, and only then."""
    create(admin, set_of("p1", "p2", price=TEN))
    notified: list[str] = []
    with admin.app.app_context():
        admin.storefront.services.news.rules_changed = lambda: notified.append("once")  # type: ignore[method-assign]
    editor.get("bundles/1")
    editor.press("save", texts__0__title="Draft")
    assert notified == []
    editor.press("publish")
    editor.press("save", texts__0__title="On")
    editor.click("Undo")
    editor.click("Archive")
    assert len(notified) == 4


def test_what_is_not_different_makes_no_history(admin: SmallShop, editor: Merchants) -> None:
    """Saving an untouched form saves nothing and offers no undo; publishing it is one step."""
    create(admin, set_of("p1", "p2", price=TEN))
    editor.get("bundles/1")
    editor.press("save")
    assert stored(admin).version == 1
    assert editor.texts(".notice") == ["No changes to save."]
    editor.press("publish")
    assert (stored(admin).version, stored(admin).state) == (2, "published")


def test_forms_without_their_key_make_bundles_of_their_own(admin: SmallShop, editor: Merchants) -> None:
    """Only the key of a form tells that it came twice."""
    editor.get("bundles/new?kind=set")
    editor.press("add-0", tiers__0__add="p1")
    editor.press("add-0", tiers__0__add="p2")
    form = editor.soup.select_one("#bundle")
    assert form is not None
    sent = values(form) | {"texts-0-title": ["Kit"], "tiers-0-percent": ["10"], "do": ["save"]}
    for key in ("", "", "x" * 65):
        editor.post("bundles/new", sent | {"key": [key]})
    assert count(admin) == 3


def test_a_product_that_the_shop_does_not_have_is_refused(admin: SmallShop, editor: Merchants) -> None:
    """Beside the products, also in a row that was made by hand; one that was there before it was deleted stays."""
    editor.get("bundles/new?kind=set")
    form = editor.soup.select_one("#bundle")
    assert form is not None
    typed = {"texts-0-title": "Set", "tiers-0-price": "percent", "tiers-0-percent": "10", "do": "save"}
    rows = {f"tiers-0-components-{n}-{name}": value for n, product in enumerate(("p1", "p99"))
            for name, value in (("product", product), ("quantity", "1"))}  # fmt: skip
    editor.post("bundles/new", values(form) | typed | rows)
    assert editor.status == 422
    assert "“p99” isn't in the catalogue. Remove it." in " ".join(editor.texts(".components .error"))
    create(admin, set_of("p1", "p99", price=TEN))
    editor.get("bundles/1")
    assert "No longer in the catalogue" in editor.texts(".component")[1]
    editor.press("save", texts__0__title="Still there")
    assert editor.status == 200
    assert stored(admin).definition.product_ids == {"p1", "p99"}
