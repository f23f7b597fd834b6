"""`SQLAlchemyCatalog`: a catalogue from a shop's own product model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any, Literal

import sqlalchemy as sa
from flask import current_app, has_request_context, request
from sqlalchemy.orm import QueryableAttribute, Session, selectinload

from ...core.errors import ConfigurationError
from ...core.sql.dialects import after, cursor
from ...core.sql.shop_database import ShopDatabase
from ..adapters import current_mount
from ..cleaning import Problem, ProblemCounts, clean_products, stock_left
from ..connection_inspection import Sight
from ..inspection import counted_queries
from ..ports import NamesOf, Product, VariantsOf
from ..speaking import shop_speaking
from ..values import Unusable, in_major
from .mapping import (
    CHUNK,
    FieldMap,
    KeyColumn,
    ProductSearch,
    all_rows,
    as_callable,
    as_expression,
    chunks,
    is_relationship,
    required_expression,
)
from .sessions import ShopReads
from .trials import failing_fields

PAGE = 1000
"""Products per query of `iter_products`; no cursor stays open in between."""

PriceUnit = Literal["major", "minor"]


class SQLAlchemyCatalog:
    """A catalogue of *Model*. Each field is a column, an SQL expression, a callable of the instance or a constant.

    With columns and expressions only, up to 500 ids take one SELECT of just those columns. With a callable the
    instances are loaded, too; pass *options* such as ``[selectinload(Product.category)]`` for what callables touch.

    Args:
        db: The shop's Flask-SQLAlchemy; without it, its `scoped_session`, `sessionmaker` or engine.
        Model: The product model; it needs no changes.
        id: Column of the id: integer, UUID or text.
        title: One line of text.
        price: What the shopper pays; with ``price_unit="minor"`` in cents (or yen, or fils).
        url: Usually a callable: ``lambda p: url_for("product", id=p.id)``; stored without the path of the mount.
        category_ids: A callable or expression for ids, or a relationship, whose primary keys are used.
        stock: A number, or a boolean; None means "not tracked".
        options: Loader options for what callables touch, or functions that make one (while models are being imported).
        search: Columns for `search`; by default title and id.
        live_stock: With True, stock is queried for the cards of each page (one query); *stock* must be SQL.
        where: Criterion for rows that are products, such as ``Product.parent_id.is_(None)``.
        variants: A function from product ids to the `Variant` objects of each, so that a bundle can offer the choice.
        category_names: A function from category ids to their names, for the admin.
    """

    live_stock: Callable[[Sequence[str]], Mapping[str, int | None]]
    """Only set with ``live_stock=True``."""

    variants: VariantsOf
    category_names: NamesOf
    """Only set if given."""

    def __init__(
        self,
        db: Any,
        Model: Any,
        *,
        id: Any,
        title: Any,
        price: Any,
        url: Any = None,
        image_url: Any = None,
        currency: Any = None,
        list_price: Any = None,
        stock: Any = None,
        visible: Any = None,
        category_ids: Any = None,
        brand: Any = None,
        rating: Any = None,
        review_count: Any = None,
        reviewed_at: Any = None,
        variant_group: Any = None,
        attributes: Any = None,
        description: Any = None,
        cost: Any = None,
        created_at: Any = None,
        options: Sequence[Any] = (),
        search: Sequence[Any] = (),
        price_unit: PriceUnit = "major",
        live_stock: bool = False,
        where: Any = None,
        variants: VariantsOf | None = None,
        category_names: NamesOf | None = None,
    ) -> None:
        given = {name: value for name, value in locals().items() if name in _FIELDS}
        self.model = Model
        self.problem_counts = ProblemCounts(f"catalogue of {Model.__name__}")
        self._key = KeyColumn(required_expression("id", id, Model))
        self._id_source = id
        _check(Model, title=title, price=price, price_unit=price_unit)
        if is_relationship(category_ids):
            options = (lambda: selectinload(category_ids), *options)
            given["category_ids"] = _keys_of(category_ids)
        # Callables for URLs are called separately: url_for needs a request, also in a worker.
        self._urls = {name: call for name in ("url", "image_url") if (call := _called(given[name])) is not None}
        given = {name: value for name, value in given.items() if name not in self._urls}
        self.fields = FieldMap(Model, given, options, self.problem_counts)
        self._entity = self.fields.needs_entity or bool(self._urls)
        self._minor = price_unit == "minor"
        self._where = [] if where is None else [where]
        self.shop_database = ShopDatabase(db)
        self._reads = ShopReads(self.shop_database, Model)
        self.table_name = str(getattr(Model, "__tablename__", Model.__name__))
        titles = [self.fields.expressions["title"]] if "title" in self.fields.expressions else []
        columns = [required_expression("search", source, Model) for source in search]
        self._search = ProductSearch(self._key, columns or titles)
        if live_stock:
            required_expression("stock", stock, Model)
            self.live_stock = self._live_stock
        if variants is not None:
            self.variants = variants
        if category_names is not None:
            self.category_names = category_names

    def get_many(self, ids: Sequence[str]) -> Mapping[str, Product]:
        """The products of *ids*, with one query per 500; unknown ids are left out."""
        found: dict[str, Product] = {}
        unique = list(dict.fromkeys(ids))
        for chunk in chunks(unique, CHUNK):
            with self._reads.open() as session:
                values = self._key.values(chunk, session.get_bind().dialect)
                if values:
                    statement = self._select().where(self._key.expression.in_(values))
                    found.update((product.id, product) for product in self._products(session, statement))
        return {id: found[id] for id in unique if id in found}

    def iter_products(self) -> Iterator[Product]:
        """Iterate over all products by id, including hidden ones, with one query per 1 000."""
        last: Any = None
        while True:
            with self._reads.open(blocking=True) as session:
                page, last = self._page(session, last)
            yield from page
            if last is None:
                return

    def search(self, text: str, limit: int) -> Sequence[Product]:
        """At most *limit* products that have every word of *text* in a searched column, or *text* as id.

        Words are found in other case, width (ｶﾒﾗ for カメラ) and kana; accents count where the database says so.
        """
        with self._reads.open() as session:
            criterion, order = self._search.criteria(text, session.get_bind().dialect)
            if criterion is None or limit < 1:
                return []
            statement = self._select().where(criterion).order_by(*order).limit(limit)
            return list(self._products(session, statement))

    def id_of(self, instance: Any) -> str | None:
        """The product id of a model instance, or None if it is not an attribute."""
        if not isinstance(self._id_source, QueryableAttribute) or not isinstance(instance, self.model):
            return None
        value = getattr(instance, self._id_source.key)
        return None if value is None else str(value)

    def queries_by_field(self, sample: int = 20) -> Mapping[str, float]:
        """The mean number of SQL statements per product of each callable field, over the first *sample* products."""
        calls = {**self.fields.callables, **self._urls}
        spent = dict.fromkeys(calls, 0)
        with self._reads.open(blocking=True) as session, self._spoken():
            rows = self._rows(session, self._select().limit(sample)) if calls else []
            for row in rows:
                for name, call in calls.items():
                    spent[name] += _queries_of(call, row[0])
        return {name: queries / len(rows) for name, queries in spent.items() if queries}

    def sights(self) -> tuple[Sight, Sight] | None:
        """What our connection and the shop's session see of the table; None where there is one connection for both."""
        return self._reads.sights()

    def failing_fields(self) -> Mapping[str, str]:
        """What the database says of each field that it refuses, or whose values cannot be decoded."""
        key = self._key.expression
        plain = sa.select(sa.literal(1)).select_from(self.model)
        found = plain.where(key.in_(sa.select(key).scalar_subquery())).order_by(key)
        others = {"id": found, "where": plain.where(*self._where)}
        return failing_fields(self._reads, self.fields, others)

    def _select(self, *extra: sa.ColumnElement[Any]) -> sa.Select[Any]:
        return self.fields.select(*extra, entity=self._entity).where(*self._where)

    def _page(self, session: Session, last: Any) -> tuple[list[Product], Any]:
        dialect = session.get_bind().dialect
        key = self._key.expression
        statement = self._select(cursor(key, dialect).label("sf_cursor")).where(key.is_not(None))
        if last is not None:
            statement = statement.where(after(key, last, dialect))
        rows = self._rows(session, statement.order_by(cursor(key, dialect)).limit(PAGE))
        return list(self._cleaned(rows)), rows[-1][-1] if len(rows) == PAGE else None

    def _products(self, session: Session, statement: sa.Select[Any]) -> Iterable[Product]:
        return self._cleaned(self._rows(session, statement))

    def _rows(self, session: Session, statement: sa.Select[Any]) -> Sequence[Any]:
        return all_rows(session, statement, self._entity)

    def _cleaned(self, rows: Sequence[Any]) -> Iterable[Product]:
        currency = current_mount.currency
        return list(clean_products(self._raw(rows, currency), currency, self.problem_counts))

    def _raw(self, rows: Sequence[Any], currency: str | None) -> list[Product]:
        with self._spoken():
            products = [self.fields.values(row, entity=self._entity) for row in rows]
            for values, row in zip(products, rows, strict=True):
                values.update({name: self._url_of(name, row[0], values) for name in self._urls})
        return [_product(values, currency if self._minor else None, self._minor) for values in products]

    @contextmanager
    def _spoken(self) -> Iterator[None]:
        """Where there is no request, callables speak what is spoken around them, and those of URLs get a request."""
        if not self._entity or has_request_context():
            yield
            return
        with current_app.test_request_context() if self._urls else nullcontext(), shop_speaking(None):
            yield

    def _url_of(self, name: str, instance: Any, values: Mapping[str, Any]) -> Any:
        """The URL of the callable, without the path of the mount: a cached product may be shown under several."""
        try:
            url = self._urls[name](instance)
        except Exception as error:
            kind = f"not available (its callable raised {type(error).__name__})"
            self.problem_counts.add([Problem(name, kind)], values.get("id"), error)
            return None
        root = request.script_root
        return url[len(root) :] if root and isinstance(url, str) and url.startswith(f"{root}/") else url

    def _live_stock(self, ids: Sequence[str]) -> Mapping[str, int | None]:
        """The current stock of *ids*; unknown ids are left out."""
        found: dict[str, int | None] = {}
        stock = self.fields.expressions["stock"]
        for chunk in chunks(dict.fromkeys(ids), CHUNK):
            with self._reads.open() as session:
                values = self._key.values(chunk, session.get_bind().dialect)
                statement = sa.select(self._key.expression, stock).select_from(self.model).where(*self._where)
                for key, left in session.execute(statement.where(self._key.expression.in_(values))) if values else ():
                    found[str(key)] = _stock(left)
        return {id: found[id] for id in ids if id in found}


