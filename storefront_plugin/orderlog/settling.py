"""Decides what an order is after each event, and turns the difference into entries of a batch.

An order is what the shop last said. Pure functions. An *entry* says which products an order gained or lost:

* ``sign`` +1 or -1, ``day`` and ``size`` (distinct products) as they were at placement;
* ``products`` that come or go, ``others`` that stay. Pairs are those among *products* and those between *products*
  and *others*, each in both directions.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from .counted_days import CountedDays
from .events import Event
from .order_state import LineState, OrderState, line_states

SAME_TIME = dt.timedelta(minutes=1)
"""Times of an order that differ by less are the same: a call and a column of the shop are rarely equal."""

SAME_ORDER = dt.timedelta(days=1)
"""The times of parts of an order, as in two files, differ by less than this."""


class Entry(NamedTuple):
    """A change of the counts; see the module docstring."""

    sign: int
    day: int
    size: int
    products: tuple[int, ...]
    others: tuple[int, ...] = ()


@dataclass(slots=True)
class Settled:
    """The result of settling events: what was decided, how often.

    Attributes:
        placed: New orders, also those under the id of an order that is gone.
        changed: Known orders that are otherwise now: with other lines, or placed again after a cancellation.
        repeated: Said what the log knew already, or what was out of date.
        unplaced: Said to be no order (yet); *withdrawn* are those of them that counted before.
        unknown: Cancellations and refunds of unknown orders.
        clamped: New orders with a time in the future.
        ahead: Orders far ahead of all others, which count on an earlier day.
        revived: Ids of orders that were cancelled or did not count, and are placed after all.
    """

    entries: list[Entry] = field(default_factory=list)
    placed: int = 0
    changed: int = 0
    repeated: int = 0
    cancelled: int = 0
    unplaced: int = 0
    withdrawn: int = 0
    refunded: int = 0
    refunds_cut: int = 0
    unknown: int = 0
    clamped: int = 0
    ahead: int = 0
    revived: list[str] = field(default_factory=list)


def settle(
    events: Iterable[Event],
    states: dict[str, OrderState],
    numbers: Mapping[str, int],
    days: CountedDays | None = None,
) -> Settled:
    """Apply *events* in their order to *states* (changed in place) and return the entries they give.

    The latest placement holds: over other lines, over a cancellation, over another order that had its id. The same
    said twice changes nothing. A refund is capped at the quantity left; a product is removed when its whole quantity is
    refunded. What was read from the shop before a call said something else is out of date and changes nothing.
    """
    settled, days = Settled(), days or CountedDays()
    for event in events:
        state = states.get(event.order_id)
        if state is not None and _is_outdated(event, state, days.now):
            settled.repeated += 1
        elif event.kind == "placed":
            states[event.order_id] = _placed(event, state, numbers, days, settled)
        elif state is None:
            _note_unknown(event, states, days.now, settled)
        elif event.kind == "refunded":
            _refund(event, state, numbers, days.now, settled)
        else:
            _withdraw(event, state, days.now, settled)
    return settled


def _is_outdated(event: Event, state: OrderState, now: dt.datetime) -> bool:
    """Whether *event* was read before a call said what *state* is. Calls are settled in their own order."""
    if event.source in ("call", "model") or event.said_at is None:
        return False
    return event.said_at < state.updated_at <= now


def _note_unknown(event: Event, states: dict[str, OrderState], now: dt.datetime, settled: Settled) -> None:
    if event.kind == "unplaced":
        settled.unplaced += 1
        return
    settled.unknown += 1
    if event.kind == "cancelled":
        state = OrderState(order_id=event.order_id, status="tombstone", changed=True)
        state.heard(event, now)
        states[event.order_id] = state


def _placed(
    event: Event, state: OrderState | None, numbers: Mapping[str, int], days: CountedDays, settled: Settled
) -> OrderState:
    if state is not None and state.status != "tombstone":
        return _placed_again(event, state, numbers, days, settled)
    if event.refunds and not event.lines:
        settled.unknown += 1
        return state or OrderState(order_id=event.order_id, status="tombstone")
    return _new(event, state, numbers, days, settled)


def _new(
    event: Event, before: OrderState | None, numbers: Mapping[str, int], days: CountedDays, settled: Settled
) -> OrderState:
    """The state of an order that was never placed before; *before* is what a cancellation left."""
    assert event.placed_at is not None
    of_lines = [numbers[line.product_id] for line in event.lines]
    products = tuple(dict.fromkeys(of_lines))
    day = days.of(event.placed_at)
    state = OrderState(
        order_id=event.order_id,
        status="placed",
        size=len(products),
        placed_at=event.placed_at,
        day=day,
        customer_id=event.customer_id,
        currency=event.currency,
        placed=event.lines,
        products=of_lines,
        from_call=before is not None and before.from_call,
        from_adapter=before is not None and before.from_adapter,
        stored=before is not None and before.stored,
        changed=True,
    )
    state.heard(event, days.now)
    settled.placed += 1
    if before is not None:
        settled.revived.append(state.order_id)
    settled.clamped += event.clamped
    settled.ahead += days.is_ahead(event.placed_at)
    if event.refunds:
        state.take_all(event.refunds, numbers)
        products = state.standing
    if products:
        settled.entries.append(Entry(sign=1, day=day, size=state.size, products=products))
    return state


def _placed_again(
    event: Event, state: OrderState, numbers: Mapping[str, int], days: CountedDays, settled: Settled
) -> OrderState:
    """Compare a known order with what *event* says, and count the difference."""
    told = _told(event, state, numbers)
    same_time, same_lines = told.placed_at == state.placed_at, told.said == state.said
    is_same = same_time or _is_part(event, state) or (same_lines and _is_near(event, state))
    if is_same:
        _keep(event, state, told)
    told.take_all(event.refunds, numbers)
    if same_time and same_lines and _rest(told) == _rest(state):
        settled.repeated += 1
        state.repeated = True
        state.heard(event, days.now)
        return state
    if is_same and state.status != told.status:
        settled.revived.append(state.order_id)
    settled.changed += is_same
    settled.placed += not is_same
    placed_at = _time_of(event, state)
    told.day = state.day if same_time else days.of(placed_at)
    settled.ahead += not same_time and days.is_ahead(placed_at)
    told.heard(event, days.now)
    settled.entries += _difference(state, told)
    return told


def _told(event: Event, state: OrderState, numbers: Mapping[str, int]) -> OrderState:
    """What the order of *state* is by *event* alone; it may be another one that has its id."""
    lines = _lines_of(event, state, numbers)
    return OrderState(
        order_id=state.order_id,
        status="placed",
        size=len({line.product for line in lines}),
        placed_at=_time_of(event, state),
        customer_id=event.customer_id,
        currency=event.currency or state.currency,
        from_call=state.from_call,
        from_adapter=state.from_adapter,
        touched=lines,
        stored=state.stored,
        changed=True,
    )


def _keep(event: Event, state: OrderState, told: OrderState) -> None:
    """Keep of the same order what *event* does not say, such as a customer whom its source does not know."""
    if state.status == "placed":
        told.keep_refunds(state.lines)
    elif not event.revives or not event.lines:  # refunds alone place no order
        told.status = state.status
    told.customer_id = told.customer_id or state.customer_id


def _rest(state: OrderState) -> tuple[object, ...]:
    """All of an order but its time and what was ordered."""
    return state.status, state.customer_id, state.currency, state.left


def _lines_of(event: Event, state: OrderState, numbers: Mapping[str, int]) -> list[LineState]:
    """The lines of a known order by *event*. A line without a price keeps the known one."""
    lines = line_states(event.lines, [numbers[line.product_id] for line in event.lines])
    if _is_part(event, state):
        named = {line.product for line in lines}
        lines = [*(replace(line) for line in state.lines if line.product not in named), *lines]
    prices = {line.wares: line.unit_price for line in state.lines}
    for place, line in enumerate(lines):
        line.position = place
        if line.unit_price is None:
            line.unit_price = prices.get(line.wares)
    return lines


def _time_of(event: Event, state: OrderState) -> dt.datetime:
    """When a known order was placed by *event*: as known, where that is the same or *event* knows no better."""
    assert event.placed_at is not None
    said, known = event.placed_at, state.placed_at or event.placed_at
    if not event.has_time or _is_part(event, state):
        return min(said, known)
    return known if abs(said - known) < SAME_TIME else said


def _is_part(event: Event, state: OrderState) -> bool:
    """Whether *event* says a part of the known order, and not another order that has its id."""
    return event.in_parts and (not event.lines or _is_near(event, state))


def _is_near(event: Event, state: OrderState) -> bool:
    """Whether the times do not tell two orders apart."""
    assert event.placed_at is not None
    assert state.placed_at is not None
    return not event.has_time or abs(event.placed_at - state.placed_at) < SAME_ORDER


def _difference(before: OrderState, after: OrderState) -> list[Entry]:
    """The entries that turn the counts of one into those of the other; none where both count alike."""
    gone, come = _counted(before), _counted(after)
    if gone and come and gone[:3] == come[:3] and set(gone.products) == set(come.products):
        return []
    return [*([gone._replace(sign=-1)] if gone else []), *([come] if come else [])]


def _counted(state: OrderState) -> Entry | None:
    """The entry by which an order counts; None if nothing of it does."""
    products = state.standing if state.status == "placed" else ()
    return Entry(sign=1, day=state.day or 0, size=state.size, products=products) if products else None


def _withdraw(event: Event, state: OrderState, now: dt.datetime, settled: Settled) -> None:
    """The order is cancelled, or not placed any more."""
    is_cancelled, counted = event.kind == "cancelled", _counted(state)
    settled.unplaced += not is_cancelled
    state.heard(event, now)
    if state.status != "placed":
        settled.repeated += is_cancelled
        state.repeated = True
        return
    state.status, state.changed = event.kind, True
    settled.cancelled += is_cancelled
    settled.withdrawn += not is_cancelled
    if counted:
        settled.entries.append(counted._replace(sign=-1))


def _refund(event: Event, state: OrderState, numbers: Mapping[str, int], now: dt.datetime, settled: Settled) -> None:
    if state.status != "placed":
        settled.unknown += 1
        return
    before = state.standing
    settled.refunded += 1
    state.changed = True
    state.heard(event, now)
    for line in event.lines:
        if state.take(numbers.get(line.product_id), line.variant_id, line.quantity):
            settled.refunds_cut += 1
    standing = set(state.standing)
    gone = tuple(product for product in before if product not in standing)
    if gone:
        staying = tuple(product for product in before if product in standing)
        settled.entries.append(Entry(sign=-1, day=state.day or 0, size=state.size, products=gone, others=staying))


def dump_entries(entries: Iterable[Entry]) -> str:
    """Entries as JSON lines, as stored in a batch and read by a rebuild."""
    return "".join(
        f'{{"s":{e.sign},"d":{e.day},"m":{e.size},"p":{_numbers(e.products)},"o":{_numbers(e.others)}}}\n'
        for e in entries
    )


def _numbers(products: Iterable[int]) -> str:
    return f"[{','.join(map(str, products))}]"


def load_entries(text: str) -> list[Entry]:
    """The reverse of `dump_entries`."""
    lines = json.loads(f"[{','.join(text.splitlines())}]")
    return [
        Entry(sign=line["s"], day=line["d"], size=line["m"], products=tuple(line["p"]), others=tuple(line["o"]))
        for line in lines
    ]
