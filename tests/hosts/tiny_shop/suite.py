"""The shop's own tests, as its developer wrote them: a new in-memory database for each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from hosts.tiny_shop.shop import Product, Purchase, create_app, db, storefront
from sqlalchemy import func, select


@pytest.fixture
def client() -> Iterator[FlaskClient]:
    app = create_app()
    with app.app_context():
        db.create_all()
        db.session.add_all(Product(title=f"Product {number}", price=number) for number in range(1, 10))
        db.session.commit()
        yield app.test_client()
        db.session.remove()
        db.drop_all()
        db.engine.dispose()


def purchases() -> int:
    return db.session.scalar(select(func.count()).select_from(Purchase)) or 0


def test_a_product_has_its_page(client: FlaskClient) -> None:
    assert "<h1>Product 3</h1>" in client.get("/product/3").text
    assert client.get("/product/99").status_code == 404


def test_an_order_is_kept(client: FlaskClient) -> None:
    assert client.post("/order", data={"products": "1,2"}).status_code == 302
    assert purchases() == 1


def test_an_order_that_fails_is_not(client: FlaskClient) -> None:
    client.post("/order", data={"products": "1,2", "fail": "yes"})
    assert purchases() == 0


def test_looking_at_a_page_in_the_middle_of_work_changes_nothing(client: FlaskClient) -> None:
    db.session.add(Purchase(products="7"))
    db.session.flush()
    assert client.get("/product/1").status_code == 200
    db.session.rollback()
    assert purchases() == 0
    db.session.add(Purchase(products="7"))
    db.session.flush()
    assert client.get("/product/1").status_code == 200
    db.session.commit()
    assert purchases() == 1


@pytest.mark.parametrize("again", [1, 2])
def test_what_was_bought_together_is_suggested(client: FlaskClient, again: int) -> None:
    for _ in range(4):
        client.post("/order", data={"products": "4,5"})
    storefront.drain()
    page = client.get("/product/4").text
    assert 'data-storefront-product="5"' in page
    assert 'data-storefront-product="2"' not in page


def test_a_rolled_back_order_suggests_nothing(client: FlaskClient) -> None:
    for _ in range(4):
        client.post("/order", data={"products": "4,6", "fail": "yes"})
    storefront.drain()
    assert 'data-storefront-product="6"' not in client.get("/product/4").text
