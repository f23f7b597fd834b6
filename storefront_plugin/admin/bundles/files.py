"""Bundles out to a CSV file and in from one: checked first, the good ones then imported."""

from __future__ import annotations

import base64
import hashlib
import secrets
from itertools import chain
from typing import Any

from flask import Blueprint, Response, request, stream_with_context

from ...bundles.spreadsheet.exporting import export_csv
from ...bundles.spreadsheet.importing import ImportReport, Outcome, import_csv
from ...bundles.spreadsheet.imports import latest_import, undo_import
from ...bundles.spreadsheet.reading import MAX_BYTES
from ...core.errors import InputError
from ...proxies import current_services
from ..kit.access import merchant_name
from ..kit.changes import Difference
from ..kit.forms import AdminForm
from ..kit.i18n import _, error_text, ngettext
from ..kit.pages import change, editors_only, flash, link, see_other, show_page
from .labels import differences, state_names
from .list import LIST, filters_of
from .prices import refusals

MOST_SHOWN = 500
MAX_CARRIED = 200_000
"""Bytes of a checked file that the page carries itself; a larger one is chosen again (Flask takes 500 kB of fields)."""


def register(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/bundles/files", "bundle_files", files)
    blueprint.add_url_rule("/bundles/export", "bundle_export", export)
    blueprint.add_url_rule("/bundles/import", "bundle_import", importing, methods=["POST"])
    blueprint.add_url_rule("/bundles/import/undo", "bundle_import_undo", undo, methods=["POST"])


def files() -> Response:
    """``GET bundles/files``: the page of both."""
    return show_page("bundles/files.html", form=AdminForm(), latest=latest_import(current_services.database))


def export() -> Response:
    """``GET bundles/export``: the bundles of the list as it is filtered, as a file."""
    zone, catalog = current_services.settings.timezone, current_services.shop.catalog
    rows = export_csv(current_services.database, filters_of(LIST.query()), zone, catalog)
    first = next(rows)  # a database that is locked or gone is shown on a page, not within a file that ends too soon
    head = {"Content-Disposition": 'attachment; filename="bundles.csv"'}
    return Response(stream_with_context(chain([first], rows)), mimetype="text/csv", headers=head)


@editors_only
def importing() -> Response:
    """``POST bundles/import``: check a ``file`` (or the ``text`` of one); with ``do=import`` keep its good bundles.

    The file comes again from the browser and is checked again: nothing of the first check is believed.
    """
    form = AdminForm()
    form.validate()
    data = _sent()
    if form.token_failed or not data:
        wrong = _("Choose a file first.") if not data else _("This page has expired. Upload the file again.")
        return show_page("bundles/files.html", 422, form=form, wrong=wrong)
    check = request.form.get("do") != "import"
    try:
        report = import_csv(
            current_services.database,
            data,
            merchant_name(),
            check=check,
            timezone=current_services.settings.timezone,
            catalog=current_services.shop.catalog,
            price_steps=current_services.settings.price_steps,
            refusals=refusals,
            token=_token(data),
        )
    except InputError as error:
        return show_page("bundles/files.html", 422, form=form, wrong=error_text(error))
    return _checked(form, report, data) if check else _imported(form, report)


def _token(data: bytes) -> str:
    """Names the import of this file from this page: sent twice it is done once; another file is another import."""
    once = request.form.get("once", "")
    return hashlib.sha256(once.encode() + data).hexdigest()[:16] if once else ""


def _sent() -> bytes:
    """The bytes of the chosen file, else those that the page carried; one byte too many is left to be refused."""
    chosen = request.files.get("file")
    data = chosen.read(MAX_BYTES + 1) if chosen else b""
    try:
        return data or base64.b64decode(request.form.get("data", ""), validate=True)
    except ValueError:
        return b""


def _checked(form: AdminForm, report: ImportReport, data: bytes) -> Response:
    """What would happen. The file goes along in the page, byte by byte, so that it need not be chosen twice."""
    carried = base64.b64encode(data).decode() if len(data) <= MAX_CARRIED else None
    return _reported(form, report, carried=carried, once=secrets.token_hex(8))


def _imported(form: AdminForm, report: ImportReport) -> Response:
    """Reloading must not import again; bad rows stay on the page, where there are some."""
    if report.repeated:
        flash(_("This file has been imported already; nothing was changed now."))
        return see_other(link("bundle_list", sort="updated"))
    if report.created or report.changed:
        current_services.news.rules_changed()
    created = ngettext("%(num)s bundle created", "%(num)s bundles created", report.created)
    changed = ngettext("%(num)s changed", "%(num)s changed", report.changed)
    text = _("%(created)s, %(changed)s.", created=created, changed=changed)
    if report.refused:
        refused = ngettext("%(num)s error, see below.", "%(num)s errors, see below.", report.refused)
        return _reported(form, report, done=f"{text} {refused}")
    flash(text, undo=link("bundle_import_undo") if report.created or report.changed else "", token=report.token)
    return see_other(link("bundle_list", sort="updated"))


@change
def undo() -> Response:
    """``POST bundles/import/undo``: take the import ``token`` back as a whole."""
    undone = undo_import(current_services.database, request.form.get("token", "")[:16], merchant_name())
    if undone.restored:
        current_services.news.rules_changed()
    deleted = ngettext("%(num)s new draft deleted", "%(num)s new drafts deleted", undone.deleted)
    restored = ngettext("%(num)s bundle restored", "%(num)s bundles restored", undone.restored)
    flash(_("Import undone: %(deleted)s, %(restored)s.", deleted=deleted, restored=restored))
    if undone.left:
        text = ngettext(
            "%(num)s bundle has been changed since the import and was left as it is.",
            "%(num)s bundles have been changed since the import and were left as they are.",
            undone.left,
        )
        flash(text, "warning")
    return see_other(link("bundle_list", sort="updated"))


def _reported(form: AdminForm, report: ImportReport, **more: Any) -> Response:
    return show_page(
        "bundles/files.html", form=form, report=report, said=error_text, changes=_changes, shown=MOST_SHOWN, **more
    )


def _changes(outcome: Outcome) -> list[Difference]:
    """What a bundle that is changed is now and will be, field by field."""
    if outcome.before is None or outcome.after is None:
        return []
    found = differences(outcome.before, outcome.after, {})
    before, after = (state_names()[state] for state in outcome.states)
    return found if before == after else [*found, Difference(_("Status"), before, after)]
