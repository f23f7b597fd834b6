"""The manual is true: its Python and its commands run, page by page, as a reader would type them."""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from blinker import NamedSignal
from bs4 import BeautifulSoup
from demo_shop import closed
from flask import Flask
from manual_pages import DOCS, ROOT, Block, blocks, write
from redis import Redis

from storefront_plugin import signals
from storefront_plugin.bundles.price_kinds import RULES
from storefront_plugin.bundles.spreadsheet.columns import OF_TIER
from storefront_plugin.cli import storefront as commands
from storefront_plugin.core.settings import described
from storefront_plugin.core.sql.database import Base
from storefront_plugin.recommending.strategies import STRATEGIES

README, TUTORIAL = ROOT / "README.md", DOCS / "tutorial.md"
FAILURE = re.compile(r"error|traceback", re.IGNORECASE)
PAGES = [page for page in sorted(DOCS.rglob("*.md")) if page != TUTORIAL]


def command(folder: Path, redis_url: str, *words: str) -> str:
    """What a command prints that a reader runs in *folder*."""
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "FLASK_STOREFRONT_REDIS_URL": redis_url,
        "FLASK_STOREFRONT_REDIS_PREFIX": folder.name,
        "FLASK_STOREFRONT_DEADLINE_MS": "2000",
    }
    run = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, f"{words}\n{run.stdout}{run.stderr}"
    return run.stdout + run.stderr


def followed(page: Path, folder: Path, redis_url: str) -> str:
    """Write the files of *page* and run its commands, from top to bottom; all that was printed."""
    printed = []
    for block in blocks(page):
        if block.title:
            write(block, folder)
        elif block.language == "sh" and block.is_run:
            printed.append(command(folder, redis_url, "bash", "-ec", block.text))
    return "".join(printed)


@pytest.fixture(scope="module")
def tutorial(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of a reader who followed the tutorial to its end, and all that was printed on the way."""
    folder = tmp_path_factory.mktemp(f"tutorial-{uuid.uuid4().hex[:8]}")
    return folder, followed(TUTORIAL, folder, redis_url)


@pytest.fixture
def tutorial_app(
    tutorial: tuple[Path, str], tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Flask]:
    """A copy of the tutorial's shop, importable as ``app``, its orders counted."""
    shutil.copytree(tutorial[0], tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("FLASK_TESTING", "true")
    monkeypatch.setenv("FLASK_STOREFRONT_REDIS_URL", redis_url)
    monkeypatch.setenv("FLASK_STOREFRONT_REDIS_PREFIX", counts_of(tutorial[0].name, redis_url))
    monkeypatch.setenv("FLASK_STOREFRONT_DEADLINE_MS", "2000")
    monkeypatch.delitem(sys.modules, "app", raising=False)
    app: Flask = importlib.import_module("app").app
    with app.app_context():
        app.extensions["storefront"].drain()
    yield app
    closed(app)
    monkeypatch.delitem(sys.modules, "app", raising=False)


def counts_of(prefix: str, redis_url: str) -> str:
    """The prefix of a copy of all that Redis keeps below *prefix*."""
    copy = f"manual-{uuid.uuid4().hex[:8]}"
    with Redis.from_url(redis_url) as redis:
        names = [name.decode() for name in redis.scan_iter(f"*{prefix}*")]
        assert names
        for name in names:
            assert redis.copy(name, name.replace(prefix, copy))
    return copy


def shown(app: Flask, address: str) -> BeautifulSoup:
    answer = app.test_client().get(address)
    assert answer.status_code == 200
    return BeautifulSoup(answer.text, "html5lib")


def test_the_readme_runs_from_top_to_bottom(tmp_path: Path, redis_url: str) -> None:
    """A reader who types it gets a page with suggestions, and no error on the way."""
    printed = followed(README, tmp_path, redis_url)
    assert "Also bought in 4 orders" in printed
    assert not FAILURE.search(printed), printed
    page = "from app import app; print(app.test_client().get('/product/1').text)"
    assert "Camera bag" in command(tmp_path, redis_url, "python", "-c", page)


def test_the_tutorial_prints_no_error(tutorial: tuple[Path, str]) -> None:
    """From an empty folder to a bundle; each command says what the text says."""
    assert "30 orders were new" in tutorial[1]
    assert "Bundle 1 is published." in tutorial[1]
    assert not FAILURE.search(tutorial[1]), tutorial[1]
    warnings = [line for line in tutorial[1].splitlines() if line.startswith("warning")]
    assert len(warnings) == tutorial[1].count("No product has an image") == 1  # the tutorial says so


def test_the_shop_of_the_tutorial_suggests_prices_and_sells(tutorial_app: Flask) -> None:
    """Its pages show what the last step promises."""
    product = shown(tutorial_app, "/product/1")
    assert product.select_one("[data-storefront-slot=bought_together]")
    assert "Starter kit" in product.get_text()
    shopper = tutorial_app.test_client()
    for number in ("1", "2", "3"):
        assert shopper.post("/cart/add", data={"product_id": number}).status_code == 303
    assert "Starter kit: −€48.00" in shopper.get("/cart").text
    assert "Thank you" in shopper.post("/checkout").text
    assert shopper.get("/storefront/admin").status_code == 403
    assert shopper.get("/sign-in", follow_redirects=True).status_code == 200


def run_command(app: Flask, line: str) -> None:
    """Run a line of a shell block that begins with ``flask``; other lines are about the reader's own machine."""
    words = shlex.split(line, comments=True)
    if words[:1] == ["flask"]:
        answer = app.test_cli_runner().invoke(args=words[1:])
        assert answer.exit_code == 0, f"{line}\n{answer.output}"


def run(app: Flask, block: Block, names: dict[str, Any], where: str) -> None:
    """Do what a reader does with *block*."""
    if block.title:
        write(block, Path.cwd())
    elif not block.is_run:
        return
    elif block.language == "python":
        exec(compile(block.text, where, "exec"), names)
    elif block.language == "sh":
        for line in block.text.splitlines():
            run_command(app, line)


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if any(one.language in ("python", "sh") for one in blocks(page))],
    ids=lambda page: str(page.relative_to(DOCS)),
)
def test_a_page_of_the_manual_runs(page: Path, tutorial_app: Flask) -> None:
    """Each page by itself, on the shop of the tutorial."""
    names: dict[str, Any] = {"__name__": "page"}
    for number, block in enumerate(blocks(page)):
        run(tutorial_app, block, names, f"{page.name}, block {number}")


