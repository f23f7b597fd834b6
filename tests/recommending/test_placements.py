"""The merchant's slots: stored, changed by two people at once, undone, and shown by all processes."""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from fillers import FILLERS
from hypothesis import given
from hypothesis import strategies as st
from postgres import postgres_url
from shop_pages import add_pages, counted_sql, visit, wait_until, warm
from small_shop import SmallShop, small_shop

from storefront_plugin import Slot
from storefront_plugin.core.errors import ConfigurationError, InputError
from storefront_plugin.core.problems import Invalid
from storefront_plugin.core.sql import audit
from storefront_plugin.core.sql.database import Database, table_of
from storefront_plugin.proxies import SERVICES
from storefront_plugin.recommending.cards import CardFiller
from storefront_plugin.recommending.placements import EditConflict, PlacementStore, unchanged
from storefront_plugin.recommending.plan import DEFAULT_PLAN, PLACEMENTS, dump_slots, load_slots, slot_from_json
from storefront_plugin.recommending.strategies import STRATEGIES
from storefront_plugin.recommending.tables import PlacementRow

MakeShop = Callable[..., SmallShop]
NOW = dt.datetime.now(dt.timezone.utc)
HOUR = dt.timedelta(hours=1)
BEST = Slot(name="best", strategies=("bestsellers",))
ALIKE = Slot(name="alike", strategies=("related", "bestsellers"), title={"en": "Alike", "ja": "似た商品"}, limit=3)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, make_shop: MakeShop) -> Iterator[Database]:
    """Our sessions on both databases."""
    options = {"STOREFRONT_DATABASE_URL": postgres_url()} if request.param == "postgresql" else {}
    shop = make_shop(**options)
    with shop.app.app_context():
        yield shop.storefront.database


@pytest.fixture
def live(make_shop: MakeShop) -> SmallShop:
    """A shop in production mode with pages and some orders."""
    shop = add_pages(make_shop(TESTING=False, STOREFRONT_DRAIN="off"))
    with shop.app.app_context():
        shop.place(*([f"p{a}", f"p{b}"] for a in range(1, 6) for b in range(a + 1, 6)), *[["p6"]] * 3)
    return shop


def write(shop: SmallShop, *slots: Slot, placement: str = "product") -> None:
    """Save and tell, as the merchant's page does."""
    with shop.app.app_context():
        version = PlacementStore(shop.storefront.database, FILLERS).load(placement).version
        PlacementStore(shop.storefront.database, FILLERS).save(placement, version, slots)
        shop.storefront.services.news.rules_changed()


def write_text(shop: SmallShop, text: str) -> None:
    """What somebody wrote into the table by hand."""
    write(shop, BEST)
    with shop.app.app_context(), shop.storefront.database.writing() as session:
        session.execute(sa.update(table_of(PlacementRow)).values(slots=text))
    shop.app.extensions[SERVICES].news.rules_changed()


# Stored and changed


def test_a_placement_nobody_changed_follows_the_developers_plan(database: Database) -> None:
    """It stands at version 0 and has no slots of its own."""
    assert PlacementStore(database, FILLERS).load("cart") == unchanged("cart")
    assert PlacementStore(database, FILLERS).find(PLACEMENTS) == {}


def test_slots_are_stored_with_all_they_have(database: Database) -> None:
    """What is loaded equals what was saved; each save is one version on."""
    rich = replace(ALIKE, minimum=2, lazy=True, specialness=0.3, starts_at=NOW, ends_at=NOW + HOUR, enabled=False)
    first = PlacementStore(database, FILLERS).save("cart", 0, [BEST, rich], "First editor")
    assert (first.version, first.slots, first.updated_by) == (1, (BEST, rich), "First editor")
    assert (
        PlacementStore(database, FILLERS).load("cart")
        == first
        == PlacementStore(database, FILLERS).find(PLACEMENTS)["cart"]
    )
    assert PlacementStore(database, FILLERS).save("cart", 1, [], "First editor").slots == ()


@pytest.mark.parametrize("version", [0, 1])
def test_the_second_of_two_editors_gets_a_conflict_and_nothing_is_lost(database: Database, version: int) -> None:
    """Whether there was a version before or not; the conflict carries what stands now."""
    if version:
        PlacementStore(database, FILLERS).save("home", 0, [BEST])
    first = PlacementStore(database, FILLERS).save("home", version, [ALIKE], "First editor")
    with pytest.raises(EditConflict, match="First editor") as caught:
        PlacementStore(database, FILLERS).save("home", version, [ALIKE, BEST], "Second editor")
    assert caught.value.current == first == PlacementStore(database, FILLERS).load("home")
    for act in (PlacementStore(database, FILLERS).reset, PlacementStore(database, FILLERS).revert):
        with pytest.raises(EditConflict):
            act("home", version)


