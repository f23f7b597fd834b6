"""How events become entries: what is said again, otherwise, too early, or too much."""

from __future__ import annotations

import datetime as dt
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from storefront_plugin.orderlog.counted_days import CountedDays
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


def test_the_same_said_twice_changes_nothing() -> None:
    """In whatever order its lines come, and with a time that differs by seconds."""
    again = Event("placed", "1", (Line("b", 1), Line("a", 1)), PLACED_AT + dt.timedelta(seconds=59))
    settled = settle([placed("1", a=1, b=1), again], {}, NUMBERS)
    assert settled.entries == [Entry(1, DAY, 2, (1, 2))]
    assert (settled.placed, settled.changed, settled.repeated) == (1, 0, 1)


def test_other_lines_take_the_place_of_those_before() -> None:
    """An order is what the shop last said; pairs weigh by its number of products, so that all of it is counted again."""
    settled = settle([placed("1", a=1, b=1), placed("1", a=1, c=1, d=1)], {}, NUMBERS)
    assert settled.entries[1:] == [Entry(-1, DAY, 2, (1, 2)), Entry(1, DAY, 3, (1, 3, 4))]
    assert (settled.placed, settled.changed) == (1, 1)


def test_other_quantities_and_prices_change_no_count() -> None:
    """They are stored, and the order counts as it did."""
    states: dict[str, OrderState] = {}
    dearer = Event("placed", "1", (Line("a", 2, 500), Line("b", 1)), PLACED_AT)
    settled = settle([placed("1", a=1, b=1), dearer, placed("1", a=2, b=1)], states, NUMBERS)
    assert settled.entries == [Entry(1, DAY, 2, (1, 2))]
    assert (settled.changed, settled.repeated) == (1, 1)  # a price that is not said is as it was
    assert [(line.quantity, line.unit_price) for line in states["1"].lines] == [(2, 500), (1, None)]


def test_an_order_that_is_placed_after_its_cancellation_counts_again() -> None:
    """A payment that failed at first; what was refunded before counts as well, since all of it is placed."""
    events = [placed("1", a=1, b=1), refunded("1", a=1), cancelled("1"), placed("1", a=1, b=1)]
    assert entries(*events)[-1] == Entry(1, DAY, 2, (1, 2))


def test_a_source_that_knows_no_cancellations_does_not_undo_them() -> None:
    """A file without a status is imported again and again; only another order under the id counts."""
    events = [placed("1", a=1, b=1), cancelled("1"), placed("1", a=1, b=1)._replace(revives=False)]
    assert len(entries(*events)) == 2
    other = placed("1", c=1, d=1)._replace(revives=False, placed_at=PLACED_AT + dt.timedelta(days=30))
    assert entries(*events, other)[2:] == [Entry(1, DAY + 30, 2, (3, 4))]


def test_time_and_lines_tell_a_new_order_under_an_old_id() -> None:
    """A database gives out the id of a deleted row again: the old order goes, with what was refunded of it."""
    new = placed("1", a=1, c=1)._replace(placed_at=PLACED_AT + dt.timedelta(days=2))
    settled = settle([placed("1", a=1, b=1), refunded("1", a=1), new], {}, NUMBERS)
    assert settled.entries[2:] == [Entry(-1, DAY, 2, (2,)), Entry(1, DAY + 2, 2, (1, 3))]
    assert (settled.placed, settled.changed) == (2, 0)


def test_what_came_back_stays_back_when_other_lines_change() -> None:
    """The line that is said as before keeps its refund; a line that changed is as it is said now."""
    events = [placed("1", a=2, b=3), refunded("1", a=2, b=1), placed("1", a=2, b=2, c=1)]
    states: dict[str, OrderState] = {}
    assert settle(events, states, NUMBERS).entries[2:] == [Entry(-1, DAY, 2, (2,)), Entry(1, DAY, 3, (2, 3))]
    assert [line.quantity_left for line in states["1"].lines] == [0, 2, 1]


