"""Orders from files: what is read, what is refused and by which number, and in which order it comes."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import re
import tempfile
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storefront_plugin.core.errors import InputError
from storefront_plugin.orderlog.file_cells import escaped, time_mark, time_of, unescaped
from storefront_plugin.orderlog.files import OrderFile
from storefront_plugin.orderlog.importing import ImportReport
from storefront_plugin.shop.ports import Order, OrderLine

HEADER = "order_id,ts,customer_id,product_id,quantity,price\n"
UTC = dt.timezone.utc


def read(path: Path, content: str | bytes) -> tuple[list[Order], list[str]]:
    """The orders of a file with *content*, and the sentences about its bad rows."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    report = ImportReport()
    return list(OrderFile(path).read(report)), report.refused


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "orders.csv"


def test_a_file_gives_its_orders_oldest_first_with_all_columns(path: Path) -> None:
    """Rows of one order need not stand together, and a repeated product keeps its own line."""
    orders, refused = read(
        path,
        HEADER
        + "B,2024-05-02 10:00:00,ann,cup,2,12.50\n"
        + "A,2024-05-01 09:00:00,,pan,1,30\n"
        + "B,2024-05-02 10:00:00,ann,cup,1,\n",
    )
    assert refused == []
    assert [order.id for order in orders] == ["A", "B"]
    assert orders[1].customer_id == "ann"
    assert orders[1].placed_at == dt.datetime(2024, 5, 2, 10)
    assert orders[1].lines == [OrderLine("cup", 2, Decimal("12.50")), OrderLine("cup", 1, None)]


def test_two_columns_are_enough(path: Path) -> None:
    """Without times, orders come by their id and count as placed now; the quantity is 1."""
    before = dt.datetime.now(UTC)
    path.write_text("product_id,order_id\ncup,9\npan,10\n")
    file = OrderFile(path)
    orders = list(file.read(ImportReport()))
    assert [(order.id, order.lines) for order in orders] == [("10", [OrderLine("pan")]), ("9", [OrderLine("cup")])]
    assert all(before <= order.placed_at <= dt.datetime.now(UTC) for order in orders)
    assert (file.rows, file.orders, file.untimed) == (2, 2, 2)


def test_header_may_have_a_mark_other_case_other_order_and_other_columns(path: Path) -> None:
    """What spreadsheets make of a header is understood, and columns of no interest may hold anything."""
    content = "\ufeffPRODUCT_ID , Title,Order_Id\ncup,".encode() + b"caf\xe9,7\r\n"
    assert read(path, content) == ([Order(id="7", placed_at=_any(), lines=[OrderLine("cup")])], [])


def _any() -> dt.datetime:
    class Any(dt.datetime):
        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = dt.datetime.__hash__

    return Any(2000, 1, 1)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("order,product_id,qty\n1,2,3\n", "has no column order_id; its columns are: order, product_id, qty."),
        ("a;b\n", "has no column order_id and no product_id; its columns are: a;b."),
        ("order_id,product_id,ORDER_ID\n", "has the column order_id twice"),
        ("", "is empty"),
        ('"order_id,product_id\n1,2\n', "must name the columns"),
        (HEADER.encode("utf-16"), "UTF-16"),
        (b"\x1f\x8b\x08\x00broken", "cannot be read"),
        (b"PAR1broken", "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(path: Path, content: str | bytes, sentence: str) -> None:
    """The whole file is refused with one sentence, before any order comes."""
    with pytest.raises(InputError, match=sentence.replace(".", r"\.")):
        read(path, content)


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    """No traceback for a mistyped name, nor for a folder."""
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(InputError, match="cannot be read"):
            list(OrderFile(path).read(ImportReport()))


def test_a_gzipped_file_cut_short_gives_no_order_at_all(path: Path) -> None:
    """A broken download is noticed before anything is imported."""
    packed = gzip.compress((HEADER + "".join(f"{n},,,p{n * n},,\n" for n in range(5000))).encode())
    with pytest.raises(InputError, match="cannot be read"):
        read(path, packed[:-2000])


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (b",,,cup,,", "order id must have 1 to 255 bytes"),
        (b"1,,,,,", "product id must have 1 to 255 bytes"),
        (b"1,,," + b"p" * 256 + b",,", "product id must have 1 to 255 bytes"),
        (b"1,,c\x00,cup,,", "NUL|customer id must have"),
        (b"1,,,c\xe9p,,", "valid Unicode"),
        (b"1,yesterday,,cup,,", "ts must be a time"),
        (b"1,2024-02-30,,cup,,", "ts must be a time"),
        (b"1,1717000000000,,cup,,", "ts must be a time"),
        (b"1,,,cup,two,", "quantity must be a number"),
        (b"1,,,cup,1_000,", "quantity must be a number"),
        (b"1,,,cup,nan,", "quantity must be a number"),
        (b"1,,,cup,0,", "quantity must be above 0"),
        (b"1,,,cup,-1,", "quantity must be above 0"),
        (b"1,,,cup,1e10,", "at most 1000000000"),
        (b"1,,,cup,1,free", "price must be a number"),
        (b"1,,,cup,1,-2", "price must be 0 or more"),
        (b"1,,,cup,1", "5 cells instead of 6"),
        (b"1,,,cup,1,2,3", "7 cells instead of 6"),
        (b'1,,,"cup"s,1,2', "can't be parsed"),
    ],
)
def test_a_bad_row_is_refused_by_its_line_and_the_others_are_kept(path: Path, row: bytes, sentence: str) -> None:
    """Each kind of bad row has a sentence; its neighbours are imported."""
    orders, refused = read(path, HEADER.encode() + b"0,,,cup,1,1\n" + row + b"\n2,,,cup,1,1\n")
    assert [order.id for order in orders] == ["0", "2"]
    assert len(refused) == 1
    assert refused[0].startswith("Line 3: ")
    assert re.search(sentence, refused[0])