def test_of_many_editors_at_once_one_wins(database: Database) -> None:
    """The guard holds between transactions, for the first version as for later ones."""
    for version in (0, 1):
        outcomes: list[str] = []
        gate = threading.Barrier(4)

        def edit(number: int, version: int = version, outcomes: list[str] = outcomes, gate: Any = gate) -> None:
            gate.wait()
            try:
                PlacementStore(database, FILLERS).save("home", version, [replace(BEST, name=f"v{version}n{number}")])
                outcomes.append("saved")
            except EditConflict:
                outcomes.append("conflict")

        threads = [threading.Thread(target=edit, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == ["conflict", "conflict", "conflict", "saved"]
        assert PlacementStore(database, FILLERS).load("home").version == version + 1


def test_a_double_click_is_no_conflict(database: Database) -> None:
    """The same slots saved twice from one form stand once."""
    first = PlacementStore(database, FILLERS).save("home", 0, [BEST])
    assert PlacementStore(database, FILLERS).save("home", 0, [BEST]) == first


def test_every_change_can_be_undone_and_is_in_the_log(database: Database) -> None:
    """Edits and the way back to the developer's plan; undoing twice brings back what was undone."""
    one = PlacementStore(database, FILLERS).save("home", 0, [BEST], "First editor")
    two = PlacementStore(database, FILLERS).reset("home", one.version, "Second editor")
    assert (two.version, two.slots) == (2, None)
    three = PlacementStore(database, FILLERS).revert("home", 2, "First editor")
    assert three.slots == (BEST,)
    assert PlacementStore(database, FILLERS).revert("home", 3).slots is None
    entries, count = audit.entries(database, "placement", "home")
    assert [entry.action for entry in entries] == ["undo", "undo", "reset", "edit"]
    assert (count, entries[-1].before, entries[-1].after) == (4, "null", dump_slots([BEST]))
    assert entries[2].changed_by == "Second editor"


def test_what_was_never_changed_cannot_be_undone(database: Database) -> None:
    """It says so, and no version is used up."""
    with pytest.raises(InputError, match="no change"):
        PlacementStore(database, FILLERS).revert("home", 0)
    assert PlacementStore(database, FILLERS).load("home").version == 0


@pytest.mark.parametrize(
    ("slots", "words"),
    [
        ([BEST, BEST], "Another slot has this name"),
        ([replace(BEST, strategies=("telepathy",))], "source telepathy no longer exists"),
        ([replace(BEST, limit=31)], "1 to 30"),
        ([replace(BEST, limit=0)], "1 to 30"),
        ([replace(BEST, minimum=5)], "use 4 or less"),
        ([replace(BEST, minimum=-1)], "0 to 4"),
        ([replace(BEST, name="")], "name"),
        ([replace(BEST, name="x" * 65)], "name"),
        ([replace(BEST, name="a\nb")], "name"),
        ([replace(BEST, strategies=("related", "related"))], "selected twice"),
        ([replace(BEST, title={"en": "x" * 201})], "shorten"),
        ([replace(BEST, title={"en": 3})], "must be text"),
        ([replace(BEST, name=f"n{number}") for number in range(21)], "at most 20"),
    ],
)
def test_slots_that_cannot_be_are_refused(shop: SmallShop, slots: list[Slot], words: str) -> None:
    """With a sentence that says what is wrong; nothing is written."""
    with pytest.raises(InputError, match=words):
        PlacementStore(shop.storefront.database, FILLERS).save("home", 0, slots)
    assert PlacementStore(shop.storefront.database, FILLERS).find(PLACEMENTS) == {}


def test_all_that_is_wrong_with_slots_is_told_at_once_with_the_fields(shop: SmallShop) -> None:
    """To the store's caller as problems with paths; to the developer in one sentence for each."""
    slots = [replace(BEST, limit=31, minimum=40), BEST, replace(ALIKE, strategies=("related", "bundles"), layout="x")]
    with pytest.raises(Invalid) as caught:
        PlacementStore(shop.storefront.database, FILLERS).save("home", 0, slots)
    paths = [(0, "limit"), (0, "minimum"), (0, "name"), (1, "name"), (2, "layout"), (2, "strategies")]
    assert [problem.path for problem in caught.value.problems] == paths
    with pytest.raises(ConfigurationError) as refused:
        FILLERS.check_all("home", slots)
    assert str(refused.value).count("of 'home'") == len(paths)
    assert "Slot 'best' of 'home': limit: The maximum of a slot must be a whole number from 1 to 30." in str(
        refused.value
    )


def test_a_placement_that_does_not_exist_is_refused(shop: SmallShop) -> None:
    """In every call."""
    placements = PlacementStore(shop.storefront.database, FILLERS)
    for call in (placements.load, lambda name: placements.save(name, 0, [BEST])):
        with pytest.raises(InputError, match="no placement"):
            call("cellar")


# As JSON

names = st.text(
    st.characters(min_codepoint=33, max_codepoint=0x2FF, categories=["L", "N", "P"]), min_size=1, max_size=64
)
moments = st.datetimes(dt.datetime(2020, 1, 1), dt.datetime(2040, 1, 1), timezones=st.just(dt.timezone.utc))


@st.composite
def any_slots(draw: st.DrawFn) -> Slot:
    limit = draw(st.integers(1, 30))
    starts = draw(st.none() | moments)
    return Slot(
        name=draw(names),
        strategies=tuple(draw(st.lists(st.sampled_from(sorted(STRATEGIES)), min_size=1, unique=True))),
        title=draw(
            st.none() | st.text(min_size=1, max_size=200) | st.dictionaries(names, st.text(max_size=200), min_size=1)
        ),
        layout=draw(st.sampled_from(sorted(CardFiller.layouts))),
        limit=limit,
        minimum=draw(st.integers(0, limit)),
        lazy=draw(st.booleans()),
        specialness=draw(st.none() | st.floats(0, 0.5)),
        starts_at=starts,
        ends_at=draw(st.none() | st.just((starts or NOW) + HOUR)),
        enabled=draw(st.booleans()),
    )


@given(st.lists(any_slots(), max_size=5))
def test_any_slots_come_back_from_their_json(slots: list[Slot]) -> None:
    """Nothing is lost, and nothing is found wrong."""
    assert load_slots(dump_slots(slots)) == (tuple(slots), ())


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(
    st.sampled_from(["name", "strategies", "title", "layout", "limit", "minimum", "lazy", "specialness", "starts_at",
                     "ends_at", "enabled", "other"]), inner)))  # fmt: skip
