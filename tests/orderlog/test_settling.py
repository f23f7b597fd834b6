"""How events become entries: duplicates, early cancellations, too large refunds."""

from __future__ import annotations

import datetime as dt
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from storefront_plugin.orderlog.events import Event, Line
from storefront_plugin.orderlog.settling import Entry, OrderState, dump_entries, load_entries, settle

NUMBERS = {"a": 1, "b": 2, "c": 3, "d": 4}
PLACED_AT = dt.datetime(2026, 3, 1)
DAY = (PLACED_AT - dt.datetime(1970, 1, 1)).days


def placed(order_id: str, **quantities: int) -> Event:
    return Event("placed", order_id, tuple(Line(p, q) for p, q in quantities.items()), PLACED_AT)


def refunded(order_id: str, **quantities: int) -> Event:
    return Event("refunded", order_id, tuple(Line(p, q) for p, q in quantities.items()))


def cancelled(order_id: str) -> Event:
    return Event("cancelled", order_id)


def entries(*events: Event) -> list[Entry]:
    return settle(events, {}, NUMBERS).entries


def test_a_placement_adds_its_distinct_products() -> None:
    """Two lines of one product are one product."""
    event = Event("placed", "1", (Line("a", 1), Line("b", 2), Line("a", 3)), PLACED_AT)
    assert entries(event) == [Entry(1, DAY, 2, (1, 2))]


def test_a_second_placement_changes_nothing() -> None:
    """The same order told twice counts once."""
    assert entries(placed("1", a=1, b=1), placed("1", a=1, c=1)) == [Entry(1, DAY, 2, (1, 2))]


def test_a_cancellation_takes_away_what_is_left() -> None:
    """What was refunded before is not subtracted twice."""
    found = entries(placed("1", a=1, b=1, c=1), refunded("1", b=1), cancelled("1"), cancelled("1"))
    assert found[1:] == [Entry(-1, DAY, 3, (2,), (1, 3)), Entry(-1, DAY, 3, (1, 3))]


def test_a_cancellation_before_its_placement_leaves_a_tombstone() -> None:
    """The later placement contributes nothing."""
    states: dict[str, OrderState] = {}
    settled = settle([cancelled("1"), placed("1", a=1, b=1)], states, NUMBERS)
    assert settled.entries == []
    assert states["1"].status == "tombstone"


def test_a_product_goes_when_its_whole_quantity_is_refunded() -> None:
    """Part of a quantity changes no count."""
    assert len(entries(placed("1", a=3, b=1), refunded("1", a=2))) == 1
    assert entries(placed("1", a=3, b=1), refunded("1", a=2), refunded("1", a=1))[1:] == [Entry(-1, DAY, 2, (1,), (2,))]


def test_a_refund_of_more_than_was_bought_is_cut() -> None:
    """The surplus is counted, not subtracted."""
    settled = settle([placed("1", a=1, b=1), refunded("1", a=5), refunded("1", a=1)], {}, NUMBERS)
    assert settled.entries[1:] == [Entry(-1, DAY, 2, (1,), (2,))]
    assert settled.refunds_cut == 2


def test_a_refund_of_an_unknown_order_or_product_is_no_entry() -> None:
    """Nothing is there to subtract from."""
    settled = settle([refunded("9", a=1), placed("1", a=1, b=1), refunded("1", d=1)], {}, NUMBERS)
    assert settled.entries == [Entry(1, DAY, 2, (1, 2))]
    assert (settled.unknown, settled.refunds_cut) == (1, 1)


@given(
    st.lists(
        st.builds(
            Entry,
            st.sampled_from([1, -1]),
            st.integers(-9, 99999),
            st.integers(1, 5),
            st.tuples(st.integers(1, 9)),
            st.tuples(st.integers(1, 9)),
        )
    )
)
def test_entries_come_back_as_they_were_written(written: list[Entry]) -> None:
    """A batch is read by rebuilds years later."""
    assert list(load_entries(dump_entries(written))) == written


QUANTITIES = st.dictionaries(st.sampled_from("abcd"), st.integers(1, 3), min_size=1)
EVENTS = st.lists(
    st.one_of(
        st.builds(lambda i, q: placed(i, **q), st.sampled_from("12"), QUANTITIES),
        st.builds(lambda i, q: refunded(i, **q), st.sampled_from("12"), QUANTITIES),
        st.builds(cancelled, st.sampled_from("12")),
    ),
    max_size=12,
)


@given(EVENTS, st.data())
def test_what_entries_leave_is_what_still_stands(events: list[Event], data: st.DataObject) -> None:
    """Products and pairs summed over all entries are those of the standing orders, however events are cut in batches."""
    states: dict[str, OrderState] = {}
    cut = data.draw(st.integers(0, len(events)))
    found = settle(events[:cut], states, NUMBERS).entries + settle(events[cut:], states, NUMBERS).entries
    sold: Counter[int] = Counter()
    pairs: Counter[tuple[int, int]] = Counter()
    for entry in found:
        everything = entry.products + entry.others
        sold.update(dict.fromkeys(entry.products, entry.sign))
        for p in everything:
            for q in everything:
                if p != q and (p in entry.products or q in entry.products):
                    pairs[p, q] += entry.sign
    standing = [state.standing for state in states.values() if state.status == "placed"]
    assert +sold == Counter(p for products in standing for p in products)
    assert +pairs == Counter((p, q) for products in standing for p in products for q in products if p != q)
    assert min([*sold.values(), *pairs.values()], default=0) >= 0
