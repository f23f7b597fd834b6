"""Bundles go out as a spreadsheet and come back as they were; bad rows are reported by line, good ones are kept."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from threading import Barrier
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_bundles import definitions, set_of
from small_shop import SmallShop

from storefront_plugin import MemoryCatalog, Product, Variant
from storefront_plugin.bundles.definition import BundleText, Definition, Schedule
from storefront_plugin.bundles.price import amount_off, percent_off
from storefront_plugin.bundles.spreadsheet import reading as csv_read
from storefront_plugin.bundles.spreadsheet.cells import read_text, read_variants, write_text, write_variants
from storefront_plugin.bundles.spreadsheet.columns import Sheet
from storefront_plugin.bundles.spreadsheet.exporting import cells_of, export_csv
from storefront_plugin.bundles.spreadsheet.importing import ImportReport, import_csv
from storefront_plugin.bundles.spreadsheet.reading import read_csv
from storefront_plugin.bundles.store.listing import Filters, list_bundles
from storefront_plugin.bundles.store.repository import BundleRecord, BundleRepository
from storefront_plugin.bundles.tier import Component, Tier
from storefront_plugin.core.errors import AdapterError, InputError
from storefront_plugin.core.sql import audit
from storefront_plugin.core.sql.database import Base, Database

TEN = percent_off(10)
HEADER = "id,version,kind,title_en,tier,product_id,quantity,price_kind,percent,amount_EUR"
PLAIN = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=20)
HARD = ["=1+1", "'=1", "'", "@x", "-7", "+4", " a ", '"a"; b,c', "red|blue\\", "a\r\nb", "\n=1", "＝1+1", "＠x"]
ODD = st.one_of(PLAIN, st.sampled_from(HARD))


@pytest.fixture
def database(shop: SmallShop) -> Database:
    """Our sessions on the shop's database."""
    with shop.storefront.database.connect() as connection:
        Base.metadata.create_all(connection)
        connection.commit()
    return shop.storefront.database


def exported(database: Database, wanted: Filters | None = None) -> str:
    """The file as text."""
    return "".join(export_csv(database, wanted))


def brought(database: Database, *lines: str, header: str = HEADER, **options: object) -> ImportReport:
    """Import rows below a header."""
    return import_csv(database, "\n".join([header, *lines]).encode(), "Mika", **options)  # type: ignore[arg-type]


def reported(report: ImportReport) -> list[tuple[int, str]]:
    """Line and sentence of all that was refused."""
    refused = [one for one in report.outcomes if one.action == "refuse"]
    return [(getattr(error, "line", one.line), str(error)) for one in refused for error in one.wrong]


@st.composite
def worded(draw: st.DrawFn) -> Definition:
    """A bundle of any kind with words of any kind, schedule and limits."""
    titles = ODD.filter(str.strip)
    texts = draw(
        st.dictionaries(
            st.sampled_from(["en", "ja", "pt_BR"]),
            st.builds(BundleText, titles, st.one_of(st.just(""), ODD), st.one_of(st.none(), ODD)),
            min_size=1,
        )
    )
    moments = st.datetimes(dt.datetime(1950, 1, 1), dt.datetime(2100, 1, 1), timezones=st.just(dt.timezone.utc))
    start, end = draw(st.one_of(st.none(), moments)), draw(st.one_of(st.none(), moments))
    if start is not None and end is not None and end <= start:
        end = None
    return replace(
        draw(definitions()),
        texts=texts,
        schedule=Schedule(start, end),
        limit_in_all=draw(st.one_of(st.none(), st.integers(1, 1000))),
        segment=draw(st.one_of(st.none(), ODD.map(str.strip).filter(bool))),
        staff_only=draw(st.booleans()),
    )


