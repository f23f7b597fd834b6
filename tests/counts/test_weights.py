"""Integer weights: exact in any order, cancelling to zero."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from storefront_plugin.counts.weights import MAX_PAIR_SIZE, Weighting, changes, damp, large_orders
from storefront_plugin.orderlog.settling import Entry

WEIGHTING = Weighting(epoch=20000, half_life=180)


def test_an_order_of_the_epoch_weighs_one_unit_and_halves_each_half_life() -> None:
    """unit(epoch) is 2^16."""
    assert WEIGHTING.unit(20000) == 2**16
    assert WEIGHTING.unit(20000 - 180) == 2**15
    assert WEIGHTING.unit(20000 + 360) == 2**18


def test_without_a_half_life_nothing_fades() -> None:
    """H = 0 switches fading off."""
    assert Weighting(20000, 0).unit(1) == 2**16


def test_orders_too_old_for_one_unit_add_no_weight_but_one_support() -> None:
    """They still stand behind 'bought together in N orders'."""
    found = changes([Entry(1, 1, 2, (1, 2))], WEIGHTING)
    assert found[1].came == ["0 1 2\n"]


def test_a_pair_weighs_less_in_a_larger_order() -> None:
    """damp(m) is 2^20/√(m − 1)."""
    assert damp(2) == 2**20
    assert WEIGHTING.pair(20000, 5) == 2**15


def test_orders_without_pairs_count_as_sold_only() -> None:
    """One product makes no pair; a wholesaler's order says little about any."""
    large = tuple(range(1, MAX_PAIR_SIZE + 2))
    found = changes([Entry(1, 20000, 1, (5,)), Entry(1, 20000, len(large), large)], WEIGHTING)
    assert (found[5].count, found[5].sold, found[5].came) == (0, 2, [])
    assert large_orders([Entry(1, 20000, len(large), large)]) == 1


def test_what_an_order_loses_is_one_line_for_what_goes_and_one_for_what_stays() -> None:
    """Products that stay lose the pairs with those that go, not the pairs among themselves."""
    found = changes([Entry(-1, 20000, 5, (3,), (1, 2))], WEIGHTING)
    assert found[3].went == ["32768 3 1 2\n"]
    assert found[1].went == found[2].went == ["32768 3\n"]
    assert (found[3].sold, found[1].sold, found[1].came) == (-1, 0, [])


ENTRIES = st.lists(
    st.builds(
        lambda day, products: Entry(1, day, len(products), tuple(sorted(products))),
        st.integers(19000, 21000),
        st.sets(st.integers(1, 8), min_size=1, max_size=6),
    ),
    max_size=10,
)


@given(ENTRIES, st.randoms())
def test_sums_do_not_depend_on_order_and_cancel_to_zero(entries: list[Entry], rng: random.Random) -> None:
    """What floats cannot do: 1 + x − x is 1."""
    shuffled = entries[:]
    rng.shuffle(shuffled)
    first, second = changes(entries, WEIGHTING), changes(shuffled, WEIGHTING)
    assert {p: (c.count, c.sold, sorted(c.came)) for p, c in first.items()} == {
        p: (c.count, c.sold, sorted(c.came)) for p, c in second.items()
    }
    undone = changes([*entries, *(entry._replace(sign=-1) for entry in shuffled)], WEIGHTING)
    for change in undone.values():
        assert (change.count, change.sold) == (0, 0)
        assert sorted(change.came) == sorted(change.went)
