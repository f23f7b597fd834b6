"""`Storefront`: what a shop mounts and calls."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import Flask, current_app, has_app_context, has_request_context, request
from markupsafe import Markup
from sqlalchemy.orm import Session

from .checking import check
from .copurchase.figures import figures
from .database import Database, shop_engine
from .errors import AdapterError, ConfigurationError, InputError
from .migrations import include_object, upgrade
from .mounted import Mounted
from .orderlog import events, recording
from .orderlog.importing import ImportReport, import_orders
from .recommending import links
from .recommending.page import FilledSlot, Page, Recommendation
from .recommending.plan import PLACEMENTS, Slot
from .recommending.strategies import STRATEGIES
from .redis_store import stop
from .settings import Settings
from .shop.findings import Finding
from .shop.ports import Cart, CartLine, Catalog, ConsentLevel, Customers, Order, OrderLine, Orders, clean_id
from .shop.watching import watch
from .texts import known_locale, locale_for, texts_for
from .web.api.mounting import mount_api
from .web.blueprint import build_blueprint
from .web.jinja import Widgets

_MOUNTED = "storefront.mounted"
MAX_RECOMMENDATIONS = 400
REBUILD_FROM_ORDERS = 10_000
"""After an import of more orders than this a rebuild is quicker than counting them one by one."""


class Storefront:
    """Suggestions for a Flask shop.

    Args:
        app: Mount at once on this app; else call `init_app`.
        catalog: The shop's products. Required.
        orders: The shop's orders, for import and catch-up.
        cart: The current shopper's cart; without it cards have no button and carts are not excluded.
        customers: Who is shopping.
        consent: Callable that answers ``"none"``, ``"functional"`` or ``"full"`` for the current request.
        admin_access: Callable that says who may see the merchant's pages; without it nobody may.
        name: Name of the blueprint and of the Jinja global.
        url_prefix: Where our own addresses begin.
    """

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
    ) -> None:
        self.catalog = _required_catalog(catalog)
        self.orders = _checked(orders, Orders, "orders", "iter_orders(since)")
        self.cart = _checked(cart, Cart, "cart", "lines() and add_form(product)")
        self.customers = _checked(customers, Customers, "customers", "current_id()")
        self.consent = _callable(consent, "consent")
        self.admin_access = _callable(admin_access, "admin_access")
        self.name = name
        self.url_prefix = url_prefix
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
        mounted = Mounted(app, Settings.from_config(app.config), self.catalog)
        # Kept by the app, not by us: one Storefront may serve the hundreds of apps of a test suite.
        app.extensions[_MOUNTED] = mounted
        app.extensions["storefront"] = self
        app.register_blueprint(build_blueprint(self.name, self.url_prefix))
        mount_api(app, self.name, self.url_prefix)
        app.jinja_env.globals[self.name] = self
        include_object.chain(app)
        if mounted.settings.watch_models and not self._watching:
            self._watching = True
            watch(self.catalog, self._tell_changed)

    def _refuse_conflicts(self, app: Flask) -> None:
        if "storefront" in app.extensions:
            raise ConfigurationError(
                "A Storefront is already mounted on this app; use app.extensions['storefront'] instead of a second one."
            )
        if not app.secret_key:
            raise ConfigurationError("Storefront signs its links and forms: set app.config['SECRET_KEY'] first.")
        for name in (self.name, f"{self.name}-api"):
            if name in app.blueprints:
                raise ConfigurationError(
                    f"The app already has a blueprint {name!r}; mount with Storefront(name='suggestions')."
                )
        if self.name in app.jinja_env.globals:
            raise ConfigurationError(
                f"The app's templates already have a global {self.name!r}; mount with Storefront(name='suggestions')."
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

    # What the parts of the package and the shop's own code find here.

    @property
    def mounted(self) -> Mounted:
        """The parts of the current app's mount; needs an app context."""
        found: Mounted = current_app.extensions[_MOUNTED]
        return found

    @property
    def settings(self) -> Settings:
        """The settings of the current app."""
        return self.mounted.settings

    @property
    def database(self) -> Database:
        """Our own sessions on the current app's database."""
        return self.mounted.database

    @property
    def plan(self) -> Mapping[str, Sequence[Slot]]:
        """The slots of each placement of the current app."""
        return self.mounted.plan

    # Widgets, in templates.

    def head(self, nonce: str | None = None) -> Markup:
        """Links to our style sheet and script, for the page's head."""
        return self._widgets.head(nonce)

    def placement(self, name: str, *products: object, category: object = None, inline: str | None = None) -> Markup:
        """All slots of a placement; see `Widgets.placement`."""
        return self._widgets.placement(name, *products, category=category, inline=inline)

    def slot(self, name: str, *products: object, **options: Any) -> Markup:
        """One slot; see `Widgets.slot`."""
        return self._widgets.slot(name, *products, **options)

    # Suggestions, in Python.

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
        slot, locale = _slot_of(strategy, placement, limit, specialness), self._locale()
        page = Page(
            placement=placement,
            products=_usable_ids(products),
            exclude=frozenset(_usable_ids(exclude)),
            customer_id=None if customer is None else str(customer),
            locale=locale,
            shop_locale=locale,
            patient=not has_request_context(),
        )
        (filled,) = self.mounted.fill(page, [slot], all_candidates=True)
        texts = texts_for(page.locale)
        return [
            Recommendation(
                card.product.id,
                card.score,
                card.source,
                texts.reason(card.reason.kind, card.reason.orders) if card.reason else None,
                card.support,
            )
            for card in filled.cards
        ]

    def page(
        self, placement: str, products: Iterable[object] = (), category: object = None, personal: bool = False
    ) -> Page:
        """The page of the current request; the shopper's cart and name are read only when it is *personal*.

        Raises `AdapterError` when the shop's own cart, customers or consent did.
        """
        cart = self._asked("cart", lambda cart: tuple(_usable_lines(cart.lines())), ()) if personal else ()
        locale = self._locale()
        return Page(
            placement=placement,
            products=_usable_ids(products),
            category=None if category is None else clean_id(category, "category id"),
            cart=cart,
            customer_id=self._asked("customers", lambda customers: customers.current_id(), None) if personal else None,
            consent=self._asked("consent", lambda consent: consent(), "none") if personal else "none",
            locale=locale,
            shop_locale=locale,
            currency=self.settings.currency,
            personal=personal,
        )

    def _asked(self, name: str, ask: Callable[[Any], Any], without: Any) -> Any:
        """What the shop's adapter answers, or *without* where it has none."""
        adapter = getattr(self, name)
        if adapter is None:
            return without
        try:
            return ask(adapter)
        except AdapterError:
            raise
        except Exception as error:  # the shop's own code may raise anything
            raise AdapterError(f"Storefront({name}=…) raised {type(error).__name__}: {error}") from error

    def fill(self, page: Page, slot_names: Sequence[str] | None = None) -> list[FilledSlot]:
        """The slots of *page*'s placement (those of *slot_names*), each with its cards."""
        slots = [slot for slot in self.plan[page.placement] if slot_names is None or slot.name in slot_names]
        return self.mounted.fill(page, slots)

    def _locale(self) -> str:
        return locale_for(request, self.settings) if has_request_context() else self._locale_outside()

    def _locale_outside(self) -> str:
        locale = self.settings.locale
        return known_locale(locale() if callable(locale) else locale or "en") or "en"

    # Orders.

    def order_placed(self, order: Any, session: Session | None = None, commit: bool = False) -> bool:
        """Record a placed order in the shop's transaction; call it before your commit.

        Args:
            order: An `Order`, or an object of the shop's own order model if *orders* can read it.
            session: The session that holds the shop's transaction; ``db.session`` when None.
            commit: Commit the session at once, for shops whose own code has committed already.

        Returns:
            Whether the row was written. Trouble with the database is logged and signalled, never raised; an order that
            cannot be read raises `InputError` in debug mode and tests only.
        """
        settings = self.settings
        return self._record(
            lambda: events.placed(self._as_order(order, session), settings.timezone, settings.currency, events.now()),
            getattr(order, "id", None),
            session,
            commit,
        )

    def order_cancelled(self, order_id: object, session: Session | None = None, commit: bool = False) -> bool:
        """Record that an order is cancelled: what is left of it stops counting. As `order_placed`."""
        return self._record(lambda: events.cancelled(order_id), order_id, session, commit)

    def order_refunded(
        self, order_id: object, lines: Iterable[OrderLine], session: Session | None = None, commit: bool = False
    ) -> bool:
        """Record that pieces came back; a product stops counting when its whole quantity did. As `order_placed`."""
        return self._record(lambda: events.refunded(order_id, lines), order_id, session, commit)

    def _record(
        self, make: Callable[[], events.Event], order_id: object, session: Session | None, commit: bool
    ) -> bool:
        try:
            event = make()
        except (InputError, AdapterError) as error:
            if current_app.debug or current_app.testing:
                raise
            recording.not_recorded(order_id, error)
            return False
        wake = self.mounted.wake
        own = self.settings.database_url is not None or shop_engine() is None
        if session is None and own:
            return recording.record_alone(event, self.database, wake)
        shop_session = session or current_app.extensions["sqlalchemy"].session()
        return recording.record(event, shop_session, self.database, wake, commit)

    def _as_order(self, order: Any, session: Session | None) -> Order:
        if isinstance(order, Order):
            return order
        read = getattr(self.orders, "order_of", None)
        if read is None:
            raise InputError("order_placed takes a storefront_plugin.Order, or a model of the orders adapter.")
        if "sqlalchemy" in current_app.extensions:
            (session or current_app.extensions["sqlalchemy"].session()).flush()
        try:
            found: Order = read(order)
        except InputError:
            raise
        except Exception as error:  # the shop's own code may raise anything
            raise AdapterError(f"The orders adapter raised {type(error).__name__}: {error}") from error
        return found

    def import_orders(
        self,
        orders: Iterable[Order],
        progress: Callable[[int], None] | None = None,
        report: ImportReport | None = None,
        rebuilding: Callable[[str, int, int], None] = lambda phase, done, total: None,
    ) -> ImportReport:
        """Write *orders* into the log and count them; orders that are there already change nothing.

        *progress* gets the number of orders read so far. After more than 10 000 new orders the counts are rebuilt,
        and *rebuilding* is told as the *progress* of `rebuild`.
        """
        parts, settings = self.mounted, self.settings
        report = import_orders(
            orders, parts.database, parts.numbers, settings.timezone, settings.currency, progress, report
        )
        if report.orders > REBUILD_FROM_ORDERS:
            self.rebuild(rebuilding)
        elif report.orders:
            parts.drain()
        return report

    def catch_up(self, since: dt.datetime | None = None, progress: Callable[[int], None] | None = None) -> ImportReport:
        """Read the shop's own orders and log what is missing; cancelled ones are cancelled."""
        if self.orders is None:
            raise ConfigurationError("Catching up reads the shop's orders: mount with Storefront(orders=…).")
        return self.import_orders(self.orders.iter_orders(since), progress)

    def drain(self) -> int:
        """Count all committed orders now; how many batches went out. Tests and the worker call it."""
        return self.mounted.drain()

    # The merchant's hand.

    def pin(self, product: object, to: object, strategy: str | None = None, position: int = 0) -> None:
        """Show *product* first on pages about *to*: in the slots of *strategy*, or in the first slot when None."""
        links.add_link(self.database, "pin", clean_id(product), clean_id(to), _known(strategy), position)
        self._links_changed()

    def unpin(self, product: object, to: object, strategy: str | None = None) -> None:
        """Take a pin away."""
        links.remove_link(self.database, "pin", clean_id(product), clean_id(to), _known(strategy))
        self._links_changed()

    def exclude(self, product: object, on: object = None) -> None:
        """Never show *product*: on pages about *on*, or anywhere when None."""
        links.add_link(self.database, "exclude", clean_id(product), None if on is None else clean_id(on), None, 0)
        self._links_changed()

    def include(self, product: object, on: object = None) -> None:
        """Take an exclusion away."""
        links.remove_link(self.database, "exclude", clean_id(product), None if on is None else clean_id(on), None)
        self._links_changed()

    def _links_changed(self) -> None:
        self.mounted.tell_rules_changed()

    def product_changed(self, product: object) -> None:
        """Tell all processes that *product*'s data changed; cards follow within a second. Never raises for Redis."""
        self.mounted.tell_changed([clean_id(product)])

    def _tell_changed(self, product_ids: Sequence[str]) -> None:
        if has_app_context() and current_app.extensions.get("storefront") is self:
            self.mounted.tell_changed(product_ids)

    # Keeping.

    def init_db(self) -> None:
        """Create our tables, or bring them to this version."""
        upgrade(self.database)

    def rebuild(self, progress: Callable[[str, int, int], None] = lambda phase, done, total: None) -> None:
        """Count the whole log anew into a new generation, and index the catalogue; pages go on meanwhile.

        *progress* is called with a phase, what is done of it, and the whole.
        """
        self.mounted.rebuild(progress)

    def stats(self) -> dict[str, Any]:
        """Figures of the counts: bytes, products, pairs, position, generation, orders too large for pairs."""
        parts = self.mounted
        due = parts.upkeep.rebuild_due
        found = figures(parts.database, parts.store, parts.keys, parts.numbers)
        return found | ({"rebuild_due": due} if due else {})

    def check(self) -> list[Finding]:
        """Try the adapters, the database and Redis; what is missing or odd, in plain words."""
        return check(self, current_app)

    def redis_stop(self) -> bool:
        """Stop the embedded Redis; False where none runs. The next use starts it again."""
        parts = self.mounted
        parts.store.close()
        return parts.store.is_embedded and stop(parts.folder)


