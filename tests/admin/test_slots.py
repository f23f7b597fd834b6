"""The merchant's pages about slots, as a browser without script meets them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import sqlalchemy as sa
from admin_form import Merchants
from bs4 import BeautifulSoup, Tag
from fillers import FILLERS
from made_bundles import set_of
from shop_pages import add_pages, visit
from small_shop import SmallShop, made_products

from storefront_plugin import MemoryCatalog, Merchant, Slot
from storefront_plugin.bundles.price import percent_off
from storefront_plugin.bundles.store.repository import BundleRepository
from storefront_plugin.core.sql import audit
from storefront_plugin.core.sql.database import table_of
from storefront_plugin.proxies import SERVICES
from storefront_plugin.recommending.placements import PlacementRecord, PlacementStore
from storefront_plugin.recommending.plan import DEFAULT_PLAN, PLACEMENTS
from storefront_plugin.recommending.tables import PlacementRow
from storefront_plugin.redis_store import RedisStore

MakeShop = Callable[..., SmallShop]
HOSTILE = "<script>alert(1)</script>"
ADMIN = "/storefront/admin"


@dataclass
class Browser:
    """A merchant without script: fields as a page shows them, sent by one of its buttons."""

    shop: SmallShop
    merchant: Merchant | None = field(default_factory=lambda: Merchant("First editor"))

    def __post_init__(self) -> None:
        self.client = self.shop.app.test_client()

    def get(self, path: str = "/slots/product", status: int = 200, **headers: str) -> BeautifulSoup:
        return self._read(self.client.get(ADMIN + path, headers=headers), status)

    def press(self, soup: BeautifulSoup, button: str, status: int = 200, **typed: Any) -> BeautifulSoup:
        """Send the editor's form by the button of this value, with *typed* in place of what the fields hold."""
        form = soup.select("form#slots")[0]
        button_tag = next(each for each in soup.select("button[name=act]") if each["value"] == button)
        assert not button_tag.has_attr("disabled")
        fields = [*fields_of(soup, form), ("act", button)]
        fields = [(name, value) for name, value in fields if name not in typed]
        fields += [
            (name, value) for name, given in typed.items() for value in (given if isinstance(given, list) else [given])
        ]
        return self.send(str(form["action"]), fields, status)

    def press_small(self, soup: BeautifulSoup, words: str) -> BeautifulSoup:
        """Press a button that is a form of its own; the page after it."""
        form = next(each for each in soup.select("form.inline") if words in each.text)
        return self.send(str(form["action"]), fields_of(soup, form), 303)

    def send(self, address: str, fields: list[tuple[str, str]], status: int) -> BeautifulSoup:
        data: dict[str, list[str]] = {}
        for name, value in fields:
            data.setdefault(name, []).append(value)
        response = self.client.post(address, data=data)
        assert response.status_code == status, BeautifulSoup(response.text, "html5lib").get_text(" ", strip=True)[:500]
        if status == 303:
            return self._read(self.client.get(response.location), 200)
        return BeautifulSoup(response.text, "html5lib")

    def _read(self, response: Any, status: int) -> BeautifulSoup:
        assert response.status_code == status
        return BeautifulSoup(response.text, "html5lib")


def fields_of(soup: BeautifulSoup, form: Tag) -> list[tuple[str, str]]:
    """What a browser would send of *form*, without its buttons."""
    outside = soup.select(f"[form={form['id']}]") if form.has_attr("id") else []
    found = []
    for each in [*form.select("input, select, textarea"), *outside]:
        if not each.has_attr("name") or each.name == "button" or each.find_parent("fieldset", disabled=True):
            continue
        if each.name == "select":
            chosen = each.select("option[selected]") or each.select("option")
            found.append((each["name"], chosen[0]["value"]))
        elif each.get("type") not in ("checkbox", "radio") or each.has_attr("checked"):
            found.append((each["name"], each.get("value", "y" if each.get("type") == "checkbox" else "")))
    return [(str(name), str(value)) for name, value in found]


def names(soup: BeautifulSoup) -> list[str]:
    """Names of the slots of the form, in order, without removed ones."""
    items = soup.select("[data-slots] > [data-slot]:not(.is-removed)")
    return [str(item.select("input[name$='-name']")[0]["value"]) for item in items]


