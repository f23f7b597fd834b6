"""Forms of the merchant's pages: a token of our own whatever the shop has set, and times in the shop's zone."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask_wtf import FlaskForm
from wtforms import DateTimeLocalField

from ...errors import _mark
from ...proxies import current_storefront
from .language import say

TOKEN = "storefront_token"  # noqa: S105 - the name of a field

_SENTENCES: Final = {
    "This field is required.": _mark("Fill in this field."),
    "Not a valid integer value.": _mark("Write a whole number."),
    "Not a valid decimal value.": _mark("Write a number."),
    "Not a valid float value.": _mark("Write a number."),
    "Number must be between %(min)s and %(max)s.": _mark("Write a number from %(min)s to %(max)s."),
    "Field cannot be longer than %(max)d characters.": _mark("At most %(max)d characters fit here. Shorten it."),
    "Not a valid choice.": _mark("Choose one from the list."),
    "Not a valid datetime value.": _mark("Write date and time, such as 2026-12-01 09:00."),
}
"""What WTForms says, and what we say instead: with the remedy."""


class Sentences:
    """The words of WTForms' own checks: ours, in the language of the request."""

    def gettext(self, message: str) -> str:
        return say(_SENTENCES.get(message, message))

    def ngettext(self, one: str, many: str, count: int) -> str:
        """WTForms counts characters only; our sentence is the same for all numbers."""
        return self.gettext(many)


class AdminForm(FlaskForm):  # type: ignore[misc]
    """Base of all forms. A form whose token is missing, forged or too old does not validate, and keeps what was typed."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        csrf = True
        csrf_field_name = TOKEN
        csrf_time_limit = 12 * 3600

        def get_translations(self, form: Any) -> Sentences:
            """Ours, not those of the shop's Flask-Babel."""
            return Sentences()

    @property
    def token_failed(self) -> bool:
        """Whether the form was refused for its token alone; the answer then is to send it again."""
        return TOKEN in self.errors


class MomentField(DateTimeLocalField):
    """A time as the merchant's clock shows it (``STOREFRONT_TIMEZONE``); its data is aware, in UTC, or None."""

    def __init__(self, label: str | None = None, validators: Any = None, **options: Any) -> None:
        super().__init__(label, validators, format=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"], **options)

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read what the browser sent; an empty field is None."""
        if not valuelist or not str(valuelist[0]).strip():
            self.data = None
            return
        super().process_formdata(valuelist)
        if self.data is not None:
            shown, self.data = self.data, None
            self.data = _in_utc(shown)

    def _value(self) -> str:
        if self.raw_data:
            return " ".join(map(str, self.raw_data))
        if self.data is None:
            return ""
        moment = self.data if self.data.tzinfo else self.data.replace(tzinfo=dt.timezone.utc)
        return str(moment.astimezone(shop_zone()).replace(tzinfo=None).isoformat(timespec="minutes"))


def _in_utc(shown: dt.datetime) -> dt.datetime:
    """*shown* on the shop's clock; raises `ValueError` for a time that its clock skips, or that no calendar has."""
    zone = shop_zone()
    try:
        moment = shown.replace(tzinfo=zone).astimezone(dt.timezone.utc)
        back = moment.astimezone(zone).replace(tzinfo=None)
    except OverflowError:
        raise ValueError(say("There is no such time; correct the year.")) from None
    if back != shown:
        raise ValueError(say("The clocks of %(zone)s skip this time; choose an hour later.", zone=zone.key))
    return moment


def shop_zone() -> ZoneInfo:
    """The zone of the shop's clock."""
    return ZoneInfo(current_storefront.settings.timezone)
