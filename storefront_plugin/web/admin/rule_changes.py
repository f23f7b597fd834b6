"""Rules switched and deleted together, and every change taken back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias, get_args

from flask import Blueprint, Response, request

from ...errors import InputError
from ...proxies import current_storefront
from ...recommending import rule_store
from ...recommending.rule_store import Done, RuleConflict
from .access import merchant_name
from .language import say, say_count
from .notices import tell
from .pages import change, link, see_other
from .rule_words import product_titles

MOST_CHOSEN = 500
"""Rules changed together: a page of the list has 50."""

Act: TypeAlias = Literal["enable", "disable", "delete"]


def register(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/rules/change", "rule_change", changed, methods=["POST"])
    blueprint.add_url_rule("/rules/undo", "rule_undo", undo, methods=["POST"])


@change
def changed() -> Response:
    """``POST rules/change``: ``act`` (enable, disable or delete) on the rules named by ``rule``."""
    act = next((one for one in get_args(Act) if one == request.form.get("act")), None)
    chosen = _numbers(request.form.getlist("rule"))
    if act is None or not chosen:
        tell(say("Choose rules first; then press a button."), "warning")
        return see_other(way_back_to_rules())
    database, by = current_storefront.database, merchant_name()
    titles = product_titles(rule_store.rules_of(database, chosen))
    if act == "delete":
        done = rule_store.delete(database, chosen, by, titles)
        words = say_count("%(num)s rule deleted.", "%(num)s rules deleted.", len(done))
    elif act == "enable":
        done = rule_store.set_enabled(database, chosen, True, by, titles)
        words = say_count("%(num)s rule switched on.", "%(num)s rules switched on.", len(done))
    else:
        done = rule_store.set_enabled(database, chosen, False, by, titles)
        words = say_count("%(num)s rule switched off.", "%(num)s rules switched off.", len(done))
    tell_done(words, done) if done else tell(say("Nothing was changed."))
    return see_other(way_back_to_rules())


@change
def undo() -> Response:
    """``POST rules/undo``: take back the changes named by ``entries``."""
    entries = _numbers(request.form.get("entries", "").split(","))
    try:
        done = rule_store.undo(current_storefront.database, entries, merchant_name())
    except RuleConflict:
        tell(say("The rule was changed again since, so this cannot be undone. Change it by hand."), "error")
    except InputError:
        tell(say("There is nothing to undo any more."), "warning")
    else:
        tell_done(say("Undone."), done)
    return see_other(way_back_to_rules())


def tell_done(words: str, done: Sequence[Done]) -> None:
    """Let pages follow, and say what was done, with the way back."""
    current_storefront.mounted.tell_rules_changed()
    entries = ",".join(str(one.entry) for one in done)
    tell(words, undo=link("rule_undo"), entries=entries, back=way_back_to_rules())


def way_back_to_rules() -> str:
    """The page to go back to: one of ours that the form names in ``back``, else the list."""
    given, start = request.form.get("back", ""), link("rules").removesuffix("rules")
    return given if given.startswith(start) and "\\" not in given and "//" not in given else link("rules")


def _numbers(texts: Sequence[str]) -> list[int]:
    return [int(text) for text in texts[:MOST_CHOSEN] if text.isascii() and text.isdigit() and len(text) < 19]
