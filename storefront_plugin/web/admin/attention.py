"""What needs the merchant's attention: each a sentence, what helps, and one place to go or one command."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ...bundles import proposals
from ...proxies import current_storefront
from ...recommending.fills import Fill, often_empty
from ...recommending.plan import running
from .counting import Backlog
from .health import Health
from .language import admin_texts, say, say_count, shown_age, shown_percent
from .pages import link
from .slot_views import placement_words

Fills: TypeAlias = Mapping[str, Mapping[str, Fill]]

DAYS = 7
REBUILD = "flask storefront rebuild"

LEVELS = ("error", "warning", "waiting")


@dataclass(frozen=True, slots=True)
class Item:
    """One matter. *label* and *address* are its link, *command* what to type where no page of ours can mend it."""

    level: Literal["error", "warning", "waiting"]
    sentence: str
    remedy: str
    label: str = ""
    address: str = ""
    command: str = ""


def machine_items(health: Health) -> list[Item]:
    """About Redis, the database and the counts."""
    items = []
    if health.database.state == "error":
        items.append(
            Item(
                "error",
                say("The database does not serve us: nothing can be changed here, and new orders are not recorded."),
                say("Below is what it answered. If tables are missing, make them."),
                command="flask storefront init-db",
            )
        )
    if health.facts is None:
        items.append(
            Item(
                "error",
                say(
                    "Redis does not answer: pages show no suggestions. Orders wait in the database and are counted later."
                ),
                say("Start it, or correct STOREFRONT_REDIS_URL."),
            )
        )
    elif health.facts.evicts:
        items.append(
            Item(
                "warning",
                say(
                    "Redis removes keys by itself (%(policy)s) and would lose counts.",
                    policy=health.facts.maxmemory_policy,
                ),
                say("Give the storefront an instance of its own, or set noeviction or a volatile-* policy."),
                command="redis-cli config set maxmemory-policy noeviction",
            )
        )
    return items + (_count_items(health.backlog, health.facts is not None) if health.backlog else [])


def _count_items(backlog: Backlog, redis_answers: bool) -> list[Item]:
    if backlog.rebuilding:
        return [Item("waiting", say("A rebuild is at work; pages go on with the old counts."), say("Let it finish."))]
    if "foreign" in backlog.wanting:
        return [
            Item(
                "error",
                say("Redis holds the counts of another shop or of an older database; pages do not use them."),
                say("Give each shop a STOREFRONT_REDIS_PREFIX of its own; if this one is right, count anew."),
                command=REBUILD,
            )
        ]
    if backlog.wanting:
        sentence = say("Redis has lost counts, and orders cannot be counted on.")
        return [Item("error", sentence, say("Count anew; pages go on meanwhile."), command=REBUILD)]
    items = []
    if backlog.broke_off:
        sentence = say("A rebuild broke off before its end.")
        items.append(Item("warning", sentence, say("Start it again; it goes on where it stopped."), command=REBUILD))
    elif current_storefront.mounted.held.current.popularity.must_rebuild:
        sentence = say("A rebuild is due: the weights of the counts have grown far.")
        items.append(Item("warning", sentence, say("Count anew; pages go on meanwhile."), command=REBUILD))
    if backlog.is_late and redis_answers:
        items.append(_late(backlog))
    return items


def _late(backlog: Backlog) -> Item:
    assert backlog.since is not None
    age = shown_age(backlog.since)
    sentence = say_count(
        "%(num)s order waits to be counted, the oldest came %(age)s.",
        "%(num)s orders wait to be counted, the oldest came %(age)s.",
        backlog.waiting,
        age=age,
    )
    if current_storefront.settings.drain == "off":
        return Item("error", sentence, say("No worker is at work; start one."), command="flask storefront worker")
    remedy = say("The shop's log says what hinders it. To count now:")
    return Item("error", sentence, remedy, command="flask storefront drain")


def slot_items(fills: Fills) -> list[Item]:
    """Slots that are on and stay empty on more than 40 % of their pages of the last seven days."""
    texts = admin_texts()
    items = []
    for placement, slots in current_storefront.plan.items():
        for slot in running(slots):
            fill = fills.get(placement, {}).get(slot.name, Fill())
            if not often_empty(slot, fill):
                continue
            sentence = say(
                "The slot “%(slot)s” (%(placement)s) stayed empty on %(share)s of %(pages)s pages in the last %(days)s days.",
                slot=texts.title(slot.strategies[0], slot.title),
                placement=placement_words()[placement],
                share=shown_percent(fill.share or 0),
                pages=texts.number(fill.pages),
                days=DAYS,
            )
            remedy = say("Let another strategy fill it, or switch it off.")
            if slot.strategies == ("top_rated",) and not current_storefront.mounted.held.current.rated:
                sentence = say(
                    "The slot “%(slot)s” (%(placement)s) stays empty: no product has a rating.",
                    slot=texts.title(slot.strategies[0], slot.title),
                    placement=placement_words()[placement],
                )
                remedy = say(
                    "Ask your developer to hand over the ratings of the products; "
                    "or let another strategy fill it, or switch it off."
                )
            items.append(Item("warning", sentence, remedy, say("Edit slots"), link("slots_edit", placement=placement)))
    return items


def proposal_items() -> list[Item]:
    """Proposals that nobody has decided on; raises `DatabaseUnavailable`."""
    waiting = proposals.counts(current_storefront.database).get("open", 0)
    if not waiting:
        return []
    sentence = say_count("%(num)s proposed bundle waits for you.", "%(num)s proposed bundles wait for you.", waiting)
    remedy = say("Accept what fits; what you reject is not proposed again.")
    return [Item("waiting", sentence, remedy, say("Look at them"), link("proposals"))]