@given(
    st.lists(worded(), min_size=1, max_size=4),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["UTC", "Asia/Tokyo"]),
)
def test_what_goes_out_comes_back_as_it_was(given: list[Definition], separator: str, zone: str) -> None:
    """Any bundles, in any words, with any separator."""
    sheet = Sheet(("en", "ja", "pt_BR"), ("EUR", "JPY", "KWD"), ZoneInfo(zone))
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, sheet.columns, delimiter=separator)
    writer.writeheader()
    for definition in given:
        for cells in cells_of(definition, sheet):
            comma = {name: text.replace(".", ",") for name, text in cells.items() if name.startswith("amount_")}
            writer.writerow(cells if separator == "," else cells | comma)
    back = read_csv(out.getvalue().encode(), zone)
    assert [one.wrong for one in back] == [[]] * len(given)
    assert [one.definition for one in back] == given


@given(ODD, st.lists(ODD, max_size=3, unique=True))
def test_no_text_is_a_formula_and_every_text_comes_back(text: str, variants: list[str]) -> None:
    """Formulas stand behind an apostrophe, and so do texts that would lose theirs."""
    assert not write_text(text).startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))
    assert read_text(write_text(text)) == text
    assert read_variants(write_variants(tuple(variants))) == tuple(variants)


def test_an_exported_file_changes_nothing(database: Database) -> None:
    """It begins with the mark that Excel needs; each row names its bundle; amounts are in major units."""
    texts = {"en": BundleText("=Kit", "Line 1\nLine 2"), "ja": BundleText("セット")}
    parts = (Component("p1", 2), Component("-p2", variants=("red", "blue")))
    kit = Definition(kind="set", tiers=(Tier(parts, amount_off({"EUR": 1990, "JPY": 300})),), texts=texts)
    one = BundleRepository(database).create(kit)
    BundleRepository(database).set_state(one.id, 1, "publish")
    BundleRepository(database).create(set_of("p1", "p2", price=TEN))
    text = exported(database)
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    assert text.startswith("\ufeffid,version,state,kind,title_en")
    assert [row["id"] for row in rows] == ["1", "1", "2", "2"]
    assert (rows[0]["title_en"], rows[0]["amount_EUR"], rows[0]["amount_JPY"]) == ("'=Kit", "19.90", "300")
    assert (rows[1]["kind"], rows[1]["product_id"], rows[1]["variants"]) == ("", "'-p2", "blue | red")
    report = import_csv(database, text.encode())
    assert (report.same, len(report.outcomes)) == (2, 2)
    assert BundleRepository(database).load(one.id).version == 2
    assert len(list(csv.reader(io.StringIO(exported(database, Filters(state="draft")), newline="")))) == 3


def test_new_rows_become_drafts_and_changed_ones_change(database: Database) -> None:
    """With their state; the check tells the same and writes nothing; who did it stands in the log."""
    BundleRepository(database).create(set_of("p1", "p2", price=TEN))
    rows = [
        "1,1,set,Kit,,p1,2,percent,12.5,,archived",
        ",,,,,p3,,,,,",
        ",,ladder,Steps,1,p1,2,percent,5,,published",
        ",,,,2,p1,3,amount,,4.50,",
    ]
    report = brought(database, *rows, header=f"{HEADER},state", check=True)
    assert [(one.action, one.line, one.bundle_id) for one in report.outcomes] == [("change", 2, 1), ("create", 4, None)]
    assert BundleRepository(database).load(1).version == list_bundles(database)[1] == 1
    report = brought(database, *rows, header=f"{HEADER},state")
    assert [(one.action, one.bundle_id) for one in report.outcomes] == [("change", 1), ("create", 2)]
    changed, made = BundleRepository(database).load(1), BundleRepository(database).load(2)
    assert (changed.state, changed.definition.texts["en"].title) == ("archived", "Kit")
    assert changed.definition.tiers[0].components == (Component("p1", 2), Component("p3"))
    assert (made.state, len(made.definition.tiers)) == ("draft", 2)
    assert made.definition.tiers[1].price.amounts == {"EUR": 450}
    assert [one.is_draft_yet for one in report.outcomes] == [False, True]
    actions = [(entry.action, entry.title) for entry in audit.entries(database, by="Mika")[0]]
    assert actions == [("import", "2"), ("archive", "Kit"), ("edit", "Kit"), ("create", "Steps")]


