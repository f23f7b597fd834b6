"""Suggestions on the command line, for one query or thousands in one process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any, TextIO

import click
from flask.cli import with_appcontext

from ..core.errors import InputError
from ..recommending.page import Recommendation
from ..web.request_page import current_locale
from .group import mounted_services, user_input


@dataclass(frozen=True, slots=True)
class Query:
    """What to recommend for; the fields are also the keys of a query in a file."""

    strategy: str
    products: tuple[str, ...]
    placement: str
    customer: str | None
    k: int
    exclude: tuple[str, ...]

    def answer(self) -> list[Recommendation]:
        """The suggestions of the mounted storefront."""
        return mounted_services().suggestions.recommend(
            self.strategy,
            products=self.products,
            placement=self.placement,
            customer=self.customer,
            limit=self.k,
            exclude=self.exclude,
            locale=current_locale(),
        )


@click.command
@click.argument("strategy")
@click.option(
    "--product", "products", multiple=True, help="A product the recommendations are for; of a cart, the latest last."
)
@click.option("--placement", default="product", show_default=True, help="product, cart, checkout, home …")
@click.option("-k", "--limit", "k", type=int, default=10, show_default=True, help="Most suggestions.")
@click.option("--customer", help="Id of the customer, for personal strategies.")
@click.option("--exclude", multiple=True, help="A product that must not be recommended.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list instead of a table.")
@click.option(
    "--queries",
    type=click.File("r", encoding="utf-8", errors="replace"),
    help="JSON objects, one a line (- is standard input), such as "
    '{"products": ["12"], "placement": "cart", "k": 10}; each is answered by one line with a JSON list.',
)
@with_appcontext
def recommend(as_json: bool, queries: TextIO | None, **given: Any) -> None:
    """Show what STRATEGY suggests (also_bought, bought_together, related …), the best first.

    An id that begins with a dash is given as --product=-7.
    """
    query = Query(**given)
    with user_input():
        if queries is not None:
            for line in _answers(queries, query):
                click.echo(line)
            return
        answer = query.answer()
        _warn_of_unknown(query.products)
    if as_json:
        click.echo(_as_json(answer))
    elif answer:
        _print_table(answer)
    else:
        click.echo("There are no recommendations.", err=True)


def _warn_of_unknown(products: tuple[str, ...]) -> None:
    """Warn of unknown product ids, which are not an error: the suggestions are then popular products."""
    known = mounted_services().shop.catalog.get_many(list(products))
    for product_id in products:
        if product_id not in known:
            click.echo(f"No product has the id {product_id!r:.80}; use the shop's own id.", err=True)


def _answers(lines: TextIO, default: Query) -> Iterator[str]:
    """The JSON answer to each query of a file; missing keys default to the command line."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield _as_json(replace(default, **_fields(json.loads(line))).answer())
        except ValueError as error:  # wrong JSON, and InputError
            raise InputError(f"Line {number} of the queries: {error}") from error


def _fields(query: Any) -> dict[str, Any]:
    if not isinstance(query, dict):
        raise InputError('a query is an object such as {"products": ["12"], "k": 10}.')
    unknown = [key for key in query if key not in Query.__slots__]
    if unknown:
        raise InputError(f"there is no key {unknown[0]!r:.80}; the keys are {', '.join(Query.__slots__)}.")
    return {key: _field(key, value) for key, value in query.items()}


def _field(key: str, value: Any) -> Any:
    if key in ("products", "exclude"):
        return _ids(key, value)
    return value if key == "k" or value is None else str(value)


def _ids(key: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise InputError(f"{key} must be a list of ids.")
    return tuple(map(str, value))


def _as_json(answer: list[Recommendation]) -> str:
    return json.dumps([asdict(one) for one in answer], ensure_ascii=False)


def _print_table(answer: list[Recommendation]) -> None:
    width = max(len(one.product_id) for one in answer)
    for rank, one in enumerate(answer, start=1):
        orders = f"{one.support:>7,} orders" if one.support is not None else " " * 14
        line = f"{rank:>3}  {one.product_id:<{width}}  {one.score:>10.4f}  {orders}  {one.reason or ''}"
        click.echo(line.rstrip())
