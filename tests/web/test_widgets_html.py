"""What widgets put into a page: read as a browser reads it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag
from flask import Flask, Response, make_response, render_template_string, session
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_wtf.csrf import CSRFProtect
from handmade import FillableCart, HandmadeCart, HandmadeStorefront, make_lazy, products
from jinja2 import DictLoader

from storefront_plugin import MemoryCatalog, Storefront
from storefront_plugin.core.errors import ConfigurationError, StoreUnavailable
from storefront_plugin.recommending.page import FilledSlot
from storefront_plugin.recommending.plan import Slot
from storefront_plugin.shop.ports import AddForm, Product
from storefront_plugin.signals import slot_failed
from storefront_plugin.web.widgets.rendering import pages_in_place_of_widgets

PRODUCT = "/page?call=storefront.placement('product', '1')"
CART = "/page?call=storefront.placement('cart')"


def make_app(cart: HandmadeCart | None = None, **settings: object) -> Flask:
    """A shop whose /page renders the call it is given."""
    app = Flask(__name__)
    app.config.update(SECRET_KEY="test", TESTING=True)
    HandmadeStorefront(app, cart, currency="EUR", **settings)

    @app.get("/page")
    def page() -> str:
        from flask import request

        return render_template_string("<!doctype html><title>t</title>{{ " + request.args["call"] + " }}")

    @app.get("/shop/fill/<ids>")
    def fill(ids: str) -> str:
        session["cart"] = ids.split(",")
        return ""

    @app.post("/shop/add")
    def add() -> str:
        return "added"

    return app


@pytest.fixture
def app() -> Flask:
    return make_app(FillableCart())


def soup_of(app: Flask, path: str = PRODUCT, **options: object) -> BeautifulSoup:
    response = app.test_client().get(path, **options)
    assert response.status_code == 200
    return BeautifulSoup(response.text, "html5lib")


def only(found: list[Tag]) -> Tag:
    assert len(found) == 1
    return found[0]


def text(tag: Tag) -> str:
    return " ".join(tag.get_text(" ").split())


# Markup


def test_each_slot_is_a_section_with_a_heading_and_a_list(app: Flask) -> None:
    """A screen reader finds the slots by heading and hears how many products each has."""
    sections = soup_of(app).select("storefront-fragment section.storefront-slot")
    assert [text(only(each.select("h2"))) for each in sections] == [
        "Frequently bought together", "Customers also bought", "Related products", "Highly rated",
    ]  # fmt: skip
    for section in sections:
        items = only(section.select("ul[role=list]"))
        assert items.find_all(recursive=False) == items.select(":scope > li.storefront-card")


def test_a_card_is_one_link_and_one_button_that_names_its_product(app: Flask) -> None:
    """Nothing else in a card takes focus, and buttons can be told apart without seeing them."""
    for card in soup_of(app).select(".storefront-carousel .storefront-card"):
        link, button = only(card.select("a")), only(card.select("button"))
        assert link["href"].startswith("/product/")
        assert text(button) == f"Add to cart : {text(link)}"


def test_pictures_have_their_size_and_load_late(app: Flask) -> None:
    """Nothing moves when a picture arrives, and none below the fold is fetched at once."""
    pictures = soup_of(app).select("img")
    assert pictures
    for picture in pictures:
        assert (picture["width"], picture["height"], picture["loading"], picture["alt"]) == ("400", "400", "lazy", "")


def test_a_reduced_price_is_said_in_words_too(app: Flask) -> None:
    """The struck price is not shown by a line alone."""
    card = only(soup_of(app).select(".storefront-carousel [data-storefront-product='3']"))
    assert text(only(card.select(".storefront-price"))) == "Sale price €9.90 Regular price €12.38 You save €2.48"
    assert text(only(card.select("s"))) == "€12.38"


def test_stars_have_a_text_alternative(app: Flask) -> None:
    """Rating and number of reviews are read aloud."""
    card = only(soup_of(app).select(".storefront-carousel [data-storefront-product='4']"))
    assert only(card.select("svg[role=img]"))["aria-label"] == "4.9 out of 5 stars"
    assert text(only(card.select(".storefront-stars .storefront-hidden"))) == "1,204 reviews"


def test_a_product_nobody_rated_has_no_stars(app: Flask) -> None:
    """No row of empty stars, and no "0 reviews"."""
    assert not soup_of(app).select(".storefront-carousel [data-storefront-product='3'] .storefront-stars")


def test_reasons_tell_more_than_the_heading(app: Flask) -> None:
    """A number of orders is shown; words that only repeat the heading are left out."""
    soup = soup_of(app)
    first = only(soup.select(".storefront-slot-carousel li:first-of-type .storefront-reason"))
    assert text(first) == "Also bought in 113 orders"
    assert not soup.select(".storefront-slot-grid .storefront-reason")


def test_a_reason_stays_where_the_shop_named_the_slot(app: Flask) -> None:
    """Under the shop's own heading each card says why it is there."""
    app.extensions["storefront"].plan["home"] = [Slot(name="ours", strategies=("top_rated",), title="We like these")]
    reasons = soup_of(app, "/page?call=storefront.placement('home')").select(".storefront-reason")
    assert {text(reason) for reason in reasons} == {"Highly rated"}


