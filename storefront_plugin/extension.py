"""`Storefront`: what a shop mounts and calls. It documents, and delegates to `services`."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from flask import Flask, current_app, has_app_context, has_request_context
from markupsafe import Markup

from .admin.blueprint import build_admin
from .admin.bundles.prices import price_definition
from .bundles.cart.pricing import CartPricing
from .bundles.cart.stock import Shortage
from .bundles.definition import BundleText, Definition
from .bundles.orders import uses
from .bundles.orders.refunds import Policy, RefundQuote, Return
from .bundles.proposals.mining import MiningSettings
from .bundles.store.published import Published
from .bundles.store.repository import BundleRecord
from .cli import storefront as commands
from .cli.installation import inspect
from .core.errors import AdapterError, ConfigurationError, InputError, renamed
from .core.problems import refuse
from .core.settings import Settings
from .core.sql.database import Database
from .core.sql.shop_database import ShopSession
from .migrations import hide_tables, upgrade
from .orderlog.importing import ImportReport
from .orderlog.order_change import OrderChange
from .proxies import SERVICES, current_services
from .recommending.effective_plan import Plan
from .recommending.page import FilledSlot, Page, Recommendation
from .recommending.rules.rule import Rule
from .recommending.suggestions import known_strategy
from .services import Services, build_services
from .shop.adapters import Adapters
from .shop.inspection import Finding
from .shop.ports import Cart, CartLine, Catalog, ConsentLevel, Customers, Order, OrderLine, Orders, clean_id
from .shop.sqlalchemy.sessions import watch
from .web.api.blueprint import mount_api
from .web.blueprint import build_blueprint
from .web.request_page import current_locale, presented, request_page
from .web.widgets.jinja import Widgets


def _silent(phase: str, done: int, total: int) -> None:
    """Shows nothing."""


class _Adapter:
    """An attribute of `Storefront` that is an adapter of the shop; it may be replaced after mounting."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, storefront: Storefront, owner: type | None = None) -> Any:
        return getattr(storefront._shop, self._name)

    def __set__(self, storefront: Storefront, adapter: Any) -> None:
        setattr(storefront._shop, self._name, adapter)


_PREFIX: Final = re.compile(r"(/[A-Za-z0-9._~-]+)+")


