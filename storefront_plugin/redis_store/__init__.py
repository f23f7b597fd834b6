"""Redis: connections, reading for pages within a deadline, writing with scripts, the embedded server."""

from .connection import RedisStore
from .embedded import EmbeddedServer, find_binary, stop
from .facts import NodeFacts, StoreFacts
from .reads import MISSING, Read
from .script import Script, ScriptCall, load_script

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
