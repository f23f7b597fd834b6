"""The parts behind one app's `Storefront`: built once when it is mounted, and frozen. None connects before its first use."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import uuid
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from flask import Flask
from sqlalchemy.orm import Session

from .bundles.cart.pricer import CartPricer
from .bundles.orders import uses
from .bundles.proposals.run import ProposalSearch
from .bundles.slots.filler import BundleSlots
from .bundles.slots.pieces import Variants
from .content.index import CatalogueIndex
from .core.database import Database, open_database
from .core.settings import Settings
from .core.shop_database import shop_database_of
from .counts.rebuild import Progress
from .counts.upkeep import Upkeep
from .jobs.counting import Counting
from .jobs.heartbeats import Heartbeats
from .jobs.leases import Leases
from .jobs.schedule import Schedule
from .jobs.table import JobTable, Night
from .jobs.thread import BackgroundThread
from .orderlog.importing import OrderImporter
from .orderlog.numbering import Position, count_orders
from .orderlog.product_numbers import ProductNumbers
from .orderlog.recording import OrderRecorder
from .recommending.effective_plan import EffectivePlan
from .recommending.explaining import Explainer
from .recommending.failures import Failures
from .recommending.news import News
from .recommending.placements import PlacementStore
from .recommending.plan import checked_plan
from .recommending.product_cache import ProductCache
from .recommending.recommender import Recommender
from .recommending.refresher import SnapshotCache
from .recommending.rules.store import RuleStore
from .recommending.slot_stats import SlotStats
from .recommending.strategies import PLANNED
from .recommending.suggestions import Suggestions
from .redis_store import RedisStore, stop
from .redis_store.keys import Keys
from .shop.adapters import MOUNT, Adapters, Mount
from .signals import batches_applied, rebuild_finished

REBUILD_FROM_ORDERS = 10_000
"""After an import of more orders than this a rebuild is quicker than counting them one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What views, commands and jobs work with; views reach it as `proxies.current_services`.

    Attributes:
        name: Of the blueprint and the Jinja global.
        folder: Of the embedded Redis and of rebuilds.
        shop: The shop's adapters.
        database: Our own sessions on the app's database.
        store: Redis, with the names of its *keys*.
        numbers: Product numbers that this process knows.
        products: Product data that this process holds, and their *variants*.
        snapshots: What else this process holds so that pages need not ask.
        news: Tells all processes what changed.
        suggestions: Slots of pages, single strategies, and why.
        rules: What the merchant says about suggestions.
        placements: The slots that the merchant gave to pages.
        slot_stats: On how many pages a slot stayed empty.
        pricer: Prices carts with bundles.
        proposals: Searches the log for bundles to offer.
        recorder: Writes down what the shop tells about its orders.
        importer: Brings orders in bulk.
        upkeep: Keeps live counts in step with the log.
        counting: Counts, rebuilds, and figures of the counts.
        index: Products alike in content.
        heartbeats: Which processes count.
        jobs: What happens later.
        schedule: When: it runs what is due.
        thread: Where it happens in processes that serve the shop.
    """

    app: Flask
    name: str
    url_prefix: str
    settings: Settings
    folder: Path
    shop: Adapters
    database: Database
    store: RedisStore
    keys: Keys
    numbers: ProductNumbers
    products: ProductCache
    variants: Variants
    snapshots: SnapshotCache
    news: News
    suggestions: Suggestions
    slot_stats: SlotStats
    rules: RuleStore
    placements: PlacementStore
    pricer: CartPricer
    proposals: ProposalSearch
    recorder: OrderRecorder
    importer: OrderImporter
    upkeep: Upkeep
    counting: Counting
    index: CatalogueIndex
    heartbeats: Heartbeats
    jobs: JobTable
    schedule: Schedule
    thread: BackgroundThread

    def stop_redis(self) -> bool:
        """Stop the embedded Redis; False where none runs. The next use starts it again."""
        self.store.close()
        return self.store.is_embedded and stop(self.folder)

    def close(self) -> None:
        """End the background thread and close all connections of this process; the next use opens them again."""
        self.thread.stop()
        self.store.close()
        self.database.dispose()


def build_services(app: Flask, name: str, url_prefix: str, settings: Settings, shop: Adapters) -> Services:
    """The services of *app*; raises `ConfigurationError` for settings that cannot be together."""
    shop_database = shop_database_of(shop.orders, shop.catalog)
    fleeting = settings.database_url is None and shop_database.is_fleeting(app)
    home = _fleeting_folder() if fleeting else Path(app.instance_path)
    folder = Path(settings.data_folder or home / "storefront")
    database = open_database(app, settings.database_url, folder, settings.deadline, shop_database)
    store = RedisStore(settings.redis_url, folder, settings.deadline)
    # Numbers of a database that dies with its app must meet neither the shop's own counts nor the next test's.
    keys = Keys(f"{settings.redis_prefix}:{uuid.uuid4().hex[:12]}" if fleeting else settings.redis_prefix)
    app.extensions[MOUNT] = Mount(database, settings.currency, settings.timezone, settings.deadline)

    thread = BackgroundThread(app, lambda: bool(app.testing) or database.in_memory)
    heartbeats = Heartbeats(store, keys)
    numbers = ProductNumbers()
    products = ProductCache(shop.catalog, settings.product_cache_seconds, settings.deadline, settings.currency)
    variants = Variants(shop.catalog)
    secrets = [*(app.config.get("SECRET_KEY_FALLBACKS") or ()), app.secret_key or ""]
    pricer = CartPricer(database, shop.catalog, settings.currency, secrets)
    snapshots = SnapshotCache(database, store, keys, numbers, products, pricer.published, thread.wake)
    slot_stats = SlotStats(store, keys)
    news = News(store, keys, products, snapshots.expire, thread.wake)

    failures = Failures(app)
    bundle_slots = BundleSlots(pricer, variants, failures.tell)
    recommender = Recommender(
        store,
        keys,
        numbers,
        products,
        PLANNED,
        bundle_slots,
        settings.min_support,
        snapshots.on_news,
        snapshots.request_numbers,
        failures.tell,
    )
    explainer = Explainer(recommender, bundle_slots, numbers, store.execute, lambda: count_orders(database))
    plan = EffectivePlan(checked_plan(settings.plan, tuple(PLANNED)), tuple(PLANNED))

    def applied(position: Position, batches: int) -> None:
        batches_applied.send(app, position=str(position), batches=batches)

    upkeep = Upkeep(database, store, keys, numbers, settings.half_life_days, settings.shards, applied, heartbeats.beat)
    index = CatalogueIndex(shop.catalog, database, numbers, store, keys, folder, settings.currency)
    counting = Counting(
        settings,
        folder,
        database,
        store,
        keys,
        numbers,
        upkeep,
        index,
        snapshots,
        slot_stats,
        lambda: thread.synchronous,
        lambda token: rebuild_finished.send(app, generation=token),
    )

    def released(session: Session, order_id: str) -> None:
        uses.release_order(session, database, order_id)

    def counted(orders: int, rebuilding: Progress) -> None:
        if orders > REBUILD_FROM_ORDERS:
            counting.rebuild(rebuilding)
        elif orders:
            counting.drain()

    times = (settings.timezone, settings.currency)
    importer = OrderImporter(database, numbers, shop, *times, counted, partial(uses.release_orders, database))
    proposals = ProposalSearch(database, shop.catalog, numbers, folder, settings.currency, upkeep.number_all)
    jobs = JobTable(
        store=store,
        snapshots=snapshots,
        news=news,
        slot_stats=slot_stats,
        counting=counting,
        shop=shop,
        importer=importer,
        proposals=proposals,
        zone=settings.timezone,
    )
    schedule = Schedule(jobs.lines(Night()), Leases(database), heartbeats, settings.drain == "thread")
    thread.does(lambda: schedule.turn("thread", thread.go_on).trouble)
    return Services(
        app=app,
        name=name,
        url_prefix=url_prefix,
        settings=settings,
        folder=folder,
        shop=shop,
        database=database,
        store=store,
        keys=keys,
        numbers=numbers,
        products=products,
        variants=variants,
        snapshots=snapshots,
        news=news,
        suggestions=Suggestions(recommender, explainer, snapshots, plan, slot_stats),
        slot_stats=slot_stats,
        rules=RuleStore(database),
        placements=PlacementStore(database),
        pricer=pricer,
        proposals=proposals,
        recorder=OrderRecorder(database, shop, *times, thread.wake, released),
        importer=importer,
        upkeep=upkeep,
        counting=counting,
        index=index,
        heartbeats=heartbeats,
        jobs=jobs,
        schedule=schedule,
        thread=thread,
    )


@cache
def _fleeting_folder() -> Path:
    """Where the counts of this process's in-memory databases live; gone with the process."""
    folder, pid = Path(tempfile.mkdtemp(prefix="storefront-")), os.getpid()

    def remove() -> None:
        if os.getpid() == pid:
            stop(folder / "storefront")
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(remove)
    return folder
