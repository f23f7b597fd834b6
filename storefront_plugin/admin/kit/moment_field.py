"""Times in forms, as the shop's clock shows them."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup
from wtforms import DateTimeLocalField
from wtforms.widgets import DateTimeLocalInput

from ...core import clock
from ...core.typed import day_in, plain, time_in
from ...proxies import current_services
from .i18n import _


class _MomentInput(DateTimeLocalInput):
    """The clock's time, and beside it, unseen, the moment that stood there, which no clock tells to the second."""

    def __call__(self, field: Any, **options: Any) -> Markup:
        stood = field.stood
        if stood is None:
            return super().__call__(field, **options)
        unseen = Markup('<input type="hidden" name="{}" value="{}">').format(field.stood_name, stood.isoformat())
        return super().__call__(field, **options) + unseen


class MomentField(DateTimeLocalField):
    """A time as the merchant's clock shows it (``STOREFRONT_TIMEZONE``); its data is aware, in UTC, or None.

    A time that nobody touched stays to the second, also in the hour that autumn repeats. A day without an hour is its
    first moment; as the *last* day, its end.
    """

    widget = _MomentInput()

    def __init__(self, label: str | None = None, validators: Any = None, last: bool = False, **options: Any) -> None:
        super().__init__(label, validators, format=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"], **options)
        self._last = last
        self.stood: dt.datetime | None = None

    @property
    def stood_name(self) -> str:
        return f"{self.name}-stood"

    def process(self, formdata: Any, *args: Any, **options: Any) -> None:
        """Read what stood there along with what is typed."""
        self.stood = _iso(formdata.get(self.stood_name)) if formdata else None
        super().process(formdata, *args, **options)
        if not formdata and self.data is not None:
            self.stood = clock.aware(self.data)

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read what the browser sent; an empty field is None."""
        text = plain(valuelist[0]) if valuelist else ""
        if not text:
            self.data = None
        elif self.stood is not None and text == _shown(self.stood):
            self.data = self.stood
        else:
            self.data = _day(text, self._last)
            if self.data is None:
                self._read_clock(valuelist)

    def _read_clock(self, valuelist: list[Any]) -> None:
        super().process_formdata(valuelist)
        shown, self.data = self.data, None
        self.data = None if shown is None else _in_utc(shown)

    def _value(self) -> str:
        if self.raw_data:
            return " ".join(map(str, self.raw_data))
        return "" if self.data is None else _shown(clock.aware(self.data))


def _shown(moment: dt.datetime) -> str:
    return moment.astimezone(shop_zone()).replace(tzinfo=None).isoformat(timespec="minutes")


def _iso(text: str | None) -> dt.datetime | None:
    """The moment that `_MomentInput` wrote; None where somebody wrote another text."""
    try:
        found = dt.datetime.fromisoformat(text or "").astimezone(dt.timezone.utc)
        return found if found.year > 1 and _shown(found) else None
    except (ValueError, OverflowError):
        return None


def _day(text: str, last: bool) -> dt.datetime | None:
    try:
        found = day_in(shop_zone(), text, last)
        return None if found is None else found.astimezone(dt.timezone.utc)
    except (ValueError, OverflowError):
        return None


def _in_utc(shown: dt.datetime) -> dt.datetime:
    """*shown* on the shop's clock; raises `ValueError` for a time that its clock skips, or that no calendar has."""
    zone = shop_zone()
    try:
        moment = time_in(zone, shown)
    except OverflowError:
        raise ValueError(_("This isn't a valid time; correct the year.")) from None
    if moment is None:
        raise ValueError(
            _("This time doesn't exist in %(zone)s (daylight saving); choose one hour later.", zone=zone.key)
        )
    return moment.astimezone(dt.timezone.utc)


def shop_zone() -> ZoneInfo:
    """The zone of the shop's clock."""
    return ZoneInfo(current_services.settings.timezone)
