"""What all calls of a shop stand on: its adapters, and the parts of the current app's mount."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import current_app

from ..database import Database
from ..mounted import Mounted
from ..recommending.effective import Plan
from ..settings import Settings
from ..shop.ports import Cart, Catalog, ConsentLevel, Customers, Orders

MOUNTED = "storefront.mounted"
"""Where an app keeps its `Mounted`: one Storefront may serve the hundreds of apps of a test suite."""


class Calls:
    """The adapters of a shop, and the parts of the current app."""

    catalog: Catalog
    orders: Orders | None
    cart: Cart | None
    customers: Customers | None
    consent: Callable[[], ConsentLevel] | None
    admin_access: Callable[..., Any] | None

    @property
    def mounted(self) -> Mounted:
        """The parts of the current app's mount; needs an app context."""
        found: Mounted = current_app.extensions[MOUNTED]
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
    def plan(self) -> Plan:
        """The slots of each placement of the current app as they stand, with those that are off."""
        return self.mounted.plan
