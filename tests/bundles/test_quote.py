"""The one function that says what a tier saves: by the table that the script of the widgets is held to, too."""

from __future__ import annotations

from typing import Any

import pytest
from price_cases import CASES, is_step, quote_of_case, tier_of

from storefront_plugin.bundles.price_kinds import RULES


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_tier_saves_what_the_table_says(case: dict[str, Any]) -> None:
    """In its total, its saving and the reason why there is none."""
    found = quote_of_case(case)
    assert (found.total, found.saving, found.price) == (case["total"], case["saving"], case["total"] - case["saving"])
    assert (found.refused and found.refused.why) == case.get("refused")


def test_the_table_has_every_kind_of_price() -> None:
    """A new kind needs cases of its own."""
    assert {case["price"]["kind"] for case in CASES} == set(RULES)


@pytest.mark.parametrize("case", [case for case in CASES if is_step(case)], ids=lambda case: case["name"])
def test_a_step_is_never_above_what_its_items_may_save(case: dict[str, Any]) -> None:
    """What the packing takes as the most of each item, and what a saving is spread by."""
    rule, items = tier_of(case).price.rule, [(item[0], item[1]) for item in case["items"]]
    if rule.has(case["currency"]):
        saving = quote_of_case(case).saving
        assert saving <= sum(rule.item_saving(price, case["currency"]) * quantity for price, quantity in items)
        assert saving <= sum(rule.step_weights(items, case["currency"]))
