"""`flask storefront evaluate` measures the shop's own orders, prints and draws the result, and keeps it for the admin."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup
from click.testing import Result
from small_shop import SmallShop, small_shop

from storefront_plugin import MemoryOrders, Merchant
from storefront_plugin.cli import storefront
from storefront_plugin.cli.evaluation_svg import wilson
from storefront_plugin.counts.scoring import DEFAULTS
from storefront_plugin.learning.tuning import Tuned
from storefront_plugin.learning.tunings import record_tuning

PAGE = "/storefront/admin/tuning"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def shop(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> SmallShop:
    """A shop whose orders are pairs: of two products that belong together, each as often as others."""
    folder = tmp_path_factory.mktemp("evaluate")
    redis = {"STOREFRONT_REDIS_URL": redis_url, "STOREFRONT_REDIS_PREFIX": "evaluate"}
    shop = small_shop(folder, admin_access=lambda: Merchant("Ada"), **redis)
    chance = random.Random(3)
    orders = []
    for day in range(200):
        seed = 2 * chance.randrange(50)
        orders.append(shop.order(f"p{seed}", f"p{seed + 1}", day=day - 200))
    shop.storefront.orders = MemoryOrders(orders)
    with shop.app.app_context():
        shop.storefront.catch_up()
        trusting = replace(DEFAULTS, product=replace(DEFAULTS.product, shrinkage=0.0, prior=0.0))
        record_tuning(shop.storefront.database, Tuned(trusting, 0), set_by="Ada")
    return shop


def run(shop: SmallShop, *args: str) -> Result:
    return shop.app.test_cli_runner().invoke(storefront, ["evaluate", *args])


def test_the_table_has_each_way_by_page(shop: SmallShop) -> None:
    """Pairs are found always; on product pages standard values trust so few orders less than best sellers."""
    done = run(shop)
    assert done.exit_code == 0, done.output
    lines = [line.split("  ") for line in done.stdout.splitlines() if line]
    assert lines[0][0].startswith("Asked about the latest orders: ")
    found = [[cell.strip() for cell in line if cell.strip()] for line in lines[1:]]
    assert [row[0] for row in found] == [
        *("Cart", "random products", "best sellers", "raw pair counts"),
        *("also bought, standard values", "also bought, values in use"),
        *("Product page", "random products", "best sellers", "raw pair counts"),
        *("also bought, standard values", "also bought, values in use"),
    ]
    assert found[0][1:] == ["hit rate@10", "NDCG@10", "coverage@10", "best sellers"]
    assert found[3][1:3] == found[4][1:3] == found[5][1:3] == ["100.0%", "1.0000"]  # cart: pairs
    assert found[9][1:3] == found[11][1:3] == ["100.0%", "1.0000"]
    assert float(found[10][2]) < 0.8
    assert "Fewer than 50 orders" in done.stderr


def test_json_has_the_same_as_numbers(shop: SmallShop) -> None:
    found = json.loads(run(shop, "--json").stdout)
    assert found["pages"]["cart"]["own"]["hit_rate"] == 1
    assert found["pages"]["cart"]["own"]["ndcg"] == 1
    assert found["pages"]["product"]["bestsellers"]["hit_rate"] < 0.5
    assert set(found["pages"]["product"]) == {"random", "bestsellers", "pair_counts", "standard", "own"}


def test_the_picture_stands_alone(shop: SmallShop, tmp_path: Path) -> None:
    """A well-formed drawing with a title, no style and no script; bars are as long as the hit rates."""
    path = tmp_path / "found.svg"
    assert run(shop, "--svg", str(path)).exit_code == 0
    tree = ElementTree.parse(path)
    assert "latest" in (tree.findtext(f"{SVG}title") or "")
    assert {each.tag for each in tree.iter()} <= {
        f"{SVG}{name}" for name in ("svg", "title", "rect", "text", "line", "path")
    }
    assert not [each for each in tree.iter() if "style" in each.attrib]
    bars = [float(each.attrib["width"]) for each in tree.iter(f"{SVG}rect")][1:]
    assert len(bars) == 10
    assert bars[2] == bars[3] == bars[4] == bars[9] == max(bars)
    missing = run(shop, "--svg", str(tmp_path / "no" / "such.svg"))
    assert missing.exit_code == 1
    assert "cannot be written" in missing.stderr


def test_the_admin_shows_the_latest_result_in_a_sentence(shop: SmallShop) -> None:
    run(shop)
    found = BeautifulSoup(shop.app.test_client().get(PAGE).text, "html5lib")
    text = found.select("section[aria-labelledby=tuning-found]")[0].get_text(" ", strip=True)
    assert "Would have found the hidden product in 100% of the orders; best sellers in" in text


def test_before_the_first_one_the_admin_names_the_command(shop: SmallShop, tmp_path: Path) -> None:
    other = small_shop(tmp_path, admin_access=lambda: Merchant("Ada"))
    found = BeautifulSoup(other.app.test_client().get(PAGE).text, "html5lib")
    assert "flask storefront evaluate" in found.select("section[aria-labelledby=tuning-found]")[0].get_text()
    done = run(other)
    assert done.exit_code == 1
    assert done.stderr == "Error: There are no orders yet; import them with `flask storefront catch-up`.\n"
    with other.app.app_context():
        other.place(["p1"], ["p2"])
    assert "No order can be asked about" in run(other).stderr
    other.close()


def test_intervals_are_those_of_the_textbook() -> None:
    """Wilson's for 50 of 100 (Agresti and Coull 1998: 0.404 to 0.596), and none beyond 0 and 1."""
    assert wilson(0.5, 100) == pytest.approx((0.4038, 0.5962), abs=1e-4)
    assert wilson(0.0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)
    assert wilson(1.0, 10)[1] <= 1
