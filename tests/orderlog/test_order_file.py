"""Orders from files: what is read, what is refused and by which number, and in which order it comes."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import re
import tempfile
import time
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
from storefront_plugin.shop.memory import MemoryCatalog
from storefront_plugin.shop.order_status import MEANINGS
from storefront_plugin.shop.ports import Order, OrderLine, Product
from storefront_plugin.shop.product_ids import plain_id

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
        (b"1,,,c\xe9p,,", "save the file as UTF-8"),
        (b"1,yesterday,,cup,,", "ts must be a time"),
        (b"1,2024-02-30,,cup,,", "ts must be a time"),
        (b"1,1717000000000,,cup,,", "ts must be a time"),
        (b"1,,,cup,two,", "quantity must be a number"),
        (b"1,,,cup,1_000,", "quantity must be a number"),
        (b"1,,,cup,nan,", "quantity must be a number"),
        (b"1,,,cup,0,", "quantity must not be 0"),
        (b'1,,,cup,"1,000",', "quantity must be a number"),
        (b"1,2024,,cup,,", "2024 is a year only; orders lie between 1990 and tomorrow"),
        (b"1,45443,,cup,,", r"day in a spreadsheet \(2024-05-31\); format its column as a date"),
        (b"1,45443.604,,cup,,", r"spreadsheet \(2024-05-31\)"),
        (b"1,1989-12-31,,cup,,", "1989-12-31 is 1989-12-31; orders lie"),
        (b"1,0,,cup,,", "0 is 1970-01-01; orders lie"),
        (b"1,2999-01-01,,cup,,", "orders lie between 1990 and tomorrow"),
        (b"4.00638E+12,,,cup,,", "shortened by a spreadsheet"),
        (b"1,,,cup,1e10,", "over 1000000000"),
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
    assert report.refused[0].startswith("Row 1: A quantity must not be 0")
    assert report.refused_count == 12


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("named", [False, True])
def test_cells_may_be_parted_as_spreadsheets_do(path: Path, separator: str, named: bool) -> None:
    """Semicolons where commas are decimal; a first line may say so, and lines are counted with it."""
    rows = [["note", "product_id", "order_id", "quantity", "price"], ["a", "cup", "1", "2,5", "12,50"], ["b", "", "2"]]
    rows[1] = [f'"{cell}"' if separator in cell else cell for cell in rows[1]]
    text = "".join(separator.join(row) + "\r\n" for row in rows)
    orders, refused = read(path, f"sep={separator}\r\n" * named + text)
    assert [order.lines for order in orders] == [[OrderLine("cup", 3, Decimal("12.50"))]]
    assert refused == [f"Line {3 + named}: The row has 3 cells instead of 5."]


@pytest.mark.parametrize(
    ("text", "price"),
    [
        ("1,299.00", "1299.00"),
        ("1.299,00", "1299.00"),
        ("12,5", "12.5"),
        ("€ 12.50", "12.50"),
        ("EUR 12.50", "12.50"),
        ("12,50\u00a0EUR", "12.50"),
        ("FREE", None),
        ("1299", "1299"),
        ("1,299", None),
        ("free", None),
        ("-2", None),
        ("1e40", None),
        ("9" * 100_000, None),
        ("\u0301\u0323" * 60_000, None),
    ],
)
def test_a_price_that_cannot_be_read_costs_the_price_alone(path: Path, text: str, price: str | None) -> None:
    """What was bought together is worth more; the file tells how many prices it lost, and where the first stood."""
    path.write_text(f'order_id,product_id,price\n1,cup,"{text}"\n')
    file, report = OrderFile(path), ImportReport()
    assert [order.lines for order in file.read(report)] == [[OrderLine("cup", 1, price and Decimal(price))]]
    assert report.refused == []
    assert file.unpriced == (price is None)
    assert (file.unpriced_at or f"line 2: '{text}'").startswith(f"line 2: '{text}"[:40])


def test_a_quantity_below_zero_came_back(path: Path) -> None:
    """An order may consist of nothing else, as in a file of credit notes."""
    orders, refused = read(path, "order_id,product_id,quantity\n1,cup,3\n1,cup,-1\n2,pan,\u22122.5\n")
    assert refused == []
    assert [(order.lines, order.refunds) for order in orders] == [
        ([OrderLine("cup", 3)], (OrderLine("cup", 1),)),
        ([], (OrderLine("pan", 3),)),
    ]


def test_what_came_back_with_a_status_of_its_own_comes_back_to_its_order(path: Path) -> None:
    """Its row says "returned", in whatever place; one that is not paid back yet says nothing."""
    rows = (
        "A,2024-05-03,,cup,-1,,returned\n"
        "A,2024-05-01,,cup,2,,\n"
        "A,2024-05-01,,pan,1,,shipped\n"
        "A,2024-05-04,,pan,-1,,pending\n"
        "B,2024-05-02,,cup,-1,,Refunded\n"
        "C,2024-05-02,,cup,1,,refunded\n"
        "C,2024-05-03,,cup,-1,,refunded\n"
    )
    orders, refused = read(path, HEADER.replace("price", "price,status") + rows)
    assert refused == []
    assert [(order.id, order.status, order.lines, order.refunds) for order in orders[:2]] == [
        ("A", "placed", [OrderLine("pan"), OrderLine("cup", 2)], (OrderLine("cup"),)),
        ("B", "placed", [], (OrderLine("cup"),)),
    ]
    assert (orders[2].id, orders[2].status) == ("C", "cancelled")


def test_a_status_says_which_orders_are_placed(path: Path) -> None:
    """Often in the first row of an order alone; of one that is placed only the rows that are."""
    rows = [
        "1,cup,Paid",
        "1,pan,",
        "2,cup,payment-pending",
        "3,cup,CANCELED",
        "4,cup,shipped",
        "4,pan,cancelled",
        "5,cup,",
        "6,cup,storniert",
        "7,cup,in Arbeit",
    ]
    path.write_text("order_id,product_id,status\n" + "\n".join(rows) + "\n")
    report = ImportReport()
    file = OrderFile(path, meanings={"paid": "placed", **MEANINGS, "storniert": "cancelled"})
    orders = {order.id: (order.status, [line.product_id for line in order.lines]) for order in file.read(report)}
    assert orders == {
        "1": ("placed", ["cup", "pan"]),
        "2": ("unplaced", ["cup"]),
        "3": ("cancelled", ["cup"]),
        "4": ("placed", ["cup"]),
        "5": ("placed", ["cup"]),
        "6": ("cancelled", ["cup"]),
    }
    assert file.has_status
    assert report.refused == [
        "Line 10: The status 'in Arbeit' is not known: say what it means with --status WORD=placed, =unplaced or "
        "=cancelled."
    ]


CATALOGUE = MemoryCatalog(
    [
        Product(id=id, title="A thing", price=Decimal(1))
        for id in (
            "5",
            "0017",
            "42",
            "042",
            "4006381333931",
            "4006390000000",
            "123e4567-e89b-12d3-a456-426614174000",
            "SKU 7",
            " padded",
            "1E5",
        )
    ]
)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("5", "5"),
        (" 5", "5"),
        ("5.0", "5"),
        ("5,00", "5"),
        ("5\u00a0", "5"),
        ("\ufeff5", "5"),
        ('="5"', "5"),
        ("005", "5"),
        ("17", "0017"),
        ("0017", "0017"),
        ("4.00638E+12", "4006381333931"),
        ("4,00639E+12", "4006390000000"),
        ("123E4567-E89B-12D3-A456-426614174000", "123e4567-e89b-12d3-a456-426614174000"),
        ("sku 7", "SKU 7"),
        ("padded", " padded"),
        ("042", "042"),
        ('="42"', "42"),
        ("'042", "042"),
        (" 42\u00a0", "42"),
        ("'5", "5"),
        ("1E5", "1E5"),
        ("unheard of", "unheard of"),
        ("99", "99"),
    ],
)
def test_an_id_is_mended_where_the_catalogue_knows_one_such_product(path: Path, written: str, meant: str) -> None:
    """Spreadsheets take zeros and digits off and put spaces on; what is not damaged is taken as it stands."""
    text = io.StringIO()
    csv.writer(text, delimiter=";").writerows([["order_id", "product_id"], ["1", written]])
    path.write_text(text.getvalue())
    file, report = OrderFile(path, catalog=CATALOGUE), ImportReport()
    assert [order.lines[0].product_id for order in file.read(report)] == [meant]
    assert report.refused == []
    assert (file.mended, file.products) == (written != meant, 1)
    assert file.unknown == (meant in ("unheard of", "99"))


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("0042", "may be '42' or '042' of the catalogue"),
        ("42.0", "may be '42' or '042' of the catalogue"),
        (" 6", "is not one of the catalogue"),
        ("6.0", "is not one of the catalogue"),
        ("4.00637E+12", "is not one of the catalogue"),
        ("4.006E+12", "is not one of the catalogue"),
    ],
)
def test_an_id_that_may_mean_several_products_or_none_is_refused(path: Path, written: str, sentence: str) -> None:
    """Each of its rows by line, and the others are kept."""
    path.write_text(f"order_id,product_id\n1,5\n1,{written}\n2,{written}\n")
    file, report = OrderFile(path, catalog=CATALOGUE), ImportReport()
    assert [(order.id, order.lines) for order in file.read(report)] == [("1", [OrderLine("5")])]
    assert [message.split(":")[0] for message in report.refused] == ["Line 3", "Line 4"]
    assert sentence in report.refused[0]


def test_ids_of_orders_and_customers_lose_what_spreadsheets_put_around_them(path: Path) -> None:
    """With an empty cell in their column, numbers become 7.0; a log that knows order 7 would count it twice."""
    text = 'order_id,customer_id,product_id\n7.0,3.0,cup\n 7,,pan\n="7",,pot\n\u00a07\u00a0,,lid\n8,4.00638E+12,cup\n'
    orders, refused = read(path, text)
    assert [(order.id, order.customer_id, len(order.lines)) for order in orders] == [("7", "3", 4)]
    assert [message.split(";")[0] for message in refused] == [
        "Line 6: The customer id 4.00638E+12 was shortened by a spreadsheet"
    ]


def test_a_huge_header_is_refused_at_once_and_a_huge_cell_read_in_time(path: Path) -> None:
    """Neither takes longer than it takes to read the file."""
    began = time.perf_counter()
    with pytest.raises(InputError, match="has 40,002 columns"):
        read(path, "order_id,product_id," + ",".join(f"c{n}" for n in range(40_000)) + "\n")
    cells = ["\u0301\u0323" * 65_000, " " * 131_000 + "x", "1" * 131_000, "=" * 131_000, "-" * 131_000]
    for column in ("quantity", "price", "ts", "status", "customer_id", "product_id"):
        names = ["order_id", *dict.fromkeys(["product_id", column])]
        rows = [["1", *("cup" if name != column else cell for name in names[1:])] for cell in cells]
        text = io.StringIO()
        csv.writer(text).writerows([names, *rows])
        path.write_text(text.getvalue())
        list(OrderFile(path, catalog=CATALOGUE).read(ImportReport()))
    assert time.perf_counter() - began < 15


def test_a_file_full_of_open_quotes_is_given_up_with_a_sentence(path: Path) -> None:
    """Each is searched for its end through many lines."""
    with pytest.raises(InputError, match="More than 1,000 rows of the order file can't be parsed"):
        read(path, "order_id,product_id\n" + '1,"a""\n' * 40_000)


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


IDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\r"), min_size=1, max_size=12).map(
    plain_id
)
GOOD = st.tuples(
    st.sampled_from(["A", "B", "\n", 'a,"b']) | IDS, st.integers(631_152_000, 10**9), IDS, st.integers(1, 10**9)
)
BAD = st.sampled_from(
    [
        ["", "900000000", "", "cup", "1", ""],
        ["A", "soon", "", "cup", "1", ""],
        ["A", "900000000", "", "two\nlines" * 60, "1", ""],
        ["A", "10000000000", "", "cup", "1", ""],
        ["A", "900000000", "", "cup", "0", "x\r\ny"],
        ["A", "900000000", "", "cup"],
        ["A", "900000000", "c\udcff", "cup\udcff", "1", "", ""],
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
