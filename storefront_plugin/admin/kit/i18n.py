"""The texts, numbers, times and amounts of the merchant's pages, in the language of the one who asks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time, format_timedelta, get_datetime_format
from babel.numbers import format_percent
from flask import request

from ...core import clock
from ...core.errors import StorefrontError
from ...core.i18n import Texts, texts_for
from ...money import format_money, from_minor
from ...proxies import current_services
from ...web.request_page import current_locale

_TEXTS = "storefront.admin_texts"


def admin_texts() -> Texts:
    """The texts of the current request."""
    if _TEXTS not in request.environ:
        request.environ[_TEXTS] = texts_for(current_locale())
    found: Texts = request.environ[_TEXTS]
    return found


def _(message: str, **values: object) -> str:
    """*message* in the language of the current request."""
    return admin_texts().gettext(message, **values)


def labels(**marked: str) -> Callable[[], dict[str, str]]:
    """What names are called, marked with `N_`; a function that says it in the language of the request."""
    return lambda: {name: _(label) for name, label in marked.items()}


def error_text(error: StorefrontError) -> str:
    """The sentence of *error* in the language of the current request; in English where it is not marked."""
    return _(error.message, **error.values)


def ngettext(one: str, many: str, count: int, **values: object) -> str:
    """The plural form for *count*."""
    return admin_texts().ngettext(one, many, count, **values)


def language_name(code: str) -> str:
    """What a language is called in the merchant's own; *code* where nobody knows."""
    try:
        name = Locale.parse(code.replace("-", "_")).get_display_name(admin_texts().language)
    except (UnknownLocaleError, ValueError):
        return code
    return f"{name[:1].upper()}{name[1:]}" if name else code


def shown_time(moment: dt.datetime | None) -> str:
    """Date and time on the shop's clock; a naive *moment* is UTC."""
    if moment is None:
        return ""
    zone = ZoneInfo(current_services.settings.timezone)
    local = clock.aware(moment).astimezone(zone)
    day, time = format_date(local, "medium", locale=_locale()), format_time(local, "short", locale=_locale())
    return str(get_datetime_format("medium", locale=_locale())).replace("'", "").format(time, day)


def shown_period(start: dt.datetime | None, end: dt.datetime | None) -> str:
    """From when to when; "" without both."""
    if start and end:
        return _("%(start)s to %(end)s", start=shown_time(start), end=shown_time(end))
    if start:
        return _("from %(start)s", start=shown_time(start))
    return _("until %(end)s", end=shown_time(end)) if end else ""


def described_schedule(thing: clock.Scheduled) -> dict[str, str]:
    """When *thing* is on, by its fields' labels."""
    return {
        _("Time"): shown_period(thing.starts_at, thing.ends_at),
        _("Status"): _("Active") if thing.enabled else _("Inactive"),
    }


def shown_day(day: dt.date) -> str:
    """A date."""
    return format_date(day, "medium", locale=_locale())


def shown_age(moment: dt.datetime) -> str:
    """How long ago, as text ("3 hours ago"); a naive *moment* is UTC."""
    return format_timedelta(clock.aware(moment) - clock.now(), add_direction=True, locale=_locale())


def shown_money(minor: int, currency: str | None) -> str:
    """An amount in minor units of *currency*."""
    return format_money(from_minor(minor, currency), currency, admin_texts().locale)


def rounded_money(minor: int, currency: str | None) -> str:
    """A sum or an estimate in minor units of *currency*: from ten major units on without decimals."""
    amount = from_minor(minor, currency)
    return format_money(amount, currency, admin_texts().locale, rounded=abs(amount) >= 10)


def shown_percent(share: float, digits: int = 0) -> str:
    """A share of 1 as a percentage."""
    pattern = "#,##0" + ("." + "0" * digits if digits else "") + "%"
    return format_percent(share, pattern, locale=_locale())


def _locale() -> str:
    return admin_texts().language