def notices(soup: BeautifulSoup) -> str:
    return " ".join(each.get_text(" ", strip=True) for each in soup.select(".notice"))


@pytest.fixture
def shop(make_shop: MakeShop) -> SmallShop:
    """A shop with some orders whose pages can be opened by whoever `browser.merchant` is."""
    shop = add_pages(make_shop(admin_access=lambda: browsers[-1].merchant))
    browsers: list[Browser] = []
    shop.app.extensions["test.browsers"] = browsers
    with shop.app.app_context():
        shop.place(*[["p1", "p2", "p3"]] * 4, *[["p5", "p9"]] * 3, ["p4", "p5"], ["p6"])
    return shop


@pytest.fixture
def browser(shop: SmallShop) -> Browser:
    browser = Browser(shop)
    shop.app.extensions["test.browsers"].append(browser)
    return browser


def stored(shop: SmallShop, placement: str = "product") -> PlacementRecord:
    with shop.app.app_context():
        return PlacementStore(shop.storefront.database, FILLERS).load(placement)


def store(shop: SmallShop, *slots: Slot, placement: str = "product", by: str = "Second editor") -> PlacementRecord:
    with shop.app.app_context():
        version = PlacementStore(shop.storefront.database, FILLERS).load(placement).version
        saved = PlacementStore(shop.storefront.database, FILLERS).save(placement, version, slots, by)
        shop.storefront.services.news.rules_changed()
        return saved


PRODUCT = [slot.name for slot in DEFAULT_PLAN["product"]]


# The list


def test_the_list_shows_every_placement_with_its_slots_in_order(browser: Browser) -> None:
    """Names, titles, chains, layouts, limits, and a first step where there are none."""
    soup = browser.get("/slots")
    tables = {str(table["aria-label"]): table for table in soup.select(".table-frame")}
    assert [code.text for code in tables["Product page"].select("code")] == PRODUCT
    row = tables["Product page"].select("tbody tr")[PRODUCT.index("also_bought")].get_text(" ", strip=True)
    assert row.startswith("Customers also bought also_bought Customers also bought fallback: Related products Carousel")
    assert row.endswith("up to 8 products Active no views yet")
    links = [str(link["href"]) for link in soup.select(".placement-head .button")]
    assert links == [f"{ADMIN}/slots/{name}" for name in PLACEMENTS]
    assert "Nothing is recommended here." in soup.select(".placement-empty")[0].text


def test_the_list_says_how_often_slots_stayed_empty_and_what_state_they_are_in(browser: Browser) -> None:
    """A slot that is often empty stands out; schedules and switches are shown."""
    soon = dt.datetime.now(dt.timezone.utc) + dt.timedelta(days=2)
    slots = [
        Slot(name="never", strategies=("bought_together",), title="Never"),
        Slot(name="off", strategies=("related",), enabled=False),
        Slot(name="soon", strategies=("related",), starts_at=soon, ends_at=soon + dt.timedelta(days=1)),
        Slot(name="past", strategies=("related",), ends_at=soon - dt.timedelta(days=9)),
    ]
    store(browser.shop, *slots)
    for _ in range(25):
        visit(browser.shop, "/p/p19")
    with browser.shop.app.app_context():
        browser.shop.storefront.drain()
    rows = browser.get("/slots").select("tbody tr")[:4]
    assert rows[0].select(".fill.warn")[0].get_text(" ", strip=True) == "100% of 25 pages"
    assert [row.select(".state")[0].text for row in rows] == ["Active", "Inactive", "Scheduled", "Ended"]
    assert " to " in rows[2].select(".state")[0].parent.text


