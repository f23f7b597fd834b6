"""Checkout: the address, the order in one transaction, and the thank-you page."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, session, url_for
from flask_wtf import FlaskForm
from sqlalchemy import or_, select, update
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response
from wtforms import EmailField, Field, HiddenField, SelectField, StringField
from wtforms.validators import ValidationError

from storefront_plugin.core.errors import StorefrontError

from . import account, basket, cart, money
from .bill import Bill, bill_of
from .database import db
from .language import _
from .models import Order, OrderDiscount, OrderLine, Product, utc_now
from .storefront import order_placed

blueprint = Blueprint("checkout", __name__)

KEY = "checkout_key"
SEEN = "placed_orders"
COUNTRIES = ("JP", "US", "DE")


class SoldOut(Exception):
    """Somebody else bought the last one."""

    def __init__(self, product: Product) -> None:
        super().__init__(product.sku)
        self.product = product


class BundlesChanged(Exception):
    """A bundle was used up or changed since the cart was priced."""


def needed(form: FlaskForm, field: Field) -> None:
    """Something of sensible length must be written."""
    if not (field.data or "").strip():
        raise ValidationError(_("error.required"))
    if len(field.data) > 200:
        raise ValidationError(_("error.long"))


def like_email(form: FlaskForm, field: Field) -> None:
    """One @ with something on both sides."""
    name, at, host = (field.data or "").strip().partition("@")
    if not (name and at and "." in host and " " not in field.data.strip()):
        raise ValidationError(_("error.email"))


class AddressForm(FlaskForm):  # type: ignore[misc]
    """Where an order goes."""

    name = StringField(validators=[needed], render_kw={"autocomplete": "name"})
    email = EmailField(validators=[needed, like_email], render_kw={"autocomplete": "email"})
    country = SelectField(choices=list(COUNTRIES), render_kw={"autocomplete": "country"})
    postal_code = StringField(validators=[needed], render_kw={"autocomplete": "postal-code"})
    region = StringField(validators=[needed], render_kw={"autocomplete": "address-level1"})
    city = StringField(validators=[needed], render_kw={"autocomplete": "address-level2"})
    street = StringField(validators=[needed], render_kw={"autocomplete": "street-address"})
    shown_total = HiddenField()

    def address(self) -> dict[str, str]:
        """What was typed."""
        return {field.name: field.data.strip() for field in self if not isinstance(field, HiddenField)}


@blueprint.get("/checkout")
def show() -> str | Response:
    """Ask for the address."""
    bill = bill_of(cart.lines())
    return _back_to_cart(bill) or _page(AddressForm(), bill)


@blueprint.post("/checkout")
def order() -> Response | tuple[str, int]:
    """With a good address, and at the total that was shown, place the order; nothing typed is lost otherwise."""
    placed = _placed_with_this_form()
    if placed is not None:
        return _thanks(placed)
    form, bill = AddressForm(), bill_of(cart.lines())
    back = _back_to_cart(bill)
    if back is not None:
        return back
    if not form.validate():
        return _page(form, bill), 422
    if form.shown_total.data != str(bill.total):
        return _changed(form, bill)
    try:
        return _thanks(place(bill, form.address()).number)
    except IntegrityError:  # the same form, sent twice at once
        db.session.rollback()
        return _thanks(_placed_with_this_form() or abort(409))
    except SoldOut as sold_out:
        basket.lower_to_stock(sold_out.product.sku)
        return redirect(url_for("basket.show"), 303)
    except BundlesChanged:
        return _changed(form, bill_of(cart.lines()))


def _back_to_cart(bill: Bill) -> Response | None:
    """The way back where there is nothing to order, or less in stock than the cart holds."""
    shortages = bill.shortages()
    for shortage in shortages:
        basket.lower_to_stock(shortage.product_id)
    return redirect(url_for("basket.show"), 303) if shortages or not bill.lines else None


def _changed(form: AddressForm, bill: Bill) -> tuple[str, int]:
    flash(_("checkout.changed"))
    return _page(form, bill), 409


def _page(form: AddressForm, bill: Bill) -> str:
    session.setdefault(KEY, secrets.token_urlsafe(16))
    form.country.choices = {code: _(f"country.{code}") for code in COUNTRIES}
    form.shown_total.data = str(bill.total)
    return render_template("checkout.html", form=form, bill=bill)


def place(bill: Bill, address: dict[str, Any]) -> Order:
    """Take the goods from stock, write the order and tell the storefront: all of it, or nothing."""
    order = Order(
        number=f"F-{secrets.randbelow(9_000_000) + 1_000_000}",
        checkout_key=session.get(KEY),
        customer_id=account.customer_number(),
        placed_at=utc_now(),
        currency=money.currency(),
        status="placed",
        shipping=bill.shipping,
        address=address,
        lines=_lines(bill),
        discounts=_discounts(bill),
    )
    _take_from_stock(bill)
    db.session.add(order)
    db.session.flush()
    try:
        order_placed(order, bill.pricing)
    except StorefrontError as error:
        db.session.rollback()
        raise BundlesChanged from error
    db.session.commit()
    return order


def _lines(bill: Bill) -> list[OrderLine]:
    return [
        OrderLine(
            position=position,
            sku=line.product.sku,
            quantity=line.quantity,
            unit_price=line.unit_price,
            discount=line.discount,
        )
        for position, line in enumerate(bill.lines)
    ]


def _discounts(bill: Bill) -> list[OrderDiscount]:
    return [
        OrderDiscount(position=position, title_en=each.title_en, title_ja=each.title_ja, amount=each.amount)
        for position, each in enumerate(bill.discounts)
    ]


def _take_from_stock(bill: Bill) -> None:
    for line in bill.lines:
        enough = or_(Product.stock.is_(None), Product.stock >= line.quantity)
        taken = db.session.execute(
            update(Product).where(Product.sku == line.product.sku, enough).values(stock=Product.stock - line.quantity)
        )
        if taken.rowcount != 1:  # type: ignore[attr-defined]
            db.session.rollback()
            raise SoldOut(line.product)


def _thanks(number: str) -> Response:
    """On to the thank-you page, with an empty cart."""
    cart.clear()
    session.pop(KEY, None)
    session[SEEN] = [*session.get(SEEN, []), number][-20:]
    return redirect(url_for("checkout.thank_you", number=number), 303)


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
