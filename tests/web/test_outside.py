"""Rendering where there is no request, as for a mail: links are absolute, and nothing is anybody's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import render_template_string, session, url_for
from flask_babel import Babel, get_locale
from flask_wtf.csrf import CSRFProtect
from jinja2 import DictLoader
from made_bundles import set_of
from shop_pages import add_pages, visit
from small_shop import SmallShop, made_products

from storefront_plugin import MemoryCatalog, Slot
from storefront_plugin.bundles.price import percent_off
from storefront_plugin.core.errors import ConfigurationError
from storefront_plugin.core.settings import Settings
from storefront_plugin.shop.ports import AddForm, CartLine, Product
from storefront_plugin.web.outside import outside

MakeShop = Callable[..., SmallShop]
ADDRESS = "https://shop.example"


class SessionCart:
    """A cart that asks the session, as most do: outside of a request that raises."""

    def lines(self) -> list[CartLine]:
        return [CartLine(product_id, 1) for product_id in session.get("cart", [])]

    def add_form(self, product: Product) -> AddForm:
        return AddForm(url_for("static", filename=product.id), {"who": str(session.get("who"))})


class SessionCustomers:
    def current_id(self) -> str | None:
        return str(session["who"])

    def segments(self) -> frozenset[str]:
        return frozenset(session["segments"])


def mail_shop(make_shop: MakeShop, **options: Any) -> SmallShop:
    """A shop whose customers bought p1 with p2, p3 and p4, and where all adapters want a request."""
    products = [replace(one, image_url=f"/static/{one.id}.jpg") for one in made_products()]
    given = {
        "catalog": MemoryCatalog(products),
        "cart": SessionCart(),
        "customers": SessionCustomers(),
        "STOREFRONT_EXTERNAL_URL": ADDRESS,
        **options,
    }
    shop = add_pages(make_shop(**given))
    CSRFProtect(shop.app)
    with shop.app.app_context():
        shop.place(*[["p1", "p2", "p3", "p4"]] * 4)
    return shop


def mail_of(shop: SmallShop, *products: str, **options: Any) -> BeautifulSoup:
    """The slots of a mail about *products*."""
    with shop.app.app_context():
        return BeautifulSoup(shop.storefront.placement("email", *products, **options), "html5lib")


def addresses(soup: BeautifulSoup) -> list[str]:
    return [str(tag[name]) for name in ("href", "src", "action", "data-src") for tag in soup.select(f"[{name}]")]


def shown(soup: BeautifulSoup) -> list[str]:
    return [str(card["data-storefront-product"]) for card in soup.select("[data-storefront-product]")]


def test_a_mail_shows_products_with_absolute_links_and_nothing_to_post(make_shop: MakeShop) -> None:
    """No adapter that wants a shopper is asked, no token and no address of a fragment is in it."""
    soup = mail_of(mail_shop(make_shop), "p1")
    assert shown(soup)[:3] == ["p2", "p3", "p4"]
    found = addresses(soup)
    assert f"{ADDRESS}/product/p2" in found
    assert f"{ADDRESS}/static/p2.jpg" in found
    assert [url for url in found if not url.startswith(f"{ADDRESS}/")] == []
    assert soup.select("form, input, button, script") == []
    assert "csrf" not in str(soup)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("/product/p2", f"{ADDRESS}/kitchen/product/p2"),
        ("/kitchen/product/p2", f"{ADDRESS}/kitchen/product/p2"),
        ("//cdn.example/p2", "https://cdn.example/p2"),
        ("http://elsewhere.example/p2", "http://elsewhere.example/p2"),
        ("product/p2", f"{ADDRESS}/kitchen/product/p2"),
        ("javascript:alert(1)", None),
    ],
)
def test_each_kind_of_address_becomes_absolute(make_shop: MakeShop, given: str, expected: str | None) -> None:
    """Below the path at which the shop is mounted, once."""
    products = [replace(one, url=given) for one in made_products()]
    shop = mail_shop(make_shop, catalog=MemoryCatalog(products), STOREFRONT_EXTERNAL_URL=f"{ADDRESS}/kitchen/")
    links = {str(tag["href"]) for tag in mail_of(shop, "p1").select("a[href]")}
    assert links == ({expected} if expected else set())


def test_the_shops_own_url_for_is_absolute_in_a_document_and_as_before_after_it(make_shop: MakeShop) -> None:
    """In its templates, ours that it overrides, and our own static files; a request in between keeps its paths."""
    shop = mail_shop(make_shop, STOREFRONT_EXTERNAL_URL=f"{ADDRESS}/kitchen")
    card = (
        "<li data-storefront-product={{ card.id }}><a href=\"{{ url_for('product_page', product=card.id) }}\"></a></li>"
    )
    shop.app.jinja_loader = DictLoader({"storefront/_card.html": card})
    with shop.app.app_context():
        with outside():
            html = render_template_string(
                "<a href=\"{{ url_for('cart_page') }}\"></a>{{ storefront.head() }}{{ storefront.placement('email', 'p1') }}"
            )
            assert shop.app.test_client().get("/p/p1").status_code == 200
            assert url_for("cart_page") == f"{ADDRESS}/kitchen/cart"
        with pytest.raises(RuntimeError, match="SERVER_NAME"):
            url_for("cart_page")
    found = addresses(BeautifulSoup(html, "html5lib"))
    assert found[0] == f"{ADDRESS}/kitchen/cart"
    assert f"{ADDRESS}/kitchen/p/p2" in found
    assert [url for url in found if not url.startswith(f"{ADDRESS}/kitchen/")] == []


def test_pages_keep_their_paths(make_shop: MakeShop) -> None:
    """The address is for readers elsewhere only."""
    shop = mail_shop(make_shop)
    mail_of(shop, "p1")
    links = addresses(visit(shop).soup)
    assert "/product/p2" in links
    assert [url for url in links if url.startswith(ADDRESS)] == []


def test_without_the_address_the_error_names_the_setting(make_shop: MakeShop) -> None:
    """Where a link is needed: a catalogue whose addresses are absolute needs none."""
    shop = mail_shop(make_shop, STOREFRONT_EXTERNAL_URL=None)
    with pytest.raises(ConfigurationError, match="set STOREFRONT_EXTERNAL_URL"):
        mail_of(shop, "p1")
    with shop.app.app_context(), pytest.raises(ConfigurationError, match="set STOREFRONT_EXTERNAL_URL"):
        shop.storefront.head()
    products = [replace(one, url=f"https://p.example/{one.id}") for one in made_products()]
    whole = mail_shop(make_shop, catalog=MemoryCatalog(products), STOREFRONT_EXTERNAL_URL=None)
    assert "https://p.example/p2" in addresses(mail_of(whole, "p1"))


@pytest.mark.parametrize("address", ["shop.example", "ftp://shop.example", "https://", "https://a:b@shop.example", 7])
def test_an_address_that_is_none_is_refused(address: object) -> None:
    """By the setting's name, without what stands in it."""
    with pytest.raises(ConfigurationError, match=r"STOREFRONT_EXTERNAL_URL.*https://shop\.example"):
        Settings.from_config({"STOREFRONT_EXTERNAL_URL": address})


