"""Whatever a shop's catalogue gives, what is shown is harmless."""

from __future__ import annotations

import datetime as dt
import json
import logging
import uuid
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup, escape

from storefront_plugin.money import LIMIT
from storefront_plugin.shop.cleaning import MAX_TITLE, ProblemCounts, clean_product, clean_products, examine_product
from storefront_plugin.shop.ports import Product


def product(**fields: Any) -> Product:
    return Product(**{"id": "p", "title": "A thing", "price": Decimal("9.90"), **fields})


def cleaned(default: str | None = "EUR", **fields: Any) -> Product:
    clean = clean_product(product(**fields), default)
    assert clean is not None
    return clean


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("price", None),
        ("price", float("nan")),
        ("price", Decimal("Infinity")),
        ("price", -1),
        ("price", True),
        ("price", "twelve"),
        pytest.param("price", 10**5000, id="price-huge"),
        ("price", Decimal("1E+999999")),
        ("price", object()),
        ("title", None),
        ("title", " \n\t"),
        ("title", b"bytes"),
        ("id", None),
        ("id", ""),
        ("id", "x" * 256),
        ("id", "\ud800"),
        ("id", 1.5),
    ],
)
def test_a_product_without_usable_id_title_or_price_is_left_out(field: str, value: object) -> None:
    """Nothing can be shown or sold without these three."""
    found, problems = examine_product(product(**{field: value}), "EUR")
    assert found is None
    assert [problem.field for problem in problems] == [field]


@pytest.mark.parametrize(
    ("value", "currency", "price"),
    [
        (Decimal("12.50"), "EUR", "12.50"),
        (12.1, "EUR", "12.1"),
        (0.1 + 0.2, "EUR", "0.30"),
        (7, "EUR", "7"),
        (Decimal("12.5000"), "EUR", "12.50"),
        (Decimal("1.005"), "EUR", "1.005"),
        (Decimal("1200.5"), "JPY", "1200.5"),
        (0.005678, "EUR", "0.005678"),
        (0.125, "EUR", "0.125"),
        (12.100000381469727, "EUR", "12.10"),  # 12.1 from a column of 32 bits
        (12345.669921875, "EUR", "12345.67"),
        (Decimal("0.005678"), "EUR", "0.005678"),
        (Decimal(2) / 3, "EUR", "0.66666667"),
        ("19.90", "EUR", "19.90"),
        (Decimal("1E+3"), "EUR", "1000"),
        (0.1 + 0.2, None, "0.3000"),
        (0, "EUR", "0"),
    ],
)
def test_prices_are_exact_decimals(value: Any, currency: str | None, price: str) -> None:
    """Errors of floats are rounded away, decimals finer than the minor unit are kept; written without an exponent."""
    assert str(cleaned(currency, price=value).price) == price


def test_a_title_stays_text_whatever_is_in_it() -> None:
    """A title marked as safe HTML would be rendered unescaped; 5 MB would fill the page."""
    title = cleaned(title=Markup("<img src=x onerror=alert(1)>")).title
    assert type(title) is str
    assert "<img" not in escape(title)
    assert len(cleaned(title="x" * 5_000_000).title) == MAX_TITLE
    assert cleaned(title="  two\r\n lines\x00 ").title == "two lines"


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " java\nscript:alert(1)",
        "\x01javascript:alert(1)",
        "data:text/html,<script>",
        "vbscript:x",
        "http://[",
        "/" + "x" * 3000,
    ],
)
def test_urls_that_could_run_or_break_are_dropped(url: str) -> None:
    """The product is still shown, without the link."""
    assert cleaned(url=url).url is None
    assert cleaned(image_url=url).image_url is None


@pytest.mark.parametrize(
    "url", ["/p/1", "p/1?a=b:c#d", "https://shop.example/p", "HTTP://a.b/c", "//cdn.example/x.jpg"]
)
def test_ordinary_urls_are_kept(url: str) -> None:
    """Paths, relative addresses and http(s)."""
    assert cleaned(url=url).url == url


def test_small_inline_pictures_are_images_but_not_links() -> None:
    """A data: picture cannot run in an img; as a link it is dropped, and SVG is dropped everywhere."""
    picture = "data:image/png;base64,AAAA"
    assert cleaned(image_url=picture, url=picture).image_url == picture
    assert cleaned(url=picture).url is None
    assert cleaned(image_url="data:image/svg+xml,<svg>").image_url is None


@pytest.mark.parametrize(
    ("given_stock", "stock"),
    [
        (-3, 0),
        (5, 5),
        (2.9, 2),
        (Decimal("4.0"), 4),
        (True, None),
        (False, 0),
        (None, None),
        ("x", None),
        (1e300, None),
    ],
)
def test_stock_is_a_number_from_0_or_not_known(given_stock: object, stock: int | None) -> None:
    """A yes/no column is understood: yes is "not counted"."""
    assert cleaned(stock=given_stock).stock == stock


