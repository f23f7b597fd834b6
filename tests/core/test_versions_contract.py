"""What every versioned store promises, asked of each noun on SQLite and PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from fillers import FILLERS
from hypothesis import given, settings
from hypothesis import strategies as st
from made_bundles import set_of
from postgres import postgres_url
from small_shop import SmallShop

from storefront_plugin.bundles.price import percent_off
from storefront_plugin.bundles.store.repository import BundleRepository
from storefront_plugin.core.errors import InputError
from storefront_plugin.core.sql import audit
from storefront_plugin.core.sql.database import Database
from storefront_plugin.core.sql.versions import Record, RecordNotFound, VersionConflict, VersionedStore
from storefront_plugin.recommending.placements import PlacementStore
from storefront_plugin.recommending.plan import Slot
from storefront_plugin.recommending.rules.rule import Rule
from storefront_plugin.recommending.rules.store import RuleStore

AnyStore = VersionedStore[Any, Any, Record[Any, Any]]


@dataclass(frozen=True)
class Noun:
    """A store, three definitions of its kind, and the key of one that always stands; None where each is created."""

    store: Callable[[Database], Any]
    definitions: Sequence[Any]
    key: str | None = None


def slot(name: str) -> Slot:
    return Slot(name=name, strategies=("bestsellers",))


RULES = Noun(RuleStore, [Rule(kind="boost", target_value="p1", strength=strength) for strength in (150, 200, 300)])
BUNDLES = Noun(BundleRepository, [set_of("p1", "p2", price=percent_off(percent)) for percent in (10, 20, 30)])
PLACEMENTS = Noun(
    lambda database: PlacementStore(database, FILLERS), [(slot("a"),), (slot("a"), slot("b")), ()], "home"
)
NOUNS = {"rules": RULES, "bundles": BUNDLES, "placements": PLACEMENTS}


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, make_shop: Callable[..., SmallShop]) -> Iterator[Database]:
    """Our tables on a database of each kind."""
    shop = make_shop() if request.param == "sqlite" else make_shop(SQLALCHEMY_DATABASE_URI=postgres_url())
    with shop.app.app_context():
        yield shop.storefront.database


@pytest.fixture(params=NOUNS)
def noun(request: pytest.FixtureRequest) -> Noun:
    found: Noun = NOUNS[request.param]
    return found


@pytest.fixture(params=["rules", "bundles"])
def deletable(request: pytest.FixtureRequest) -> Noun:
    found: Noun = NOUNS[request.param]
    return found


def make(store: AnyStore, noun: Noun) -> Record[Any, Any]:
    """One that stands with the first definition."""
    if noun.key is None:
        return store.create(noun.definitions[0], "First editor")
    return store.update(noun.key, store.load(noun.key).version, noun.definitions[0], "First editor")


def test_what_is_saved_stands_with_its_version_and_editor(database: Database, noun: Noun) -> None:
    """What a change returns is what is read afterwards."""
    store = noun.store(database)
    made = make(store, noun)
    assert (made.version, made.definition, made.updated_by) == (1, noun.definitions[0], "First editor")
    changed = store.update(made.id, 1, noun.definitions[1], "Second editor")
    assert (changed.version, changed.definition, changed.updated_by) == (2, noun.definitions[1], "Second editor")
    assert store.load(made.id) == changed == store.find([made.id])[made.id]


def test_the_second_of_two_editors_gets_a_conflict_with_what_stands(database: Database, noun: Noun) -> None:
    """And who made it; nothing of the first is lost."""
    store = noun.store(database)
    made = make(store, noun)
    first = store.update(made.id, made.version, noun.definitions[1], "Second editor")
    with pytest.raises(VersionConflict, match="Second editor") as caught:
        store.update(made.id, made.version, noun.definitions[2], "Late")
    assert caught.value.current == first == store.load(made.id)


def test_of_many_editors_at_once_one_wins(database: Database, noun: Noun) -> None:
    """The guard holds between transactions; the version tells of one change."""
    store = noun.store(database)
    made = make(store, noun)
    outcomes: list[str] = []
    gate = threading.Barrier(4)

    def edit(number: int) -> None:
        gate.wait()
        try:
            store.update(made.id, made.version, noun.definitions[1 + number % 2], f"e{number}")
            outcomes.append("saved")
        except VersionConflict:
            outcomes.append("conflict")

    threads = [threading.Thread(target=edit, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["conflict", "conflict", "conflict", "saved"]
    assert store.load(made.id).version == made.version + 1


def test_each_change_is_an_entry_that_joins_the_one_before(database: Database, noun: Noun) -> None:
    """With its version, its editor, and what stood before and after; a refused one is none."""
    store = noun.store(database)
    made = make(store, noun)
    for number, definition in enumerate(noun.definitions[1:], 1):
        store.update(made.id, number, definition, f"e{number}")
    with pytest.raises(VersionConflict):
        store.update(made.id, 1, noun.definitions[0], "Late")
    entries = store.history(made.id)
    assert [entry.version for entry in entries] == [3, 2, 1]
    assert [entry.changed_by for entry in entries] == ["e2", "e1", "First editor"]
    assert [entry.after for entry in entries[1:]] == [entry.before for entry in entries[:-1]]


def test_a_change_is_taken_back_and_brought_again(database: Database, noun: Noun) -> None:
    """By its entry or by the version it led to; each is a change of its own."""
    store = noun.store(database)
    made = make(store, noun)
    changed = store.update(made.id, made.version, noun.definitions[1])
    (back,) = store.undo([changed.entry], "Second editor")
    assert (back.definition, back.version, back.updated_by) == (noun.definitions[0], 3, "Second editor")
    again = store.revert(made.id, back.version)
    assert (again.definition, again.version) == (noun.definitions[1], 4)
    assert [entry.action for entry in store.history(made.id)[:2]] == ["undo", "undo"]


def test_what_others_built_on_is_not_taken_back(database: Database, noun: Noun) -> None:
    """Neither by its entry nor by its version; of several entries all stay then."""
    store = noun.store(database)
    made = make(store, noun)
    first = store.update(made.id, 1, noun.definitions[1])
    second = store.update(made.id, 2, noun.definitions[2])
    for take_back in (lambda: store.undo([second.entry, first.entry, first.entry]), lambda: store.revert(made.id, 2)):
        with pytest.raises(VersionConflict):
            take_back()
        assert store.load(made.id) == second
    with pytest.raises(InputError, match="There is no change 77"):
        store.undo([second.entry, 77])
    assert store.load(made.id) == second


def test_an_entry_of_another_noun_is_none_of_ours(database: Database, noun: Noun) -> None:
    """Ids of entries come from forms."""
    with database.writing() as session:
        entry = audit.note(session, "Somebody", "other", 1, "edit", version=1)
    with pytest.raises(InputError):
        noun.store(database).undo([entry])


def test_what_is_deleted_comes_back_under_its_own_id(database: Database, deletable: Noun) -> None:
    """With the next version, so that an editor left open gets a conflict; no other gets the id."""
    store = deletable.store(database)
    made = make(store, deletable)
    (gone,) = store.delete([made.id, 999], "Second editor")
    assert (gone.id, gone.definition, store.find([made.id])) == (made.id, made.definition, {})
    with pytest.raises(RecordNotFound):
        store.load(made.id)
    with pytest.raises(RecordNotFound):
        store.update(made.id, made.version, deletable.definitions[1])
    other = make(store, deletable)
    assert other.id > made.id
    (back,) = store.undo([gone.entry])
    assert (back.id, back.definition, back.version) == (made.id, made.definition, 3)
    with pytest.raises(VersionConflict):
        store.update(made.id, made.version, deletable.definitions[1])


def test_the_same_deletion_is_taken_back_once(database: Database, deletable: Noun) -> None:
    """Two who press Undo at once meet one thing."""
    store = deletable.store(database)
    (gone,) = store.delete([make(store, deletable).id])
    store.undo([gone.entry])
    with pytest.raises(VersionConflict):
        store.undo([gone.entry])


steps = st.lists(
    st.tuples(st.sampled_from(["edit", "late edit", "undo", "late undo"]), st.integers(0, 2)), min_size=1, max_size=8
)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@given(steps)
@settings(max_examples=25, deadline=None)
def test_any_changes_in_any_order_leave_what_a_list_of_versions_says(
    database: Database, noun: Noun, steps: list[tuple[str, int]]
) -> None:
    """The model: each change appends a version, undo appends the one before the last; late ones append nothing."""
    store = noun.store(database)
    first = make(store, noun)
    versions, entries = [noun.definitions[0]], [0]
    for step, number in steps:
        version, definition = first.version + len(versions) - 1, noun.definitions[number]
        if step == "edit":
            entries.append(store.update(first.id, version, definition).entry)
            versions.append(definition)
        elif step == "undo" and len(versions) > 1:
            entries.append(store.undo([entries[-1]])[0].entry)
            versions.append(versions[-2])
        elif step == "late edit" and len(versions) > 1:
            with pytest.raises(VersionConflict):
                store.update(first.id, version - 1, definition)
        elif step == "late undo" and len(versions) > 2:
            with pytest.raises(VersionConflict):
                store.undo([entries[-2]])
        stands = store.load(first.id)
        assert (stands.definition, stands.version) == (versions[-1], first.version + len(versions) - 1)
