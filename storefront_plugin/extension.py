"""`Storefront`: what a shop mounts and calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask, current_app
from markupsafe import Markup

from .admin.blueprint import build_admin
from .calls.base import MOUNTED
from .calls.bundles import BundleCalls
from .calls.given import checked_adapter, checked_callable, required_catalog
from .calls.merchant import MerchantCalls
from .calls.orders import OrderCalls
from .calls.suggestions import SuggestionCalls
from .cli import storefront as commands
from .cli.check import check
from .core.errors import ConfigurationError
from .core.settings import Settings
from .core.shop_database import shop_database_of
from .counts.stats import figures
from .migrations import include_object, upgrade
from .redis_store import stop
from .services import Mounted
from .shop.inspection import Finding
from .shop.ports import Cart, Catalog, ConsentLevel, Customers, Orders
from .shop.sqlalchemy.sessions import watch
from .web.api.mounting import mount_api
from .web.blueprint import build_blueprint
from .web.widgets.jinja import Widgets


class Storefront(SuggestionCalls, OrderCalls, BundleCalls, MerchantCalls):
    """Suggestions for a Flask shop.

    Args:
        app: Mount at once on this app; else call `init_app`.
        catalog: The shop's products. Required.
        orders: The shop's orders, for import and catch-up.
        cart: The current shopper's cart; without it cards have no button and carts are not excluded.
        customers: Who is shopping.
        consent: Callable that answers ``"none"``, ``"functional"`` or ``"full"`` for the current request.
        admin_access: Callable that returns `Merchant(name, role)` for who may see the merchant's pages, or None; without
            it nobody may.
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
        self.catalog = required_catalog(catalog)
        self.orders = checked_adapter(orders, Orders, "orders", "iter_orders(since)")
        self.cart = checked_adapter(cart, Cart, "cart", "lines() and add_form(product)")
        self.customers = checked_adapter(customers, Customers, "customers", "current_id()")
        self.consent = checked_callable(consent, "consent")
        self.admin_access = checked_callable(admin_access, "admin_access")
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
        shop = shop_database_of(self.orders, self.catalog)
        mounted = Mounted(app, Settings.from_config(app.config), self.catalog, shop)
        # Kept by the app, not by us: one Storefront may serve the hundreds of apps of a test suite.
        app.extensions[MOUNTED] = mounted
        app.extensions["storefront"] = self
        app.register_blueprint(build_blueprint(self.name, self.url_prefix))
        app.register_blueprint(build_admin(self.name, self.url_prefix))
        mount_api(app, self.name, self.url_prefix)
        app.jinja_env.globals[self.name] = self
        app.cli.commands.setdefault("storefront", commands)  # `flask` finds it without, app.test_cli_runner() does not
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
        for name in (self.name, f"{self.name}-admin", f"{self.name}-api"):
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

    # Keeping.

    def init_db(self) -> None:
        """Create our tables, or bring them to this version."""
        upgrade(self.database)

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
