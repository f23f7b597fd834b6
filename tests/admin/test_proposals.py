"""The page of proposals: figures in words, accept and reject with undo, and a search that no page waits for."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

import pytest
from admin_form import Merchants, values
from bs4 import Tag
from flask import g
from small_shop import START, SmallShop

from storefront_plugin import Merchant, Product
from storefront_plugin.bundles.proposals import run as proposal_run
from storefront_plugin.bundles.store import proposals
from storefront_plugin.bundles.store.proposals import list_proposals
from storefront_plugin.bundles.store.repository import BundleRepository
from storefront_plugin.core.errors import StorefrontError

PAGE = "bundles/proposals"
SELLING = (*[("camera", "lens", "bag")] * 6, *[("camera", "lens")] * 4, *[("card",)] * 12, *[("bag", "odd")] * 5)


def products() -> list[Product]:
    """A camera with little margin, a bag without a known cost, and a title that is markup."""
    prices = {"camera": ("1000", "850"), "lens": ("200", "100"), "bag": ("50", None), "card": ("10", "1")}
    made = [
        Product(id=name, title=name.title(), price=Decimal(price), cost=None if cost is None else Decimal(cost))
        for name, (price, cost) in prices.items()
    ]
    return [*made, Product(id="odd", title="<b>Odd</b>", price=Decimal(5))]


@pytest.fixture
def admin(make_shop: Callable[..., SmallShop]) -> Iterator[SmallShop]:
    """A shop that has sold something, without proposals yet."""
    made = make_shop(products=products(), admin_access=lambda: Merchant("First editor"))
    with made.app.app_context():
        made.place(*SELLING, day=(dt.datetime.now(dt.timezone.utc) - START).days)
        yield made


@pytest.fixture
def editor(admin: SmallShop) -> Merchants:
    return Merchants(admin)


@pytest.fixture
def found(admin: SmallShop) -> dict[str, str]:
    """Keys of proposals by their sorted products."""
    admin.storefront.propose_bundles()
    return {"+".join(sorted(one.product_ids)): one.key for one in list_proposals(admin.storefront.database)[0]}


def ended(editor: Merchants) -> None:
    """Wait for the search as a browser without script does: it loads the page again."""
    until = time.monotonic() + 30
    while editor.get(PAGE).select("[data-search=running]"):
        assert time.monotonic() < until
        time.sleep(0.05)


def typed(editor: Merchants) -> dict[str, str]:
    """What the form of settings holds."""
    return {str(field["name"]): str(field["value"]) for field in editor.soup.select(".settings input")}


def test_a_new_shop_learns_what_to_do_first(make_shop: Callable[..., SmallShop]) -> None:
    """Without orders a command brings them in; with some, a button looks."""
    shop = make_shop(admin_access=lambda: Merchant("First editor"))
    editor = Merchants(shop)
    editor.get(PAGE)
    assert editor.texts(".empty h2") == ["No orders yet"]
    assert editor.texts(".empty code") == ["flask storefront catch-up"]
    with shop.app.app_context():
        shop.place(("p1", "p2"))
    editor.get(PAGE)
    assert editor.texts(".empty h2") == ["No search yet"]
    editor.click("Find bundles")
    ended(editor)
    assert editor.texts(".empty h2") == ["Nothing found"]
    assert "at least 5 orders" in editor.texts(".empty p")[0]


def test_looking_again_takes_the_settings_and_shows_what_it_found(admin: SmallShop, editor: Merchants) -> None:
    """In a thread, for which no page waits; the settings stand in the form the next time, and for the worker."""
    editor.get(PAGE)
    form = {"discount": "15", "margin_floor": "12.5", "discount_without_cost": "3", "min_support": "6"}
    editor.post(PAGE, form | {"storefront_token": editor.token}, follow=False)
    assert (editor.status, editor.answer.headers["Location"]) == (303, f"/storefront/admin/{PAGE}")
    ended(editor)
    assert typed(editor) == form
    titles = [
        text.replace("Camera", "C").replace("Lens", "L").replace("Bag", "B") for text in editor.texts(".row-title")
    ]
    assert sorted("".join(sorted(title.replace(" + ", ""))) for title in titles) == ["BC", "BCL", "BL", "CL"]
    run = proposal_run.latest_run(admin.storefront.database)
    assert run is not None
    assert (run.settings.margin_floor, run.started_by) == (Decimal("0.125"), "First editor")


def row_of(editor: Merchants, title: str) -> Tag:
    """The row of the set *title*."""
    rows = editor.soup.select(".proposal-rows tbody tr")
    return next(row for row in rows if row.select(".row-title")[0].get_text(" ", strip=True) == title)


def words(part: Tag) -> str:
    """Its text with single spaces."""
    return " ".join(part.get_text(" ", strip=True).split())


def test_a_row_says_what_it_brings_and_costs(editor: Merchants, found: dict[str, str]) -> None:
    """In money for 30 days: ten sets of which each leaves 238 after 12 off; sales where a cost is unknown."""
    editor.get(PAGE)
    cells = [words(cell) for cell in row_of(editor, "Camera + Lens").select("td.number")]
    assert cells == ["10", "€2,380 margin", "€120 −1%"]
    unknown = row_of(editor, "Bag + <b>Odd</b>")
    assert [words(cell) for cell in unknown.select("td.number")][1:] == ["€275 sales", "no discount"]
    assert any("gain is the margin after the discount" in text for text in editor.texts("main p"))


def test_what_a_row_brings_is_for_thirty_days_of_which_today_is_the_last(
    admin: SmallShop, editor: Merchants, found: dict[str, str]
) -> None:
    """As many orders 30 days ago do not count, those of 29 days ago make it twice as much."""
    today, gains = (dt.datetime.now(dt.timezone.utc).date() - START.date()).days, []
    for ago in (30, 29):
        admin.place(*SELLING, day=today - ago)
        editor.get(PAGE)
        gains.append(words(row_of(editor, "Camera + Lens").select("td.number")[1]))
    assert gains == ["€2,380 margin", "€4,760 margin"]


def test_the_figures_behind_a_row_are_folded(editor: Merchants, found: dict[str, str]) -> None:
    """Frequency, price before and after, margin, and from how many more sets it pays off."""
    editor.get(PAGE)
    details = row_of(editor, "Camera + Lens").select("details")[0]
    assert not details.has_attr("open")
    facts = {words(row.select("dt")[0]): words(row.select("dd")[0]) for row in details.select("dl > div")}
    assert facts == {
        "Frequency": "10 of 27 orders · Lift 2.7× · 72% of buyers take both",
        "Suggested discount": "−1%: Regular price €1,200.00 €1,188.00",
        "Margin after discount": "20%",
        "Pays off": "from 1 more set in 30 days",
        "Title (English)": "Camera + Lens",
        "Title (Japanese)": "Camera + Lens",
    }
    assert "<b>Odd</b>" in editor.texts("bdi")
    assert not editor.soup.select("tbody b b")


def test_titles_are_those_of_each_language(make_shop: Callable[..., SmallShop]) -> None:
    """As the shop names its products in it."""
    shop = make_shop(
        products=[Product(id=name, title=name, price=Decimal(10)) for name in ("p1", "p2")],
        admin_access=lambda: Merchant("First editor"),
    )
    with shop.app.app_context():
        shop.place(*[("p1", "p2")] * 6, *[("p3",)] * 6)
        shop.storefront.propose_bundles()
        ask = shop.storefront.catalog.get_many

        def named(ids: Iterable[str]) -> dict[str, Product]:
            ending = "（日本語）" if g.get("_storefront_spoken") == "ja" else ""
            return {name: replace(one, title=one.title + ending) for name, one in ask(ids).items()}

        shop.storefront.catalog.get_many = named
        shop.storefront.services.products.forget(None)
        editor = Merchants(shop)
        editor.get(PAGE)
    assert "Title (Japanese) p1（日本語） + p2（日本語）" in editor.texts(".proposal-details dl > div")
    assert "Title (English) p1 + p2" in editor.texts(".proposal-details dl > div")


def test_proposals_are_sorted_by_what_they_bring(editor: Merchants, found: dict[str, str]) -> None:
    """The margin of all their sets; those of unknown cost come last."""
    editor.get(f"{PAGE}?sort=gain")
    titles = editor.texts("tbody tr .row-title")
    assert titles[0] == "Camera + Lens"
    assert all("Bag" in title for title in titles[1:])


def test_accepting_opens_the_editor_filled_in(admin: SmallShop, editor: Merchants, found: dict[str, str]) -> None:
    """The proposal waits until the draft is saved, and then leads to its bundle."""
    editor.get(PAGE)
    links = [str(link["href"]) for link in editor.soup.select("tbody a.accept")]
    address = f"/storefront/admin/bundles/new?proposal={found['camera+lens']}"
    assert address in links
    editor.get(address)
    assert editor.status == 200
    assert "Camera + Lens" in editor.answer.text
    database = admin.storefront.database
    assert proposals.counts(database) == {"open": len(found)}
    draft = proposals.definition_of(database, admin.storefront.catalog, found["camera+lens"])
    stored = BundleRepository(database).create(draft, "First editor", proposal=found["camera+lens"])
    editor.get(f"{PAGE}?state=accepted")
    assert [str(link["href"]) for link in editor.soup.select("tbody a")] == [f"/storefront/admin/bundles/{stored.id}"]
    assert "Created · First editor" in editor.texts("tbody tr")[0]


def decide(editor: Merchants, key: str = "", rows: Sequence[str] = ()) -> str:
    """Press the button of the row *key*, or that for the chosen *rows*; the row at which the list comes back."""
    form = editor.soup.select_one("form[data-bulk-form]")
    assert form is not None
    sent = values(form) | {"rows": list(rows)} | ({"key": [key]} if key else {})
    editor.post(str(form["action"]), sent, follow=False)
    assert editor.status == 303
    address, _, row = editor.answer.headers["Location"].partition("#")
    editor.get(address)
    return row


def keys(editor: Merchants) -> list[str]:
    """The keys of the rows that are shown."""
    return [str(box["value"]) for box in editor.soup.select("[data-row]")]


def test_a_decision_leads_to_the_next_row(editor: Merchants, found: dict[str, str]) -> None:
    """The row that takes the place of the last one, at the list's end the one before; none when all is decided."""
    editor.get(f"{PAGE}?sort=lift")
    shown = keys(editor)
    ids = {
        str(box["value"]): str(row["id"]) for row in editor.soup.select("tbody tr") for box in row.select("[data-row]")
    }
    assert decide(editor, shown[0]) == ids[shown[1]]
    assert keys(editor) == shown[1:]
    assert editor.answer.request.full_path == f"/storefront/admin/{PAGE}?sort=lift"
    assert decide(editor, shown[-1]) == ids[shown[-2]]
    assert decide(editor, rows=shown[1:-1]) == ""
    assert editor.texts(".empty h2") == ["All reviewed"]