@renamed(bundle_words="bundle_text")
class Storefront:
    """Suggestions and bundles for a Flask shop.

    Args:
        app: Mount at once on this app; else call `init_app`.
        catalog: The shop's products. Required.
        orders: The shop's orders, for import and catch-up.
        cart: The current shopper's cart; without it cards have no button and carts are not excluded.
        customers: Who is shopping.
        consent: Callable that answers ``"none"``, ``"functional"`` or ``"full"`` for the current request. Its answer changes
            nothing yet, since nothing is recorded of what shoppers look at.
        admin_access: Callable that returns `Merchant(name, role)` for who may see the merchant's pages, or None; without
            it nobody may.
        name: Name of the blueprint and of the Jinja global.
        url_prefix: Where our own addresses begin.
        subdomain: The subdomain of the shop's pages and of our own addresses, in an app with ``subdomain_matching``.
    """

    catalog = _Adapter()
    orders = _Adapter()
    cart = _Adapter()
    customers = _Adapter()
    consent = _Adapter()
    admin_access = _Adapter()

    def __init__(
        self,
        app: Flask | None = None,
        *,
        catalog: Catalog | None = None,
        orders: Orders | None = None,
        cart: Cart | None = None,
        customers: Customers | None = None,
        consent: Callable[[], ConsentLevel] | None = None,
        admin_access: Callable[..., Any] | None = None,
        name: str = "storefront",
        url_prefix: str = "/storefront",
        subdomain: str | None = None,
    ) -> None:
        self._shop = Adapters(
            catalog=catalog, orders=orders, cart=cart, customers=customers, consent=consent, admin_access=admin_access
        )
        self.name = name
        self.url_prefix = url_prefix
        self.subdomain = subdomain
        self._widgets = Widgets()
        self._watching = False
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        """Mount on *app*: read its ``STOREFRONT_*`` settings, register a blueprint and the Jinja global.

        Opens no connection. Other extensions may be mounted before or after. Raises `ConfigurationError` with the
        remedy for a second mount, a wrong setting, an occupied name or a missing ``SECRET_KEY``.
        """
        self._refuse_conflicts(app)
        settings = Settings.from_config(app.config)
        app.extensions[SERVICES] = build_services(app, self.name, self.url_prefix, settings, self._shop)
        app.extensions["storefront"] = self
        app.register_blueprint(build_blueprint(app, self.name, self.url_prefix), subdomain=self.subdomain)
        app.register_blueprint(build_admin(app, self.name, self.url_prefix), subdomain=self.subdomain)
        mount_api(app, self.name, self.url_prefix, self.subdomain)
        app.jinja_env.globals[self.name] = self
        app.cli.commands.setdefault("storefront", commands)  # `flask` finds it without, app.test_cli_runner() does not
        hide_tables(app)
        if settings.watch_models and not self._watching:
            self._watching = True
            watch(self.catalog, self._products_changed)

    def _refuse_conflicts(self, app: Flask) -> None:
        if "storefront" in app.extensions:
            raise ConfigurationError(
                "A Storefront is already mounted on this app; use app.extensions['storefront'] instead of a second one."
            )
        if not app.secret_key:
            raise ConfigurationError("Storefront signs its links and forms: set app.config['SECRET_KEY'] first.")
        for name in (self.name, f"{self.name}-admin", f"{self.name}-api"):
            if name in app.blueprints:
                raise ConfigurationError(
                    f"The app already has a blueprint {name!r}; mount with Storefront(name='suggestions')."
                )
        if self.name in app.jinja_env.globals:
            raise ConfigurationError(
                f"The app's templates already have a global {self.name!r}; mount with Storefront(name='suggestions')."
            )
        if not _PREFIX.fullmatch(self.url_prefix):
            raise ConfigurationError(
                f"url_prefix={self.url_prefix!r:.60} must begin with a slash, end with none and hold no variables, as our "
                "addresses are the same in all languages of the shop; use one such as '/suggestions'."
            )
        taken = next((rule.rule for rule in app.url_map.iter_rules() if self._is_under_prefix(rule.rule)), None)
        if taken is not None:
            raise ConfigurationError(
                f"The app already has an address {taken!r}; mount with Storefront(url_prefix='/suggestions')."
            )
        if app._got_first_request:
            raise ConfigurationError("The app has served a request already; call Storefront.init_app before the first.")

    def _is_under_prefix(self, path: str) -> bool:
        return path == self.url_prefix or path.startswith(self.url_prefix + "/")

    @property
    def services(self) -> Services:
        """The parts of the current app's mount; needs an app context."""
        return current_services

    @property
    def settings(self) -> Settings:
        """The settings of the current app."""
        return self.services.settings

    @property
    def database(self) -> Database:
        """Our own sessions on the current app's database."""
        return self.services.database

    @property
    def plan(self) -> Plan:
        """The slots of each placement of the current app as they stand, with those that are off."""
        return self.services.suggestions.plan

    # Widgets, in templates.

    def head(self, nonce: str | None = None) -> Markup:
        """Links to our style sheet and script, for the page's head."""
        return self._widgets.head(nonce)

    def placement(
        self,
        name: str,
        *products: object,
        category: object = None,
        inline: str | None = None,
        locale: str | None = None,
    ) -> Markup:
        """All slots of a placement; see `Widgets.placement`."""
        return self._widgets.placement(name, *products, category=category, inline=inline, locale=locale)

    def slot(self, name: str, *products: object, **options: Any) -> Markup:
        """One slot; see `Widgets.slot`."""
        return self._widgets.slot(name, *products, **options)

    # Suggestions in Python.

    def recommend(
        self,
        strategy: str,
        products: Iterable[object] = (),
        placement: str = "product",
        customer: object = None,
        limit: int = 10,
        exclude: Iterable[object] = (),
        specialness: float | None = None,
    ) -> list[Recommendation]:
        """The best suggestions of one *strategy* for *products*, best first; fewer than *limit* if there are no more.

        Args:
            strategy: A name such as ``"also_bought"``.
            products: Ids of the seeds; of a cart the latest line last.
            placement: ``"cart"`` and its like score as a cart, others as a product page.
            customer: Id of the customer, for personal strategies.
            limit: Most suggestions, 1 to 400.
            exclude: Ids never returned.
            specialness: The dial b from 0 to 0.5; None is the measured default of the placement.

        Raises:
            InputError: The strategy, placement or limit does not exist. Unknown product ids are no error.
            StoreUnavailable, DatabaseUnavailable, AdapterError: Outside a request only; inside one the answer is
                shorter instead, and the deadline is kept.
        """
        return self.services.suggestions.recommend(
            strategy, products, placement, customer, limit, exclude, specialness, current_locale()
        )

    def page(
        self, placement: str, products: Iterable[object] = (), category: object = None, personal: bool = False
    ) -> Page:
        """The page of the current request; the shopper's cart and name are read only when it is *personal*.

        Raises `AdapterError` when the shop's own cart, customers or consent did.
        """
        return request_page(placement, products, category, personal)

    def fill(self, page: Page, slot_names: Sequence[str] | None = None) -> list[FilledSlot]:
        """The slots of *page*'s placement that are on now (those of *slot_names*), each with its cards.

        In a request the page is counted for the share of pages on which a slot stays empty.
        """
        return self.services.suggestions.fill_placement(page, slot_names)

    # Orders.

    def order_placed(self, order: Any, session: ShopSession | None = None, commit: bool = False) -> OrderChange:
        """Record a placed order in the shop's transaction; call it before your commit.

        An order is what you said last: call it again when its lines change or when it is paid after a cancellation.
        The same said twice changes nothing. One whose status is cancelled is recorded as `order_cancelled` does, and one
        that is unplaced does not count.

        Args:
            order: An `Order`, or an object of the shop's own order model if *orders* can read it.
            session: The session that holds the shop's transaction. When None, the shop's current one: that of its
                Flask-SQLAlchemy, or of the scoped session given to the adapters. Where our tables are in another
                database the row is written at once.
            commit: Commit the session at once, for shops whose own code has committed already.

        Returns:
            What that does to the order: ``new``, ``changed`` or ``known``, by its status ``cancelled`` or ``unplaced``;
            ``""``, which is false, where nothing was written. Trouble with the database is logged and signalled, never
            raised; an order that cannot be read raises `InputError` in debug mode and tests only.
        """
        return self.services.recorder.placed(order, session, commit)

    def order_cancelled(
        self, order_id: object, session: ShopSession | None = None, commit: bool = False
    ) -> OrderChange:
        """Record that an order is cancelled: what is left of it stops counting. As `order_placed`.

        The uses of its bundles are given back in the same transaction. Returns ``cancelled``, ``known`` (it was
        already), ``unknown`` (there is no such order), or ``""``.
        """
        return self.services.recorder.cancelled(order_id, session, commit)

    def order_refunded(
        self, order_id: object, lines: Iterable[OrderLine], session: ShopSession | None = None, commit: bool = False
    ) -> OrderChange:
        """Record that items came back; a product stops counting when its whole quantity did. As `order_placed`.

        Returns ``refunded``, ``unknown`` (there is no such order that counts), or ``""``.

        This is for suggestions only. What is paid back is `refund_stored`'s, and a bundle's use stays used.
        """
        return self.services.recorder.refunded(order_id, lines, session, commit)

    def import_orders(
        self,
        orders: Iterable[Order],
        progress: Callable[[int], None] | None = None,
        report: ImportReport | None = None,
        rebuilding: Callable[[str, int, int], None] = _silent,
    ) -> ImportReport:
        """Write *orders* into the log and count what is new or changed. Importing an order twice changes nothing.

        *progress* is called with the number of orders read so far. After more than 10 000 new or changed orders the
        counts are rebuilt, and *rebuilding* is called with the progress of that, as in `rebuild`.
        """
        return self.services.importer.import_orders(orders, progress, report, rebuilding)

    def catch_up(self, since: dt.datetime | None = None, progress: Callable[[int], None] | None = None) -> ImportReport:
        """Bring the log to what the shop's own orders are, and report how many were new, changed, cancelled or vanished.

        Cancelled and vanished ones use up no bundle. An order has vanished if the adapter gave it before and does not
        any more. With *since* only orders placed (or changed, if the adapter knows) since then are compared. Where more
        orders vanished than are there, they stay and the report has their number as *withheld*.
        """
        return self.services.importer.catch_up(since, progress)

    def drain(self) -> int:
        """Count all committed orders now; how many batches went out. Tests and scripts call it."""
        return self.services.counting.drain()

    def tick(self) -> list[str]:
        """Run once whatever is due, for a shop with a scheduler of its own in place of `flask storefront worker`.

        Call it every few seconds, at least once a minute; of many that call it at a time one does a job. Orders are
        counted at each call; at 03:00 in ``STOREFRONT_TIMEZONE`` it catches up, and every week it searches for bundles.
        Needs an app context.

        Returns:
            The names of the jobs that ran. Trouble of one that has a lease is logged and shown by `check`.

        Raises:
            StoreUnavailable, DatabaseUnavailable: After all other jobs ran; call it again.
        """
        return self.services.schedule.turn("scheduler").ran

    def rebuild(self, progress: Callable[[str, int, int], None] = _silent) -> None:
        """Count the whole log again into a new generation, and index the catalogue; pages go on with the old counts.

        *progress* is called with a phase, what is done of it, and the whole.
        """
        self.services.counting.rebuild(progress)

    # Bundles at the shop's checkout. All amounts are in minor units.

    def price_cart(self, lines: Iterable[CartLine], currency: str | None = None, **options: Any) -> CartPricing:
        """What applies to a cart, the discount of each line, the total, and what is missing for the next offer.

        *options* are those of `CartPricer.price`: ``presented`` codes, ``segments``, ``tax_rate``, ``tax_included``,
        ``now``, ``hints``, ``order_id``. Within a request the codes that the shopper showed, and their segments, are
        taken where none are given.
        """
        options.setdefault("presented", presented())
        if has_request_context() and "segments" not in options:
            options["segments"] = self.services.shop.segments()
        return self.services.pricer.price(lines, currency, **options)

    def shortages(self, pricing: CartPricing) -> list[Shortage]:
        """What a priced cart wants beyond the stock of this moment, by product and by variant; ask it at checkout.

        Empty where everything is available. What the catalogue raises is raised.
        """
        return self.services.pricer.shortages(pricing)

    def bundle_text(self, bundle_id: int, locale: object = None) -> BundleText:
        """Title, benefit and picture of a bundle, for the shop's own cart; raises `BundleNotFound`.

        *locale* is a name such as "ja_JP", a `babel.Locale`, or None for the language of the page. A published bundle
        costs no query.
        """
        services = self.services
        known = services.snapshots.get().part(services.pricer.published, Published()).bundles.get(bundle_id)
        definition = known.definition if known is not None else services.bundles.load(bundle_id).definition
        return definition.text_in(str(locale or current_locale()))

    def publish_bundle(self, definition: Definition, bundle_id: int | None = None, by: str = "") -> BundleRecord:
        """Save *definition* as a new bundle, or in place of *bundle_id*, publish it and notify all processes.

        *by* is the name for the log of changes. A bundle that is published with the same definition is not changed. Raises
        `BundleNotFound`, `EditConflict` where somebody changes the bundle at the same moment, and `InputError` for amounts
        off ``STOREFRONT_PRICE_STEP`` and for a price that saves nothing or a discount above the price of the products,
        as the editor does; a catalogue that fails or doesn't have the products yet hinders nothing.
        """
        refuse(definition.step_problems(self.services.settings.price_steps))
        stored = self.services.bundles.publish(definition, bundle_id, by, check=_refuse_unfit)
        self.bundles_changed()
        return stored

    def bundles_changed(self) -> None:
        """Tell all processes that the published bundles changed; widgets follow within a second, else within a minute."""
        self.services.news.rules_changed()

    def bundles_applied(self, order_id: object, pricing: CartPricing, session: ShopSession | None = None) -> bool:
        """Keep how an order was priced and count its bundles, in the shop's transaction; False where that stands already.

        An order that was kept otherwise before (its payment failed and the cart changed), or was cancelled, is kept again.
        With ``STOREFRONT_DATABASE_URL`` and no *session* it is kept at once, in a transaction of our own.

        Raises:
            LimitReached: Other orders have used a bundle up since then: price the cart again.
            RefundedAlready: Items of that order came back, and it would be priced again.
            StorefrontError: A bundle was changed or ended since the cart was priced: price it again.
        """
        name, record = clean_id(order_id, "order id"), self.services.pricer.record(pricing)
        with self.database.shop_transaction(session) as own:
            return uses.store_order(own, self.database, name, record)

    def refund_quote(
        self, order_id: object, lines: Sequence[Return], policy: Policy = "keep", session: ShopSession | None = None
    ) -> RefundQuote:
        """What is refundable for *lines*, and what the rest then costs; nothing is stored."""
        name = clean_id(order_id, "order id")
        with self.database.shop_transaction(session) as own:
            return uses.quote_refund(own, name, lines, policy)

    def refund_stored(
        self,
        order_id: object,
        lines: Sequence[Return],
        policy: Policy = "keep",
        session: ShopSession | None = None,
        refund_id: object = None,
    ) -> RefundQuote:
        """The same, and kept in the shop's transaction, so that all refunds together give back what was paid.

        A *refund_id* of the shop is taken once an order: a form that is sent twice raises `RefundConflict`.
        """
        name = clean_id(order_id, "order id")
        own_id = None if refund_id is None else clean_id(refund_id, "refund id")
        with self.database.shop_transaction(session) as own:
            return uses.store_refund(own, name, lines, policy, own_id)

    def propose_bundles(
        self,
        settings: MiningSettings | None = None,
        by: str = "",
        progress: Callable[[str, int, int], None] = _silent,
    ) -> int:
        """Search the order log for sets to offer, in place of the open proposals; how many there are now.

        *settings* None is as the last time. *progress* gets a phase, what is done of it, and the whole. Raises
        `SearchRunning` while another search is at work.
        """
        return self.services.proposals.search(settings, by, progress)

    def propose_bundles_if_due(
        self, days: int, by: str = "", progress: Callable[[str, int, int], None] = _silent
    ) -> int | None:
        """The same where the last search is *days* ago; else None."""
        return self.services.proposals.search_if_due(days, by, progress)

    # What the merchant says by hand, and what changed in the catalogue.

    def pin(self, product: object, to: object, strategy: str | None = None, position: int = 0) -> None:
        """Show *product* first on pages about *to*: in the slots of *strategy*, or in the first slot when None."""
        self._put(_pin(product, to, strategy, position))

    def unpin(self, product: object, to: object, strategy: str | None = None) -> None:
        """Take a pin away."""
        self._take_away(_pin(product, to, strategy))

    def exclude(self, product: object, on: object = None) -> None:
        """Never show *product*: on pages about *on*, or anywhere when None."""
        self._put(_exclusion(product, on))

    def include(self, product: object, on: object = None) -> None:
        """Take an exclusion away."""
        self._take_away(_exclusion(product, on))

    def _put(self, rule: Rule) -> None:
        self.services.rules.put(rule)
        self.services.news.rules_changed()

    def _take_away(self, rule: Rule) -> None:
        self.services.rules.take_away(rule)
        self.services.news.rules_changed()

    def product_changed(self, product: object) -> None:
        """Tell all processes that *product*'s data changed; cards follow within a second. Never raises for Redis."""
        self.services.news.products_changed([clean_id(product)])

    def _products_changed(self, product_ids: Sequence[str]) -> None:
        if has_app_context() and current_app.extensions.get("storefront") is self:
            self.services.news.products_changed(product_ids)

    # Keeping.

    def init_db(self) -> None:
        """Create our tables, or bring them to this version."""
        upgrade(self.database)

    def stats(self) -> dict[str, Any]:
        """Figures of the counts: bytes, products, pairs, position, generation, orders too large for pairs."""
        return self.services.counting.stats()

    def check(self) -> list[Finding]:
        """Try the adapters, the database and Redis; what is missing or odd, in plain words."""
        return inspect(self.services)

    def redis_stop(self) -> bool:
        """Stop the embedded Redis; False where none runs. The next use starts it again."""
        return self.services.stop_redis()


def _pin(product: object, to: object, strategy: str | None, position: int = 0) -> Rule:
    return Rule(
        kind="pin",
        seed_kind="product",
        seed_value=clean_id(to),
        target_value=clean_id(product),
        strategy=known_strategy(strategy),
        position=position,
    )


def _exclusion(product: object, on: object) -> Rule:
    seed = None if on is None else clean_id(on)
    return Rule(
        kind="exclude",
        seed_kind="any" if seed is None else "product",
        seed_value=seed,
        target_value=clean_id(product),
    )


def _refuse_unfit(definition: Definition) -> None:
    """Raise `InputError` where the editor would not publish *definition* for its prices."""
    # Reasons are those of the admin, in English: they are made in a request.
    with current_app.test_request_context(headers={"Accept-Language": "en"}):
        try:
            priced = price_definition(definition)
        except AdapterError:
            return
        reasons = [] if priced.lost else priced.refusals
    if reasons:
        raise InputError("%(reason)s", reason=" ".join(reasons))
