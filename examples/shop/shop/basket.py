"""The cart page and its forms."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from . import cart
from .bill import bill_of
from .database import db
from .language import _, title
from .models import Product

blueprint = Blueprint("basket", __name__, url_prefix="/cart")


@blueprint.get("")
def show() -> str:
    """What is in the cart and what it costs."""
    return render_template("cart.html", bill=bill_of(cart.lines()))


@blueprint.post("/add")
def add() -> Response:
    """Add one or several products: the fields ``sku`` and ``quantity`` may be repeated."""
    skus = request.form.getlist("sku")[: cart.MOST_LINES]
    wanted = request.form.getlist("quantity")
    for place, sku in enumerate(skus):
        quantity = _whole(wanted[place] if place < len(wanted) else "1")
        before = cart.quantities().get(sku, 0)
        _flash(sku, before + quantity, cart.add(sku, quantity), added=True)
    return redirect(url_for("basket.show"), 303)


@blueprint.post("/update")
def update() -> Response:
    """Set the quantity of one line; the button ``remove`` takes it out."""
    sku = request.form.get("sku", "")
    wanted = 0 if "remove" in request.form else _whole(request.form.get("quantity", "1"))
    _flash(sku, wanted, cart.put(sku, wanted), added=False)
    return redirect(url_for("basket.show"), 303)


def lower_to_stock(sku: str) -> None:
    """Keep as many of a product as there still are, and say so."""
    wanted = cart.quantities().get(sku, 0)
    _flash(sku, wanted, cart.put(sku, wanted), added=False)


def _flash(sku: str, wanted: int, held: int, *, added: bool) -> None:
    product = db.session.get(Product, sku)
    if product is None or not product.visible:
        return
    if held < wanted:
        text = _("cart.limited", n=held, title=title(product)) if held else _("cart.sold_out", title=title(product))
        flash(text)
    elif added:
        flash(_("cart.added", title=title(product)))


def _whole(text: str) -> int:
    try:
        return max(0, min(int(text), cart.MAX_QUANTITY))
    except ValueError:
        return 1
