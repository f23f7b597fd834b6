"""The merchant's page that explains, as a browser without script meets it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from admin_form import ADMIN, Merchants, values
from bs4 import Tag
from shop_pages import add_pages, warm
from small_shop import SmallShop, made_products

from storefront_plugin import MemoryCatalog, Merchant, Slot
from storefront_plugin.core.errors import AdapterError
from storefront_plugin.recommending.rules.list import list_rules
from storefront_plugin.recommending.rules.rule import Rule
from storefront_plugin.recommending.rules.store import RuleStore
from storefront_plugin.recommending.suggestions import Suggestions

MakeShop = Callable[..., SmallShop]
HOSTILE = "<img src=x onerror=alert(1)>"
PLAN = {
    "product": (
        Slot(name="mine", strategies=("also_bought",), limit=2),
        Slot(name="rest", strategies=("also_bought", "bestsellers"), limit=2),
    ),
    "cart": (Slot(name="mine", strategies=("also_bought",), limit=2),),
    "category": (Slot(name="best", strategies=("bestsellers",), limit=2),),
    "account": (),
}


class Explained(Merchants):
    """A merchant's browser on the page that explains."""

    def row(self, title: str, table: int = 0) -> Tag:
        """The row of a product in one of the tables."""
        rows = self.soup.select(".explain-slot")[table].select("tbody tr:not(.explain-group)")
        return next(row for row in rows if title in row.get_text(" ", strip=True).split(" €")[0])

    def verdict(self, title: str, table: int = 0) -> str:
        """What heads the rows of its group; of a shown one its place."""
        row = self.row(title, table)
        if not row.has_attr("class"):
            return row.select(".explain-verdict .product-text")[0].contents[0].get_text(strip=True)
        group = row.find_parent("tbody")
        assert group is not None
        return group.select(".explain-group .state")[0].get_text(" ", strip=True)

    def cards(self, table: int = 0) -> list[str]:
        """What a slot shows, in its order: place, title, price and reason."""
        cards = self.soup.select(".explain-slot")[table].select(".explain-cards > li")
        for menu in self.soup.select(".explain-cards .menu"):
            menu.decompose()
        return [" ".join(card.get_text(" ", strip=True).split()) for card in cards]

    def press_in(self, title: str, words: str) -> None:
        """Press the button of a row."""
        form = next(each for each in self.row(title).select("form") if each.get_text(strip=True).startswith(words))
        self.post(str(form["action"]), values(form))


@pytest.fixture
def shop(make_shop: MakeShop) -> SmallShop:
    """p1 is bought with p2 … p9, the lower ones more often; p3 is sold out, and p4's title is hostile."""
    products = made_products()
    products[2] = replace(products[2], stock=0)
    products[3] = replace(products[3], title=HOSTILE)
    access = lambda: Merchant("First editor")  # noqa: E731
    shop = add_pages(make_shop(admin_access=access, catalog=MemoryCatalog(products), STOREFRONT_PLAN=PLAN))
    with shop.app.app_context():
        shop.place(*(["p1", f"p{n}"] for n in range(2, 10) for _ in range(12 - n)))
    return shop


@pytest.fixture
def browser(shop: SmallShop) -> Explained:
    return Explained(shop)


def rules(shop: SmallShop) -> list[Rule]:
    with shop.app.app_context():
        return [row.definition for row in list_rules(shop.storefront.database)[0]]


def test_the_page_begins_with_what_to_do(browser: Explained) -> None:
    """It asks for a product, and offers the bestseller."""
    browser.get("explain")
    assert browser.texts(".empty h2") == ["Which page?"]
    (link,) = browser.soup.select(".empty-action a")
    browser.get(str(link["href"]))
    assert browser.texts(".explain-slot h2") == ["Customers also bought"] * 2