@pytest.mark.parametrize("back", ["?a=\r\nX-Evil: 1", "?a=\n", "//evil.example"])
def test_a_wrong_way_back_leads_to_the_list(editor: Merchants, found: dict[str, str], back: str) -> None:
    """A line break in an address is no error of the server, and no header."""
    editor.get(PAGE)
    form = editor.soup.select_one("form[data-bulk-form]")
    assert form is not None
    sent = values(form) | {"key": [keys(editor)[0]], "back": [f"/storefront/admin/{PAGE}{back}"]}
    editor.post(str(form["action"]), sent, follow=False)
    assert editor.status == 303
    assert editor.answer.headers["Location"].partition("#")[0] in (f"/storefront/admin/{PAGE}",)


def test_several_are_rejected_together_and_come_back(
    admin: SmallShop, editor: Merchants, found: dict[str, str]
) -> None:
    """One Undo for all of them, or chosen again among the dismissed ones; what is gone in the meantime is named."""
    editor.get(PAGE)
    shown = keys(editor)
    decide(editor, rows=shown[:2])
    assert editor.texts(".notice p") == ["2 dismissed. They won't be proposed again."]
    assert keys(editor) == shown[2:]
    editor.click("Undo")
    assert keys(editor) == shown
    decide(editor, rows=shown[:2])
    editor.get(f"{PAGE}?state=rejected")
    decide(editor, rows=[*keys(editor), "gone"])
    assert editor.texts(".notice p")[0] == "2 moved back to review."
    assert "the proposals have been refreshed" in editor.texts(".notice p")[1]
    editor.get(PAGE)
    assert keys(editor) == shown
    decide(editor)
    assert editor.texts(".notice p") == ["Select one or more proposals first."]


