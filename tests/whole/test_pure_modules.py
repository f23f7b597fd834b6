"""The import contract of pure modules names every one of them, as a folder or by itself."""

from __future__ import annotations

import re
from pathlib import Path

import grimp

FORBIDDEN = ("flask", "redis", "sqlalchemy")
ROOT = Path(__file__).parents[2]


def contract() -> list[str]:
    """What the contract in pyproject.toml lists."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    block = text[text.index('name = "Pure modules know no Flask, Redis or SQL"') :]
    return re.findall(r'"(storefront_plugin[\w.]*)"', block[: block.index("forbidden_modules")])


def test_no_pure_module_is_missing_in_the_contract() -> None:
    """A module that knows no Flask, Redis or SQL stays so."""
    graph = grimp.build_graph("storefront_plugin", include_external_packages=True, exclude_type_checking_imports=True)
    known = {module for name in FORBIDDEN for module in graph.find_downstream_modules(name)}
    pure = {
        module
        for module in graph.modules - known
        if module.startswith("storefront_plugin.") and not graph.find_children(module)
    }
    listed = contract()
    missing = {module for module in pure if not any(f"{module}.".startswith(f"{folder}.") for folder in listed)}
    assert missing == set(), "add these to the contract of pure modules in pyproject.toml"
