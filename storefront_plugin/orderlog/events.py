"""Order events: validated when they are made, stored as a JSON payload."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Literal, NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

from ..core.errors import InputError
from ..money import to_minor
from ..shop.ports import Order, OrderLine, clean_id

Kind: TypeAlias = Literal["placed", "cancelled", "refunded"]

MAX_QUANTITY = 10**9
_EPOCH = dt.datetime(1970, 1, 1)


class Line(NamedTuple):
    """A validated order line; *unit_price* in minor units of the order's currency.

    A payload holds it as a plain list, so a new field goes to the end, with a default.
    """

    product_id: str
    quantity: int
    unit_price: int | None = None
    variant_id: str | None = None


class Event(NamedTuple):
    """An event of an order. *placed_at* is naive UTC; *clamped* is set if it was in the future."""

    kind: Kind
    order_id: str
    lines: tuple[Line, ...] = ()
    placed_at: dt.datetime | None = None
    customer_id: str | None = None
    currency: str | None = None
    clamped: bool = False

    def payload(self) -> str:
        """The event as JSON, without kind and order id."""
        data = self._asdict()
        del data["kind"], data["order_id"]
        return json.dumps(data, default=dt.datetime.isoformat, separators=(",", ":"))

    @classmethod
    def from_payload(cls, kind: Kind, order_id: str, payload: str) -> Event:
        """The event from its `payload`."""
        data = json.loads(payload)
        data["placed_at"] = dt.datetime.fromisoformat(data["placed_at"]) if data["placed_at"] else None
        data["lines"] = tuple(Line(*line) for line in data["lines"])
        return cls(kind, order_id, **data)


def day_of(moment: dt.datetime) -> int:
    """Whole days since 1970-01-01 UTC."""
    return (moment - _EPOCH).days


def placed(order: Order, timezone: str, currency: str | None, moment: dt.datetime) -> Event:
    """The event of a placed *order*. Times after *moment* are clamped to it. Raises `InputError` for invalid values."""
    placed_at = _utc(order.placed_at, timezone)
    money = _currency(order.currency) or currency
    customer_id = None if order.customer_id is None else clean_id(order.customer_id, "customer id")
    return Event(
        kind="placed",
        order_id=clean_id(order.id, "order id"),
        lines=_lines(order.lines, money),
        placed_at=min(placed_at, moment),
        customer_id=customer_id,
        currency=money,
        clamped=placed_at > moment,
    )


def cancelled(order_id: object) -> Event:
    """The event of a cancelled order; what is left of it stops counting."""
    return Event("cancelled", clean_id(order_id, "order id"))


def refunded(order_id: object, lines: Iterable[OrderLine]) -> Event:
    """The event of a refund; a product stops counting when its whole quantity is refunded."""
    return Event("refunded", clean_id(order_id, "order id"), _lines(lines, None))


def _utc(value: dt.datetime, timezone: str) -> dt.datetime:
    if not isinstance(value, dt.datetime):
        raise InputError(f"placed_at must be a datetime, not {value!r:.80}; convert it in the adapter.")
    aware = value if value.tzinfo else value.replace(tzinfo=ZoneInfo(timezone))
    try:
        return aware.astimezone(dt.timezone.utc).replace(tzinfo=None)
    except OverflowError:
        return value.replace(tzinfo=None)


def _currency(value: object) -> str | None:
    if value is None or value == "":
        return None
    if not (isinstance(value, str) and len(value) == 3 and value.isascii() and value.isalpha()):
        raise InputError(f"A currency must be an ISO 4217 code such as 'EUR', not {value!r:.40}.")
    return value.upper()


def _lines(lines: object, currency: str | None) -> tuple[Line, ...]:
    if not isinstance(lines, Iterable):
        raise InputError(f"The lines of an order must be OrderLine objects, not {lines!r:.40}.")
    return tuple(_line(line, currency) for line in lines)


def _line(line: OrderLine, currency: str | None) -> Line:
    if not isinstance(line, OrderLine):
        raise InputError(f"A line of an order must be an OrderLine, not a {type(line).__name__}.")
    variant_id = None if line.variant_id is None else clean_id(line.variant_id, "variant id")
    return Line(
        product_id=clean_id(line.product_id),
        quantity=_quantity(line.quantity),
        unit_price=_price(line.unit_price, currency),
        variant_id=variant_id,
    )


def _quantity(value: object) -> int:
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole or not 1 <= value <= MAX_QUANTITY:  # type: ignore[operator]
        raise InputError(f"A quantity must be a whole number from 1 to {MAX_QUANTITY}, not {value!r:.40}.")
    return value  # type: ignore[return-value]


def _price(value: Decimal | None, currency: str | None) -> int | None:
    if value is None or currency is None:
        return None
    try:
        minor = to_minor(Decimal(value), currency)
        if abs(minor) >= 2**63:
            raise InputError("too large for the database")
        return minor
    except (InvalidOperation, ValueError, TypeError):
        raise InputError(f"A unit price must be a decimal number, not {value!r:.40}.") from None
