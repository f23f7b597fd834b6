"""Order files brought into a shop: what the command prints, and what is counted then."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import Result
from counting_model import expected, stored
from small_shop import SmallShop

from storefront_plugin.cli import storefront
from storefront_plugin.core import clock

Import = Callable[..., Result]


@pytest.fixture
def load(shop: SmallShop, tmp_path: Path) -> Import:
    """Imports a file of these lines, and makes sure that Redis holds what the model of the log says."""

    def load(*lines: str, options: tuple[str, ...] = ()) -> Result:
        path = tmp_path / "orders.csv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        result = shop.app.test_cli_runner().invoke(storefront, ["import-orders", str(path), *options])
        shop.storefront.drain()
        if shop.storefront.services.numbers:
            assert stored(shop) == expected(shop)
        return result

    return load


def pairs(shop: SmallShop) -> set[str]:
    """What was bought together, as "p1 p2"."""
    shop.storefront.drain()
    name = shop.storefront.services.numbers.id
    support = stored(shop).support
    return {
        f"{name(one)} {name(other)}" for one in support for other in support[one] if str(name(one)) < str(name(other))
    }


def test_an_order_cut_over_two_files_is_one_order(shop: SmallShop, load: Import) -> None:
    """Whichever comes first, and however often."""
    header = "order_id,ts,product_id"
    first, second = (header, "7,2026-03-01 10:00,p1"), (header, "7,2026-03-01 10:05,p2", "7,2026-03-01 10:05,p3")
    assert load(*second).stdout == "1 orders were new, 0 were already known.\n"
    assert load(*first).stdout == "0 orders were new, 0 were already known.\n1 orders had changed.\n"
    assert pairs(shop) == {"p1 p2", "p1 p3", "p2 p3"}
    for part in (second, first):
        assert load(*part).stdout == "0 orders were new, 1 were already known.\n"
    shop.storefront.rebuild()
    assert pairs(shop) == {"p1 p2", "p1 p3", "p2 p3"}


def test_a_row_that_was_refused_and_mended_is_taken(shop: SmallShop, load: Import) -> None:
    """The whole file again, or the mended row alone."""
    header, good = "order_id,ts,product_id,quantity", "7,2026-03-01,p1,1"
    assert load(header, good, "7,2026-03-01,p2,one").exit_code == 3
    assert pairs(shop) == set()
    assert "1 orders had changed" in load(header, good, "7,2026-03-01,p2,1").stdout
    assert pairs(shop) == {"p1 p2"}
    assert "1 orders had changed" in load(header, "7,2026-03-01,p3,1").stdout
    assert pairs(shop) == {"p1 p2", "p1 p3", "p2 p3"}


def test_files_without_a_time_come_together_too(shop: SmallShop, load: Import) -> None:
    """Twice is once, though "now" is another moment each time."""
    for _ in range(2):
        load("order_id,product_id", "7,p1", "8,p3")
        load("order_id,product_id", "7,p2")
    assert pairs(shop) == {"p1 p2"}
    assert load("order_id,product_id", "7,p2", "7,p1").stdout.startswith("0 orders were new, 1 were already known.\n")


def test_a_refund_in_a_file_is_taken_off_once(shop: SmallShop, load: Import) -> None:
    """Beside the order or in a file of its own, imported twice or told by a call before."""
    header = "order_id,ts,product_id,quantity"
    load(header, "7,2026-03-01,p1,1", "7,2026-03-01,p2,2", "7,2026-03-01,p3,1", "7,2026-03-09,p3,-1")
    assert pairs(shop) == {"p1 p2"}
    for _ in range(2):
        load(header, "7,2026-04-01,p2,-1")
    assert pairs(shop) == {"p1 p2"}
    assert "1 orders had changed" in load(header, "7,2026-04-01,p2,-2").stdout
    assert pairs(shop) == set()
    result = load(header, "C99,2026-04-01,p2,-2")
    assert result.stdout.splitlines()[1:] == ["1 cancellations or refunds are of orders that are not known."]


def test_a_status_is_what_the_shop_says_last(shop: SmallShop, load: Import) -> None:
    """Draft, pending and failed do not count; a shop's own words are told by an option."""
    header = "order_id,ts,product_id,status"

    def order(number: int, *statuses: str) -> list[str]:
        return [f"{number},2026-03-01,p{2 * number + place},{status}" for place, status in enumerate(statuses, -1)]

    result = load(
        header, *order(1, "paid", ""), *order(2, "Draft", ""), *order(3, "failed", ""), *order(4, "Bezahlt", "")
    )
    assert result.exit_code == 3
    assert "The status 'Bezahlt' is not known" in result.stderr
    assert "2 orders are drafts, pending or failed and do not count" in result.stdout
    assert pairs(shop) == {"p1 p2"}
    meant = ("--status", "Bezahlt=placed", "--status", "STORNO=cancelled")
    result = load(header, *order(1, "storno", ""), *order(2, "pending", ""), *order(3, "bezahlt", ""), options=meant)
    assert (result.exit_code, result.stdout) == (
        0,
        "1 orders were new, 0 were already known.\n"
        "1 orders were cancelled.\n"
        "1 orders are drafts, pending or failed and do not count.\n",
    )
    assert pairs(shop) == {"p5 p6"}
    load(header, *order(1, "paid", ""), *order(3, "pending", ""))
    assert pairs(shop) == {"p1 p2"}
    assert load(header, options=("--status", "bezahlt=yes")).exit_code == 2


