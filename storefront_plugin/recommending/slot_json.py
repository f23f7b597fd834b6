"""Slots as JSON text and back: how the merchant's stand in the database and in the audit log."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields
from typing import Any

from ..core.errors import ConfigurationError, InputError
from .plan import MAX_LIMIT, Slot

MAX_NAME = 64
MAX_TITLE = 200
MAX_STRATEGIES = 10
"""Strategies in the chain of one slot."""

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
        return None, ("The stored slots are no JSON.",)
    if data is None:
        return None, ()
    if not isinstance(data, list):
        return None, ("The stored slots are no list.",)
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