def test_the_page_speaks_japanese(app: Flask) -> None:
    """Headings, buttons, prices and counts are in the shopper's language."""
    soup = soup_of(app, PRODUCT + "&locale=ja")
    assert text(soup.select("h2")[0]) == "よく一緒に購入されている商品"
    assert text(only(soup.select(".storefront-button-primary"))) == "3点すべてをカートに入れる"
    assert text(only(soup.select(".storefront-total"))) == "合計 ￥6,200"


def test_hostile_titles_and_addresses_stay_text(app: Flask) -> None:
    """Whatever a catalogue holds, no element, attribute or script comes out of it."""
    app.extensions["storefront"].content = lambda: "hostile"
    soup = soup_of(app)
    assert not soup.select("script, b, [onmouseover], [href^='javascript:']")
    titles = {text(name) for name in soup.select(".storefront-name")}
    assert "<script>alert(1)</script><b>bold</b>" in titles
    boxes = {box["value"] for box in soup.select("input[name=product]")}
    assert boxes <= {product.id for product in products("hostile")}


# Bought together


def test_a_set_is_one_form_with_a_box_for_each_product_the_pages_own_first(app: Flask) -> None:
    """Without script the button adds what is checked, and that is everything at first."""
    form = only(soup_of(app).select("form.storefront-together"))
    boxes = form.select("input[type=checkbox][name=product][checked]")
    assert (form["action"], form["method"]) == ("/storefront/cart", "post")
    assert [box["value"] for box in boxes] == ["1", "2", "3"]
    assert boxes[0]["aria-label"] == "Include Stoneware mug, 300 ml"


def test_the_price_of_a_set_is_the_sum_of_its_parts(app: Flask) -> None:
    """The script gets minor units and finished texts, so that it never rounds nor knows grammar."""
    form = only(soup_of(app).select("form.storefront-together"))
    assert text(only(form.select("output"))) == "€48.40"
    assert sum(int(box["data-amount"]) for box in form.select("input")) == 4840
    assert form["data-labels"] == '["Add to cart", "Add 1 to cart", "Add 2 to cart", "Add all 3 to cart"]'


def test_parts_in_different_currencies_have_no_total_and_no_button(app: Flask) -> None:
    """What cannot be summed is not summed."""
    storefront = app.extensions["storefront"]
    inner = storefront.fill_placement
    dollars = lambda filled: replace(filled, seed=replace(filled.seed, currency="USD"))  # noqa: E731
    storefront.fill_placement = lambda page, names=None: [
        dollars(each) if each.seed else each for each in inner(page, names)
    ]
    slot = only(soup_of(app).select(".storefront-slot-together"))
    assert not slot.select("output, button, form")


