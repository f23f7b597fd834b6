"""Home, departments, search, product pages and pictures."""

from __future__ import annotations

from itertools import takewhile
from typing import Any

from flask import Blueprint, Response, abort, g, redirect, render_template, request, url_for
from sqlalchemy import ColumnElement, UnaryExpression, func, or_, select
from sqlalchemy.orm import selectinload
from werkzeug.wrappers import Response as BaseResponse

from . import money
from .database import db
from .language import current_language, title
from .models import Category, Picture, Product, Review

blueprint = Blueprint("pages", __name__)

PER_PAGE = 24
FEW = 5
WINDOW = ("HAL-H20-BR", "COP-KT-CP", "PEL-1-GN", "WET-CN-5G", "LIN-BL-MU")
"""What stands in the shop window, the first two in front."""


def departments() -> list[Category]:
    """The five departments, read once a request."""
    if "departments" not in g:
        query = select(Category).where(Category.parent_id.is_(None)).order_by(Category.position)
        g.departments = list(db.session.scalars(query.options(selectinload(Category.kinds))))
    found: list[Category] = g.departments
    return found


@blueprint.get("/")
def home() -> str:
    """The shop window, the departments and what is new."""
    newest = db.session.scalars(select(Product).where(Product.visible).order_by(Product.created_at.desc()).limit(8))
    window = {product.sku: product for product in db.session.scalars(select(Product).where(Product.sku.in_(WINDOW)))}
    return render_template(
        "home.html",
        newest=list(newest),
        window=[window[sku] for sku in WINDOW if sku in window],
        shipping=money.SHIPPING[money.currency()],
    )


@blueprint.get("/category/<category_id>")
def category(category_id: str) -> str:
    """A department, or one kind of its products."""
    chosen = db.session.get(Category, category_id) or abort(404)
    department = chosen.parent or chosen
    wanted = [chosen.id] if chosen.parent_id else [kind.id for kind in department.kinds]
    listing = _listing([Product.category_id.in_(wanted)])
    return render_template("category.html", category=chosen, department=department, **listing)


@blueprint.get("/search")
def search() -> str:
    """Products with all the words in title, brand or description of either language."""
    query = request.args.get("q", "").strip()[:80]
    conditions = []
    for word in query.split():
        texts = (Product.title_en, Product.title_ja, Product.brand, Product.description_en, Product.description_ja)
        conditions.append(or_(Product.sku == word.upper(), *(text.icontains(word, autoescape=True) for text in texts)))
    return render_template("search.html", query=query, **(_listing(conditions) if query else {"total": 0}))


def _listing(conditions: list[ColumnElement[bool]]) -> dict[str, Any]:
    price = Product.price_usd if money.currency() == "USD" else Product.price_jpy
    most = Product.review_count.desc()
    orders: dict[str, tuple[UnaryExpression[Any], ...]] = {
        "shop": (Category.position.asc(), most),
        "reviews": (most,),
        "rating": (Product.rating.desc().nulls_last(), most),
        "new": (Product.created_at.desc(),),
        "low": (price.asc(),),
        "high": (price.desc(),),
    }
    sort = request.args.get("sort", "shop")
    sort = sort if sort in orders else "shop"
    query = (
        select(Product).join(Product.category).where(Product.visible, *conditions).order_by(*orders[sort], Product.sku)
    )
    found = db.paginate(query, page=request.args.get("page", 1, type=int), per_page=PER_PAGE)
    return {"products": found.items, "paging": found, "total": found.total, "sort": sort, "sorts": list(orders)}


@blueprint.get("/product/<sku>")
def product(sku: str) -> str:
    """One product with its reviews; those in the reader's language come first."""
    shown = db.session.get(Product, sku)
    if shown is None or not shown.visible:
        abort(404)
    versions = (
        select(Product).where(Product.family == shown.family, Product.visible).order_by(Product.price_jpy, Product.sku)
    )
    latest = (
        select(Review)
        .where(Review.sku == sku, Review.text != "")
        .order_by((Review.language == current_language()).desc(), Review.created_at.desc())
        .limit(6)
    )
    counts = dict(
        db.session.execute(select(Review.rating, func.count()).where(Review.sku == sku).group_by(Review.rating)).all()
    )
    return render_template(
        "product.html",
        product=shown,
        department=shown.category.parent,
        versions=_labelled(list(db.session.scalars(versions))),
        reviews=list(db.session.scalars(latest)),
        histogram=[(stars, counts.get(stars, 0)) for stars in range(5, 0, -1)],
        few=FEW,
    )


def _labelled(versions: list[Product]) -> list[tuple[Product, str]]:
    """Each version with the part of its title that the others do not share."""
    titles = [title(version) for version in versions]
    same = takewhile(lambda letters: len(set(letters)) == 1, zip(*titles, strict=False))
    shared = "".join(letters[0] for letters in same)
    shared = shared[: max(shared.rfind(mark) for mark in " ：") + 1]
    return [(version, name[len(shared) :]) for version, name in zip(versions, titles, strict=True)]


@blueprint.get("/picture/<sku>.svg")
def picture(sku: str) -> BaseResponse:
    """The drawn picture; its address changes with its content, so that it may be kept for a year."""
    found = db.session.get(Picture, sku) or abort(404)
    response = Response(found.svg, mimetype="image/svg+xml")
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
    response.cache_control.public = True
    response.cache_control.max_age = 365 * 24 * 3600
    response.cache_control.immutable = "v" in request.args
    response.add_etag()
    return response.make_conditional(request)


@blueprint.get("/favicon.ico")
def favicon() -> BaseResponse:
    """Older browsers ask for this address."""
    return redirect(url_for("static", filename="mark.svg"), 301)
