"""The page that shows what the shop's orders chose for its suggestions, and lets the merchant overrule it."""

from __future__ import annotations

from flask import Response, request

from ...core.errors import N_, InputError
from ...core.typed import whole_number
from ...counts.generations import live
from ...counts.scoring import Constants
from ...learning.cart_model import latest_model
from ...learning.overruling import TuningConflict, overrule, take_back
from ...learning.tuning import LEAST_QUERIES
from ...learning.tunings import Tuning, latest_tuning
from ...proxies import current_services
from ..kit.access import merchant_name
from ..kit.i18n import _, error_text
from ..kit.pages import AdminBlueprint, change, editors_only, flash, link, see_other, show_page
from .form import Mode, TuningForm, modes, posted_mode
from .labels import Reason, gains, model_reason, model_row, page_labels, reason, rows

ORDERS_NEEDED = 5 * LEAST_QUERIES
"""From about how many orders on they choose: a fifth is asked about."""


def register(blueprint: AdminBlueprint) -> None:
    blueprint.sections["tuning"] = N_("Tuning")
    blueprint.add_url_rule("/tuning", "tuning", show)
    blueprint.add_url_rule("/tuning", "tuning_save", save, methods=["POST"])
    blueprint.add_url_rule("/tuning/undo", "tuning_undo", undo, methods=["POST"])


def show() -> Response:
    """``GET tuning``."""
    latest = latest_tuning(current_services.database)
    form = TuningForm.showing(_mode(latest), current_services.tuner.wanted(), latest.id if latest else 0)
    return _page(latest, form)


@editors_only
def save() -> Response:
    """``POST tuning``: take what the form says."""
    form, tuner = TuningForm(), current_services.tuner
    latest = latest_tuning(current_services.database)
    is_fine = form.validate()
    typed = form.read(tuner.start, tuner.is_half_life_free) if form.mode.data == "own" else tuner.start
    if not is_fine or form.errors:
        return _page(latest, form, 422)
    mode = posted_mode(form)
    if _stands(mode, typed, latest):
        flash(_("Nothing was changed."))
        return see_other(link("tuning"))
    try:
        version = overrule(
            current_services.database,
            _version(form.version.data),
            None if mode == "automatic" else typed,
            merchant_name(),
        )
    except TuningConflict as conflict:
        form.version.data = str(latest.id if latest else 0)
        return _page(latest, form, 409, error_text(conflict))
    return _followed(_("Saved."), version)


@change
def undo() -> Response:
    """``POST tuning/undo``: take back the change that led to ``version``."""
    redo = request.form.get("again") == "1"
    try:
        version = take_back(current_services.database, _version(request.form.get("version")), merchant_name())
    except TuningConflict:
        flash(_("This has been changed since, so it can't be undone. Edit it instead."), "error")
        return see_other(link("tuning"))
    except InputError as error:
        flash(error_text(error), "warning")
        return see_other(link("tuning"))
    return _followed(_("Redone.") if redo else _("Undone."), version, not redo)


def _followed(text: str, version: int, redo: bool = False) -> Response:
    current_services.counting.follow_tuning()
    flash(text, undo=link("tuning_undo"), redo=redo, version=version, again=int(redo))
    return see_other(link("tuning"))


def _page(latest: Tuning | None, form: TuningForm, status: int = 200, conflict: str = "") -> Response:
    tuner = current_services.tuner
    generation = live(current_services.database)
    wanted = tuner.wanted()
    now: Constants = generation.constants if generation else wanted
    chosen = latest_tuning(current_services.database, of_orders=True)
    mode = _mode(latest)
    return show_page(
        "tuning/page.html",
        status,
        form=form,
        conflict=conflict,
        mode=mode,
        mode_label=modes()[mode],
        latest=latest,
        tuner=tuner,
        rows=[*rows(now, wanted, tuner.start), model_row(tuner.model().share)],
        page_labels=page_labels(),
        waits=now.half_life != wanted.half_life,
        chosen=chosen if chosen and (chosen.tuned.queries or not chosen.is_asked_again) else None,
        reasons=[reason(step) for step in chosen.tuned.steps] if chosen else [],
        of_model=_of_model(),
        gains=gains(chosen.tuned.evidence) if chosen else [],
        latest_evaluation=current_services.evaluator.latest(),
        least=LEAST_QUERIES,
        needed=ORDERS_NEEDED,
    )


def _of_model() -> Reason | None:
    """Why the model of carts is in use, where it is."""
    model = latest_model(current_services.database) if current_services.tuner.model().share else None
    return None if model is None else model_reason(model)


def _mode(latest: Tuning | None) -> Mode:
    """What holds, in the words of the form."""
    tuner = current_services.tuner
    if latest is None or not latest.is_set:
        return "automatic" if tuner.is_on else "standard"
    return "standard" if tuner.wanted() == tuner.start else "own"


def _stands(mode: Mode, typed: Constants, latest: Tuning | None) -> bool:
    """Whether what was asked for holds already."""
    tuner, is_set = current_services.tuner, latest is not None and latest.is_set
    if mode == "automatic":
        return not is_set
    return (is_set or not tuner.is_on) and typed == tuner.wanted()


def _version(text: str | None) -> int:
    return whole_number(text or "") or 0
