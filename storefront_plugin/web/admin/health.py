"""Redis, the database, the worker and counting: how each is, in words, and what to do where it is not well."""

from __future__ import annotations

import time
from dataclasses import dataclass

import sqlalchemy as sa

from ...bundles.proposal_run import Run, latest_run
from ...copurchase.workers import Seen
from ...errors import DatabaseUnavailable, StorefrontError, StoreUnavailable
from ...proxies import current_storefront
from ...redis_store import Read, StoreFacts
from .counting import MOST_WAITING, Backlog, backlog
from .language import admin_texts, say, say_count, shown_age
from .outages import database_outage, redis_outage
from .service import Service
from .worker_health import worker_health


@dataclass(frozen=True, slots=True)
class Health:
    """All of it. *facts*, *seen* and *backlog* are None where Redis or the database could not be asked.

    *run* is the latest search for bundles, if there was one.
    """

    redis: Service
    database: Service
    worker: Service
    counting: Service
    facts: StoreFacts | None
    backlog: Backlog | None
    seen: Seen | None
    run: Run | None

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
    if database.state != "error":
        try:
            found, run = backlog(facts is not None), latest_run(current_storefront.database)
        except StoreUnavailable as error:
            facts, redis = None, redis_outage(error)
            found = backlog(ask_redis=False)
        except DatabaseUnavailable as error:
            database, found = database_outage(error), None
    seen = _seen() if facts is not None else None
    worker = worker_health(seen, run, found is not None and found.is_late)
    counting = _counting(found, facts is not None, redis.state != "error") if found is not None else _uncounted()
    return Health(redis, database, worker, counting, facts, found, seen, run)


def _redis() -> tuple[StoreFacts | None, Service]:
    store = current_storefront.mounted.store
    try:
        facts = store.info()
    except StorefrontError as error:
        return None, redis_outage(error)
    words = _redis_words(facts)
    try:  # a full one, and a replica, answer and refuse to write
        store.ask([Read(current_storefront.mounted.keys.news, "HINCRBY", ("rules", 0))])
    except StorefrontError as error:
        return facts, redis_outage(error, say("refuses to write"), words)
    if facts.evicts:
        return facts, Service("Redis", "warning", say("may lose counts"), words)
    return facts, Service("Redis", "on", say("OK"), words)


def _redis_words(facts: StoreFacts) -> tuple[str, ...]:
    server = facts.nodes[0].server.capitalize()
    limit = sum(node.maxmemory for node in facts.nodes)
    memory = say("%(used)s of memory", used=_bytes(facts.used_memory))
    if limit:
        memory = say("%(used)s of %(limit)s of memory", used=_bytes(facts.used_memory), limit=_bytes(limit))
    embedded = [say("embedded, for development")] if current_storefront.mounted.store.is_embedded else []
    nodes = [say_count("%(num)s node", "%(num)s nodes", len(facts.nodes))] if len(facts.nodes) > 1 else []
    return (f"{server} {facts.version}", memory, *embedded, *nodes)


def _database() -> Service:
    database, began = current_storefront.database, time.monotonic()
    try:
        with database.reading(patient=True) as session:
            session.execute(sa.select(1))
            dialect = session.connection().dialect
    except StorefrontError as error:
        return database_outage(error)
    version = ".".join(map(str, dialect.server_version_info or ()))
    name = {"sqlite": "SQLite", "postgresql": "PostgreSQL", "mysql": "MySQL", "mariadb": "MariaDB"}.get(dialect.name)
    milliseconds = admin_texts().number(max(1, round((time.monotonic() - began) * 1000)))
    answered = say("answers in %(milliseconds)s ms", milliseconds=milliseconds)
    return Service(say("Database"), "on", say("OK"), (f"{name or dialect.name} {version}".strip(), answered))


def _counting(found: Backlog, redis_answers: bool, redis_counts: bool) -> Service:
    parts = current_storefront.mounted
    last = [say("last counted %(age)s", age=shown_age(found.counted_at))] if found.counted_at else []
    facts = (_behind(found, redis_answers), *last)
    trouble = parts.drainer.trouble
    if found.wanting:
        return Service(say("Counting"), "error", say("stopped"), facts)
    if found.is_late or not redis_counts:
        return Service(say("Counting"), "error" if found.is_late else "warning", say("waits"), facts)
    if trouble is not None and not isinstance(trouble, (StoreUnavailable, DatabaseUnavailable)):
        return Service(say("Counting"), "warning", say("met trouble"), facts, f"{trouble}"[:300])
    return Service(say("Counting"), "on", say("OK"), facts)


def _behind(found: Backlog, redis_answers: bool) -> str:
    if not found.waiting and not redis_answers:
        return say("what Redis lacks cannot be told")
    if not found.waiting:
        return say("all orders are counted")
    if found.waiting >= MOST_WAITING:
        return say("more than %(num)s orders wait", num=admin_texts().number(MOST_WAITING))
    return say_count("%(num)s order waits", "%(num)s orders wait", found.waiting)


def _seen() -> Seen | None:
    try:
        return current_storefront.mounted.workers.look()
    except StoreUnavailable:
        return None


def _uncounted() -> Service:
    return Service(say("Counting"), "off", say("unknown"), (say("cannot be told without the database"),))


def _bytes(count: int) -> str:
    size, units = float(count), ["B", "KB", "MB", "GB", "TB"]
    while size >= 1024 and len(units) > 1:
        size /= 1024
        units.pop(0)
    return f"{admin_texts().number(round(size, 1 if size < 10 else 0))} {units[0]}"
