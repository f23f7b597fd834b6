"""The slots of all placements: their list, the editor of one, and the widgets as they would be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, abort, request

from ...core.errors import N_, InputError, StorefrontError, StoreUnavailable
from ...core.typed import whole_number
from ...proxies import current_services
from ...recommending.effective_plan import usable_slots
from ...recommending.placements import EditConflict, PlacementRecord, unchanged
from ...recommending.plan import PLACEMENTS, Slot, running
from ...recommending.slot_stats import SlotCounts
from ...shop.ports import Product
from ...web.widgets.rendering import render_slots
from ..kit import products
from ..kit.access import may_edit, merchant_name
from ..kit.forms import unclear
from ..kit.i18n import _, error_text
from ..kit.pages import AdminBlueprint, change, editors_only, flash, link, see_other, show_page, show_part
from ..kit.preview_page import requested_page, usual_product
from .form import Draft, PlacementForm, blank, draft_of, posted_draft, same
from .labels import compared, placement_labels, slot_row, slot_title, strategy_labels

DAYS = 7
"""Days of the share of pages on which a slot stayed empty."""

WITH_PRODUCT = ("product", "cart", "checkout", "thank_you", "category", "email")
"""Placements that are about a product, or about the products of a cart or a category."""


def register(blueprint: AdminBlueprint) -> None:
    blueprint.sections["slots"] = N_("Placements")
    blueprint.add_url_rule("/slots", "slots", listed)
    blueprint.add_url_rule("/slots/<placement>", "slots_edit", edit)
    blueprint.add_url_rule("/slots/<placement>", "slots_save", save, methods=["POST"])
    blueprint.add_url_rule("/slots/<placement>/preview", "slots_preview", preview, methods=["POST"])
    blueprint.add_url_rule("/slots/<placement>/reset", "slots_reset", reset, methods=["POST"])
    blueprint.add_url_rule("/slots/<placement>/undo", "slots_undo", undo, methods=["POST"])


def listed() -> Response:
    """``GET slots``: all placements with their slots."""
    stored = current_services.placements.find(PLACEMENTS)
    stats = empty_counts()
    rows = []
    for name, label in placement_labels().items():
        one, counted = stored.get(name, unchanged(name)), (stats or {}).get(name, {})
        lines = [slot_row(slot, counted.get(slot.name) if stats is not None else None) for slot in standing_slots(one)]
        rows.append((name, label, one, lines))
    return show_page("slots/list.html", rows=rows, counted=stats is not None, days=DAYS)


def edit(placement: str) -> Response:
    """``GET slots/<placement>``: its slots as they stand; ``product`` in the address is that of the preview."""
    stored = _stored(placement)
    slots = standing_slots(stored)
    return _editor(stored, draft_of(slots), slots, _chosen(placement, _typed()))


@editors_only
def save(placement: str) -> Response:
    """``POST slots/<placement>``: save, or do what another button of the form asks for, without saving."""
    stored, draft = _stored(placement), posted_draft()
    form = PlacementForm()
    action, _separator, target = request.form.get("act", "save").partition(":")
    if action != "save":
        focus = draft.act(action, target)
        return _editor(stored, draft, draft.slots(), _asked(placement), form=form, focus=focus, action=action)
    fine = form.validate()
    if not draft.validate() or not fine:
        return _editor(stored, draft, draft.slots(), _asked(placement), 422, form=form)
    return _saved(stored, draft, form)


def _saved(stored: PlacementRecord, draft: Draft, form: PlacementForm) -> Response:
    placement, version = stored.id, _version(form.version.data)
    try:
        slots = draft.slots()
        if version == stored.version and same(slots, standing_slots(stored)) and not stored.problems:
            flash(_("Nothing was changed."))
        else:
            saved = current_services.placements.save(placement, version, slots, merchant_name())
            current_services.news.rules_changed()
            undo_at = link("slots_undo", placement=placement)
            flash(_("Saved. Live within a second."), undo=undo_at, version=saved.version)
    except EditConflict as conflict:
        form.version.data = str(conflict.current.version)
        return _editor(conflict.current, draft, slots, _asked(placement), 409, form=form, is_conflict=True)
    except InputError as error:
        draft.problems.append(error_text(error))
        return _editor(stored, draft, draft.slots(), _asked(placement), 422, form=form)
    product = _typed()
    return see_other(link("slots_edit", placement=placement, **({"product": product} if product else {})))


def preview(placement: str) -> Response:
    """``POST slots/<placement>/preview``: the widgets for the form as it is typed, as a part of the page."""
    _stored(placement)
    draft = posted_draft()
    draft.validate()  # what cannot be is left out, so that the rest is seen
    found = _asked(placement)
    return show_part(
        "slots/preview.html",
        preview=preview_of(placement, draft.slots(), found.product),
        requested=found,
        with_product=placement in WITH_PRODUCT,
    )


@change
def reset(placement: str) -> Response:
    """``POST slots/<placement>/reset``: back to the developer's plan."""
    return _stepped(placement, current_services.placements.reset, _("Default layout restored."))


@change
def undo(placement: str) -> Response:
    """``POST slots/<placement>/undo``: take back the change that led to ``version``."""
    return _stepped(placement, current_services.placements.revert, _("Undone."))