def test_lines_are_counted_as_an_editor_counts_them(path: Path) -> None:
    """Line breaks inside quotes and empty lines count; a row is known by its first line."""
    _, refused = read(
        path, 'order_id,product_id,note,quantity\n1,a,"two\nlines",x\n\n2,b,"three\r\n\nlines",1\n3,c,,y\n'
    )
    assert [sentence.split(":")[0] for sentence in refused] == ["Line 2", "Line 8"]


def test_a_quote_that_is_never_closed_costs_one_line_only(path: Path) -> None:
    """Without that care a single stray quote would swallow the rest of the file."""
    rows = [f"{number},p{number}\n" for number in range(2000)]
    rows[3] = '3,"p3\n'
    orders, refused = read(path, "order_id,product_id\n" + "".join(rows))
    assert len(orders) == 1999
    assert [sentence.split(":")[0] for sentence in refused] == ["Line 5"]


@pytest.mark.parametrize(
    ("text", "quantity"), [("6", 6), ("6.0", 6), (" 2 ", 2), ("0.35", 1), ("1.2", 2), ("1e3", 1000), ("", 1), ("+3", 3)]
)
def test_quantities_are_whole_items(path: Path, text: str, quantity: int) -> None:
    """What is sold by weight counts as the next whole item."""
    orders, refused = read(path, f"order_id,product_id,quantity\n1,cheese,{text}\n")
    assert (orders[0].lines[0].quantity, refused) == (quantity, [])


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-05-31 14:30:00", dt.datetime(2024, 5, 31, 14, 30)),
        ("2024-05-31T14:30:00.25", dt.datetime(2024, 5, 31, 14, 30, 0, 250000)),
        ("2024-05-31T14:30", dt.datetime(2024, 5, 31, 14, 30)),
        ("2024-05-31", dt.datetime(2024, 5, 31)),
        ("20240531", dt.datetime(2024, 5, 31)),
        ("2024-05-31T14:30:00Z", dt.datetime(2024, 5, 31, 14, 30, tzinfo=UTC)),
        ("2024-05-31T14:30:00+02:00", dt.datetime(2024, 5, 31, 12, 30, tzinfo=UTC)),
        ("2024-05-31 14:30:00.123456789-0530", dt.datetime(2024, 5, 31, 20, 0, 0, 123456, tzinfo=UTC)),
        ("1717165800", dt.datetime(2024, 5, 31, 14, 30, tzinfo=UTC)),
        ("1717165800.5", dt.datetime(2024, 5, 31, 14, 30, 0, 500000, tzinfo=UTC)),
        ("0", dt.datetime(1970, 1, 1, tzinfo=UTC)),
        ("1965-01-01", dt.datetime(1965, 1, 1)),
    ],
)
def test_times_are_read_in_all_usual_forms(text: str, moment: dt.datetime) -> None:
    """A time without a zone stays without, for the shop's own zone to be applied."""
    found = time_of(int(time_mark(text)))
    assert (found, found.tzinfo) == (moment, moment.tzinfo)


def test_an_order_is_placed_at_its_earliest_row(path: Path) -> None:
    """The customer is the first one named; an empty time beside a given one takes nothing away."""
    orders, _ = read(path, HEADER + "1,,,a,,\n1,2024-05-02,bob,b,,\n1,2024-05-01,ann,c,,\n0,2024-05-03,,a,,\n")
    assert [order.id for order in orders] == ["1", "0"]
    assert (orders[0].placed_at, orders[0].customer_id) == (dt.datetime(2024, 5, 1), "bob")
    assert [line.product_id for line in orders[0].lines] == ["a", "b", "c"]


