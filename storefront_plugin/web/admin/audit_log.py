"""Who changed what: the audit log as a list."""

from __future__ import annotations

from typing import get_args

from flask import Blueprint, Response, request

from ... import audit
from ...proxies import current_storefront
from .audit_words import kinds, lines_of, subjects
from .pages import Paging, asked_page, show_page

SIZE = 50


def register(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/log", "audit_log", listed)


def listed() -> Response:
    """``GET log``: changes, the newest first; ``subject``, ``by`` and ``page`` in the address."""
    subject = next((one for one in get_args(audit.Subject) if one == request.args.get("subject")), None)
    by, page = request.args.get("by", "").replace("\x00", "") or None, asked_page()
    rows, count = audit.entries(current_storefront.database, subject, by=by, page=page, size=SIZE)
    paging = Paging(page, SIZE, count)
    return show_page(
        "audit_log.html",
        lines=lines_of(rows),
        subjects=subjects(),
        kinds=kinds(),
        subject=subject,
        by=by,
        paging=paging,
    )
