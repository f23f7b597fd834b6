"""A tiny shop as many are: one module, Flask-SQLAlchemy, orders placed and committed by its own view."""

from __future__ import annotations

import datetime as dt
import os

from flask import Flask, redirect, render_template_string, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import Mapped, mapped_column

from storefront_plugin import Order, OrderLine, SQLAlchemyCatalog, Storefront

db = SQLAlchemy()


class Product(db.Model):  # type: ignore[name-defined,misc]
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    price: Mapped[float]


class Purchase(db.Model):  # type: ignore[name-defined,misc]
    id: Mapped[int] = mapped_column(primary_key=True)
    products: Mapped[str]


storefront = Storefront(catalog=SQLAlchemyCatalog(db, Product, id=Product.id, title=Product.title, price=Product.price))

PAGE = "<h1>{{ product.title }}</h1>{{ storefront.placement('product', product.id) }}"


def create_app() -> Flask:
    app = Flask("tiny_shop", instance_path=os.environ["SHOP_FOLDER"])
    app.config.from_mapping(
        TESTING=True,
        SECRET_KEY="a key for tests",
        SQLALCHEMY_DATABASE_URI="sqlite:///:memory:",
        STOREFRONT_REDIS_URL=os.environ["SHOP_REDIS"],
        STOREFRONT_REDIS_PREFIX=os.environ["SHOP_PREFIX"],
        STOREFRONT_CURRENCY="EUR",
    )
    db.init_app(app)
    storefront.init_app(app)

    @app.get("/product/<int:id>")
    def product(id: int) -> str:
        return render_template_string(PAGE, product=db.get_or_404(Product, id))

    @app.post("/order")
    def order() -> object:
        purchase = Purchase(products=request.form["products"])
        db.session.add(purchase)
        db.session.flush()
        lines = [OrderLine(product) for product in purchase.products.split(",")]
        now = dt.datetime.now(dt.timezone.utc)
        storefront.order_placed(Order(id=str(purchase.id), placed_at=now, lines=lines))
        if "fail" in request.form:
            db.session.rollback()
        db.session.commit()
        return redirect("/")

    return app
