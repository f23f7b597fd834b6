"""How far counting with a bound is from counting without: the store against the sum of all orders.

``python tests/benchmarks/distance.py [--small] [--orders 30000] [--data FOLDER]``

The store cuts a set of more than 128 neighbours to its 100 heaviest, and a neighbour that was cut begins at nothing
when it comes back. All orders are counted live, batch by batch, without a rebuild between, which would mend it: the
share of the ten heaviest neighbours that both agree on, over the products that have ten. There is no promise.
"""

from __future__ import annotations

from collections.abc import Sequence

import ground  # first: it opens the way to the next ones
from baskets import Basket, complete_journey, made_baskets, read_folder
from counting_model import ModelB

from storefront_plugin.counts.applier import CUT_ABOVE, KEPT_NEIGHBOURS
from storefront_plugin.counts.weights import Weighting
from storefront_plugin.orderlog.events import day_of
from storefront_plugin.orderlog.settling import Entry

BATCH, TOP = 500, 10


def entries_of(baskets: Sequence[Basket]) -> list[Entry]:
    """Baskets as entries of the log, oldest first, with numbers for products."""
    numbers: dict[str, int] = {}
    entries = []
    for basket in sorted(baskets, key=lambda basket: (basket.moment, basket.id)):
        products = tuple(numbers.setdefault(product, len(numbers) + 1) for product in basket.products)
        entries.append(Entry(1, day_of(basket.moment), len(products), products))
    return entries


def top(pairs: dict[int, tuple[int, int]]) -> set[int]:
    """The heaviest neighbours, ties by number."""
    return set(sorted(pairs, key=lambda number: (-pairs[number][0], number))[:TOP])


def agreement(whole: ModelB, bounded: ModelB, products: Sequence[int]) -> float:
    """Mean share of the ten heaviest neighbours that both have."""
    shares = [len(top(whole.pairs[product]) & top(bounded.pairs[product])) / TOP for product in products]
    return sum(shares) / len(shares) if shares else 1.0


def main() -> None:
    """Count both ways, print the table."""
    options = ground.options(__doc__, orders=30_000, data=None)
    if options.small:
        baskets, keep, limit = made_baskets(), 5, 8
    else:
        baskets = read_folder(options.data) if options.data else complete_journey()
        keep, limit = KEPT_NEIGHBOURS, CUT_ABOVE
    entries = entries_of(baskets)[: options.orders]
    weighting = Weighting(entries[-1].day, 180)
    whole, bounded = ModelB(weighting), ModelB(weighting, keep, limit)
    for start in range(0, len(entries), BATCH):
        whole.step(entries[start : start + BATCH])
        bounded.step(entries[start : start + BATCH])
    asked = [product for product, pairs in whole.pairs.items() if len(pairs) >= TOP]
    cut = [product for product in asked if len(whole.pairs[product]) > limit]
    table = ground.Table(
        f"distance: {len(entries):,} orders counted live, {len(asked):,} products with {TOP} neighbours",
        *("share of the ten heaviest neighbours", "bounded", "unbounded", "promise"),
    )
    table.add("all products", f"{agreement(whole, bounded, asked):.3f}", "1", "none")
    table.add(f"{len(cut):,} products that were cut", f"{agreement(whole, bounded, cut):.3f}", "1", "none")
    table.show()


if __name__ == "__main__":
    main()
