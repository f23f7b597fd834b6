"""What all pages of the admin share: products, times, notices, lists, the log."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from bs4 import BeautifulSoup
from hypothesis import example, given, settings
from hypothesis import strategies as st
from merchant_pages import HOME, Probe, ProbeForm, add_probe, fields_of, signed_in, soup_of, token_of
from small_shop import SmallShop, made_products
from werkzeug.datastructures import MultiDict

from storefront_plugin import ConfigurationError, MemoryCatalog, Merchant, Product
from storefront_plugin.admin.kit import products
from storefront_plugin.admin.kit.forms import Messages
from storefront_plugin.admin.kit.i18n import shown_time
from storefront_plugin.admin.kit.pages import flash
from storefront_plugin.admin.rules.editor import RuleForm
from storefront_plugin.core.settings import Settings
from storefront_plugin.core.sql import audit

MakeShop = Callable[..., SmallShop]
UTC = dt.timezone.utc

ODD = [
    Product(id="7", title="Number seven", price=Decimal("12.50"), stock=0, image_url="/seven.png"),
    Product(id="cup", title="Cup <b>bold</b>", price=Decimal(3), visible=False, url="javascript:alert(1)"),
    Product(id="cup-2", title="Cup, large", price=Decimal(4)),
    Product(id="p7 special", title="7", price=Decimal(5)),
]


@pytest.fixture
def probed(make_shop: MakeShop, monkeypatch: pytest.MonkeyPatch) -> tuple[SmallShop, Probe]:
    return add_probe(monkeypatch, make_shop, catalog=MemoryCatalog([*made_products(), *ODD]))


def suggested(shop: SmallShop, text: str) -> list[dict[str, Any]]:
    """What typing *text* suggests."""
    answer = signed_in(shop).get(f"{HOME}/products", query_string={"q": text})
    assert answer.status_code == 200
    found: list[dict[str, Any]] = answer.json
    return found


def test_typing_suggests_products_with_what_a_row_shows(probed: tuple[SmallShop, Probe]) -> None:
    """Found by title and id; price as the shop's money, hidden and sold-out ones too."""
    shop, _ = probed
    assert suggested(shop, "cup, large") == [
        {"id": "cup-2", "title": "Cup, large", "price": "€4.00", "image_url": None, "stock": None, "visible": True}
    ]
    (seven, *_) = suggested(shop, "seven")
    assert (seven["image_url"], seven["stock"], seven["price"]) == ("/seven.png", 0, "€12.50")
    assert {each["id"]: each["visible"] for each in suggested(shop, "cup")} == {"cup": False, "cup-2": True}


def test_the_product_of_this_very_id_comes_first_and_once(probed: tuple[SmallShop, Probe]) -> None:
    """However many titles hold the same words."""
    found = [each["id"] for each in suggested(probed[0], "7")]
    assert found[0] == "7"
    assert found.count("7") == 1
    assert "p7" in found


@pytest.mark.parametrize("text", ["", "   ", "\x00", "x" * 5000, "%", "_", "' OR 1=1", "\u202e", "𝕏" * 300])
def test_odd_words_suggest_nothing_and_break_nothing(probed: tuple[SmallShop, Probe], text: str) -> None:
    """They are words, not patterns."""
    assert suggested(probed[0], text) == []


def test_at_most_twelve_are_suggested(probed: tuple[SmallShop, Probe]) -> None:
    """Of the twenty whose title holds the word."""
    assert len(suggested(probed[0], "product")) == 12


def test_a_catalogue_that_fails_is_said_in_words(make_shop: MakeShop) -> None:
    """The answer is 503 with the remedy, never a broken page."""

    class Broken(MemoryCatalog):
        def search(self, text: str, limit: int) -> Any:
            raise RuntimeError("the index is gone")

    shop = make_shop(catalog=Broken(made_products()), admin_access=lambda: Merchant("First editor"), TESTING=False)
    answer = shop.app.test_client().get(f"{HOME}/products?q=cup")
    assert answer.status_code == 503
    assert "the index is gone" in answer.text


