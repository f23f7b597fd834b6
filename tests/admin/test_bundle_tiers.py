"""A tier that saves less than a lower one: the checkout takes the lower one, and the merchant learns it before shoppers do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from admin_form import Merchants
from made_bundles import TEXTS, steps_of
from small_shop import SmallShop

from storefront_plugin import CartLine, Merchant
from storefront_plugin.bundles.definition import Definition, Schedule
from storefront_plugin.bundles.price import Price, amount_off, fixed_price, percent_off
from storefront_plugin.bundles.store.repository import BundleRepository
from storefront_plugin.bundles.tier import Component, Tier

TOMORROW = Schedule(start=dt.datetime.now(dt.timezone.utc) + dt.timedelta(days=1))


@pytest.fixture
def admin(make_shop: Callable[..., SmallShop]) -> SmallShop:
    """A shop whose merchant may edit; product pN costs N euros."""
    return make_shop(admin_access=lambda: Merchant("First editor"))


def ladder(*tiers: tuple[dict[str, int], Price], schedule: Schedule | None = None, **more: object) -> Definition:
    """A tier ladder: items by product, and a price, for each tier."""
    made = tuple(Tier(tuple(Component(*one) for one in quantities.items()), price) for quantities, price in tiers)
    return Definition(kind="ladder", tiers=made, texts=TEXTS, schedule=schedule or Schedule(), **more)  # type: ignore[arg-type]


def create(shop: SmallShop, definition: Definition, publish: bool = True) -> int:
    with shop.app.app_context():
        stored = BundleRepository(shop.storefront.database).create(definition)
        if publish:
            BundleRepository(shop.storefront.database).set_state(stored.id, 1, "publish")
    return stored.id


def warnings(editor: Merchants) -> list[str]:
    return editor.texts(".notice-warning p")


def sentence(tier: str, other: str, paid: str, shown: str) -> str:
    """What the merchant reads."""
    return (
        f"“{tier}” saves less than “{other}”: a cart with all its products pays {paid}, not the {shown} shown to shoppers. "
        f"Lower the price of “{tier}” or reduce the saving of “{other}”. Edit price"
    )


STARTER = {"p9": 1, "p10": 1}
COMPLETE = {"p9": 1, "p10": 1, "p1": 1}
TWICE = {"p9": 2, "p10": 2}

CASES: dict[str, tuple[Definition, dict[str, int], int, str]] = {
    "a step saves less than the one before": (
        steps_of("p10", steps={3: percent_off(20), 6: percent_off(10)}),
        {"p10": 6},
        4800,
        sentence("From 6", "From 3", "€48.00", "€54.00"),
    ),
    "a step's fixed price is above that of the one before": (
        steps_of("p10", steps={2: fixed_price({"EUR": 700}), 5: fixed_price({"EUR": 800})}),
        {"p10": 5},
        3500,
        sentence("From 5", "From 2", "€35.00", "€40.00"),
    ),
    "a complete set saves less than its starter": (
        ladder((STARTER, percent_off(30)), (COMPLETE, fixed_price({"EUR": 1700}))),
        COMPLETE,
        1430,
        sentence("Tier 2", "Tier 1", "€14.30", "€17.00"),
    ),
    "two starters are in the complete set": (
        ladder((STARTER, amount_off({"EUR": 200})), (TWICE, amount_off({"EUR": 300}))),
        TWICE,
        3400,
        sentence("Tier 2", "2 × Tier 1", "€34.00", "€35.00"),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_tier_that_saves_less_than_a_lower_one_is_warned_of(admin: SmallShop, case: str) -> None:
    """With both tiers and both sums, in the page and beside the price; the sums are those of the checkout."""
    definition, cart, paid, words = CASES[case]
    number = create(admin, definition)
    with admin.app.app_context():
        admin.storefront.bundles_changed()
        pricing = admin.storefront.price_cart([CartLine(*one) for one in cart.items()])
    assert pricing.total == paid
    editor = Merchants(admin)
    editor.get(f"bundles/{number}")
    assert warnings(editor) == [words]
    (target,) = editor.soup.select(".notice-warning a")
    assert editor.soup.find(id=str(target["href"])[1:]) is not None
    assert editor.texts(".prices .message") == [words.removesuffix(" Edit price")]


def test_the_warning_stands_before_publishing_and_hinders_nothing(admin: SmallShop) -> None:
    """Also for one that begins later, for some shoppers and with a code; a better price takes it away."""
    definition = ladder(
        (STARTER, percent_off(30)), (COMPLETE, percent_off(10)), schedule=TOMORROW, segment="club", staff_only=True
    )
    number = create(admin, definition, publish=False)
    editor = Merchants(admin)
    editor.get(f"bundles/{number}")
    words = sentence("Tier 2", "Tier 1", "€14.30", "€18.00")
    assert warnings(editor) == [words]
    editor.press("preview", tiers__1__percent="11")
    assert warnings(editor) == [words.replace("€18.00", "€17.80")]
    editor.press("publish")
    assert editor.status == 200
    assert editor.texts(".notice")[0].startswith("Published.")
    assert len(warnings(editor)) == 1
    editor.press("save", tiers__1__percent="40")
    assert warnings(editor) == []
    assert editor.texts(".prices .message") == []


def test_tiers_that_save_more_and_more_are_not_warned_of(admin: SmallShop) -> None:
    """Nor one that saves just as much."""
    for definition in (
        steps_of("p10", steps={3: percent_off(10), 6: percent_off(10)}),
        ladder((STARTER, amount_off({"EUR": 200})), (TWICE, amount_off({"EUR": 400}))),
    ):
        editor = Merchants(admin)
        editor.get(f"bundles/{create(admin, definition)}")
        assert warnings(editor) == []
        assert editor.texts(".prices .message") == []
