"""A Redis Cluster of three masters on free ports of this machine, for tests; no replicas."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import redis

SLOTS = 16384
START_SECONDS = 15.0


@dataclass
class Master:
    """One server of the cluster, with the slots it holds."""

    port: int
    slots: range
    process: subprocess.Popen[bytes]

    @property
    def client(self) -> redis.Redis:
        """A plain client of this very server."""
        return redis.Redis(port=self.port, socket_timeout=5)

    def kill(self) -> None:
        """End it at once, as a crash would."""
        self.process.kill()
        self.process.wait()


@dataclass
class LocalCluster:
    """Three masters that know each other."""

    masters: list[Master]

    @property
    def url(self) -> str:
        """For STOREFRONT_REDIS_URL; names all three, so that any one may be dead."""
        return "redis+cluster://" + ",".join(f"127.0.0.1:{master.port}" for master in self.masters)

    def master_of(self, key: str) -> Master:
        """Who holds *key*."""
        slot = redis.crc.key_slot(key.encode())
        return next(master for master in self.masters if slot in master.slots)


@contextmanager
def local_cluster(folder: Path, binary: Path, count: int = 3) -> Iterator[LocalCluster]:
    """Start *count* masters below *folder*, wait until all slots are served, and end them afterwards."""
    edges = [SLOTS * part // count for part in range(count + 1)]
    masters: list[Master] = []
    try:
        for first, last in pairwise(edges):
            masters.append(_start(folder, binary, range(first, last)))
        _join(masters)
        yield LocalCluster(masters)
    finally:
        for master in masters:
            master.kill()


def _start(folder: Path, binary: Path, slots: range) -> Master:
    port = _free_port()
    home = folder / str(port)
    home.mkdir()
    settings = {
        "port": str(port),
        "bind": "127.0.0.1",
        "dir": str(home),
        "logfile": str(home / "redis.log"),
        "save": "",
        "cluster-enabled": "yes",
        "cluster-node-timeout": "2000",
        "cluster-require-full-coverage": "no",
    }
    words = [word for name, value in settings.items() for word in (f"--{name}", value)]
    return Master(port, slots, subprocess.Popen([str(binary), *words]))


def _join(masters: list[Master]) -> None:
    ends = time.monotonic() + START_SECONDS
    for master in masters:
        _wait(ends, lambda client: client.ping(), master)
        # One by one: ADDSLOTSRANGE does not exist before Redis 7.
        master.client.execute_command("CLUSTER", "ADDSLOTS", *master.slots)
    for number, master in enumerate(masters, 1):
        master.client.execute_command("CLUSTER", "SET-CONFIG-EPOCH", number)
    for master in masters[1:]:
        masters[0].client.execute_command("CLUSTER", "MEET", "127.0.0.1", master.port)
    for master in masters:
        _wait(ends, lambda client: _serves_all(client, len(masters)), master)


def _serves_all(client: redis.Redis, count: int) -> bool:
    facts = client.cluster("info")
    known = client.execute_command("CLUSTER", "SLOTS")
    return facts["cluster_state"] == "ok" and len(known) == count


def _wait(ends: float, condition: object, master: Master) -> None:
    assert callable(condition)
    while True:
        try:
            if condition(master.client):
                return
        except redis.RedisError:
            pass
        if time.monotonic() > ends:
            raise TimeoutError(f"the cluster node at port {master.port} did not come up")
        time.sleep(0.02)


def _free_port() -> int:
    """A port whose companion for the cluster bus, 10 000 above, is free too."""
    while True:
        with socket.socket() as one, socket.socket() as bus:
            one.bind(("127.0.0.1", 0))
            port = int(one.getsockname()[1])
            if port > 55_000:
                continue
            try:
                bus.bind(("127.0.0.1", port + 10_000))
            except OSError:
                continue
            return port