def test_words_are_resolved_to_one_product_or_to_a_choice(probed: tuple[SmallShop, Probe]) -> None:
    """An id wins; the only match is taken; several are offered; none is none."""
    shop, _ = probed
    with shop.app.test_request_context():
        exact, only, several, none = (products.resolve(text) for text in (" p7 ", "seven", "cup, l", "no such thing"))
        many = products.resolve("cup")
    assert exact.product is not None
    assert exact.product.id == "p7"
    assert only.product is not None
    assert only.product.id == "7"
    assert several.product is not None
    assert (none.product, none.choices) == (None, ())
    assert (many.product.id if many.product else None) == "cup"


def test_rows_of_unknown_products_say_so_and_bad_addresses_are_no_links(probed: tuple[SmallShop, Probe]) -> None:
    """A list never loses a row, nor gets a script from the catalogue."""
    with probed[0].app.test_request_context():
        rows = products.views(["p1", "gone", "cup", "", "x" * 999])
    assert [(row.id, row.known) for row in rows.values()] == [
        ("p1", True), ("gone", False), ("cup", True), ("", False), ("x" * 999, False),
    ]  # fmt: skip
    assert rows["cup"].url is None
    assert rows["p1"].url == "/product/p1"


def moment(shop: SmallShop, text: str) -> tuple[Any, list[str], str]:
    """Data, errors and shown value of the time field for *text*."""
    with shop.app.test_request_context(method="POST"):
        form = ProbeForm(formdata=MultiDict({"title": "x", "moment": text}))
        form.validate()
        return form.moment.data, list(form.moment.errors), form.moment._value()


@pytest.mark.parametrize(
    ("zone", "text", "expected"),
    [
        ("UTC", "2026-03-01T09:30", dt.datetime(2026, 3, 1, 9, 30, tzinfo=UTC)),
        ("Asia/Tokyo", "2026-03-01T09:30", dt.datetime(2026, 3, 1, 0, 30, tzinfo=UTC)),
        ("Asia/Tokyo", "2026-03-01T08:59", dt.datetime(2026, 2, 28, 23, 59, tzinfo=UTC)),
        ("Europe/Berlin", "2026-07-01T09:30", dt.datetime(2026, 7, 1, 7, 30, tzinfo=UTC)),
        ("Europe/Berlin", "2026-12-01T09:30", dt.datetime(2026, 12, 1, 8, 30, tzinfo=UTC)),
        ("Asia/Kathmandu", "2026-03-01 09:30", dt.datetime(2026, 3, 1, 3, 45, tzinfo=UTC)),
        ("America/New_York", "2026-11-01T01:30", dt.datetime(2026, 11, 1, 5, 30, tzinfo=UTC)),
        ("UTC", "2026-03-01T09:30:15", dt.datetime(2026, 3, 1, 9, 30, 15, tzinfo=UTC)),
    ],
)
def test_a_time_is_read_on_the_shops_clock(make_shop: MakeShop, zone: str, text: str, expected: dt.datetime) -> None:
    """What the merchant reads on the wall, stored in UTC; an hour that comes twice is its first."""
    shop = make_shop(STOREFRONT_TIMEZONE=zone)
    assert moment(shop, text) == (expected, [], text)


@pytest.mark.parametrize(
    ("zone", "text", "words"),
    [
        ("Europe/Berlin", "2026-03-29T02:30", "This time doesn't exist in Europe/Berlin"),
        ("America/New_York", "2026-03-08T02:00", "This time doesn't exist in America/New_York"),
        ("Asia/Tokyo", "0001-01-01T00:00", "This isn't a valid time"),
        ("America/New_York", "9999-12-31T23:59", "This isn't a valid time"),
        ("UTC", "tomorrow", "Enter a date and time"),
        ("UTC", "2026-02-30T09:00", "Enter a date and time"),
    ],
)
def test_a_time_that_is_none_is_refused_and_stays_as_typed(
    make_shop: MakeShop, zone: str, text: str, words: str
) -> None:
    """The sentence says why, and nothing was changed silently."""
    data, errors, shown = moment(make_shop(STOREFRONT_TIMEZONE=zone), text)
    assert data is None
    assert errors[0].startswith(words)
    assert shown == text


