"""A small shop that sells bundles: a session cart that keeps quantities and variants, and ways to publish."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from bs4 import BeautifulSoup
from flask import session
from flask.testing import FlaskClient
from shop_pages import add_pages
from small_shop import SmallShop

from storefront_plugin import AddForm, CartLine, MemoryCatalog, Product
from storefront_plugin.bundles.definition import Definition
from storefront_plugin.bundles.store.repository import BundleRepository
from storefront_plugin.shop.ports import Variant

MakeShop = Callable[..., SmallShop]


class SessionCart:
    """A cart in the session: product, variant and items of each line."""

    def lines(self) -> Iterable[CartLine]:
        return [CartLine(product, quantity, None, variant) for product, variant, quantity in session.get("cart", ())]

    def add_form(self, product: Product) -> AddForm | None:
        return None

    def add(self, lines: Sequence[CartLine]) -> None:
        quantities = {(product, variant): count for product, variant, count in session.get("cart", ())}
        for line in lines:
            key = (line.product_id, line.variant_id)
            quantities[key] = quantities.get(key, 0) + line.quantity
        session["cart"] = [(product, variant, count) for (product, variant), count in quantities.items()]

    def remove(self, lines: Sequence[CartLine]) -> None:
        taken = {(line.product_id, line.variant_id): line.quantity for line in lines}
        left = [
            (product, variant, count - taken.get((product, variant), 0)) for product, variant, count in session["cart"]
        ]
        session["cart"] = [line for line in left if line[2] > 0]

    def count(self) -> int:
        return sum(quantity for *_, quantity in session.get("cart", ()))


class Shoppers:
    """Customers whose segments stand in the session."""

    def current_id(self) -> str | None:
        return None

    def segments(self) -> Iterable[str]:
        return session.get("segments", ())  # type: ignore[no-any-return]


@dataclass
class BundleShop:
    """The shop, and a shopper's browser."""

    shop: SmallShop
    client: FlaskClient

    def publish(self, definition: Definition) -> int:
        """The id of a published bundle that all processes know."""
        with self.shop.app.app_context():
            stored = BundleRepository(self.shop.storefront.database).create(definition)
            BundleRepository(self.shop.storefront.database).set_state(stored.id, 1, "publish")
            self.shop.storefront.bundles_changed()
        return stored.id

    def soup(self, path: str) -> BeautifulSoup:
        """A page as the browser reads it."""
        response = self.client.get(path)
        assert response.status_code == 200, response.text
        return BeautifulSoup(response.text, "html5lib")

    def post(self, **fields: Any) -> Any:
        """Post a form to our cart; lists give a field several values."""
        return self.client.post("/storefront/cart", data=fields, headers={"Referer": "http://localhost/p/p1"})

    def submit(self, form: Any, **changed: Any) -> Any:
        """Post *form* as it stands in the page, with some fields *changed* (None takes one away)."""
        return self.client.post(form["action"], data={**values(form), **changed})

    def fill(self, *lines: tuple[str, str | None, int]) -> None:
        """Put product, variant and items into the cart by the shop's own code."""
        with self.client.session_transaction() as held:
            held["cart"] = list(lines)

    @property
    def cart(self) -> list[tuple[str, str | None, int]]:
        """What stands in the cart."""
        with self.client.session_transaction() as held:
            return [tuple(line) for line in held.get("cart", ())]


def values(form: Any) -> dict[str, Any]:
    """What a browser without script sends for *form*."""
    sent: dict[str, Any] = {}
    for field in form.select("input[name], select[name]"):
        if field.name == "select":
            options = field.select("option:not([disabled])")
            chosen = next((one for one in options if one.has_attr("selected")), options[0])
            sent[field["name"]] = chosen["value"]
        elif field["type"] != "checkbox":
            sent[field["name"]] = field["value"]
        elif field.has_attr("checked"):
            sent.setdefault(field["name"], []).append(field["value"])
    return sent


def bundle_shop(make_shop: MakeShop, catalog: MemoryCatalog | None = None, **options: Any) -> BundleShop:
    """A shop with pages ``/p/<id>`` and ``/cart``."""
    catalog = catalog or MemoryCatalog(stocked())
    shop = add_pages(make_shop(catalog=catalog, cart=SessionCart(), customers=Shoppers(), **options))
    return BundleShop(shop, shop.app.test_client())


def stocked(**changed: Any) -> list[Product]:
    """Ten products at 1, 2 … euros; *changed* replaces some by id, None takes one away."""
    made = {
        f"p{n}": Product(id=f"p{n}", title=f"Product {n}", price=Decimal(n), url=f"/p/p{n}") for n in range(1, 11)
    } | changed
    return [product for product in made.values() if product is not None]


def colours(ids: Sequence[str]) -> dict[str, list[Variant]]:
    """Product p2 comes in red, in a more expensive gold and in a blue that is sold out."""
    known = [Variant("red", "Red"), Variant("gold", "Gold", Decimal("3.50")), Variant("blue", "Blue", None, 0)]
    return {"p2": known} if "p2" in ids else {}
