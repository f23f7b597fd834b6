"""A whole shop: ``flask --app examples/minimal/app.py run``."""

from flask import Flask, redirect, render_template, request, session, url_for
from flask_sqlalchemy import SQLAlchemy

from storefront_plugin import AddForm, CartLine, SQLAlchemyCatalog, Storefront

app = Flask(__name__)
app.config.from_mapping(SECRET_KEY="dev", SQLALCHEMY_DATABASE_URI="sqlite:///shop.sqlite")  # noqa: S106
app.config["STOREFRONT_CURRENCY"] = "EUR"
db = SQLAlchemy(app)


class Product(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    title = db.Column(db.String(200))
    kind = db.Column(db.String(40))
    price = db.Column(db.Numeric(10, 2))


class Cart:
    def lines(self):
        return [CartLine(product_id) for product_id in session.get("cart", [])]

    def add_form(self, product):
        return AddForm(url_for("add"), {"id": product.id})


catalog = SQLAlchemyCatalog(
    db, Product, id=Product.id, title=Product.title, price=Product.price, brand=Product.kind, url=lambda p: f"/{p.id}"
)
storefront = Storefront(app, catalog=catalog, cart=Cart())
with app.app_context():
    db.create_all()
    storefront.init_db()
    if not db.session.get(Product, 1):
        goods = [
            (kind, wood) for kind in ("Bowl", "Spoon", "Tray") for wood in ("ash", "beech", "cherry", "oak", "walnut")
        ]
        db.session.add_all(Product(title=f"{kind}, {wood}", kind=kind, price=12 + len(wood)) for kind, wood in goods)
        db.session.commit()


@app.get("/")
@app.get("/<int:id>")
def product(id=1):
    return render_template("product.html", product=db.get_or_404(Product, id))


@app.post("/cart")
def add():
    session["cart"] = [*session.get("cart", []), request.form["id"]]
    return redirect(request.referrer or "/")
