"""The combination of bundles that saves most is found, or the answer says how far it may be from it."""

from __future__ import annotations

import random
from functools import cache
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_bundles import priced, set_of

from storefront_plugin.bundles.cart.lines import LineItem
from storefront_plugin.bundles.packing.duals import EASY, Relaxation, price_items
from storefront_plugin.bundles.packing.search import NODES, greedy, pack
from storefront_plugin.bundles.packing.stacks import Candidate
from storefront_plugin.bundles.price import amount_off, percent_off

MANY = settings(max_examples=200, deadline=None)


def brute_force(capacities: tuple[int, ...], candidates: list[Candidate], limits: dict[int, int]) -> int:
    """The greatest saving, by trying everything."""

    @cache
    def best(at: int, left: tuple[int, ...], used: tuple[tuple[int, int], ...]) -> int:
        if at == len(candidates):
            return 0
        one, count = candidates[at], dict(used)
        found, times = best(at + 1, left, used), 0
        rest = list(left)
        while all(rest[pool] >= quantity for pool, quantity in one.demand):
            times += 1
            count[one.bundle_id] = count.get(one.bundle_id, 0) + 1
            if count[one.bundle_id] > limits.get(one.bundle_id, 99):
                break
            for pool, quantity in one.demand:
                rest[pool] -= quantity
            found = max(found, times * one.saving + best(at + 1, tuple(rest), tuple(sorted(count.items()))))
        return found

    return best(0, capacities, ())


@st.composite
def packings(draw: st.DrawFn) -> tuple[tuple[int, ...], list[Candidate], dict[int, int]]:
    """Up to 8 pools, 8 candidates of up to 8 bundles, some limited."""
    capacities = tuple(draw(st.lists(st.integers(1, 3), min_size=1, max_size=8)))
    candidates = []
    for _ in range(draw(st.integers(1, 8))):
        pools = draw(st.sets(st.integers(0, len(capacities) - 1), min_size=1, max_size=4))
        demand = tuple((pool, draw(st.integers(1, 2))) for pool in sorted(pools))
        candidates.append(Candidate(draw(st.integers(1, 8)), demand, draw(st.integers(1, 30))))
    ids = sorted({one.bundle_id for one in candidates})
    return capacities, candidates, draw(st.dictionaries(st.sampled_from(ids), st.integers(1, 2), max_size=3))


@MANY
@given(packings())
def test_small_packings_equal_brute_force(case: tuple[tuple[int, ...], list[Candidate], dict[int, int]]) -> None:
    """Up to eight lines and eight bundles the answer is the best there is, and says so."""
    capacities, candidates, limits = case
    fitting = [one for one in candidates if all(capacities[pool] >= quantity for pool, quantity in one.demand)]
    found = pack(capacities, fitting, limits=limits)
    assert found.saving == brute_force(capacities, fitting, limits) == found.bound
    assert found.optimal


@MANY
@given(packings(), st.integers(0, 6))
def test_a_small_budget_is_never_below_greedy_nor_above_its_bound(
    case: tuple[tuple[int, ...], list[Candidate], dict[int, int]], nodes: int
) -> None:
    """What is not searched is bounded; the best of all lies between the answer and the bound."""
    capacities, candidates, limits = case
    found = pack(capacities, candidates, limits=limits, nodes=nodes)
    best = brute_force(capacities, candidates, limits)
    assert greedy(capacities, candidates, limits=limits).saving <= found.saving <= best <= found.bound


def hard(seed: int, lines: int = 50, sets: int = 200) -> tuple[list[int], list[Candidate]]:
    """Sets of 2 to 4 lines, all in the cart."""
    chance = random.Random(seed)
    prices = [chance.randint(500, 9000) for _ in range(lines)]
    candidates = []
    for number in range(sets):
        pools = sorted(chance.sample(range(lines), chance.randint(2, 4)))
        saving = sum(prices[pool] for pool in pools) * chance.randint(5, 25) // 100
        candidates.append(Candidate(number, tuple((pool, 1) for pool in pools), saving))
    return [chance.choice([1, 1, 1, 2, 3]) for _ in range(lines)], candidates


