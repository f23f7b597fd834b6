"""Redis: connections, reading for pages within a deadline, writing with scripts, the embedded server."""

from ._info import NodeFacts, StoreFacts
from .commands import MISSING, Read, Script, ScriptCall, load_script
from .embedded import EmbeddedServer, find_binary, stop
from .store import RedisStore

__all__ = [
    "MISSING",
    "EmbeddedServer",
    "NodeFacts",
    "Read",
    "RedisStore",
    "Script",
    "ScriptCall",
    "StoreFacts",
    "find_binary",
    "load_script",
    "stop",
]
