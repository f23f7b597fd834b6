"""The services of an app: built once when `Storefront` is mounted, and frozen. None connects before its first use."""

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

from .bundles.orders import uses
from .bundles.pricer import CartPricer
from .bundles.proposals.run import ProposalSearch
from .bundles.slots.filler import BundleFiller
from .bundles.slots.variants import Variants
from .bundles.store.repository import BundleRepository
from .content.index import CatalogueIndex
from .core.settings import Settings
from .core.sql.database import Database, open_database
from .core.sql.shop_database import shop_database_of
from .counts.rebuild import Progress
from .counts.upkeep import Upkeep
from .jobs.counting import Counting
from .jobs.heartbeats import Heartbeats
from .jobs.leases import Leases
from .jobs.schedule import Schedule
from .jobs.table import JobTable, Night
from .jobs.thread import BackgroundThread
from .learning.evaluator import Evaluator
from .learning.tuner import Tuner
from .orderlog.importing import OrderImporter
from .orderlog.numbering import Position, count_orders
from .orderlog.product_numbers import ProductNumbers
from .orderlog.recording import OrderRecorder
from .recommending.cards import CardFiller
from .recommending.effective_plan import EffectivePlan, checked_plan
from .recommending.fillers import Fillers
from .recommending.placements import PlacementStore
from .recommending.reading import Failures, PageReader
from .recommending.refresher import News, SnapshotCache
from .recommending.rules.store import RuleStore
from .recommending.slot_stats import SlotStats
from .recommending.strategies import RANKINGS
from .recommending.suggestions import Suggestions
from .redis_store import RedisStore, stop
from .redis_store.keys import Keys
from .shop.adapters import MOUNT, Adapters, Mount
from .shop.product_cache import ProductCache
from .signals import batches_applied, rebuild_finished

