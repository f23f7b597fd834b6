"""The bundle's form says what the definition says, and keeps whatever is typed into it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal

import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st
from made_bundles import definitions, mix_of, set_of, steps_of
from small_shop import SmallShop
from werkzeug.datastructures import MultiDict

from storefront_plugin import Merchant
from storefront_plugin.admin.bundles.form import BundleForm, arranged, blank_form, errors_of, form_of, places
from storefront_plugin.admin.bundles.labels import differences
from storefront_plugin.admin.bundles.reading import read_definition
from storefront_plugin.admin.kit.forms import fields
from storefront_plugin.bundles.definition import BundleText, Definition, Schedule
from storefront_plugin.bundles.price import fixed_price, free_items, percent_off

TEN = percent_off(10)


@pytest.fixture
def inside(make_shop: Callable[..., SmallShop]) -> Iterator[SmallShop]:
    """A shop inside a request for a merchant's page."""
    shop = make_shop(admin_access=lambda: Merchant("First editor"))
    with shop.app.test_request_context("/storefront/admin/bundles/new"):
        yield shop


def sent(form: BundleForm) -> MultiDict[str, str]:
    """What the browser sends of the form when nothing was touched, by its own HTML."""
    data: MultiDict[str, str] = MultiDict()
    for field in fields(form):
        if field.type == "ManyField":
            data.setlist(field.name, list(field.data))
        elif field.type == "BooleanField":
            data.setlist(field.name, ["y"] if field.data else [])
        else:
            inputs = BeautifulSoup(str(field()), "html5lib").find_all(["input", "textarea"])
            assert inputs
            for found in inputs:
                text = found.get_text() if found.name == "textarea" else found.get("value", "")
                data[str(found["name"])] = str(text).replace("\n", "\r\n")
    return data


def typed_into(data: MultiDict[str, str], **fields: str) -> MultiDict[str, str]:
    """*data* with other values in some fields (named with __ for -)."""
    for name, value in fields.items():
        data[name.replace("__", "-")] = value
    return data


def read(data: MultiDict[str, str]) -> tuple[Definition | None, list[str]]:
    """The definition in what was sent, and all errors."""
    form = BundleForm(formdata=data)
    return read_definition(form), [sentence for _, sentence in errors_of(form)]


moments = st.none() | st.datetimes(dt.datetime(2020, 1, 1), dt.datetime(2030, 1, 1), timezones=st.just(dt.timezone.utc))
titles = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=60).filter(str.strip)


@st.composite
def whole_definitions(draw: st.DrawFn) -> Definition:
    """Bundles of every kind with words in several languages, schedule, limits and rules."""
    languages = draw(st.lists(st.sampled_from(["en", "ja", "ar", "pt_BR"]), min_size=1, unique=True))
    texts = {
        name: BundleText(
            draw(titles), draw(st.sampled_from(["", "Both\nlast."])), draw(st.sampled_from([None, "/a.png"]))
        )
        for name in languages
    }
    start, end = sorted(
        [draw(moments), draw(moments)], key=lambda one: one or dt.datetime.max.replace(tzinfo=dt.timezone.utc)
    )
    if start is not None and start == end:
        end = None
    return replace(
        draw(definitions()),
        texts=texts,
        schedule=Schedule(start, end),
        limit_in_all=draw(st.sampled_from([None, 1, 1_000_000])),
        segment=draw(st.sampled_from([None, "loyal", "常連"])),
        staff_only=draw(st.booleans()),
    )


@given(whole_definitions())
@settings(max_examples=120, deadline=None)
def test_a_form_that_nobody_touched_holds_the_same_definition(inside: SmallShop, definition: Definition) -> None:
    """Every kind, price, currency, language and schedule goes into the form and comes out as it was."""
    again, errors = read(sent(form_of(definition)))
    assert (again, errors) == (definition, [])
    assert differences(definition, definition, {}) == []


@given(whole_definitions(), whole_definitions())
@settings(max_examples=60, deadline=None)
def test_definitions_that_differ_are_told_apart_in_words(inside: SmallShop, one: Definition, other: Definition) -> None:
    """No change is made without a line in the history; both directions name the same fields."""
    there, back = differences(one, other, {}), differences(other, one, {})
    assert sorted((row.label, row.new, row.old) for row in there) == sorted(
        (row.label, row.old, row.new) for row in back
    )
    assert bool(there) == (_to_minutes(one) != _to_minutes(other))


