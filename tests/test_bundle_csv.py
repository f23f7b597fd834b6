"""Bundles go out as a spreadsheet and come back as they were; bad rows are told by line, good ones are kept."""

from __future__ import annotations

import csv
import datetime as dt
import io
import time
from collections.abc import Callable
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_bundles import definitions, set_of
from small_shop import SmallShop

from storefront_plugin import audit
from storefront_plugin.bundles import csv_read, shelf
from storefront_plugin.bundles.csv_cells import read_text, read_variants, write_text, write_variants
from storefront_plugin.bundles.csv_export import cells_of, export_csv
from storefront_plugin.bundles.csv_import import ImportReport, import_csv
from storefront_plugin.bundles.csv_read import read_csv
from storefront_plugin.bundles.csv_sheet import Sheet
from storefront_plugin.bundles.definition import Component, Definition, Schedule, Tier, Words
from storefront_plugin.bundles.listing import Wanted, list_bundles
from storefront_plugin.bundles.price import amount_off, percent_off
from storefront_plugin.database import Base, Database
from storefront_plugin.errors import InputError

TEN = percent_off(10)
HEADER = "id,version,kind,title_en,tier,product_id,quantity,price_kind,percent,amount_EUR"
PLAIN = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=20)
ODD = st.one_of(
    PLAIN, st.sampled_from(["=1+1", "'=1", "'", "@x", "-7", "+4", " a ", '"a"; b,c', "red|blue\\", "a\r\nb"])
)


@pytest.fixture
def database(shop: SmallShop) -> Database:
    """Our sessions on the shop's database."""
    with shop.storefront.database.connect() as connection:
        Base.metadata.create_all(connection)
        connection.commit()
    return shop.storefront.database


def exported(database: Database, wanted: Wanted | None = None) -> str:
    """The file as text."""
    return "".join(export_csv(database, wanted))


def brought(database: Database, *lines: str, header: str = HEADER, **options: object) -> ImportReport:
    """Import rows below a header."""
    return import_csv(database, "\n".join([header, *lines]).encode(), "Mika", **options)  # type: ignore[arg-type]


def told(report: ImportReport) -> list[tuple[int, str]]:
    """Line and sentence of what was refused."""
    return [(one.line, one.sentence) for one in report.outcomes if one.action == "refuse"]


