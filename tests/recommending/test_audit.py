"""The audit of suggestions: what it counts on pages made by hand, and which products it takes for one department."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from storefront_plugin import MemoryCatalog, Product, Slot
from storefront_plugin.content.departments import Departments
from storefront_plugin.recommending.audit import AuditReport, SuggestionAudit
from storefront_plugin.recommending.choosing import CHOSEN
from storefront_plugin.recommending.page import PINNED, Card, FilledSlot, Page, Reason
from storefront_plugin.recommending.strategies.also_bought import ALSO_BOUGHT
from storefront_plugin.recommending.strategies.related import ALIKE

BOUGHT = Slot(name="also", strategies=("also_bought",))
SIMILAR = Slot(name="similar", strategies=("related",))
PLAN = {"product": (BOUGHT, SIMILAR), "cart": ()}


def product(name: str, *categories: str, **fields: Any) -> Product:
    return Product(id=name, title=name.capitalize(), price=Decimal(1), category_ids=categories, **fields)


KETTLE, TEAPOT = product("kettle", "kettles", "kitchen"), product("teapot", "teapots", "kitchen")
SPADE, FORK = product("spade", "spades", "garden"), product("fork", "forks", "garden")
SHOP = (KETTLE, TEAPOT, SPADE, FORK)


def bought(shown: Product, orders: int | None) -> Card:
    return Card(shown, 1.0, "also_bought", Reason(ALSO_BOUGHT, orders), orders)


def similar(shown: Product) -> Card:
    return Card(shown, 1.0, "related", Reason(ALIKE))


def audited(
    *slots: FilledSlot, products: Sequence[Product] = SHOP, of: str = "kettle", now: Sequence[Product] | None = None
) -> AuditReport:
    """The report on a shop whose page of *of* has *slots*, and whose other pages have a slot without a fault."""

    def fill(page: Page) -> list[FilledSlot]:
        (own,) = page.products or [page.cart[0].product_id]
        if page.placement != "product":
            return []
        twin = next(one for one in products if one.id == own)
        return (
            list(slots)
            if own == of
            else [FilledSlot(SIMILAR, (similar(replace(twin, id=f"another {own}", variant_group=None)),))]
        )

    catalog = MemoryCatalog([*(now or products), *(replace(one, id=f"another {one.id}") for one in products)])
    catalog.iter_products = lambda: iter(products)  # type: ignore[method-assign]
    suggestions: Any = SimpleNamespace(plan=PLAN, fill_placement=fill)
    return SuggestionAudit(suggestions, catalog, None, 3, "en").run(100, lambda *_: None)


def faults(report: AuditReport) -> list[tuple[str, str, str]]:
    return [(one.kind, one.slot, one.product_id) for each in report.worst for one in each.faults]


def test_a_card_of_another_department_is_a_stray_unless_orders_speak_for_it() -> None:
    """It is counted as of another department either way, and only the stray is a fault."""
    report = audited(FilledSlot(BOUGHT, (bought(SPADE, 3),)), FilledSlot(SIMILAR, (similar(FORK), similar(TEAPOT))))
    assert faults(report) == [("stray", "product/similar", "fork")]
    figures = report.slots["product/similar"]
    assert (figures.cards, figures.compared, figures.elsewhere, figures.strays) == (5, 5, 1, 1)
    assert (report.total.elsewhere, report.total.strays) == (2, 1)
    assert report.failures == [
        "83.3% of the cards are of the product's department or supported by orders; 95% are needed."
    ]


def test_a_claim_needs_the_minimum_support() -> None:
    """One that was pinned claims nothing, and neither does a similar product under a heading of its own."""
    pinned = Card(SPADE, 1.0, PINNED, Reason(CHOSEN))
    report = audited(FilledSlot(BOUGHT, (pinned, bought(FORK, 2))), FilledSlot(BOUGHT, (similar(TEAPOT),)))
    assert [fault for fault in faults(report) if fault[0] == "unsupported"] == [
        ("unsupported", "product/also", "fork"),
    ]
    assert (report.total.claims, report.total.unsupported) == (1, 1)
    assert "Cards under a claim that too few orders support: 1." in report.failures


def test_a_product_stands_on_a_page_once_and_beside_none_of_its_own_variants() -> None:
    """The page's own product counts as shown."""
    red, blue = (replace(one, variant_group="v") for one in (KETTLE, replace(TEAPOT, id="blue")))
    slots = FilledSlot(BOUGHT, (bought(TEAPOT, 9),)), FilledSlot(SIMILAR, (similar(TEAPOT), similar(blue)))
    report = audited(*slots, products=(red, TEAPOT, blue, SPADE))
    assert faults(report) == [("repeat", "product/similar", "teapot"), ("repeat", "product/similar", "blue")]
    assert "Cards that repeat a product of their page: 2." in report.failures


def test_what_the_catalogue_cannot_sell_now_is_sold_out() -> None:
    """The catalogue is asked again, whatever the page believed."""
    now = (KETTLE, replace(TEAPOT, stock=0), SPADE, FORK)
    report = audited(FilledSlot(SIMILAR, (similar(TEAPOT),)), now=now)
    assert faults(report) == [("sold_out", "product/similar", "teapot")]
    assert report.failures == ["Cards of products that cannot be sold: 1."]


def test_a_product_whose_page_has_nothing_is_an_orphan() -> None:
    """One of four is more than one in a hundred."""
    report = audited(FilledSlot(BOUGHT))
    assert (report.orphans, faults(report)) == (1, [("orphan", "", "")])
    assert report.failures == ["Product pages that have nothing to show: 1 of 4."]


def test_a_shop_without_faults_says_so() -> None:
    """Shares are None where nothing can be told."""
    report = audited(FilledSlot(SIMILAR, (similar(TEAPOT),)))
    assert (report.failures, report.worst, report.total.purity) == ([], [], 1.0)
    assert AuditReport().as_json()["total"]["purity"] is None  # type: ignore[index]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (("kettles", "kitchen"), ("teapots", "kitchen"), True),
        (("kettles", "kitchen"), ("spades", "garden"), False),
        (("kitchen",), ("kitchen",), True),
        (("kitchen",), ("garden",), False),
        (("steel", "gift", "red"), ("oak", "gift"), True),
        (("kettles",), (), None),
        ((), (), None),
    ],
    ids=["tree", "other tree", "flat", "other flat", "tags", "one without", "none at all"],
)
def test_departments_are_found_in_any_shape_of_categories(
    one: tuple[str, ...], other: tuple[str, ...], expected: bool | None
) -> None:
    """They share a category; without any there is nothing to tell."""
    departments = Departments()
    found = [product("one", *one), product("other", *other), *(product(f"p{n}", f"c{n}") for n in range(9))]
    for each in found:
        departments.add(each)
    assert departments.same(found[0], found[1]) is expected


@pytest.mark.parametrize("everything", ["first", "last"])
def test_a_category_of_all_products_says_nothing(everything: str) -> None:
    """Wherever it stands among the others; a shop that has no other knows no departments."""

    def place(own: str) -> tuple[str, ...]:
        return ("all", own) if everything == "first" else (own, "all")

    found = [product(f"p{n}", *place(f"c{n % 3}")) for n in range(9)]
    departments = Departments()
    for each in found:
        departments.add(each)
    assert departments.same(found[0], found[3]) is True
    assert departments.same(found[0], found[1]) is False
    alone = Departments()
    alone.add(product("x", "all"))
    assert alone.same(product("x", "all"), product("y", "all")) is None
