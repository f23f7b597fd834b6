"""An evaluation as a picture that stands alone: hit rates as bars, with their 95 % intervals."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from html import escape
from typing import Final

from ..counts.scoring import PageKind
from ..learning.evaluation import Evaluation, Way

WIDTH: Final = 640
LEFT: Final = 240
RIGHT: Final = 70
ROW: Final = 28
HEAD: Final = 44
_FONT: Final = 'font-family="system-ui, sans-serif" font-size="13"'


def drawing(found: Evaluation, pages: Mapping[PageKind, str], ways: Mapping[Way, str]) -> str:
    """An SVG document; *pages* and *ways* are labels."""
    rows = sum(map(len, found.pages.values()))
    height = HEAD * (len(found.pages) + 1) + ROW * rows
    title = f"Of the latest {found.queries:,} orders, those whose products are found among ten suggestions"
    body = "\n".join(_pages(found, pages, ways))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img" {_FONT}>\n<title>{escape(title)}</title>\n'
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>\n'
        f'<text x="12" y="26" fill="#1d2327" font-weight="bold">{escape(title)}</text>\n{body}\n</svg>\n'
    )


def _pages(found: Evaluation, pages: Mapping[PageKind, str], ways: Mapping[Way, str]) -> Iterator[str]:
    top = HEAD
    scale = WIDTH - LEFT - RIGHT
    for page, measured in found.pages.items():
        yield f'<text x="12" y="{top + 26}" fill="#1d2327" font-weight="bold">{escape(pages[page])}</text>'
        top += HEAD
        yield f'<line x1="{LEFT}" y1="{top - 6}" x2="{LEFT}" y2="{top + ROW * len(measured) - 4}" stroke="#8b949b"/>'
        for way, measures in measured.items():
            low, high = wilson(measures.hit_rate, found.queries)
            x, y = LEFT + scale * measures.hit_rate, top + 7
            yield f'<text x="{LEFT - 10}" y="{top + 12}" fill="#1d2327" text-anchor="end">{escape(ways[way])}</text>'
            yield f'<rect x="{LEFT}" y="{top - 2}" width="{x - LEFT:.1f}" height="18" fill="#7cc7b2"/>'
            yield (
                f'<path d="M{LEFT + scale * low:.1f} {y - 4}v8M{LEFT + scale * low:.1f} {y}H{LEFT + scale * high:.1f}'
                f'M{LEFT + scale * high:.1f} {y - 4}v8" fill="none" stroke="#1d2327"/>'
            )
            yield (
                f'<text x="{LEFT + scale * high + 8:.1f}" y="{top + 12}" fill="#1d2327">{measures.hit_rate:.1%}</text>'
            )
            top += ROW


def wilson(share: float, count: int) -> tuple[float, float]:
    """The 95 % interval of a share of *count* (Wilson 1927)."""
    if not count:
        return 0.0, 1.0
    z = 1.959964
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    return max(0.0, middle - half), min(1.0, middle + half)
