"""What slots may name: layouts and strategies of the fillers there are, one filler to a slot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import pytest
from fillers import FILLERS

from storefront_plugin import Slot
from storefront_plugin.bundles.slots.filler import BundleFiller
from storefront_plugin.core.errors import ConfigurationError
from storefront_plugin.core.folders import WIDGETS
from storefront_plugin.core.i18n import LANGUAGES, texts_for
from storefront_plugin.recommending.cards import CardFiller
from storefront_plugin.recommending.fillers import Fillers
from storefront_plugin.recommending.strategy import Source


class Comparison(Source):
    """A source of a filler that is yet to come."""

    name = "upsell"
    title = "Compare models"


class ComparisonFiller(BundleFiller):
    """One that shows a table."""

    name = "comparisons"
    sources: ClassVar[Mapping[str, Source]] = {"upsell": Comparison()}
    layouts: ClassVar[Mapping[str, str]] = {"comparison": "Comparison table"}


@pytest.mark.parametrize("layout", FILLERS.layouts)
def test_each_layout_has_a_template_and_a_name_in_each_language(layout: str) -> None:
    """The name of the layout is that of the template."""
    assert (WIDGETS / f"{layout}.html").is_file()
    assert len({texts_for(language).gettext(FILLERS.layouts[layout]) for language in LANGUAGES}) == len(LANGUAGES)


@pytest.mark.parametrize(
    ("slot", "words"),
    [
        (
            Slot(name="any", strategies=("related",), layout="circle"),
            "layout circle doesn't exist; .* layouts grid, carousel, list, together; bundles have .* layouts bundles",
        ),
        (
            Slot(name="any", strategies=("telepathy",)),
            "source telepathy no longer exists; .* products have strategies related",
        ),
    ],
)
def test_what_nobody_fills_is_refused_with_what_there_is(slot: Slot, words: str) -> None:
    """Layouts and strategies."""
    with pytest.raises(ConfigurationError, match=words):
        FILLERS.check(slot)


def test_a_filler_more_is_known_by_its_own_description() -> None:
    """Slots may name it, are checked against it, and are called as it says."""
    more = Fillers([CardFiller, BundleFiller, ComparisonFiller])  # type: ignore[list-item]
    slot = Slot(name="up", strategies=("upsell",), layout="comparison")
    more.check(slot)
    assert more.of(slot) is ComparisonFiller
    assert more.title(texts_for("en"), "upsell") == "Compare models"
    assert more.alone == {"bundles", "upsell"}
    with pytest.raises(
        ConfigurationError,
        match=r"“upsell” can't be combined .* comparisons have strategies upsell and layouts comparison",
    ):
        more.check(Slot(name="up", strategies=("upsell", "related"), layout="comparison"))
