"""The promised sizes: at most 8 KB of style sheet and 10 KB of script, compressed."""

import gzip

import pytest

from storefront_plugin.core.folders import STATIC


@pytest.mark.parametrize(("name", "most"), [("storefront.css", 8_000), ("storefront.js", 10_000)])
def test_what_every_page_loads_stays_small(name: str, most: int) -> None:
    """Counted as a browser receives it."""
    assert len(gzip.compress((STATIC / name).read_bytes(), 6)) <= most