def test_the_editor_shows_what_spoke_for_a_proposal(admin: SmallShop, editor: Merchants, found: dict[str, str]) -> None:
    """Before it is saved and after, with the way back to its row, or to the list."""
    editor.get(f"bundles/new?proposal={found['camera+lens']}")
    text = editor.texts(".proposal-figures")[0]
    assert text == (
        "Proposal 10 of 27 orders Lift 2.7× 72% of buyers take both −1% suggested margin 20% Back to proposals"
    )
    back = editor.soup.select_one(".proposal-figures a")
    assert back is not None
    address, _, row = str(back["href"]).partition("#")
    editor.press("save")
    assert editor.texts(".proposal-figures") == [text]
    editor.get("bundles/new?kind=set")
    assert editor.texts(".proposal-figures") == []
    editor.get(address)
    assert editor.soup.find(id=row) is None


def test_rejecting_can_be_undone_at_once_and_later(admin: SmallShop, editor: Merchants, found: dict[str, str]) -> None:
    """The notice has a button, the list of dismissed ones too; each leads back to where it was pressed."""
    editor.get(f"{PAGE}?sort=lift")
    first, key = editor.texts("tbody tr .row-title")[0], keys(editor)[0]
    assert f"Dismiss {first}" in editor.texts("tbody button")
    decide(editor, key)
    assert editor.answer.request.full_path == f"/storefront/admin/{PAGE}?sort=lift"
    assert first not in editor.texts("tbody tr .row-title")
    assert proposals.counts(admin.storefront.database) == {"open": len(found) - 1, "rejected": 1}
    editor.click("Undo")
    assert first in editor.texts("tbody tr .row-title")
    decide(editor, key)
    editor.get(f"{PAGE}?state=rejected")
    decide(editor, key)
    assert editor.texts(".empty h2") == ["Nothing dismissed"]
    assert proposals.counts(admin.storefront.database) == {"open": len(found)}