def test_a_time_is_shown_on_the_shops_clock(make_shop: MakeShop) -> None:
    """With what tells the morning from the afternoon, as each language writes it."""
    shop = make_shop(STOREFRONT_TIMEZONE="Asia/Tokyo")
    moment = dt.datetime(2026, 11, 22, 5, 38)
    for language, shown in (("en", "Nov 22, 2026, 2:38 PM"), ("ja", "2026/11/22 14:38")):
        with shop.app.test_request_context(headers={"Accept-Language": language}):
            assert " ".join(shown_time(moment).split()) == shown


def test_an_empty_time_is_none(make_shop: MakeShop) -> None:
    """Open ends are left empty."""
    assert moment(make_shop(), "  ")[:2] == (None, [])


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Tokyo", "America/St_Johns", "Pacific/Apia"])
def test_a_stored_time_comes_back_unchanged(make_shop: MakeShop, zone: str) -> None:
    """Whatever moment it is, to the second, and also in the hour that autumn repeats."""
    shop = make_shop(STOREFRONT_TIMEZONE=zone)

    @settings(max_examples=60, deadline=None)
    @given(st.datetimes(dt.datetime(1900, 1, 2), dt.datetime(2090, 1, 1), timezones=st.just(UTC)))
    @example(dt.datetime(2026, 10, 25, 0, 30, 7, tzinfo=UTC))
    @example(dt.datetime(2026, 10, 25, 1, 30, 7, tzinfo=UTC))
    def comes_back(stored: dt.datetime) -> None:
        with shop.app.test_request_context():
            page = BeautifulSoup(str(ProbeForm(formdata=None, data={"moment": stored}).moment()), "html5lib")
        sent = MultiDict((str(one["name"]), str(one["value"])) for one in page.select("input"))
        with shop.app.test_request_context(method="POST"):
            assert ProbeForm(formdata=sent).moment.data == stored
            sent["moment"] = "2026-03-01T09:30"
            assert ProbeForm(formdata=sent).moment.data.astimezone(ZoneInfo(zone)).hour == 9

    comes_back()


@pytest.mark.parametrize("unseen", ["", "tomorrow", "0001-01-01T00:00:00+00:00", "2026-01-01T00:00:00+00:00"])
def test_what_stood_there_counts_only_where_it_is_what_is_shown(make_shop: MakeShop, unseen: str) -> None:
    """The unseen field decides nothing but the second and the half of autumn's hour."""
    shop = make_shop(STOREFRONT_TIMEZONE="Asia/Tokyo")
    sent = MultiDict({"moment": "2026-03-01T09:30", "moment-stood": unseen})
    with shop.app.test_request_context(method="POST"):
        assert ProbeForm(formdata=sent).moment.data == dt.datetime(2026, 3, 1, 0, 30, tzinfo=UTC)


def test_a_bare_day_counts_from_its_beginning_or_to_its_end(make_shop: MakeShop) -> None:
    """On the shop's clock, also where the day has 25 hours."""
    shop = make_shop(STOREFRONT_TIMEZONE="Europe/Berlin")
    with shop.app.test_request_context(method="POST"):
        sent = MultiDict({"starts_at": "2026-10-25", "ends_at": "2026-10-25"})
        form = RuleForm(formdata=sent)
    assert form.starts_at.data == dt.datetime(2026, 10, 24, 22, tzinfo=UTC)
    assert form.ends_at.data == dt.datetime(2026, 10, 25, 23, tzinfo=UTC)


def test_a_notice_is_shown_once_and_taken_back_by_its_button(probed: tuple[SmallShop, Probe]) -> None:
    """The undo button posts the fields it was given, with a token."""
    shop, probe = probed
    client = signed_in(shop)
    client.post(f"{HOME}/probe/press", data={"storefront_token": token_of(client)})
    assert probe.pressed == 1
    page = soup_of(client.get(f"{HOME}/probe"))
    (notice,) = page.select(".notice")
    assert notice.select("p")[0].text == "Pressed <b>it</b>."
    (undo,) = notice.select("form")
    assert soup_of(client.get(f"{HOME}/probe")).select(".notice") == []
    answer = client.post(str(undo["action"]), data=dict(fields_of(undo)), follow_redirects=True)
    assert probe.pressed == 0
    assert [each.text for each in soup_of(answer).select(".notice p")] == ["Taken back."]


