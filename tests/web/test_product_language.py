"""Product data in the language that the shop's own code spoke, whatever language was asked for."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import flask_babel
import pytest
from flask import session
from flask.testing import FlaskClient
from made_bundles import set_of
from small_shop import SmallShop, made_products

from storefront_plugin import CartLine, MemoryCatalog, Product
from storefront_plugin.bundles import percent_off
from storefront_plugin.shop import product_cache
from storefront_plugin.shop.product_cache import ProductCache
from storefront_plugin.web.widgets.rendering import preview

PAGE = "/storefront/api/placements/product?product=p1"
ASK = "/storefront/api/recommendations?strategy=also_bought&product=p1"


class BabelCatalog(MemoryCatalog):
    """Names its products in the language of the shop's Flask-Babel."""

    calls = 0

    def get_many(self, ids: Sequence[str]) -> Mapping[str, Product]:
        self.calls += 1
        found = super().get_many(ids)
        return {name: replace(one, title=f"{self.language()} {name}") for name, one in found.items()}

    def language(self) -> str:
        return str(flask_babel.get_locale())


class SessionCatalog(BabelCatalog):
    """Names its products in the language of the session, which nobody can tell it."""

    def language(self) -> str:
        return str(session.get("language", "en"))


class SessionCart:
    """A cart in the session."""

    def lines(self) -> Sequence[CartLine]:
        return [CartLine(one) for one in session.get("cart", ())]

    def add_form(self, product: Product) -> None: ...

    def add(self, lines: Sequence[CartLine]) -> None:
        session["cart"] = [*session.get("cart", ()), *(line.product_id for line in lines)]


def bought_together(made: SmallShop) -> SmallShop:
    with made.app.app_context():
        made.place(*[["p1", "p2", "p3", "p4"]] * 5)
    return made


@pytest.fixture
def shop(make_shop: Callable[..., SmallShop]) -> SmallShop:
    """Flask-Babel chooses the language of products; the words of widgets are English by the setting."""
    made = make_shop(catalog=BabelCatalog(made_products()), cart=SessionCart(), STOREFRONT_LOCALE="en")
    flask_babel.Babel(made.app, locale_selector=lambda: session.get("language", "en"))
    return bought_together(made)


def titles(answer: Mapping[str, Any]) -> set[str]:
    """The languages of all titles."""
    slots = answer.get("slots") or [{"cards": answer["recommendations"]}]
    return {card["title"].split()[0] for slot in slots for card in slot["cards"]}


def in_place(client: FlaskClient, product: str, locale: str) -> Any:
    """What our script hears of a product that it adds on a page in *locale*."""
    form = {"product": product, "locale": locale}
    return client.post("/storefront/cart", data=form, headers={"Accept": "application/json"}).json


@pytest.mark.parametrize("first", ["ja", "en"])
def test_whoever_asks_first_for_a_language_decides_nobody_elses(shop: SmallShop, first: str) -> None:
    """JSON, fragments and what is said of an added product, each beside pages without a choice."""
    other = {"ja": "en", "en": "ja"}[first]
    client = shop.app.test_client()
    for language, another in ((first, other), (other, first), (first, other)):
        for address in (ASK, PAGE):
            assert titles(client.get(f"{address}&locale={language}").json) == {language}
            assert titles(client.get(address).json) == {"en"}
        fragment = client.get(f"/storefront/fragment/product?product=p1&locale={language}").text
        assert f"{language} p2" in fragment
        assert f"{another} p2" not in fragment
        answer = in_place(shop.app.test_client(), "p9", language)
        assert f"{language} p9" in answer["message"]


def test_a_shop_that_cannot_be_told_a_language_is_cached_as_it_spoke(make_shop: Callable[..., SmallShop]) -> None:
    """Its language is that of the session, whatever a front end asks for."""
    shop = make_shop(catalog=SessionCatalog(made_products()), STOREFRONT_LOCALE=lambda: session.get("language", "en"))
    bought_together(shop)
    english, japanese = shop.app.test_client(), shop.app.test_client()
    with japanese.session_transaction() as stored:
        stored["language"] = "ja"
    assert titles(english.get(f"{PAGE}&locale=ja").json) == {"en"}
    assert titles(japanese.get(PAGE).json) == {"ja"}
    assert titles(japanese.get(f"{PAGE}&locale=en").json) == {"ja"}
    assert titles(english.get(PAGE).json) == {"en"}


def test_a_preview_in_another_language_is_not_what_shoppers_see(shop: SmallShop) -> None:
    """The shop names products for the merchant's request, not for the language of the preview."""
    definition = set_of("p1", "p2", price=percent_off(10))
    client = shop.app.test_client()
    client.get(f"{PAGE}&locale=ja")
    with shop.app.test_request_context():
        session["language"] = "ja"
        assert "ja p1" in preview(definition, "en", "EUR")
    assert titles(client.get(PAGE).json) == {"en"}


def test_asking_for_many_languages_drives_out_no_pages_products(
    make_shop: Callable[..., SmallShop], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Babel knows hundreds; what pages ask for stays."""
    shop = make_shop(catalog=BabelCatalog(made_products()))
    flask_babel.Babel(shop.app)
    bought_together(shop)
    monkeypatch.setattr(product_cache, "MAX_LOCALES", 5)
    with shop.app.app_context():
        catalog: Any = shop.storefront.services.shop.catalog
    client = shop.app.test_client()
    client.get(PAGE)
    for locale in ("de", "fr", "it", "es", "nl", "pl", "pt", "sv"):
        client.get(f"{ASK}&locale={locale}")
        before = catalog.calls
        assert titles(client.get(PAGE).json) == {"en"}
        assert catalog.calls == before


def test_what_was_read_longest_ago_makes_room_first_whatever_its_language(monkeypatch: pytest.MonkeyPatch) -> None:
    """A language that few ask for keeps what it has read lately beside one that many ask for."""
    monkeypatch.setattr(product_cache, "MAX_CARDS", 5)
    now = itertools.count()
    cache = ProductCache(MemoryCatalog(made_products()), 30.0, 100.0, "EUR", clock=lambda: next(now) / 100)
    cache.get_many(["p1", "p2"], "en")
    cache.get_many(["p1"], "ja")
    cache.get_many(["p3", "p4"], "en")
    cache.get_many(["p5"], "en")
    cache.cached(["p3"], "en")
    every = [f"p{number}" for number in range(1, 7)]
    assert (set(cache.cached(every, "en")), set(cache.cached(every, "ja"))) == ({"p2", "p3", "p4", "p5"}, {"p1"})
    cache.get_many(["p6"], "en")
    assert (set(cache.cached(every, "en")), set(cache.cached(every, "ja"))) == ({"p3", "p4", "p5", "p6"}, {"p1"})