@pytest.mark.parametrize(
    ("setting", "given", "expected"),
    [
        (None, None, "Price"),
        (None, "ja", "価格"),
        ("ja", None, "価格"),
        ("ja", "en_GB", "Price"),
        ("ja", "nowhere", "価格"),
    ],
)
def test_the_words_are_in_the_language_given_else_in_that_of_the_setting(
    make_shop: MakeShop, setting: str | None, given: str | None, expected: str
) -> None:
    """No browser tells it."""
    shop = mail_shop(make_shop, STOREFRONT_LOCALE=setting)
    shop.app.jinja_loader = DictLoader({"storefront/_card.html": "<i>{{ _('Price') }}</i>"})
    assert {word.text for word in mail_of(shop, "p1", locale=given).select("i")} == {expected}


def test_the_shops_own_babel_speaks_the_document_s_language(make_shop: MakeShop) -> None:
    """All calls of one document follow it, and no page gets words that were read for a mail."""
    spoken: list[str] = []

    class Speaking(MemoryCatalog):
        def get_many(self, ids: Any) -> dict[str, Product]:
            spoken.append(str(get_locale()))
            return {id: replace(one, title=f"{get_locale()} {id}") for id, one in super().get_many(ids).items()}

    shop = mail_shop(make_shop, catalog=Speaking(made_products()))
    Babel(shop.app, default_locale="en")
    spoken.clear()
    with shop.app.app_context(), outside("ja"):
        text = str(shop.storefront.slot("also_bought", "p1", placement="email"))
    assert "ja p2" in text
    assert set(spoken) == {"ja"}
    assert "en p2" in str(visit(shop).soup)


