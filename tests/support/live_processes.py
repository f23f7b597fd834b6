"""Processes of their own on a small shop's database and Redis."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from small_shop import SmallShop

HERE = Path(__file__).parents[1]


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def running(shop: SmallShop, *program: str, **more: str) -> Iterator[subprocess.Popen[str]]:
    """*program* as a process of its own on the same database and Redis, with *more* in its environment."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(map(str, (HERE, HERE / "support", HERE.parent))),
        "SHOP_FOLDER": shop.app.instance_path,
        "SHOP_REDIS": shop.app.config["STOREFRONT_REDIS_URL"],
        "SHOP_PREFIX": shop.app.config["STOREFRONT_REDIS_PREFIX"],
        **more,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", *program], env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=30)


@contextmanager
def preloaded(shop: SmallShop, workers: int = 2) -> Iterator[int]:
    """``gunicorn --preload`` on an app that used everything before it forked; its port."""
    port = free_port()
    options = ("--preload", "-w", str(workers), "-b", f"127.0.0.1:{port}", "--log-level", "error")
    with running(shop, "gunicorn", *options, "hosts.live_shop:create_used_app()"):
        yield port
