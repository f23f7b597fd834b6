"""Slots: the value, those that pages have by default, and their JSON in the database and in the activity log."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from numbers import Number
from typing import Any, Literal, TypeAlias

from ..core import clock
from ..core.errors import N_, ConfigurationError, InputError
from ..core.problems import Problem, period_problems, refuse

Placement: TypeAlias = Literal["product", "cart", "checkout", "thank_you", "home", "category", "account", "email"]

PLACEMENTS: tuple[Placement, ...] = ("product", "cart", "checkout", "thank_you", "home", "category", "account", "email")

PERSONAL_PLACEMENTS: frozenset[str] = frozenset({"cart", "checkout", "thank_you", "account", "email"})
"""Pages that belong to one shopper anyway: everything on them is inline and the response is private."""

MAX_LIMIT = 30
"""Most cards of a slot."""

LEAST_CARDS = 3
"""Cards with fewer of which a slot is left out by default: one or two look lost."""

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
        strategies: First choice, then fallbacks, which are asked where those before them find less than the minimum.
        title: Heading; a text, texts by language, or None for that of the strategy which found the cards.
        layout: ``grid``, ``carousel``, ``list`` (compact), ``together`` (seed and complements, add all at once) or
            ``bundles``, which belongs to the strategy of that name. It names the template of the slot's inside.
        limit: Most cards shown, 1 to 30.
        minimum: With fewer cards the slot is left out; None is 3, the limit where that is lower, or 1 in the layout
            ``together`` and where a merchant pinned one.
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
    minimum: int | None = None
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
        wrong = [*_specialness(self.specialness), *period_problems(self.starts_at, self.ends_at)]
        if wrong:
            raise ConfigurationError(f"Slot {self.name!r}: {wrong[0].path[0]}: {wrong[0].text}")

    @property
    def least(self) -> int:
        """Fewest cards that the slot is shown with."""
        if self.minimum is not None:
            return self.minimum
        return 1 if self.layout == "together" else min(LEAST_CARDS, self.limit)

    def is_on(self, moment: dt.datetime) -> bool:
        """Whether the slot is shown at *moment*."""
        started = self.starts_at is None or self.starts_at <= moment
        return self.enabled and started and (self.ends_at is None or moment < self.ends_at)


def slot_values(slot: Slot) -> dict[str, Any]:
    """The fields of *slot* by name."""
    return {field.name: getattr(slot, field.name) for field in fields(slot)}


def slot_problems(values: Mapping[str, Any]) -> Iterator[Problem]:
    """What is wrong with the fields of a slot, by name; of any type. What fillers there are is `Fillers.problems`."""
    slot = {**_DEFAULTS, **values}
    limit, minimum = slot["limit"], slot["minimum"]
    yield from _name(slot.get("name"))
    yield from _strategies(slot.get("strategies"))
    yield from _title(slot["title"])
    is_limit = _is_whole(limit, 1, MAX_LIMIT)
    if not is_limit:
        message = N_("The maximum of a slot must be a whole number from 1 to %(most)s.")
        yield Problem(("limit",), message, {"most": MAX_LIMIT})
    most = limit if is_limit else MAX_LIMIT
    if minimum is not None and not _is_whole(minimum, 0, MAX_LIMIT):
        message = N_("The minimum of a slot must be a whole number from 0 to %(most)s.")
        yield Problem(("minimum",), message, {"most": most})
    elif minimum is not None and minimum > most:
        yield Problem(("minimum",), N_("More than the slot's maximum; use %(limit)s or less."), {"limit": most})
    yield from _specialness(slot["specialness"])
    yield from period_problems(slot["starts_at"], slot["ends_at"])


def _name(name: object) -> Iterator[Problem]:
    if not isinstance(name, str) or not name.strip() or len(name) > MAX_NAME or not name.isprintable():
        message = N_("A slot needs a name of 1 to %(most)s plain characters; correct it.")
        yield Problem(("name",), message, {"most": MAX_NAME})


def _strategies(names: object) -> Iterator[Problem]:
    if not isinstance(names, (list, tuple)) or not names or not all(isinstance(name, str) for name in names):
        yield Problem(("strategies",), N_("Choose at least one source."), {})
    elif len(set(names)) < len(names):
        yield Problem(("strategies",), N_("The same source is selected twice; remove one."), {})
    elif len(names) > MAX_STRATEGIES:
        message = N_("A slot has at most %(most)s sources; remove some.")
        yield Problem(("strategies",), message, {"most": MAX_STRATEGIES})


def _title(title: object) -> Iterator[Problem]:
    texts = title if isinstance(title, Mapping) else {"": title or ""}
    for language, text in texts.items():
        if not isinstance(text, str) or len(text) > MAX_TITLE:
            message = N_("A title must be text of at most %(most)s characters; shorten it.")
            yield Problem(("title", language) if language else ("title",), message, {"most": MAX_TITLE})


def _specialness(share: object) -> Iterator[Problem]:
    is_number = isinstance(share, Number) and not isinstance(share, bool)
    if share is not None and not (is_number and 0 <= share <= 0.5):  # type: ignore[operator]
        message = N_("The balance of popularity and relevance must be a number from 0 to 0.5.")
        yield Problem(("specialness",), message, {})


def _is_whole(value: object, least: int, most: int) -> bool:
    return type(value) is int and least <= value <= most


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
            name = each.get("name") if isinstance(each, dict) else each
            problems.append(f"Slot {name!r:.80}: {error}")
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
    """The slot in plain JSON values; raises `InputError` with all that is wrong."""
    if not isinstance(data, dict):
        raise InputError("A slot must be a JSON object; correct it or remove it.")
    unknown = data.keys() - {field.name for field in fields(Slot)}
    if unknown:
        raise InputError(f"The field {min(unknown)!r:.40} of a slot is unknown; remove it.")
    values = data | {key: _moment(key, data[key]) for key in _TIMES if data.get(key) is not None}
    for key, kind in (("layout", str), ("lazy", bool), ("enabled", bool)):
        if not isinstance(values.get(key, _DEFAULTS[key]), kind):
            raise InputError(f"The field {key} of a slot must be {kind.__name__}, not {values[key]!r:.40}; correct it.")
    refuse(slot_problems(values))
    return Slot(**values | {"strategies": tuple(values["strategies"]), "title": values.get("title") or None})


def _moment(key: str, text: object) -> dt.datetime:
    try:
        return dt.datetime.fromisoformat(text)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise InputError(
            f"The field {key} of a slot is {text!r:.40}; use a time such as 2026-03-01T12:00+00:00."
        ) from None


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.timezone.utc).isoformat()
    return dict(value) if isinstance(value, Mapping) else value