@pytest.mark.parametrize(
    ("change", "note"),
    [
        (lambda filled: replace(filled, seed=replace(filled.seed, stock=0)), "Sold out"),
        (lambda filled: replace(filled, seed_in_cart=True), "In your cart"),
    ],
)
def test_the_pages_own_product_that_cannot_be_added_is_shown_as_such(
    app: Flask, change: Callable[[FilledSlot], FilledSlot], note: str
) -> None:
    """It has no box, is in no sum, and the button adds the others."""
    storefront = app.extensions["storefront"]
    inner = storefront.fill_placement
    storefront.fill_placement = lambda page, names=None: [
        change(each) if each.seed else each for each in inner(page, names)
    ]
    form = only(soup_of(app).select("form.storefront-together"))
    boxes = form.select("input[type=checkbox]")
    assert [box["value"] for box in boxes] == ["2", "3"]
    assert form["data-labels"] == '["Add to cart", "Add 1 to cart", "Add all 2 to cart"]'
    own = only(form.select("li[data-storefront-product='1']"))
    assert text(only(own.select(".storefront-reason"))) == note
    total = only(form.select("output"))
    assert text(total) == f"€{sum(int(box['data-amount']) for box in boxes) / 100:.2f}"


def test_a_cart_that_cannot_be_filled_from_python_shows_the_set_without_a_form() -> None:
    """No button that would not work."""
    slot = only(soup_of(make_app(HandmadeCart())).select(".storefront-slot-together"))
    assert not slot.select("form, input, button")
    assert text(only(slot.select("output"))) == "€48.40"


# Add to cart


def test_the_shops_own_view_is_used_where_it_has_one(app: Flask) -> None:
    """A plain form to the shop's address with the shop's fields."""
    form = soup_of(app).select(".storefront-grid form")[0]
    assert (form["action"], form["method"]) == ("/shop/add", "post")
    assert only(form.select("input"))["name"] == "sku"


def test_without_a_view_of_the_shops_the_form_posts_to_ours() -> None:
    """A cart that can only be filled from Python has buttons too."""
    form = soup_of(make_app(FillableCart(own_view=False))).select(".storefront-grid form")[0]
    assert form["action"] == "/storefront/cart"
    assert only(form.select("input"))["name"] == "product"


def test_a_shop_without_a_cart_has_cards_without_buttons() -> None:
    """The card is still a link."""
    assert not soup_of(make_app()).select(".storefront-card button, .storefront-card form")


