"""What the shop and its bundles earned in the last 30 days, beside the 30 days before, in one currency at a time."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from ...bundles.orders.sold import Discount, SoldInBundles, discounts, sold_in_bundles
from ...core import clock
from ...core.errors import AdapterError
from ...money import to_minor
from ...orderlog.sales import DailySales, daily_sales
from ...proxies import current_services
from ..kit.i18n import _, rounded_money, shown_day, shown_percent
from ..kit.moment_field import shop_zone
from ..kit.products import look_up

DAYS = 30
"""Days of a period, the last of them today."""

MOST_RECORDS = 1000
"""Orders with bundles whose margin is worked out, the newest."""

MOST_PRODUCTS = 1000


@dataclass(frozen=True, slots=True)
class Margin:
    """What is left of the bundles of *orders* orders, of *of*, after the cost of their products, minor units.

    *paid* is what those bundles sold for, without tax.
    """

    amount: int
    paid: int
    orders: int
    of: int

    @property
    def share(self) -> float | None:
        return self.amount / self.paid if self.paid else None


@dataclass(frozen=True, slots=True)
class Earned:
    """Figures of the last `DAYS` days, and of as many before.

    Attributes:
        days: The last days, the oldest first; today is one of them.
        orders, revenue: A day each, those before first; *revenue* is of *known* orders, of those of the last days.
        currency: The one of all amounts; None where no order has a price. *currencies* are all there are, the usual first.
        discount, discount_before: What bundles saved.
        margin: Of the bundles of the last days; None where no order had one, or no cost is known.
    """

    days: Sequence[dt.date]
    orders: Sequence[int]
    currency: str | None
    currencies: Sequence[str]
    revenue: Sequence[int]
    known: int
    discount: Discount
    discount_before: Discount
    margin: Margin | None

    @property
    def latest(self) -> int:
        """Orders of the last days; *before*, of those before."""
        return sum(self.orders[DAYS:])

    @property
    def before(self) -> int:
        return sum(self.orders[:DAYS])

    @property
    def is_empty(self) -> bool:
        """Whether nothing was ordered for two months."""
        return not any(self.orders)

    @property
    def latest_revenue(self) -> int:
        """Revenue of the last days, minor units."""
        return sum(self.revenue[DAYS:])

    @property
    def change_of_orders(self) -> str:
        return change(self.latest, self.before)

    @property
    def change_of_revenue(self) -> str:
        return change(self.latest_revenue, sum(self.revenue[:DAYS]))

    @property
    def change_of_discount(self) -> str:
        return change(self.discount.saving, self.discount_before.saving)

    @property
    def money(self) -> Callable[[int], str]:
        """Says an amount of its currency."""
        return partial(rounded_money, currency=self.currency)

    @property
    def points(self) -> list[tuple[str, int]]:
        """The chart: revenue a day, or orders where no price is known."""
        figures = self.revenue if self.currency else self.orders
        return [(shown_day(day), figure) for day, figure in zip(self.days, figures[DAYS:], strict=True)]

    @property
    def points_before(self) -> Sequence[int]:
        return (self.revenue if self.currency else self.orders)[:DAYS]


def change(now: int, before: int) -> str:
    """How *now* differs from *before*, in words."""
    if not before:
        return _("none in the previous 30 days")
    share = (now - before) / before
    if round(share, 2) == 0:
        return _("same as the previous 30 days")
    sign = "+" if share > 0 else "−"
    return _("%(change)s on the previous 30 days", change=f"{sign}{shown_percent(abs(share))}")


def earned(asked: str = "") -> Earned:
    """The figures now, in the currency *asked* for, if there is any in it; raises `DatabaseUnavailable`.

    A fixed number of queries: the days by their index, the records of at most `MOST_RECORDS` orders.
    """
    zone = shop_zone()
    today = clock.now().astimezone(zone).date()
    days = [today - dt.timedelta(days=ago) for ago in range(2 * DAYS)][::-1]
    first, middle, end = (_began(day, zone) for day in (days[0], days[DAYS], today + dt.timedelta(days=1)))
    with current_services.database.reading(blocking=True) as session:
        sales = daily_sales(session, days, zone)
        saved_before, saved = discounts(session, first, middle, end)
        sold = sold_in_bundles(session, middle, end, MOST_RECORDS) if saved else []
    currencies = _currencies(sales, saved)
    currency = asked if asked in currencies else next(iter(currencies), None)
    revenue = sales.revenue.get(currency or "", [0] * len(days))
    return Earned(
        days=days[DAYS:],
        orders=sales.orders,
        currency=currency,
        currencies=currencies,
        revenue=revenue,
        known=sum(sum(known[DAYS:]) for known in sales.known.values()),
        discount=saved.get(currency or "", Discount()),
        discount_before=saved_before.get(currency or "", Discount()),
        margin=_margin([one for one in sold if one.currency == currency], currency),
    )


def _began(day: dt.date, zone: dt.tzinfo) -> dt.datetime:
    return clock.to_sql(dt.datetime.combine(day, dt.time(), zone))


def _currencies(sales: DailySales, saved: Mapping[str, Discount]) -> list[str]:
    """All there are: the shop's usual one first, then that of most orders."""
    usual = current_services.settings.currency
    orders = Counter({currency: sum(known) for currency, known in sales.known.items()})
    orders.update(dict.fromkeys(saved, 0))
    return sorted(orders, key=lambda currency: (currency != usual, -orders[currency], currency))


def _margin(sold: Sequence[SoldInBundles], currency: str | None) -> Margin | None:
    """The margin of the orders of which the cost of every product in a bundle is known now."""
    costs = _costs({product for one in sold for product, _quantity in one.products}, currency) if sold else {}
    known = [one for one in sold if all(product in costs for product, _quantity in one.products)]
    if not known:
        return None
    paid = sum(one.paid for one in known)
    cost = sum(costs[product] * quantity for one in known for product, quantity in one.products)
    return Margin(paid - cost, paid, len(known), len(sold))


def _costs(ids: Iterable[str], currency: str | None) -> Mapping[str, int]:
    """What products cost the shop, in minor units of *currency*; those of unknown cost are left out."""
    try:
        products = look_up(sorted(ids)[:MOST_PRODUCTS])
    except AdapterError:
        return {}
    usual = current_services.settings.currency
    found: dict[str, Decimal] = {
        name: one.cost
        for name, one in products.items()
        if one is not None and one.cost is not None and (one.currency or usual) == currency
    }
    return {name: to_minor(cost, currency) for name, cost in found.items()}
