"""Bundles in a real browser: room, access, exact sums with script, plain forms without, under a strict CSP."""

from __future__ import annotations

import pytest
from chromium import Opener, scrolls_sideways, until, violations
from playwright.sync_api import Locator, Page, expect

ALL = "set,ladder,mix,extra,steps,variants"
BUNDLES = f"slot=bundles&bundles={ALL}"


def bundle(page: Page, kind: str) -> Locator:
    """The *kind*'s bundle."""
    return page.locator(f"[data-storefront-bundle='{ALL.split(',').index(kind) + 1}']")


@pytest.mark.parametrize("wanted", [ALL, f"{ALL},hostile"])
@pytest.mark.parametrize("width", [320, 768, 1280])
@pytest.mark.parametrize("rest", ["shop=framework", "side=1&shop=dark&locale=ja"])
def test_no_bundle_is_wider_than_its_page(show: Opener, wanted: str, width: int, rest: str) -> None:
    """Long words, huge prices and narrow columns make nothing scroll sideways."""
    page = show(f"slot=bundles&bundles={wanted}&{rest}", width)
    assert page.locator("[data-storefront-bundle]").count() >= 4
    assert not scrolls_sideways(page)
    end = page.evaluate("document.querySelector('main').getBoundingClientRect().right")
    parts = ".storefront-bundle :is(li, button, select, input:not([type=hidden]), table, .storefront-sum)"
    rights = page.evaluate(f"[...document.querySelectorAll('{parts}')].map(each => each.getBoundingClientRect().right)")
    assert max(rights) <= end + 0.5


@pytest.mark.parametrize("width", [375, 1280])
@pytest.mark.parametrize("rest", ["shop=framework", "shop=dark&locale=ja"])
@pytest.mark.parametrize("query", [BUNDLES, f"{BUNDLES},hostile", "slot=bundles&bundles=cart&placement=cart&codes=1"])
def test_axe_finds_nothing(show: Opener, query: str, rest: str, width: int) -> None:
    """No violation of any rule, in light and dark shops, on product and cart pages."""
    assert violations(show(f"{query}&{rest}", width), ".storefront-placement") == []


@pytest.mark.parametrize("query", [BUNDLES, f"{BUNDLES}&lazy=bundles"])
@pytest.mark.parametrize("width", [375, 1280])
def test_nothing_moves_when_the_fragment_arrives(show: Opener, query: str, width: int) -> None:
    """The shopper's own answer is what the page shows already, or comes below what is seen."""
    page = show(query, width, 4000)
    expect(page.locator("storefront-fragment")).not_to_have_attribute("aria-busy", "true")
    page.wait_for_timeout(200)
    assert page.locator("[data-storefront-bundle]").count() == 6
    if "lazy" not in query:
        assert page.evaluate("window.shift") == 0


def test_an_unchecked_part_and_another_variant_change_the_sum(show: Opener) -> None:
    """64 + 32 + 2 × 9.90, a tenth off; without the towels; with the copper kettle for ten more; and back again."""
    page = show(BUNDLES)
    kettle = bundle(page, "variants")
    total, was, saved = (kettle.locator(f".storefront-{name}") for name in ("total-amount", "was-amount", "saved"))
    expect(total).to_have_text("€104.22")
    kettle.get_by_role("checkbox").uncheck()
    expect(total).to_have_text("€86.40")
    expect(was).to_have_text("€96.00")
    expect(saved).to_have_text("You save €9.60")
    expect(kettle.get_by_role("button")).to_contain_text("Add 2")
    kettle.get_by_role("combobox").select_option("copper")
    expect(total).to_have_text("€95.40")
    kettle.get_by_role("checkbox").check()
    kettle.get_by_role("combobox").select_option("steel")
    expect(total).to_have_text("€104.22")
    expect(kettle.get_by_role("button")).to_contain_text("Add all 3")


def test_a_mix_is_summed_up_and_keeps_its_numbers(show: Opener) -> None:
    """Too few and too many cannot be added, and a line says so in place of the price; four of a kind can."""
    page = show(BUNDLES)
    mix = bundle(page, "mix")
    numbers, button = mix.locator("input[type=number]"), mix.locator("button[type=submit]")
    expect(mix.locator(".storefront-total-amount")).to_have_text("€28.32")
    numbers.nth(0).fill("0")
    expect(button).to_be_disabled()
    expect(mix.locator(".storefront-saved, .storefront-total")).to_have_count(2)
    for gone in mix.locator(".storefront-saved, .storefront-total").all():
        expect(gone).to_be_hidden()
    expect(mix.locator(".storefront-tally")).to_have_text("2 chosen: choose 1 more")
    numbers.nth(3).fill("2")
    expect(button).to_be_enabled()
    expect(button).to_contain_text("Add 4")
    expect(mix.locator(".storefront-total-amount")).to_have_text("€28.64")
    expect(mix.locator(".storefront-tally")).to_have_text("")
    numbers.nth(3).fill("5")
    expect(button).to_be_disabled()
    expect(mix.locator(".storefront-tally")).to_have_text("7 chosen: remove 3")
    assert violations(page, "[data-storefront-bundle='3']") == []