def test_a_viewer_gets_no_undo_button(probed: tuple[SmallShop, Probe]) -> None:
    """The message is there, the button would only be refused."""
    shop, _ = probed
    client = signed_in(shop)
    client.post(f"{HOME}/probe/press", data={"storefront_token": token_of(client)})
    client.get("/sign-in/view")
    (notice,) = soup_of(client.get(f"{HOME}/probe")).select(".notice")
    assert notice.select("form") == []


def test_notices_that_pile_up_are_the_latest_five(probed: tuple[SmallShop, Probe]) -> None:
    """A session cookie has little room."""
    shop, probe = probed
    client = signed_in(shop)
    token = token_of(client)
    for _ in range(9):
        client.post(f"{HOME}/probe/press", data={"storefront_token": token})
    assert probe.pressed == 9
    assert len(soup_of(client.get(f"{HOME}/probe")).select(".notice")) == 5


def test_a_form_that_was_open_too_long_keeps_what_was_typed(probed: tuple[SmallShop, Probe]) -> None:
    """It comes back with a good token, and says to save again."""
    shop, probe = probed
    client = signed_in(shop)
    answer = client.post(f"{HOME}/probe", data={"storefront_token": "old", "title": "typed", "tag": ["1", "2"]})
    assert answer.status_code == 422
    page = soup_of(answer)
    assert "Your changes are still here: save again." in page.select("[role=alert]")[0].text
    fields = fields_of(page.select("main form[data-guard]")[0])
    assert ("title", "typed") in fields
    assert client.post(f"{HOME}/probe", data=dict(fields)).status_code == 303
    assert len(probe.saved) == 1


@pytest.mark.parametrize(
    ("page", "first", "links"),
    [
        ("1", "1–10 of 95", {"next": "2"}),
        ("4", "31–40 of 95", {"prev": "3", "next": "5"}),
        ("10", "91–95 of 95", {"prev": "9"}),
        ("0", "1–10 of 95", {"next": "2"}),
        ("-3", "1–10 of 95", {"next": "2"}),
        ("²", "1–10 of 95", {"next": "2"}),
        ("99999999999999999999", "1–10 of 95", {"next": "2"}),
    ],
)
def test_pages_of_a_list_lead_on_and_keep_the_rest_of_the_address(
    probed: tuple[SmallShop, Probe], page: str, first: str, links: dict[str, str]
) -> None:
    """Filters stay, odd numbers are the first page."""
    answer = signed_in(probed[0]).get(f"{HOME}/probe", query_string={"page": page, "q": "a & b", "kind": ["x", "y"]})
    (pager,) = soup_of(answer).select(".pager")
    assert pager.select("span")[0].text == first
    expected = {rel: f"{HOME}/probe?page={number}&q=a+%26+b&kind=x&kind=y" for rel, number in links.items()}
    assert {str(link["rel"][0]): str(link["href"]) for link in pager.select("a")} == expected


def write_log(shop: SmallShop, count: int) -> None:
    """*count* entries by two people about two kinds of things."""
    with shop.app.app_context(), shop.storefront.database.writing() as session:
        for number in range(count):
            kind, by = ("rule", "First editor") if number % 3 else ("placement", "Second <b>")
            audit.note(session, by, kind, number, "edit", f"Change {number}")  # type: ignore[arg-type]


def log_rows(shop: SmallShop, query: str = "") -> list[str]:
    """The rows of the log, as words."""
    page = soup_of(signed_in(shop).get(f"{HOME}/log{query}"))
    return [" ".join(row.get_text(" ").split()) for row in page.select("tbody tr")]


