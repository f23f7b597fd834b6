"""SQL files beside the code that runs them: several statements a file, each under a line ``-- name: …``."""

from __future__ import annotations

import re
from importlib.resources import files


def load_queries(package: str, name: str) -> dict[str, str]:
    """The statements in the file *name* of *package*, by name."""
    text = (files(package) / name).read_text(encoding="utf-8")
    parts = re.split(r"^-- name: (\w+)\n", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], (statement.strip().rstrip(";") for statement in parts[2::2]), strict=True))
