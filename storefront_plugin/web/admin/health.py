"""Redis, the database and counting: how each is, in words, and what to do where it is not well."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Literal, TypeAlias

import sqlalchemy as sa

from ...errors import DatabaseUnavailable, StorefrontError, StoreUnavailable
from ...proxies import current_storefront
from ...redis_store import StoreFacts
from .counting import MOST_WAITING, Backlog, backlog
from .language import admin_texts, say, say_count, shown_age

State: TypeAlias = Literal["on", "waiting", "warning", "error", "off"]


@dataclass(frozen=True, slots=True)
class Service:
    """One part of the machinery: its *state*, that in a word, figures in words, and a sentence where it is not well."""

    name: str
    state: State
    label: str
    facts: tuple[str, ...] = ()
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Health:
    """All of it. *facts* and *backlog* are None where Redis or the database could not be asked."""

    redis: Service
    database: Service
    counting: Service
    facts: StoreFacts | None
    backlog: Backlog | None

    @property
    def services(self) -> tuple[Service, ...]:
        """In the order to show."""
        return self.redis, self.database, self.counting


def look() -> Health:
    """Ask everything once. A Redis that does not answer is asked for nothing more."""
    facts, redis = _redis()
    database = _database()
    if database.state == "error":
        return Health(redis, database, _uncounted(), facts, None)
    try:
        found = backlog(ask_redis=facts is not None)
    except StoreUnavailable as error:
        facts, redis = None, _ill("Redis", error)
        found = backlog(ask_redis=False)
    except DatabaseUnavailable as error:
        return Health(redis, _ill(say("Database"), error), _uncounted(), facts, None)
    return Health(redis, database, _counting(found, facts is not None), facts, found)


def _redis() -> tuple[StoreFacts | None, Service]:
    store = current_storefront.mounted.store
    try:
        facts = store.info()
    except StorefrontError as error:
        return None, _ill("Redis", error)
    server = facts.nodes[0].server.capitalize()
    limit = sum(node.maxmemory for node in facts.nodes)
    memory = say("%(used)s of memory", used=_bytes(facts.used_memory))
    if limit:
        memory = say("%(used)s of %(limit)s of memory", used=_bytes(facts.used_memory), limit=_bytes(limit))
    words = [f"{server} {facts.version}", memory, *([say("embedded, for development")] if store.is_embedded else [])]
    if len(facts.nodes) > 1:
        words.append(say_count("%(num)s node", "%(num)s nodes", len(facts.nodes)))
    if facts.evicts:
        return facts, Service("Redis", "warning", say("may lose counts"), tuple(words))
    return facts, Service("Redis", "on", say("OK"), tuple(words))


def _database() -> Service:
    database, began = current_storefront.database, time.monotonic()
    try:
        with database.reading(patient=True) as session:
            session.execute(sa.select(1))
            dialect = session.connection().dialect
    except StorefrontError as error:
        return _ill(say("Database"), error)
    version = ".".join(map(str, dialect.server_version_info or ()))
    name = {"sqlite": "SQLite", "postgresql": "PostgreSQL", "mysql": "MySQL", "mariadb": "MariaDB"}.get(dialect.name)
    milliseconds = admin_texts().number(max(1, round((time.monotonic() - began) * 1000)))
    answered = say("answers in %(milliseconds)s ms", milliseconds=milliseconds)
    return Service(say("Database"), "on", say("OK"), (f"{name or dialect.name} {version}".strip(), answered))


def _counting(found: Backlog, redis_answers: bool) -> Service:
    parts = current_storefront.mounted
    last = [say("last counted %(age)s", age=shown_age(found.counted_at))] if found.counted_at else []
    facts = (_worker(), _behind(found, redis_answers), *last)
    trouble = parts.drainer.trouble
    if found.wanting:
        return Service(say("Counting"), "error", say("stopped"), facts)
    if found.is_late or not redis_answers:
        return Service(say("Counting"), "error" if found.is_late else "warning", say("waits"), facts)
    if trouble is not None and not isinstance(trouble, (StoreUnavailable, DatabaseUnavailable)):
        return Service(say("Counting"), "warning", say("met trouble"), facts, f"{trouble}"[:300])
    return Service(say("Counting"), "on", say("OK"), facts)


def _worker() -> str:
    parts = current_storefront.mounted
    if parts.settings.drain == "off":
        return say("by flask storefront worker")
    return say("when drain() is called, as in tests") if parts.synchronous else say("by a thread of the shop")


def _behind(found: Backlog, redis_answers: bool) -> str:
    if not found.waiting and not redis_answers:
        return say("what Redis lacks cannot be told")
    if not found.waiting:
        return say("all orders are counted")
    if found.waiting >= MOST_WAITING:
        return say("more than %(num)s orders wait", num=admin_texts().number(MOST_WAITING))
    return say_count("%(num)s order waits", "%(num)s orders wait", found.waiting)


def _uncounted() -> Service:
    return Service(say("Counting"), "off", say("cannot be told without the database"))


def _ill(name: str, error: Exception) -> Service:
    return Service(name, "error", say("not well"), (), str(error))


def _bytes(count: int) -> str:
    size, units = float(count), ["B", "KB", "MB", "GB", "TB"]
    while size >= 1024 and len(units) > 1:
        size /= 1024
        units.pop(0)
    return f"{admin_texts().number(round(size, 1 if size < 10 else 0))} {units[0]}"