def test_without_redis_the_list_is_there(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says what is not known."""
    from storefront_plugin.core.errors import StoreUnavailable

    def gone(*_args: Any) -> Any:
        raise StoreUnavailable("Redis is gone.")

    monkeypatch.setattr(RedisStore, "execute", gone)
    assert "Redis isn't responding" in notices(browser.get("/slots"))


def test_the_page_speaks_japanese(browser: Browser) -> None:
    """All of it, without a word left in English but the names."""
    soup = browser.get("/slots", **{"Accept-Language": "ja"})
    assert soup.select("h1")[0].text == "おすすめ枠"
    assert soup.html["lang"] == "ja"
    editor = browser.get("/slots/product", **{"Accept-Language": "ja"})
    labels = [label.get_text(" ", strip=True) for label in editor.select("#slots label, #slots legend")]
    assert [label for label in labels if label.isascii()] == []


# Without script


def test_slots_are_moved_removed_and_put_back_by_buttons(browser: Browser) -> None:
    """Nothing is saved before it is saved; then pages follow, and it can be undone."""
    soup = browser.press(browser.get(), "down:1")
    soup = browser.press(soup, "up:5")
    moved = [PRODUCT[1], PRODUCT[0], PRODUCT[2], PRODUCT[4], PRODUCT[3]]
    assert names(soup) == moved
    assert soup.select("[autofocus]")[0]["value"] == "up:5"
    soup = browser.press(soup, "remove:2")
    assert names(soup) == [PRODUCT[0], *moved[2:]]
    assert "Will be removed on save: " in soup.select(".slot-item.is-removed .slot-gone")[0].text
    soup = browser.press(browser.press(soup, "restore:2"), "remove:3")
    assert stored(browser.shop).version == 0
    soup = browser.press(soup, "save", 303)
    assert names(soup) == [PRODUCT[1], PRODUCT[0], PRODUCT[4], PRODUCT[3]]
    assert [slot.name for slot in stored(browser.shop).slots or ()] == names(soup)
    shown = [each["data-storefront-slot"] for each in visit(browser.shop).soup.select("[data-storefront-slot]")]
    assert shown == [name for name in names(soup) if name in shown]
    assert "also_bought" not in shown
    soup = browser.press_small(soup, "Undo")
    assert names(soup) == PRODUCT
    assert stored(browser.shop).slots is None
    assert names(browser.press_small(soup, "Undo")) == [PRODUCT[1], PRODUCT[0], PRODUCT[4], PRODUCT[3]]


def test_a_slot_is_added_and_filled_in(browser: Browser) -> None:
    """Its strategies are put in order, taken out and added by buttons."""
    soup = browser.press(browser.get("/slots/account"), "add")
    assert "No slots yet" not in soup.text
    soup = browser.press(soup, "chain-add:1")
    soup = browser.press(soup, "chain-add:1", **{"s1-strategies": ["related", "bestsellers"]})
    soup = browser.press(soup, "chain-up:1:2", **{"s1-strategies": ["related", "bestsellers", "trending"]})
    soup = browser.press(soup, "chain-remove:1:0")
    typed = {
        "s1-name": "hello", "s1-title-en": "Hello", "s1-title-ja": "こんにちは", "s1-layout": "list", "s1-limit": "6",
        "s1-minimum": "2", "s1-lazy": "y", "s1-dial": "0.3", "s1-measured": [], "s1-starts_at": "2026-01-02T03:04",
        "s1-ends_at": "2027-01-02T03:04",
    }  # fmt: skip
    soup = browser.press(soup, "save", 303, **typed)
    utc = dt.timezone.utc
    assert stored(browser.shop, "account").slots == (
        Slot(
            name="hello",
            strategies=("trending", "bestsellers"),
            title={"en": "Hello", "ja": "こんにちは"},
            layout="list",
            limit=6,
            minimum=2,
            lazy=True,
            specialness=0.3,
            starts_at=dt.datetime(2026, 1, 2, 3, 4, tzinfo=utc),
            ends_at=dt.datetime(2027, 1, 2, 3, 4, tzinfo=utc),
        ),
    )
    kept = dict(fields_of(soup, soup.select("form#slots")[0]))
    del typed["s1-measured"]
    assert {name: kept[name] for name in typed} == typed
    again = browser.press(soup, "save", 303)
    assert "Nothing was changed." in notices(again)


def test_a_slot_keeps_what_the_form_does_not_show(browser: Browser) -> None:
    """Titles in other languages, and a title for all languages."""
    both = [
        Slot(name="a", strategies=("related",), title={"de": "Ähnlich", "en": "Alike"}),
        Slot(name="b", strategies=("related",), title="Alike too"),
    ]
    store(browser.shop, *both)
    soup = browser.press(browser.get(), "save", 303)
    assert "Nothing was changed." in notices(soup)
    browser.press(soup, "save", 303, **{"s1-title-en": "Like it"})
    slots = stored(browser.shop).slots or ()
    assert slots[0].title == {"de": "Ähnlich", "en": "Like it"}
    assert slots[1].title == {"en": "Alike too"}


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"s1-limit": "0"}, "Enter a number from 1 to 30"),
        ({"s1-limit": "lots"}, "Enter a whole number"),
        ({"s1-minimum": "3"}, "use 2 or less"),
        ({"s1-strategies": ""}, "Choose at least one source"),
        ({"s1-strategies": "telepathy"}, "The source telepathy no longer exists"),
        ({"s1-strategies": ["related", "related"]}, "selected twice"),
        ({"s1-strategies": ["related", "bundles"]}, "can't be combined"),
        ({"s1-layout": "bundles"}, "only works with the source “Bundles”"),
        ({"s1-layout": "spiral"}, "Choose one from the list"),
        ({"s1-title-en": "x" * 201}, "Use at most 200 characters"),
        ({"s1-starts_at": "2026-05-01T00:00", "s1-ends_at": "2026-04-01T00:00"}, "end must be after the start"),
        ({"s1-starts_at": "tomorrow"}, "Enter a date and time"),
        ({"s1-name": "also_bought"}, "Another slot has this name"),
        ({"s1-name": ""}, "Required"),
        ({"s1-dial": "7", "s1-measured": []}, "from 0 to 0.5"),
        ({"s1-other_titles": "{"}, "can't be read"),
        ({"s1-other_titles": "[3]"}, "can't be read"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_typed_is_lost(browser: Browser, typed: dict[str, Any], words: str) -> None:
    """Beside the field and summed up with a link; nothing is saved."""
    soup = browser.press(browser.get(), "save", 422, **typed, **{"s2-title-ja": "入力した文字"})
    assert words in notices(soup)
    assert all(soup.select(str(link["href"])) for link in soup.select(".notice-error a"))
    kept = fields_of(soup, soup.select("form#slots")[0])
    assert ("s2-title-ja", "入力した文字") in kept
    assert stored(browser.shop).version == 0


def test_all_that_is_wrong_is_said_at_once_beside_its_field(browser: Browser) -> None:
    """What cannot be read and what cannot be, of all slots, in the order of the form; in the words of the merchant."""
    together, bundles = PRODUCT.index("bought_together") + 1, PRODUCT.index("bundles") + 1
    typed = {
        f"s{together}-limit": "lots",
        f"s{together}-minimum": "31",
        f"s{together}-starts_at": "2026-05-01T00:00",
        f"s{together}-ends_at": "2026-04-01T00:00",
        f"s{bundles}-layout": "grid",
        f"s{bundles}-name": "bought_together",
    }
    soup = browser.press(browser.get(), "save", 422, **typed)
    links = [(str(link["href"])[1:], link.parent.get_text(" ", strip=True)) for link in soup.select(".notice-error a")]
    fields = [f"s{together}-{name}" for name in ("name", "limit", "minimum", "ends_at")]
    assert [address for address, _ in links] == [*fields, f"s{bundles}-name", f"s{bundles}-layout"]
    assert "The layout “Bundle cards” only works with the source “Bundles”." in links[-1][1]
    for address, _ in links:
        assert soup.select(f"[id='{address}-error']"), address


def test_hostile_words_stay_text(browser: Browser) -> None:
    """In the list, in the form, in the preview and in the log."""
    title = {"en": HOSTILE, "ja": "‏مرحبا " + "x" * 190}
    store(browser.shop, Slot(name="a<b>&\"'", strategies=("related",), title=title), by=HOSTILE)
    for path in ("/slots", "/slots/product", "/log"):
        soup = browser.get(path)
        assert not soup.select("main script, main b b")
        assert "alert(1)" in soup.text


# Two editors


def test_the_second_of_two_editors_sees_both_versions_and_can_go_on(browser: Browser) -> None:
    """Nothing typed is lost; saving again puts theirs in place of the other."""
    soup = browser.get()
    theirs = store(browser.shop, Slot(name="also_bought", strategies=("also_bought",), title="Theirs"))
    soup = browser.press(soup, "save", 409, **{"s1-title-en": "Mine"})
    assert "Second editor changed these slots" in soup.text
    rows = {row.select("code")[0].text: row.get_text(" ", strip=True) for row in soup.select(".conflict tbody tr")}
    assert set(rows) == set(PRODUCT)
    assert "Theirs" in rows["also_bought"]
    assert "Mine" in rows[PRODUCT[0]]
    assert "missing" in rows[PRODUCT[0]]
    assert stored(browser.shop) == theirs
    assert "Save anyway" in soup.select(".actions .primary")[0].text
    soup = browser.press(soup, "save", 303)
    assert [slot.name for slot in stored(browser.shop).slots or ()] == PRODUCT
    assert dict(fields_of(soup, soup.select("form#slots")[0]))["s1-title-en"] == "Mine"


def test_a_different_order_is_a_difference(browser: Browser) -> None:
    """Both positions are shown, also where the slots themselves are equal."""
    soup = browser.get("/slots/home")
    own = DEFAULT_PLAN["home"]
    store(browser.shop, own[1], own[0], own[2], placement="home")
    soup = browser.press(soup, "save", 409)
    rows = [
        [cell.get_text(" ", strip=True)[:2] for cell in row.select("td")[1:]]
        for row in soup.select(".conflict tbody tr")
    ]
    assert rows == [["1.", "2."], ["2.", "1."], ["3.", "3."]]
    assert len(soup.select(".conflict .differs")) == 2


def test_a_form_sent_twice_is_saved_once(browser: Browser) -> None:
    """A double click is no conflict."""
    soup = browser.press(browser.get(), "down:1")
    for _ in range(2):
        browser.press(soup, "save", 303)
    assert stored(browser.shop).version == 1


def test_undoing_what_somebody_changed_in_the_meantime_is_refused(browser: Browser) -> None:
    """The message says who it was."""
    soup = browser.press(browser.press(browser.get(), "down:1"), "save", 303)
    theirs = store(browser.shop, Slot(name="x", strategies=("related",)))
    assert "Second editor changed these slots" in notices(browser.press_small(soup, "Undo"))
    assert stored(browser.shop) == theirs


def test_back_to_the_developers_plan_and_back_again(browser: Browser) -> None:
    """It is asked before, said afterwards, and can be undone; the log has all of it."""
    assert not browser.get().select(".reset")
    store(browser.shop, Slot(name="x", strategies=("related",)))
    soup = browser.get()
    assert soup.select("details.reset:not([open]) form")
    soup = browser.press_small(soup, "Restore default")
    assert names(soup) == PRODUCT
    assert names(browser.press_small(soup, "Undo")) == ["x"]
    with browser.shop.app.app_context():
        entries, _ = audit.entries(browser.shop.storefront.database, "placement", "product")
    assert [(entry.action, entry.changed_by) for entry in entries[:2]] == [
        ("undo", "First editor"),
        ("reset", "First editor"),
    ]


# What is damaged


def test_what_is_damaged_is_said_and_can_be_mended(browser: Browser) -> None:
    """A slot that cannot be read is named; one whose strategy is gone stands in the form with it."""
    store(browser.shop, Slot(name="x", strategies=("related",)))
    text = '[{"name":"x","strategies":["related"]},{"name":"old","strategies":["telepathy"]},{"name":"bad","limit":-1}]'
    with browser.shop.app.app_context(), browser.shop.storefront.database.writing() as session:
        session.execute(sa.update(table_of(PlacementRow)).values(slots=text))
    assert "source telepathy no longer exists" in browser.get("/slots").text
    soup = browser.get()
    assert "'bad'" in notices(soup)
    assert names(soup) == ["x", "old"]
    soup = browser.press(soup, "save", 422)
    soup = browser.press(soup, "save", 303, **{"s2-strategies": "trending"})
    assert not soup.select(".notice-error")


# The preview


def test_the_preview_shows_the_unsaved_slots_for_a_product(browser: Browser) -> None:
    """In the order of the form, from the real widgets; it counts nothing and writes nothing."""
    soup = browser.press(browser.get("/slots/product?product=p1"), "down:3", **{"s4-title-en": "Very much alike"})
    shown = [str(each["data-storefront-slot"]) for each in soup.select("#preview [data-storefront-slot]")]
    assert shown == [name for name in names(soup) if name in shown]
    assert {"bought_together", "related"} <= set(shown)
    assert "Very much alike" in [each.text.strip() for each in soup.select("#preview h2")]
    assert not soup.select("form #preview, #preview [inert] ~ [inert]")
    assert soup.select("#preview > .preview[inert]")
    with browser.shop.app.app_context():
        browser.shop.storefront.drain()
        assert browser.shop.storefront.services.slot_stats.totals() == {}
    assert stored(browser.shop).version == 0


def test_the_preview_for_the_script_is_a_part_of_the_page(browser: Browser) -> None:
    """What cannot be a slot is left out, so that the rest is seen."""
    soup = browser.get("/slots/product?product=p1")
    form = soup.select("form#slots")[0]
    fields = [(name, value) for name, value in fields_of(soup, form) if name != "s3-limit"]
    part = browser.send(str(form["data-preview"]), [*fields, ("s3-limit", "many")], 200)
    shown = [each["data-storefront-slot"] for each in part.select("[data-storefront-slot]")]
    assert not part.select("nav, h1")
    assert "related" in shown
    assert "also_bought" not in shown


@pytest.mark.parametrize("placement", PLACEMENTS)
def test_every_placement_has_a_preview(browser: Browser, placement: str) -> None:
    """About a product, its category or its cart; home and account need none."""
    soup = browser.get(f"/slots/{placement}?product=p1")
    assert bool(soup.select("#preview-product")) is (placement not in ("home", "account"))
    expects = [slot for slot in DEFAULT_PLAN[placement] if slot.layout != "bundles"]
    assert bool(soup.select("#preview [data-storefront-slot]")) is bool(expects)


def test_a_product_is_looked_up_by_words(browser: Browser) -> None:
    """Several matches come back to choose from, none says so."""
    soup = browser.press(browser.get(), "preview", product="Product 1")
    choices = [str(each["value"]) for each in soup.select("input[type=radio][name=product]")]
    assert len(choices) > 1
    soup = browser.press(soup, "preview", product="p7")
    assert soup.select("[data-picked] .product-title")[0].text == "Product 7"
    soup = browser.press(soup, "preview", product="nothing like it")
    assert "Select a product" in soup.select("#preview")[0].text


def test_the_preview_says_what_is_not_shown(browser: Browser) -> None:
    """Slots that found too little, and those that are off."""
    none = Slot(name="none", strategies=("bought_together",), minimum=4)
    store(browser.shop, none, Slot(name="off", strategies=("related",), enabled=False))
    text = browser.get("/slots/product?product=p19").select("#preview")[0].get_text(" ", strip=True)
    assert text == "Not enough products for: Frequently bought together Inactive or not scheduled now: Related products"


def test_the_preview_says_what_steps_back_for_a_bundle(browser: Browser) -> None:
    """A slot whose very products a bundle offers for less found enough; it is not said to have found too little."""
    store(
        browser.shop,
        Slot(name="together", strategies=("bought_together",), layout="together"),
        Slot(name="sets", strategies=("bundles",), layout="bundles"),
    )
    kit = set_of("p1", "p2", "p3", price=percent_off(10))
    with browser.shop.app.app_context():
        stored = BundleRepository(browser.shop.storefront.database).create(kit)
        BundleRepository(browser.shop.storefront.database).set_state(stored.id, 1, "publish")
        browser.shop.storefront.bundles_changed()
    preview = browser.get("/slots/product?product=p1").select("#preview")[0]
    assert [one.get_text(" ", strip=True) for one in preview.select(".preview-left")] == [
        "Not shown because a bundle offers the same products for less: Frequently bought together"
    ]


def test_trouble_with_the_catalogue_is_shown_in_the_preview(make_shop: MakeShop) -> None:
    """The form is there all the same."""

    class Failing(MemoryCatalog):
        broken = False

        def get_many(self, ids: Any) -> Any:
            if self.broken:
                raise RuntimeError("The catalogue is closed.")
            return super().get_many(ids)

    catalog = Failing(made_products())
    shop = make_shop(catalog=catalog, admin_access=lambda: Merchant("First editor"))
    with shop.app.app_context():
        shop.place(*[["p1"]] * 3)
    catalog.broken = True
    shop.app.extensions[SERVICES].products.forget(None)
    soup = Browser(shop).get("/slots/home")
    assert "The catalogue is closed" in notices(soup)
    assert len(names(soup)) == len(DEFAULT_PLAN["home"])


# Who may


def test_a_viewer_sees_everything_and_changes_nothing(browser: Browser) -> None:
    """Fields are shown disabled and without buttons; a post is refused."""
    store(browser.shop, Slot(name="x", strategies=("related",)))
    editor = browser.get()
    browser.merchant = Merchant("Second editor", "view")
    soup = browser.get("/slots/product?product=p1")
    assert names(soup) == ["x"]
    assert soup.select("#slots fieldset[disabled] [name=s1-limit]")
    assert not soup.select(
        "button[name=act][value^=up], .actions .primary, .reset, form.inline, script[src*='slots.js']"
    )
    assert soup.select("#preview [data-storefront-slot=x]")
    before = stored(browser.shop)
    form = editor.select("form#slots")[0]
    browser.send(str(form["action"]), [*fields_of(editor, form), ("act", "save")], 403)
    for act in ("reset", "undo"):
        browser.send(f"{ADMIN}/slots/product/{act}", fields_of(editor, form), 403)
    assert stored(browser.shop) == before
    assert "Add slot" not in browser.get("/slots").text


def test_strangers_learn_nothing(browser: Browser) -> None:
    """403 at every address, whether there is such a placement or not."""
    browser.merchant = None
    for path in ("/slots", "/slots/product", "/slots/cellar", "/slots/product/preview"):
        browser.get(path, 403)
    browser.merchant = Merchant("First editor")
    browser.get("/slots/cellar", 404)


@pytest.mark.parametrize("token", ["", "forged"])
def test_without_our_token_nothing_changes_and_nothing_is_lost(browser: Browser, token: str) -> None:
    """The form comes back with what was typed and a token that holds."""
    soup = browser.press(browser.get(), "save", 422, storefront_token=token, **{"s1-title-en": "Typed"})
    assert "has expired" in notices(soup)
    assert stored(browser.shop).version == 0
    soup = browser.press(soup, "save", 303)
    assert (stored(browser.shop).slots or ())[0].title == {"en": "Typed"}
    browser.client.post(f"{ADMIN}/slots/product/reset", data={"version": "1", "storefront_token": token})
    assert stored(browser.shop).version == 1


def test_a_form_with_nonsense_is_answered(browser: Browser) -> None:
    """Whatever keys, places and versions are sent."""
    soup = browser.get()
    for act in (
        "up:99",
        "down:x",
        "chain-up:1:99",
        "chain-remove:1:x",
        "remove:",
        "nonsense",
        "up:1:2:3",
        "chain-add:",
    ):
        fields = fields_of(soup, soup.select("form#slots")[0])
        browser.send(f"{ADMIN}/slots/product", [*fields, ("act", act)], 200)
    token = [("storefront_token", str(soup.select("[name=storefront_token]")[0]["value"]))]
    browser.send(f"{ADMIN}/slots/product", [*token, ("act", "up:1"), ("slot", "²"), ("slot", "x" * 99)], 200)
    browser.send(f"{ADMIN}/slots/product", [*token, ("version", "x" * 99)], 303)
    assert stored(browser.shop).slots == ()
    many = [("slot", str(number)) for number in range(1, 60)]
    browser.send(f"{ADMIN}/slots/product", [*token, *many], 422)


def test_a_long_plan_is_shown_whole(browser: Browser) -> None:
    """Twenty slots, the most there may be; one more is refused with a sentence."""
    store(browser.shop, *(replace(DEFAULT_PLAN["home"][1], name=f"n{number}") for number in range(20)))
    soup = browser.press(browser.get(), "add")
    assert len(names(soup)) == 21
    assert "at most 20 slots" in notices(browser.press(soup, "save", 422))


def test_a_product_that_is_gone_is_no_error(browser: Browser) -> None:
    """The preview asks for another."""
    assert "Select a product" in browser.get("/slots/product?product=gone").select("#preview")[0].text


def test_a_product_to_preview_that_is_none_is_refused_beside_its_field(make_shop: MakeShop) -> None:
    """With what was typed; of several one is chosen."""
    browser = Merchants(make_shop(admin_access=lambda: Merchant("First editor")))
    browser.get("slots/product?product=nothing+like+it")
    assert browser.texts("#preview-product-error") == ["No matching products; enter a title or product ID."]
    assert browser.value("product") == "nothing like it"
    browser.get("slots/product?product=Product&product=p2")
    assert not browser.soup.select("#preview-product-error")
    assert "Product 2" in browser.texts("[data-picker$=products] .picked")[0]
