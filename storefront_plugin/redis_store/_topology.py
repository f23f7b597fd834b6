"""Which node has a key: the only one, or the master of its slot in a cluster."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from redis.connection import (
    AbstractConnection,
    Connection,
    SSLConnection,
    UnixDomainSocketConnection,
    parse_url,
)
from redis.crc import REDIS_CLUSTER_HASH_SLOTS, key_slot

from ..core.errors import ConfigurationError, StoreUnavailable
from ._errors import unavailable
from ._nodes import Node
from ._wire import OPTIONS, Wire

SCHEMES: Final = ("redis", "rediss", "unix", "redis+cluster", "rediss+cluster")
_PORT: Final = 6379
_POOL_OPTIONS: Final = ("max_connections", "timeout", "decode_responses")


class Address:
    """Address and credentials of Redis. Makes no connection by itself.

    Attributes:
        label: Host and port or socket path, for messages; never user or password.
        is_cluster: Whether the URL names a node of a cluster.
        seeds: Host and port of the nodes named in the URL; empty for a unix socket.
    """

    def __init__(self, url: str) -> None:
        """Parse *url*. Raises `ConfigurationError`, whose message contains nothing of the URL but its scheme."""
        scheme = _scheme(url)
        self.is_cluster = scheme.endswith("+cluster")
        hosts, single = _split_hosts(url, scheme) if self.is_cluster else ([], url)
        self._options = _options(single)
        self._class: type[AbstractConnection] = self._options.pop("connection_class", Connection)
        first = (str(self._options.get("host", "localhost")), int(self._options.get("port", _PORT)))
        is_unix = self._class is UnixDomainSocketConnection
        self.seeds = [] if is_unix else hosts or [first]
        self.label = str(self._options["path"]) if is_unix else ", ".join(f"{h}:{p}" for h, p in self.seeds)

    def connect(self) -> Wire:
        """Open a wire to the server of the URL; raises redis-py's errors."""
        return Wire(self._class(**self._options))

    def connector(self, host: str, port: int) -> Callable[[], Wire]:
        """A function that opens wires to another node of the cluster, with the same credentials and encryption."""
        options = {**self._options, "host": host, "port": port}
        return lambda: Wire(self._class(**options))


def _scheme(url: str) -> str:
    match = re.match(r"([a-z][a-z0-9+.-]*)://", url)
    scheme = match.group(1) if match else ""
    if scheme not in SCHEMES:
        found = f"begins with {scheme}://" if scheme else "has no scheme"
        raise ConfigurationError(
            f"STOREFRONT_REDIS_URL {found}; use redis://, rediss://, unix:// or redis+cluster://host:port, "
            "or leave it out for the embedded server."
        )
    return scheme


def _split_hosts(url: str, scheme: str) -> tuple[list[tuple[str, int]], str]:
    """The nodes of ``redis+cluster://user:password@one:7000,two:7000``, and the URL of the first alone."""
    parts = urlsplit(url)
    login, at, hosts = parts.netloc.rpartition("@")
    if parts.path.strip("/") not in ("", "0"):
        raise ConfigurationError("STOREFRONT_REDIS_URL of a cluster must not name a database; a cluster has only 0.")
    query = f"?{parts.query}" if parts.query else ""
    names = [name for name in hosts.split(",") if name] or ["localhost"]
    singles = [f"{scheme.removesuffix('+cluster')}://{login}{at}{name}{query}" for name in names]
    found = [_options(single) for single in singles]
    return [(str(one.get("host", "localhost")), int(one.get("port", _PORT))) for one in found], singles[0]


def _options(url: str) -> dict[str, Any]:
    wrong = "STOREFRONT_REDIS_URL cannot be read; write it like redis://user:password@host:6379/0, percent-encoded."
    try:
        options: dict[str, Any] = dict(parse_url(url))  # type: ignore[no-untyped-call]
    except ValueError:
        raise ConfigurationError(wrong) from None  # the cause may show the password
    database = urlsplit(url).path.strip("/")
    if not url.startswith("unix") and database and not (database.isascii() and database.isdecimal()):
        raise ConfigurationError(
            "The database in STOREFRONT_REDIS_URL is no number; end it with /0, or with nothing. To tell shops apart use "
            "STOREFRONT_REDIS_PREFIX."
        )
    found = {name: value for name, value in options.items() if name not in (*_POOL_OPTIONS, *OPTIONS)}
    kind = found.get("connection_class", Connection)
    if kind is UnixDomainSocketConnection and not found.get("path"):
        raise ConfigurationError("STOREFRONT_REDIS_URL names no socket; write it like unix:///run/redis/redis.sock.")
    known = {"connection_class", "host", "port", "path", "db", "username", "password", "client_name"}
    for name in found.keys() - known:
        if not (name.startswith("ssl_") and kind is SSLConnection) and not name.startswith("socket_"):
            raise ConfigurationError(f"STOREFRONT_REDIS_URL has the unknown option {name!r}; remove it.")
    return {**found, **OPTIONS}


