"""``python tests/benchmarks [--small] [name…]``: run all benchmarks, or those named, one after the other."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
BENCHMARKS = ("page_cost", "applier", "rebuild", "memory", "suggestions", "distance", "bundle_pricing", "rules")


def command(name: str, small: bool) -> list[str]:
    """The command line of one benchmark; each is a process of its own, so that none warms or burdens another."""
    if name == "rebuild":
        return [sys.executable, str(FOLDER / "bench_rebuild.py"), *(["--orders", "20000"] if small else [])]
    return [sys.executable, str(FOLDER / f"{name}.py"), *(["--small"] if small else [])]


def main() -> int:
    """Run them; 1 if one failed."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--small", action="store_true", help="little data, in seconds")
    parser.add_argument("name", nargs="*", help=", ".join(BENCHMARKS))
    options = parser.parse_args()
    unknown = [name for name in options.name if name not in BENCHMARKS]
    if unknown:
        parser.error(f"there is no benchmark {unknown[0]}; choose from {', '.join(BENCHMARKS)}")
    failed = [name for name in options.name or BENCHMARKS if subprocess.call(command(name, options.small))]
    for name in failed:
        print(f"The benchmark {name} failed.", file=sys.stderr)
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