def test_bad_rows_are_reported_by_line_and_good_ones_kept(database: Database) -> None:
    """Whatever is wrong: a sentence each, and the other bundles are there."""
    BundleRepository(database).create(set_of("p1", "p2", price=TEN))
    report = brought(
        database,
        ",,,,,p1,1,,,",
        ",,set,Good,,p1,2,percent,10,",
        ",,set,No product,,,2,percent,10,",
        ",,set,Half,,p1,2.5,percent,10,",
        ",,set,Round,,p1,2,amount,,1.005",
        ",,set,Thousands,,p1,2,amount,,\"1,000\"",
        ",,set,Alone,,p1,1,percent,10,",
        "9,1,set,Unknown,,p1,2,percent,10,",
        "1,7,set,Late,,p1,2,percent,10,",
        ",,set,,,p1,2,percent,10,",
        ",,ladder,Gap,1,p1,2,percent,10,",
        ",,,,3,p1,3,percent,10,",
        ",,set,Differs,,p1,2,percent,10,",
        ",,,,,p2,1,percent,11,",
        ",,set,Kind of price,,p1,2,half,,",
        ",,set,Too many,,p1,2,percent,10,,,surplus",
    )  # fmt: skip
    texts = [
        (2, "doesn't belong to a bundle"), (4, "no product_id"), (5, "must be a whole number"), (6, "at most 2 decimals"),
        (7, "read as 1 or as 1000"), (8, "at least two items"), (9, "There is no bundle 9"), (10, "export it again"),
        (11, "needs a title"), (13, "doesn't follow"), (15, "percent differs"), (16, "price kind"), (17, "beyond the named"),
    ]  # fmt: skip
    assert [line for line, _ in reported(report)] == [line for line, _ in texts]
    for (_, sentence), (_, part) in zip(reported(report), texts, strict=True):
        assert part in sentence
    assert (report.created, report.refused) == (1, 13)
    assert [row.title for row in list_bundles(database)[0]] == ["Good", "Set"]


def test_all_that_is_wrong_with_a_bundle_is_shown_at_once(database: Database) -> None:
    """By line; what hangs on something wrong is not reported on top of it."""
    rows = ",,set,A,,p1,half,percent,ten,", ",,,,x,,2,,,", ",,set,B,,p1,2,percent,5,"
    report = brought(database, *rows)
    assert [(line, sentence.split(";")[0]) for line, sentence in reported(report)] == [
        (2, "percent must be a number such as 12.50"),
        (2, "quantity must be a whole number"),
        (3, "tier must be a whole number"),
        (3, "The row has no product_id"),
    ]
    assert report.created == 1
    assert len(reported(brought(database, ",,set,A,,p1,half,percent,5,", *[",,,,,,1,,,"] * 30))) == 10
    report = brought(database, f",,set,A,,p1,half,percent,5,,{'x' * 65}", header=f"{HEADER},segment")
    assert [part in sentence for part, (_, sentence) in zip(("quantity", "segment"), reported(report), strict=True)]


def test_no_row_is_lost_without_a_word(database: Database) -> None:
    """One of a bundle that the file does not begin, and what a quotation mark without end would swallow."""
    good = ",,set,Good,,p1,2,percent,5,"
    report = brought(database, good, "77,,,,,p3,,,,", good, '88,"",,,,p4,,,,')
    assert [(line, "belongs to bundle" in sentence) for line, sentence in reported(report)] == [(3, True), (5, True)]
    assert report.created == 2
    for row in (',,set,Bad,,"p1,2,percent,5,', ',,set,"Bad,,p1,2,percent,5,'):
        with pytest.raises(InputError, match=r"Line 2 can't be read .*unclosed quotation mark"):
            brought(database, row, good)
    report = brought(database, ',,set,Bad,,"p1,2,percent,5,', ',,set,Good,,p1",2,percent,5,')
    assert "product_id spans several lines" in reported(report)[0][1]


