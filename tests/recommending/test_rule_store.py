"""Rules in SQL: every change is logged and can be taken back, two editors never overwrite each other, links become rules."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from postgres import postgres_url
from small_shop import SmallShop

from storefront_plugin.core.errors import InputError
from storefront_plugin.core.sql import audit
from storefront_plugin.core.sql.database import Database
from storefront_plugin.recommending.rules.list import Filters, list_rules
from storefront_plugin.recommending.rules.rows import enabled_rules
from storefront_plugin.recommending.rules.rule import Rule
from storefront_plugin.recommending.rules.store import RuleConflict, RuleNotFound, RuleStore
from tests.recommending.test_rules import made_rules

RULE = Rule(kind="boost", target_value="p1", strength=150, note="for spring")
NOW = dt.datetime.now(dt.timezone.utc)
DAY = dt.timedelta(days=1)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, make_shop: Callable[..., SmallShop]) -> Iterator[Database]:
    """Our tables on a database of each kind."""
    given = {} if request.param == "sqlite" else {"SQLALCHEMY_DATABASE_URI": postgres_url()}
    shop = make_shop(**given)
    with shop.app.app_context():
        yield shop.storefront.database


def rules_of(database: Database) -> dict[int, Rule]:
    return {one.id: one.definition for one in list_rules(database)[0]}


@given(made_rules())
def test_a_rule_comes_out_of_the_log_as_it_went_in(rule: Rule) -> None:
    """Times with their zone, too."""
    timed = replace(rule, starts_at=NOW, ends_at=NOW + DAY)
    assert RuleStore.loaded(RuleStore.dumped(timed)) == timed


def test_a_rule_is_created_changed_and_found_again(database: Database) -> None:
    """Times are kept to the microsecond, versions rise, and the editor's name stands there."""
    made = RuleStore(database).create(replace(RULE, starts_at=NOW), "First editor")
    found = RuleStore(database).load(made.id)
    assert (found.version, found.definition, found.updated_by) == (1, replace(RULE, starts_at=NOW), "First editor")
    RuleStore(database).update(made.id, 1, replace(RULE, strength=200), "Second editor")
    found = RuleStore(database).load(made.id)
    assert (found.version, found.definition.strength, found.updated_by) == (2, 200, "Second editor")


def test_a_wrong_rule_is_not_saved(database: Database) -> None:
    """Neither as a new one nor over an old one, and nothing is logged."""
    made = RuleStore(database).create(RULE)
    for save in (
        lambda: RuleStore(database).create(replace(RULE, strength=5)),
        lambda: RuleStore(database).update(made.id, 1, replace(RULE, strength=5)),
    ):
        with pytest.raises(InputError, match="boost"):
            save()
    assert rules_of(database) == {made.id: RULE}
    assert audit.entries(database, "rule")[1] == 1


def test_the_second_of_two_editors_gets_a_conflict(database: Database) -> None:
    """With how the rule stands now; nothing of the first is lost."""
    made = RuleStore(database).create(RULE)
    RuleStore(database).update(made.id, 1, replace(RULE, strength=200), "Second editor")
    with pytest.raises(RuleConflict, match="changed by Second editor") as caught:
        RuleStore(database).update(made.id, 1, replace(RULE, strength=300), "First editor")
    assert caught.value.current is not None
    assert caught.value.current.definition.strength == 200
    RuleStore(database).delete([made.id])
    with pytest.raises(RuleNotFound):
        RuleStore(database).update(made.id, 2, RULE)


def test_bulk_changes_skip_what_is_so_already(database: Database) -> None:
    """And what is gone; each change has an entry of its own."""
    numbers = [RuleStore(database).create(replace(RULE, target_value=f"p{n}")).id for n in range(3)]
    assert len(RuleStore(database).set_enabled(numbers[:2], False, "First editor")) == 2
    assert [done.id for done in RuleStore(database).set_enabled([*numbers, 999], False)] == [numbers[2]]
    assert enabled_rules(database) == {}
    assert len(RuleStore(database).delete([*numbers, 999])) == 3
    actions = [entry.action for entry in audit.entries(database, "rule")[0]]
    assert actions == ["delete"] * 3 + ["disable"] * 3 + ["create"] * 3


