"""Partial refunds on the staff's pages of the demo shop: sums, stock and roles."""

from __future__ import annotations

import random

import pytest
from demo_shop import COFFEE, Visitor, number_in, stock, sums
from flask import Flask
from sqlalchemy import select


@pytest.fixture
def shopper(demo: Flask) -> Visitor:
    return Visitor(demo)


@pytest.fixture
def staff(demo: Flask) -> Visitor:
    visitor = Visitor(demo)
    visitor.sign_in("staff")
    return visitor


def test_any_items_in_any_order_give_back_exactly_what_was_paid(demo: Flask, shopper: Visitor, staff: Visitor) -> None:
    """With either policy and with delivery at the end; the items are in stock again."""
    tracked = ("TSU-DR-WH", "TSU-SV", "THO-PT-15")
    for seed_number in range(3):
        dice = random.Random(seed_number)
        before = [stock(demo, sku) for sku in tracked]
        shopper.add("THO-PT-15", 4)
        paid = sums(shopper.add_coffee())["Total"]
        number = number_in(shopper.order())
        left = dict.fromkeys(COFFEE, 1) | {"THO-PT-15": 4}
        back = 0
        while left:
            sku = dice.choice(sorted(left))
            count = dice.randint(1, left[sku])
            page = staff.get(f"/staff/orders/{number}?sku={sku}&quantity={count}")
            form = page.select_one(f"form[data-policy={dice.choice(('keep', 'recompute'))}]")
            assert form is not None
            amount = sums(form)["Refund"]
            assert 0 <= amount <= paid - back
            page = staff.send(form, f"/staff/orders/{number}")
            back += amount
            assert -sums(page)["Refunded"] == back or back == 0
            left[sku] -= count
            left = {name: quantity for name, quantity in left.items() if quantity}
        assert back == paid
        assert [stock(demo, sku) for sku in tracked] == before
        assert page.select_one(".status.refunded") is not None


def test_the_same_refund_sent_twice_pays_once(demo: Flask, shopper: Visitor, staff: Visitor) -> None:
    """Also when two clerks press the button at once: the second is asked to look again."""
    shopper.add_coffee()
    shopper.add("TSU-SV")
    number = number_in(shopper.order())
    form = staff.get(f"/staff/orders/{number}?sku=TSU-SV&quantity=1").select_one("form[data-policy=keep]")
    first = sums(staff.send(form, f"/staff/orders/{number}"))
    second = staff.send(form, f"/staff/orders/{number}")
    assert sums(second) == first
    assert "refunded in the meantime" in second.get_text()


def test_of_two_refunds_at_once_one_is_refused(demo: Flask, shopper: Visitor, staff: Visitor) -> None:
    """The second had looked before the first was stored: the number of its refund is taken."""
    from shop.database import db
    from shop.models import Order
    from shop.refunds import StaleRefund, refund

    shopper.add_coffee()
    number = number_in(shopper.order())
    with demo.app_context():
        looked = db.session.scalars(select(Order).where(Order.number == number)).one()
        assert looked.refunds == []
        form = staff.get(f"/staff/orders/{number}?sku=TSU-PP&quantity=1").select_one("form[data-policy=keep]")
        once = sums(staff.send(form, f"/staff/orders/{number}"))
        with pytest.raises(StaleRefund):
            refund(looked, {"TSU-PP": 1}, "keep", 0)
    assert sums(staff.get(f"/staff/orders/{number}")) == once


def test_only_staff_refund_and_some_only_look(demo: Flask, shopper: Visitor) -> None:
    """Shoppers are sent to sign in; the view role sees the sums and no button."""
    shopper.add_coffee()
    number = number_in(shopper.order())
    assert shopper.get(f"/staff/orders/{number}").select_one("form.people") is not None
    viewer = Visitor(demo)
    viewer.sign_in("staff_view")
    form = viewer.get(f"/staff/orders/{number}?sku=TSU-SV&quantity=1").select_one("form[data-policy=keep]")
    assert form is not None
    assert form.select_one("button") is None
    assert viewer.get("/").select_one("a[href='/storefront/admin']") is not None
    assert shopper.get("/").select_one("a[href='/storefront/admin']") is None
    assert viewer.client.post(f"/staff/orders/{number}/refund", data={"policy": "keep"}).status_code in (302, 403)


def test_staff_find_an_order_by_its_number(demo: Flask, shopper: Visitor, staff: Visitor) -> None:
    """In small letters too; a number that does not exist is said so."""
    shopper.add_coffee()
    number = number_in(shopper.order())
    assert number in staff.get(f"/staff/orders?number={number.lower()}").select_one("h1").get_text()  # type: ignore[union-attr]
    assert "no order F-0" in staff.get("/staff/orders?number=F-0").get_text()


def test_an_order_from_before_the_bundles_cannot_be_refunded_in_part(demo: Flask, staff: Visitor) -> None:
    """The simulated orders were not priced here; the page says so instead of failing."""
    from shop.database import db
    from shop.models import Order

    with demo.app_context():
        number = db.session.get_one(Order, 1).number
    page = staff.get(f"/staff/orders/{number}")
    assert "Nothing in this order can be refunded here" in page.get_text()
    assert page.select_one("input[name=quantity]") is None
