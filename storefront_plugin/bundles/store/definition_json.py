"""Definitions as JSON text and back: how they stand in the database, in order records and in exports."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from ...core.errors import InputError
from ..definition import BundleText, Component, Definition, Schedule, Tier
from ..price import price_from_json, price_to_json

_PLAIN = ("limit_per_order", "limit_in_all", "segment", "staff_only", "stacking")


def dump_definition(definition: Definition) -> str:
    """*definition* as compact JSON; the same definition always gives the same text."""
    return json.dumps(definition_to_json(definition), separators=(",", ":"), ensure_ascii=False)


def load_definition(text: str) -> Definition:
    """The definition that `dump_definition` wrote; raises `InputError` for any other text."""
    try:
        data = json.loads(text)
    except ValueError:
        raise InputError("The definition of the bundle is no JSON; correct it or restore an earlier version.") from None
    return definition_from_json(data)


def definition_to_json(definition: Definition) -> dict[str, Any]:
    """*definition* as plain JSON values; what stands at its default is left out."""
    data: dict[str, Any] = {
        "kind": definition.kind,
        "tiers": [_tier(tier) for tier in definition.tiers],
        "texts": {language: _text(text) for language, text in definition.texts.items()},
    }
    schedule = definition.schedule
    data |= {name: moment.isoformat() for name, moment in (("start", schedule.start), ("end", schedule.end)) if moment}
    defaults = {"limit_per_order": None, "limit_in_all": None, "segment": None, "staff_only": False, "stacking": "best"}
    given = {name: getattr(definition, name) for name in _PLAIN}
    return data | {name: value for name, value in given.items() if value != defaults[name]}


def definition_from_json(data: object) -> Definition:
    """The definition in plain JSON values; raises `InputError` with what is wrong."""
    if not isinstance(data, dict):
        raise InputError("The definition of a bundle must be a JSON object; correct it.")
    try:
        return Definition(
            kind=data["kind"],
            tiers=tuple(_read_tier(tier) for tier in data["tiers"]),
            texts={language: BundleText(**text) for language, text in _texts(data).items()},
            schedule=Schedule(_moment(data.get("start")), _moment(data.get("end"))),
            **{name: data[name] for name in _PLAIN if name in data},
        )
    except InputError:
        raise
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise InputError(f"The definition of the bundle lacks something or has it wrong ({error!s:.100}).") from error


def _tier(tier: Tier) -> dict[str, Any]:
    data: dict[str, Any] = {
        "components": [_component(component) for component in tier.components],
        "price": price_to_json(tier.price),
    }
    return data | {name: value for name, value in (("least", tier.least), ("most", tier.most)) if value}


def _component(component: Component) -> dict[str, Any]:
    data: dict[str, Any] = {"product": component.product_id}
    if component.quantity != 1:
        data["quantity"] = component.quantity
    data |= {flag: True for flag in ("optional", "free") if getattr(component, flag)}
    return data | ({"variants": list(component.variants)} if component.variants else {})


def _text(text: BundleText) -> dict[str, Any]:
    given = {"title": text.title, "benefit": text.benefit, "picture": text.picture}
    return {name: value for name, value in given.items() if value}


def _texts(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """The texts by language; ``words`` is what they were called first, and stands so in older rows."""
    texts: Mapping[str, Any] = data["texts"] if "texts" in data else data["words"]
    return texts


def _read_tier(data: Mapping[str, Any]) -> Tier:
    components = tuple(
        Component(
            part["product"],
            part.get("quantity", 1),
            bool(part.get("optional")),
            bool(part.get("free")),
            tuple(part.get("variants", ())),
        )
        for part in data["components"]
    )
    return Tier(components, price_from_json(data["price"]), data.get("least", 0), data.get("most", 0))


def _moment(text: str | None) -> dt.datetime | None:
    return None if text is None else dt.datetime.fromisoformat(text)