def test_the_hardest_carts_keep_the_budget_and_beat_greedy() -> None:
    """The budget ends the search, the answer is better than the greedy one, and the same each time."""
    for seed in range(3):
        capacities, candidates = hard(seed)
        found = pack(capacities, candidates)
        assert found.nodes <= NODES + 2
        assert greedy(capacities, candidates).saving < found.saving <= found.bound < found.saving * 1.2
        assert pack(capacities, candidates) == found


@MANY
@given(packings(), st.integers(0, 40))
def test_prices_of_items_pay_for_every_set(
    case: tuple[tuple[int, ...], list[Candidate], dict[int, int]], reached: int
) -> None:
    """The bound holds: no set is worth more than its items, no price is below its floor, and the losses are exact."""
    capacities, candidates, _ = case
    floor = [pool % 3 for pool in range(len(capacities))]
    fitting = [one for one in candidates if all(capacities[pool] >= quantity for pool, quantity in one.demand)]
    for copies in (1, EASY + 1):
        demands, values = [one.demand for one in fitting] * copies, [one.saving for one in fitting] * copies
        times = [min(capacities[pool] // quantity for pool, quantity in demand) for demand in demands]
        prices, losses = price_items(Relaxation(demands, values, times, capacities, floor), reached)
        costs = [sum(prices[pool] * quantity for pool, quantity in demand) for demand in demands]
        assert losses == [cost - value for cost, value in zip(costs, values, strict=True)]
        assert min(losses, default=0) >= 0
        assert all(price >= least for price, least in zip(prices, floor, strict=True))


@pytest.mark.parametrize(("lines", "sets"), [(10, 20), (12, 30)])
def test_carts_of_a_dozen_lines_are_certain(lines: int, sets: int) -> None:
    """A full cart with more overlapping sets than lines is decided within the budget."""
    for seed in range(10):
        capacities, candidates = hard(seed, lines, sets)
        assert pack(capacities, candidates).optimal


def test_equal_savings_go_to_fewer_bundles_and_then_to_the_lower_id() -> None:
    """One set of four rather than two of two; of two like sets the one made first."""
    four = Candidate(9, ((0, 1), (1, 1), (2, 1), (3, 1)), 20)
    two = [Candidate(1, ((0, 1), (1, 1)), 10), Candidate(2, ((2, 1), (3, 1)), 10)]
    assert pack([1] * 4, [*two, four]).uses == ((2, 1),)
    assert pack([1], [Candidate(5, ((0, 1),), 10), Candidate(4, ((0, 1),), 10)]).uses == ((1, 1),)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_carts_of_sets_cost_what_trying_all_combinations_gives(data: st.DataObject) -> None:
    """Checked against sums over single items that know nothing of pools, offers and bounds."""
    names = [f"p{number}" for number in range(data.draw(st.integers(2, 8)))]
    lines = [LineItem(name, 1, data.draw(st.integers(0, 5000))) for name in names]
    price_of = {line.product_id: line.unit_price for line in lines}
    sets, deals = [], []
    for _ in range(data.draw(st.integers(1, 8))):
        parts = sorted(data.draw(st.sets(st.sampled_from(names), min_size=2, max_size=4)))
        total, amount = sum(price_of[part] for part in parts), data.draw(st.integers(1, 3000))
        half = data.draw(st.booleans())
        deals.append(set_of(*parts, price=percent_off(50) if half else amount_off({"EUR": amount})))
        sets.append((set(parts), (total + 1) // 2 if half else min(amount, total)))
    best = max(
        sum(saving for _, saving in chosen)
        for size in range(len(sets) + 1)
        for chosen in combinations(sets, size)
        if len(set().union(*(parts for parts, _ in chosen))) == sum(len(parts) for parts, _ in chosen)
    )
    assert priced(lines, *deals).discount == best
