"""The wheel holds all that runs: a Japanese page is rendered from it, installed apart from this checkout."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

PAGE = """
import pathlib, sys
sys.path.insert(0, sys.argv[1])
from decimal import Decimal
from flask import Flask
import storefront_plugin
from storefront_plugin import MemoryCatalog, Product, Storefront
assert pathlib.Path(storefront_plugin.__file__).is_relative_to(sys.argv[1])
app = Flask("shop", instance_path=sys.argv[2])
app.config.update(
    SECRET_KEY="x", TESTING=True, STOREFRONT_CURRENCY="JPY", STOREFRONT_LOCALE="ja", STOREFRONT_REDIS_URL=sys.argv[3],
    STOREFRONT_REDIS_PREFIX="wheel", STOREFRONT_DEADLINE_MS=2000,
)
products = [Product(id=str(n), title=f"品物 {n}", price=Decimal(900 + n), category_ids=("c",)) for n in range(9)]
storefront = Storefront(app, catalog=MemoryCatalog(products))
with app.app_context():
    storefront.init_db()
    storefront.rebuild()
with app.test_request_context("/"):
    print(storefront.head())
    print(storefront.placement("product", "1"))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel as `python -m build` makes it, through the sdist, without fetching anything."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stdout + made.stderr
    return next(folder.glob("*.whl"))


def test_all_our_files_are_in_the_wheel_and_nothing_beside_the_package(wheel: Path) -> None:
    """A misspelt folder name would ship nothing, in silence."""
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert {name.split("/")[0] for name in names} == {"storefront_plugin"}
    for folder in ("widgets", "static", "storefront_plugin"):
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                inside = path.relative_to(ROOT)
                shipped = inside if folder == "storefront_plugin" else Path("storefront_plugin") / inside
                assert str(shipped) in names


def test_a_japanese_page_is_rendered_from_the_wheel(wheel: Path, tmp_path: Path, redis_url: str) -> None:
    """Compiled texts, scripts, migrations, templates and static files all come from the installed package."""
    target = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)
    command = [sys.executable, "-c", PAGE, str(target), str(tmp_path / "instance"), redis_url]
    shown = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert shown.returncode == 0, shown.stderr
    assert "関連商品" in shown.stdout
    assert "storefront.css?v=" in shown.stdout
