"""The admin's shared script in a real browser under its CSP: products by typing, unsaved changes, sending once; axe."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from chromium import Opener, View, scrolls_sideways, until, violations
from made_bundles import set_of
from merchant_pages import HOME, Probe, add_probe
from playwright.sync_api import Locator, Page, expect
from small_shop import SmallShop

from storefront_plugin.bundles.price import percent_off
from storefront_plugin.bundles.store.repository import BundleRepository
from storefront_plugin.core.sql import audit


@pytest.fixture
def probed(make_shop: Callable[..., SmallShop], monkeypatch: pytest.MonkeyPatch) -> tuple[SmallShop, Probe]:
    """A shop with the page made for tests, something on every other page, and something that needs attention."""
    shop, probe = add_probe(monkeypatch, make_shop)
    with shop.app.app_context():
        for products in (("p1", "p2"), ("p1", "gone")):
            made = BundleRepository(shop.storefront.database).create(
                set_of(*products, price=percent_off(10)), "First editor"
            )
            BundleRepository(shop.storefront.database).set_state(made.id, made.version, "publish", "First editor")
        with shop.storefront.database.writing() as session:
            for number in range(60):
                audit.note(
                    session, "Second editor" if number % 2 else "", "rule", number, "edit", f"<b>Change</b> {number}"
                )
    return shop, probe


@pytest.fixture
def shop(probed: tuple[SmallShop, Probe]) -> SmallShop:
    return probed[0]


@pytest.fixture
def opened(view: View) -> Opener:
    """Opens a page of the admin as somebody with a *role*."""

    def opening(path: str, role: str | None = "edit", **options: Any) -> Page:
        page = view(**options).new_page()
        if role:
            page.goto(f"/sign-in/{role}")
        page.goto(HOME + path)
        return page

    return opening


def picker(page: Page) -> tuple[Locator, Locator]:
    """The field for a product, and what it suggests."""
    return page.get_by_role("combobox", name="Product"), page.get_by_role("listbox", name="Product")


def test_a_product_is_chosen_with_the_keyboard_alone(opened: Opener) -> None:
    """Arrows go round, Enter chooses and does not send the form, and assistive technology hears each step."""
    page = opened("/probe")
    field, suggestions = picker(page)
    field.click()
    page.keyboard.type("product 1")
    expect(suggestions).to_be_visible()
    expect(field).to_have_attribute("aria-expanded", "true")
    options = suggestions.get_by_role("option")
    count = options.count()
    assert count >= 3
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    chosen = options.nth(1)
    expect(chosen).to_have_attribute("aria-selected", "true")
    expect(field).to_have_attribute("aria-activedescendant", str(chosen.get_attribute("id")))
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(options.nth(count - 1)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    title = options.nth(0).locator(".product-title").inner_text()
    page.keyboard.press("Enter")
    expect(suggestions).to_be_hidden()
    expect(field).to_be_focused()
    expect(field).to_have_value(re.compile(r"^p\d+$"))
    expect(page.locator("[data-picked] .product-title")).to_have_text(title)
    assert page.url.endswith("/probe")


def test_escape_closes_and_keeps_what_was_typed(opened: Opener) -> None:
    """And the arrow opens it again."""
    page = opened("/probe")
    field, suggestions = picker(page)
    field.fill("")
    field.press_sequentially("product 2")
    expect(suggestions).to_be_visible()
    field.press("Escape")
    expect(suggestions).to_be_hidden()
    expect(field).to_have_value("product 2")
    field.press("ArrowDown")
    expect(suggestions).to_be_visible()


def test_a_product_is_chosen_with_the_mouse(opened: Opener) -> None:
    """And forgotten as soon as other words are typed."""
    page = opened("/probe")
    field, suggestions = picker(page)
    field.press_sequentially("product 3")
    suggestions.get_by_role("option").first.click()
    expect(field).to_have_value("p3")
    expect(page.locator("[data-picked]")).to_be_visible()
    field.press_sequentially("x")
    expect(page.locator("[data-picked]")).to_be_hidden()


def test_words_that_no_product_has_are_said(opened: Opener) -> None:
    """An empty list would look like a fault."""
    page = opened("/probe")
    field, suggestions = picker(page)
    field.press_sequentially("zzz")
    expect(suggestions).to_have_text("No matching products.")
    field.fill("")
    field.press_sequentially(" ")
    expect(suggestions).to_be_hidden()


def leaves(page: Page) -> bool:
    """Whether following a link leaves the page without a question; a question is answered with staying."""
    asked = []

    def stay(dialog: Any) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.once("dialog", stay)
    page.get_by_role("link", name="Activity log", exact=True).click(no_wait_after=True)
    ends = time.monotonic() + 10
    while not asked and not page.url.endswith("/log"):
        assert time.monotonic() < ends, "the link does nothing"
        page.wait_for_timeout(20)
    page.remove_listener("dialog", stay) if not asked else None
    return not asked


def test_unsaved_changes_are_not_lost_by_a_click(opened: Opener) -> None:
    """Asked once something was typed; not when it was typed back, nor when the form is sent."""
    page = opened("/probe")
    title = page.get_by_label("Title")
    title.fill("unsaved")
    assert not leaves(page)
    expect(title).to_have_value("unsaved")
    title.fill("")
    assert leaves(page)
    page.go_back()
    page.get_by_label("Title").fill("saved")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()


def test_a_form_is_sent_once_however_often_it_is_pressed(opened: Opener, probed: tuple[SmallShop, Probe]) -> None:
    """A double click on a slow line saves one thing."""
    page = opened("/probe")
    page.get_by_label("Title").fill("once")
    page.evaluate("for (let i = 0; i < 3; i++) document.querySelector('form[data-guard]').requestSubmit()")
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert [saved["title"] for saved in probed[1].saved] == [["once"]]


def test_a_page_without_script_does_the_same(opened: Opener, probed: tuple[SmallShop, Probe]) -> None:
    """Typed, saved, pressed, undone; the field for a product is a plain one."""
    page = opened("/probe", script=False)
    assert page.get_by_role("listbox").count() == 0
    page.get_by_label("Product").fill("p3")
    page.get_by_label("Title").fill("plain")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    page.get_by_role("button", name="Press").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Taken back.")).to_be_visible()
    assert ([saved["title"] for saved in probed[1].saved], probed[1].pressed) == ([["plain"]], 0)


def test_a_logged_out_merchant_loses_nothing(opened: Opener, probed: tuple[SmallShop, Probe]) -> None:
    """Typed, signed out elsewhere, sent, signed in in another tab, sent again: saved."""
    page = opened("/probe")
    page.get_by_label("Title").fill('long & "typed"')
    other = page.context.new_page()
    other.goto("/sign-out")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="No access")).to_be_visible()
    other.goto("/sign-in/edit")
    page.get_by_role("button", name="Send again").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert probed[1].saved[0]["title"] == ['long & "typed"']


def test_a_command_is_copied_with_one_click(opened: Opener) -> None:
    """The button says that it is done."""
    page = opened("", permissions=["clipboard-read", "clipboard-write"])
    command = page.locator(".command", has_text="catch-up")
    command.get_by_role("button", name="Copy").click()
    expect(command.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "flask storefront catch-up"


@pytest.mark.parametrize(("width", "scheme"), [(375, "dark"), pytest.param(1280, "light", marks=pytest.mark.slow)])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(opened: Opener, width: int, scheme: Any) -> None:
    """Home with trouble and first steps, log, 404, 403 of strangers and viewers, and a form with errors."""
    found = {}
    for path, role in (
        ("", "edit"),
        ("", "view"),
        ("/log", "edit"),
        ("/probe", "edit"),
        ("/nothing", "edit"),
        ("", None),
    ):
        page = opened(path, role, width=width, color_scheme=scheme, locale="ja" if scheme == "dark" else "en")
        if path == "/probe":
            page.locator("[name=title]").fill(" ")
            page.get_by_role("button", name="Save").click()
            page.locator(".error").first.wait_for()
        found[path, role] = violations(page)
        assert not scrolls_sideways(page), path
    assert {where: what for where, what in found.items() if what} == {}


def test_the_skip_link_leads_past_the_navigation(opened: Opener) -> None:
    """The first thing that Tab reaches, and it can be seen."""
    page = opened("")
    page.keyboard.press("Tab")
    link = page.get_by_role("link", name="Skip to content")
    expect(link).to_be_focused()
    until(page, "document.querySelector('.skip').getBoundingClientRect().top >= 0")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
