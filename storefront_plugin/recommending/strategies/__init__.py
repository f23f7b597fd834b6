"""The ways of suggesting, one file each, by name."""

from __future__ import annotations

from collections.abc import Mapping

from ...content.rankings import Ranking
from ..strategy import Strategy
from .also_bought import AlsoBought
from .bestsellers import Bestsellers
from .bought_together import BoughtTogether
from .related import Related
from .top_rated import TopRated
from .trending import Trending

STRATEGIES: Mapping[str, Strategy] = {
    strategy.name: strategy
    for strategy in (Related(), AlsoBought(), BoughtTogether(), TopRated(), Bestsellers(), Trending())
}
"""All strategies that suggest products, by name."""

RANKINGS: tuple[Ranking, ...] = tuple(each.ranking for each in STRATEGIES.values() if each.ranking is not None)
"""The rankings that strategies need, which the content index makes."""
