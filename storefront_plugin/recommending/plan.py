"""Slots: the value, those that pages have by default, and their JSON in the database and in the activity log."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from typing import Any, Literal, TypeAlias

from ..core import clock
from ..core.errors import ConfigurationError, InputError

Placement: TypeAlias = Literal["product", "cart", "checkout", "thank_you", "home", "category", "account", "email"]

PLACEMENTS: tuple[Placement, ...] = ("product", "cart", "checkout", "thank_you", "home", "category", "account", "email")

PERSONAL_PLACEMENTS: frozenset[str] = frozenset({"cart", "checkout", "thank_you", "account", "email"})
"""Pages that belong to one shopper anyway: everything on them is inline and the response is private."""

MAX_LIMIT = 30
"""Most cards of a slot."""

MAX_NAME = 64
MAX_TITLE = 200
MAX_STRATEGIES = 10
"""Strategies in the chain of one slot."""

CART_LIKE: frozenset[str] = frozenset({"cart", "checkout", "thank_you", "email"})
"""Placements whose seeds are a basket; they score as a cart, all others as a product page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One widget's place on a placement.

    Attributes:
        name: Unique on its placement; also the name for ``storefront.slot(name, …)``.
        strategies: First choice, then fallbacks; a later one fills what an earlier one left empty.
        title: Heading; a text, texts by language, or None for the strategy's own.
        layout: ``grid``, ``carousel``, ``list`` (compact), ``together`` (seed and complements, add all at once) or
            ``bundles``, which belongs to the strategy of that name. It names the template of the slot's inside.
        limit: Most cards shown, 1 to 30.
        minimum: With fewer cards the slot is left out.
        lazy: Fetched when the shopper comes near it.
        specialness: The dial b from 0 (what most people take) to 0.5 (what is special to this); None is the measured
            default of the page type (0.1 on product pages, 0.4 in carts).
        starts_at: Left out before this time, which needs a time zone; None is open.
        ends_at: Left out from this time on; None is open.
        enabled: False switches the slot off.
    """

    name: str
    strategies: tuple[str, ...]
    title: str | Mapping[str, str] | None = None
    layout: str = "grid"
    limit: int = 4
    minimum: int = 1
    lazy: bool = False
    specialness: float | None = None
    starts_at: dt.datetime | None = None
    ends_at: dt.datetime | None = None
    enabled: bool = True

    def __post_init__(self) -> None:
        if not self.strategies or not isinstance(self.strategies, tuple):
            raise ConfigurationError(
                f"Slot {self.name!r} needs a tuple of strategy names, such as ('also_bought', 'related')."
            )
        if self.specialness is not None and not 0 <= self.specialness <= 0.5:
            raise ConfigurationError(f"Slot {self.name!r} has specialness {self.specialness}; use 0 to 0.5, or None.")
        self._check_schedule()

    def _check_schedule(self) -> None:
        moments = [moment for moment in (self.starts_at, self.ends_at) if moment is not None]
        if any(moment.tzinfo is None for moment in moments):
            raise ConfigurationError(
                f"Slot {self.name!r} has a time without a time zone; add one to starts_at and ends_at."
            )
        if len(moments) == 2 and moments[0] >= moments[1]:
            raise ConfigurationError(f"Slot {self.name!r} ends before it starts; put ends_at after starts_at.")

    def is_on(self, moment: dt.datetime) -> bool:
        """Whether the slot is shown at *moment*."""
        started = self.starts_at is None or self.starts_at <= moment
        return self.enabled and started and (self.ends_at is None or moment < self.ends_at)


def running(slots: Sequence[Slot]) -> list[Slot]:
    """Those of *slots* that are on now."""
    now = clock.now()
    return [slot for slot in slots if slot.is_on(now)]


DEFAULT_PLAN: Mapping[str, Sequence[Slot]] = {
    "product": (
        Slot(name="bought_together", strategies=("bought_together",), layout="together", limit=2),
        Slot(name="bundles", strategies=("bundles",), layout="bundles", limit=3),
        Slot(name="also_bought", strategies=("also_bought", "related"), layout="carousel", limit=8),
        Slot(name="related", strategies=("related", "bestsellers"), layout="grid", limit=4),
        Slot(name="top_rated", strategies=("top_rated",), layout="grid", limit=4),
    ),
    "cart": (
        Slot(name="bundles", strategies=("bundles",), layout="bundles", limit=3),
        Slot(name="also_bought", strategies=("also_bought", "related", "bestsellers"), layout="list", limit=4),
        Slot(name="top_rated", strategies=("top_rated",), layout="carousel", limit=8),
    ),
    "checkout": (
        Slot(name="bundles", strategies=("bundles",), layout="bundles", limit=3),
        Slot(name="also_bought", strategies=("also_bought", "related", "bestsellers"), layout="list", limit=3),
    ),
    "thank_you": (
        Slot(name="also_bought", strategies=("also_bought", "related", "bestsellers"), layout="grid", limit=4),
    ),
    "home": (
        Slot(name="trending", strategies=("trending", "bestsellers"), layout="carousel", limit=8),
        Slot(name="bestsellers", strategies=("bestsellers",), layout="grid", limit=4),
        Slot(name="top_rated", strategies=("top_rated",), layout="grid", limit=4),
    ),
    "category": (Slot(name="bestsellers", strategies=("bestsellers", "top_rated"), layout="carousel", limit=8),),
    "account": (),
    "email": (Slot(name="also_bought", strategies=("also_bought", "related", "bestsellers"), layout="grid", limit=4),),
}


_DEFAULTS = {field.name: field.default for field in fields(Slot) if field.default is not MISSING}
_TIMES = ("starts_at", "ends_at")


def dump_slots(slots: Sequence[Slot]) -> str:
    """*slots* as compact JSON; what stands at its default is left out."""
    return json.dumps([slot_to_json(slot) for slot in slots], separators=(",", ":"), ensure_ascii=False)


def load_slots(text: str) -> tuple[tuple[Slot, ...] | None, tuple[str, ...]]:
    """The slots that can be read from *text*, and a sentence for each that cannot.

    None instead of slots is the developer's plan: ``null`` says so, and so does a text of which nothing can be read.
    """
    try:
        data = json.loads(text)
    except ValueError:
        return None, ("The stored slots are not valid JSON.",)
    if data is None:
        return None, ()
    if not isinstance(data, list):
        return None, ("The stored slots are not a list.",)
    slots, problems = [], []
    for each in data:
        try:
            slots.append(slot_from_json(each))
        except InputError as error:
            problems.append(str(error))
    return (None if problems and not slots else tuple(slots)), tuple(problems)


def slot_to_json(slot: Slot) -> dict[str, Any]:
    """*slot* as plain JSON values; what stands at its default is left out."""
    data: dict[str, Any] = {"name": slot.name, "strategies": list(slot.strategies)}
    for name, default in _DEFAULTS.items():
        value = getattr(slot, name)
        if value != default:
            data[name] = _plain(value)
    return data


def slot_from_json(data: object) -> Slot:
    """The slot in plain JSON values; raises `InputError` with what is wrong."""
    if not isinstance(data, dict):
        raise InputError("A slot must be a JSON object; correct it or remove it.")
    name = _name(data.get("name"))
    unknown = data.keys() - {field.name for field in fields(Slot)}
    if unknown:
        raise InputError(f"Slot {name!r} has the unknown field {min(unknown)!r:.40}; remove it.")
    limit = _whole(name, data, "limit", 1, MAX_LIMIT)
    try:
        return Slot(
            name=name,
            strategies=_strategies(name, data.get("strategies")),
            title=_title(name, data.get("title")),
            layout=_layout(name, data.get("layout", _DEFAULTS["layout"])),
            limit=limit,
            minimum=_whole(name, data, "minimum", 0, limit),
            specialness=_share(name, data.get("specialness")),
            lazy=_switch(name, data, "lazy"),
            enabled=_switch(name, data, "enabled"),
            **{key: _moment(name, data[key]) for key in _TIMES if data.get(key) is not None},
        )
    except ConfigurationError as error:
        raise InputError(str(error)) from None


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.timezone.utc).isoformat()
    return dict(value) if isinstance(value, Mapping) else value


def _name(given: object) -> str:
    if not isinstance(given, str) or not given.strip() or len(given) > MAX_NAME or not given.isprintable():
        raise InputError(f"A slot needs a name of 1 to {MAX_NAME} plain characters, not {given!r:.40}; correct it.")
    return given


def _strategies(slot: str, given: object) -> tuple[str, ...]:
    names = [name for name in given if isinstance(name, str)] if isinstance(given, (list, tuple)) else []
    if not names or names != list(given) or len(set(names)) < len(names) or len(names) > MAX_STRATEGIES:  # type: ignore[call-overload]
        raise InputError(f"Slot {slot!r} needs 1 to {MAX_STRATEGIES} different strategies; choose them from the list.")
    return tuple(names)


def _title(slot: str, given: Any) -> str | dict[str, str] | None:
    texts = list(given.values()) if isinstance(given, dict) else [given or ""]
    if any(not isinstance(text, str) or len(text) > MAX_TITLE for text in texts):
        raise InputError(f"The title of slot {slot!r} must be text of at most {MAX_TITLE} characters; shorten it.")
    return given or None


def _layout(slot: str, given: object) -> str:
    if not isinstance(given, str):
        raise InputError(f"Slot {slot!r} has layout {given!r:.40}; use the name of one.")
    return given


def _whole(slot: str, data: Mapping[str, Any], key: str, least: int, most: int) -> int:
    value = data.get(key, min(_DEFAULTS[key], most))
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise InputError(f"Slot {slot!r} has {key} {value!r:.40}; use {least} to {most}.")
    return value


def _share(slot: str, value: object) -> float | None:
    if value is not None and (not isinstance(value, (int, float)) or isinstance(value, bool)):
        raise InputError(f"Slot {slot!r} has specialness {value!r:.40}; use 0 to 0.5, or none.")
    return value


def _switch(slot: str, data: Mapping[str, Any], key: str) -> bool:
    value = data.get(key, _DEFAULTS[key])
    if not isinstance(value, bool):
        raise InputError(f"Slot {slot!r} has {key} {value!r:.40}; use true or false.")
    return value


def _moment(slot: str, text: object) -> dt.datetime:
    try:
        return dt.datetime.fromisoformat(text)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise InputError(f"Slot {slot!r} has the time {text!r:.40}; use one such as 2026-03-01T12:00+00:00.") from None