def test_every_generated_part_says_what_the_code_says() -> None:
    """Each marker has a maker, and what it makes names all that there is."""
    spec = importlib.util.spec_from_file_location("manual_hooks", DOCS / "hooks.py")
    assert spec is not None
    assert spec.loader is not None
    hooks = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(hooks)
    markers = {name for page in PAGES for name in re.findall(r"<!-- generated: (\w+) -->", page.read_text("utf-8"))}
    assert markers == set(hooks.PARTS)
    made = {name: hooks.PARTS[name]() for name in markers}
    assert [key for key, _, _ in described() if f"`{key}`" not in made["settings"]] == []
    assert [name for name in commands.commands if f"## `{name}`" not in made["commands"]] == []
    assert [name for name in OF_TIER if f"`{name}`" not in made["csv"]] == []
    assert [name for name in RULES if f"`{name}`" not in made["price_kinds"]] == []
    assert "/storefront/api/recommendations" in made["json"]
    assert all(len(text) > 500 for text in made.values())


def test_every_strategy_and_signal_stands_in_the_manual() -> None:
    """Nothing is offered in secret."""
    manual = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    signal_names = [name for name, value in vars(signals).items() if isinstance(value, NamedSignal)]
    for name in (*STRATEGIES, *signal_names):
        assert f"`{name}`" in manual, name


def test_the_page_on_privacy_deletes_every_name_of_staff() -> None:
    """Its statements run, and name each column that says who did something."""
    text = (DOCS / "operations" / "privacy.md").read_text(encoding="utf-8")
    statements = [
        line
        for block in blocks(DOCS / "operations" / "privacy.md")
        if block.language == "sql"
        for line in block.text.splitlines()
    ]
    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    names = [
        (table.name, one.name) for table in Base.metadata.tables.values() for one in table.c if one.name.endswith("_by")
    ]
    assert len(names) >= 6
    for table, column in names:
        assert f"UPDATE {table} SET {column} = '' WHERE {column} = 'Ann';" in statements
        assert f"`{table}`" in text
