"""Checkout: the address, the order in one transaction, and the thank-you page."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Blueprint, abort, current_app, flash, redirect, render_template, session, url_for
from flask_wtf import FlaskForm
from sqlalchemy import or_, select, update
from werkzeug.wrappers import Response
from wtforms import EmailField, Field, SelectField, StringField
from wtforms.validators import ValidationError

from . import account, cart, money
from .database import db
from .language import say, title
from .models import Order, OrderLine, Product, utc_now

blueprint = Blueprint("checkout", __name__)

KEY = "checkout_key"
SEEN = "placed_orders"
COUNTRIES = ("JP", "US", "DE")


class SoldOut(Exception):
    """Somebody else bought the last one."""

    def __init__(self, product: Product) -> None:
        super().__init__(product.sku)
        self.product = product


def needed(form: FlaskForm, field: Field) -> None:
    """Something of sensible length must be written."""
    if not (field.data or "").strip():
        raise ValidationError(say("error.required"))
    if len(field.data) > 200:
        raise ValidationError(say("error.long"))


def like_email(form: FlaskForm, field: Field) -> None:
    """One @ with something on both sides."""
    name, at, host = (field.data or "").strip().partition("@")
    if not (name and at and "." in host and " " not in field.data.strip()):
        raise ValidationError(say("error.email"))


class AddressForm(FlaskForm):  # type: ignore[misc]
    """Where an order goes."""

    name = StringField(validators=[needed], render_kw={"autocomplete": "name"})
    email = EmailField(validators=[needed, like_email], render_kw={"autocomplete": "email"})
    country = SelectField(choices=list(COUNTRIES), render_kw={"autocomplete": "country"})
    postal_code = StringField(validators=[needed], render_kw={"autocomplete": "postal-code"})
    region = StringField(validators=[needed], render_kw={"autocomplete": "address-level1"})
    city = StringField(validators=[needed], render_kw={"autocomplete": "address-level2"})
    street = StringField(validators=[needed], render_kw={"autocomplete": "street-address"})


@blueprint.route("/checkout", methods=["GET", "POST"])
def show() -> str | Response | tuple[str, int]:
    """Ask for the address; with a good one, place the order."""
    form = AddressForm()
    form.country.choices = {code: say(f"country.{code}") for code in COUNTRIES}
    placed = _placed_with_this_form() if form.is_submitted() else None
    if placed is not None:
        return redirect(url_for("checkout.thank_you", number=placed), 303)
    lines = cart.lines()
    if not lines:
        return redirect(url_for("basket.show"), 303)
    session.setdefault(KEY, secrets.token_urlsafe(16))
    if form.validate_on_submit():
        address = {field.name: field.data.strip() for field in form if field.name != "csrf_token"}
        try:
            order = place(lines, address)
        except SoldOut as sold_out:
            cart.put(sold_out.product.sku, cart.quantities().get(sold_out.product.sku, 0))
            flash(say("cart.sold_out", title=title(sold_out.product)))
            return redirect(url_for("basket.show"), 303)
        return redirect(url_for("checkout.thank_you", number=order.number), 303)
    goods = cart.goods(lines)
    page = render_template("checkout.html", form=form, lines=lines, goods=goods, shipping=money.shipping(goods))
    return (page, 422) if form.is_submitted() else page


def place(lines: list[cart.Line], address: dict[str, Any]) -> Order:
    """Take the goods from stock, write the order and tell the storefront: all of it, or nothing."""
    goods = cart.goods(lines)
    order = Order(
        number=f"F-{secrets.randbelow(9_000_000) + 1_000_000}",
        checkout_key=session.get(KEY),
        customer_id=account.customer_number(),
        placed_at=utc_now(),
        currency=money.currency(),
        status="placed",
        shipping=money.shipping(goods),
        address=address,
        lines=[
            OrderLine(position=position, sku=line.product.sku, quantity=line.quantity, unit_price=line.unit_price)
            for position, line in enumerate(lines)
        ],
    )
    for line in lines:
        enough = or_(Product.stock.is_(None), Product.stock >= line.quantity)
        taken = db.session.execute(
            update(Product).where(Product.sku == line.product.sku, enough).values(stock=Product.stock - line.quantity)
        )
        if taken.rowcount != 1:  # type: ignore[attr-defined]
            db.session.rollback()
            raise SoldOut(line.product)
    db.session.add(order)
    db.session.flush()
    if not current_app.config["SHOP_WITHOUT_STOREFRONT"]:
        from .storefront import order_placed

        order_placed(order)
    db.session.commit()
    cart.clear()
    session.pop(KEY, None)
    session[SEEN] = [*session.get(SEEN, []), order.number][-20:]
    return order


def _placed_with_this_form() -> str | None:
    key = session.get(KEY)
    return db.session.scalar(select(Order.number).where(Order.checkout_key == key)) if key else None


@blueprint.get("/thanks/<number>")
def thank_you(number: str) -> str:
    """The order that was just placed; nobody else's."""
    order = db.session.scalar(select(Order).where(Order.number == number))
    owned = order is not None and order.customer_id is not None and order.customer_id == account.customer_number()
    if order is None or not (owned or number in session.get(SEEN, [])):
        abort(404)
    return render_template("thank_you.html", order=order, skus=[line.sku for line in order.lines])
