"""The commands about bundles: what they print, their exit status, and the files they read and write."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from made_bundles import set_of
from small_shop import SmallShop

from storefront_plugin.bundles.price import percent_off
from storefront_plugin.bundles.proposals.run import latest_run
from storefront_plugin.bundles.store.listing import list_bundles
from storefront_plugin.bundles.store.repository import BundleRepository
from storefront_plugin.cli import storefront

Run = Callable[..., Result]
FILE = """kind,title_en,product_id,quantity,price_kind,percent
set,Kit,p1,2,percent,10
set,Half,p1,2.5,percent,10
"""


@pytest.fixture
def run(shop: SmallShop) -> Run:
    """Runs a command on the small shop."""
    return lambda *args, **options: shop.app.test_cli_runner().invoke(storefront, args, **options)


def test_proposals_are_a_table_or_json_and_wishes_are_remembered(run: Run, shop: SmallShop) -> None:
    """Results on the standard output, how far it is on the error stream; wrong wishes are status 2."""
    empty = run("propose-bundles")
    assert (empty.exit_code, empty.stdout) == (0, "")
    assert "in at least 5 orders" in empty.stderr
    shop.place(*[("p1", "p2")] * 6, *[("p3",)] * 6)
    result = run("propose-bundles", "--min-support", "4", "--discount-without-cost", "7")
    assert result.exit_code == 0
    row = result.stdout.splitlines()[1]
    assert row.split()[:7] == ["6", "2.0", "61.0%", "7", "%", "–", "€3.00"]
    assert row.endswith("  Product 1 + Product 2")
    assert "read" in result.stderr
    assert "1 bundles are proposed" in result.stderr
    (one,) = json.loads(run("propose-bundles", "--json").stdout)
    assert (one["products"], one["titles"]) == (["p1", "p2"], ["Product 1", "Product 2"])
    assert (one["support"], one["orders"], one["discount"], one["price"]) == (6, 12, 7, "3.00")
    latest = latest_run(shop.storefront.database)
    assert latest is not None
    assert (latest.settings.min_support, latest.started_by) == (4, "command line")
    assert run("propose-bundles", "--min-support", "1").exit_code == 2


def test_bundles_go_out_and_come_in(run: Run, shop: SmallShop, tmp_path: Path) -> None:
    """Checked first, then for good; what is refused is reported by line, with status 3."""
    file = tmp_path / "bundles.csv"
    file.write_text(FILE)
    checked = run("import-bundles", str(file), "--check")
    assert checked.exit_code == 3
    assert "1 bundle would be created as drafts, 0 would be changed" in checked.stdout
    assert "Line 2, new: Kit" in checked.stdout
    assert "Line 3, refused: Half: quantity must be a whole number" in checked.stderr
    assert list_bundles(shop.storefront.database)[1] == 0
    assert run("import-bundles", str(file)).exit_code == 3
    assert run("export-bundles", str(file)).exit_code == 0
    again = run("import-bundles", str(file))
    assert (again.exit_code, again.stdout) == (
        0,
        "0 bundles created as drafts, 0 changed, 1 unchanged.\n",
    )


def test_products_that_the_shop_lacks_are_refused(run: Run, tmp_path: Path) -> None:
    """The command looks them up."""
    file = tmp_path / "bundles.csv"
    file.write_text(FILE.replace("p1,2,", "p99,2,"))
    assert "no product 'p99'" in run("import-bundles", str(file), "--check").stderr


def test_files_that_cannot_be_used_are_one_sentence(run: Run, shop: SmallShop, tmp_path: Path) -> None:
    """Status 2, nothing written."""
    BundleRepository(shop.storefront.database).create(set_of("p1", "p2", price=percent_off(10)))
    for args in (("import-bundles", str(tmp_path / "none.csv")), ("export-bundles", str(tmp_path / "no" / "file.csv"))):
        result = run(*args)
        assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("a,b\n1,2\n")
    assert "column kind is missing" in run("import-bundles", str(wrong)).stderr


def test_a_bundle_that_cannot_be_published_is_refused_in_english(run: Run, shop: SmallShop, tmp_path: Path) -> None:
    """For the reasons of the editor; as a draft it is taken."""
    file = tmp_path / "bundles.csv"
    file.write_text(FILE)
    run("import-bundles", str(file))
    run("export-bundles", str(file))
    file.write_text(file.read_text("utf-8-sig").replace("percent,10", "percent,0.001"))
    assert run("import-bundles", str(file), "--check").exit_code == 0
    file.write_text(file.read_text().replace(",draft,", ",published,"))
    result = run("import-bundles", str(file))
    assert (result.exit_code, "No saving yet: lower the price" in result.stderr) == (3, True)
    assert [row.state for row in list_bundles(shop.storefront.database)[0]] == ["draft"]
