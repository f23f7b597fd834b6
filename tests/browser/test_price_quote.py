"""The script's own price of a bundle: held to the table that `quote` is held to, and to `quote` itself."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from price_cases import CASES, is_step, quote_of_case, tier_of

from storefront_plugin.core.currencies import minor_digits, written_whole
from storefront_plugin.core.folders import STATIC
from storefront_plugin.money import from_minor

OPEN = "\nObject.assign(window, { quote, inMoney });"
ASK = """cases => cases.map(({ tier, items, money }) => {
  const { total, saving } = quote(tier, items);
  return [total, saving, inMoney(total - saving, money)];
})"""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    page.add_script_tag(type="module", content=(STATIC / "storefront.js").read_text(encoding="utf-8") + OPEN)
    page.wait_for_function("'quote' in window")  # a module runs when it pleases
    yield page
    page.close()


def priced(page: Page, cases: list[dict[str, Any]]) -> list[list[Any]]:
    """Total, saving and written price of each of *cases*, as the script has them."""
    return page.evaluate(ASK, [asked(case) for case in cases])  # type: ignore[no-any-return]


def asked(case: dict[str, Any]) -> dict[str, Any]:
    """*case* as the script gets it from the attributes of a form."""
    tier, currency = tier_of(case), case["currency"]
    rule = {"rule": tier.price.kind, "value": tier.price.rule.number(currency), "least": tier.least}
    rule |= {"step": str(case["step"])} if "step" in case else {}
    money = {"currency": currency, "digits": str(minor_digits(currency)), "locale": "en"} | (
        {"whole": ""} if written_whole(currency) else {}
    )
    return {"tier": rule, "items": [[*item[:2], len(item) > 2] for item in case["items"]], "money": money}


def test_the_script_saves_what_the_table_says(page: Page) -> None:
    """Of all that it prices, with the decimals of each currency."""
    cases = [case for case in CASES if not is_step(case) and case.get("refused") != "no_amount"]
    for case, (total, saving, written) in zip(cases, priced(page, cases), strict=True):
        assert (total, saving) == (case["total"], case["saving"]), case["name"]
        price = from_minor(case["total"] - case["saving"], case["currency"])
        assert re.sub(r"[^\d.]", "", written) == str(price), case["name"]


def test_the_script_and_the_server_agree_on_any_set(page: Page) -> None:
    """A thousand sets and mixes of random prices, with price steps and without."""
    chance = random.Random(7)
    cases = [made(chance) for _ in range(1000)]
    for case, (total, saving, _) in zip(cases, priced(page, cases), strict=True):
        found = quote_of_case(case)
        assert (total, saving) == (found.total, found.saving), case


def made(chance: random.Random) -> dict[str, Any]:
    """A set or a mix at some price, and at some price step."""
    stepped = {"step": step} if (step := chance.choice([1, 5, 10, 50, 100])) > 1 else {}
    price = chance.choice(
        [
            {"kind": "percent", "percent": str(chance.randint(1, 1_000_000) / 10_000)},
            {"kind": "amount", "amounts": {"EUR": chance.randint(1, 9000)}},
            {"kind": "fixed", "amounts": {"EUR": chance.randint(0, 9000)}},
            {"kind": "free", "pieces": chance.randint(1, 2)},
        ]
    )
    items = [[chance.randint(0, 5000), chance.randint(1, 4)] for _ in range(chance.randint(2, 4))]
    count = sum(quantity for _, quantity in items)
    if chance.random() < 0.5 and count > 3:
        return {
            "price": price,
            "currency": "EUR",
            "items": items,
            "least": chance.randint(3, count),
            "most": count,
        } | stepped
    if price["kind"] == "free":
        items[-1].append(True)
    return {"price": price, "currency": "EUR", "items": items} | stepped
