"""What needs the merchant's attention: each a sentence, what helps, and one place to go or one command."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ...bundles.proposals.run import Run
from ...bundles.store import proposals
from ...counts.stats import Backlog
from ...jobs.heartbeats import Seen
from ...proxies import current_services
from ...recommending.plan import running
from ...recommending.slot_stats import SlotCounts
from ..kit.i18n import _, admin_texts, ngettext, shown_age, shown_percent, shown_time
from ..kit.pages import link
from ..slots.labels import placement_labels, slot_title
from .health import Health, Runs, counts_when_called, needs_worker

SlotStats: TypeAlias = Mapping[str, Mapping[str, SlotCounts]]

DAYS = 7
REBUILD = "flask storefront rebuild"
DRAIN = "flask storefront drain"
WORKER = "flask storefront worker"

LEVELS = ("error", "warning", "waiting")


@dataclass(frozen=True, slots=True)
class Item:
    """One matter. *label* and *address* are its link, *command* what to type where no page of ours can mend it.

    *details* is an error as it was raised, in English or in the shop's own words.
    """

    level: Literal["error", "warning", "waiting"]
    text: str
    remedy: str
    label: str = ""
    address: str = ""
    command: str = ""
    details: str = ""


def machine_items(health: Health) -> list[Item]:
    """About Redis, the database, the worker and the counts."""
    database, items = health.database, []
    if database.state == "error":
        text = _("The database isn't responding: nothing can be changed here, and new orders aren't recorded.")
        items.append(Item("error", text, database.remedy, command=database.command))
    items += _redis_items(health)
    if health.backlog is not None:
        items += _count_items(health.backlog)
    if health.seen is not None and health.redis.state != "error":  # else Redis is the cause, and is listed
        items += [*_worker_items(health.seen, health.backlog), *_catch_up_items(health.runs)]
    return items


def _redis_items(health: Health) -> list[Item]:
    if health.facts is None:
        text = _(
            "Redis isn't responding: pages show no recommendations. Orders are kept in the database and counted later."
        )
        return [Item("error", text, health.redis.remedy)]
    if health.redis.state == "error":
        text = _(
            "Redis is refusing writes: pages keep using the old counts. Orders are kept in the database and counted "
            "later."
        )
        return [Item("error", text, health.redis.remedy)]
    if not health.facts.evicts:
        return []
    policy = health.facts.maxmemory_policy
    text = _("Redis evicts keys on its own (%(policy)s) and would lose counts.", policy=policy)
    remedy = _("Give the storefront its own instance, or set the policy to noeviction or volatile-*.")
    return [Item("warning", text, remedy, command="redis-cli config set maxmemory-policy noeviction")]


def _count_items(backlog: Backlog) -> list[Item]:
    if backlog.rebuilding:
        return [
            Item(
                "waiting", _("A rebuild is running; pages keep using the old counts."), _("Wait until it has finished.")
            )
        ]
    if "foreign" in backlog.broken:
        return [
            Item(
                "error",
                _("Redis has the counts of another shop or an older database; pages don't use them."),
                _("Give each shop its own STOREFRONT_REDIS_PREFIX; if it is already correct, rebuild the counts."),
                command=REBUILD,
            )
        ]
    if backlog.broken:
        text = _("Redis has lost counts, so counting orders can't continue.")
        return [Item("error", text, _("Rebuild the counts; pages keep working."), command=REBUILD)]
    if backlog.broke_off:
        text = _("A rebuild was interrupted.")
        return [Item("warning", text, _("Run it again; it continues where it stopped."), command=REBUILD)]
    if current_services.snapshots.current.popularity.must_rebuild:
        text = _("A rebuild is due: the weights of the counts have grown large.")
        return [Item("warning", text, _("Rebuild the counts; pages keep working."), command=REBUILD)]
    return []


def _worker_items(seen: Seen, backlog: Backlog | None) -> list[Item]:
    items = []
    if backlog is not None and backlog.is_late and not backlog.broken:
        items.append(_late(seen, backlog))
    elif needs_worker() and not seen.alive:
        text = _missing_worker(seen)
        remedy = _("Start one and have your system restart it whenever it stops:")
        items.append(Item("error", text, remedy, command=WORKER))
    return items


def _catch_up_items(runs: Runs) -> Iterator[Item]:
    for job, run in runs:
        if job.name == "catch_up" and run.trouble and run.finished_at is not None:
            text = _("The nightly order import failed %(age)s.", age=shown_age(run.finished_at))
            remedy = _("Orders that weren't recorded are missing. A worker retries every hour; to retry now:")
            yield Item("warning", text, remedy, command="flask storefront catch-up")


def _late(seen: Seen, backlog: Backlog) -> Item:
    assert backlog.since is not None
    age = shown_age(backlog.since)
    text = ngettext(
        "%(num)s order is waiting to be counted; the oldest arrived %(age)s.",
        "%(num)s orders are waiting to be counted; the oldest arrived %(age)s.",
        backlog.waiting,
        age=age,
    )
    if seen.alive or counts_when_called():
        remedy = _("If the number doesn't fall, check the log of the shop or the worker. To count now:")
        return Item("error", text, remedy, command=DRAIN)
    if needs_worker():
        return Item("error", text, _("No worker is running; start one."), command=WORKER)
    remedy = _("Counting starts with the shop's next page view. To count now:")
    return Item("error", text, remedy, command=DRAIN)


def _missing_worker(seen: Seen) -> str:
    if seen.last_at is None:
        return _("No worker has run yet, so new orders are not counted.")
    return _("No worker has been running since %(time)s, so new orders are not counted.", time=shown_time(seen.last_at))


def slot_items(stats: SlotStats) -> list[Item]:
    """Slots that are on and stay empty on more than 40 % of their pages of the last seven days."""
    texts = admin_texts()
    items = []
    for placement, slots in current_services.suggestions.plan.items():
        for slot in running(slots):
            fill = stats.get(placement, {}).get(slot.name, SlotCounts())
            if current_services.fillers.of(slot).may_stay_empty or not fill.is_often_empty:
                continue
            text = _(
                "The slot “%(slot)s” (%(placement)s) was not shown on %(share)s of %(pages)s pages in the last "
                "%(days)s days.",
                slot=slot_title(slot),
                placement=placement_labels()[placement],
                share=shown_percent(fill.share or 0),
                pages=texts.number(fill.pages),
                days=DAYS,
            )
            remedy = _("Choose another source or deactivate the slot.")
            if slot.strategies == ("top_rated",) and not current_services.snapshots.current.ranking("rated"):
                text = _(
                    "The slot “%(slot)s” (%(placement)s) is not shown: no product has a rating.",
                    slot=slot_title(slot),
                    placement=placement_labels()[placement],
                )
                remedy = _(
                    "Ask your developer to provide product ratings, choose another source, or deactivate the slot."
                )
            items.append(Item("warning", text, remedy, _("Edit slots"), link("slots_edit", placement=placement)))
    return items


def proposal_items(run: Run | None) -> list[Item]:
    """Proposals that nobody has decided on, and a search for them that failed; raises `DatabaseUnavailable`."""
    items = []
    if run is not None and run.state == "failed":
        remedy = _("Check the details and run it again.")
        text = _("The last search for bundles failed.")
        items.append(Item("warning", text, remedy, _("View"), link("proposals")))
    waiting = proposals.counts(current_services.database).get("open", 0)
    if waiting:
        text = ngettext("%(num)s proposal to review.", "%(num)s proposals to review.", waiting)
        remedy = _("Create bundles from the ones that fit; those you dismiss are not proposed again.")
        items.append(Item("waiting", text, remedy, _("Review"), link("proposals")))
    return items
