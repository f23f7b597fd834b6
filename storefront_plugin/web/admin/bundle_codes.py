"""Codes and links for a staff-only bundle: made for one shopper, shown once, kept nowhere."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Blueprint, Response, abort, request, url_for
from wtforms.validators import InputRequired, ValidationError

from ...bundles import shelf
from ...proxies import current_storefront
from .access import merchant_name
from .forms import AdminForm, MomentField
from .language import say
from .pages import editors_only, show_page

DAYS = 7
_MOST_DAYS = 3660


class CodeForm(AdminForm):
    """Until when the code holds."""

    expires = MomentField(validators=[InputRequired()])

    def validate_expires(self, field: Any) -> None:
        """It must end later than now, and some day."""
        if field.data is None:
            return  # what was typed is no time, which is said already
        left = field.data - dt.datetime.now(dt.timezone.utc)
        if left < dt.timedelta(hours=1):
            raise ValidationError(say("Choose a time that is at least an hour from now."))
        if left > dt.timedelta(days=_MOST_DAYS):
            raise ValidationError(say("Choose a time within the next ten years."))


def register(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/bundles/<int:bundle_id>/code", "bundle_code", made, methods=["GET", "POST"])


@editors_only
def made(bundle_id: int) -> Response:
    """``/bundles/<id>/code``: asks until when, then shows code and link in the answer itself; nothing is stored."""
    try:
        stored = shelf.load(current_storefront.database, bundle_id)
    except shelf.BundleNotFound:
        abort(404)
    if not stored.definition.staff_only:
        abort(404)
    form = CodeForm()
    if request.method == "GET":
        form.expires.data = _default_end(stored)
    code, address, code_end = "", "", None
    if form.validate_on_submit() and form.expires.data is not None:
        codes = current_storefront.mounted.till.codes
        code = codes.code(bundle_id, form.expires.data)
        code_end = codes.code_end(form.expires.data)
        token = codes.link_token(bundle_id, form.expires.data, merchant_name())
        address = url_for(f"{current_storefront.name}.take_link", token=token, _external=True)
    status = 422 if request.method == "POST" and not code else 200
    return show_page(
        "bundle_code.html", status, stored=stored, form=form, code=code, address=address, code_end=code_end
    )


def _default_end(stored: shelf.Stored) -> dt.datetime:
    """A week from now, or the end of the bundle where that is sooner."""
    week = dt.datetime.now(dt.timezone.utc).replace(second=0, microsecond=0) + dt.timedelta(days=DAYS)
    end = stored.definition.schedule.end
    return week if end is None else min(week, end)
