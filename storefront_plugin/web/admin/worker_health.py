"""Who counts the orders: how many are alive, when one was seen last, and how their nightly work went."""

from __future__ import annotations

from collections.abc import Iterator

from ...bundles.proposal_run import Run
from ...copurchase.workers import Seen
from ...proxies import current_storefront
from .language import say, say_count, shown_age
from .service import Service


def worker_health(seen: Seen | None, run: Run | None, late: bool) -> Service:
    """The service; *seen* is None where Redis cannot be asked.

    *run* is the latest search for bundles, *late* says whether orders wait for longer than counting takes.
    """
    name = say("Worker")
    if counts_when_called():
        return Service(name, "on", say("OK"), (say("when drain() is called, as in tests"),))
    if seen is None:
        return Service(name, "off", say("unknown"), (say("cannot be told without Redis"),))
    facts = (*_who(seen), *_nights(seen, run))
    if seen.alive and seen.trouble:
        return Service(name, "warning", say("met trouble"), facts, seen.trouble)
    if seen.alive:
        return Service(name, "on", say("OK"), facts)
    if needs_worker() or late:
        return Service(name, "error", say("not running"), facts, seen.trouble)
    return Service(name, "off", say("rests"), facts, seen.trouble)


def needs_worker() -> bool:
    """Whether the shop leaves counting to `flask storefront worker`."""
    return current_storefront.settings.drain == "off"


def counts_when_called() -> bool:
    """Whether nothing counts by itself, and nothing should: in tests."""
    return current_storefront.mounted.synchronous and not needs_worker()


def _who(seen: Seen) -> Iterator[str]:
    if seen.workers:
        yield say_count("%(num)s worker", "%(num)s workers", seen.workers)
    if seen.threads:
        yield say_count("%(num)s thread of the shop", "%(num)s threads of the shop", seen.threads)
    if not seen.alive and not needs_worker():
        yield say("a thread of the shop starts with its first page or order")
    if seen.last_at is not None:
        yield say("last seen %(age)s", age=shown_age(seen.last_at))
    elif needs_worker():
        yield say("none was seen yet")


def _nights(seen: Seen, run: Run | None) -> Iterator[str]:
    if seen.caught_up_at is not None:
        age = shown_age(seen.caught_up_at)
        yield say("catch-up failed %(age)s", age=age) if seen.trouble else say("caught up %(age)s", age=age)
    if run is not None and run.started_by == "worker" and run.finished_at is not None:
        age = shown_age(run.finished_at)
        failed = run.state == "failed"
        yield (
            say("search for bundles failed %(age)s", age=age)
            if failed
            else say("searched for bundles %(age)s", age=age)
        )
