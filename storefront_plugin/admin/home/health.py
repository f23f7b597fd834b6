"""Redis, the database, the worker and counting: how each is, in words, and what to do where it is not well."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import sqlalchemy as sa

from ...bundles.proposals.run import Run, latest_run
from ...core.errors import DatabaseUnavailable, StorefrontError, StoreUnavailable, TablesMissing
from ...core.sql.dialects import title_and_version
from ...counts.health import require_counting
from ...counts.stats import MOST_WAITING, Backlog
from ...jobs.heartbeats import Seen
from ...jobs.job import Job
from ...jobs.leases import JobRun
from ...proxies import current_services
from ...redis_store import StoreFacts, error_code
from ..kit.i18n import _, admin_texts, ngettext, shown_age

State: TypeAlias = Literal["on", "waiting", "warning", "error", "off"]
Runs: TypeAlias = Sequence[tuple[Job, JobRun]]
"""The leased jobs, each with what became of it."""


@dataclass(frozen=True, slots=True)
class Service:
    """Its *state*, that in a word, and figures in words, in the merchant's language.

    Attributes:
        details: The sentence of an error, as it was raised: in English, and for whoever runs the shop.
        remedy: What helps, in the merchant's language; *command*: what to type for it.
    """

    name: str
    state: State
    label: str
    facts: tuple[str, ...] = ()
    details: str = ""
    remedy: str = ""
    command: str = ""


def redis_outage(error: StorefrontError, label: str = "", facts: tuple[str, ...] = ()) -> Service:
    """Redis with the remedy for *error*; not well unless a *label* says better what it does."""
    return Service("Redis", "error", label or _("error"), facts, str(error), _redis_remedy(error))


def database_outage(error: StorefrontError) -> Service:
    """The database with the remedy for *error*."""
    name, label = _("Database"), _("error")
    if isinstance(error, TablesMissing):
        return Service(
            name, "error", label, (), str(error), _("Create the missing tables:"), "flask storefront init-db"
        )
    remedy = _("Check that it is running and that nothing holds a lock on it; short locks clear by themselves.")
    return Service(name, "error", label, (), str(error), remedy)


def _redis_remedy(error: StorefrontError) -> str:
    known = {
        "OOM": _("Raise its maxmemory or give the storefront its own instance."),
        "READONLY": _("This is a replica: point STOREFRONT_REDIS_URL to the primary."),
        "MISCONF": _("It can't save: free up disk space."),
        "NOREPLICAS": _("Restore its replicas or lower min-replicas-to-write."),
        "NOPERM": _("Allow its user to run all commands on the storefront's keys."),
        "BUSY": _("A script is blocking it: stop it with SCRIPT KILL."),
        "LOADING": _("It is loading its data: wait until it has finished."),
        "CLUSTERDOWN": _("Bring the missing cluster nodes back online."),
    }
    if isinstance(error.__cause__, Exception) and error_code(error.__cause__) == "NOCOMMAND":
        return _("Enable the command, or use an instance that has it.")
    remedy = known.get(error_code(error.__cause__)) if isinstance(error.__cause__, Exception) else None
    if remedy is None and current_services.store.is_embedded:
        return _("It can't be started here (see the details); or set STOREFRONT_REDIS_URL.")
    return remedy or _("Start it or correct STOREFRONT_REDIS_URL.")


def worker_health(seen: Seen | None, runs: Runs, search: Run | None, late: bool) -> Service:
    """The service; *seen* is None where Redis cannot be asked.

    *search* is the latest for bundles, *late* says whether orders wait for longer than counting takes.
    """
    name = _("Worker")
    if counts_when_called():
        return Service(name, "on", _("OK"), (_("when drain() is called, as in tests"),))
    if seen is None:
        return Service(name, "off", _("unknown"), (_("unknown without Redis"),))
    facts = (*_who(seen), *_last_runs(runs), *_last_search(search))
    trouble = next((run.trouble for _job, run in runs if run.trouble), "")
    if seen.alive and trouble:
        return Service(name, "warning", _("errors"), facts, trouble)
    if seen.alive:
        return Service(name, "on", _("OK"), facts)
    if needs_worker() or late:
        return Service(name, "error", _("not running"), facts, trouble)
    return Service(name, "off", _("Idle"), facts, trouble)


def needs_worker() -> bool:
    """Whether the shop leaves counting to `flask storefront worker`."""
    return current_services.settings.drain == "off"


def counts_when_called() -> bool:
    """Whether nothing counts by itself, and nothing should: in tests."""
    return current_services.thread.synchronous and not needs_worker()


def _who(seen: Seen) -> Iterator[str]:
    if seen.workers:
        yield ngettext("%(num)s worker", "%(num)s workers", seen.workers)
    if seen.threads:
        yield ngettext("%(num)s thread of the shop", "%(num)s threads of the shop", seen.threads)
    if seen.schedulers:
        yield _("the shop's scheduler")
    if not seen.alive and not needs_worker():
        yield _("starts with the shop's first page view or order")
    if seen.last_at is not None:
        yield _("last active %(age)s", age=shown_age(seen.last_at))
    elif needs_worker():
        yield _("never run")


def _last_runs(runs: Runs) -> Iterator[str]:
    for job, run in runs:
        if run.finished_at is None:
            continue
        age = shown_age(run.finished_at)
        if job.name == "catch_up":
            yield _("order import failed %(age)s", age=age) if run.trouble else _("orders imported %(age)s", age=age)
        elif run.trouble:
            yield _("%(job)s failed %(age)s", job=_(job.title), age=age)
        elif job.name != "proposals":  # the search itself tells more
            yield _("%(job)s %(age)s", job=_(job.title), age=age)


def _last_search(search: Run | None) -> Iterator[str]:
    if search is not None and search.started_by == "worker" and search.finished_at is not None:
        age = shown_age(search.finished_at)
        failed = search.state == "failed"
        yield (_("search for bundles failed %(age)s", age=age) if failed else _("proposals refreshed %(age)s", age=age))


@dataclass(frozen=True, slots=True)
class Health:
    """All of it. *facts*, *seen* and *backlog* are None where Redis or the database could not be asked.

    *run* is the latest search for bundles, if there was one, *runs* the last of each job.
    """

    redis: Service
    database: Service
    worker: Service
    counting: Service
    facts: StoreFacts | None
    backlog: Backlog | None
    seen: Seen | None
    run: Run | None
    runs: Runs

    @property
    def tables_missing(self) -> bool:
        """Whether the database answers and merely lacks our tables."""
        return bool(self.database.command)

    @property
    def services(self) -> tuple[Service, ...]:
        """In the order to show."""
        return self.redis, self.database, self.worker, self.counting


def look() -> Health:
    """Ask everything once. A Redis that does not answer is asked for nothing more."""
    facts, redis = _redis()
    database, found, run = _database(), None, None
    runs: Runs = ()
    if database.state != "error":
        try:
            runs = current_services.schedule.runs()
            found, run = current_services.counting.backlog(facts is not None), latest_run(current_services.database)
        except StoreUnavailable as error:
            facts, redis = None, redis_outage(error)
            found = current_services.counting.backlog(ask_redis=False)
        except DatabaseUnavailable as error:
            database, found = database_outage(error), None
    seen = _seen() if facts is not None else None
    worker = worker_health(seen, runs, run, found is not None and found.is_late)
    counting = _counting(found, facts is not None, redis.state != "error") if found is not None else _uncounted()
    return Health(redis, database, worker, counting, facts, found, seen, run, runs)


def _redis() -> tuple[StoreFacts | None, Service]:
    store = current_services.store
    try:
        facts = store.info()
    except StorefrontError as error:
        return None, redis_outage(error)
    known = _redis_facts(facts)
    try:  # a full one, and a replica, answer and refuse to write
        require_counting(store, current_services.keys)
    except StorefrontError as error:
        return facts, redis_outage(error, _("refusing writes"), known)
    if facts.refusal:
        remedy = _("Allow its user to run all commands on the storefront's keys.")
        return facts, Service("Redis", "warning", _("errors"), known, facts.refusal, remedy)
    if facts.evicts:
        return facts, Service("Redis", "warning", _("may lose counts"), known)
    return facts, Service("Redis", "on", _("OK"), known)


def _redis_facts(facts: StoreFacts) -> tuple[str, ...]:
    limit = sum(node.maxmemory for node in facts.nodes)
    memory = _("%(used)s of memory", used=_bytes(facts.used_memory))
    if limit:
        memory = _("%(used)s of %(limit)s of memory", used=_bytes(facts.used_memory), limit=_bytes(limit))
    embedded = [_("embedded, for development")] if current_services.store.is_embedded else []
    nodes = [ngettext("%(num)s node", "%(num)s nodes", len(facts.nodes))] if len(facts.nodes) > 1 else []
    return (facts.title, *([] if facts.refusal else [memory]), *embedded, *nodes)


def _database() -> Service:
    database, began = current_services.database, time.monotonic()
    try:
        with database.reading(blocking=True) as session:
            session.execute(sa.select(1))
            dialect = session.connection().dialect
    except StorefrontError as error:
        return database_outage(error)
    milliseconds = admin_texts().number(max(1, round((time.monotonic() - began) * 1000)))
    answered = _("responds in %(milliseconds)s ms", milliseconds=milliseconds)
    return Service(_("Database"), "on", _("OK"), (title_and_version(dialect), answered))


def _counting(found: Backlog, redis_answers: bool, redis_counts: bool) -> Service:
    parts = current_services
    last = [_("last counted %(age)s", age=shown_age(found.counted_at))] if found.counted_at else []
    facts = (_behind(found, redis_answers), *last)
    trouble = parts.thread.trouble
    if found.broken:
        return Service(_("Order counting"), "error", _("stopped"), facts, found.trouble or "")
    if found.is_late or not redis_counts:
        return Service(_("Order counting"), "error" if found.is_late else "warning", _("waiting"), facts)
    if trouble is not None and not isinstance(trouble, (StoreUnavailable, DatabaseUnavailable)):
        return Service(_("Order counting"), "warning", _("errors"), facts, f"{trouble}"[:300])
    return Service(_("Order counting"), "on", _("OK"), facts)


def _behind(found: Backlog, redis_answers: bool) -> str:
    if not found.waiting and (found.broken or not redis_answers):
        return _("unknown what Redis is missing")
    if not found.waiting:
        return _("all orders are counted")
    if found.waiting >= MOST_WAITING:
        return _("more than %(num)s orders waiting", num=admin_texts().number(MOST_WAITING))
    return ngettext("%(num)s order waiting", "%(num)s orders waiting", found.waiting)


def _seen() -> Seen | None:
    try:
        return current_services.heartbeats.look()
    except StoreUnavailable:
        return None


def _uncounted() -> Service:
    return Service(_("Order counting"), "off", _("unknown"), (_("unknown without the database"),))


def _bytes(count: int) -> str:
    size, units = float(count), ["B", "KB", "MB", "GB", "TB"]
    while size >= 1024 and len(units) > 1:
        size /= 1024
        units.pop(0)
    return f"{admin_texts().number(round(size, 1 if size < 10 else 0))} {units[0]}"
