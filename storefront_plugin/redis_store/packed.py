"""Loading commands that are packed already: the bytes that DuckDB made go to the server as they are."""

from __future__ import annotations

from collections.abc import Iterable

from .bulk import CHUNK_BYTES, _Stream, _stream_of, _try
from .connection import RedisStore
from .node import Node


def load_packed(store: RedisStore, key: str, commands: Iterable[bytes]) -> int:
    """Execute *commands*, each the bytes of one command on the wire, on the node of *key*; how many they were.

    All keys in them must lie in the slot of *key*. Raises `StoreUnavailable` at the first trouble, with some done.
    """
    topology = store._live().topology
    topology.load()
    streams: dict[Node, _Stream] = {}
    stream = _stream_of(topology, streams, key)
    count = 0
    try:
        for command in commands:
            count += 1
            stream.waiting.append(command)
            stream.size += len(command)
            if stream.size >= CHUNK_BYTES:
                _try(stream, stream.send)
        _try(stream, stream.finish)
    finally:
        stream.drop()
    return count
