"""The table of prices that `quote` and the script of the widgets are both held to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from storefront_plugin.bundles.price import price_from_json
from storefront_plugin.bundles.quote import Quote, quote
from storefront_plugin.bundles.tier import Component, Tier

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "bundles" / "price_cases.json").read_text(encoding="utf-8")
)


def tier_of(case: dict[str, Any]) -> Tier:
    """The tier of *case*: a set, a mix, or where there is no greatest number a quantity step."""
    parts = (Component("bought"), Component("given", free=case["price"]["kind"] == "free" and "least" not in case))
    steps = {"steps": {case["currency"]: case["step"]}} if "step" in case else {}
    return Tier(parts, price_from_json(case["price"] | steps), case.get("least", 0), case.get("most", 0))


def quote_of_case(case: dict[str, Any]) -> Quote:
    """What `quote` says of *case*."""
    items = [(item[0], item[1]) for item in case["items"]]
    free = [(item[0], item[1]) for item in case["items"] if len(item) > 2]
    return quote(tier_of(case), items, case["currency"], free)


def is_step(case: dict[str, Any]) -> bool:
    """Whether *case* is a quantity step, which the script never prices."""
    return "least" in case and "most" not in case
