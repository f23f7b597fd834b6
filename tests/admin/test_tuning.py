"""The page on which merchants see what their orders chose for the suggestions, and overrule it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from admin_form import ADMIN, Merchants
from small_shop import SmallShop

from storefront_plugin import Merchant
from storefront_plugin.core.sql import audit
from storefront_plugin.counts.generations import live
from storefront_plugin.counts.scoring import DEFAULTS, Constants
from storefront_plugin.learning.cart_model import publish
from storefront_plugin.learning.model_choice import ModelChoice
from storefront_plugin.learning.tuning import PageEvidence, Step, Tuned
from storefront_plugin.learning.tunings import Tuning, latest_tuning, record_tuning

MakeShop = Callable[..., SmallShop]
Open = Callable[..., tuple[SmallShop, Merchants]]

CHOSEN = replace(DEFAULTS, half_life=0.0, cart=replace(DEFAULTS.cart, prior=1.0))
TUNED = Tuned(
    CHOSEN,
    640,
    (Step("", "half_life", 180.0, 0.0, 0.561), Step("cart", "prior", 3.0, 1.0, 0.042)),
    {"cart": PageEvidence(0.1, 0.15, 0.02, 0.08), "product": PageEvidence(0.2, 0.21, -0.01, 0.03)},
)


@pytest.fixture
def opened(make_shop: MakeShop) -> Open:
    """A shop with a few orders, and a merchant who has the page open."""

    def opened(role: Any = "edit", tuned: Tuned | None = None, **config: object) -> tuple[SmallShop, Merchants]:
        shop = make_shop(admin_access=lambda: Merchant("Ada", role), **config)
        with shop.app.app_context():
            shop.place(*[["p1", "p2"]] * 5, ["p3", "p4"])
            if tuned is not None:
                record_tuning(shop.storefront.database, tuned)
        merchant = Merchants(shop)
        merchant.get("tuning")
        return shop, merchant

    return opened


def in_use(shop: SmallShop) -> Constants:
    """What pages are scored with."""
    with shop.app.app_context():
        generation = live(shop.storefront.database)
        assert generation is not None
        shop.storefront.services.snapshots.refresh()
        assert shop.storefront.services.snapshots.current.constants == generation.constants
        return generation.constants


def latest(shop: SmallShop) -> Tuning | None:
    with shop.app.app_context():
        return latest_tuning(shop.storefront.database)


def logged(shop: SmallShop) -> list[tuple[str, str]]:
    """What the activity log has, the latest first: what was done, and who did it."""
    with shop.app.app_context():
        return [(one.action, one.changed_by) for one in audit.entries(shop.storefront.database, "tuning")[0]]


def in_the_night(shop: SmallShop) -> bool:
    """Let the weekly job run; whether there was something to do."""
    with shop.app.app_context():
        return shop.storefront.services.counting.tune_if_due(7, lambda *_: None)


def save(merchant: Merchants, **typed: str) -> None:
    merchant.post("tuning", {**form(merchant), **typed})


def form(merchant: Merchants) -> dict[str, str]:
    """The fields as the page shows them."""
    found = {}
    for each in merchant.soup.select("form#tuning input[name]"):
        if each.get("type") != "radio" or each.has_attr("checked"):
            found[str(each["name"])] = str(each["value"])
    return found


def rows(merchant: Merchants) -> dict[str, tuple[str, str]]:
    """What is in use, and what is standard, by page and label."""
    found: dict[str, tuple[str, str]] = {}
    for body in merchant.soup.select(".tuning-rows tbody"):
        page = body.select("th")[0].get_text(strip=True)
        for row in body.select("tr:has(td)"):
            label, now, usual = (cell.get_text(" ", strip=True) for cell in row.select("td"))
            found[f"{page}: {label}"] = now, usual
    return found


def words(merchant: Merchants) -> str:
    return " ".join(merchant.texts("main"))


def test_before_the_orders_have_chosen_the_page_says_when_they_will(opened: Open) -> None:
    """And with what suggestions are made until then, in words."""
    _shop, merchant = opened()
    assert merchant.status == 200
    assert "Your orders have not chosen yet." in words(merchant)
    assert "flask storefront rebuild" in words(merchant)
    assert rows(merchant)["All pages: Fading of orders"] == ("An order counts half after 180 days",) * 2
    assert rows(merchant)["Cart: Help from bestsellers"][0] == "Bestsellers weigh as much as 3 orders"
    assert form(merchant)["mode"] == "automatic"


def test_what_the_orders_chose_is_shown_with_why_and_how_sure_it_is(opened: Open) -> None:
    """Steps in words with their gain, and the whole with its interval, drawn and said."""
    _shop, merchant = opened(tuned=TUNED)
    assert merchant.texts(".tuning-reasons li") == [
        "All pages: Slower fading finds 56% more of what was bought An order counts half after 180 days → Orders never fade",
        "Cart: Less help from bestsellers finds 4.2% more of what was bought "
        "Bestsellers weigh as much as 3 orders → Bestsellers weigh as much as 1 order",
    ]
    cart, product = merchant.soup.select(".tuning-gains > div")
    assert "+50%, with 95% confidence from +20% to +80%" in cart.get_text(" ", strip=True)
    assert "0.1 → 0.15" in cart.get_text(" ", strip=True)
    assert "+5%, with 95% confidence from -5% to +15%" in product.get_text(" ", strip=True)
    scale = [float(cart.select("line")[1]["x1"]), float(product.select("line")[1]["x1"])]
    assert scale[0] == scale[1]  # zero stands at the same place
    assert float(cart.select("circle")[0]["cx"]) > float(product.select("circle")[0]["cx"]) > scale[0]
    assert not merchant.soup.select("[style]")


def test_the_model_of_carts_is_shown_with_its_share_and_why(opened: Open) -> None:
    """Until a merchant sets values, which hold alone."""
    shop, merchant = opened(tuned=TUNED)
    assert rows(merchant)["Cart: Model of carts"] == ("Not used", "Not used")
    services = shop.storefront.services
    with shop.app.app_context():
        publish(services.database, services.store, services.keys, ModelChoice(20.0, 0.7, 0.2, 0.25), {1: [(2, 0.5)]})
    merchant.get("tuning")
    assert rows(merchant)["Cart: Model of carts"] == ("Has 70% of a cart's suggestions", "Not used")
    assert merchant.texts(".tuning-reasons li")[-1] == (
        "Cart: Weighing all products of a cart at once finds 25% more of what was bought "
        "Not used → Has 70% of a cart's suggestions"
    )
    save(merchant, mode="standard")
    merchant.get("tuning")
    assert rows(merchant)["Cart: Model of carts"] == ("Not used", "Not used")
    assert "at once" not in words(merchant).partition("What suggestions find")[0]


def test_a_half_life_that_waits_for_a_rebuild_is_named_with_the_remedy(opened: Open) -> None:
    """What is in use is what pages use now."""
    _shop, merchant = opened(tuned=TUNED)
    now, _usual = rows(merchant)["All pages: Fading of orders"]
    assert now == "An order counts half after 180 days after the next rebuild: Orders never fade"
    assert "How fast orders fade changes with the next rebuild" in words(merchant)


def test_too_few_orders_say_how_many_are_needed(opened: Open) -> None:
    _shop, merchant = opened(tuned=Tuned(DEFAULTS, 14))
    assert "Only 14 orders could be tried" in words(merchant)
    assert "From about 250 orders of several products on" in words(merchant)


def test_orders_that_found_nothing_better_say_so(opened: Open) -> None:
    _shop, merchant = opened(tuned=Tuned(DEFAULTS, 900))
    assert "The standard values suit your orders" in words(merchant)


def test_own_values_are_in_use_at_once_and_can_be_undone_and_redone(opened: Open) -> None:
    """All but the half-life, and the activity log says who did what."""
    shop, merchant = opened()
    save(merchant, mode="own", cart_prior="7", trend="0,5", product_specialness="0.3")
    own = replace(
        DEFAULTS,
        trend=0.5,
        cart=replace(DEFAULTS.cart, prior=7.0),
        product=replace(DEFAULTS.product, specialness=0.3),
    )
    assert in_use(shop) == own
    assert rows(merchant)["Cart: Help from bestsellers"][0] == "Bestsellers weigh as much as 7 orders"
    assert "set by Ada" in words(merchant)
    merchant.click("Undo")
    assert in_use(shop) == DEFAULTS
    assert form(merchant)["mode"] == "automatic"
    merchant.click("Redo")
    assert in_use(shop) == own
    log = Merchants(shop).get("log").get_text(" ", strip=True)
    assert "Mode: Automatic → Own values" in log
    assert logged(shop) == [("undo", "Ada"), ("undo", "Ada"), ("edit", "Ada")]


def test_another_half_life_is_in_use_after_the_next_rebuild(opened: Open) -> None:
    """The rest is at once; the night's work sees that something is left to do."""
    shop, merchant = opened()
    save(merchant, mode="own", half_life="0", cart_prior="7")
    assert in_use(shop) == replace(DEFAULTS, cart=replace(DEFAULTS.cart, prior=7.0))
    assert "How fast orders fade changes with the next rebuild" in words(merchant)
    assert in_the_night(shop)
    assert in_use(shop).half_life == 0
    merchant.get("tuning")
    assert "changes with the next rebuild" not in words(merchant)