def test_a_file_without_a_status_leaves_cancelled_orders_alone(shop: SmallShop, load: Import) -> None:
    """It cannot know of them, and may be imported again; a later order under the id counts."""
    load("order_id,ts,product_id", "7,2026-03-01,p1", "7,2026-03-01,p2")
    shop.storefront.order_cancelled("7", commit=True)
    load("order_id,ts,product_id", "7,2026-03-01,p1", "7,2026-03-01,p2", "8,2026-03-01,p5", "8,2026-03-01,p6")
    assert pairs(shop) == {"p5 p6"}
    load("order_id,ts,product_id", "7,2026-06-01,p3", "7,2026-06-01,p4")
    assert pairs(shop) == {"p3 p4", "p5 p6"}


def test_an_order_that_was_cancelled_before_its_file_came_counts(shop: SmallShop, load: Import) -> None:
    """Nothing was known of it; the file is the first to say what it is."""
    assert shop.storefront.order_cancelled("7", commit=True) == "unknown"
    load("order_id,ts,product_id", "7,2026-03-01,p1", "7,2026-03-01,p2")
    assert pairs(shop) == {"p1 p2"}


def test_an_import_ends_with_what_the_catalogue_does_not_know(shop: SmallShop, load: Import) -> None:
    """A file of another shop, or of variants: a script sees it by the exit status."""
    result = load("order_id,product_id", "7,P1", "7,p2 ", "7,old-1", "8,old-1", "8,old-2")
    assert result.exit_code == 4
    assert "2 product ids were mended by the catalogue (such as 'P1' to 'p1')." in result.stdout
    assert result.stderr.splitlines()[-1] == (
        "2 of 4 products are not in the catalogue (such as 'old-1'): they count, but are never shown."
    )
    check = shop.app.test_cli_runner().invoke(storefront, ["check"])
    assert (
        "The catalogue does not know 2 of the 4 products in the newest orders of the log (such as 'old-1')"
        in check.stdout
    )


def test_check_sees_that_the_log_has_other_ids_than_the_catalogue(shop: SmallShop) -> None:
    """The calls of a shop give numbers, its catalogue text, or the other way round."""
    shop.place(["P1", "p002"])
    check = shop.app.test_cli_runner().invoke(storefront, ["check"])
    assert "'P1' may be 'p1'. Give orders the ids of the catalogue" in check.stdout
    shop.storefront.order_placed(shop.order("p1", "p2", id="order-1"), commit=True)
    shop.storefront.drain()
    check = shop.app.test_cli_runner().invoke(storefront, ["check"])
    assert "The catalogue knows all 2 products of the newest orders of the log." in check.stdout


def test_the_last_order_of_an_old_file_cannot_rule_it(shop: SmallShop, load: Import) -> None:
    """Ten years after all others, and still in the past."""
    rows = [f"{number},2016-0{number % 5 + 1}-01,p{1 + place}" for number in range(9) for place in range(2)]
    result = load("order_id,ts,product_id", *rows, "99,2026-05-01,p1", "99,2026-05-01,p3")
    assert "1 orders lie far ahead of all others and count on an earlier day." in result.stdout
    assert shop.ids("also_bought", "p1")[0] == "p2"
    check = shop.app.test_cli_runner().invoke(storefront, ["check"])
    assert "1 order of the log lies far ahead of the others (such as '99')" in check.stdout
    shop.storefront.rebuild()
    assert shop.ids("also_bought", "p1")[0] == "p2"


def test_a_call_while_a_file_is_read_is_newer(shop: SmallShop, load: Import, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file was written before."""
    shop.place(["p1", "p2"])
    began = clock.now()
    shop.storefront.order_placed(shop.order("p3", "p4", id="order-1"), commit=True)
    shop.storefront.drain()
    slow = SimpleNamespace(now=lambda: began, to_sql=clock.to_sql)
    monkeypatch.setattr("storefront_plugin.orderlog.files.clock", slow)
    load("order_id,ts,product_id", "order-1,2026-03-01 12:00,p1", "order-1,2026-03-01 12:00,p2")
    assert pairs(shop) == {"p3 p4"}