def test_a_cart_that_fails_costs_its_buttons_only(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    """The shop's own mistake is logged and breaks no card."""

    def broken(product: Product) -> AddForm:
        raise ZeroDivisionError

    app.extensions["storefront"].cart.add_form = broken
    soup = soup_of(app)
    assert len(soup.select(".storefront-grid .storefront-card")) == 8
    assert not soup.select(".storefront-grid form")
    assert "button is left out" in caplog.text


class CartOfForms(FillableCart):
    """Gives the forms of a page at once, of some products only; notes what it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[list[str]] = []

    def add_forms(self, products: Sequence[Product]) -> Mapping[str, AddForm | None]:
        self.asked.append([product.id for product in products])
        return {product.id: self.add_form(product) for product in products if product.id != "5"}


def test_a_cart_gives_the_forms_of_a_page_in_one_call() -> None:
    """Each product is named once; one that is left out gets our own form."""
    cart = CartOfForms()
    soup = soup_of(make_app(cart))
    assert len(cart.asked) == 1
    assert len(cart.asked[0]) == len(set(cart.asked[0])) == 9
    actions = {
        str(only(card.select("input"))["value"]): only(card.select("form"))["action"]
        for card in soup.select(".storefront-grid .storefront-card")
    }
    assert actions.pop("5") == "/storefront/cart"
    assert set(actions.values()) == {"/shop/add"}


def test_a_cart_that_fails_to_give_forms_costs_its_buttons_only(caplog: pytest.LogCaptureFixture) -> None:
    """It is logged once, not once a card."""
    cart: Any = CartOfForms()
    cart.add_forms = lambda products: 1 / 0
    soup = soup_of(make_app(cart))
    assert soup.select(".storefront-grid .storefront-card")
    assert not soup.select(".storefront-grid form")
    assert caplog.text.count("buttons are left out") == 1


@pytest.fixture
def guarded_app() -> Flask:
    """A shop under CSRFProtect, mounted after us."""
    app = make_app(FillableCart())
    CSRFProtect(app)
    return app


def test_a_shared_page_holds_no_token_but_a_link(guarded_app: Flask) -> None:
    """A page that a cache may keep opens no session and belongs to nobody."""
    response = guarded_app.test_client().get(PRODUCT)
    soup = BeautifulSoup(response.text, "html5lib")
    assert "Set-Cookie" not in response.headers
    assert not soup.select("input[name=csrf_token], .storefront-grid form")
    assert text(soup.select(".storefront-grid a.storefront-button")[0]) == "View : Walnut serving board with handle"


def test_the_fragment_brings_the_form_with_the_shops_token(guarded_app: Flask) -> None:
    """The token that the shop's own view accepts."""
    client = guarded_app.test_client()
    source = BeautifulSoup(client.get(PRODUCT).text, "html5lib").select("storefront-fragment")[0]["src"]
    form = BeautifulSoup(client.get(source).text, "html5lib").select(".storefront-grid form")[0]
    fields = {field["name"]: field["value"] for field in form.select("input")}
    assert client.post(form["action"], data=fields).data == b"added"
    assert client.post(form["action"], data={"sku": "1"}).status_code == 400


def test_a_form_to_another_host_gets_no_token(guarded_app: Flask) -> None:
    """The shop's token is for the shop."""
    cart = guarded_app.extensions["storefront"].cart
    cart.add_form = lambda product: AddForm("https://elsewhere.example/add", {"sku": product.id})
    assert not soup_of(guarded_app, CART).select("input[name=csrf_token]")
    assert soup_of(guarded_app, CART).select("form[action^='https://elsewhere']")


# Shared and private


def test_two_shoppers_get_the_same_bytes_on_a_shared_page(app: Flask) -> None:
    """What is in a cart changes nothing inline, and no cookie is read or set."""
    full, empty = app.test_client(), app.test_client()
    full.get("/shop/fill/4,5")
    assert full.get(PRODUCT).data == empty.get(PRODUCT).data
    headers = empty.get(PRODUCT).headers
    assert "Set-Cookie" not in headers
    assert "Cookie" not in headers.get("Vary", "")


def test_a_cart_page_is_private_and_leaves_out_what_is_in_the_cart(app: Flask) -> None:
    """It shows the shopper's own at once; the script fetches only after a change."""
    client = app.test_client()
    client.get("/shop/fill/2,3")
    response = client.get(CART)
    soup = BeautifulSoup(response.text, "html5lib")
    assert {"private", "no-store"} <= set(response.headers["Cache-Control"].replace(",", " ").split())
    assert not soup.select("[data-storefront-product='2'], [data-storefront-product='3']")
    assert only(soup.select("storefront-fragment"))["when"] == "change"


@pytest.mark.parametrize("how", ["call", "setting"])
def test_a_page_can_be_made_personal(how: str) -> None:
    """By the template or for the whole shop; the response is then private."""
    app = make_app(FillableCart(), **({"inline": "personal"} if how == "setting" else {}))
    call = PRODUCT if how == "setting" else "/page?call=storefront.placement('product', '1', inline='personal')"
    client = app.test_client()
    client.get("/shop/fill/2")
    response = client.get(call)
    assert "no-store" in response.headers["Cache-Control"]
    assert 'data-storefront-product="2"' not in response.text


def test_a_stricter_header_of_the_shops_stays(app: Flask) -> None:
    """We add to what the shop said about caching and take away only what would share the page."""

    @app.get("/strict")
    def strict() -> Response:
        response = make_response(render_template_string("{{ storefront.placement('cart') }}"))
        response.headers["Cache-Control"] = "no-cache, must-revalidate, public, s-maxage=60"
        return response

    control = app.test_client().get("/strict").cache_control
    assert control.private
    assert control.no_store
    assert control.no_cache
    assert control.must_revalidate
    assert not control.public
    assert control.s_maxage is None


# Slots apart, lazy slots, failures


def test_one_slot_can_stand_apart_in_another_layout(app: Flask) -> None:
    """The call can change the layout and lower the number of cards."""
    soup = soup_of(app, "/page?call=storefront.slot('related', '1', layout='list', limit=2)")
    assert len(only(soup.select("section.storefront-slot-list")).select(".storefront-card")) == 2
    source = only(soup.select("storefront-fragment"))["src"]
    again = BeautifulSoup(app.test_client().get(source.partition("&have")[0]).text, "html5lib")
    assert len(only(again.select("section.storefront-slot-list")).select(".storefront-card")) == 2


def test_a_lazy_slot_keeps_room_until_its_fragment_comes(app: Flask) -> None:
    """As many blank cards as will come, hidden from screen readers; the fragment has the real ones."""
    make_lazy(app.extensions["storefront"], "product", "related")
    soup = soup_of(app)
    waiting = only(soup.select(".storefront-waiting"))
    assert len(only(waiting.select("[aria-hidden=true]")).select(".storefront-blank")) == 4
    source = only(soup.select("storefront-fragment"))["src"]
    assert "have=" not in source
    assert not BeautifulSoup(app.test_client().get(source).text, "html5lib").select(".storefront-waiting")


def test_redis_gone_leaves_the_slots_out_and_the_page_whole(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    """Trouble is never raised into a page, not even in tests; it is logged and signalled."""
    app.extensions["storefront"].failure = StoreUnavailable("Redis is gone.")
    heard: list[str] = []

    def listen(sender: Flask, slot: str, error: Exception) -> None:
        heard.append(slot)

    with caplog.at_level(logging.ERROR), slot_failed.connected_to(listen, app):
        assert not soup_of(app).select("section")
    assert heard == ["product"]
    assert "Redis is gone." in caplog.text


@pytest.mark.parametrize(
    "call",
    ["storefront.placement('produkt')", "storefront.slot('nothing', '1')", "storefront.placement('home', inline='x')"],
)
def test_a_mistake_in_a_template_is_shown_to_the_developer_only(call: str) -> None:
    """In tests and debug mode it raises a sentence; for shoppers the slot is left out."""
    app = make_app(FillableCart())
    with pytest.raises(ConfigurationError, match="use"):
        app.test_client().get("/page?call=" + call)
    app.testing = False
    assert app.test_client().get("/page?call=" + call).status_code == 200


# Head, static files, overrides


def test_head_links_files_that_may_be_kept_for_ever(app: Flask) -> None:
    """The address carries the content's hash; under another hash the file must be asked for again."""
    soup, client = soup_of(app, "/page?call=storefront.head()"), app.test_client()
    for address in (only(soup.select("link"))["href"], *(script["src"] for script in soup.select("script"))):
        with client.get(address) as kept, client.get(address.partition("?")[0]) as other:
            assert kept.cache_control.immutable
            assert kept.cache_control.max_age == 31_536_000
            assert not other.cache_control.immutable
    assert [script["type"] for script in soup.select("script")] == ["module", "module"]


def test_a_shop_overrides_a_template_by_its_name_and_can_extend_ours(app: Flask) -> None:
    """templates/storefront/_card.html of the shop wins."""
    ours = "{% extends 'storefront-default/_card.html' %}{% block price %}<i>ask us</i>{% endblock %}"
    app.jinja_loader = DictLoader({"storefront/_card.html": ours})
    cards = soup_of(app).select(".storefront-grid .storefront-card")
    assert {text(only(card.select("i"))) for card in cards} == {"ask us"}
    assert all(card.select(".storefront-link") for card in cards)


def test_a_page_of_the_shops_that_has_the_name_of_a_widget_is_not_nested_into_it(app: Flask) -> None:
    """templates/storefront/list.html may be a list of stores: widgets are ours then, and the check says so."""
    app.jinja_loader = DictLoader(
        {
            "base.html": "<!DOCTYPE html><html><body>{% block content %}{% endblock %}</body></html>",
            "storefront/list.html": "{% extends 'base.html' %}{% block content %}<h1>Our shops</h1>{% endblock %}",
            "storefront/_price.html": "{% extends 'storefront-default/_price.html' %}",
            "storefront/answer.html": "{% extends 'base.html' %}{% block content %}{{ answer.text }}{% endblock %}",
        }
    )
    soup = soup_of(app, "/page?call=storefront.slot('related', '1', layout='list', limit=2)")
    assert len(soup.select(".storefront-list .storefront-card")) == 2
    assert not soup.select("h1, html html")
    assert pages_in_place_of_widgets(app.jinja_env) == ["storefront/list.html"]


def test_a_template_of_the_shops_reads_what_merchants_set_of_the_slot(app: Flask) -> None:
    """All of it, of slots that wait for their fragment too: a setting more needs nothing between plan and template."""
    app.jinja_loader = DictLoader({"storefront/slot.html": "<i>{{ slot.settings.limit }} {{ slot.settings.lazy }}</i>"})
    call = "/page?call=storefront.slot('related', '1', layout='list', limit=2)"
    assert text(only(soup_of(app, call).select("i"))) == "2 False"
    make_lazy(app.extensions["storefront"], "product", "related")
    assert "4 True" in {text(one) for one in soup_of(app).select("i")}


def test_a_small_template_of_the_shops_is_rendered_for_every_page(app: Flask) -> None:
    """HTML is kept only where all of it is ours: a shop's template may look at anything."""
    soup_of(make_app(FillableCart()))
    app.jinja_loader = DictLoader({"storefront/_price.html": "<i>{{ request.args.locale }}</i>"})
    for locale in ("en", "ja"):
        prices = soup_of(app, PRODUCT + "&locale=" + locale).select(".storefront-grid i")
        assert {text(price) for price in prices} == {locale}


def test_addresses_stand_below_the_path_that_the_shop_is_mounted_under(app: Flask) -> None:
    """A shop under /shop links to /shop/product/4."""
    soup = soup_of(app, PRODUCT, base_url="http://localhost/branch")
    assert all(link["href"].startswith("/branch/product/") for link in soup.select("a:not(.storefront-skip)"))
    assert all(picture["src"].startswith("/branch/picture/") for picture in soup.select("img"))


def test_a_hosts_limiter_counts_none_of_our_requests() -> None:
    """Fragments do not use up the shop's budget, though its limiter was mounted after us."""
    app = make_app(FillableCart())
    Limiter(get_remote_address, app=app, default_limits=["3/minute"], storage_uri="memory://")
    client = app.test_client()
    assert {client.get("/storefront/fragment/product?product=1").status_code for _ in range(8)} == {200}


def test_prices_without_a_currency_take_the_setting(app: Flask) -> None:
    """A catalogue that names no currency is priced in STOREFRONT_CURRENCY."""
    storefront = app.extensions["storefront"]
    inner = storefront.fill_placement
    storefront.fill_placement = lambda page, names=None: [
        replace(
            f, cards=tuple(c._replace(product=replace(c.product, currency=None, price=Decimal(5))) for c in f.cards)
        )
        for f in inner(page, names)
    ]
    prices = {text(each) for each in soup_of(app).select(".storefront-grid .storefront-now")}
    assert prices == {"€5.00"}


@pytest.fixture(autouse=True)
def _no_context_left() -> Iterator[None]:
    """A test that leaves a context pushed would colour the next."""
    yield
    from flask.globals import _cv_app

    assert _cv_app.get(None) is None


@pytest.mark.parametrize("url_prefix", ["tips", "/<lang>/tips", "/", "", "/tips/"])
def test_a_prefix_that_cannot_be_is_refused_when_mounting(url_prefix: str) -> None:
    """In one sentence, before any address is made of it."""
    app = Flask("shop")
    app.secret_key = "a key"
    with pytest.raises(ConfigurationError, match=r"url_prefix=.*'/suggestions'"):
        Storefront(app, catalog=MemoryCatalog([]), url_prefix=url_prefix)