_FIELDS = frozenset(Product.__dataclass_fields__)


def _called(source: Any) -> Any:
    return None if as_expression(source) is not None else as_callable(source)


def _check(model: Any, *, price_unit: str, **required: Any) -> None:
    for name, source in required.items():
        if source is None or isinstance(source, str):  # probably the name of an attribute
            raise ConfigurationError(
                f"{name} of {model.__name__} is {source!r:.80}; map it to a column, an SQL expression or a callable."
            )
    if price_unit not in ("major", "minor"):
        raise ConfigurationError(f"price_unit is {price_unit!r}; use 'major' (12.50) or 'minor' (1250).")


def _product(values: dict[str, Any], default: str | None, minor: bool) -> Product:
    """The product with raw values, to be cleaned by `clean_products`."""
    if values.get("id") is not None:
        values["id"] = str(values["id"])
    if minor:
        currency = values.get("currency")
        currency = currency.strip().upper() if isinstance(currency, str) and currency.strip() else default
        for name in ("price", "list_price", "cost"):
            values[name] = _in_major(values.get(name), currency)
    return Product(**{"title": None, "price": None, **_known(values)})


def _known(values: Mapping[str, Any]) -> dict[str, Any]:
    """*values* without optional fields that are None, so that the defaults of `Product` apply; *visible* is kept."""
    return {name: value for name, value in values.items() if value is not None or name == "visible"}


def _in_major(value: Any, currency: str | None) -> Any:
    try:
        return in_major(value, currency)
    except Unusable:
        return value


def _keys_of(relationship: Any) -> Callable[[Any], Sequence[Any]]:
    """A function from an instance to the primary keys of its related objects."""
    name = relationship.key

    def keys(instance: Any) -> Sequence[Any]:
        related = getattr(instance, name)
        many = [] if related is None else related if isinstance(related, Iterable) else [related]
        return [str(sa.inspect(each).identity[0]) for each in many]

    return keys


def _queries_of(call: Callable[[Any], Any], instance: Any) -> int:
    with counted_queries() as count:
        try:
            call(instance)
        except Exception:
            return count.queries
    return count.queries


def _stock(value: Any) -> int | None:
    try:
        return stock_left(value)
    except Unusable:
        return None
