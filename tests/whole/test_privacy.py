"""The manual's page on privacy names every table, and its statements delete what it says; the demo's promises nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from demo_shop import Visitor, closed, create_demo
from small_shop import START, SmallShop

from storefront_plugin import CartLine, Order, OrderLine
from storefront_plugin.core.sql.database import TABLE_PREFIX, Base

PAGE = (Path(__file__).parents[2] / "docs" / "operations" / "privacy.md").read_text(encoding="utf-8")
TEXTS = Path(__file__).parents[2] / "examples" / "shop" / "shop" / "data" / "texts.json"
NAMELESS = {"bundle", "bundle_proposal", "bundle_proposal_run", "placement", "rule", "saved_form"}
"""Tables of merchants' things, which the page names together; of the rest all are about nobody."""


def statements() -> list[str]:
    """Every SQL statement of the page."""
    blocks = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
    return [one.strip() for block in blocks for one in block.split(";") if one.strip()]


def test_every_table_about_people_is_named() -> None:
    """Those with a column for a customer, an order or who changed something; or it is one of the merchants' things."""
    telling = {"customer_id", "order_id", "changed_by", "updated_by", "decided_by", "started_by"}
    about = {name for name, table in Base.metadata.tables.items() if telling & set(table.columns.keys())}
    unnamed = {name for name in about if f"`{name}`" not in PAGE}
    assert {name.removeprefix(TABLE_PREFIX) for name in unnamed} <= NAMELESS


def test_the_statements_delete_a_customer_and_an_order(make_shop: Callable[..., SmallShop]) -> None:
    """As they stand on the page; nothing of either is left, and the counts go on."""
    shop = make_shop()
    storefront = shop.storefront
    with shop.app.app_context():
        for number in ("1000", "1001"):
            lines = [OrderLine("p1"), OrderLine("p2")]
            storefront.order_placed(Order(id=number, placed_at=START, lines=lines, customer_id="c-42"))
            storefront.bundles_applied(number, storefront.price_cart([CartLine("p1"), CartLine("p2")]))
        shop.db.session.commit()
        storefront.drain()
        exported = [one for one in statements() if one.startswith("SELECT")]
        assert len(shop.db.session.execute(sa.text(exported[0])).all()) == 4
        storefront.order_cancelled("1001", commit=True)
        storefront.drain()
        for statement in statements():
            shop.db.session.execute(sa.text(statement))
        shop.db.session.commit()
        for name, table in Base.metadata.tables.items():
            rows = str(shop.db.session.execute(sa.select(table)).all())
            assert "c-42" not in rows, name
            assert "'1001'" not in rows, name
        shop.place(["p1", "p2"])
        assert storefront.recommend("bestsellers")


def test_the_demo_offers_no_choice_that_changes_nothing(tmp_path: Path, redis_url: str) -> None:
    """Its page says what is kept, in both languages, sets no cookie and takes no form."""
    app = create_demo(tmp_path, redis_url)
    with app.app_context():
        app.extensions["sqlalchemy"].create_all()
    shopper = Visitor(app)
    page = shopper.get("/privacy")
    assert len(page.select(".kept dt")) == 4
    assert not page.select("main form, main input")
    assert shopper.client.post("/privacy").status_code == 405
    closed(app)
    assert "consent" not in TEXTS.read_text(encoding="utf-8")


@pytest.mark.parametrize("promise", ["holdout", "personalised", "personalized", "recently viewed"])
def test_pages_promise_nothing_that_is_not_there(promise: str) -> None:
    """README, the merchant's guide and the admin's templates."""
    root = Path(__file__).parents[2]
    files = [root / "README.md", *root.glob("docs/merchant/*.md"), *root.glob("widgets/**/*.html")]
    assert [str(file) for file in files if promise in file.read_text(encoding="utf-8").lower()] == []
