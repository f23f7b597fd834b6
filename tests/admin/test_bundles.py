"""The list of bundles: found, sorted, paged and changed together, quick with ten thousand of them."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from admin_form import Merchants, values
from made_bundles import set_of, steps_of
from shop_pages import counted_sql
from small_shop import SmallShop

from storefront_plugin import CartLine, Merchant
from storefront_plugin.bundles.definition import BundleText, Definition, Schedule
from storefront_plugin.bundles.price import fixed_price, percent_off
from storefront_plugin.bundles.store.repository import BundleRepository
from storefront_plugin.bundles.store.tables import BundleRow
from storefront_plugin.bundles.tier import Component, Tier

TEN = percent_off(10)
NOW = dt.datetime.now(dt.timezone.utc)
DAY = dt.timedelta(days=1)


@pytest.fixture
def admin(make_shop: Callable[..., SmallShop]) -> SmallShop:
    return make_shop(admin_access=lambda: Merchant("First editor"))


@pytest.fixture
def editor(admin: SmallShop) -> Merchants:
    return Merchants(admin)


def titled(title: str, definition: Definition | None = None, **more: object) -> Definition:
    """A bundle of this title."""
    return dataclasses.replace(definition or set_of("p1", "p2", price=TEN), texts={"en": BundleText(title)}, **more)  # type: ignore[arg-type]


def fill(shop: SmallShop, *definitions: Definition, publish: bool = True) -> None:
    """Store bundles, the first with id 1."""
    with shop.app.app_context():
        for one in definitions:
            made = BundleRepository(shop.storefront.database).create(one, "Second editor")
            if publish:
                BundleRepository(shop.storefront.database).set_state(made.id, made.version, "publish", "Second editor")


def test_an_empty_list_says_what_to_do_first(editor: Merchants) -> None:
    """One way to make a bundle, one to the proposals."""
    editor.get("bundles")
    assert editor.texts(".empty a") == ["New bundle", "View proposals"]
    editor.get("bundles?q=x")
    assert editor.texts(".empty h2") == ["No bundles match"]


def test_a_row_says_how_a_bundle_stands(admin: SmallShop, editor: Merchants) -> None:
    """Dot and word of its state, what it offers, its products and who changed it."""
    fill(
        admin,
        titled("On"),
        titled("Soon", schedule=Schedule(start=NOW + DAY)),
        titled("Over", schedule=Schedule(end=NOW - DAY)),
        titled("Steps", steps_of("p1", "p2", steps={3: TEN, 6: fixed_price({"EUR": 50, "USD": 60})})),
        titled("Used up", limit_in_all=1),
    )
    fill(admin, titled("Draft"), publish=False)
    with admin.app.app_context():
        BundleRepository(admin.storefront.database).set_state(1, 2, "archive")
    editor.get("bundles?sort=id&order=up")
    states = dict(zip(editor.texts(".row-title"), editor.texts(".state"), strict=True))
    assert states == {
        "On": "Archived",
        "Soon": "Scheduled",
        "Over": "Ended",
        "Steps": "Active",
        "Used up": "Active",
        "Draft": "Draft",
    }
    offers = dict(zip(editor.texts(".row-title"), editor.texts("td[data-label=Offer]"), strict=True))
    assert offers["Soon"] == "10% off"
    assert offers["Steps"] == "3+: 10% off · 6+: €0.50 / $0.60"


def test_a_bundle_that_is_used_up_says_so(admin: SmallShop, editor: Merchants) -> None:
    """One set of one was sold."""
    fill(admin, titled("Kit", limit_in_all=1))
    with admin.app.app_context():
        admin.storefront.bundles_applied("o1", admin.storefront.price_cart([CartLine("p1"), CartLine("p2")]))
        admin.db.session.commit()
    editor.get("bundles")
    assert editor.texts(".state") == ["Limit reached"]
    assert editor.texts("td[data-label=Sold]") == ["1 / 1"]


def test_filters_and_order_stand_in_the_address(admin: SmallShop, editor: Merchants) -> None:
    """Words, state, kind, staff-only and on now; headings sort, and nonsense in the address is left out."""
    fill(
        admin,
        titled("Camera kit"),
        titled("Camera steps", steps_of("p3", steps={3: TEN})),
        titled("Later camera", schedule=Schedule(start=NOW + DAY)),
        titled("Secret", staff_only=True),
    )
    fill(admin, titled("Draft camera"), publish=False)

    def found(query: str) -> list[str]:
        editor.get(f"bundles?{query}&sort=id&order=up")
        return editor.texts(".row-title")

    assert found("q=camera") == ["Camera kit", "Camera steps", "Later camera", "Draft camera"]
    assert found("q=p3") == found("kind=steps") == ["Camera steps"]
    assert found("q=camera&state=published&on=yes") == ["Camera kit", "Camera steps"]
    assert found("staff=yes") == ["Secret"]
    assert found("state=draft") == ["Draft camera"]
    assert len(found("state=x&kind=x&staff=x&page=x&q=")) == 5
    editor.get("bundles?q=camera")
    heading = editor.soup.select_one("th a[href*='sort=title']")
    assert heading is not None
    editor.get(str(heading["href"]))
    assert editor.texts(".row-title") == ["Later camera", "Draft camera", "Camera steps", "Camera kit"]
    assert editor.value("q") == "camera"


def test_several_are_changed_together_and_taken_back(admin: SmallShop, editor: Merchants) -> None:
    """The chosen ones change, those that somebody else changed in the meantime do not; Undo brings all back, filters stay."""
    fill(admin, *(titled(f"Kit {number}") for number in range(3)), publish=False)
    editor.get("bundles?q=kit&sort=id&order=up")
    with admin.app.app_context():
        BundleRepository(admin.storefront.database).update(3, 1, titled("Kit changed"), "Second editor")
    form = editor.soup.select_one("form[data-bulk-form]")
    assert form is not None
    rows = [str(box["value"]) for box in form.select("[data-row]")]
    editor.post(str(form["action"]), values(form) | {"rows": rows, "act": ["publish"]})
    assert editor.texts(".state") == ["Active", "Active", "Draft"]
    assert "2 bundles published." in editor.texts(".notice")[0]
    assert "1 bundle couldn't be published" in editor.texts(".notice")[1]
    assert editor.value("q") == "kit"
    with admin.app.app_context():
        assert set(admin.storefront.services.pricer.published.get().bundles) == {1, 2}
    editor.click("Undo")
    assert set(editor.texts(".state")) == {"Draft"}
    editor.post(
        "bundles/change", {"storefront_token": editor.token, "act": "archive", "rows": ["x", "1:x", "99:1", ""]}
    )
    assert "left as" in editor.texts(".notice")[0]
    editor.post("bundles/change", {"storefront_token": editor.token, "act": "archive"})
    assert "Select one or more rows first" in editor.texts(".notice")[0]


def test_drafts_are_deleted_together_and_come_back(admin: SmallShop, editor: Merchants) -> None:
    """What was on sale stays, and is named; Undo brings the drafts back."""
    fill(admin, titled("Sold"))
    fill(admin, titled("One"), titled("Two"), publish=False)
    editor.get("bundles?sort=id&order=up")
    form = editor.soup.select_one("form[data-bulk-form]")
    assert form is not None
    rows = [str(box["value"]) for box in form.select("[data-row]")]
    editor.post(str(form["action"]), values(form) | {"rows": rows, "act": ["delete"]})
    assert editor.texts(".row-title") == ["Sold"]
    assert editor.texts(".notice p") == [
        "2 drafts deleted.",
        "1 bundle isn't a draft or has been published before. Archive it instead.",
    ]
    assert editor.get("bundles/2") is not None
    assert editor.status == 404
    editor.get("bundles?sort=id&order=up")
    editor.post("bundles/1/delete", {"storefront_token": editor.token, "version": "2"})
    assert editor.texts(".row-title") == ["Sold"]


def test_a_deleted_draft_comes_back_by_undo(admin: SmallShop, editor: Merchants) -> None:
    """From the list to which its own button leads; somebody else's change is not lost to it."""
    fill(admin, titled("One"), publish=False)
    editor.get("bundles/1")
    editor.post("bundles/1/delete", {"storefront_token": editor.token, "version": "7"})
    assert "Someone else has changed" in editor.texts(".notice")[0]
    editor.post("bundles/1/delete", {"storefront_token": editor.token, "version": "1"})
    assert editor.texts(".notice p") == ["1 draft deleted."]
    page = editor.soup
    editor.get("log")
    assert not editor.soup.select("tbody a[href$='/bundles/1']")
    editor.soup = page
    editor.click("Undo")
    assert editor.texts(".row-title") == ["One"]
    editor.get("bundles/1/history")
    assert "Bundle deleted" in editor.texts(".history b")