def test_a_bare_last_day_counts_to_its_end(database: Database) -> None:
    """In the shop's time zone."""
    row = ",,set,A,,p1,2,percent,5,,2026-10-25,2026/10/25"
    assert brought(database, row, header=f"{HEADER},starts,ends", timezone="Europe/Berlin").created == 1
    schedule = BundleRepository(database).load(1).definition.schedule
    assert schedule.start == dt.datetime(2026, 10, 24, 22, tzinfo=dt.timezone.utc)
    assert schedule.end == dt.datetime(2026, 10, 25, 23, tzinfo=dt.timezone.utc)


@pytest.mark.parametrize(
    ("moment", "sentence"),
    [
        ("9999-12-31 23:59-05:00", "isn't a valid time"),
        ("0001-01-01 00:00+14:00", "isn't a valid time"),
        ("0001-01-01 00:00", "isn't a valid time"),
        ("2026-03-29 02:30", "'2026-03-29 02:30' in starts doesn't exist"),
        ("tomorrow", "can't be read"),
    ],
)
def test_times_that_no_clock_shows_are_refused(database: Database, moment: str, sentence: str) -> None:
    """By the check as by the import; the same hour with its distance from UTC is a time."""
    header, row = f"{HEADER},starts", ",,set,A,,p1,2,percent,5,"
    for check in (True, False):
        report = brought(database, f"{row},{moment}", header=header, check=check, timezone="Europe/Zurich")
        assert sentence in reported(report)[0][1]
    good = brought(database, f"{row},2026-03-29 02:30+01:00", header=header, timezone="Europe/Zurich")
    assert good.created == 1


@pytest.mark.parametrize("amount", ["1.000", "12.500", "999.999"])
def test_thousands_are_not_taken_for_decimals(database: Database, amount: str) -> None:
    """A point before three digits, in a file whose decimals stand behind commas."""
    header = "kind;title_en;product_id;quantity;price_kind;amount_EUR;amount_KWD"
    for cells in (f"{amount};", f";{amount}"):
        report = import_csv(database, f"{header}\nset;A;p1;2;fixed;{cells}\n".encode())
        assert re.search("can be read as .* or as|at most 2 decimals", reported(report)[0][1])
    report = import_csv(database, f"{header}\nset;A;p1;2;fixed;1000;1,500\n".encode())
    assert report.created == 1
    assert BundleRepository(database).load(1).definition.tiers[0].price.amounts == {"EUR": 100000, "KWD": 1500}


def test_a_percentage_is_no_amount(database: Database) -> None:
    """Ten percent in the column of euros are not ten euros; the column of percentages takes them with their sign."""
    report = brought(database, ",,set,A,,p1,2,amount,,10%", ",,set,B,,p1,2,percent,10 %,")
    assert report.created == 1
    assert [sentence for _, sentence in reported(report)] == [
        "amount_EUR must be a number such as 12.50; '10%' is not."
    ]


@pytest.mark.parametrize("sign", ["EUR", " € ", "EUR EUR"])
def test_a_sign_alone_is_no_empty_cell(database: Database, sign: str) -> None:
    """The number was forgotten: a percentage likewise."""
    report = brought(database, f",,set,A,,p1,2,amount,,{sign}", ",,set,B,,p1,2,percent,%,")
    assert report.created == 0
    amount, percent = [sentence for _, sentence in reported(report)]
    assert amount.startswith("amount_EUR must be a number such as 12.50; ")
    assert percent == "percent must be a number such as 12.50; '%' is not."


def test_amounts_have_no_more_decimals_than_their_currency(database: Database) -> None:
    """Zeros neither: they tell that something else was meant."""
    header = HEADER.replace("EUR", "JPY")
    assert "at most 0 decimals" in reported(brought(database, ",,set,A,,p1,2,amount,,100.00", header=header))[0][1]
    assert "read as 1 or as 1000" in reported(brought(database, ",,set,A,,p1,2,amount,,1.000"))[0][1]