def test_a_change_that_others_built_on_is_not_taken_back(database: Database) -> None:
    """All or none: of two entries the one that could be undone stays, too."""
    first, second = (RuleStore(database).create(replace(RULE, target_value=f"p{n}")) for n in (1, 2))
    offs = RuleStore(database).set_enabled([first.id, second.id], False)
    RuleStore(database).update(second.id, 2, replace(RULE, strength=200))
    with pytest.raises(RuleConflict):
        RuleStore(database).undo([off.entry for off in offs])
    assert not RuleStore(database).load(first.id).definition.enabled


def test_the_list_is_filtered_sorted_and_paged(database: Database) -> None:
    """Words are found in ids, brands and notes, in any case; products found by their titles come in as ids."""
    rules = {
        "on": Rule(kind="exclude", target_kind="brand", target_value="Aster", note="Spring sale"),
        "off": Rule(kind="pin", seed_kind="product", seed_value="p9", target_value="p1", enabled=False),
        "scheduled": Rule(kind="boost", target_value="p2", strength=150, starts_at=NOW + DAY),
        "ended": Rule(kind="bury", target_value="p3", strength=50, ends_at=NOW - DAY),
    }
    numbers = {state: RuleStore(database).create(rule).id for state, rule in rules.items()}

    def found(**wanted: Any) -> list[int]:
        return [one.id for one in list_rules(database, Filters(**wanted))[0]]

    for state, number in numbers.items():
        assert found(state=state) == [number]
        assert rules[state].state(NOW) == state
    assert found(kind="exclude") == [numbers["on"]]
    assert found(seed_kind="product") == found(target_kind="product", text="P9") == [numbers["off"]]
    assert found(text="SALE spring") == [numbers["on"]]
    assert found(text="100%") == []
    assert found(text="lamp", product_ids=("p2", "p9")) == [numbers["scheduled"], numbers["off"]]
    by_kind = [numbers[state] for state in ("scheduled", "ended", "on", "off")]
    assert found(sort="kind", descending=False) == by_kind
    pages = [list_rules(database, Filters(sort="kind", descending=False), page, 3) for page in (1, 2)]
    assert [[one.id for one in rows] for rows, _ in pages] == [by_kind[:3], by_kind[3:]]
    assert {count for _, count in pages} == {4}
    with pytest.raises(InputError):
        list_rules(database, page=0)


# The calls in Python.


def test_pins_and_exclusions_in_python_are_rules(shop: SmallShop) -> None:
    """The same one twice stands once with the later position; `unpin` and `include` take them away, and nothing else."""
    shop.storefront.pin("p2", "p1")
    shop.storefront.pin("p2", "p1", position=3)
    shop.storefront.pin("p2", "p1", "related")
    shop.storefront.exclude("p4")
    shop.storefront.exclude("p4", on="p1")
    database = shop.storefront.database
    pins = {(rule.strategy, rule.position) for rule in rules_of(database).values() if rule.kind == "pin"}
    assert pins == {(None, 3), ("related", 0)}
    shop.storefront.unpin("p2", "p1")
    shop.storefront.unpin("p2", "p1")
    shop.storefront.include("p4")
    left = {(rule.kind, rule.seed_value, rule.strategy) for rule in rules_of(database).values()}
    assert left == {("pin", "p1", "related"), ("exclude", "p1", None)}


def test_the_audit_entry_names_what_was_done(database: Database) -> None:
    """Before and after as JSON, and a title that a colleague can read."""
    made = RuleStore(database).create(RULE, "First editor")
    RuleStore(database).update(made.id, 1, replace(RULE, strength=200), "Second editor")
    newest, oldest = audit.entries(database, "rule", made.id)[0]
    assert (newest.changed_by, newest.action, newest.title) == ("Second editor", "edit", "boost: p1")
    assert json.loads(newest.before or "") == json.loads(oldest.after or "")
    assert json.loads(newest.after or "")["strength"] == 200
