"""Redis or the database that fails: what helps, in the merchant's language; the errors' own sentences are English."""

from __future__ import annotations

from ...errors import StorefrontError, TablesMissing
from ...proxies import current_storefront
from ...redis_store.trouble import code_of
from .language import say
from .service import Service


def redis_outage(error: StorefrontError, label: str = "", facts: tuple[str, ...] = ()) -> Service:
    """Redis with the remedy for *error*; not well unless a *label* says better what it does."""
    return Service("Redis", "error", label or say("not well"), facts, str(error), _redis_remedy(error))


def database_outage(error: StorefrontError) -> Service:
    """The database with the remedy for *error*."""
    name, label = say("Database"), say("not well")
    if isinstance(error, TablesMissing):
        return Service(
            name, "error", label, (), str(error), say("Make the missing tables:"), "flask storefront init-db"
        )
    remedy = say("Look whether it runs, and whether something holds a lock on it; a short lock passes by itself.")
    return Service(name, "error", label, (), str(error), remedy)


def _redis_remedy(error: StorefrontError) -> str:
    known = {
        "OOM": say("Raise its maxmemory, or give the storefront an instance of its own."),
        "READONLY": say("It is a replica: point STOREFRONT_REDIS_URL to the primary."),
        "MISCONF": say("It cannot save: make room on its disk."),
        "NOREPLICAS": say("Bring its replicas back, or lower min-replicas-to-write."),
        "NOPERM": say("Allow its user all commands on the storefront's keys."),
        "BUSY": say("A script blocks it: end that with SCRIPT KILL."),
        "LOADING": say("It is reading its data: wait until it has."),
        "CLUSTERDOWN": say("Bring the missing nodes of the cluster back."),
    }
    remedy = known.get(code_of(error.__cause__)) if isinstance(error.__cause__, Exception) else None
    if remedy is None and current_storefront.mounted.store.is_embedded:
        return say("It cannot be started here, the details say why; or set STOREFRONT_REDIS_URL.")
    return remedy or say("Start it, or correct STOREFRONT_REDIS_URL.")