SHIRTS = [
    Product(id="7", title="Cup", price=Decimal(5)),
    Product(id="007", title="Shirt", price=Decimal(20)),
    Product(id="8", title="Bowl", price=Decimal(5)),
]


class Shirts(MemoryCatalog):
    """A catalogue whose shirt has two sizes."""

    def variants(self, ids: Sequence[str]) -> dict[str, list[Variant]]:
        return {"007": [Variant("0001", "S"), Variant("0002", "M")]} if "007" in ids else {}


@pytest.mark.parametrize(
    ("product", "title", "variants", "sentence"),
    [
        ("7", "Shirt", "", "Product '7' is not 'Shirt', which is '007'"),
        ("70", "shirt", "", "Product '70' is not 'shirt', which is '007'"),
        ("70", "", "", "The shop has no product '70'"),
        ("70", "Unknown", "", "The shop has no product '70'"),
        ("7", "Renamed since", "", None),
        ("7", "CUP", "", None),
        ("007", "Shirt", "0001", None),
        ("007", "Shirt", "1", "Product '007' has no variant '1'; it has '0001', '0002'"),
        ("8", "Bowl", "red", "Product '8' has no variant 'red'"),
    ],
)
def test_what_a_spreadsheet_made_of_ids_is_told_by_titles_and_variants(
    database: Database, product: str, title: str, variants: str, sentence: str | None
) -> None:
    """An id that lost its zeros may be another product's."""
    header = "kind,title_en,product_id,product_title,quantity,variants,price_kind,percent"
    report = import_csv(
        database, f"{header}\nset,A,{product},{title},2,{variants},percent,5\n".encode(), catalog=Shirts(SHIRTS)
    )
    if sentence is None:
        assert report.created == 1
    else:
        assert sentence in reported(report)[0][1]


def test_an_import_of_the_same_token_is_done_once(database: Database) -> None:
    """A form that is posted twice makes no second bundle."""
    data = f"{HEADER}\n,,set,A,,p1,2,percent,5,".encode()
    first, second = (import_csv(database, data, token="abc") for _ in range(2))
    assert (first.created, first.repeated) == (1, False)
    assert (second.created, second.repeated) == (0, True)
    assert list_bundles(database)[1] == 1


def test_an_import_that_is_posted_twice_at_once_is_done_once(shop: SmallShop, database: Database) -> None:
    """By two presses of the button, which two threads answer."""
    data, both = f"{HEADER}\n,,set,A,,p1,2,percent,5,".encode(), Barrier(2)

    def bring(_number: int) -> ImportReport:
        with shop.app.app_context():
            both.wait()
            return import_csv(database, data, token="abc")

    with ThreadPoolExecutor(2) as threads:
        reports = list(threads.map(bring, range(2)))
    assert sorted((one.created, one.repeated) for one in reports) == [(0, True), (1, False)]
    assert list_bundles(database)[1] == 1


def test_a_segment_has_no_spaces_around_it(database: Database) -> None:
    """As in the editor, and in Python, where it is refused."""
    assert brought(database, ",,set,A,,p1,2,percent,5,,VIP ", header=f"{HEADER},segment").created == 1
    assert BundleRepository(database).load(1).definition.segment == "VIP"
    with pytest.raises(InputError, match="without spaces around it"):
        replace(set_of("p1", "p2", price=TEN), segment="VIP ")


def test_a_line_that_names_the_separator_and_capital_names_are_read(database: Database) -> None:
    """As spreadsheet programs write them; lines are counted as people see them."""
    header = "KIND;Title_EN;Title_PT_BR;Product_ID;QUANTITY;Price_Kind;Amount_eur;PERCENT"
    text = f"sep=;;;;\r\n{header}\r\nset;Kit, large;Conjunto;p1;2;fixed;1,50;\r\nset;B;;p1;2;percent;;x\r\n"
    report = import_csv(database, text.encode())
    assert [(one.action, one.line) for one in report.outcomes] == [("create", 3), ("refuse", 4)]
    made = BundleRepository(database).load(1).definition
    assert {language: texts.title for language, texts in made.texts.items()} == {
        "en": "Kit, large",
        "pt_BR": "Conjunto",
    }
    assert made.tiers[0].price.amounts == {"EUR": 150}


