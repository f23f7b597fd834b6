"""A proxy of a Redis server through which a test makes it slow, silent or gone."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress


class Proxy:
    """A TCP proxy of a server's unix socket that can be slow (200 ms a reply), silent, or let single bytes drip."""

    def __init__(self, path: str, port: int = 0) -> None:
        self.mode = "pass"
        self.requests = 0
        self._path = path
        self._door = socket.create_server(("127.0.0.1", port))
        self.port = self._door.getsockname()[1]
        self._open: list[socket.socket] = [self._door]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        for one in self._open:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._door.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(self._path)
            self._open += [client, server]
            threading.Thread(target=self._ask, args=(client, server), daemon=True).start()
            threading.Thread(target=self._reply, args=(server, client), daemon=True).start()

    def _ask(self, client: socket.socket, server: socket.socket) -> None:
        try:
            while data := client.recv(65536):
                self.requests += 1
                server.sendall(data)
            server.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def _reply(self, server: socket.socket, client: socket.socket) -> None:
        try:
            while data := server.recv(65536):
                if self.mode == "slow":
                    time.sleep(0.2)
                pieces = [bytes([byte]) for byte in data] if self.mode == "drip" else [data]
                for piece in pieces if self.mode != "silent" else []:
                    client.sendall(piece)
                    time.sleep(0.01 if self.mode == "drip" else 0)
        except OSError:
            pass
