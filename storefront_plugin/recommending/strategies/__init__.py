"""The ways of suggesting, one file each, by name."""

from __future__ import annotations

from collections.abc import Mapping

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
