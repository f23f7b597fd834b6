"""What widgets expect of a catalogue."""

from __future__ import annotations

from decimal import Decimal
from itertools import islice

import pytest

from ..shop.cleaning import clean_product
from ..shop.ports import Catalog, LiveStock, NamesCategories, OffersVariants, Product, Variant, clean_id

STRANGE_IDS = ("", " ", "0", "-1", "unknown", "1; DROP TABLE", "%", "ä" * 200, "\x00", "9" * 40, "None", "\ud800")
FEW = 50


class CatalogContract:
    """Needs a fixture ``catalog`` with at least one product, inside an app context."""

    @pytest.fixture
    def some(self, catalog: Catalog) -> list[Product]:
        """A few products of the catalogue; every test here needs one."""
        found = list(islice(catalog.iter_products(), FEW))
        assert found, "the catalogue of the fixture is empty; fill it with a few products"
        return found

    def test_it_offers_what_a_catalogue_must(self, catalog: object) -> None:
        """get_many, iter_products and search are there."""
        assert isinstance(catalog, Catalog)

    def test_products_can_be_shown(self, some: list[Product]) -> None:
        """Id, title and price are there, as text and Decimal."""
        for product in some:
            assert clean_id(product.id) == product.id
            assert product.title.strip()
            assert isinstance(product.price, Decimal), "price must be a Decimal"
            assert clean_product(product, "EUR") is not None

    def test_get_many_gives_each_product_under_its_id(self, catalog: Catalog, some: list[Product]) -> None:
        """What iter_products gave is found again, equal and under its own id."""
        ids = [product.id for product in some]
        found = catalog.get_many(ids)
        assert set(found) == set(ids)
        assert all(found[product.id] == product for product in some)

    def test_get_many_leaves_unknown_ids_out(self, catalog: Catalog, some: list[Product]) -> None:
        """Strange ids are unknown, not an error, and hide nothing else."""
        known = {product.id for product in islice(catalog.iter_products(), 10_000)}
        found = catalog.get_many([*STRANGE_IDS, some[0].id])
        assert some[0].id in found
        assert not set(found) & (set(STRANGE_IDS) - known)

    def test_get_many_of_nothing_is_nothing(self, catalog: Catalog) -> None:
        """No ids, no products."""
        assert not catalog.get_many([])

    def test_get_many_takes_repeated_and_many_ids(self, catalog: Catalog, some: list[Product]) -> None:
        """A cart of 1 200 lines, some of them equal, is looked up in one call."""
        ids = [some[0].id, *(f"unknown-{number}" for number in range(1200)), some[0].id]
        assert some[0].id in catalog.get_many(ids)

    def test_each_product_comes_once(self, catalog: Catalog) -> None:
        """iter_products repeats no id, and can be begun again after it was left halfway."""
        next(iter(catalog.iter_products()))
        ids = [product.id for product in islice(catalog.iter_products(), 10_000)]
        assert len(ids) == len(set(ids))

    def test_search_finds_a_product_by_its_title(self, catalog: Catalog, some: list[Product]) -> None:
        """The title, in capitals too, finds the product, within the limit."""
        title = some[0].title
        for text in (title, title.upper()) if title.isascii() else (title,):
            assert some[0].title in {product.title for product in catalog.search(text, 20)}
        assert len(catalog.search(title.split()[0], 1)) <= 1

    def test_search_takes_any_text(self, catalog: Catalog) -> None:
        """Signs that mean something to LIKE, empty and huge texts are only texts."""
        assert not catalog.search("", 5)
        for text in ("%", "_", "\\", "'", '"', "\x00", "ä" * 5000, "%%%%nothing%%%%"):
            assert len(catalog.search(text, 3)) <= 3
        assert not catalog.search("%%%%nothing%%%%", 3)

    def test_live_stock_agrees_with_the_products(self, catalog: Catalog, some: list[Product]) -> None:
        """Where it is offered, live_stock answers for the ids asked for, and for no others."""
        if not isinstance(catalog, LiveStock):
            pytest.skip("this catalogue offers no live stock")
        ids = [product.id for product in some]
        stock = catalog.live_stock([*ids, "unknown"])
        assert dict(stock) == {product.id: product.stock for product in some}
        assert not catalog.live_stock([])

    def test_variants_belong_to_the_products_asked_for(self, catalog: Catalog, some: list[Product]) -> None:
        """Where they are offered, each has an id of its own and a price that can be shown."""
        if not isinstance(catalog, OffersVariants):
            pytest.skip("this catalogue offers no variants")
        ids = [product.id for product in some]
        found = catalog.variants([*ids, "unknown"])
        assert set(found) <= set(ids)
        for variants in found.values():
            assert all(isinstance(one, Variant) and clean_id(one.id) == one.id for one in variants)
            assert len({one.id for one in variants}) == len(variants)
            assert all(one.price is None or isinstance(one.price, Decimal) for one in variants)
        assert not catalog.variants([])

    def test_category_names_are_text_for_the_ids_asked_for(self, catalog: Catalog, some: list[Product]) -> None:
        """Where they are offered, those of the products' categories have one line each, and unknown ids none."""
        if not isinstance(catalog, NamesCategories):
            pytest.skip("this catalogue does not name its categories")
        ids = sorted({category for product in some for category in product.category_ids})
        names = catalog.category_names([*ids, "unknown"])
        assert set(names) <= set(ids)
        assert all(isinstance(name, str) and name.strip() for name in names.values())
        assert not catalog.category_names([])
