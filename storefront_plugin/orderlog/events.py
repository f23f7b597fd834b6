"""Order events: what the shop says about an order, validated when they are made and stored as a JSON payload."""

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

Kind: TypeAlias = Literal["placed", "unplaced", "cancelled", "refunded"]
"""``unplaced`` says that an order is no order (yet): a draft, or its payment is pending or failed."""

Source: TypeAlias = Literal["call", "model", "adapter", "import"]
"""Who said it: a call with an `Order`, or with an object that the adapter read; catching up; an import."""

MAX_QUANTITY = 10**9
EARLIEST = dt.datetime(1990, 1, 1)
"""Orders placed before are refused: no shop is that old, and misread times are often near 1970."""

_EPOCH = dt.datetime(1970, 1, 1)


class Line(NamedTuple):
    """A validated order line; *unit_price* in minor units of the order's currency.

    A payload holds it as a plain list, so a new field goes to the end, with a default.
    """

    product_id: str
    quantity: int
    unit_price: int | None = None
    variant_id: str | None = None


class Origin(NamedTuple):
    """Who says something about orders, and how it is meant.

    Attributes:
        said_at: Naive UTC; for what was read, when reading began. None: when the event is recorded.
        in_parts: Whether an order may have further lines, said elsewhere; known lines of other products then stay.
        revives: Whether a cancelled order counts again by this. Not if the source does not know what was cancelled.
    """

    source: Source = "call"
    said_at: dt.datetime | None = None
    in_parts: bool = False
    revives: bool = True


CALL = Origin()


class Event(NamedTuple):
    """What the shop says about an order.

    Attributes:
        placed_at: Naive UTC.
        clamped: Whether *placed_at* was in the future, and is the moment at which this was said instead.
        refunds: All that came back of a placed order so far.
        source, said_at, in_parts, revives: As in `Origin`.
    """

    kind: Kind
    order_id: str
    lines: tuple[Line, ...] = ()
    placed_at: dt.datetime | None = None
    customer_id: str | None = None
    currency: str | None = None
    clamped: bool = False
    refunds: tuple[Line, ...] = ()
    source: Source = "call"
    said_at: dt.datetime | None = None
    in_parts: bool = False
    revives: bool = True

    def payload(self) -> str:
        """The event as JSON, without what has columns of its own and without defaults."""
        default, data = self._field_defaults, self._asdict()
        del data["kind"], data["order_id"], data["said_at"]
        told = {name: value for name, value in data.items() if value != default[name]}
        return json.dumps(told, default=dt.datetime.isoformat, separators=(",", ":"))

    @classmethod
    def from_payload(cls, kind: Kind, order_id: str, payload: str, said_at: dt.datetime | None = None) -> Event:
        """The event from its `payload`."""
        data = json.loads(payload)
        lines = tuple([Line(*line) for line in data.pop("lines", ())])
        if "placed_at" in data:
            data["placed_at"] = dt.datetime.fromisoformat(data["placed_at"])
        if "refunds" in data:
            data["refunds"] = tuple([Line(*line) for line in data["refunds"]])
        return cls(kind, order_id, lines, said_at=said_at, **data)

    @property
    def has_time(self) -> bool:
        """Whether *placed_at* says more than that the order was placed by now."""
        return not self.clamped and self.placed_at != self.said_at


def said(order: Order, timezone: str, currency: str | None, moment: dt.datetime, origin: Origin = CALL) -> Event:
    """The event of *order* by its status. Times after *moment* are clamped to it. Raises `InputError` as `placed`."""
    if order.status == "cancelled":
        return cancelled(order.id, origin)
    if order.status == "unplaced":
        return unplaced(order.id, origin)
    return placed(order, timezone, currency, moment, origin)


def day_of(moment: dt.datetime) -> int:
    """Whole days since 1970-01-01 UTC."""
    return (moment - _EPOCH).days


def placed(
    order: Order,
    timezone: str,
    currency: str | None,
    moment: dt.datetime,
    origin: Origin = CALL,
) -> Event:
    """The event of a placed *order*. Times after *moment* are clamped to it. Raises `InputError` for invalid values."""
    if order.lines is None or order.status is None:
        what = "status" if order.status is None else "lines"
        raise InputError(f"The {what} of the order cannot be read, so it was left as it was; check the orders adapter.")
    placed_at = naive_utc(order.placed_at, timezone)
    if placed_at < EARLIEST:
        raise InputError(
            f"placed_at is {placed_at:%Y-%m-%d %H:%M}, before {EARLIEST:%Y}; check how it is stored and read."
        )
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
        refunds=_lines(order.refunds, None) if order.refunds else (),
        **origin._asdict(),
    )


def cancelled(order_id: object, origin: Origin = CALL) -> Event:
    """The event of a cancelled order; what is left of it stops counting."""
    return Event("cancelled", clean_id(order_id, "order id"), **origin._asdict())


def unplaced(order_id: object, origin: Origin) -> Event:
    """The event of an order that is not placed (any more); it does not count."""
    return Event("unplaced", clean_id(order_id, "order id"), **origin._asdict())


def refunded(order_id: object, lines: Iterable[OrderLine]) -> Event:
    """The event of a refund; a product stops counting when its whole quantity is refunded."""
    return Event("refunded", clean_id(order_id, "order id"), _lines(lines, None))


def naive_utc(value: dt.datetime, timezone: str) -> dt.datetime:
    """*value* in UTC without its zone; a naive one is in *timezone*. Raises `InputError` where it is no datetime."""
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
