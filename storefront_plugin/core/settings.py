"""Every ``STOREFRONT_*`` setting: its default, its meaning and its check. Read once, when the extension is mounted."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any
from zoneinfo import ZoneInfo

from .currencies import is_currency
from .errors import ConfigurationError
from .price_steps import read_price_steps

PREFIX = "STOREFRONT_"

RENAMED = {"STOREFRONT_CARD_SECONDS": "STOREFRONT_PRODUCT_CACHE_SECONDS"}
"""Settings of earlier versions, each with its name of today."""


def _setting(default: Any, help: str, check: Callable[[Any], str | None]) -> Any:
    """A field with its one-line meaning and a check that returns what is expected instead, or None when all is well."""
    return field(default=default, metadata={"help": help, "check": check})


def _text(value: Any) -> str | None:
    return None if isinstance(value, str) and value else "a non-empty text"


def _optional_text(value: Any) -> str | None:
    return None if value is None else _text(value)


def _between(low: float, high: float, kind: Any = (int, float)) -> Callable[[Any], str | None]:
    def check(value: Any) -> str | None:
        number = isinstance(value, kind) and not isinstance(value, bool)
        return (
            None
            if number and low <= value <= high
            else f"a {'whole ' if kind is int else ''}number from {low:g} to {high:g}"
        )

    return check


def _one_of(*words: str) -> Callable[[Any], str | None]:
    return lambda value: None if value in words else "one of " + ", ".join(map(repr, words))


def _half_life(value: Any) -> str | None:
    return (
        None
        if value is None or (value == 0 and not isinstance(value, bool))
        else _between(1, 3650)(value) and "0 (off), days from 1 to 3650, or None"
    )


def _timezone(value: Any) -> str | None:
    try:
        ZoneInfo(value)
    except Exception:  # ZoneInfo raises several kinds for an unusable name
        return "the name of a time zone, such as 'Europe/Berlin'"
    return None


def _currency(value: Any) -> str | None:
    return None if value is None or is_currency(value) else "an ISO 4217 code such as 'EUR', or None"


def _locale(value: Any) -> str | None:
    return (
        None
        if value is None or callable(value) or isinstance(value, str)
        else "a locale such as 'ja', a callable, or None"
    )


def _plan(value: Any) -> str | None:
    known = value is None or (
        isinstance(value, Mapping) and all(isinstance(slots, Sequence) for slots in value.values())
    )
    return None if known else "a dict from placement names to lists of Slot, or None for the default plan"


def _path(value: Any) -> str | None:
    plain = isinstance(value, str) and re.fullmatch(r"/(?![/\\])[^\s\\?#]*", value)
    return None if plain else "a path that begins with one slash, such as '/shop/'"


def _external_url(value: Any) -> str | None:
    plain = isinstance(value, str) and re.fullmatch(r"https?://[^\s/\\?#@]+(/[^\s\\?#]*)?", value)
    return None if value is None or plain else "the shop's address, such as 'https://shop.example', or None"


def _origins(value: Any) -> str | None:
    plain = isinstance(value, (list, tuple)) and all(
        isinstance(one, str) and re.fullmatch(r"https?://[^\s/\\?#@]+", one) for one in value
    )
    return (
        None
        if plain
        else "a list of origins, such as ['https://www.shop.example'], without a path or a slash at the end"
    )


def _switch(value: Any) -> str | None:
    return None if isinstance(value, bool) else "True or False"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one mounted extension; each is a Flask configuration key ``STOREFRONT_`` + the name in capitals."""

    redis_url: str | None = _setting(
        None,
        "redis://, rediss://, unix:// or redis+cluster:// address; None starts an embedded server.",
        _optional_text,
    )
    redis_prefix: str = _setting("storefront", "Prefix of every Redis key; each shop needs its own.", _text)
    database_url: str | None = _setting(
        None, "SQLAlchemy URL of the database for our tables; None uses the shop's database.", _optional_text
    )
    data_folder: str | None = _setting(
        None,
        "Folder of the embedded Redis and of rebuilds; None is `storefront` in the instance folder.",
        _optional_text,
    )
    deadline_ms: float = _setting(
        50, "Maximum time in milliseconds that a page waits for each Redis or SQL response.", _between(5, 5000)
    )
    product_cache_seconds: float = _setting(
        30,
        "How many seconds product data is cached in each process; 0 asks the catalogue every time.",
        _between(0, 86400),
    )
    half_life_days: float | None = _setting(
        None,
        "After how many days an order counts half; 0 means never; None lets the shop's own orders choose (180 at first).",
        _half_life,
    )
    tuning: bool = _setting(
        True, "Let the shop's own orders choose the constants of the scores, at each rebuild and weekly.", _switch
    )
    model_products: int = _setting(
        10_000,
        "Products in the model of carts (extra `ml`), those that sell most; its memory grows with the square. 0 is none.",
        _between(0, 50_000, int),
    )
    shards: int = _setting(
        16, "Number of shards of the counts in Redis; fixed at the first rebuild.", _between(1, 256, int)
    )
    min_support: int = _setting(
        3,
        "Minimum number of orders behind 'also bought', 'bought together' and 'bestseller'; fewer say nothing.",
        _between(1, 1000, int),
    )
    admission: int = _setting(
        10,
        "A rebuild drops pairs seen once, for products with at least this many neighbours seen twice; 0 keeps all.",
        _between(0, 1000, int),
    )
    plan: Mapping[str, Sequence[Any]] | None = _setting(
        None, "Slots of each placement; None is the default plan.", _plan
    )
    inline: str = _setting(
        "shared",
        "'shared' keeps inline HTML the same for all shoppers; 'personal' makes every page private.",
        _one_of("shared", "personal"),
    )
    drain: str = _setting(
        "thread",
        "'thread' counts orders in the shop's process; 'off' leaves it to `flask storefront worker`.",
        _one_of("thread", "off"),
    )
    timezone: str = _setting("UTC", "Time zone of naive order times, and of all times in the admin.", _timezone)
    locale: Any = _setting(
        None, "Locale of the widgets: a string, a callable, or None (Flask-Babel, else Accept-Language).", _locale
    )
    currency: str | None = _setting(None, "Currency of products without one.", _currency)
    price_step: Any = _setting(
        None,
        "What reduced prices are multiples of, such as '0.05' or {'CHF': '0.05', 'SEK': '1'}; None is the smallest unit.",
        lambda value: None,  # see `price_steps`
    )
    watch_models: bool = _setting(
        True, "Track changes of mapped SQLAlchemy models, so that cards are up to date within a second.", _switch
    )
    external_url: str | None = _setting(
        None,
        "Address of the shop as its readers see it, for links outside of requests: http(s)://host, and a path if it has one.",
        _external_url,
    )
    origins: Sequence[str] = _setting(
        (),
        "Origins of other hosts whose pages may read the JSON API for their shoppers: a list of https://host.",
        _origins,
    )
    shop_path: str = _setting("/", "Path of the shop's home page, which the admin links to.", _path)
    requests_per_minute: int = _setting(
        600,
        "Fragments for one address a minute and process; a fifth of it for JSON, another for the cart; 0 is no limit.",
        _between(0, 1_000_000, int),
    )

    @property
    def deadline(self) -> float:
        """The deadline in seconds."""
        return self.deadline_ms / 1000

    @property
    def price_steps(self) -> dict[str, int]:
        """The price steps above one minor unit, minor units by currency; raises `ConfigurationError`."""
        return read_price_steps(self.price_step, self.currency)

    @property
    def external_root(self) -> str | None:
        """The external address without a slash at its end."""
        return None if self.external_url is None else self.external_url.rstrip("/")

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Settings:
        """The settings in a Flask configuration; raises `ConfigurationError` for an unknown name or an unusable value."""
        names = {PREFIX + entry.name.upper(): entry for entry in fields(cls)}
        given = {key: value for key, value in config.items() if key.startswith(PREFIX)}
        for key in given:
            if key not in names:
                raise ConfigurationError(_unknown(key, names))
        settings = cls(**{names[key].name: value for key, value in given.items()})
        for key, entry in names.items():
            expected = entry.metadata["check"](getattr(settings, entry.name))
            if expected:
                raise ConfigurationError(
                    f"{key} is {_shown(key, getattr(settings, entry.name))}; set it to {expected}."
                )
        read_price_steps(settings.price_step, settings.currency)
        return settings


def _shown(key: str, value: Any) -> str:
    """*value* for a message; of an address its kind only, since it may hold a password."""
    return f"a {type(value).__name__}" if key.endswith("_URL") else f"{value!r:.200}"


def _unknown(key: str, names: Mapping[str, Any]) -> str:
    if key in RENAMED:
        return f"{key} is called {RENAMED[key]} now; rename it in your configuration."
    short = {name.removeprefix(PREFIX): name for name in names}  # the prefix alone would make all of them alike
    close = difflib.get_close_matches(key.removeprefix(PREFIX), short, n=1)
    remedy = f"did you mean {short[close[0]]}?" if close else f"the settings are {', '.join(sorted(names))}."
    return f"There is no setting {key}; {remedy}"


def described() -> list[tuple[str, Any, str]]:
    """Key, default and meaning of every setting, for the manual and `flask storefront check`."""
    return [(PREFIX + entry.name.upper(), entry.default, entry.metadata["help"]) for entry in fields(Settings)]
