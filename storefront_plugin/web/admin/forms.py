"""Forms of the merchant's pages: a token of our own whatever the shop has set, and times in the shop's zone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from flask_wtf import FlaskForm
from wtforms import DateTimeLocalField
from wtforms.meta import DefaultMeta

from ...proxies import current_storefront
from .language import admin_texts, say

TOKEN = "storefront_token"  # noqa: S105 - the name of a field


class AdminForm(FlaskForm):  # type: ignore[misc]
    """Base of all forms. A form whose token is missing, forged or too old does not validate, and keeps what was typed."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        csrf = True
        csrf_field_name = TOKEN
        csrf_time_limit = 12 * 3600

        @property
        def locales(self) -> Sequence[str]:
            """WTForms has its own words in our languages."""
            return [admin_texts().language]

        def get_translations(self, form: Any) -> Any:
            """Those of WTForms, not the shop's Flask-Babel's."""
            return DefaultMeta.get_translations(self, form)

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