def test_the_log_is_shown_newest_first_in_pages(probed: tuple[SmallShop, Probe]) -> None:
    """Fifty a page, none twice, none lost."""
    shop, _ = probed
    write_log(shop, 120)
    pages = [log_rows(shop, f"?page={number}") for number in (1, 2, 3, 4)]
    assert [len(rows) for rows in pages] == [50, 50, 20, 0]
    numbers = [int(row.partition("Change ")[2].split()[0]) for rows in pages for row in rows]
    assert numbers == list(range(119, -1, -1))


def test_the_log_is_filtered_by_what_and_by_whom(probed: tuple[SmallShop, Probe]) -> None:
    """By links a merchant follows; an unknown kind is no filter, an unknown name has no rows."""
    shop, _ = probed
    write_log(shop, 12)
    assert len(log_rows(shop, "?subject=rule")) == 8
    assert len(log_rows(shop, "?by=Second+%3Cb%3E")) == 4
    assert log_rows(shop, "?subject=rule&by=Second+%3Cb%3E") == []
    assert len(log_rows(shop, "?subject=nonsense")) == 12
    assert log_rows(shop, "?by=%00nobody") == []
    page = soup_of(signed_in(shop).get(f"{HOME}/log?by=Second+%3Cb%3E"))
    assert page.select(".chip")[0]["href"] == f"{HOME}/log"
    assert "Second <b>" in page.select(".chip")[0].text


def test_an_empty_log_says_what_will_stand_there(probed: tuple[SmallShop, Probe]) -> None:
    """Not an empty table."""
    page = soup_of(signed_in(probed[0]).get(f"{HOME}/log"))
    assert page.select("table") == []
    assert "No changes yet" in page.select(".empty")[0].text


def test_pages_carry_no_inline_script_style_or_handler(probed: tuple[SmallShop, Probe]) -> None:
    """They work under the strictest policy that a shop may set."""
    shop, _ = probed
    write_log(shop, 60)
    client = signed_in(shop)
    for path in ("", "/log", "/probe", "/nothing"):
        page = soup_of(client.get(HOME + path))
        assert page.select("script:not([src]), style, [style]") == [], path
        handlers = [name for tag in page.find_all(True) for name in tag.attrs if name.startswith("on")]
        assert handlers == [], path
        assert len(page.select("h1")) == 1
        assert page.select("title")[0].text.endswith("· Storefront")


def test_long_notices_leave_room_for_the_shops_own_cookie(probed: tuple[SmallShop, Probe]) -> None:
    """A browser drops a cookie above 4 KB, and the merchant would be signed out: the oldest go first."""
    shop, _ = probed

    @shop.app.get("/many")
    def many() -> str:
        for number in range(5):
            flash(
                f"{number} " + "".join(chr(0x4E00 + 37 * number + 11 * n) for n in range(400)), undo="/undo", key=number
            )
        return "told"

    client = signed_in(shop)
    answer = client.get("/many")
    assert len(answer.headers["Set-Cookie"]) < 4093
    shown = [each.text for each in soup_of(client.get(f"{HOME}/probe")).select(".notice p")]
    assert shown
    assert shown[-1].startswith("4 ")


def test_every_link_stays_below_the_shops_own_root(probed: tuple[SmallShop, Probe]) -> None:
    """A shop that is served under a path."""
    shop, _ = probed
    write_log(shop, 60)
    client = signed_in(shop)
    client.get("/sign-in/edit", base_url="http://localhost/shop")
    for path in ("", "/log", "/probe?page=2"):
        page = soup_of(client.get(HOME + path, base_url="http://localhost/shop"))
        addresses = [
            str(each.get("href") or each.get("src") or each.get("action"))
            for each in page.select("[href], [src], [action]")
        ]
        assert len(addresses) > 8
        outside = [one for one in addresses if not one.startswith(("/shop/", "#"))]
        assert outside == [], path


