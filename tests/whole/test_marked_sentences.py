"""What merchants read can be translated: its messages are marked, with their values apart."""

from __future__ import annotations

import ast
import pickle

import pytest

from storefront_plugin.core.errors import InputError
from storefront_plugin.core.folders import PACKAGE

TAKES_MESSAGE = {"InputError": 0, "RowError": 1, "BundleNotFound": 0, "Problem": 1}
"""What takes a message, and its place among the arguments."""

MODULES = (
    "bundles/spreadsheet/cells.py",
    "bundles/spreadsheet/importing.py",
    "bundles/spreadsheet/reading.py",
    "bundles/spreadsheet/row_reader.py",
    "bundles/definition.py",
    "bundles/tier.py",
    "recommending/rules/rule.py",
)


@pytest.mark.parametrize("module", MODULES)
def test_every_sentence_for_merchants_is_marked(module: str) -> None:
    """None is put together with its values before it can be translated."""
    tree = ast.parse((PACKAGE / module).read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    calls_with_message = [
        one for one in calls if isinstance(one.func, ast.Name) and one.func.id in TAKES_MESSAGE and one.args
    ]
    assert calls_with_message
    for one in calls_with_message:
        assert isinstance(one.func, ast.Name)
        message = one.args[TAKES_MESSAGE[one.func.id]]
        assert not isinstance(message, (ast.Constant, ast.JoinedStr)), f"{module}, line {one.lineno}"


def test_a_sentence_keeps_its_values_apart() -> None:
    """As a text it has them put in; a per cent sign without values is one."""
    error = InputError("%(cell)s is no number.", cell="x")
    assert (str(error), error.message, error.values) == ("x is no number.", "%(cell)s is no number.", {"cell": "x"})
    assert str(InputError("100 % off.")) == "100 % off."
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.message, again.values) == (str(error), error.message, error.values)
