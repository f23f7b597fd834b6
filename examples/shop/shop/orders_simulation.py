"""Simulated customers and orders: seeded, seasonal, and with products bought together because they fit together."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import accumulate
from random import Random
from typing import Any

from .catalogue import Offer, departments, read_data
from .money import SHIPPING

DAYS = 400
ORDERS = 9000
CUSTOMERS = 1300

SEASONS = {  # how lively each department is from January to December
    "cameras": (0.8, 0.8, 1.0, 1.1, 1.0, 0.9, 1.1, 1.1, 0.9, 1.0, 1.2, 1.6),
    "phones": (0.9, 0.8, 1.2, 1.0, 0.9, 0.9, 0.9, 0.9, 1.3, 1.2, 1.1, 1.5),
    "kitchen": (1.0, 0.9, 1.1, 1.1, 1.0, 0.9, 0.8, 0.8, 0.9, 1.0, 1.2, 1.7),
    "garden": (0.2, 0.5, 1.7, 2.6, 2.3, 1.4, 0.9, 0.7, 1.1, 0.9, 0.4, 0.2),
    "bedding": (1.4, 1.1, 1.0, 0.8, 0.8, 1.0, 0.9, 0.8, 1.0, 1.4, 1.6, 1.4),
}
SHARES = {"cameras": 0.19, "phones": 0.25, "kitchen": 0.24, "garden": 0.18, "bedding": 0.16}
WEEK = (0.95, 0.9, 0.9, 0.95, 1.05, 1.25, 1.3)
REGIONS = ("Hokkaido", "Tohoku", "Kanto", "Chubu", "Kansai", "Chugoku", "Shikoku", "Kyushu", "Okinawa", "Abroad")
REGION_WEIGHTS = (5, 7, 34, 16, 19, 5, 3, 9, 1, 8)
BRANCHES = ("household", "studio", "café", "office", "school")
BRANCH_WEIGHTS = (72, 8, 7, 9, 4)
USED_UP = {"papers": 0.5, "soil": 0.4, "bottle": 0.4, "seeds": 0.35, "card": 0.15, "glass": 0.15, "filter": 0.05}
SEVERAL = {"pot": 0.5, "saucer": 0.5, "mug": 0.45, "bowl": 0.5, "pillowcase": 0.6, "pillow": 0.45, "seeds": 0.3,
           "papers": 0.4, "soil": 0.4, "cable": 0.2}  # fmt: skip

LEADS = {"camera": 3.5, "phone": 3, "duvet": 3, "cover": 1.6, "knife": 1.6, "pan": 1.6, "dripper": 1.8, "pot": 1.6,
         "filter": 0.4, "glass": 0.4, "papers": 0.4, "cardcase": 0.3, "lid": 0.3, "saucer": 0.3}  # fmt: skip
"""Kinds that people come for, and kinds that they take along."""
LASTING = {"camera", "phone", "kettle", "grinder", "whetstone", "reel", "hose", "tripod", "knifeblock", "teapot"}
NO_LEADS: Mapping[str, float] = {}


@dataclass(slots=True)
class Shopper:
    """A customer in the simulation: what they like and what they own."""

    row: dict[str, Any]
    tastes: dict[str, float]
    owned: list[Offer] = field(default_factory=list)


class Simulation:
    """Draws customers and orders; the same *seed* and *today* give the same shop."""

    def __init__(self, offers: Sequence[Offer], today: dt.datetime, seed: int = 5) -> None:
        self.random = Random(seed)
        self.today = today
        self.offers = [offer for offer in offers if offer.product.visible]
        self.rules: dict[str, list[dict[str, Any]]] = read_data("goes_with")
        self.by_kind: dict[str, list[Offer]] = defaultdict(list)
        self.by_department: dict[str, list[Offer]] = defaultdict(list)
        for offer in self.offers:
            self.by_kind[offer.product.kind].append(offer)
            self.by_department[offer.department].append(offer)
        self.shoppers = [self._shopper(number) for number in range(1, CUSTOMERS + 1)]
        # A few come often, most once or twice.
        self._activity = list(accumulate(min(self.random.paretovariate(1.25), 14) for _ in self.shoppers))

    def _shopper(self, number: int) -> Shopper:
        region = self.random.choices(REGIONS, REGION_WEIGHTS)[0]
        names = departments()
        first, second = self.random.choices(names, [SHARES[name] for name in names], k=2)
        tastes = {name: 0.06 + 0.62 * (name == first) + 0.2 * (name == second) for name in names}
        row = {
            "id": number,
            "email": f"customer{number}@example.com",
            "language": "en" if region == "Abroad" or self.random.random() < 0.1 else "ja",
            "region": region,
            "branch": self.random.choices(BRANCHES, BRANCH_WEIGHTS)[0],
            "newsletter": self.random.random() < 0.35,
            "joined_at": self.today - dt.timedelta(days=self.random.randint(DAYS, DAYS + 700)),
        }
        return Shopper(row, tastes)

    def orders(self, count: int = ORDERS) -> Iterator[dict[str, Any]]:
        """Orders as plain rows with their lines, the oldest first."""
        days = [self.today - dt.timedelta(days=DAYS - day) for day in range(DAYS)]
        lively = [self._liveliness(day, place) for place, day in enumerate(days)]
        moments = sorted(self._moment(day) for day in self.random.choices(days, lively, k=count))
        numbers = self.random.sample(range(100_000, 1_000_000), count)
        for moment, number in zip(moments, numbers, strict=True):
            shopper = self.random.choices(self.shoppers, cum_weights=self._activity)[0]
            guest = self.random.random() < 0.08
            basket = self._basket(shopper, moment, guest)
            if basket:
                yield self._order(f"F-{number}", shopper, moment, guest, basket)

    def _liveliness(self, day: dt.datetime, place: int) -> float:
        season = sum(SHARES[name] * SEASONS[name][day.month - 1] for name in SHARES)
        return season * WEEK[day.weekday()] * (0.75 + 0.5 * place / DAYS)  # the shop grows

    def _moment(self, day: dt.datetime) -> dt.datetime:
        hour = self.random.choices(
            range(24), (2, 1, 1, 1, 1, 1, 2, 4, 5, 5, 5, 6, 8, 6, 5, 5, 5, 6, 7, 9, 11, 12, 9, 5)
        )[0]
        start = day.replace(hour=0, minute=0, second=0, microsecond=0)
        moment = start + dt.timedelta(hours=hour, seconds=self.random.randrange(3600))
        return min(moment, self.today - dt.timedelta(minutes=5))

    def _basket(self, shopper: Shopper, moment: dt.datetime, guest: bool) -> dict[str, tuple[Offer, int]]:
        lead = self._lead(shopper, moment)
        if lead is None:
            return {}
        basket = {lead.product.sku: lead}
        fresh = [lead]
        for _ in range(2):  # what goes with it, and what goes with that
            fresh = [
                more for offer in fresh for more in self._complements(offer, moment, 1.0 if offer is lead else 0.5)
            ]
            fresh = [offer for offer in fresh if basket.setdefault(offer.product.sku, offer) is offer]
        if self.random.random() < 0.12:
            other = self._pick(self.offers, moment)
            if other:
                basket.setdefault(other.product.sku, other)
        if not guest:
            shopper.owned.extend(basket.values())
        return {sku: (offer, self._quantity(offer)) for sku, offer in basket.items()}

    def _lead(self, shopper: Shopper, moment: dt.datetime) -> Offer | None:
        lead = self._wanted(shopper, moment)
        lasts = lead is not None and lead.product.kind in LASTING
        if lasts and any(lead and own.product.kind == lead.product.kind for own in shopper.owned):
            return self._wanted(shopper, moment)  # hardly anybody needs a second one
        return lead

    def _wanted(self, shopper: Shopper, moment: dt.datetime) -> Offer | None:
        draw = self.random.random()
        if shopper.owned and draw < 0.36:
            owned = self.random.choice(shopper.owned)
            if self.random.random() < USED_UP.get(owned.product.kind, 0):
                return owned
            complements = self._complements(owned, moment, 1.0)
            if complements:
                return self.random.choice(complements)
        names = list(shopper.tastes)
        weights = [shopper.tastes[name] * SHARES[name] * SEASONS[name][moment.month - 1] for name in names]
        department = self.by_department[self.random.choices(names, weights)[0]]
        return self._pick(department, moment, LEADS)

    def _complements(self, offer: Offer, moment: dt.datetime, share: float) -> list[Offer]:
        found = []
        for rule in self.rules.get(offer.product.kind, ()):
            if self.random.random() >= rule["chance"] * share:
                continue
            key = rule.get("same")
            wanted = offer.product.attributes.get(key) if key else None
            fitting = [
                other
                for other in self.by_kind[rule["kind"]]
                if other is not offer and (key is None or other.product.attributes.get(key) == wanted)
            ]
            picked = self._pick(fitting, moment)
            if picked:
                found.append(picked)
        return found

    def _pick(
        self, offers: Sequence[Offer], moment: dt.datetime, kinds: Mapping[str, float] = NO_LEADS
    ) -> Offer | None:
        on_sale = [offer for offer in offers if offer.product.created_at <= moment]
        if not on_sale:
            return None
        return self.random.choices(
            on_sale, [offer.demand**1.6 * kinds.get(offer.product.kind, 1) for offer in on_sale]
        )[0]

    def _quantity(self, offer: Offer) -> int:
        if self.random.random() < SEVERAL.get(offer.product.kind, 0.03):
            return self.random.choice((2, 2, 2, 3, 4))
        return 1

    def _order(
        self, number: str, shopper: Shopper, moment: dt.datetime, guest: bool, basket: dict[str, tuple[Offer, int]]
    ) -> dict[str, Any]:
        dollars = shopper.row["region"] == "Abroad"
        age = (self.today - moment).days
        status = "placed" if age < 2 else "shipped" if age < 6 else "delivered"
        status = self.random.choices((status, "cancelled", "refunded"), (0.945, 0.03, 0.025))[0]
        fee, free_from = SHIPPING["USD" if dollars else "JPY"]
        prices = {
            sku: offer.product.price_usd if dollars else offer.product.price_jpy for sku, (offer, _) in basket.items()
        }
        goods = sum((prices[sku] * quantity for sku, (_, quantity) in basket.items()), Decimal(0))
        lines = [
            {
                "position": position,
                "sku": sku,
                "quantity": quantity,
                "unit_price": prices[sku],
            }
            for position, (sku, (_, quantity)) in enumerate(basket.items())
        ]
        return {
            "number": number,
            "customer_id": None if guest else shopper.row["id"],
            "placed_at": moment,
            "currency": "USD" if dollars else "JPY",
            "status": status,
            "shipping": Decimal(0) if goods >= free_from else fee,
            "lines": lines,
        }