def test_every_candidate_has_its_verdict_and_its_numbers(browser: Explained) -> None:
    """Shown ones first, then what was dropped and why; numbers as the log has them."""
    browser.get("explain?product=p1")
    assert len(browser.soup.select(".explain-slot")[0].select("tbody tr:not(.explain-group)")) == 8
    assert browser.verdict("Product 2") == "Shown #1"
    assert browser.verdict(HOSTILE) == "Shown #2"
    assert browser.verdict("Product 3") == "Sold out"
    assert browser.verdict("Product 5") == "Not shown: limit of 2 reached"
    assert browser.verdict("Product 2", 1) == "Already shown in Customers also bought (mine)"
    assert browser.verdict("Product 1", 1) == "The page's own product"
    numbers = [cell.get_text(" ", strip=True) for cell in browser.row("Product 2").select("td.number")]
    assert numbers[:2] == ["10", "10"]
    assert not browser.soup.select("main img[src=x]")


def test_what_is_shown_comes_first_and_the_rest_is_folded(browser: Explained) -> None:
    """Cards with place and reason; behind them, closed, all candidates by verdict with how many there are of each."""
    browser.get("explain?product=p1")
    behind = browser.soup.select(".explain-slot")[0].select("details.explain-behind")[0]
    assert not behind.has_attr("open")
    assert behind.select("summary")[0].get_text() == "Figures and 6 more candidates"
    groups = [" ".join(group.get_text(" ", strip=True).split()) for group in behind.select(".explain-group")]
    assert groups == ["Shown 2", "Sold out 1", "Not shown: limit of 2 reached 5"]
    assert browser.cards() == [
        "1 P Product 2 €2.00 · Also bought in 10 orders",
        f"2 < {HOSTILE} €4.00 · Also bought in 8 orders",
    ]


def test_a_slot_that_shows_nothing_says_why_at_once(make_shop: MakeShop) -> None:
    """Its candidates are not folded."""
    plan = {"product": (Slot(name="many", strategies=("also_bought",), minimum=4),)}
    shop = make_shop(admin_access=lambda: Merchant("First editor"), STOREFRONT_PLAN=plan)
    with shop.app.app_context():
        shop.place(*[["p1", "p2"]] * 3)
    browser = Explained(shop)
    browser.get("explain?product=p1")
    assert browser.cards() == []
    assert browser.soup.select("details.explain-behind[open]")
    assert browser.verdict("Product 2") == "Not shown: the slot needs at least 4"


def test_what_is_explained_is_what_shoppers_see(shop: SmallShop, browser: Explained) -> None:
    """The titles of the cards are those of the shop's page, in their order."""
    browser.get("explain?product=p1")
    for table, slot in enumerate(("mine", "rest")):
        shown = [
            title.get_text()
            for title in browser.soup.select(".explain-slot")[table].select(".explain-cards .product-title")
        ]
        cards = warm(shop, "/p/p1").shown(slot)
        assert shown == [shop.storefront.catalog.get_many([card])[card].title for card in cards]


def test_a_rule_is_named_where_it_decides(shop: SmallShop, browser: Explained) -> None:
    """The one that excludes, and those behind a score, with links to them."""
    with shop.app.app_context():
        excluded = RuleStore(shop.storefront.database).create(Rule(kind="exclude", target_value="p2")).id
        boost = Rule(kind="boost", target_kind="category", target_value="c1", strength=900)
        boosted = RuleStore(shop.storefront.database).create(boost).id
        shop.storefront.services.news.rules_changed()
    browser.get("explain?product=p1")
    assert browser.verdict("Product 2") == "Excluded by a rule"
    assert browser.row("Product 2").select(f"a[href='{ADMIN}/rules/{excluded}']")
    boosted_row = browser.row("Product 5")
    assert boosted_row.select(f"a[href='{ADMIN}/rules/{boosted}']")
    assert "× 9" in boosted_row.get_text(" ", strip=True)


def test_a_product_is_pinned_and_excluded_from_its_row(shop: SmallShop, browser: Explained) -> None:
    """For this page, with a way back, and seen at once."""
    browser.get("explain?product=p1")
    browser.press_in("Product 9", "Pin")
    assert rules(shop) == [
        Rule(
            kind="pin",
            seed_kind="product",
            seed_value="p1",
            target_value="p9",
            placement="product",
            strategy="also_bought",
        )
    ]
    assert browser.verdict("Product 9") == "Shown #1"
    browser.click("Undo")
    assert rules(shop) == []
    assert browser.answer.request.path == f"{ADMIN}/explain"
    browser.press_in("Product 2", "Exclude")
    assert browser.verdict("Product 2") == "Excluded by a rule"
    assert warm(shop, "/p/p1").shown("mine")[0] == "p4"
    browser.click("Undo")
    assert browser.verdict("Product 2") == "Shown #1"


