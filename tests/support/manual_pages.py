"""The code blocks of the manual, and the shop of its tutorial."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"

_BLOCK = re.compile(
    r'(?P<not_run><!-- not run: [^\n]+ -->\n)?^```(?P<language>\w+)(?: title="(?P<title>[^"\n]+)")?\n(?P<text>.*?)^```$',
    re.DOTALL | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of a page; one with a *title* is a file that the reader writes."""

    language: str
    title: str | None
    text: str
    is_run: bool


def blocks(page: Path) -> list[Block]:
    """The blocks of *page* that have a language."""
    found = _BLOCK.finditer(page.read_text(encoding="utf-8"))
    return [Block(one["language"], one["title"], one["text"], one["not_run"] is None) for one in found]


def write(block: Block, folder: Path) -> None:
    """Write the file of a *block* as the manual says: Python goes to the end of a file, a template takes its place."""
    assert block.title is not None
    path = folder / block.title
    path.parent.mkdir(parents=True, exist_ok=True)
    before = path.read_text(encoding="utf-8") + "\n\n" if path.exists() and path.suffix == ".py" else ""
    path.write_text(before + block.text, encoding="utf-8")