@pytest.mark.parametrize("kind", ["set", "ladder", "mix", "extra", "variants"])
@pytest.mark.parametrize("locale", ["en", "ja"])
def test_the_script_reckons_as_the_server_does(show: Opener, kind: str, locale: str) -> None:
    """Computed again from the form alone, each sum is the one that the server wrote."""
    page = show(f"{BUNDLES}&locale={locale}")
    for form in bundle(page, kind).locator("form").all():
        written = form.locator(".storefront-total-amount").inner_text()
        form.evaluate("form => { form.querySelector('.storefront-part').dataset.pieces *= 2 }")
        form.evaluate("form => form.querySelector('input, button').dispatchEvent(new Event('change', {bubbles: true}))")
        form.evaluate("form => { form.querySelector('.storefront-part').dataset.pieces /= 2 }")
        form.evaluate("form => form.querySelector('input, button').dispatchEvent(new Event('change', {bubbles: true}))")
        digits = "text => text.replace(/[^0-9.]/g, '')"
        again = form.locator(".storefront-total-amount").inner_text()
        assert page.evaluate(digits, again) == page.evaluate(digits, written)


def test_choices_survive_a_new_answer(show: Opener) -> None:
    """Numbers, variants and boxes stay as the shopper left them."""
    page = show(BUNDLES)
    bundle(page, "mix").locator("input[type=number]").nth(3).fill("1")
    bundle(page, "variants").get_by_role("checkbox").uncheck()
    bundle(page, "variants").get_by_role("combobox").select_option("copper")
    page.evaluate("window.loads = 0; addEventListener('storefront-load', () => (window.loads += 1))")
    page.evaluate("dispatchEvent(new Event('storefront:cart-changed'))")
    until(page, "window.loads > 0")
    expect(bundle(page, "mix").locator("input[type=number]").nth(3)).to_have_value("1")
    expect(bundle(page, "variants").get_by_role("checkbox")).not_to_be_checked()
    expect(bundle(page, "variants").get_by_role("combobox")).to_have_value("copper")
    expect(bundle(page, "variants").locator(".storefront-total-amount")).to_have_text("€95.40")


def test_every_form_has_a_number_of_its_own(show: Opener) -> None:
    """So that a double click can be told from a second thought; the HTML of a shared page has none."""
    page = show(BUNDLES)
    numbers = page.eval_on_selector_all("input[name=once]", "fields => fields.map(field => field.value)")
    assert len(numbers) == len(set(numbers)) > 5
    assert all(numbers)
    written = page.evaluate("async () => await (await fetch(location.href)).text()")
    assert 'name="once" value=""' in written


def test_forms_are_whole_without_script(show: Opener) -> None:
    """Every button sends bundle, version and tier to our own address."""
    page = show(BUNDLES, script=False)
    sent: list[str] = []
    page.route("**/storefront/cart", lambda route: (sent.append(route.request.post_data or ""), route.abort()))
    buttons = page.locator("[data-storefront-bundle] button[type=submit]")
    for number in range(buttons.count()):
        with page.expect_request("**/storefront/cart"):
            buttons.nth(number).click(no_wait_after=True)
        page.goto(f"/?{BUNDLES}")
    assert len(sent) == 9
    assert all("bundle=" in one and "version=1" in one and "tier=" in one for one in sent)


@pytest.mark.parametrize("width", [768, 1280])
def test_prices_and_number_boxes_stand_in_line(show: Opener, width: int) -> None:
    """Under titles of one line and of two."""
    page = show(BUNDLES, width)
    for kind, what in (("mix", "input[type=number]"), ("mix", ".storefront-price"), ("set", ".storefront-price")):
        tops = (
            bundle(page, kind).locator(f"li {what}").evaluate_all("all => all.map(e => e.getBoundingClientRect().top)")
        )
        assert len(tops) > 2
        assert max(tops) - min(tops) < 1


def test_a_single_bundle_has_one_heading(show: Opener) -> None:
    """The slot's; the steps beside others have one of their own, and show a picture."""
    page = show("slot=bundles&bundles=set")
    assert page.get_by_role("heading").all_inner_texts() == ["Stoneware mug, 300 ml", "Slow morning set"]
    page = show(BUNDLES)
    assert page.get_by_role("heading", level=2).all_inner_texts() == ["Bundles & savings"]
    assert bundle(page, "steps").locator("img").count() == 1


def test_what_the_cart_lacks_is_a_row_of_pictures_with_one_button(show: Opener) -> None:
    """Which says how many it adds and what they cost."""
    page = show("slot=bundles&bundles=cart&placement=cart")
    near = page.locator(".storefront-near").last
    expect(near.get_by_role("heading")).to_have_text("Complete the set with 2 more items: save €7.29")
    expect(near.locator(".storefront-label")).to_have_text("Add all 2 for €23.90")
    tops = near.locator("li").evaluate_all("all => all.map(each => each.getBoundingClientRect().top)")
    assert len(tops) == 2
    assert tops[0] == tops[1]


def test_a_ladder_stands_side_by_side_and_below_each_other_on_a_phone(show: Opener) -> None:
    """Columns of equal height on a desktop."""
    tops = "document.querySelectorAll('.storefront-bundle-ladder .storefront-tier')"
    wide = show(BUNDLES).evaluate(f"[...{tops}].map(each => [each.offsetTop, each.offsetHeight])")
    assert wide[0] == wide[1]
    narrow = show(BUNDLES, 375).evaluate(f"[...{tops}].map(each => each.offsetTop)")
    assert narrow[0] < narrow[1]