@pytest.mark.parametrize(
    ("value", "visible"),
    [(1, True), (0, False), (None, False), ("true", True), ("no", False), ("draft", False), (Decimal(1), True)],
)
def test_what_cannot_be_read_as_visible_is_hidden(value: object, visible: bool) -> None:
    """A status text is not a yes."""
    assert cleaned(visible=value).visible is visible


def test_too_many_or_strange_categories_are_cut() -> None:
    """The first 50 of 10 000, without repeats; one id alone is a list of one."""
    assert cleaned(category_ids=range(10_000)).category_ids == tuple(str(number) for number in range(50))
    assert cleaned(category_ids=[None, "a", 1.5, "a", uuid.UUID(int=1)]).category_ids == ("a", str(uuid.UUID(int=1)))
    assert cleaned(category_ids="shoes").category_ids == ("shoes",)


def test_odd_optional_fields_fall_back() -> None:
    """Each is simply not known; the product stays."""
    clean = cleaned(
        currency="euro",
        rating=97,
        review_count=-4,
        reviewed_at="yesterday",
        attributes=["a"],
        list_price=5,
        cost=-1,
        brand=" ",
        created_at=dt.date(2024, 2, 1),
    )
    assert (clean.currency, clean.rating, clean.review_count, clean.reviewed_at) == ("EUR", None, 0, None)
    assert (clean.attributes, clean.list_price, clean.cost, clean.brand) == ({}, None, None, None)
    assert clean.created_at == dt.datetime(2024, 2, 1)


def test_attributes_become_short_texts() -> None:
    """Lists are joined, nested things and empty values are left out."""
    attributes = {"mount": "X", "sizes": ["S", "M"], "weight": 1.5, "more": {"a": 1}, "none": None, 3: True, (1,): "x"}
    assert cleaned(attributes=attributes).attributes == {"mount": "X", "sizes": "S, M", "weight": "1.5", "3": "True"}


def test_a_field_that_raises_when_touched_is_only_not_known() -> None:
    """The shop's own objects may do anything."""

    class Hostile:
        def __str__(self) -> str:
            raise RuntimeError("no")

        __bool__ = __iter__ = __str__  # type: ignore[assignment]

    clean, problems = examine_product(product(brand=Hostile(), visible=Hostile(), category_ids=Hostile()), "EUR")
    assert clean is not None
    assert not clean.visible
    assert {problem.field for problem in problems} >= {"brand", "visible"}


def test_what_is_wrong_is_said_once_with_the_remedy(caplog: pytest.LogCaptureFixture) -> None:
    """A thousand products without price are one line in the log, and a thousand in the count."""
    problem_counts = ProblemCounts("catalogue of Item")
    with caplog.at_level(logging.WARNING):
        left = list(clean_products([product(price=None)] * 1000 + [product(), "a text"], "EUR", problem_counts))  # type: ignore[list-item]
    assert len(left) == 1
    assert sorted(problem_counts.counts.values()) == [1, 1000]
    assert len(caplog.records) == 2
    assert "price" in caplog.text
    assert "price_unit='minor'" in caplog.text


nonsense = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.decimals(),
    st.text(),
    st.binary(max_size=5),
    st.datetimes(),
    st.lists(st.one_of(st.text(), st.integers(), st.none()), max_size=3),
    st.dictionaries(st.text(max_size=5), st.one_of(st.text(), st.integers(), st.none()), max_size=3),
)
FIELDS = [name for name in Product.__dataclass_fields__ if name not in ("id", "title", "price")]


@settings(deadline=None, max_examples=150)
@given(
    st.fixed_dictionaries({"id": st.one_of(st.text(), nonsense), "title": nonsense, "price": nonsense}),
    st.dictionaries(st.sampled_from(FIELDS), nonsense),
    st.sampled_from(["EUR", "JPY", None]),
)
def test_cleaning_never_raises_and_changes_nothing_the_second_time(
    required: dict[str, Any], optional: dict[str, Any], currency: str | None
) -> None:
    """Any values in any field: left out, or safe to show, to store as JSON and to clean again."""
    clean = clean_product(Product(**required, **optional), currency)
    if clean is None:
        return
    assert clean_product(clean, currency) == clean
    assert 0 <= clean.price < LIMIT
    assert 1 <= len(clean.title) <= MAX_TITLE
    json.dumps([clean.title, str(clean.price), clean.url, clean.brand, dict(clean.attributes)]).encode("utf-8")
    assert clean.url is None or not clean.url.lower().startswith(("javascript:", "data:"))