def test_products_have_their_titles_which_are_not_read(database: Database, shop: SmallShop) -> None:
    """A courtesy: without the catalogue, or where it fails, the file is the same without them."""
    BundleRepository(database).create(set_of("p1", "gone", price=TEN))
    text = "".join(export_csv(database, catalog=shop.storefront.catalog))
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    assert [(row["product_id"], row["product_title"]) for row in rows] == [("p1", "Product 1"), ("gone", "")]
    report = import_csv(database, text.replace("Product 1", "Another").encode())
    assert report.same == 1

    class Failing:
        def get_many(self, ids: object) -> None:
            raise AdapterError("The catalogue is gone; try again.")

    without = "".join(export_csv(database, catalog=Failing()))  # type: ignore[arg-type]
    assert import_csv(database, without.encode()).same == 1


def test_ids_without_a_version_or_a_bundle_are_shown(database: Database) -> None:
    """The sentence says what to write; no page is named for a bundle that is not there."""
    BundleRepository(database).create(set_of("p1", "p2", price=TEN), "Mika")
    report = brought(database, "1,,set,A,,p1,2,percent,5,", "9,1,set,B,,p1,2,percent,5,")
    assert [one.bundle_id for one in report.outcomes] == [1, None]
    assert "Enter the version of bundle 1" in reported(report)[0][1]


