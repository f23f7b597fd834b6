"""What the benchmarks share: the way to shops and tests, options, a Redis server of their own, and one table."""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from storefront_plugin.redis_store import RedisStore, find_binary


def options(text: str | None, *flags: str, **defaults: int | Path | None) -> argparse.Namespace:
    """The command line: ``--small``, *flags*, and an option for each of *defaults* (an integer, or a path)."""
    parser = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--small", action="store_true", help="little data, in seconds: shows that it runs, not how fast"
    )
    parser.add_argument("--redis", type=Path, default=None, help="server program; found by itself")
    for flag in flags:
        parser.add_argument(f"--{flag}", action="store_true")
    for name, value in defaults.items():
        parser.add_argument(f"--{name}", type=int if isinstance(value, int) else Path, default=value)
    return parser.parse_args()


@contextmanager
def own_folder() -> Iterator[Path]:
    """A short-named folder that goes at the end; sockets lie in it."""
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def own_redis(folder: Path, binary: Path | None = None) -> Iterator[str]:
    """A Redis on a unix socket that writes nothing to disk; its address."""
    program, socket = binary or find_binary(), folder / "redis.sock"
    words = [program, "--port", "0", "--unixsocket", socket, "--save", "", "--dir", folder]
    server = subprocess.Popen([str(word) for word in words], stdout=subprocess.DEVNULL)
    try:
        while not socket.exists():
            if server.poll() is not None:
                raise SystemExit(f"{program} does not start.")
            time.sleep(0.01)
        yield f"unix://{socket}"
    finally:
        server.terminate()
        server.wait()


@contextmanager
def own_store(folder: Path, binary: Path | None = None) -> Iterator[RedisStore]:
    """A store on an `own_redis`."""
    with own_redis(folder, binary) as url:
        store = RedisStore(url, folder, 5.0)
        try:
            store.ping()
            yield store
        finally:
            store.close()


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which *share* of *values* lie."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))]


def median(values: Sequence[float]) -> float:
    """The middle value."""
    return statistics.median(values)


class Table:
    """Rows of text in aligned columns, printed as they are complete."""

    def __init__(self, title: str, *columns: str) -> None:
        self._title = title
        self._rows: list[tuple[str, ...]] = [columns]

    def add(self, *cells: str) -> None:
        """One more row; missing cells are empty."""
        self._rows.append(cells + ("",) * (len(self._rows[0]) - len(cells)))

    def show(self) -> None:
        """Print title and rows."""
        widths = [max(len(row[place]) for row in self._rows) for place in range(len(self._rows[0]))]
        print(f"\n{self._title}")
        for row in self._rows:
            cells = [
                cell.ljust(width) if not place else cell.rjust(width)
                for place, (cell, width) in enumerate(zip(row, widths, strict=True))
            ]
            print("  " + "  ".join(cells).rstrip())
        sys.stdout.flush()
