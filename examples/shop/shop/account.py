"""Being somebody in the demonstration: sign in as a customer or as staff, see orders, read what is kept."""

from __future__ import annotations

from typing import Literal

from flask import Blueprint, redirect, render_template, request, session, url_for
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload
from werkzeug.wrappers import Response

from .database import db
from .models import Category, Customer, Order, OrderLine, Product

blueprint = Blueprint("account", __name__)

CUSTOMER = "customer"
STAFF = "staff"
ROLES: dict[str | None, Literal["view", "edit"]] = {"staff": "edit", "staff_view": "view"}
"""Ways to sign in as staff."""

KEPT = ("cart", "language", "orders", "counts")
"""What the page about data says something of, each in texts of its own."""


def customer_number() -> int | None:
    """Who is signed in."""
    number: int | None = session.get(CUSTOMER)
    return number


def staff_role() -> Literal["view", "edit"] | None:
    """What a member of the shop's staff may do; None for everybody else."""
    return ROLES.get(session.get(STAFF))


@blueprint.get("/sign-in")
def sign_in() -> str:
    """One frequent customer of each department to choose from."""
    orders = func.count(Order.id.distinct())
    query = (
        select(Category.parent_id, Order.customer_id, orders)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .join(Product, Product.sku == OrderLine.sku)
        .join(Category, Category.id == Product.category_id)
        .where(Order.customer_id.is_not(None))
        .group_by(Category.parent_id, Order.customer_id)
        .order_by(orders.desc(), Order.customer_id)
    )
    chosen: dict[str | None, int | None] = {}
    for department, customer, _orders in db.session.execute(query):
        if department not in chosen and customer not in chosen.values():
            chosen[department] = customer
    counts = dict(
        db.session.execute(
            select(Order.customer_id, func.count())
            .where(Order.customer_id.in_(chosen.values()))
            .group_by(Order.customer_id)
        ).all()
    )
    return render_template("sign_in.html", chosen=chosen, counts=counts)


@blueprint.post("/sign-in")
def switch() -> Response:
    """Become the chosen customer, the staff, or nobody."""
    chosen = request.form.get("as", "guest")
    session.pop(CUSTOMER, None)
    session.pop(STAFF, None)
    if chosen in ROLES:
        session[STAFF] = chosen
    customer = db.session.get(Customer, int(chosen[:9])) if chosen.isdecimal() else None
    if customer is not None:
        session[CUSTOMER] = customer.id
        return redirect(url_for("account.orders"), 303)
    return redirect(url_for("pages.home"), 303)


@blueprint.get("/orders")
def orders() -> str | Response:
    """The signed-in customer's orders, the latest first."""
    number = customer_number()
    if number is None:
        return redirect(url_for("account.sign_in"), 303)
    query = (
        select(Order)
        .where(Order.customer_id == number)
        .order_by(Order.placed_at.desc())
        .options(
            selectinload(Order.lines).options(joinedload(OrderLine.product)),
            selectinload(Order.discounts),
            selectinload(Order.refunds),
        )
        .limit(12)
    )
    return render_template("orders.html", orders=list(db.session.scalars(query)), number=number)


@blueprint.get("/privacy")
def privacy() -> str:
    """What the shop and its storefront keep of a visitor."""
    return render_template("privacy.html", kept=KEPT)