def test_a_cart_is_put_together_product_by_product(browser: Explained) -> None:
    """Typed words add one, a link takes it out; the verdicts are those of the cart page."""
    browser.get("explain?placement=cart")
    assert browser.texts(".empty p") == ["Enter the products in the cart."]
    for words in ("Product 2", "p1"):
        (form,) = browser.soup.select("form.explain-ask")
        sent = values(form) | {"add": words}
        address = "&".join(
            f"{name}={one}" for name, many in sent.items() for one in ([many] if isinstance(many, str) else many)
        )
        browser._show(browser.client.get(f"{ADMIN}/explain?{address}", follow_redirects=True))
        if browser.soup.select("input[type=radio][name=add]"):
            browser._show(browser.client.get(f"{ADMIN}/explain?{address}&add=p2", follow_redirects=True))
    assert browser.texts(".explain-chosen .product-title") == ["Product 2", "Product 1"]
    (link, _) = browser.soup.select(".explain-remove")
    browser.get(str(link["href"]))
    assert browser.texts(".explain-chosen .product-title") == ["Product 1"]
    assert browser.verdict("Product 2") == "Shown #1"


def test_the_fields_follow_the_type_of_the_page(browser: Explained) -> None:
    """Those of another type are put away, and come with script when it is chosen; what each asks for is said to it."""
    asked = {"product": "product", "cart": "products", "email": "products", "category": "category", "home": ""}
    for placement, about in asked.items():
        browser.get(f"explain?placement={placement}")
        (chosen,) = browser.soup.select("#placement option[selected]")
        assert (chosen["value"], chosen["data-about"]) == (placement, about)
        fields = browser.soup.select(".explain-ask [data-for]")
        shown = [str(field["data-for"]) for field in fields if not field.has_attr("hidden")]
        assert shown == [names for names in ("product products", "category") if about and about in names.split()]


def test_the_next_product_of_a_cart_is_typed_where_the_last_was(browser: Explained) -> None:
    """The page leads back to the field; a product page has no next one."""
    for placement, anchor in (("cart", "#add"), ("product", "")):
        answer = browser.client.get(f"{ADMIN}/explain?placement={placement}&add=p5")
        assert answer.location == f"{ADMIN}/explain?placement={placement}&product=p5{anchor}"


def test_a_place_is_shown_once(browser: Explained) -> None:
    """Below it stands the rank where that is another, and the strategy where it is not the slot's first choice."""
    browser.get("explain?product=p1")
    verdict = [" ".join(browser.row(f"Product {n}").select(".explain-verdict")[0].stripped_strings) for n in (2, 5)]
    assert verdict == ["Shown #1", "#4"]
    fallback = [text for text in browser.texts(".explain-slot:last-of-type .explain-verdict") if "Bestsellers" in text]
    assert fallback
    assert all(", #" in text for text in fallback)


def test_slots_of_one_title_are_told_apart_by_their_names(browser: Explained) -> None:
    """In the links to them, too."""
    browser.get("explain?product=p1")
    assert browser.texts(".explain-jump a") == ["Customers also bought mine", "Customers also bought rest"]
    browser.get("explain?placement=cart&product=p1")
    assert browser.texts(".explain-jump a") == ["Customers also bought"]


def test_a_rule_made_on_a_cart_of_several_is_for_all_carts(shop: SmallShop, browser: Explained) -> None:
    """And one made on a category page for that category."""
    browser.get("explain?placement=cart&product=p8&product=p1")
    browser.press_in("Product 2", "Exclude")
    assert rules(shop) == [Rule(kind="exclude", target_value="p2", placement="cart")]
    browser.get("explain?placement=category&category=c1")
    browser.press_in("Product 5", "Exclude")
    made = Rule(kind="exclude", target_value="p5", placement="category", seed_kind="category", seed_value="c1")
    assert made in rules(shop)


