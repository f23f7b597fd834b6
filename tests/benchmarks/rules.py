"""What rules add to a product page: its time with 0, 10, 100 and 1 000 of them, in one run.

``python tests/benchmarks/rules.py [--small] [--pages 500] [--redis /usr/bin/redis-server]``

The shop and its pages are those of ``page_cost``. The rules are of all kinds and meet the pages asked for: pins and
exclusions for their products, boosts and buries of the categories and brands of their candidates, price relations, and
rules about pages of a category or a brand; the first ten of a thousand are the ten. Each page is asked with each number
of rules in turn, so that whatever slows the machine slows them alike.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

import ground  # first: it opens the way to the next ones
from busy_shop import SMALL, PlainCart, Size, busy_shop, make_products, seen_products, views
from page_cost import Ask, asker, counted_trips, timed
from small_shop import SmallShop

from storefront_plugin import Product
from storefront_plugin.proxies import SERVICES
from storefront_plugin.recommending.rules.compiled import RuleBook
from storefront_plugin.recommending.rules.rule import Rule

COUNTS = (0, 10, 100, 1000)
BRANDS = 40


def branded(products: Sequence[Product]) -> list[Product]:
    """The shop's products, each of one of forty brands."""
    return [replace(product, brand=f"b{number % BRANDS}") for number, product in enumerate(products, start=1)]


def made_rules(seen: Sequence[int], products: Sequence[Product], count: int) -> Iterator[Rule]:
    """*count* rules of all kinds about the pages of *seen* and their candidates, the same on every run."""
    chance = random.Random(5)
    pages = [products[number - 1] for number in dict.fromkeys(seen)]
    for number in range(count):
        page, other = pages[number % len(pages)], chance.choice(pages)
        category, brand = chance.choice(page.category_ids), f"b{chance.randrange(BRANDS)}"
        yield (
            Rule(kind="boost", strength=110, target_kind="category", target_value=category),
            Rule(
                kind="exclude",
                seed_kind="category",
                seed_value=category,
                target_kind="cheaper",
                price_percent=1 + number % 40,
            ),
            Rule(kind="bury", strength=80, target_kind="brand", target_value=brand),
            Rule(kind="pin", seed_kind="product", seed_value=page.id, target_value=other.id),
            Rule(kind="boost", strength=150, target_value=other.id),
            Rule(kind="exclude", target_value=chance.choice(products).id),
            Rule(
                kind="bury",
                strength=50,
                seed_kind="brand",
                seed_value=brand,
                target_kind="category",
                target_value=category,
            ),
            Rule(kind="boost", strength=120, target_kind="dearer", price_percent=100 + number % 300),
            Rule(kind="exclude", seed_kind="product", seed_value=page.id, target_kind="brand", target_value=brand),
            Rule(
                kind="bury",
                strength=90,
                strategy="related",
                placement="product",
                target_kind="brand",
                target_value=brand,
            ),
        )[number % 10]


def measure(ask: Ask, shop: SmallShop, books: dict[int, RuleBook], seen: Sequence[int]) -> dict[int, list[float]]:
    """Milliseconds of this thread's work for each page, by the number of rules."""
    held = shop.app.extensions[SERVICES].snapshots
    work: dict[int, list[float]] = {count: [] for count in books}
    for turn, number in enumerate(seen):
        order = list(books)
        for count in order[turn % len(order) :] + order[: turn % len(order)]:
            held.current = replace(held.current, rules=books[count])
            work[count].append(timed(ask, f"/plugin/{number}")[1])
    return work


def main() -> None:
    """Build the shop, ask for its pages with more and more rules, print the table."""
    options = ground.options(__doc__, pages=500)
    size, pages = (SMALL, 40) if options.small else (Size(), options.pages)
    with ground.own_folder() as folder, ground.own_redis(folder, options.redis) as url:
        products = branded(make_products(size))
        shop = busy_shop(folder, url, size, products, PlainCart())
        ask, seen = asker(views(shop)), seen_products(folder, pages)
        # What is held must not be refreshed while other rules are put into it.
        held = shop.app.extensions[SERVICES].snapshots
        held.get()
        held._due_at = float("inf")
        rules = list(made_rules(seen, products, max(COUNTS)))
        books = {count: RuleBook(dict(enumerate(rules[:count], start=1))) for count in COUNTS}
        report(ask, shop, books, seen, size)
        shop.close()


def report(ask: Ask, shop: SmallShop, books: dict[int, RuleBook], seen: Sequence[int], size: Size) -> None:
    """Warm everything, measure and print."""
    held = shop.app.extensions[SERVICES].snapshots
    measure(ask, shop, books, seen)
    work = measure(ask, shop, books, seen)
    table = ground.Table(
        f"rules: {size.products:,} products, {size.orders:,} orders, 4 slots, {len(seen):,} pages, work of the thread",
        *("rules", "p50 ms", "p90 ms", "p50 more than none", "Redis trips", "SQL", "compiling ms", "promise"),
    )
    for count, times in work.items():
        held.current = replace(held.current, rules=books[count])
        with counted_trips() as trips:
            for number in seen[:40]:
                ask(f"/plugin/{number}")
        table.add(
            f"{count:,}",
            f"{ground.median(times):.2f}",
            f"{ground.percentile(times, 0.9):.2f}",
            f"{ground.median(times) - ground.median(work[0]):+.2f}",
            f"{trips['redis'] / 40:.2f}",
            f"{trips['sql'] / 40:.2f}",
            f"{compiling(books[count]):.1f}",
            "<= 2 trips, 0 SQL" if count else "",
        )
    flat = ground.median(work[1000]) / ground.median(work[10])
    table.add("1 000 / 10", f"{flat:.2f}", "", "", "", "", "", "<= 1.25")
    table.show()


def compiling(book: RuleBook) -> float:
    """Milliseconds to compile it again."""
    began = time.perf_counter()
    book._compile(time.time())
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    main()