def test_any_other_json_is_refused_with_a_sentence(data: object) -> None:
    """Never with another error, whatever the types are."""
    try:
        slot = slot_from_json(data)
    except InputError:
        return
    assert load_slots(dump_slots([slot])) == ((slot,), ())


@pytest.mark.parametrize("text", ["", "{", "[", "{}", "3", '"text"', "[3]", '[{"name": "x"}]'])
def test_what_cannot_be_read_at_all_is_the_developers_plan(text: str) -> None:
    """And a sentence says what is wrong."""
    slots, problems = load_slots(text)
    assert slots is None
    assert problems


def test_one_bad_slot_leaves_the_others() -> None:
    """Only what cannot be read is left out."""
    slots, problems = load_slots('[{"name":"best","strategies":["bestsellers"]},{"name":"bad","strategies":[]}]')
    assert slots == (BEST,)
    assert "'bad'" in problems[0]


def test_a_slot_needs_times_with_a_zone_and_in_their_order() -> None:
    """The developer reads it at mount time."""
    with pytest.raises(ConfigurationError, match="zone"):
        replace(BEST, starts_at=dt.datetime(2026, 1, 1))
    with pytest.raises(ConfigurationError, match=r"'best'.* end must be after the start"):
        replace(BEST, starts_at=NOW, ends_at=NOW)


# On pages