def test_long_tables_are_folded(make_shop: MakeShop) -> None:
    """Ten rows of each verdict, and a link to the rest; four hundred are no trouble."""
    plan = {"home": (Slot(name="best", strategies=("bestsellers",), limit=4),)}
    shop = make_shop(
        admin_access=lambda: Merchant("First editor"),
        catalog=MemoryCatalog(made_products(450)),
        STOREFRONT_PLAN=plan,
        STOREFRONT_MIN_SUPPORT=1,
    )
    with shop.app.app_context():
        shop.place(*([f"p{n}", f"p{n + 1}"] for n in range(1, 450, 2)))
    browser = Explained(shop)
    browser.get("explain?placement=home")
    assert len(browser.soup.select("tbody tr:not(.explain-group)")) == 4 + 10
    (more,) = browser.soup.select(".explain-more a")
    assert more.get_text() == "Show 386 more candidates"
    browser.get(str(more["href"]))
    assert len(browser.soup.select("tbody tr:not(.explain-group)")) == 400
    assert browser.soup.select("details.explain-behind[open]")


def test_a_page_without_slots_and_one_without_candidates_say_what_to_do(shop: SmallShop, browser: Explained) -> None:
    """With a link that leads there."""
    browser.get("explain?placement=account")
    assert browser.texts(".empty h2") == ["No slots"]
    browser.get("explain?placement=category")
    assert browser.texts(".empty p") == ["Enter the category of the page."]
    browser.get("explain?product=unknown-thing")
    assert any("No candidates" in words for words in browser.texts(".explain-slot p"))


def test_words_that_mean_no_product_are_said_to(browser: Explained) -> None:
    """Beside the field; what was typed stays."""
    browser.get("explain?add=nothing+like+it")
    assert browser.texts(".picker .error") == ["No matching products; enter a title or product ID."]
    assert browser.value("add") == "nothing like it"


@pytest.mark.parametrize("query", ["placement=shelf", "product=%00", "product=" + "x" * 3000, "all=%3Cb%3E&product=p1"])
def test_odd_addresses_break_nothing(browser: Explained, query: str) -> None:
    """They are answered as pages."""
    browser.get(f"explain?{query}")
    assert browser.status == 200


def test_trouble_is_shown_in_words(shop: SmallShop, browser: Explained, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page stays whole."""

    def fail(*_: Any, **__: Any) -> Any:
        raise AdapterError("The catalogue is gone.")

    monkeypatch.setattr(Suggestions, "explain", fail)
    browser.get("explain?product=p1")
    assert (browser.status, browser.texts(".notice-error p")) == (
        503,
        ["This page can't be inspected right now: The catalogue is gone."],
    )


def test_somebody_who_may_look_has_no_buttons(make_shop: MakeShop) -> None:
    """And a rule posted all the same is refused."""
    shop = make_shop(admin_access=lambda: Merchant("Viewer", "view"), STOREFRONT_PLAN=PLAN)
    with shop.app.app_context():
        shop.place(*[["p1", "p2"]] * 4, *[["p1", "p3"]] * 3)
    browser = Explained(shop)
    browser.get("explain?product=p1")
    assert browser.verdict("Product 2") == "Shown #1"
    assert not browser.soup.select("table form")
    browser.post("explain/rule", {"act": "pin", "target": "p2", "storefront_token": "x"})
    assert (browser.status, rules(shop)) == (403, [])


def test_a_rule_that_cannot_be_is_refused_in_words(shop: SmallShop, browser: Explained) -> None:
    """As when the form was made by hand."""
    browser.get("explain?product=p1")
    browser.post("explain/rule", {"act": "pin", "target": "", "storefront_token": browser.token})
    assert "product id" in browser.texts(".notice-error p")[0]
    assert rules(shop) == []


def test_the_page_speaks_japanese(shop: SmallShop) -> None:
    """Verdicts too."""
    browser = Explained(shop, "ja")
    browser.get("explain?product=p1")
    assert browser.verdict("Product 2") == "1番目に表示"
