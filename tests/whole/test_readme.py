"""The manual is true: its Python runs, its settings are all settings, its commands are all commands."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from blinker import NamedSignal
from flask import Flask

from storefront_plugin import signals
from storefront_plugin.cli import storefront as commands
from storefront_plugin.core import settings
from storefront_plugin.recommending.strategies import STRATEGIES

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def test_the_python_blocks_run_one_after_the_other(
    tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader who types the manual gets what it says."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Flask, "auto_find_instance_path", lambda self: str(tmp_path / "instance"))
    names: dict[str, Any] = {"__name__": "shop"}
    for number, block in enumerate(re.findall(r"```python\n(.*?)```", README, re.DOTALL)):
        if "Storefront(\n    app," in block:
            names["app"].config.update(
                TESTING=True, STOREFRONT_REDIS_URL=redis_url, STOREFRONT_REDIS_PREFIX=f"readme-{tmp_path.name}"
            )
        exec(compile(block, f"README block {number}", "exec"), names)
    with names["app"].app_context():
        page = names["app"].test_client().get("/product/1")
        assert page.status_code == 200
        assert "Camera bag" in page.text
        names["storefront"].services.store.close()
        names["storefront"].database.dispose()
        names["db"].session.remove()
        names["db"].engine.dispose()


def test_every_setting_stands_in_the_manual() -> None:
    """With its default and meaning, as the code has them."""
    rows = re.findall(r"^\| `(STOREFRONT_\w+)` \| `(.*?)` \| (.*?) \|$", README, re.MULTILINE)
    assert rows == [(key, repr(default), meaning) for key, default, meaning in settings.described()]


def test_every_command_strategy_and_signal_stands_in_the_manual() -> None:
    """Nothing is offered in secret."""
    signal_names = [name for name, value in vars(signals).items() if isinstance(value, NamedSignal)]
    for name in (*commands.commands, *STRATEGIES, *signal_names):
        assert f"`{name}`" in README, name
