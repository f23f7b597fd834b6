"""Sends numbered batches to Redis, each exactly once to each shard of each generation.

A shard accepts a batch only after its exact predecessor. A shard that is behind (after a failover, from an old backup)
is sent what it lacks; one whose position is missing or not in our log is not changed, and a rebuild is needed. Sending
needs no lock: an applier gets ``DONE`` for batches that another has sent.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from ..core.errors import StoreUnavailable
from ..core.sql.database import Database
from ..orderlog.numbering import Position, batches_after, is_ours, last_position
from ..orderlog.settling import load_entries
from ..orderlog.tables import Batch
from ..redis_store import Command, RedisStore, ScriptCall, error_code, load_script, unavailable
from ..redis_store.keys import Keys, shard_of
from .generations import Generation
from .weights import ProductChange, changes, large_orders

logger = logging.getLogger(__name__)

KEPT_NEIGHBOURS = 100
CUT_ABOVE = 128
"""Sets above this size are trimmed to `KEPT_NEIGHBOURS`; up to it Redis stores sorted sets compactly."""

MOST_BYTES = 8192
"""Up to this size each batch brings which products cannot be sold, a bit for each; above it, only a rebuild knows them."""

BATCHES_AT_ONCE = 8

MANY_ORDERS = 100
"""Orders from which other work is done in parallel while Redis counts; for fewer, the thread costs more than it saves."""

DAMAGES = ("BADBATCH", "DAMAGED")
"""Errors of the script itself: the shard is not as it should be."""

APPLY_BATCH = load_script("storefront_plugin.counts", "scripts/apply_batch.lua")


@dataclass(frozen=True, slots=True)
class Standing:
    """Positions of the shards of a generation. *broken* has the shards that cannot be continued, and why."""

    positions: dict[int, Position]
    broken: dict[int, str]

    @property
    def reason(self) -> str | None:
        """Why shards cannot be continued, in words to which a remedy belongs; None where all can."""
        if not self.broken:
            return None
        kinds, shards = " or ".join(sorted(set(self.broken.values()))), len(self.broken) + len(self.positions)
        return f"{len(self.broken)} of the {shards} shards in Redis are {kinds}"


def with_remedy(reason: str) -> str:
    """A sentence of the *reason* why shards cannot be continued, and what to do about it."""
    return f"{reason}; run `flask storefront rebuild`."


class BatchSender:
    """Brings the shards of a generation to the end of the log."""

    def __init__(self, database: Database, store: RedisStore, keys: Keys) -> None:
        self._database = database
        self._store = store
        self._keys = keys
        self._unsellable = ""
        self._made_ahead: dict[tuple[str, str, tuple[int, ...]], list[ScriptCall]] = {}

    def begin(self, generation: Generation) -> None:
        """Set the first position of the empty shards of a new generation."""
        commands = [
            ("SET", self._keys.position(generation.token, shard), str(generation.start), "NX")
            for shard in range(generation.shards)
        ]
        self._store.pipeline_write(commands)

    def standing(self, generation: Generation) -> Standing:
        """Read the position of each shard and compare it with the log. Raises `StoreUnavailable`."""
        reads = [Command(self._keys.position(generation.token, shard), "GET") for shard in range(generation.shards)]
        answers = self._store.execute(reads)
        positions: dict[int, Position] = {}
        broken: dict[int, str] = {}
        known: dict[Position, bool] = {}
        standing = Standing(positions, broken)
        for shard, answer in enumerate(answers):
            self._take_position(standing, shard, answer, known)
        return standing

    def catch_up(
        self, generation: Generation, standing: Standing, while_sending: Callable[[], object] | None = None
    ) -> int | None:
        """Send the next batches to the shards that lack them; the number of those that a shard took, None without any.

        Updates *standing* in place. *while_sending* is called while Redis counts many orders; its errors are raised
        after the replies. Raises `StoreUnavailable` when Redis refuses.
        """
        if not standing.positions:
            return None
        lowest = min(position.number for position in standing.positions.values())
        batches = batches_after(self._database, lowest, BATCHES_AT_ONCE)
        if not batches:
            return None
        self._unsellable = self._read_unsellable()
        calls, sent = self._missing(generation, standing, batches)
        if while_sending is None or sum(batch.orders for batch in batches) < MANY_ORDERS:
            answers = self._store.run_scripts(calls)
        else:
            with ThreadPoolExecutor(1, "storefront-sending") as pool:
                sending = pool.submit(self._store.run_scripts, calls)
                while_sending()
                self._make_ahead(generation, batches[-1].number, tuple(standing.positions))
                answers = sending.result()
        return self._take_answers(standing, sent, answers)

    def _read_unsellable(self) -> str:
        """A bit for each product that cannot be sold, as the script reads it; none of a catalogue too large for that."""
        bits: bytes = self._store.execute([Command(self._keys.unsellable, "GET")])[0] or b""
        return bits.hex() if len(bits) <= MOST_BYTES and any(bits) else ""

    def _missing(
        self, generation: Generation, standing: Standing, batches: Sequence[Batch]
    ) -> tuple[list[ScriptCall], list[tuple[int, Position]]]:
        """The script calls of *batches* for the shards that lack them, and the position after each call."""
        calls: list[ScriptCall] = []
        sent: list[tuple[int, Position]] = []
        for batch in batches:
            behind = tuple(shard for shard, position in standing.positions.items() if position.number < batch.number)
            made = self._made_ahead.pop((generation.token, batch.token, behind), None)
            calls += made or self.calls(generation, batch, behind)
            sent += [(shard, Position(batch.number, batch.token)) for shard in behind]
        return calls, sent

    def _make_ahead(self, generation: Generation, number: int, shards: tuple[int, ...]) -> None:
        """Prepare the calls of the batch after *number*; batches never change."""
        self._made_ahead = {
            (generation.token, batch.token, shards): self.calls(generation, batch, shards)
            for batch in batches_after(self._database, number, 1)
        }

    def _take_position(self, standing: Standing, shard: int, answer: bytes | None, known: dict[Position, bool]) -> None:
        """Update *standing* with the position that *shard* answered; *known* caches which positions are in our log."""
        position = Position.parse(answer.decode()) if answer else None
        if position is not None and position not in known:
            known[position] = is_ours(self._database, position)
        standing.positions.pop(shard, None)
        standing.broken.pop(shard, None)
        if position is None:
            standing.broken[shard] = "damaged" if answer else "missing"
        elif not known[position]:
            standing.broken[shard] = "foreign"
        else:
            standing.positions[shard] = position

    def is_current(self, standing: Standing) -> bool:
        """Whether every shard is at the end of the log."""
        end = last_position(self._database)
        return not standing.broken and all(position == end for position in standing.positions.values())

    def calls(self, generation: Generation, batch: Batch, shards: Iterable[int]) -> list[ScriptCall]:
        """The script calls that apply *batch* to *shards*."""
        entries = load_entries(batch.entries)
        large = large_orders(entries)
        by_shard: defaultdict[int, dict[int, ProductChange]] = defaultdict(dict)
        for product, change in changes(entries, generation.weighting).items():
            by_shard[shard_of(product, generation.shards)][product] = change
        # Large orders are counted in the first shard only.
        return [self._call(generation, batch, shard, by_shard[shard], 0 if shard else large) for shard in shards]

    def _call(
        self, generation: Generation, batch: Batch, shard: int, changed: Mapping[int, ProductChange], large: int
    ) -> ScriptCall:
        keys, token = self._keys, generation.token
        names = [
            keys.position(token, shard),
            keys.counts(token, shard),
            keys.sold(token, shard),
            keys.totals(token, shard),
        ]
        counts = [f"{product} {c.count} {c.sold}\n" for product, c in changed.items() if c.count or c.sold]
        arguments: list[str | int] = [
            f"{batch.number - 1}:{batch.previous_token}",
            f"{batch.number}:{batch.token}",
            KEPT_NEIGHBOURS,
            CUT_ABOVE,
            batch.day,
            large,
            "".join(counts),
            self._unsellable,
        ]
        for product, change in changed.items():
            if change.came or change.went:
                names += (keys.weights(token, shard, product), keys.support(token, shard, product))
                arguments += (product, "".join(change.came), "".join(change.went))
        return ScriptCall(APPLY_BATCH, names, arguments)

    def _take_answers(self, standing: Standing, sent: Sequence[tuple[int, Position]], answers: Sequence[object]) -> int:
        """Update *standing*; returns how many batches a shard took. Raises `StoreUnavailable` where one was refused."""
        trouble: StoreUnavailable | None = None
        known: dict[Position, bool] = {}
        taken: set[Position] = set()
        for (shard, position), answer in zip(sent, answers, strict=True):
            if answer in (b"OK", b"DONE"):
                standing.positions[shard] = position
                taken.add(position)
            elif isinstance(answer, bytes):
                # Another position: another process was faster, or a lagging replica has taken over.
                self._take_position(standing, shard, answer, known)
            elif isinstance(answer, Exception) and error_code(answer) in DAMAGES:
                logger.error(
                    "Shard %d could not take batch %s (%s); run `flask storefront rebuild`.", shard, position, answer
                )
                standing.positions.pop(shard, None)
                standing.broken[shard] = "damaged"
            elif isinstance(answer, Exception):  # of the server, not of this shard: no rebuild helps
                trouble = unavailable(self._store.label, answer)
        if trouble:
            raise trouble
        return len(taken)
