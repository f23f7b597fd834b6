"""Contract tests that a shop runs on its own adapters.

Subclass a contract in your test suite and define its fixture; pytest then checks all that the widgets rely on::

    import pytest
    from storefront_plugin.testing import CatalogContract

    class TestOurCatalog(CatalogContract):
        @pytest.fixture
        def catalog(self, app):
            with app.app_context():          # the shop's own app, filled with a few products
                yield our_catalog()

`OrdersContract` needs a fixture ``orders`` in the same way. `CartContract` needs ``cart`` and ``product`` (one that can
be added), inside a request: ``with app.test_request_context(): yield OurCart()``.
"""

from .contracts import CartContract, CatalogContract, OrdersContract

__all__ = ["CartContract", "CatalogContract", "OrdersContract"]
