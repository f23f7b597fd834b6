"""The staff's pages: find an order, and refund items of it."""

from __future__ import annotations

from typing import get_args

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload
from werkzeug.wrappers import Response

from storefront_plugin.bundles.orders.refunds import Policy

from . import account, money
from .database import db
from .language import _
from .models import Order, OrderLine
from .refunds import Quantities, StaleRefund, quote, refund

blueprint = Blueprint("staff", __name__, url_prefix="/staff/orders")

POLICIES: tuple[Policy, ...] = get_args(Policy)


@blueprint.before_request
def authorize() -> Response | None:
    """Staff only; those who may only look change nothing."""
    role = account.staff_role()
    if role is None:
        return redirect(url_for("account.sign_in"), 303)
    if role == "view" and request.method == "POST":
        abort(403)
    return None


@blueprint.get("")
def orders() -> str | Response:
    """The latest orders, or the one that is looked for."""
    number = request.args.get("number", "").strip().upper()
    if number:
        if db.session.scalar(select(Order.id).where(Order.number == number)):
            return redirect(url_for("staff.order", number=number), 303)
        flash(_("staff.no_order", number=number[:20]))
    query = select(Order).order_by(Order.placed_at.desc(), Order.id.desc()).limit(20)
    everything = (selectinload(Order.lines), selectinload(Order.discounts), selectinload(Order.refunds))
    return render_template("staff_orders.html", orders=list(db.session.scalars(query.options(*everything))))


@blueprint.get("/<number>")
def order(number: str) -> str:
    """One order; with items in the address, what they would give back by each policy."""
    shown = _order(number)
    quantities = _quantities(shown, request.args.getlist("sku"), request.args.getlist("quantity"))
    quotes = [found for policy in POLICIES if (found := quote(shown, quantities, policy))]
    return render_template("staff_order.html", order=shown, quantities=quantities, quotes=quotes)


@blueprint.post("/<number>/refund")
def pay_back(number: str) -> Response:
    """Refund the items of the form by its policy."""
    shown = _order(number)
    quantities = _quantities(shown, request.form.getlist("sku"), request.form.getlist("quantity"))
    policy = next((each for each in POLICIES if each == request.form.get("policy")), None)
    if policy is None or not quantities or quote(shown, quantities, policy) is None:
        abort(400)
    try:
        booked = refund(shown, quantities, policy, request.form.get("seen", 0, type=int))
        flash(_("staff.paid_back", sum=money.shown(booked.amount, shown.currency)))
    except StaleRefund:
        flash(_("staff.stale_refund"))
    return redirect(url_for("staff.order", number=number), 303)


def _order(number: str) -> Order:
    query = select(Order).where(Order.number == number)
    found: Order | None = db.session.scalar(
        query.options(selectinload(Order.lines).options(joinedload(OrderLine.product)))
    )
    return found or abort(404)


def _quantities(order: Order, skus: list[str], typed: list[str]) -> Quantities:
    """What was asked for, of what is left."""
    left = {line.sku: line.left for line in order.lines}
    wanted = {sku: int(text) for sku, text in zip(skus, typed, strict=False) if text.isdecimal() and len(text) < 9}
    return {sku: min(count, left[sku]) for sku, count in wanted.items() if min(count, left.get(sku, 0)) > 0}
