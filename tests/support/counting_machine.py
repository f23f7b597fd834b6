"""The write journey walked by Hypothesis: orders come, change and go, faults strike, and a drain makes all right."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from counting_model import expected, stored
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from plain_orders import PlainOrders
from small_shop import SmallShop, small_shop

from storefront_plugin import MemoryOrders, Order, OrderLine
from storefront_plugin.counts import generations
from storefront_plugin.orderlog import numbering
from storefront_plugin.redis_store import Command

FAULTS = ("before the numbering commits", "after numbering", "after some shards", "after all shards")


class Boom(Exception):
    """The process dies here."""


@contextmanager
def fault(shop: SmallShop, point: str, after: int = 3) -> Iterator[None]:
    """Make the write journey die at *point*."""
    store = shop.storefront.services.store
    real = store.run_scripts
    with pytest.MonkeyPatch.context() as patch:
        if point == FAULTS[0]:
            patch.setattr(numbering, "_store_states", _boom)
        if point == FAULTS[1]:
            patch.setattr(store, "run_scripts", _boom)
        if point == FAULTS[2]:
            patch.setattr(store, "run_scripts", lambda calls: (real(calls[:after]), _boom()))
        if point == FAULTS[3]:
            patch.setattr(store, "run_scripts", lambda calls: (real(calls), _boom()))
        yield


def _boom(*_: Any) -> None:
    raise Boom


class Counting(RuleBasedStateMachine):
    """Orders come, change and go; faults strike; a drain then makes everything right."""

    url = ""
    database: Any = staticmethod(lambda folder: f"sqlite:///{folder}/shop.sqlite")
    keep: int | None = None
    limit: int | None = None

    @initialize()
    def open(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="sf-counting-"))
        self.shop = small_shop(
            self.folder,
            products=[],
            STOREFRONT_REDIS_URL=self.url,
            STOREFRONT_REDIS_PREFIX=f"t{uuid.uuid4().hex[:8]}",
            STOREFRONT_SHARDS=4,
            STOREFRONT_HALF_LIFE_DAYS=3,
            SQLALCHEMY_DATABASE_URI=self.database(self.folder),
        )
        self.said = PlainOrders()
        self.tables: dict[str, Order] = {}
        self.context = self.shop.app.app_context()
        self.context.push()
        self.shop.storefront.services.shop.orders = self.adapter = MemoryOrders([])
        self.placed: list[str] = []
        self.copies: list[tuple[str, bytes]] = []

    def teardown(self) -> None:
        self.shop.db.session.remove()
        self.context.pop()
        self.shop.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    @rule(products=st.lists(st.integers(1, 9), min_size=1, max_size=6), day=st.integers(0, 29))
    def place(self, products: list[int], day: int) -> None:
        order = self.shop.order(*(f"p{n}" for n in products), day=day)
        self.placed.append(order.id)
        self.say(order)

    def say(self, order: Order, call: bool = True) -> None:
        """Store the order in the shop's tables, and call; without a call, catching up finds it."""
        self.tables[order.id] = order
        if call:
            assert self.shop.storefront.order_placed(order, commit=True)
            self.said.called.add(order.id)
            self.said.place(order)

    @rule(data=st.data(), product=st.integers(1, 9), quantity=st.integers(1, 2))
    @precondition(lambda self: self.placed)
    def refund(self, data: st.DataObject, product: int, quantity: int) -> None:
        order_id = data.draw(st.sampled_from(self.placed))
        self.shop.storefront.order_refunded(order_id, [OrderLine(f"p{product}", quantity)], commit=True)
        self.said.refund(order_id, f"p{product}", quantity)

    @rule(data=st.data())
    @precondition(lambda self: self.placed)
    def cancel(self, data: st.DataObject) -> None:
        order_id = data.draw(st.sampled_from(self.placed))
        self.shop.storefront.order_cancelled(order_id, commit=True)
        self.tables.pop(order_id, None)  # the adapter gives no cancelled orders, as with where=
        self.said.cancel(order_id)

    @rule(data=st.data())
    @precondition(lambda self: self.said.orders)
    def call_it_pending(self, data: st.DataObject) -> None:
        """A payment that bounced: the order does not count until it is placed again."""
        order_id = data.draw(st.sampled_from(sorted(self.said.orders)))
        order = replace(self.said.orders[order_id].said, status="unplaced")
        assert self.shop.storefront.order_placed(order, commit=True) == "unplaced"
        self.tables.pop(order_id, None)
        self.said.cancel(order_id)

    @rule(number=st.integers(1, 3))
    def cancel_before_it_is_placed(self, number: int) -> None:
        order_id = f"early-{number}"
        if order_id not in self.said.orders:
            assert self.shop.storefront.order_cancelled(order_id, commit=True)
            self.said.cancel(order_id)
            self.placed.append(order_id)

    @rule(
        data=st.data(),
        products=st.lists(st.integers(1, 9), max_size=6),
        day=st.sampled_from([None, None, 0, 20]),
        call=st.booleans(),
    )
    @precondition(lambda self: self.placed)
    def place_again(self, data: st.DataObject, products: list[int], day: int | None, call: bool) -> None:
        """The same order with other lines, after a cancellation, or another order under its id; or the same again."""
        order_id = data.draw(st.sampled_from(self.placed))
        known = self.said.orders.get(order_id)
        order = self.shop.order(*(f"p{n}" for n in products), id=order_id, day=day or 0)
        if known is not None and day is None:
            order = replace(order, placed_at=known.said.placed_at, lines=order.lines or known.said.lines)
        self.say(order, call)

    @rule(data=st.data())
    @precondition(lambda self: self.tables)
    def delete(self, data: st.DataObject) -> None:
        """Without a word to us; its id may come again."""
        del self.tables[data.draw(st.sampled_from(sorted(self.tables)))]

    @rule()
    def catch_up(self) -> None:
        self.adapter._orders = sorted(self.tables.values(), key=lambda order: order.placed_at)
        self.shop.storefront.catch_up()
        self.said.catch_up(self.tables.values())

    @rule(point=st.sampled_from(FAULTS), after=st.integers(1, 7))
    def die(self, point: str, after: int) -> None:
        with fault(self.shop, point, after):
            try:
                self.shop.storefront.drain()
            except Boom:
                self.shop.storefront.services.upkeep.forget_standings()

    @rule()
    def copy_a_shard(self) -> None:
        """What a replica that lags, or an old backup, holds of shard 1."""
        self.copies = [(key, self._ask(Command(key, "DUMP"))) for key in self._keys_of_shard()]

    @rule()
    @precondition(lambda self: self.copies)
    def fail_over(self) -> None:
        store = self.shop.storefront.services.store
        store.unlink(self._keys_of_shard())
        store.pipeline_write([("RESTORE", key, 0, dump) for key, dump in self.copies])
        self.shop.storefront.services.upkeep.forget_standings()

    @rule()
    def drain(self) -> None:
        self.shop.storefront.drain()
        assert stored(self.shop) == expected(self.shop, self.keep, self.limit)
        self.compare()

    def compare(self) -> None:
        """What is counted is what the shop last said, where nothing is cut."""
        parts = self.shop.storefront.services
        generation = generations.live(parts.database)
        if self.keep is None and generation is not None:
            assert stored(self.shop) == self.said.counts(generation.weighting, parts.numbers.number)

    @rule()
    @precondition(lambda self: self.keep is None)
    def rebuild(self) -> None:
        self.shop.storefront.rebuild()
        self.copies = []  # of a shard of the generation before
        self.compare()

    @invariant()
    def no_rebuild_is_due(self) -> None:
        if hasattr(self, "shop"):
            assert self.shop.storefront.services.upkeep.rebuild_due is None

    def _ask(self, read: Command) -> Any:
        return self.shop.storefront.services.store.execute([read])[0]

    def _keys_of_shard(self) -> list[str]:
        parts = self.shop.storefront.services
        generation = generations.live(parts.database)
        if generation is None:
            return []
        stem = parts.keys.position(generation.token, 1).removesuffix("position")
        return sorted(key.decode() for key in parts.store.scan(f"{stem}*"))


def run(machine: type[Counting], examples: int) -> None:
    """Walk *machine*."""
    options = settings(
        max_examples=examples, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(machine, settings=options)