def test_standard_values_stay_until_the_choice_is_given_back(opened: Open) -> None:
    """Given back, what the orders chose before holds, and they choose again in the same night."""
    shop, merchant = opened(tuned=TUNED)
    save(merchant, mode="standard")
    assert in_use(shop) == DEFAULTS
    assert "Not in use: you have overruled it." in words(merchant)
    assert not in_the_night(shop)
    save(merchant, mode="automatic")
    assert in_use(shop) == replace(CHOSEN, half_life=180.0)
    assert "Your orders choose again tonight" in words(merchant)
    assert merchant.texts(".tuning-reasons li")
    assert in_the_night(shop)
    found = latest(shop)
    assert found is not None
    assert not found.is_asked_again
    assert not found.is_set
    assert found.tuned.queries < 100  # of the few orders of this shop
    assert not in_the_night(shop)


@pytest.mark.parametrize(
    ("field", "typed", "message"),
    [
        ("half_life", "4000", "Enter a number of days up to 3,650, or 0 for orders that never fade."),
        ("half_life", "0.5", "Enter a number of days up to 3,650, or 0 for orders that never fade."),
        ("trend", "1.5", "Enter a number from 0 to 1."),
        ("cart_prior", "", "Enter a number from 0 to 1,000."),
        ("product_shrinkage", "many", "Enter a number from 0 to 1,000."),
        ("product_specialness", "-1", "Enter a number from 0 to 1."),
        ("product_specialness", "<script>", "Enter a number from 0 to 1."),
    ],
)
def test_numbers_beyond_their_limits_are_refused_beside_their_field(
    opened: Open, field: str, typed: str, message: str
) -> None:
    """What was typed stays."""
    shop, merchant = opened()
    save(merchant, mode="own", **{field: typed})
    assert merchant.status == 422
    assert merchant.texts(f"#{field}-error") == [message]
    assert form(merchant)[field] == typed
    assert latest(shop) is None


