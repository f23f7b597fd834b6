"""Serve the demo shop, and say where it is once it answers: ``python examples/shop/serve.py 5000``. Ctrl-C ends it."""

from __future__ import annotations

import sys
import threading
import time
from urllib.request import urlopen

from shop import create_app
from werkzeug.serving import make_server


def main(port: int) -> None:
    """Serve until Ctrl-C."""
    server = make_server("127.0.0.1", port, create_app(), threaded=True)
    address = f"http://127.0.0.1:{port}"
    threading.Thread(target=announce, args=(address,), daemon=True).start()
    server.serve_forever()
    print("\nThe demo shop is closed. `make demo` opens it again, `make clean-demo` starts over.")


def announce(address: str) -> None:
    """Ask for the first page until it comes."""
    while True:
        try:
            with urlopen(address, timeout=10):  # noqa: S310 - our own address
                break
        except OSError:
            time.sleep(0.1)
    print(f"The demo shop is at {address}  (Ctrl-C closes it)", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