def test_gzip_and_parquet_give_the_same_orders_as_csv(tmp_path: Path) -> None:
    """The kind is seen from the content; Parquet's own types and zoned times are understood."""
    text = HEADER + "".join(f"{n % 7},{1717165800 + n % 7},{n % 3 or ''},{n},{n % 5}.0,{n}.5\n" for n in range(60))
    plain = read(tmp_path / "a.csv", text)
    assert len(plain[1]) == 12  # every fifth quantity is 0
    packed = read(tmp_path / "b.data", gzip.compress(text.encode()))
    assert packed == plain
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'Asia/Tokyo'")
        connection.execute(
            "COPY (SELECT order_id, to_timestamp(ts) AS Ts, cast(customer_id AS DOUBLE) AS customer_id, "
            f"product_id, quantity, price, [1] AS tags FROM '{tmp_path / 'a.csv'}') TO '{tmp_path / 'odd[1]*.parquet'}'"
        )
    report = ImportReport()
    assert list(OrderFile(tmp_path / "odd[1]*.parquet").read(report)) == plain[0]
    assert report.refused[0].startswith("Row 1: A quantity must be above 0")
    assert report.refused_count == 12


def test_a_parquet_column_of_lists_is_refused_as_a_whole(tmp_path: Path) -> None:
    """One row an order line is expected; a list of products is said to be none."""
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT 1 AS order_id, ['a', 'b'] AS product_id) TO '{tmp_path / 'a.parquet'}'")
    with pytest.raises(InputError, match=r"product_id of the order file is a VARCHAR\[\]"):
        list(OrderFile(tmp_path / "a.parquet").read(ImportReport()))


def test_progress_grows_to_the_size_of_the_file(path: Path) -> None:
    """A bar can be drawn: done never passes the total, and ends there."""
    path.write_text(HEADER + "".join(f"{n},,,cup,,\n" for n in range(30_000)))
    seen: list[tuple[int, int]] = []
    list(OrderFile(path).read(ImportReport(), lambda done, total: seen.append((done, total))))
    assert len(seen) > 2
    assert seen == sorted(seen)
    assert seen[-1] == (path.stat().st_size, path.stat().st_size)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\r")))
def test_escaping_is_undone_and_keeps_the_order(text: str) -> None:
    """Ids with tabs and line breaks pass the spool unharmed and sort where they did."""
    assert unescaped(escaped(text)) == text
    assert not set(escaped(text)) & set("\t\n\r")
    assert (escaped(text) < escaped("\tb")) == (text < "\tb")


IDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\r"), min_size=1, max_size=12)
GOOD = st.tuples(st.sampled_from(["A", "B", "\n", 'a,"b']) | IDS, st.integers(0, 10**9), IDS, st.integers(1, 10**9))
BAD = st.sampled_from(
    [
        ["", "1", "", "cup", "1", ""],
        ["A", "soon", "", "cup", "1", ""],
        ["A", "1", "", "two\nlines" * 60, "1", ""],
        ["A", "1", "", "cup", "-1", ""],
        ["A", "1", "", "cup", "1", "x\r\ny"],
        ["A", "1", "", "cup"],
        ["A", "1", "c\udcff", "cup\udcff", "1", "", ""],
    ]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(GOOD | BAD, max_size=12), st.sampled_from(["\n", "\r\n"]))
def test_of_any_mix_the_good_rows_are_kept_and_the_bad_named_by_line(rows: list[object], ending: str) -> None:
    """Whatever stands beside a good row, it is imported; whatever is wrong is found again in an editor."""
    content, bad, expected = HEADER, [], {}
    for row in rows:
        out = io.StringIO()
        if isinstance(row, tuple):
            order_id, time, product_id, quantity = row
            expected.setdefault(order_id, []).append((time, OrderLine(product_id, quantity)))
            row = [order_id, time, "", product_id, quantity, ""]
        else:
            bad.append(f"Line {_lines(content) + 1}")
        csv.writer(out, lineterminator=ending).writerow(row)
        content += out.getvalue()
    with tempfile.TemporaryDirectory() as folder:
        orders, refused = read(Path(folder) / "orders.csv", content.encode("utf-8", "surrogateescape"))
    assert [sentence.split(":")[0] for sentence in refused] == bad
    assert {order.id: order.lines for order in orders} == {
        order_id: [line for _, line in lines] for order_id, lines in expected.items()
    }
    order = sorted(expected, key=lambda order_id: (min(time for time, _ in expected[order_id]), order_id.encode()))
    assert [order.id for order in orders] == order


def _lines(content: str) -> int:
    """Physical lines, as editors count them."""
    return content.replace("\r\n", "\n").replace("\r", "\n").count("\n")