@st.composite
def worded(draw: st.DrawFn) -> Definition:
    """A bundle of any kind with words of any kind, schedule and limits."""
    titles = ODD.filter(str.strip)
    words = draw(
        st.dictionaries(
            st.sampled_from(["en", "ja", "pt_BR"]),
            st.builds(Words, titles, st.one_of(st.just(""), ODD), st.one_of(st.none(), ODD)),
            min_size=1,
        )
    )
    moments = st.datetimes(dt.datetime(1950, 1, 1), dt.datetime(2100, 1, 1), timezones=st.just(dt.timezone.utc))
    start, end = draw(st.one_of(st.none(), moments)), draw(st.one_of(st.none(), moments))
    if start is not None and end is not None and end <= start:
        end = None
    return replace(
        draw(definitions()),
        words=words,
        schedule=Schedule(start, end),
        limit_in_all=draw(st.one_of(st.none(), st.integers(1, 1000))),
        segment=draw(st.one_of(st.none(), ODD)),
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
        writer.writerows(cells_of(definition, sheet))
    back = read_csv(out.getvalue().encode(), zone)
    assert [one.sentence for one in back] == [""] * len(given)
    assert [one.definition for one in back] == given


@given(ODD, st.lists(ODD, max_size=3, unique=True))
def test_no_text_is_a_formula_and_every_text_comes_back(text: str, variants: list[str]) -> None:
    """Formulas stand behind an apostrophe, and so do texts that would lose theirs."""
    assert not write_text(text).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert read_text(write_text(text)) == text
    assert read_variants(write_variants(tuple(variants))) == tuple(variants)


def test_an_exported_file_changes_nothing(database: Database) -> None:
    """It begins with the mark that Excel needs; each row names its bundle; amounts are in major units."""
    words = {"en": Words("=Kit", "Line 1\nLine 2"), "ja": Words("セット")}
    parts = (Component("p1", 2), Component("-p2", variants=("red", "blue")))
    kit = Definition(kind="set", tiers=(Tier(parts, amount_off({"EUR": 1990, "JPY": 300})),), words=words)
    one = shelf.create(database, kit)
    shelf.set_state(database, one.id, 1, "publish")
    shelf.create(database, set_of("p1", "p2", price=TEN))
    text = exported(database)
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    assert text.startswith("\ufeffid,version,state,kind,title_en")
    assert [row["id"] for row in rows] == ["1", "1", "2", "2"]
    assert (rows[0]["title_en"], rows[0]["amount_EUR"], rows[0]["amount_JPY"]) == ("'=Kit", "19.90", "300")
    assert (rows[1]["kind"], rows[1]["product_id"], rows[1]["variants"]) == ("", "'-p2", "blue | red")
    report = import_csv(database, text.encode())
    assert (report.same, len(report.outcomes)) == (2, 2)
    assert shelf.load(database, one.id).version == 2
    assert len(list(csv.reader(io.StringIO(exported(database, Wanted(state="draft")), newline="")))) == 3


def test_new_rows_become_drafts_and_changed_ones_change(database: Database) -> None:
    """With their state; the check tells the same and writes nothing; who did it stands in the log."""
    shelf.create(database, set_of("p1", "p2", price=TEN))
    rows = [
        "1,1,set,Kit,,p1,2,percent,12.5,,archived",
        ",,,,,p3,,,,,",
        ",,ladder,Steps,1,p1,2,percent,5,,published",
        ",,,,2,p1,3,amount,,4.50,",
    ]
    report = brought(database, *rows, header=f"{HEADER},state", check=True)
    assert [(one.action, one.line, one.bundle_id) for one in report.outcomes] == [("change", 2, 1), ("create", 4, None)]
    assert shelf.load(database, 1).version == list_bundles(database)[1] == 1
    report = brought(database, *rows, header=f"{HEADER},state")
    assert [(one.action, one.bundle_id) for one in report.outcomes] == [("change", 1), ("create", 2)]
    changed, made = shelf.load(database, 1), shelf.load(database, 2)
    assert (changed.state, changed.definition.words["en"].title) == ("archived", "Kit")
    assert changed.definition.tiers[0].components == (Component("p1", 2), Component("p3"))
    assert (made.state, len(made.definition.tiers)) == ("draft", 2)
    assert made.definition.tiers[1].price.amounts == {"EUR": 450}
    assert [entry.action for entry in audit.entries(database, by="Mika")[0]] == ["archive", "edit", "create"]


def test_bad_rows_are_told_by_line_and_good_ones_kept(database: Database) -> None:
    """Whatever is wrong: a sentence each, and the other bundles are there."""
    shelf.create(database, set_of("p1", "p2", price=TEN))
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
    words = [
        (2, "belongs to no bundle"), (4, "no product_id"), (5, "must be a whole number"), (6, "at most 2 decimals"),
        (7, "plain number"), (8, "at least two pieces"), (9, "There is no bundle 9"), (10, "export it again"),
        (11, "needs a title"), (13, "does not follow"), (15, "percent differs"), (16, "price kind"), (17, "outside"),
    ]  # fmt: skip
    assert [line for line, _ in told(report)] == [line for line, _ in words]
    for (_, sentence), (_, part) in zip(told(report), words, strict=True):
        assert part in sentence
    assert (report.created, report.refused) == (1, 13)
    assert [row.title for row in list_bundles(database)[0]] == ["Good", "Set"]


def test_a_sorted_file_loses_no_component(database: Database) -> None:
    """A row that was moved away from its bundle refuses it, instead of leaving the component out; no bundle comes twice."""
    for _ in range(2):
        shelf.create(database, set_of("p1", "p2", price=TEN))
    rows = "1,1,set,A,,p1,2,percent,5,", "2,1,set,B,,p1,2,percent,5,", "1,,,,,p2,,,,", "2,1,set,C,,p1,2,percent,5,"
    report = brought(database, *rows)
    assert [line for line, _ in told(report)] == [4, 5]
    assert "stands apart" in told(report)[0][1]
    assert "stands in the file before, from line 3" in told(report)[1][1]
    assert shelf.load(database, 2).definition.words["en"].title == "B"


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "lacks the column kind"),
        ("kind,product_id,price_kind,title_en\nset,é".encode("latin-1"), "UTF-8"),
        (b"kind,product_id,price_kind\n", "lacks the column title_en"),
        (b"kind,product_id,price_kind,title_en,colour\n", "There is no column 'colour'"),
        (b"kind,product_id,price_kind,title_en,kind\n", "stands in the file twice"),
        (b'kind,product_id,price_kind,title_en\nset,"' + b"x" * 200_000, "quotation mark"),
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
    assert told(report) == []
    made = shelf.load(database, 1).definition
    assert (made.tiers[0].price.amounts, made.staff_only) == ({"EUR": 150}, True)
    assert made.schedule.start == dt.datetime(2026, 3, 1, 0, 5, tzinfo=dt.timezone.utc)


def test_products_that_the_shop_does_not_have_are_refused(database: Database, shop: SmallShop) -> None:
    """Where the catalogue is given."""
    rows = ",,set,A,,p1,2,percent,5,", ",,set,B,,p1,1,percent,5,", ",,,,,nothing,1,,,"
    report = brought(database, *rows, catalog=shop.storefront.catalog, check=True)
    assert [(line, "no product 'nothing'" in sentence) for line, sentence in told(report)] == [(3, True)]


def test_who_changes_a_bundle_during_the_import_wins(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The import refuses this one bundle and keeps the others."""
    for _ in range(2):
        shelf.create(database, set_of("p1", "p2", price=TEN))
    edit: Callable[..., shelf.Stored] = shelf.edit

    def late(session: object, bundle_id: int, version: int, *more: object) -> shelf.Stored:
        return edit(session, bundle_id, version - (bundle_id == 1), *more)

    monkeypatch.setattr(shelf, "edit", late)
    report = brought(database, "1,1,set,A,,p1,2,percent,5,", "2,1,set,B,,p1,2,percent,5,")
    assert [(one.action, one.bundle_id) for one in report.outcomes] == [("refuse", 1), ("change", 2)]
    assert shelf.load(database, 1).version == 1


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