def _stepped(placement: str, step: Any, text: str) -> Response:
    _stored(placement)
    try:
        stored = step(placement, _version(request.form.get("version")), merchant_name())
    except EditConflict as conflict:
        flash(_who_was_quicker(conflict.current), "error")
    except InputError as error:
        flash(error_text(error), "error")
    else:
        current_services.news.rules_changed()
        flash(text, undo=link("slots_undo", placement=placement), version=stored.version)
    return see_other(link("slots_edit", placement=placement))


def _editor(
    stored: PlacementRecord,
    draft: Draft,
    slots: Sequence[Slot],
    requested: products.Found,
    status: int = 200,
    form: PlacementForm | None = None,
    is_conflict: bool = False,
    **context: Any,
) -> Response:
    """The page of one placement; *slots* are those of the preview."""
    placement = stored.id
    stats = (empty_counts() or {}).get(placement, {})
    return show_page(
        "slots/editor.html",
        status,
        placement=placement,
        heading=placement_labels()[placement],
        stored=stored,
        form=form or PlacementForm(formdata=None, version=str(stored.version)),
        draft=draft,
        new_slot=blank("__key__", []),
        strategies=strategy_labels(),
        alone=current_services.fillers.alone,
        rows={slot.name: slot_row(slot, stats.get(slot.name)) for slot in slots},
        days=DAYS,
        requested=requested,
        unclear="" if requested.product or not _typed() else unclear("products", requested.choices),
        typed=_typed(),
        with_product=placement in WITH_PRODUCT,
        preview=preview_of(placement, slots, requested.product),
        conflict=_who_was_quicker(stored) if is_conflict else "",
        versions=list(compared(slots, standing_slots(stored))) if is_conflict else (),
        changed=draft.forms and request.method == "POST" and may_edit(),
        **{"focus": "", "action": "", **context},
    )


def _stored(placement: str) -> PlacementRecord:
    if placement not in placement_labels():
        abort(404)
    return current_services.placements.load(placement)


def _asked(placement: str) -> products.Found:
    return _chosen(placement, _typed())


def _chosen(placement: str, text: str) -> products.Found:
    """The product of the preview: the one that *text* means, else what sells most."""
    if placement not in WITH_PRODUCT:
        return products.Found()
    if text.strip():
        return products.resolve(text[:255])
    return products.Found(usual_product())


def _typed() -> str:
    """What was typed for the product of the preview; what was chosen of several comes last."""
    return next((text.strip()[:255] for text in reversed(request.values.getlist("product")) if text.strip()), "")


def _version(text: str | None) -> int:
    return whole_number(text or "", 10**9) or 0


def _who_was_quicker(current: PlacementRecord) -> str:
    who = current.updated_by or _("Someone")
    return _("%(who)s changed these slots while you were editing them. Your changes are still here.", who=who)


@dataclass(frozen=True, slots=True)
class Preview:
    """What is shown.

    Attributes:
        product: What the page is about; None where it needs none or none was chosen.
        content: HTML of the widgets.
        empty: Headings of the slots that found too little.
        offered: Headings of those that are left out for a bundle of the very same products.
        off: Headings of those that are off or out of schedule.
        trouble: Why nothing can be shown, or "".
    """

    product: products.ProductView | None = None
    content: str = ""
    empty: tuple[str, ...] = ()
    offered: tuple[str, ...] = ()
    off: tuple[str, ...] = ()
    trouble: str = ""

    @property
    def is_blank(self) -> bool:
        return not (self.content or self.empty or self.offered or self.off or self.trouble)


def preview_of(placement: str, slots: Sequence[Slot], product: Product | None) -> Preview:
    """The preview of *slots* for *product*. Trouble with Redis, the database or an adapter is shown, not raised."""
    view = products.view_of(product) if product is not None else None
    usable, _problems = usable_slots(placement, slots, current_services.fillers)
    on = running(usable)
    off = _headings(slot for slot in usable if slot not in on)
    if placement in WITH_PRODUCT and product is None:
        return Preview()
    page = requested_page(
        placement, [product.id] if product else [], next(iter(product.category_ids), None) if product else None
    )
    try:
        filled = current_services.suggestions.fill(page, on)
        content = render_slots(page, filled, (), [slot.name for slot in on])
    except StorefrontError as error:
        return Preview(view, off=off, trouble=str(error))
    empty = _headings(each.slot for each in filled if each.is_empty and each.replaced_by is None)
    return Preview(view, content, empty, _headings(each.slot for each in filled if each.replaced_by), off)


def _headings(slots: Iterable[Slot]) -> tuple[str, ...]:
    return tuple(slot_title(slot) for slot in slots)


def empty_counts() -> Mapping[str, Mapping[str, SlotCounts]] | None:
    """How often slots stayed empty; None where Redis does not answer."""
    try:
        return current_services.slot_stats.totals(DAYS)
    except StoreUnavailable:
        return None


def standing_slots(stored: PlacementRecord) -> Sequence[Slot]:
    """The merchant's slots, else those of the developer's plan."""
    own = current_services.suggestions.own_plan[stored.id]
    return own if stored.slots is None else stored.slots
