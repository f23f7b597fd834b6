"""Definitions as JSON text and back: how they stand in the database, in order records and in exports."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ...core.errors import InputError
from ...core.problems import Invalid, Path, Problem
from ..definition import BundleText, Definition, Schedule, definition_problems
from ..price import price_from_json, price_to_json, step_problems
from ..price_kinds import NO_STEPS
from ..tier import Component, Tier

_Made = TypeVar("_Made")

_PLAIN = ("limit_per_order", "limit_in_all", "segment", "staff_only", "stacking")


def dump_definition(definition: Definition) -> str:
    """*definition* as compact JSON; the same definition always gives the same text."""
    return json.dumps(definition_to_json(definition), separators=(",", ":"), ensure_ascii=False)


def load_definition(text: str) -> Definition:
    """The definition that `dump_definition` wrote; raises `InputError` for any other text."""
    try:
        data = json.loads(text)
    except ValueError:
        raise InputError(
            "The definition of the bundle is not valid JSON; correct it or restore an earlier version."
        ) from None
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
        definition, problems = build_definition(data)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise InputError(f"The definition of the bundle is incomplete or invalid ({error!s:.100}).") from error
    if definition is None:
        raise Invalid(problems)
    return definition


def build_definition(
    data: Mapping[str, Any], steps: Mapping[str, int] = NO_STEPS
) -> tuple[Definition | None, list[Problem]]:
    """The definition in plain values, or all that is wrong with them, each problem with the path of its field.

    Values are those of `definition_to_json`; times may be datetimes, and percentages decimals. A part that is None
    (a tier, a component, a price, a text) was not read: nothing is said of it, all else is checked, and there is no
    definition. Amounts off the shop's price *steps* (minor units by currency) are problems, too.
    """
    builder = _Builder(steps)
    definition = builder.definition(data)
    return definition, builder.problems


class _Builder:
    """Makes the parts of a definition from the inside out, and keeps what is wrong with each."""

    def __init__(self, steps: Mapping[str, int]) -> None:
        self.problems: list[Problem] = []
        self._steps = steps

    def definition(self, data: Mapping[str, Any]) -> Definition | None:
        kind = data["kind"]
        tiers = [self._tier(tier, ("tiers", number)) for number, tier in enumerate(data["tiers"])]
        texts = {language: self._text(text, ("texts", language)) for language, text in _texts(data).items()}
        start, end = data.get("start"), data.get("end")
        schedule = self._made(lambda: Schedule(_moment(start), _moment(end)), "schedule")
        parts: dict[str, Any] = {"kind": kind, "tiers": tuple(tiers), "texts": texts, "schedule": schedule}
        parts |= {name: data[name] for name in _PLAIN if name in data}
        if schedule is None or None in tiers or None in texts.values():
            self.problems += definition_problems(parts)
            return None
        return self._made(lambda: Definition(**parts))

    def _tier(self, data: Mapping[str, Any] | None, path: Path) -> Tier | None:
        if data is None:
            return None
        parts = [self._component(part, (*path, "components", place)) for place, part in enumerate(data["components"])]
        price = self._made(lambda: price_from_json(data["price"]), *path, "price") if data["price"] else None
        if price is not None:
            self.problems += [one.below(*path, "price") for one in step_problems(price, self._steps)]
        if price is None or None in parts:
            return None
        components = tuple(part for part in parts if part is not None)
        return self._made(lambda: Tier(components, price, data.get("least", 0), data.get("most", 0)), *path)

    def _component(self, data: Mapping[str, Any] | None, path: Path) -> Component | None:
        if data is None:
            return None
        flags = (bool(data.get("optional")), bool(data.get("free")))
        variants = tuple(data.get("variants", ()))
        return self._made(lambda: Component(data["product"], data.get("quantity", 1), *flags, variants), *path)

    def _text(self, data: Mapping[str, Any] | None, path: Path) -> BundleText | None:
        return None if data is None else self._made(lambda: BundleText(**data), *path)

    def _made(self, make: Callable[[], _Made], *path: str | int) -> _Made | None:
        try:
            return make()
        except Invalid as error:
            self.problems += [problem.below(*path) for problem in error.problems]
        except InputError as error:
            self.problems.append(Problem(path, error.message, error.values))
        return None


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


def _moment(moment: str | dt.datetime | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(moment) if isinstance(moment, str) else moment