@pytest.mark.parametrize(
    ("path", "current"),
    [
        ("", ["Home"]),
        ("/bundles", ["Bundles"]),
        ("/bundles/proposals", ["Bundles"]),
        ("/bundles/new?kind=set", ["Bundles"]),
        ("/slots/product", ["Placements"]),
        ("/rules/new", ["Rules"]),
        ("/explain", ["Inspect"]),
        ("/tuning", ["Tuning"]),
        ("/log?page=2", ["Activity log"]),
        ("/rulesandmore", []),
    ],
)
def test_the_navigation_marks_the_section_of_the_page(
    probed: tuple[SmallShop, Probe], path: str, current: list[str]
) -> None:
    """Each page that says it is a section stands there, Home first; pages below its address are of it."""
    soup = soup_of(signed_in(probed[0]).get(f"{HOME}{path}", base_url="http://localhost/below"))
    assert soup.select(".sections a")[0].get_text() == "Home"
    assert [each.get_text() for each in soup.select(".sections [aria-current=page]")] == current


def test_another_name_and_address_of_the_extension_is_kept(make_shop: MakeShop) -> None:
    """In links, and in the lines to copy."""
    shop = make_shop(admin_access=lambda: True, name="suggestions", url_prefix="/my-suggestions")
    page = soup_of(shop.app.test_client().get("/my-suggestions/admin"))
    assert "{{ suggestions.head() }}" in page.select(".steps")[0].text
    assert all(str(link["href"]).startswith("/my-suggestions/admin") for link in page.select("nav a"))
    assert shop.app.test_client().get(HOME).status_code == 404


def test_the_merchants_pages_lead_to_the_shops_first_page(make_shop: MakeShop) -> None:
    """At the root, or where STOREFRONT_SHOP_PATH says, below the path that the server gave the shop."""
    for configured, expected in (({}, "/eu/"), ({"STOREFRONT_SHOP_PATH": "/shop/"}, "/eu/shop/")):
        shop = make_shop(admin_access=lambda: Merchant("First editor"), **configured)
        page = shop.app.test_client().get(HOME, environ_overrides={"SCRIPT_NAME": "/eu"})
        assert soup_of(page).select(".to-shop")[0]["href"] == expected


@pytest.mark.parametrize(
    "path", ["", "shop", "//evil.example", "/\\evil.example", "https://evil.example/", "/a b", None, 1]
)
def test_a_path_of_the_shop_that_is_none_is_refused_at_mount(path: object) -> None:
    """With what it should be."""
    with pytest.raises(ConfigurationError, match=r"STOREFRONT_SHOP_PATH .* begins with one slash"):
        Settings.from_config({"STOREFRONT_SHOP_PATH": path})


def test_charts_have_a_name_and_their_figures_as_a_table(probed: tuple[SmallShop, Probe]) -> None:
    """What is drawn can be read, too; labels are words, and nothing is styled in place, which a strict CSP forbids."""
    page = soup_of(signed_in(probed[0]).get(f"{HOME}/probe"))
    line, bars = page.select("figure.chart")
    for chart, name in ((line, "Orders a day"), (bars, "Sales a day")):
        assert chart.select_one(f"#{chart['aria-labelledby']}").get_text() == name  # type: ignore[union-attr]
        rows = [[cell.get_text() for cell in row.select("td")] for row in chart.select("tbody tr")]
        assert rows == [["Monday", "4"], ["<b>Tuesday</b>", "0"], ["Wednesday", "12"]]
    assert str(line.select("polyline")[0]["points"]).split() == ["0.0,126.7", "300.0,180.0", "600.0,20.0"]
    assert [str(bar["height"]) for bar in bars.select("rect")] == ["53.3", "0.0", "160.0"]
    assert not page.select("figure [style], svg [style]")


@pytest.mark.parametrize(
    ("language", "ours", "theirs"),
    [("en", "Enter a whole number.", "Invalid input."), ("ja", "整数を入力してください。", "無効な入力です。")],
)
def test_checks_of_fields_speak_the_language_of_the_page(
    make_shop: MakeShop, language: str, ours: str, theirs: str
) -> None:
    """With our own words, which name the remedy; a check that we have none for says it as WTForms translates it."""
    with make_shop().app.test_request_context(headers={"Accept-Language": language}):
        assert Messages().gettext("Not a valid integer value.") == ours
        assert Messages().gettext("Invalid input.") == theirs