def test_nothing_of_a_shopper_before_is_in_a_mail(make_shop: MakeShop) -> None:
    """Their cart does not exclude, their form is not kept, and their segments do not count."""
    shop = mail_shop(make_shop)

    @shop.app.get("/sign-in")
    def sign_in() -> str:
        session.update(who="somebody", cart=["p2"], segments=["vip"])
        return shop.storefront.placement("cart", inline="personal")

    assert shop.app.test_client().get("/sign-in").status_code == 200
    soup = mail_of(shop, "p1")
    assert shown(soup)[0] == "p2"
    assert "somebody" not in str(soup)


def test_slots_of_one_document_do_not_repeat_and_the_next_begins_again(make_shop: MakeShop) -> None:
    """A job renders many mails in one app context."""
    plan = {"email": [Slot(name=name, strategies=("also_bought",), limit=2, minimum=1) for name in ("first", "second")]}
    shop = mail_shop(make_shop, STOREFRONT_PLAN=plan)
    template = "{{ storefront.slot('first', 'p1', placement='email') }}{{ storefront.slot('second', 'p1', placement='email') }}"
    with shop.app.app_context():
        mails = []
        for _ in range(2):
            with outside():
                mails.append(shown(BeautifulSoup(render_template_string(template), "html5lib")))
    assert mails == [["p2", "p3", "p4"]] * 2


def test_lazy_slots_are_whole(make_shop: MakeShop) -> None:
    """No script fetches them."""
    plan = {"email": [Slot(name="late", strategies=("also_bought",), lazy=True)]}
    assert shown(mail_of(mail_shop(make_shop, STOREFRONT_PLAN=plan), "p1"))[:1] == ["p2"]


def test_a_bundle_is_shown_without_a_form_and_a_code_is_asked_of_nobody(make_shop: MakeShop) -> None:
    """A cart's page would have both."""
    bundles = [Slot(name="bundles", strategies=("bundles",), layout="bundles")]
    shop = mail_shop(make_shop, STOREFRONT_PLAN={"email": bundles, "product": bundles})
    open_to_all = set_of("p1", "p2", price=percent_off(10))
    with shop.app.app_context():
        shop.storefront.publish_bundle(open_to_all)
        shop.storefront.publish_bundle(replace(open_to_all, staff_only=True))
        soup = BeautifulSoup(shop.storefront.placement("product", "p1"), "html5lib")
    assert len(soup.select(".storefront-set")) == 1
    assert soup.select("form, button") == []
    assert [url for url in addresses(soup) if not url.startswith(f"{ADDRESS}/")] == []
    assert mail_of(shop, "p1").select("form, input, button") == []


def test_the_mail_of_a_shop_without_redis_is_left_empty(make_shop: MakeShop) -> None:
    """As with pages: what fails is left out and logged."""
    shop = make_shop(STOREFRONT_REDIS_URL="redis://127.0.0.1:1", STOREFRONT_EXTERNAL_URL=ADDRESS)
    assert mail_of(shop, "p1").text == ""
