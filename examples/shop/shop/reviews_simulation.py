"""Simulated reviews by customers who bought the product: most are content, some are not, many write nothing."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Iterator, Mapping
from random import Random
from typing import Any

from .catalogue import read_data

SHARE = 0.3
WITH_TEXT = 0.55


def reviews(
    orders: Iterable[Mapping[str, Any]],
    kinds: Mapping[str, tuple[str, str]],
    languages: Mapping[int, str],
    today: dt.datetime,
    seed: int = 5,
) -> Iterator[dict[str, Any]]:
    """Review rows; *kinds* gives the kind and department of each SKU, *languages* the language of each customer."""
    random = Random(seed)
    texts = read_data("review_texts")
    quality = {sku: random.triangular(3.8, 5.4, 5.0) for sku in sorted(kinds)}
    seen: set[tuple[str, int]] = set()
    for order in orders:
        customer = order["customer_id"]
        if customer is None or order["status"] != "delivered":
            continue
        for line in order["lines"]:
            sku = line["sku"]
            written = order["placed_at"] + dt.timedelta(days=random.uniform(4, 40))
            if random.random() >= SHARE or written >= today or (sku, customer) in seen:
                continue
            seen.add((sku, customer))
            rating = _rating(random, quality[sku])
            language = languages[customer]
            yield {
                "sku": sku,
                "customer_id": customer,
                "rating": rating,
                "language": language,
                "text": _text(random, texts, kinds[sku], rating, language),
                "created_at": written,
            }


def _rating(random: Random, quality: float) -> int:
    weights = [math.exp(-((stars - quality) ** 2) / 1.5) for stars in range(1, 6)]
    weights[0] += 0.04  # some parcels arrive broken
    return random.choices(range(1, 6), weights)[0]


def _text(random: Random, texts: Any, kind: tuple[str, str], rating: int, language: str) -> str:
    if random.random() >= WITH_TEXT:
        return ""
    mood = "good" if rating >= 5 else "fair" if rating == 4 else "mixed" if rating == 3 else "poor"
    own = [pair for name in kind for pair in texts.get(name, {}).get(mood, [])]
    general = texts["any"][mood]
    pool = own * 2 + general
    picked: str = random.choice(pool)[language == "ja"]
    return picked