def test_what_came_back_stays_back_when_lines_are_divided_otherwise() -> None:
    """A call names two pieces, the adapter a line for each variant."""
    divided = Event("placed", "1", (Line("a", 1, None, "red"), Line("a", 1, None, "blue"), Line("b", 1)), PLACED_AT)
    events = [placed("1", a=2, b=1), refunded("1", a=2), divided, divided]
    states: dict[str, OrderState] = {}
    settled = settle(events, states, NUMBERS)
    assert settled.entries[1:] == [Entry(-1, DAY, 2, (1,), (2,))]
    assert (settled.changed, settled.repeated) == (1, 1)
    assert [line.quantity_left for line in states["1"].lines] == [0, 0, 1]


def test_what_was_read_before_a_call_is_out_of_date() -> None:
    """Catching up reads for minutes; what the shop's code says in the meantime is newer."""
    began, during, later = (PLACED_AT + dt.timedelta(hours=hours) for hours in (1, 2, 3))
    called = cancelled("1")._replace(said_at=during)
    read = placed("1", a=1, b=1)._replace(source="adapter", said_at=began)
    states: dict[str, OrderState] = {}
    first = settle([placed("1", a=1, b=1), called, read], states, NUMBERS, CountedDays(later))
    assert (len(first.entries), states["1"].status) == (2, "cancelled")
    settle([read._replace(said_at=later)], states, NUMBERS, CountedDays(later))
    assert states["1"].status == "placed"


def test_parts_of_an_order_come_together() -> None:
    """Lines of other products are added, those of the same product replaced, whatever came before; twice is once."""
    first, second = (placed("1", **lines)._replace(in_parts=True) for lines in ({"a": 1, "b": 1}, {"b": 2, "c": 1}))
    settled = settle([first, second, second], {}, NUMBERS)
    assert settled.entries[-1] == Entry(1, DAY, 3, (1, 2, 3))
    assert (settled.placed, settled.changed, settled.repeated) == (1, 1, 1)


def test_what_a_file_says_came_back_is_all_that_came_back() -> None:
    """A file of refunds that is imported twice takes nothing off twice."""
    back = Event("placed", "1", (), PLACED_AT, refunds=(Line("a", 2),), in_parts=True)
    settled = settle([placed("1", a=3, b=1), refunded("1", a=1), back, back], {}, NUMBERS)
    assert len(settled.entries) == 1
    assert (settled.changed, settled.repeated) == (1, 1)
    assert settle([back], {}, NUMBERS).unknown == 1


def test_all_that_came_back_of_two_variants_is_taken_off() -> None:
    """Each variant is a line of its own; what is known of the one says nothing of the other."""
    lines = (Line("a", 1, None, "red"), Line("a", 1, None, "blue"), Line("b", 1))
    event = Event("placed", "1", lines, PLACED_AT)
    back = event._replace(refunds=lines[:2])
    states: dict[str, OrderState] = {}
    settled = settle([event, back, back], states, NUMBERS)
    assert settled.entries[1:] == [Entry(-1, DAY, 2, (1, 2)), Entry(1, DAY, 2, (2,))]
    assert (settled.changed, settled.repeated) == (1, 1)
    assert [line.quantity_left for line in states["1"].lines] == [0, 0, 1]


def test_of_two_variants_the_one_that_is_not_known_to_be_back_is_taken_off() -> None:
    """A call said that the red one came back; the adapter says it of both, and that of the blue one is new."""
    lines = (Line("a", 2, None, "red"), Line("a", 2, None, "blue"))
    call = Event("refunded", "1", (Line("a", 1, None, "red"),))
    states: dict[str, OrderState] = {}
    event = Event("placed", "1", lines, PLACED_AT)
    both = event._replace(refunds=(Line("a", 1, None, "red"), Line("a", 1, None, "blue")))
    settle([event, call, both], states, NUMBERS)
    assert [line.quantity_left for line in states["1"].lines] == [1, 1]


