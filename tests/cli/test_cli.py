"""The commands: what they print, their exit status, and that trouble is a sentence."""

from __future__ import annotations

import datetime as dt
import io
import json
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import Result
from fake_storefront import run_fake
from small_shop import SmallShop

from storefront_plugin import MemoryCatalog, Product
from storefront_plugin.cli import group, installation, storefront
from storefront_plugin.core.errors import DatabaseUnavailable
from storefront_plugin.shop.memory import MemoryOrders

Run = Callable[..., Result]
FILE = "order_id,ts,product_id,quantity\n" + "".join(
    f"o{n},2026-03-0{1 + n % 5},p1,1\no{n},,p{2 + n % 3},2\n" for n in range(12)
)


@pytest.fixture
def run(shop: SmallShop) -> Run:
    """Runs a command on the small shop."""
    return lambda *args, **options: shop.app.test_cli_runner().invoke(storefront, args, **options)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "orders.csv"
    path.write_text(FILE)
    return path


def raising(error: Exception) -> Callable[..., Any]:
    def call(*args: Any, **options: Any) -> Any:
        raise error

    return call


def test_the_commands_are_found_by_flask(tmp_path: Path) -> None:
    """Nothing needs to be registered; without a mounted Storefront a sentence says what to do."""
    (tmp_path / "app.py").write_text("import flask\napp = flask.Flask('bare')\n")
    command = [sys.executable, "-m", "flask", "--app", "app", "storefront"]
    listed = subprocess.run([*command, "--help"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "import-orders" in listed.stdout
    done = subprocess.run([*command, "init-db"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: The app 'bare' has no Storefront; mount one")
    assert done.stderr.count("\n") == 1


def test_the_commands_are_found_by_the_apps_own_test_runner(shop: SmallShop) -> None:
    """It knows the app only, not what is installed; a group that the shop calls the same is left to it."""
    result = shop.app.test_cli_runner().invoke(args=["storefront", "check"])
    assert "the order log has 0 batches" in result.stdout
    shop.place(["p1", "p2"])
    assert "the order log has 1 batch." in shop.app.test_cli_runner().invoke(args=["storefront", "check"]).stdout


def test_trouble_is_one_sentence_and_in_debug_mode_a_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """A shop's operator reads what to do; its developer can look where it happened."""
    error = DatabaseUnavailable("The database is locked; try again later.")
    result = run_fake("drain", drain=raising(error))
    assert (result.exit_code, result.stderr) == (1, "Error: The database is locked; try again later.\n")
    monkeypatch.setenv("FLASK_DEBUG", "1")
    assert run_fake("drain", drain=raising(error)).exception is error


def test_check_prints_findings_and_fails_on_errors_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Warnings do not break a deployment script; errors do."""
    good = SimpleNamespace(level="ok", text="Redis 7.4 answers.")
    odd = SimpleNamespace(level="warning", text="3 orders point to unknown products.")
    bad = SimpleNamespace(level="error", text="The tables are missing.")
    monkeypatch.setattr(installation, "inspect", lambda services: [good, odd])
    result = run_fake("check")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [f"ok       {good.text}", f"warning  {odd.text}"]
    monkeypatch.setattr(installation, "inspect", lambda services: [good, bad])
    assert run_fake("check").exit_code == 1


def test_check_says_that_the_order_log_is_locked(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A migration may hold the table of orders alone, while all others respond."""

    def locked(*_: object) -> None:
        raise DatabaseUnavailable("The database is locked.")

    monkeypatch.setattr(installation, "inspect_log", locked)
    result = run("check")
    assert (result.exit_code, "ERROR    The order log: The database is locked." in result.stdout) == (1, True)


def test_stats_are_a_table_for_people_and_an_object_for_programs() -> None:
    """Figures in figures are named after both; bytes are also given in MiB."""
    figures = {
        "products": 12345,
        "redis": {"used_bytes": 3 * 2**20, "version": "7.4"},
        "rebuilding": False,
        "log": None,
    }
    table = run_fake("stats", stats=lambda: figures).stdout
    assert table.splitlines() == [
        "Products          12,345",
        "Redis used bytes  3,145,728 (3.0 MiB)",
        "Redis version     7.4",
        "Rebuilding        no",
        "Log               –",
    ]
    assert json.loads(run_fake("stats", "--json", stats=lambda: figures).stdout) == figures


def test_redis_stop_says_whether_there_was_one() -> None:
    """Stopping twice is no error."""
    assert "is stopped" in run_fake("redis-stop", stop_redis=lambda: True).stdout
    assert "no embedded Redis" in run_fake("redis-stop", stop_redis=lambda: False).stdout


def test_orders_of_a_file_are_counted_and_a_second_import_changes_nothing(run: Run, file: Path) -> None:
    """From a file to suggestions in one command."""
    first = run("import-orders", str(file))
    assert (first.exit_code, first.stdout) == (0, "12 orders were new, 0 were already known.\n")
    again = run("import-orders", str(file))
    assert (again.exit_code, again.stdout) == (0, "0 orders were new, 12 were already known.\n")
    found = json.loads(run("recommend", "also_bought", "--product", "p1", "--json").stdout)
    assert {one["product_id"] for one in found} >= {"p2", "p3", "p4"}
    assert list(found[0]) == ["product_id", "score", "source", "reason", "support"]


def test_refused_rows_are_named_by_line_and_all_written_to_a_file(run: Run, tmp_path: Path) -> None:
    """The good rows are imported; exit status 3 tells a script that some were not."""
    path, bad = tmp_path / "orders.csv", tmp_path / "bad.txt"
    path.write_text("order_id,product_id,quantity\n" + "o1,p1,x\n" * 1200 + "o1,p1,1\n")
    result = run("import-orders", str(path), "--bad-rows", str(bad))
    assert result.exit_code == 3
    assert "1 orders were new" in result.stdout
    assert "1 orders have no time in the file" in result.stdout
    lines = result.stderr.splitlines()
    assert "1,200 rows or orders were refused:" in lines
    assert "  Line 51: A quantity must be a number such as 2 or 12.50, not 'x'." in lines
    assert not any("Line 52:" in line for line in lines)
    assert lines[-1] == "  … and 1,150 more."
    assert len(bad.read_text().splitlines()) == 1200


@pytest.mark.parametrize("content", ["", "a,b\n1,2\n", None])
def test_an_unusable_file_is_a_sentence_and_status_2(run: Run, tmp_path: Path, content: str | None) -> None:
    """Empty, without the columns, or not there at all."""
    path = tmp_path / "orders.csv"
    if content is not None:
        path.write_text(content)
    result = run("import-orders", str(path))
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1].startswith("Error: The order file")
    assert "Traceback" not in result.output


def test_catching_up_reads_the_shops_orders_from_a_date_on(make_shop: Callable[..., SmallShop]) -> None:
    """A date without zone is the shop's; what is already logged is not counted twice."""
    orders = MemoryOrders([])
    shop = make_shop(orders=orders, STOREFRONT_TIMEZONE="Asia/Tokyo")
    orders._orders = [shop.order("p1", "p2", day=day) for day in range(10)]
    asked: list[Any] = []
    iter_orders = orders.iter_orders
    orders.iter_orders = lambda since=None: asked.append(since) or iter_orders(since)  # type: ignore[method-assign]
    runner = shop.app.test_cli_runner()
    result = runner.invoke(storefront, ["catch-up", "--since", "2026-03-06"])
    assert (result.exit_code, result.stdout) == (0, "5 orders were new, 0 were already known.\n")
    assert asked == [dt.datetime(2026, 3, 6, tzinfo=ZoneInfo("Asia/Tokyo"))]
    assert runner.invoke(storefront, ["catch-up"]).stdout == "5 orders were new, 5 were already known.\n"
    wrong = runner.invoke(storefront, ["catch-up", "--since", "soon"])
    assert wrong.exit_code == 2
    assert "must be a time" in wrong.stderr


def test_an_unknown_strategy_is_answered_with_the_names(run: Run) -> None:
    """Exit status 2: the caller must change something."""
    result = run("recommend", "alsobought")
    assert result.exit_code == 2
    assert "also_bought" in result.stderr


SEVEN = Product(id="-7", title="Seven below", price=Decimal(7))


def test_ids_may_begin_with_a_dash() -> None:
    """Such ids are not taken for options."""
    asked: list[Any] = []
    result = run_fake(
        "recommend",
        "related",
        "--product=-7",
        "--exclude=--x",
        recommend=lambda *a, **o: asked.append((a, o)) or [],
        catalog=MemoryCatalog([SEVEN]),
    )
    assert result.exit_code == 0
    assert result.stderr == "There are no recommendations.\n"
    options = {
        "products": ("-7",),
        "placement": "product",
        "customer": None,
        "limit": 10,
        "exclude": ("--x",),
        "locale": "en",
    }
    assert asked == [(("related",), options)]


def test_suggestions_are_a_table_for_people(run: Run, file: Path) -> None:
    """Rank, id, score, orders and reason, the best first."""
    run("import-orders", str(file))
    lines = run("recommend", "also_bought", "--product", "p1", "-k", "3").stdout.splitlines()
    assert len(lines) == 3
    assert lines[0].split()[:2] == ["1", "p2"]


def test_many_queries_are_answered_in_one_process(run: Run, file: Path) -> None:
    """One list a line, in the order asked, each the same as when asked alone; the command line gives the defaults."""
    run("import-orders", str(file))
    queries = [
        '{"products": ["p2", "p3"], "placement": "cart", "k": 1}',
        "",
        '{"products": ["p1"]}',
        '{"products": []}',
    ]
    result = run("recommend", "also_bought", "-k", "2", "--queries", "-", input="\n".join(queries))
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert [len(answer) for answer in answers] == [1, 2, 2]
    assert answers[0][0]["product_id"] == "p1"
    assert answers[1] == json.loads(run("recommend", "also_bought", "--product", "p1", "-k", "2", "--json").stdout)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("{", "Line 2 of the queries: "),
        ("[]", "a query is an object"),
        ('{"product": "p1"}', "there is no key 'product'; the keys are strategy, products"),
        ('{"products": "p1"}', "products must be a list"),
        ('{"k": "ten"}', "limit must be a whole number"),
        ('{"placement": ["cart"]}', "There is no placement"),
    ],
)
def test_a_wrong_query_is_named_by_its_line(run: Run, query: str, sentence: str) -> None:
    """What was answered before it stands; exit status 2."""
    result = run("recommend", "bestsellers", "--queries", "-", input='{"products": []}\n' + query)
    assert result.exit_code == 2
    assert len(result.stdout.splitlines()) == 1
    assert sentence in result.stderr


def test_draining_and_rebuilding_say_what_they_did(run: Run, shop: SmallShop) -> None:
    """Orders that were recorded and not yet counted are counted; a rebuild names its phases."""
    shop.place(["p1", "p2"], drain=False)
    assert run("drain").stdout == "1 batches of orders were counted.\n"
    assert run("drain").stdout == "All orders have already been counted.\n"
    result = run("rebuild")
    assert (result.exit_code, result.stdout) == (0, "The new counts are live.\n")
    assert result.stderr


def test_figures_and_findings_of_a_real_shop(run: Run, shop: SmallShop) -> None:
    """The same commands on the real thing: a small shop has products, pairs and nothing broken."""
    shop.place(["p1", "p2"])
    figures = json.loads(run("stats", "--json").stdout)
    assert figures["products"] == len(shop.products)
    assert "Products" in run("stats").stdout
    result = run("check")
    assert result.exit_code == 0
    assert {line.split()[0] for line in result.stdout.splitlines()} <= {"ok", "warning"}


class Terminal(io.StringIO):
    """An error stream on which bars can be drawn."""

    def isatty(self) -> bool:
        return True


def test_progress_is_a_bar_on_a_terminal_and_lines_in_a_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """A log file gets a line now and then, not thousands."""
    for stream in (Terminal(), io.StringIO()):
        monkeypatch.setattr(sys, "stderr", stream)
        monkeypatch.setattr(group, "LINE_SECONDS", 3600.0)
        with group.PhaseDisplay() as display:
            for done in range(101):
                display.update("Reading", done, 100)
            monkeypatch.setattr(group, "LINE_SECONDS", 0.0)
            display.update("Writing", 5, None)
        if stream.isatty():
            assert "Reading" in stream.getvalue()
            assert "100%" in stream.getvalue()
        else:
            assert stream.getvalue().splitlines() == ["Reading …", "Writing …", "Writing: 5"]


def test_suggestions_are_audited_on_the_shops_own_pages(shop: SmallShop, run: Run) -> None:
    """A line a slot and one of all; status 0 where nothing is wrong."""
    shop.storefront.drain()
    result = run("audit-suggestions")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == "20 of 20 visible products, 0 orphans"
    names = [line.split()[0] for line in lines[2 : lines.index("", 2)]]
    assert names[0] == "slot"
    assert {"cart/also_bought", "total"} <= set(names)
    assert lines[-1] == "All is as it should be."


def test_an_audit_of_a_sample_is_json_for_scripts(shop: SmallShop, run: Run) -> None:
    """At most as many products as asked for are looked at, always the same ones."""
    shop.storefront.drain()
    first, second = (run("audit-suggestions", "--sample", "5", "--json") for _ in range(2))
    assert first.exit_code == 0
    assert first.stdout == second.stdout
    report = json.loads(first.stdout)
    assert (report["catalogue"], report["products"], report["failures"]) == (20, 5, [])


def test_a_failed_audit_has_status_1_and_names_what_is_wrong(make_shop: Callable[..., SmallShop]) -> None:
    """The products with the most faults stand there with their ids."""
    shop = make_shop(catalog=MemoryCatalog([Product(id="lone", title="Lone kettle", price=Decimal(1))]))
    result = shop.app.test_cli_runner().invoke(storefront, ["audit-suggestions"])
    assert result.exit_code == 1
    assert "Lone kettle (lone)\n  its page has nothing to show" in result.stdout
    assert result.stdout.endswith("Product pages that have nothing to show: 1 of 1.\n")
