"""Starts the embedded server, and stops it when it is idle.

A separate program that uses only the standard library: ``python -I -S _keeper.py FOLDER BINARY IDLE_SECONDS``. The
shop's process never takes the lock itself, because a forked child could keep it for ever. The first process takes the
lock, prepares the folder and exits; its child watches the server; the grandchild becomes the server and *keeps the lock
open*, so that the kernel releases it exactly when the server ends.

Exit codes: 0 = a server is being started; 3 = another process is starting or running one.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import socket
import sys
import tempfile
import time

TAKEN = 3


def main(folder: str, binary: str, idle_seconds: float) -> int:
    lock = os.open(os.path.join(folder, "lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return TAKEN
    address = os.path.join(folder, "socket")
    remove_home(read_text(address))
    home = tempfile.mkdtemp(prefix="sf-")  # paths of sockets are limited to about 100 bytes
    path = os.path.join(home, "redis.sock")
    write_text(address, path)
    if os.fork() == 0:
        keep(folder, binary, path, idle_seconds, lock)
    return 0


def keep(folder: str, binary: str, path: str, idle_seconds: float, lock: int) -> None:
    os.setsid()
    os.chdir("/")
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1):
        os.dup2(nothing, stream)  # stderr stays the log, for early messages of the binary
    server = os.fork()
    if server == 0:
        os.set_inheritable(lock, True)
        os.execv(binary, [binary, *server_arguments(folder, path)])  # noqa: S606 - a server, not a shell
    os.close(lock)
    watch(server, path, idle_seconds)
    shutil.rmtree(os.path.dirname(path), ignore_errors=True)
    os._exit(0)


def server_arguments(folder: str, path: str) -> list[str]:
    settings = {
        "port": "0",
        "unixsocket": path,
        "unixsocketperm": "700",
        "dir": folder,
        "logfile": os.path.join(folder, "redis.log"),
        "loglevel": "warning",
        "daemonize": "no",
        "save": "",
        "appendonly": "yes",
        "appendfsync": "everysec",
        "maxmemory-policy": "noeviction",
        "databases": "1",
    }
    return [word for name, value in settings.items() for word in (f"--{name}", value)]


def watch(server: int, path: str, idle_seconds: float) -> None:
    """Return when the server has ended; stop it after *idle_seconds* without clients, or when its socket is gone."""
    listens = False
    used_at = asked_at = time.monotonic()
    while os.waitpid(server, os.WNOHANG)[0] == 0:
        time.sleep(min(1.0, idle_seconds / 4))
        now = time.monotonic()
        if listens and not os.path.exists(path):
            os.kill(server, signal.SIGTERM)  # the socket was deleted: nobody can connect, and it holds the lock
        listens = os.path.exists(path)
        if now - asked_at < min(15.0, idle_seconds / 4):
            continue
        asked_at = now
        keep_fresh(os.path.dirname(path))
        if request(path, b"INFO clients\r\n").find(b"connected_clients:1\r\n") < 0:
            used_at = now
        elif now - used_at >= idle_seconds:
            request(path, b"SHUTDOWN\r\n")


def keep_fresh(home: str) -> None:
    """Touch the folder, because temporary folders are cleaned by age."""
    for name in ("", "redis.sock"):
        try:  # noqa: SIM105 - contextlib would be another import for nothing
            os.utime(os.path.join(home, name))
        except OSError:
            pass


def request(path: str, command: bytes) -> bytes:
    """The start of the reply; empty if the server is busy, loading or gone."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(5.0)
            connection.connect(path)
            connection.sendall(command)
            return connection.recv(4096)
    except OSError:
        return b""


def remove_home(path: str) -> None:
    """Remove the socket folder of a dead server; never any other path."""
    home, name = os.path.split(path)
    if os.path.basename(home).startswith("sf-") and name == "redis.sock" and not is_served(path):
        shutil.rmtree(home, ignore_errors=True)


def is_served(path: str) -> bool:
    """Whether a server listens there; in a copied folder that may be the original's."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(5.0)
        try:
            connection.connect(path)
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        except OSError:
            return True
    return True


def read_text(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().strip()
    except OSError:
        return ""


def write_text(path: str, text: str) -> None:
    draft = path + ".new"
    with open(draft, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(draft, path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], float(sys.argv[3])))