def _to_minutes(definition: Definition) -> tuple[object, ...]:
    """All of it, times as the form and the history show them."""
    schedule = [
        one and one.replace(second=0, microsecond=0) for one in (definition.schedule.start, definition.schedule.end)
    ]
    return replace(definition, schedule=Schedule()), *schedule


@pytest.mark.parametrize(
    ("field", "typed", "error"),
    [
        ("tiers-0-components-0-quantity", "-1", "whole number from 1 to 1,000,000"),
        ("tiers-0-components-0-quantity", "2.5", "whole number"),
        ("tiers-0-components-0-quantity", "9" * 5000, "whole number"),
        ("tiers-0-components-0-quantity", "", "whole number"),
        ("tiers-0-percent", "150", "percentage above 0"),
        ("tiers-0-percent", "NaN", "percentage above 0"),
        ("tiers-0-percent", "1e2", "percentage above 0"),
        ("tiers-0-percent", "0", "percentage above 0"),
        ("tiers-0-percent", "12.34567", "four decimals"),
        ("limit_in_all", "many", "whole number"),
        ("segment", "x" * 65, "64 characters"),
        ("texts-0-title", " ", "title in at least one language"),
        ("texts-0-title", "x" * 201, "200 characters"),
        ("texts-0-picture", "javascript:alert(1)", "begins with https://"),
        ("texts-0-language", "english!", "language code"),
        ("start", "tomorrow", "Enter a date and time"),
        ("stacking", "twice", "stacking rule"),
        ("tiers-0-price", "cheap", "Choose a type of price"),
        ("tiers-0-price", "free", "Tick “free”"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(inside: SmallShop, field: str, typed: str, error: str) -> None:
    """Negative, huge and fractional numbers, empty titles, addresses that run code: each with a sentence, nothing raised."""
    data = sent(form_of(set_of("p1", "p2", price=TEN)))
    assert field in data
    data[field] = typed
    definition, errors = read(data)
    assert definition is None
    assert any(error in sentence for sentence in errors), errors


@pytest.mark.parametrize(
    ("currency", "typed", "amount"),
    [
        ("EUR", "12.5", 1250),
        ("EUR", "１２．５０", 1250),
        ("jpy", "1200", 1200),
        ("JPY", "1200.0", 1200),
        ("KWD", "1.234", 1234),
        ("EUR", "0.01", 1),
        ("EUR", "1,200", "read as 1.2 or as 1200"),
        ("JPY", "1,200", 1200),
        ("EUR", "12,5", 1250),
        ("EUR", "1,234,567", 123_456_700),
        ("EUR", "1,234.50", 123_450),
        ("EUR", "1.234,50", 123_450),
        ("EUR", "1.234.567,8", 123_456_780),
        ("EUR", "12,34,567", 123_456_700),
        ("EUR", "1.000", "read as 1 or as 1000"),
        ("EUR", "150.000", "read as 150 or as 150000"),
        ("EUR", "€1,200.50", 120_050),
        ("EUR", "1.200,50 EUR", 120_050),
        ("EUR", "$5", "an amount such as"),
        ("JPY", "1,200円", 1200),
        ("JPY", "1.000", "read as 1 or as 1000"),
        ("CHF", "1\u2019200.50", 120_050),
        ("KWD", "1,234", "read as 1.234 or as 1234"),
        ("KWD", "1,23", 1230),
        ("EUR", "1 200", 120_000),
        ("EUR", "-5", "an amount such as"),
        ("JPY", "12.5", "0 decimals"),
        ("EUR", "1.999", "2 decimals"),
        ("EUR", "99999999999999999", "below one trillion"),
        ("EUR", "0", "amount above 0"),
        ("EURO", "5", "currency code"),
        ("ZZZ", "5", "currency code"),
    ],
)
def test_amounts_are_read_in_major_units_of_their_currency(
    inside: SmallShop, currency: str, typed: str, amount: int | str
) -> None:
    """To the minor unit of each currency; what would have to be guessed is refused with an example."""
    data = sent(form_of(set_of("p1", "p2", price=TEN)))
    typed_into(
        data, tiers__0__price="amount", tiers__0__amounts__0__currency=currency, tiers__0__amounts__0__amount=typed
    )
    definition, errors = read(data)
    if isinstance(amount, str):
        assert definition is None
        assert any(amount in sentence for sentence in errors), errors
    else:
        assert definition is not None
        assert dict(definition.tiers[0].price.amounts) == {currency.upper(): amount}


def wrong_fields(data: MultiDict[str, str]) -> list[str]:
    """The names of the fields that have an error."""
    form = BundleForm(formdata=data)
    assert read_definition(form) is None
    return [field.name for field, _ in errors_of(form)]


WRONG: dict[str, tuple[Definition, dict[str, str]]] = {
    "tiers-0-add": (set_of("p1", "p2", price=TEN), {"tiers-0-components-1-product": "p1"}),
    "tiers-0-components-1-quantity": (set_of("p1", "p2", price=TEN), {"tiers-0-components-1-product": "x" * 256}),
    "tiers-0-price": (
        set_of("p1", "p2", "p3", price=fixed_price({"EUR": 1})),
        {"tiers-0-components-2-optional": "y"},
    ),
    "tiers-0-pieces": (mix_of("p1", "p2", price=free_items(), least=2), {"tiers-0-pieces": "2"}),
    "tiers-0-most": (mix_of("p1", "p2", price=fixed_price({"EUR": 1}), least=2), {"tiers-0-most": "3"}),
    "tiers-1-least": (steps_of("p1", steps={2: TEN, 4: percent_off(20)}), {"tiers-1-least": "2"}),
    "texts-0-benefit": (set_of("p1", "p2", price=TEN), {"texts-0-benefit": "x" * 2001}),
    "end": (set_of("p1", "p2", price=TEN), {"start": "2026-02-01T00:00", "end": "2026-01-01T00:00"}),
    "segment": (set_of("p1", "p2", price=TEN), {"segment": "x" * 65}),
    "stacking": (set_of("p1", "p2", price=TEN), {"stacking": "twice"}),
}


@pytest.mark.parametrize("field", WRONG)
def test_each_problem_stands_beside_the_field_of_its_path(inside: SmallShop, field: str) -> None:
    """Of tiers, components, prices and texts; what is about all products stands where one more is added."""
    definition, typed = WRONG[field]
    assert wrong_fields(typed_into(sent(form_of(definition)), **typed)) == [field]


def test_all_problems_of_all_tiers_are_said_at_once(inside: SmallShop) -> None:
    """In the language of the page, with their numbers."""
    data = sent(form_of(set_of("p1", "p2", price=TEN)))
    for place in range(2, 7):
        row = f"tiers-0-components-{place}"
        typed_into(data, **{f"{row}-product": f"p{place + 1}", f"{row}-quantity": "1", f"{row}-optional": "y"})
    _, errors = read(typed_into(data, segment="x" * 65))
    assert errors == [
        "A bundle can have at most 4 optional products; use mix and match or good / better / best kits instead.",
        "The segment must be a name of 1 to 64 characters without spaces around it; leave it out for everyone.",
    ]


TOGETHER: dict[str, tuple[Definition, dict[str, str], list[str]]] = {
    "a limit, an amount and the title": (
        set_of("p1", "p2", price=fixed_price({"EUR": 1000})),
        {"limit_in_all": "-1", "tiers-0-amounts-0-amount": "ten", "texts-0-title": ""},
        ["texts-0-title", "tiers-0-amounts-0-amount", "limit_in_all"],
    ),
    "a percentage, a single product and the segment": (
        set_of("p1", "p2", price=TEN),
        {"tiers-0-percent": "150", "tiers-0-components-1-product": "p1", "segment": "x" * 65},
        ["tiers-0-add", "tiers-0-percent", "segment"],
    ),
    "a quantity and optional products at a fixed price": (
        set_of("p1", "p2", "p3", price=fixed_price({"EUR": 1})),
        {"tiers-0-components-0-quantity": "two", "tiers-0-components-2-optional": "y"},
        ["tiers-0-components-0-quantity", "tiers-0-price"],
    ),
    "levels out of order and one that cannot be read": (
        steps_of("p1", steps={2: TEN, 4: percent_off(20), 6: percent_off(30)}),
        {"tiers-0-percent": "-", "tiers-1-least": "many", "tiers-2-least": "1", "stacking": "twice"},
        ["tiers-0-percent", "tiers-1-least", "stacking"],
    ),
    "no products, no percentages": (
        steps_of("p1", steps={2: TEN, 4: percent_off(20)}),
        {"tiers-0-components-0-product": "", "tiers-0-percent": "", "tiers-1-percent": ""},
        ["tiers-0-components-0-quantity", "tiers-0-percent", "tiers-1-percent"],
    ),
    "the schedule and the rest": (
        mix_of("p1", "p2", price=free_items(), least=2),
        {"start": "2026-02-01T00:00", "end": "2026-01-01T00:00", "tiers-0-pieces": "2", "segment": "x" * 65},
        ["tiers-0-pieces", "end", "segment"],
    ),
}


@pytest.mark.parametrize("case", TOGETHER)
def test_what_cannot_be_read_and_what_cannot_be_are_said_together(inside: SmallShop, case: str) -> None:
    """Fields that can be read are checked where another cannot; what hangs on that one alone is not said."""
    definition, typed, wrong = TOGETHER[case]
    assert wrong_fields(typed_into(sent(form_of(definition)), **typed)) == wrong


@pytest.mark.parametrize("kind", ["set", "ladder", "mix", "extra", "steps"])
def test_products_are_asked_for_before_anything_else(inside: SmallShop, kind: str) -> None:
    """A form of any kind that holds nothing says first that its products are missing."""
    _, errors = read(sent(blank_form(kind, "en")))
    assert errors[0] == "Add products first."


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("12,5", "12.5"),
        ("7,25", "7.25"),
        ("１２，５", "12.5"),
        ("0,1250", "0.125"),
        ("1,234", "1.234"),
        ("1,2,3", None),
    ],
)
def test_a_decimal_comma_is_a_point_where_it_can_be_nothing_else(
    inside: SmallShop, typed: str, number: str | None
) -> None:
    """In a percentage, which is never thousands."""
    definition, errors = read(typed_into(sent(form_of(set_of("p1", "p2", price=TEN))), **{"tiers-0-percent": typed}))
    if number is None:
        assert errors == ["Enter a percentage above 0 and up to 100, such as 12.5, with at most four decimals."]
    else:
        assert definition is not None
        assert definition.tiers[0].price == percent_off(Decimal(number))


def test_rows_move_and_go_with_all_that_was_typed_into_them(inside: SmallShop) -> None:
    """Up, down and out; whatever else was typed stays, and a button for a row that is gone does nothing."""
    data = sent(form_of(set_of("p1", "p2", "p3", price=TEN)))
    typed_into(data, **{"tiers-0-components-1-quantity": "two", "texts-0-title": "<b>"})
    data.setlist("tiers-0-components-1-variants", ["red", "blue"])
    up = arranged(data, "up-tiers-0-components-1")
    assert [up[f"tiers-0-components-{n}-product"] for n in range(3)] == ["p2", "p1", "p3"]
    assert up["tiers-0-components-0-quantity"] == "two"
    assert up.getlist("tiers-0-components-0-variants") == ["red", "blue"]
    assert arranged(up, "down-tiers-0-components-0").to_dict(flat=False) == data.to_dict(flat=False)
    out = arranged(data, "remove-tiers-0-components-0")
    assert places(out, "tiers-0-components") == [0, 1]
    assert out["texts-0-title"] == "<b>"
    for action in (
        "up-tiers-0-components-0",
        "down-tiers-0-components-2",
        "remove-tiers-7",
        "remove-",
        "x-y-z",
        "up--1",
    ):
        assert arranged(data, action).to_dict(flat=False) == data.to_dict(flat=False)


@given(st.text(max_size=30), st.dictionaries(st.text(max_size=30), st.text(max_size=10), max_size=5))
@settings(max_examples=150, deadline=None)
def test_forged_buttons_and_names_raise_nothing(action: str, names: dict[str, str]) -> None:
    """Whatever a client sends as the name of a row."""
    arranged(MultiDict(names | {"tiers-x-y": "1", "tiers-99999999999999999-add": ""}), action)


def test_the_products_of_quantity_steps_stay_when_the_first_step_goes(inside: SmallShop) -> None:
    """They are shown with the first step and belong to all of them."""
    data = MultiDict(
        {"kind": "steps", "tiers-0-least": "2", "tiers-1-least": "5", "tiers-0-components-0-product": "p1"}
    )
    changed = arranged(data, "remove-tiers-0")
    assert (changed["tiers-0-least"], changed["tiers-0-components-0-product"]) == ("5", "p1")
    assert arranged(data, "down-tiers-0")["tiers-0-components-0-product"] == "p1"