def test_pages_follow_the_merchants_slots_and_go_back(shop: SmallShop) -> None:
    """In the merchant's order, under the merchant's title; the developer's slots return after the reset."""
    add_pages(shop)
    shop.place(*[["p1", "p2"], ["p3", "p4"], ["p6", "p7"]] * 3)
    before = [each["data-storefront-slot"] for each in visit(shop).soup.select("[data-storefront-slot]")]
    write(shop, replace(BEST, title="Taken most"), ALIKE)
    soup = visit(shop).soup
    assert [each["data-storefront-slot"] for each in soup.select("[data-storefront-slot]")] == ["best", "alike"]
    assert [each.text.strip() for each in soup.select("h2")] == ["Taken most", "Alike"]
    PlacementStore(shop.storefront.database, FILLERS).reset("product", 1)
    shop.storefront.services.news.rules_changed()
    after = [each["data-storefront-slot"] for each in visit(shop).soup.select("[data-storefront-slot]")]
    assert after == before
    assert "related" in before


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        ({"enabled": False}, False),
        ({"starts_at": NOW + HOUR}, False),
        ({"ends_at": NOW - HOUR}, False),
        ({"starts_at": NOW - HOUR, "ends_at": NOW + HOUR}, True),
        ({"lazy": True, "enabled": False}, False),
    ],
)
def test_slots_that_are_off_or_out_of_schedule_are_not_filled(
    shop: SmallShop, change: dict[str, Any], shown: bool
) -> None:
    """Neither on the page nor in its fragment nor for the API."""
    add_pages(shop)
    write(shop, ALIKE, replace(BEST, **change))
    shop.place(*[["p1", "p2"], ["p3", "p4"], ["p10"]] * 3)
    client = shop.app.test_client()
    fragment = client.get("/storefront/fragment/product?product=p1").text
    slots = client.get("/storefront/api/placements/product?product=p1").json["slots"]
    assert bool(visit(shop).soup.select("[data-storefront-slot=best]")) is shown
    assert ('data-storefront-slot="best"' in fragment) is shown
    assert ("best" in [slot["name"] for slot in slots]) is shown


def test_a_template_that_names_a_removed_slot_shows_nothing(shop: SmallShop, caplog: pytest.LogCaptureFixture) -> None:
    """It is logged once; a name that nobody ever planned is still a mistake."""
    write(shop, BEST, replace(ALIKE, enabled=False))
    caplog.set_level(logging.INFO, "storefront_plugin")
    with shop.app.test_request_context():
        for _ in range(3):
            assert shop.storefront.slot("also_bought", "p1") == ""
            assert shop.storefront.slot("alike", "p1") == ""
        with pytest.raises(ConfigurationError, match="no slot 'nonsense'"):
            shop.storefront.slot("nonsense", "p1")
    texts = [record.getMessage() for record in caplog.records if "A template shows slot" in record.getMessage()]
    assert [name for name in ("also_bought", "alike") if sum(f"'{name}'" in text for text in texts) != 1] == []


def test_what_is_damaged_never_breaks_a_page(live: SmallShop, caplog: pytest.LogCaptureFixture) -> None:
    """A strategy that is gone costs its slot; a text nobody can read brings the developer's plan; logged once."""
    live.app.testing = True  # pages read afresh by themselves, and our own mistakes raise
    write_text(live, '[{"name":"old","strategies":["telepathy"]},{"name":"best","strategies":["bestsellers"]}]')
    for _ in range(2):
        page = visit(live)
        live.app.extensions[SERVICES].snapshots.expire()
        assert [each["data-storefront-slot"] for each in page.soup.select("[data-storefront-slot]")] == ["best"]
    assert caplog.text.count("source telepathy") == 1
    write_text(live, "][")
    shown = {each["data-storefront-slot"] for each in visit(live).soup.select("[data-storefront-slot]")}
    assert shown
    assert shown <= {slot.name for slot in DEFAULT_PLAN["product"]}
    assert "not valid JSON" in caplog.text


def test_another_process_follows_within_a_second_and_without_a_statement(live: SmallShop) -> None:
    """Its pages hear of the change with their candidates; what they show next costs no SQL."""
    config = {key: live.app.config[key] for key in live.app.config if key.startswith("STOREFRONT_")}
    other = add_pages(small_shop(Path(live.app.instance_path), TESTING=False, **config))
    try:
        warm(other)
        write(live, BEST)

        def follows() -> bool:
            return {each["data-storefront-slot"] for each in visit(other).soup.select("[data-storefront-slot]")} == {
                "best"
            }

        wait_until(follows, 1.0)
        with counted_sql() as statements:
            assert follows()
        assert statements == []
    finally:
        other.close()


def test_removed_slots_are_known_to_the_plan_but_off(shop: SmallShop) -> None:
    """The plan tells what stands; the developer's own plan is untouched."""
    write(shop, BEST)
    plan = shop.storefront.plan["product"]
    assert [slot.name for slot in plan if slot.enabled] == ["best"]
    assert {slot.name for slot in plan if not slot.enabled} == {slot.name for slot in DEFAULT_PLAN["product"]}
    assert shop.storefront.services.suggestions.own_plan["product"] == DEFAULT_PLAN["product"]
