"""The templates of the admin: rendered with what every page has, and with filters that the shop's own never see."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from flask import current_app
from jinja2 import Environment

from ...core.clock import State, now, state_of
from ...core.errors import N_
from ...proxies import current_services
from . import i18n

_Function = TypeVar("_Function", bound=Callable[..., Any])

DOTS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("on", "published", "shown", "done"), "on"),
    **dict.fromkeys(("scheduled", "waiting", "running"), "waiting"),
    **dict.fromkeys(("error", "failed", "missing"), "error"),
    "warning": "warning",
}
"""The kind of the dot of a state; any other is off."""

STATES: Final[Mapping[State, str]] = {
    "on": N_("Active"),
    "scheduled": N_("Scheduled"),
    "ended": N_("Ended"),
    "off": N_("Inactive"),
}

FILTERS: Final[dict[str, Callable[..., Any]]] = {
    "time": i18n.shown_time,
    "period": i18n.shown_period,
    "day": i18n.shown_day,
    "age": i18n.shown_age,
    "money": i18n.shown_money,
    "percent": i18n.shown_percent,
    "number": lambda number: i18n.admin_texts().number(number),
    "state": lambda thing: state_of(thing, now()),
    "state_label": lambda state: state_labels()[state],
    "dot": lambda state: DOTS.get(state, "off"),
}
"""What templates say of values: ``moment|time``, ``amount|money(currency)``, ``state|dot``; nouns add their own."""


def state_labels() -> dict[State, str]:
    """Whether things with a schedule count, as labels."""
    return {state: i18n._(label) for state, label in STATES.items()}


def template_filter(function: _Function) -> _Function:
    """Let templates of the admin say ``value|<name of the function>``."""
    FILTERS[function.__name__] = function
    return function


def template_filters(**functions: Callable[..., Any]) -> None:
    """The same for short ones, by their names."""
    FILTERS.update(functions)


def environment() -> Environment:
    """The shop's Jinja environment with our filters."""
    key = f"{current_services.name}-admin-templates"
    found: Environment | None = current_app.extensions.get(key)
    if found is None:
        found = current_app.jinja_env.overlay()
        found.filters = {**current_app.jinja_env.filters, **FILTERS}
        current_app.extensions[key] = found
    return found
