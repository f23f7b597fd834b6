"""Products with variants get into the cart with one, or not at all; and only what is available gets there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import pytest
from bs4 import Tag
from bundle_shop import BundleShop, bundle_shop, colours, stocked
from small_shop import SmallShop

from storefront_plugin import MemoryCatalog, Product
from storefront_plugin.shop.ports import Variant

MakeShop = Callable[..., SmallShop]


class AskedVariants:
    """Product p2 comes in colours; notes what was asked, and fails while it is *broken*."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.broken = False

    def __call__(self, ids: Sequence[str]) -> Mapping[str, Sequence[Variant]]:
        self.asked.append(sorted(ids))
        if self.broken:
            raise RuntimeError("no variants today")
        return colours(ids)


@pytest.fixture
def variants() -> AskedVariants:
    return AskedVariants()


def sells(make_shop: MakeShop, variants: AskedVariants | None) -> BundleShop:
    """A shop where p1 is bought with p2, and p3 with p4; p8 is sold out and p9 hidden."""
    gone = Product(id="p8", title="Sold out", price=Decimal(8), stock=0)
    hidden = Product(id="p9", title="Hidden", price=Decimal(9), visible=False)
    shop = bundle_shop(make_shop, MemoryCatalog(stocked(p8=gone, p9=hidden), variants=variants))
    with shop.shop.app.app_context():
        shop.shop.place(*[["p1", "p2"]] * 6, *[["p3", "p4"]] * 6, *[["p5", "p6"]] * 5)
        shop.shop.storefront.rebuild()
    return shop


def cards(shop: BundleShop, path: str) -> dict[str, Tag]:
    """The cards of a page by product, without those of the box with one button."""
    found = shop.soup(path).select("li.storefront-card:not(.storefront-part)")
    return {str(card["data-storefront-product"]): card for card in found}


def test_a_card_with_variants_links_to_its_page(make_shop: MakeShop, variants: AskedVariants) -> None:
    """Instead of our own form, which cannot ask for one; the catalogue is asked once a page, and warm not at all."""
    shop = sells(make_shop, variants)
    shown = cards(shop, "/p/p3")
    assert not shown["p2"].select("form")
    assert [link["href"] for link in shown["p2"].select("a.storefront-button")] == ["/p/p2"]
    assert shown["p1"].select("form[action='/storefront/cart']")
    assert len(variants.asked) == 1
    cards(shop, "/p/p3")
    assert len(variants.asked) == 1


def test_the_box_for_several_has_no_button_where_one_has_variants(make_shop: MakeShop, variants: AskedVariants) -> None:
    """Whichever of them it is; other boxes keep theirs."""
    shop = sells(make_shop, variants)
    for path in ("/p/p1", "/p/p2"):
        box = shop.soup(path).select_one(".storefront-together")
        assert box is not None
        assert (box.name, box.select("input, button")) == ("div", [])
    box = shop.soup("/p/p3").select_one(".storefront-together")
    assert box is not None
    assert box.name == "form"


def test_nothing_is_added_without_a_variant_while_the_catalogue_cannot_tell(
    make_shop: MakeShop, variants: AskedVariants
) -> None:
    """The page stands with links; what is posted anyway is left out."""
    shop = sells(make_shop, variants)
    variants.broken = True
    shown = cards(shop, "/p/p3")
    assert shown
    assert not any(card.select("form") for card in shown.values())
    shop.post(product=["p1"])
    assert shop.cart == []


@pytest.mark.parametrize("known", [True, False])
def test_only_what_is_available_is_put_into_the_cart(make_shop: MakeShop, variants: AskedVariants, known: bool) -> None:
    """Unknown, hidden and sold-out products are dropped, and those with variants where the catalogue tells of any."""
    shop = sells(make_shop, variants if known else None)
    response: Any = shop.post(product=["p1", "unknown", "p8", "p9", "p2"])
    assert (response.status_code, response.location) == (303, "/p/p1")
    assert [name for name, _, _ in shop.cart] == (["p1"] if known else ["p1", "p2"])