REBUILD_FROM_ORDERS = 10_000
"""Imports of more orders than this are counted by a rebuild, which is faster."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The services of an app. Views and commands access them as `proxies.current_services`.

    Attributes:
        name: Name of the blueprint and the Jinja global.
        folder: Data folder of the embedded Redis and of rebuilds.
        shop: The shop's adapters.
        database: Sessions on our tables.
        store: Redis.
        keys: Names of the keys in Redis.
        numbers: Product numbers, cached.
        products: Product data, cached.
        variants: Variants of products.
        snapshots: Other data of pages, cached.
        news: Notifies all processes of changes.
        fillers: Fill slots.
        suggestions: Fills and explains slots of pages and single strategies.
        bundles: Bundles of the merchant.
        rules: Rules of the merchant.
        placements: The slots that the merchant gave to pages.
        slot_stats: Number of pages on which each slot was empty.
        pricer: Prices carts with bundles.
        proposals: Searches the log for bundles to offer.
        recorder: Records order events.
        importer: Imports orders in bulk.
        upkeep: Keeps the live counts up to date.
        tuner: Chooses the constants of the scores.
        evaluator: Measures how well suggestions find what was bought.
        counting: Counts, rebuilds, and reports figures.
        index: Similar and top-rated products.
        heartbeats: Processes that count orders.
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
    fillers: Fillers
    suggestions: Suggestions
    slot_stats: SlotStats
    bundles: BundleRepository
    rules: RuleStore
    placements: PlacementStore
    pricer: CartPricer
    proposals: ProposalSearch
    recorder: OrderRecorder
    importer: OrderImporter
    upkeep: Upkeep
    tuner: Tuner
    evaluator: Evaluator
    counting: Counting
    index: CatalogueIndex
    heartbeats: Heartbeats
    jobs: JobTable
    schedule: Schedule
    thread: BackgroundThread

    def stop_redis(self) -> bool:
        """Stop the embedded Redis; returns whether it was running. The next use starts it again."""
        self.store.close()
        return self.store.is_embedded and stop(self.folder)

    def close(self) -> None:
        """Stop the background thread and close all connections of this process; the next use opens them again."""
        self.thread.stop()
        self.store.close()
        self.database.dispose()


def build_services(app: Flask, name: str, url_prefix: str, settings: Settings, shop: Adapters) -> Services:
    """Create the services of *app*. Raises `ConfigurationError` for settings that exclude each other."""
    # Connections
    shop_database = shop_database_of(shop.orders, shop.catalog)
    fleeting = settings.database_url is None and shop_database.is_fleeting(app)
    home = _fleeting_folder() if fleeting else Path(app.instance_path)
    folder = Path(settings.data_folder or home / "storefront")
    database = open_database(app, settings.database_url, folder, settings.deadline, shop_database)
    store = RedisStore(settings.redis_url, folder, settings.deadline)
    # Product numbers of an in-memory database mean nothing to any other app.
    keys = Keys(f"{settings.redis_prefix}:{uuid.uuid4().hex[:12]}" if fleeting else settings.redis_prefix)
    app.extensions[MOUNT] = Mount(database, settings.currency, settings.timezone, settings.deadline)

    # Products and suggestions
    thread = BackgroundThread(app, lambda: bool(app.testing) or database.in_memory)
    heartbeats = Heartbeats(store, keys)
    numbers = ProductNumbers()
    products = ProductCache(
        catalog=shop.catalog,
        seconds=settings.product_cache_seconds,
        deadline=settings.deadline,
        currency=settings.currency,
        loaded=lambda found: snapshots.learn_sellable(found),
    )
    variants = Variants(shop.catalog)
    secrets = [*(app.config.get("SECRET_KEY_FALLBACKS") or ()), app.secret_key or ""]
    pricer = CartPricer(database, shop.catalog, settings.currency, secrets, settings.price_steps)
    tuner = Tuner(
        database=database,
        store=store,
        keys=keys,
        half_life=settings.half_life_days,
        is_on=settings.tuning,
        model_products=settings.model_products,
    )
    snapshots = SnapshotCache(
        database=database,
        store=store,
        keys=keys,
        numbers=numbers,
        products=products,
        model=tuner.model,
        parts=[pricer.published],
        wake=thread.wake,
    )
    slot_stats = SlotStats(store, keys)
    news = News(store, keys, products, numbers, snapshots.expire, thread.wake)

    failures = Failures(app)
    reader = PageReader(store, products, failures.report)
    counted_orders = partial(count_orders, database)
    fillers = Fillers(
        [
            CardFiller(
                reader=reader,
                keys=keys,
                numbers=numbers,
                min_support=settings.min_support,
                request_numbers=snapshots.request_numbers,
                count_orders=counted_orders,
            ),
            BundleFiller(pricer, variants, failures.report),
        ]
    )
    plan = EffectivePlan(checked_plan(settings.plan, fillers), fillers)

    # Counting
    def applied(position: Position, batches: int) -> None:
        batches_applied.send(app, position=str(position), batches=batches)

    upkeep = Upkeep(
        database=database,
        store=store,
        keys=keys,
        numbers=numbers,
        constants=tuner.start,
        shards=settings.shards,
        applied=applied,
        show_life=heartbeats.beat,
    )
    index = CatalogueIndex(
        catalog=shop.catalog,
        database=database,
        numbers=numbers,
        store=store,
        keys=keys,
        folder=folder,
        currency=settings.currency,
        rankings=RANKINGS,
    )
    counting = Counting(
        settings=settings,
        folder=folder,
        database=database,
        store=store,
        keys=keys,
        numbers=numbers,
        upkeep=upkeep,
        index=index,
        tuner=tuner,
        snapshots=snapshots,
        slot_stats=slot_stats,
        synchronous=lambda: thread.synchronous,
        rebuilt=lambda token: rebuild_finished.send(app, generation=token),
    )

    # Orders
    def released(session: Session, order_id: str) -> None:
        uses.release_order(session, database, order_id)

    def restored(session: Session, order_id: str) -> None:
        uses.restore_order(session, database, order_id)

    def counted(orders: int, rebuilding: Progress) -> None:
        if orders > REBUILD_FROM_ORDERS:
            counting.rebuild(rebuilding)
        elif orders:
            counting.drain()

    recorder = OrderRecorder(
        database=database,
        shop=shop,
        timezone=settings.timezone,
        currency=settings.currency,
        wake=thread.wake,
        released=released,
        restored=restored,
    )
    importer = OrderImporter(
        database=database,
        numbers=numbers,
        shop=shop,
        timezone=settings.timezone,
        currency=settings.currency,
        counted=counted,
        released=partial(uses.release_orders, database),
        restored=lambda session, order_ids: uses.restore_orders(session, database, order_ids),
    )
    proposals = ProposalSearch(
        database=database,
        catalog=shop.catalog,
        numbers=numbers,
        folder=folder,
        currency=settings.currency,
        settle=upkeep.number_all,
        steps=settings.price_steps,
    )

    # Jobs
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
        fillers=fillers,
        suggestions=Suggestions(reader, keys, fillers, snapshots, plan, slot_stats),
        slot_stats=slot_stats,
        bundles=BundleRepository(database),
        rules=RuleStore(database),
        placements=PlacementStore(database, fillers),
        pricer=pricer,
        proposals=proposals,
        recorder=recorder,
        importer=importer,
        upkeep=upkeep,
        tuner=tuner,
        evaluator=Evaluator(database, folder, tuner, settings.model_products, upkeep.number_all),
        counting=counting,
        index=index,
        heartbeats=heartbeats,
        jobs=jobs,
        schedule=schedule,
        thread=thread,
    )


@cache
def _fleeting_folder() -> Path:
    """Data folder for apps with in-memory databases; removed when the process exits."""
    folder, pid = Path(tempfile.mkdtemp(prefix="storefront-")), os.getpid()

    def remove() -> None:
        if os.getpid() == pid:
            stop(folder / "storefront")
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(remove)
    return folder