def test_a_proposal_that_is_gone_is_no_error(editor: Merchants, found: dict[str, str]) -> None:
    """Somebody looked again in the meantime: the merchant reads it. The way back is one of ours."""
    editor.get(PAGE)
    editor.post(
        f"{PAGE}/reject", {"key": "gone", "back": "https://elsewhere.example", "storefront_token": editor.token}
    )
    assert editor.status == 200
    assert "the proposals have been refreshed" in editor.texts(".notice")[0]


def test_the_list_is_sorted_and_paged(
    admin: SmallShop, editor: Merchants, found: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the address; what it has wrong is as if it was not there."""
    from storefront_plugin.admin.bundles import proposals as page

    monkeypatch.setattr(page, "SIZE", 2)
    seen: list[str] = []
    for number in range(1, 4):
        editor.get(f"{PAGE}?sort=support&page={number}")
        seen += editor.texts("tbody tr .row-title")
    assert len(seen) == len(set(seen)) == len(found)
    assert seen[0] == "Camera + Lens"
    editor.get(f"{PAGE}?sort=colour&state=green&page=x")
    assert editor.texts(".proposal-states [aria-current]") == [f"To review {len(found)}"]


def test_wrong_settings_are_kept_and_shown(editor: Merchants, found: dict[str, str]) -> None:
    """Beside the field, with all that was typed; the list stays as it was."""
    editor.get(PAGE)
    wrong = {"discount": "ten", "margin_floor": "150", "discount_without_cost": "0", "min_support": "1"}
    editor.post(PAGE, wrong | {"storefront_token": editor.token})
    assert editor.status == 422
    assert typed(editor) == wrong
    assert len(editor.soup.select(".field.wrong")) == 3
    assert len(editor.texts("tbody tr")) == len(found)
    assert f"/storefront/admin/{PAGE}?state=rejected" in [str(link["href"]) for link in editor.soup.select("a")]


def test_a_second_search_learns_of_the_first_and_its_page_follows_by_itself(
    admin: SmallShop, editor: Merchants, found: dict[str, str]
) -> None:
    """Without script the page loads itself again; the list of before stands until the search has ended."""
    database = admin.storefront.database
    editor.get(PAGE)
    begun = proposal_run.begin(database, None, "Second editor")
    proposal_run._set(database, begun.token, done=30, total=120)
    editor.click("Refresh proposals")
    assert "already running" in editor.texts(".notice")[0]
    assert editor.texts("[data-search=running] .progress") == ["Reading orders: 25%"]
    refresh = editor.soup.select_one("noscript")
    assert refresh is not None
    assert 'http-equiv="refresh"' in refresh.decode_contents(formatter=None)
    assert len(editor.texts("tbody tr")) == len(found)
    admin.storefront.services.proposals.carry_out(begun)
    assert not editor.get(PAGE).select("[data-search=running]")


def test_a_failed_search_says_why(
    admin: SmallShop, editor: Merchants, found: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the page, until the next one; what was found before stands."""

    def broken(*args: object, **options: object) -> None:
        raise StorefrontError("The disk is full; make room.")

    monkeypatch.setattr(proposal_run, "find_proposals", broken)
    editor.get(PAGE)
    editor.click("Refresh proposals")
    ended(editor)
    assert editor.texts(".search .notice-error") == ["The last run failed: The disk is full; make room."]
    assert len(editor.texts("tbody tr")) == len(found)


def test_a_product_that_is_gone_is_marked(admin: SmallShop, editor: Merchants, found: dict[str, str]) -> None:
    """Its set is still there to be rejected."""
    del admin.storefront.catalog._products["bag"]  # type: ignore[attr-defined]
    admin.storefront.product_changed("bag")
    editor.get(PAGE)
    assert any("“bag” can't be sold right now." in text for text in editor.texts("tbody tr"))


def test_who_may_only_look_changes_nothing(make_shop: Callable[..., SmallShop]) -> None:
    """The list and the settings are there, without buttons; a posted change is refused, and strangers see nothing."""
    role = ["view"]
    shop = make_shop(products=products(), admin_access=lambda: Merchant("Viewer", role[0]) if role[0] else None)  # type: ignore[arg-type]
    with shop.app.app_context():
        shop.place(*SELLING)
        shop.storefront.propose_bundles()
        viewer = Merchants(shop)
        viewer.get(PAGE)
        assert len(viewer.texts("tbody tr")) > 0
        assert not viewer.soup.select("main form[method=post] button")
        assert not viewer.soup.select("a.accept")
        key = list_proposals(shop.storefront.database)[0][0].key
        for path in (PAGE, f"{PAGE}/reject", f"{PAGE}/unreject"):
            viewer.post(path, {"key": key, "storefront_token": viewer.token if viewer.soup.find("input") else ""})
            assert viewer.status == 403
        assert set(proposals.counts(shop.storefront.database)) == {"open"}
        role[0] = ""
        assert viewer.get(PAGE).find("table") is None
        assert viewer.status == 403


def test_the_page_speaks_japanese(admin: SmallShop, found: dict[str, str]) -> None:
    """Words, numbers and figures."""
    editor = Merchants(admin, "ja")
    editor.get(PAGE)
    assert "注文27件中10件" in " ".join(editor.texts("tbody tr"))
    assert editor.texts("h1") == ["提案"]
