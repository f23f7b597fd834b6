"""A grocer with real purchases: about 156 000 baskets with 1.47 million lines, and 68 000 products."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
import sqlalchemy as sa
from catalogue import Product, db, fill_products, write_order_file
from flask import Flask, Response, abort, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from storefront_plugin import AddForm, CartLine, SQLAlchemyCatalog, Storefront
from storefront_plugin import Product as Shown


class SessionCart:
    """The cart: quantities by product id, in the shopper's session."""

    def lines(self) -> list[CartLine]:
        return [CartLine(product_id, quantity) for product_id, quantity in session.get("cart", {}).items()]

    def add_form(self, product: Shown) -> AddForm:
        return AddForm(url_for("add_to_cart"), {"product_id": product.id})

    def add(self, lines: Sequence[CartLine]) -> None:
        cart = session.setdefault("cart", {})
        for line in lines:
            cart[line.product_id] = cart.get(line.product_id, 0) + line.quantity
        session.modified = True


app = Flask(__name__)
app.config.from_mapping(
    SECRET_KEY="only for this example",  # noqa: S106
    SQLALCHEMY_DATABASE_URI="sqlite:///shop.sqlite",
    STOREFRONT_CURRENCY="USD",
)
app.config.from_prefixed_env()
db.init_app(app)
storefront = Storefront(
    app,
    catalog=SQLAlchemyCatalog(
        db,
        Product,
        id=Product.id,
        title=Product.title,
        price=Product.price,
        url=lambda product: url_for("product", id=product.id),
        image_url=lambda product: f"/picture/{product.id}.svg",  # url_for needs a request; commands have none
        category_ids=lambda product: (product.category, product.department),
        brand=Product.brand,
    ),
    cart=SessionCart(),
)


@app.cli.command()
def prepare() -> None:
    """Fill the product table and write the order file, from the installed package."""
    folder = Path(app.instance_path)
    folder.mkdir(parents=True, exist_ok=True)
    db.create_all()
    click.echo(f"{fill_products():,} products are in the shop.")
    file = folder / "orders.parquet"
    click.echo(f"{write_order_file(file):,} order lines are in {file}")


@app.get("/")
def home() -> str:
    """The departments, and what the storefront shows."""
    count = sa.func.count()
    departments = db.session.execute(
        sa.select(Product.department, count).group_by(Product.department).order_by(count.desc()).limit(12)
    )
    return render_template("home.html", departments=departments.all())


@app.get("/department/<name>")
def department(name: str) -> str:
    """Some products of a department."""
    products = db.session.scalars(sa.select(Product).filter_by(department=name).order_by(Product.id).limit(60)).all()
    return render_template("department.html", name=name, products=products or abort(404))


@app.get("/product/<int:id>")
def product(id: int) -> str:
    """One product."""
    return render_template("product.html", product=db.get_or_404(Product, id))


@app.get("/picture/<int:id>.svg")
def picture(id: int) -> Response:
    """A drawn picture, because the data has none: the department's colour and the first letter."""
    svg = render_template("picture.svg", product=db.get_or_404(Product, id))
    return Response(svg, mimetype="image/svg+xml", headers={"Cache-Control": "public, max-age=86400"})


@app.get("/cart")
def cart() -> str:
    """The cart, oldest line first."""
    quantities: dict[str, int] = session.get("cart", {})
    found = db.session.scalars(sa.select(Product).where(Product.id.in_(map(int, quantities)))).all()
    by_id = {str(product.id): product for product in found}
    lines = [(by_id[id], quantity) for id, quantity in quantities.items() if id in by_id]
    return render_template("cart.html", lines=lines, total=sum(product.price * n for product, n in lines))


@app.post("/cart")
def add_to_cart() -> AnyResponse:
    """Put one item into the cart."""
    product = db.get_or_404(Product, request.form.get("product_id", type=int))
    quantities = session.setdefault("cart", {})
    quantities[str(product.id)] = quantities.get(str(product.id), 0) + 1
    session.modified = True
    return redirect(url_for("cart"))


@app.post("/cart/empty")
def empty_cart() -> AnyResponse:
    """Start again."""
    session.pop("cart", None)
    return redirect(url_for("cart"))
