"""The catalogue, read from ``data/*.json``: families of products, each with what its members differ in."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from .models import Category, Picture, Product
from .pictures import draw

DATA = Path(__file__).parent / "data"
Entry = dict[str, Any]


SAME_THING = {"camera", "phone", "sling", "tripod", "strap", "earbuds", "charger", "cable", "powerbank", "board", "pan",
              "casserole", "kettle", "dripper", "can", "hose", "soil", "gloves", "duvet", "cover", "sheets", "pad",
              "throw"}  # fmt: skip
"""Kinds whose families are one thing in several colours or sizes; mugs and seeds are gladly bought together."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A product with its picture and how much it is asked for in the simulation."""

    product: Product
    picture: Picture
    department: str
    demand: float


def read_data(name: str) -> Any:
    """One of the shop's data files."""
    return json.loads((DATA / f"{name}.json").read_text("utf-8"))


def departments() -> list[str]:
    """Ids of the five departments, in the order of the menu."""
    return [entry["id"] for entry in read_data("categories")]


def categories() -> Iterator[Category]:
    """Departments and their kinds."""
    for position, entry in enumerate(read_data("categories")):
        yield Category(id=entry["id"], position=position, **_both("name", entry), **_both("intro", entry))
        for place, kind in enumerate(entry["kinds"]):
            yield Category(id=kind["id"], parent_id=entry["id"], position=place, **_both("name", kind))


def offers(today: dt.datetime) -> Iterator[Offer]:
    """All products; their ages count back from *today*."""
    for department in departments():
        for family in read_data(department):
            for entry in _members(family):
                yield _offer(department, family["sku"], entry, today)


def _members(family: Entry) -> Iterator[Entry]:
    for each in family.get("each", [{}]):
        yield {
            **family,
            **each,
            "sku": family["sku"] + each.get("sku", ""),
            "title": [whole + part for whole, part in zip(family["title"], each.get("title", ["", ""]), strict=True)],
            "attributes": {**family["attributes"], **each.get("attributes", {})},
            "shape": {**family.get("shape", {}), **each.get("shape", {})},
        }


def _offer(department: str, family: str, entry: Entry, today: dt.datetime) -> Offer:
    price_jpy, price_usd = (Decimal(str(price)) for price in entry["price"])
    list_jpy, list_usd = (Decimal(str(price)) for price in entry["list"]) if "list" in entry else (None, None)
    if list_jpy is not None and list_jpy <= price_jpy:  # a more expensive member of a family that is reduced
        list_jpy = list_usd = None
    share = Decimal(str(entry["cost"]))
    attributes: dict[str, str] = entry["attributes"]
    shape = {"size": attributes.get("size"), **entry["shape"]}
    colour = attributes.get("colour", "steel")
    svg = draw(entry["kind"], ground=department, colour=colour, shape=shape, title=entry["title"][0])
    product = Product(
        sku=entry["sku"],
        category_id=entry["category"],
        family=family,
        variant_group=family if entry["kind"] in SAME_THING else None,
        kind=entry["kind"],
        brand=entry["brand"],
        attributes=attributes,
        price_jpy=price_jpy,
        price_usd=price_usd,
        list_price_jpy=list_jpy,
        list_price_usd=list_usd,
        cost_jpy=(price_jpy * share).quantize(Decimal(1)),
        cost_usd=(price_usd * share).quantize(Decimal("0.01")),
        stock=entry.get("stock"),
        visible=entry.get("visible", True),
        created_at=today - dt.timedelta(days=entry["age"]),
        review_count=0,
        picture_version=hashlib.sha256(svg.encode()).hexdigest()[:12],
        **_both("title", entry),
        **_both("description", {"description": entry["text"]}),
    )
    return Offer(product, Picture(sku=product.sku, svg=svg), department, float(entry["demand"]))


def _both(field: str, entry: Entry) -> dict[str, str]:
    english, japanese = entry[field]
    return {f"{field}_en": english, f"{field}_ja": japanese}