def test_refunds_alone_bring_no_cancelled_order_back() -> None:
    """A file of refunds says what came back, and not that its orders are placed."""
    back = Event("placed", "1", (), PLACED_AT, refunds=(Line("a", 1),), in_parts=True)
    states: dict[str, OrderState] = {}
    assert len(settle([placed("1", a=1, b=1), cancelled("1"), back], states, NUMBERS).entries) == 2
    assert states["1"].status == "cancelled"


def test_a_known_customer_stays_where_a_source_knows_none() -> None:
    """A call names who bought, the column of the adapter is not mapped; another customer takes the place."""
    states: dict[str, OrderState] = {}
    settled = settle([placed("1", a=1)._replace(customer_id="ann"), placed("1", a=1)], states, NUMBERS)
    assert (states["1"].customer_id, settled.repeated) == ("ann", 1)
    settle([placed("1", a=1, b=1)], states, NUMBERS)
    assert states["1"].customer_id == "ann"
    settle([placed("1", a=1, b=1)._replace(customer_id="bob")], states, NUMBERS)
    assert states["1"].customer_id == "bob"


def test_a_shop_with_an_order_every_two_months_has_none_far_ahead() -> None:
    """What is far is told by how far apart its orders are; ten years are far for it, too."""
    for number in range(3, 12):
        times = [PLACED_AT + dt.timedelta(days=61 * place) for place in range(number)]
        days = CountedDays(dt.datetime.max, times)
        assert not any(map(days.is_ahead, times))
        wrong = PLACED_AT + dt.timedelta(days=3650)
        assert CountedDays(dt.datetime.max, [*times, wrong]).is_ahead(wrong)


def test_a_single_order_far_ahead_of_the_others_counts_a_month_after_them() -> None:
    """A wrong clock once would outweigh the shop for ever; three orders there tell that the shop has paused."""
    times = [PLACED_AT, PLACED_AT, PLACED_AT + dt.timedelta(days=3650), PLACED_AT + dt.timedelta(days=3651)]
    far = [Event("placed", str(n), (Line("a", 1),), time) for n, time in enumerate(times)]
    settled = settle(far[:3], {}, NUMBERS, CountedDays(dt.datetime.max, times[:3]))
    assert ([entry.day - DAY for entry in settled.entries], settled.ahead) == ([0, 0, 30], 1)
    later = [*times, PLACED_AT + dt.timedelta(days=3652)]
    settled = settle(far[3:], {}, NUMBERS, CountedDays(dt.datetime.max, later))
    assert ([entry.day - DAY for entry in settled.entries], settled.ahead) == ([3651], 0)


def test_no_order_counts_after_today() -> None:
    """The clock that recorded it was wrong; the one that settles it is not."""
    settled = settle([placed("1", a=1)], {}, NUMBERS, CountedDays(PLACED_AT - dt.timedelta(days=5)))
    assert [entry.day for entry in settled.entries] == [DAY - 5]


def test_a_cancellation_takes_away_what_is_left() -> None:
    """What was refunded before is not subtracted twice."""
    found = entries(placed("1", a=1, b=1, c=1), refunded("1", b=1), cancelled("1"), cancelled("1"))
    assert found[1:] == [Entry(-1, DAY, 3, (2,), (1, 3)), Entry(-1, DAY, 3, (1, 3))]


def test_a_placement_wins_over_an_earlier_cancellation() -> None:
    """What came first in the shop need not come first here; a cancelled order that is placed later is placed."""
    states: dict[str, OrderState] = {}
    settled = settle([cancelled("1")], states, NUMBERS)
    assert (settled.entries, settled.unknown, states["1"].status) == ([], 1, "tombstone")
    settled = settle([placed("1", a=1, b=1)], states, NUMBERS)
    assert settled.entries == [Entry(1, DAY, 2, (1, 2))]
    assert (settled.placed, states["1"].status) == (1, "placed")


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
        st.builds(
            lambda i, q, days: placed(i, **q)._replace(placed_at=PLACED_AT + dt.timedelta(days=days)),
            st.sampled_from("12"),
            QUANTITIES,
            st.integers(0, 3),
        ),
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
