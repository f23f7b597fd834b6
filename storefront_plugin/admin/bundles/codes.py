"""Codes and links for a staff-only bundle: made for one shopper, shown once, kept nowhere."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Blueprint, Response, abort, request, url_for
from wtforms.validators import InputRequired, ValidationError

from ...bundles.store.repository import BundleNotFound, BundleRecord
from ...core import clock
from ...proxies import current_services
from ..kit.access import merchant_name
from ..kit.forms import AdminForm
from ..kit.i18n import _, shown_time
from ..kit.moment_field import MomentField
from ..kit.pages import editors_only, show_page

DAYS = 7
_MOST_DAYS = 3660


class CodeForm(AdminForm):
    """Until when code and link hold. *starts* is when the bundle starts, if it has not."""

    expires = MomentField(validators=[InputRequired()], last=True)
    starts: dt.datetime | None = None

    def validate_expires(self, field: Any) -> None:
        """It must end later than now, after the bundle has started, and some day."""
        if field.data is None:
            return  # what was typed is no time, which is said already
        if self.starts is not None and field.data <= self.starts:
            time = shown_time(self.starts)
            raise ValidationError(_("The bundle starts on %(time)s. Choose a time after that.", time=time))
        left = field.data - clock.now()
        if left < dt.timedelta(hours=1):
            raise ValidationError(_("Choose a time that is at least an hour from now."))
        if left > dt.timedelta(days=_MOST_DAYS):
            raise ValidationError(_("Choose a time within the next ten years."))


def register(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/bundles/<int:bundle_id>/code", "bundle_code", made, methods=["GET", "POST"])


@editors_only
def made(bundle_id: int) -> Response:
    """``/bundles/<id>/code``: asks until when, then shows code and link in the answer itself; nothing is stored."""
    try:
        stored = current_services.bundles.load(bundle_id)
    except BundleNotFound:
        abort(404)
    if not stored.definition.staff_only:
        abort(404)
    form, codes = CodeForm(), current_services.pricer.codes
    form.starts = stored.definition.schedule.start
    if request.method == "GET":
        form.expires.data = codes.code_end(_default_end(stored))
    code, address, end = "", "", None
    if form.validate_on_submit() and form.expires.data is not None:
        end = codes.code_end(form.expires.data)  # the link ends with the code, which knows whole hours only
        code = codes.code(bundle_id, end)
        token = codes.link_token(bundle_id, end, merchant_name())
        address = url_for(f"{current_services.name}.take_link", token=token, _external=True)
    status = 422 if request.method == "POST" and not code else 200
    warnings = _warnings(stored, end)
    return show_page(
        "bundles/code.html", status, stored=stored, form=form, code=code, address=address, end=end, warnings=warnings
    )


def _warnings(stored: BundleRecord, end: dt.datetime | None) -> list[str]:
    """Why code and link, which hold until *end*, do nothing for a while."""
    schedule, now = stored.definition.schedule, clock.now()
    found = []
    if stored.state != "published":
        found.append(_("The bundle isn't published: the code and link won't work until it is."))
    if schedule.start is not None and schedule.start > now:
        time = shown_time(schedule.start)
        found.append(_("The bundle starts on %(time)s: the code and link won't work before that.", time=time))
    if schedule.end is not None and schedule.end <= now:
        time = shown_time(schedule.end)
        found.append(_("The bundle ended on %(time)s: the code and link no longer work.", time=time))
    elif schedule.end is not None and end is not None and schedule.end < end:
        time = shown_time(schedule.end)
        found.append(_("The bundle ends on %(time)s: the code and link won't work after that.", time=time))
    return found


def _default_end(stored: BundleRecord) -> dt.datetime:
    """A week from now, or from when the bundle starts; the end of the bundle where that is sooner."""
    schedule, now = stored.definition.schedule, clock.now()
    week = max(now, schedule.start or now) + dt.timedelta(days=DAYS)
    return week if schedule.end is None else min(week, schedule.end)