def test_a_definition_that_cannot_be_read_leaves_the_list_whole(admin: SmallShop, editor: Merchants) -> None:
    """Its row stands without pictures and offer."""
    fill(admin, titled("Whole"), titled("Broken"))
    with admin.app.app_context(), admin.storefront.database.writing() as session:
        session.execute(sa.update(BundleRow).where(BundleRow.title == "Broken").values(definition="{}"))
    editor.get("bundles")
    assert set(editor.texts(".row-title")) == {"Whole", "Broken"}
    assert sorted(editor.texts("td[data-label=Offer]")) == ["", "10% off"]


@pytest.mark.slow
def test_ten_thousand_bundles_cost_four_queries(admin: SmallShop, editor: Merchants) -> None:
    """A page of the list reads its 50 rows: count, rows, uses and definitions, whatever the filter; any page is there."""
    parts = tuple(Component(f"p{number}") for number in range(1, 7))
    with admin.app.app_context(), admin.storefront.database.writing() as session:
        many = [
            titled(f"Kit {number:05}", Definition(kind="set", tiers=(Tier(parts, TEN),), texts={"en": BundleText("x")}))
            for number in range(10_000)
        ]
        BundleRepository(admin.storefront.database).insert(session, many, "Second editor")
    for query in ("", "?q=kit+09999", "?state=draft&sort=title&order=up", "?page=200&sort=title&order=up"):
        with counted_sql() as statements:
            editor.get(f"bundles{query}")
        assert editor.status == 200
        ours = [one for one in statements if "storefront_bundle" in one]
        assert len(ours) == len(statements) <= 4, statements
    assert editor.texts(".row-title")[-1] == "Kit 09999"
    assert len(editor.texts(".row-title")) == 50
    assert "9,951–10,000 of 10,000" in editor.texts(".pager")[0]
    editor.get("bundles?page=9999")
    assert editor.texts(".empty a") == ["Go to the first page"]