def _required_catalog(catalog: Catalog | None) -> Catalog:
    if catalog is None:
        raise ConfigurationError(
            "Storefront needs the shop's products: Storefront(catalog=SQLAlchemyCatalog(db, Product, …)) or "
            "Storefront(catalog=MemoryCatalog(products))."
        )
    checked: Catalog = _checked(catalog, Catalog, "catalog", "get_many(ids), iter_products() and search(text, limit)")
    return checked


def _checked(adapter: Any, protocol: type, name: str, methods: str) -> Any:
    if adapter is not None and not isinstance(adapter, protocol):
        raise ConfigurationError(f"Storefront({name}=…) needs an object with {methods}; {adapter!r:.80} lacks some.")
    return adapter


def _callable(given: Any, name: str) -> Any:
    if given is not None and not callable(given):
        raise ConfigurationError(f"Storefront({name}=…) needs a callable, not {given!r:.80}.")
    return given


def _known(strategy: str | None) -> str | None:
    if strategy is not None and strategy not in STRATEGIES:
        raise InputError(f"There is no strategy {strategy!r:.80}; use one of {', '.join(STRATEGIES)}.")
    return strategy


def _slot_of(strategy: str, placement: str, limit: int, specialness: float | None) -> Slot:
    _known(strategy)
    if placement not in PLACEMENTS:
        raise InputError(f"There is no placement {placement!r:.80}; use one of {', '.join(PLACEMENTS)}.")
    if not isinstance(limit, int) or not 1 <= limit <= MAX_RECOMMENDATIONS:
        raise InputError(f"limit must be a whole number from 1 to {MAX_RECOMMENDATIONS}, not {limit!r:.40}.")
    return Slot(name="recommend", strategies=(strategy,), limit=limit, specialness=specialness)


def _usable_lines(lines: Iterable[object]) -> Iterator[CartLine]:
    """The lines of the shop's cart with ids as text; those no product can have are left out."""
    for line in lines:
        if not isinstance(line, CartLine):
            raise AdapterError(f"Cart.lines gives a {type(line).__name__}; give storefront_plugin.CartLine.")
        for product_id in _usable_ids([line.product_id]):
            yield line if line.product_id == product_id else replace(line, product_id=product_id)


def _usable_ids(values: Iterable[object]) -> tuple[str, ...]:
    """Ids as text, from one id or several; those no product can have are unknown products, not an error."""
    ids: list[str] = []
    for value in values if isinstance(values, Iterable) and not isinstance(values, str) else [values]:
        try:
            ids.append(clean_id(value))
        except InputError:
            continue
    return tuple(ids)