def test_a_sorted_file_loses_no_component(database: Database) -> None:
    """A row that was moved away from its bundle refuses it, instead of leaving the component out; no bundle comes twice."""
    for _ in range(2):
        BundleRepository(database).create(set_of("p1", "p2", price=TEN))
    rows = "1,1,set,A,,p1,2,percent,5,", "2,1,set,B,,p1,2,percent,5,", "1,,,,,p2,,,,", "2,1,set,C,,p1,2,percent,5,"
    report = brought(database, *rows)
    assert [line for line, _ in reported(report)] == [4, 5]
    assert "is separate from" in reported(report)[0][1]
    assert "is already in the file, from line 3" in reported(report)[1][1]
    assert BundleRepository(database).load(2).definition.texts["en"].title == "B"


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "column kind is missing"),
        ("kind,product_id,price_kind,title_en\nset,é".encode("latin-1"), "UTF-8"),
        (b"kind,product_id,price_kind\n", "column title_en is missing"),
        (b"kind,product_id,price_kind,title_en,colour\n", "Unknown column 'colour'"),
        (b"kind,product_id,price_kind,title_en,kind\n", "appears twice"),
        (b'kind,product_id,price_kind,title_en\nset,"' + b"x" * 200_000, "Line 2 has a cell with more than 131,072"),
        (b"kind,product_id,price_kind,title_en\nset,\0p1,percent,A", "Line 2 has a NUL character"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_sentence(database: Database, data: bytes, sentence: str) -> None:
    """Nothing of it is kept."""
    with pytest.raises(InputError, match=sentence):
        import_csv(database, data)
    assert list_bundles(database)[1] == 0


def test_too_much_is_refused(monkeypatch: pytest.MonkeyPatch, database: Database) -> None:
    """The sentence says what to do."""
    monkeypatch.setattr(csv_read, "MAX_BUNDLES", 1)
    with pytest.raises(InputError, match="more than 1 bundles; split it"):
        brought(database, *[",,set,A,,p1,2,percent,5,"] * 2)
    monkeypatch.setattr(csv_read, "MAX_BYTES", 10)
    with pytest.raises(InputError, match="split it"):
        brought(database)


def test_the_file_of_a_european_spreadsheet(database: Database) -> None:
    """Semicolons, decimal commas, a byte order mark, dates turned about, words for yes; blank rows are passed over."""
    header = "\ufeffkind;title_en;product_id;quantity;price_kind;amount_EUR;starts;staff_only;"
    row = "SET;Kit;p1;2;amount;1,50;2026/3/1 9:05;TRUE;"
    report = import_csv(database, f"{header}\r\n;;;;;;;;\r\n{row}\r\n".encode(), timezone="Asia/Tokyo")
    assert reported(report) == []
    made = BundleRepository(database).load(1).definition
    assert (made.tiers[0].price.amounts, made.staff_only) == ({"EUR": 150}, True)
    assert made.schedule.start == dt.datetime(2026, 3, 1, 0, 5, tzinfo=dt.timezone.utc)


def test_products_that_the_shop_does_not_have_are_refused(database: Database, shop: SmallShop) -> None:
    """Where the catalogue is given."""
    rows = ",,set,A,,p1,2,percent,5,", ",,set,B,,p1,1,percent,5,", ",,,,,nothing,1,,,"
    report = brought(database, *rows, catalog=shop.storefront.catalog, check=True)
    assert [(line, "no product 'nothing'" in sentence) for line, sentence in reported(report)] == [(3, True)]


def test_who_changes_a_bundle_during_the_import_wins(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The import refuses this one bundle and keeps the others."""
    for _ in range(2):
        BundleRepository(database).create(set_of("p1", "p2", price=TEN))
    edit: Callable[..., BundleRecord] = BundleRepository.edit

    def late(bundles: BundleRepository, session: object, bundle_id: int, version: int, *more: object) -> BundleRecord:
        return edit(bundles, session, bundle_id, version - (bundle_id == 1), *more)

    monkeypatch.setattr(BundleRepository, "edit", late)
    report = brought(database, "1,1,set,A,,p1,2,percent,5,", "2,1,set,B,,p1,2,percent,5,")
    assert [(one.action, one.bundle_id) for one in report.outcomes] == [("refuse", 1), ("change", 2)]
    assert BundleRepository(database).load(1).version == 1


@pytest.mark.slow
def test_ten_thousand_bundles_go_out_and_in_quickly(database: Database) -> None:
    """Each in some seconds: new, unchanged, and written out again."""
    rows = [f",,set,Kit {n},,p{n % 20},2,percent,5," for n in range(10_000)]
    start = time.perf_counter()
    assert brought(database, *rows).created == 10_000
    made = time.perf_counter()
    text = exported(database)
    out = time.perf_counter()
    assert import_csv(database, text.encode()).same == 10_000
    back = time.perf_counter()
    assert made - start < 20, f"in: {made - start:.1f} s"
    assert out - made < 10, f"out: {out - made:.1f} s"
    assert back - out < 10, f"unchanged: {back - out:.1f} s"


def test_no_cell_and_no_header_takes_more_than_its_length() -> None:
    """What anybody may upload must not hold the shop's process: a cell of 130 kB took 42 seconds, a header 8."""
    huge = ["a" + " " * 130_000 + "b", "a\u0301\u0323" * 43_000, "\\" * 130_000, "'" * 130_000, "1." * 65_000]
    began = time.perf_counter()
    for column in (*HEADER.split(","), "variants", "segment", "starts", "state", "free"):
        names = list(dict.fromkeys([*HEADER.split(","), column]))
        for cell in huge:
            out = io.StringIO()
            row = {"kind": "set", "price_kind": "percent", "percent": "10", "product_id": "p1", column: cell}
            writer = csv.DictWriter(out, names)
            writer.writeheader()
            writer.writerow(row)
            assert len(read_csv(out.getvalue().encode())) == 1
    assert time.perf_counter() - began < 10
    with pytest.raises(InputError, match="has 40,000 columns, more than 1,000"):
        read_csv(",".join(f"c{number}" for number in range(40_000)).encode())