def test_numbers_count_only_as_own_values(opened: Open) -> None:
    shop, merchant = opened(tuned=TUNED)
    save(merchant, mode="standard", cart_prior="many")
    assert merchant.status == 200
    assert in_use(shop) == DEFAULTS


def test_what_holds_already_is_not_saved_again(opened: Open) -> None:
    shop, merchant = opened()
    save(merchant)
    assert "Nothing was changed." in words(merchant)
    assert logged(shop) == []


def test_a_change_since_the_page_was_opened_is_not_overwritten(opened: Open) -> None:
    """The second merchant sees it, and may save again; an old undo is refused."""
    shop, merchant = opened()
    other = Merchants(shop)
    other.get("tuning")
    save(merchant, mode="own", cart_prior="7")
    save(other, mode="own", cart_prior="8")
    assert other.status == 409
    assert "has changed since this page was opened" in words(other)
    assert in_use(shop).cart.prior == 7
    save(other)
    assert in_use(shop).cart.prior == 8
    merchant.click("Undo")
    assert "can't be undone" in words(merchant)
    assert in_use(shop).cart.prior == 8


def test_viewers_see_it_all_and_change_nothing(opened: Open) -> None:
    shop, merchant = opened(role="view", tuned=TUNED)
    assert merchant.texts(".tuning-reasons li")
    assert not merchant.soup.select("form#tuning")
    assert merchant.client.post(f"{ADMIN}/tuning", data={"mode": "standard"}).status_code == 403
    assert not latest(shop).is_set  # type: ignore[union-attr]


def test_a_half_life_of_the_settings_is_not_the_merchants(opened: Open) -> None:
    """The page says who fixes it; all else can be set."""
    shop, merchant = opened(STOREFRONT_HALF_LIFE_DAYS=45)
    assert "STOREFRONT_HALF_LIFE_DAYS" in words(merchant)
    assert "half_life" not in form(merchant)
    save(merchant, mode="own", cart_prior="7", half_life="90")
    assert in_use(shop).half_life == 45
    assert in_use(shop).cart.prior == 7


def test_where_the_settings_switch_tuning_off_own_values_may_be_set(opened: Open) -> None:
    """And the standard ones again, at once."""
    shop, merchant = opened(STOREFRONT_TUNING=False)
    assert "STOREFRONT_TUNING" in words(merchant)
    assert form(merchant)["mode"] == "standard"
    assert merchant.soup.select('input[value="automatic"]')[0].has_attr("disabled")
    save(merchant, mode="own", cart_prior="7")
    assert in_use(shop).cart.prior == 7
    save(merchant, mode="standard")
    assert in_use(shop) == DEFAULTS


def test_a_part_of_an_order_is_said_as_it_is(opened: Open) -> None:
    """The plural of languages knows whole numbers only."""
    _shop, merchant = opened()
    save(merchant, mode="own", cart_prior="2.5", product_shrinkage="0.3")
    merchant.get("tuning")
    assert rows(merchant)["Cart: Help from bestsellers"][0] == "Bestsellers weigh as much as 2.5 orders"
    assert rows(merchant)["Product page: Evidence needed"][0] == "A pair bought together in 0.3 orders counts half"


def test_the_page_speaks_japanese(opened: Open) -> None:
    shop, _merchant = opened(tuned=TUNED)
    merchant = Merchants(shop, "ja")
    merchant.get("tuning")
    assert merchant.texts("h1") == ["自動調整"]
    assert "実際に購入された商品を56%多く見つけます" in words(merchant)
