"""STOREFRONT_REDIS_URL, taken apart; the password stays in here."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

from redis.connection import (
    AbstractConnection,
    Connection,
    SSLConnection,
    UnixDomainSocketConnection,
    parse_url,
)

from ..errors import ConfigurationError
from .wire import OPTIONS, Wire

SCHEMES: Final = ("redis", "rediss", "unix", "redis+cluster", "rediss+cluster")
_PORT: Final = 6379
_POOL_OPTIONS: Final = ("max_connections", "timeout", "decode_responses")


class Address:
    """Where Redis is and how to greet it. Makes no connection by itself.

    Attributes:
        label: Host and port or socket path, for messages; never user or password.
        is_cluster: Whether the URL names a node of a cluster.
        seeds: Host and port of the nodes named in the URL; empty for a unix socket.
    """

    def __init__(self, url: str) -> None:
        """Read *url*; raises `ConfigurationError`, whose message shows no part of a URL but its scheme."""
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
        """What opens wires to another node of the same cluster, with the same user, password and encryption."""
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
    wrong = "STOREFRONT_REDIS_URL cannot be read; write it like redis://user:password@host:6379/0, quoting %-wise."
    try:
        options: dict[str, Any] = dict(parse_url(url))  # type: ignore[no-untyped-call]
    except ValueError:
        raise ConfigurationError(wrong) from None  # the cause may show the password
    kept = {name: value for name, value in options.items() if name not in (*_POOL_OPTIONS, *OPTIONS)}
    kind = kept.get("connection_class", Connection)
    if kind is UnixDomainSocketConnection and not kept.get("path"):
        raise ConfigurationError("STOREFRONT_REDIS_URL names no socket; write it like unix:///run/redis/redis.sock.")
    known = {"connection_class", "host", "port", "path", "db", "username", "password", "client_name"}
    for name in kept.keys() - known:
        if not (name.startswith("ssl_") and kind is SSLConnection) and not name.startswith("socket_"):
            raise ConfigurationError(f"STOREFRONT_REDIS_URL has the unknown option {name!r}; remove it.")
    return {**kept, **OPTIONS}
