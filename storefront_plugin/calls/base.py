"""What all calls of a shop stand on: its adapters, and the parts of the current app's mount."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Session

from ..core.database import Database, missing_table
from ..core.errors import TablesMissing
from ..core.settings import Settings
from ..core.shop_database import ShopSession
from ..recommending.effective_plan import Plan
from ..services import Mounted
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

    def shop_session(self, given: ShopSession | None, commit: bool = False) -> Session | None:
        """The session that holds the shop's transaction: *given*, else the current one; None for a transaction of ours.

        That is right where our tables are apart, and with *commit* where nothing tells the current session. Raises
        `InputError` with the remedy where it does not tell it and is needed.
        """
        shop = self.database.shop
        alone = given is None and (self.database.is_apart or (commit and shop.current() is None))
        return None if alone else shop.transaction(given)

    @contextmanager
    def transaction(self, session: ShopSession | None, commit: bool = False) -> Iterator[Session]:
        """The shop's transaction, as `shop_session`; where that is None, one of ours that commits when the block ends.

        Raises `TablesMissing` where the session's database lacks our tables.
        """
        held = self.shop_session(session, commit)
        if held is None:
            with self.database.writing() as own:
                yield own
            return
        try:
            yield held
        except (sa.exc.OperationalError, sa.exc.ProgrammingError) as error:
            missing = missing_table(error)
            if missing is None:
                raise
            if self.settings.database_url is not None:
                raise TablesMissing(
                    "The session given is not on the database of STOREFRONT_DATABASE_URL, where our tables are; leave it "
                    "out, or give one that is."
                ) from error
            raise missing from error
