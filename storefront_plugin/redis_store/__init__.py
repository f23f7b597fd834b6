"""Redis: reads within a deadline, blocking writes and scripts, clusters, and the embedded server.

Other packages import from here, and `keys`."""

from ._errors import error_code, refused_command, unavailable
from ._info import NodeFacts, StoreFacts
from .commands import MISSING, Command, RawCommand, Script, ScriptCall, load_script
from .embedded import EmbeddedServer, find_binary, stop
from .store import RedisStore

__all__ = [
    "MISSING",
    "Command",
    "EmbeddedServer",
    "NodeFacts",
    "RawCommand",
    "RedisStore",
    "Script",
    "ScriptCall",
    "StoreFacts",
    "error_code",
    "find_binary",
    "load_script",
    "refused_command",
    "stop",
    "unavailable",
]