REFRESH_SECONDS: Final = 1.0
"""Least seconds between two fetches of a cluster's map."""

_MAP_SECONDS: Final = 2.0
_log = logging.getLogger(__name__)


class Topology(Protocol):
    """The nodes and their keys."""

    def nodes(self) -> list[Node]:
        """All nodes with keys."""
        ...

    def node_of(self, key: str) -> Node | None:
        """The node of *key*; `None` if a cluster has none for its slot."""
        ...

    def load(self) -> None:
        """Load the map if it is unknown; may take seconds. Raises `StoreUnavailable`."""
        ...

    def is_known(self, ends: float) -> bool:
        """Whether the map is known; waits until *ends* at most."""
        ...

    def refresh_soon(self) -> None:
        """Reload the map in the background."""
        ...


class Single:
    """A single server."""

    def __init__(self, node: Node) -> None:
        self._nodes = [node]

    def nodes(self) -> list[Node]:
        """The one node."""
        return self._nodes

    def node_of(self, key: str) -> Node:
        """The one node."""
        return self._nodes[0]

    def load(self) -> None:
        """Does nothing."""

    def is_known(self, ends: float) -> bool:
        """Always."""
        return True

    def refresh_soon(self) -> None:
        """Does nothing."""


class Cluster:
    """The masters of a Redis Cluster, by ``CLUSTER SLOTS``.

    redis-py's cluster client is not used: it has no scripts in pipelines, and it follows moved slots and reloads the map
    within the call, while a page may make only one round trip.
    """

    def __init__(self, address: Address, deadline: float) -> None:
        self._address = address
        self._deadline = deadline
        self._known: dict[tuple[str, int], Node] = {}
        self._slots: list[Node | None] = []
        self._lock = threading.Lock()
        self._loaded = threading.Event()
        self._refreshing = False
        self._fetched_at = float("-inf")

    def nodes(self) -> list[Node]:
        """All masters with slots."""
        return list(dict.fromkeys(node for node in self._slots if node is not None))

    def node_of(self, key: str) -> Node | None:
        """The master of the slot of *key*."""
        return self._slots[key_slot(key.encode())] if self._slots else None

    def load(self) -> None:
        """Fetch the map from the first node that answers, unless it is known."""
        if not self._loaded.is_set():
            self.reload()

    def is_known(self, ends: float) -> bool:
        """Whether the map is known; starts loading it."""
        if not self._loaded.is_set():
            self.refresh_soon()
            self._loaded.wait(max(0.0, ends - time.monotonic()))
        return self._loaded.is_set()

    def refresh_soon(self) -> None:
        """Reload the map in the background, at most once in `REFRESH_SECONDS`."""
        with self._lock:
            now = time.monotonic()
            if self._refreshing or now - self._fetched_at < REFRESH_SECONDS:
                return
            self._refreshing, self._fetched_at = True, now
        threading.Thread(target=self._refresh, name="storefront-redis-map", daemon=True).start()

    def reload(self) -> None:
        """Reload the map now. Raises `StoreUnavailable` if no node answers."""
        last: Exception = StoreUnavailable("No node of the Redis Cluster is known; set STOREFRONT_REDIS_URL.")
        # Those that answered last come first; the URL's own are tried again when all others are gone.
        for host, port in dict.fromkeys([*self._known, *self._address.seeds]):
            try:
                self._learn(host, _ask_map(self._node(host, port)))
                return
            except Exception as error:
                last = error
        raise unavailable(self._address.label, last)

    def _refresh(self) -> None:
        try:
            self.reload()
        except StoreUnavailable as error:
            _log.debug("%s", error)
        finally:
            with self._lock:
                self._refreshing = False

    def _learn(self, contacted: str, ranges: list[Any]) -> None:
        slots: list[Node | None] = [None] * REDIS_CLUSTER_HASH_SLOTS
        for first, last, master, *_ in ranges:
            host = master[0].decode() if master[0] else contacted  # an empty name means the node that answers
            node = self._node(host, int(master[1]))
            slots[first : last + 1] = [node] * (last - first + 1)
        self._slots = slots
        serving = set(self.nodes())
        with self._lock:
            for gone in [where for where, node in self._known.items() if node not in serving]:
                self._known.pop(gone).close()
        self._loaded.set()

    def _node(self, host: str, port: int) -> Node:
        with self._lock:
            node = self._known.get((host, port))
            if node is None:
                node = Node(f"{host}:{port}", self._address.connector(host, port), self._deadline)
                self._known[host, port] = node
            return node


def _ask_map(node: Node) -> list[Any]:
    future = node.connect_soon()
    try:
        wire = future.result(_MAP_SECONDS)
    except BaseException:
        node.keep(future)
        raise
    try:
        (reply,) = wire.execute([("CLUSTER", "SLOTS")], _MAP_SECONDS)
    except BaseException:
        wire.close()
        raise
    node.give(wire)
    if isinstance(reply, Exception):
        raise reply
    if not reply:
        raise StoreUnavailable(f"The Redis Cluster at {node.label} has no slots assigned yet; create it first.")
    return list(reply)
