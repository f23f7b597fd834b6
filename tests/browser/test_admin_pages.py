"""Every page of the admin, found by walking its addresses: axe finds nothing, all fits, and script adds but is not needed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from chromium import View, scrolls_sideways, violations
from made_bundles import set_of
from merchant_pages import HOME, add_sign_in, addresses, by_session, signed_in
from playwright.sync_api import Page, Response
from small_shop import SmallShop, small_shop

from storefront_plugin.bundles.price import percent_off
from storefront_plugin.bundles.store.repository import BundleRepository
from storefront_plugin.recommending.rules.rule import Rule
from storefront_plugin.recommending.rules.store import RuleStore

NOT_HTML = {
    "bundle_export": "text/csv",
    **dict.fromkeys(("products", "categories", "brands"), "application/json"),
}
"""Addresses that answer with something to load, not with a page."""

ASKED = [
    "/explain?placement=product&product=p1",
    "/explain?placement=cart&product=p1&product=p4",
    "/bundles/new?kind=set",
    "/bundles/new?kind=ladder",
]
"""Pages that a query makes another page."""

COMBINATIONS = [
    (375, "dark", "ja"),
    pytest.param(1280, "dark", "en", marks=pytest.mark.slow),
    pytest.param(375, "light", "en", marks=pytest.mark.slow),
    pytest.param(1280, "light", "ja", marks=pytest.mark.slow),
]
"""Each width with each scheme and each language, and each scheme with each language."""


@pytest.fixture(scope="module")
def shop(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallShop]:
    """A shop with orders, counted; bundles 1 and 2, rule 1, proposals, and a log of how they were made."""
    folder = tmp_path_factory.mktemp("pages")
    redis = {"STOREFRONT_REDIS_URL": redis_url, "STOREFRONT_REDIS_PREFIX": "pages"}
    shop = small_shop(folder, admin_access=by_session, STOREFRONT_DEADLINE_MS=5000, **redis)
    add_sign_in(shop.app)
    with shop.app.app_context():
        database = shop.storefront.database
        shop.place(*[("p1", "p2", "p3")] * 6, *[("p4", "p5")] * 2, *[("p6",)] * 12)
        for staff_only in (True, False):  # only what staff gives out has a page for codes
            definition = set_of("p1", "p2", price=percent_off(10), staff_only=staff_only)
            made = BundleRepository(database).create(definition, "First editor")
            BundleRepository(database).set_state(made.id, made.version, "publish", "First editor")
        rule = Rule(kind="pin", target_value="p9", seed_kind="product", seed_value="p1")
        RuleStore(database).create(rule, "First editor")
        shop.storefront.propose_bundles()
        shop.storefront.services.snapshots.refresh()
    yield shop
    shop.close()


@pytest.fixture(scope="module")
def pages(shop: SmallShop) -> list[str]:
    """Every page that an editor can open, from the routes themselves and from `ASKED`."""
    editor, found, other = signed_in(shop), [], {}
    for rule, path in addresses(shop):
        name = rule.endpoint.removeprefix("storefront-admin.")
        if "GET" not in (rule.methods or ()) or name == "not_found":
            continue
        answer = editor.get(path)
        assert answer.status_code == 200, path
        if answer.mimetype == "text/html":
            found.append(path)
        else:
            other[name] = answer.mimetype
    assert other == NOT_HTML
    assert len(found) > 12
    return sorted({*found, *(HOME + path for path in ASKED)})


def faults(page: Page) -> list[str]:
    """What axe finds, and whether something is wider than the page."""
    return violations(page) + ["It scrolls sideways."] * scrolls_sideways(page)


def status(answer: Response | None) -> int:
    assert answer is not None
    return answer.status


def overtaken(page: Page, shop: SmallShop) -> int:
    """Save bundle 2 after somebody else has; the answer's status."""
    page.goto(f"{HOME}/bundles/2")
    page.locator("input[name$=title]").first.fill("Mine")
    with shop.app.app_context():
        database = shop.storefront.database
        version = BundleRepository(database).load(2).version
        theirs = set_of("p1", "p3", price=percent_off(version + 10))
        BundleRepository(database).update(2, version, theirs, "Second editor")
    with page.expect_navigation() as answer:
        page.locator("button[name=do][value=save]").click()
    return status(answer.value)


@pytest.mark.parametrize(("width", "scheme", "locale"), COMBINATIONS)
def test_every_page_is_accessible_and_fits(
    view: View, shop: SmallShop, pages: list[str], width: int, scheme: str, locale: str
) -> None:
    """All pages of an editor, an overtaken save, and what is refused: an unknown address, a viewer, a stranger."""
    page = view(width, color_scheme=scheme, locale=locale).new_page()
    found = {}
    for role, opened in [
        ("stranger", {HOME: 403}),
        ("view", {f"{HOME}/rules/new": 403}),
        ("edit", {f"{HOME}/nothing": 404} | dict.fromkeys(pages, 200)),
    ]:
        page.goto("/sign-out" if role == "stranger" else f"/sign-in/{role}")
        for path, expected in opened.items():
            assert status(page.goto(path)) == expected, path
            found[role, path] = faults(page)
    assert overtaken(page, shop) == 409
    found["edit", "conflict"] = faults(page)
    assert {where: what for where, what in found.items() if what} == {}


WORDS = """
() => [...document.querySelectorAll("main *")].filter(each => !each.closest("button, .only-script, time"))
  .flatMap(each => [...each.childNodes].filter(node => node.nodeType === Node.TEXT_NODE && each.checkVisibility()))
  .map(node => node.data.replace(/\\S+ (second|minute)s? ago|[\\d.,]+ (ms|[KMG]?B)\\b/g, "").trim())
"""
"""The words that can be seen, without buttons, what is marked as useless without script, how long ago things were,
and what is measured again at each look: milliseconds and memory."""


def test_every_page_says_the_same_without_script(view: View, pages: list[str]) -> None:
    """Nothing that can be read with script is missing without."""
    scripted, plain = view().new_page(), view(script=False).new_page()
    for page in (scripted, plain):
        page.goto("/sign-in/edit")
    missing = {}
    for path in pages:
        scripted.goto(path)
        plain.goto(path)
        said = set(plain.evaluate(WORDS))
        assert len(said) > 5, path
        missing[path] = set(scripted.evaluate(WORDS)) - said
    assert {path: what for path, what in missing.items() if what} == {}
