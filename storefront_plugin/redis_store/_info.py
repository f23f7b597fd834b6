"""Facts about the servers, from ``INFO``."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """A server, from its ``INFO``.

    Attributes:
        label: Host and port or socket path.
        server: ``redis`` or ``valkey``.
        version: Such as ``7.0.15``.
        role: ``master`` or ``slave``.
        maxmemory_policy: Such as ``noeviction``.
        maxmemory: Bytes; 0 = no limit.
        used_memory: Bytes.
        process_id: Of the server, on its machine.
    """

    label: str
    server: str
    version: str
    role: str
    maxmemory_policy: str
    maxmemory: int
    used_memory: int
    process_id: int


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """All servers; at least one.

    Attributes:
        refusal: Why the servers do not give their facts; empty where they do.
    """

    nodes: tuple[NodeFacts, ...]
    refusal: str = ""

    @property
    def title(self) -> str:
        """Such as "Redis 7.0.15"."""
        return f"{self.nodes[0].server.capitalize()} {self.version}".strip()

    @property
    def version(self) -> str:
        """The oldest version among the nodes."""
        return min((node.version for node in self.nodes), key=_as_numbers)

    @property
    def used_memory(self) -> int:
        """Bytes used by all nodes."""
        return sum(node.used_memory for node in self.nodes)

    @property
    def maxmemory_policy(self) -> str:
        """The eviction policy; several are joined with commas, an evicting one first."""
        return ", ".join(sorted({node.maxmemory_policy for node in self.nodes}))

    @property
    def roles(self) -> dict[str, str]:
        """Roles by label of the node."""
        return {node.label: node.role for node in self.nodes}

    @property
    def evicts(self) -> bool:
        """Whether a server may evict keys without an expiry."""
        return any(node.maxmemory_policy.startswith("allkeys-") for node in self.nodes)


def facts_of(label: str, info: bytes) -> NodeFacts:
    """Parse the reply of ``INFO``."""
    lines = (line.partition(":") for line in info.decode("utf-8", "replace").splitlines())
    values = {name: value.strip() for name, colon, value in lines if colon}
    return NodeFacts(
        label=label,
        server=values.get("server_name", "redis"),
        version=values.get("valkey_version") or values.get("redis_version", ""),
        role=values.get("role", "master"),
        maxmemory_policy=values.get("maxmemory_policy", "noeviction"),
        maxmemory=int(values.get("maxmemory", 0)),
        used_memory=int(values.get("used_memory", 0)),
        process_id=int(values.get("process_id", 0)),
    )


def _as_numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
