"""The editor of one rule: made, changed, and what it would change on a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, get_args

from flask import Blueprint, Response, abort, request

from ...core import audit
from ...core.errors import InputError, StorefrontError
from ...proxies import current_services
from ...recommending.explaining import ExplainedSlot
from ...recommending.plan import running
from ...recommending.rules.compiled import RuleBook
from ...recommending.rules.rows import load_rule
from ...recommending.rules.rule import RULE_KINDS, Rule
from ...recommending.rules.store import RuleConflict, RuleNotFound, RuleRecord
from ...shop.ports import Product
from ..kit import products
from ..kit.access import merchant_name
from ..kit.catalogue_names import catalogue_names
from ..kit.i18n import _, ngettext
from ..kit.pages import change, editors_only, link, see_other, show_page, show_part, tell
from ..kit.preview_page import ABOUT_MANY, ABOUT_ONE, asked_page
from ..kit.products import Found, ProductView
from ..slots.editor import usual_product
from ..slots.labels import placement_words, slot_title
from .form import RuleForm, form_values
from .labels import log_titles, rule_views, unmatched

MOST_CHOSEN = 500
"""Rules changed together: a page of the list has 50."""

Act: TypeAlias = Literal["enable", "disable", "delete"]


@change
def changed() -> Response:
    """``POST rules/change``: ``act`` (enable, disable or delete) on the rules named by ``rule``."""
    act = next((one for one in get_args(Act) if one == request.form.get("act")), None)
    chosen = _numbers(request.form.getlist("rule"))
    if act is None or not chosen:
        tell(_("Choose rules first; then press a button."), "warning")
        return see_other(way_back_to_rules())
    rules, by = current_services.rules, merchant_name()
    titles = log_titles({number: one.definition for number, one in rules.find(chosen).items()})
    if act == "delete":
        done = rules.delete(chosen, by, titles=titles)
        words = ngettext("%(num)s rule deleted.", "%(num)s rules deleted.", len(done))
    elif act == "enable":
        done = rules.set_enabled(chosen, True, by, titles)
        words = ngettext("%(num)s rule switched on.", "%(num)s rules switched on.", len(done))
    else:
        done = rules.set_enabled(chosen, False, by, titles)
        words = ngettext("%(num)s rule switched off.", "%(num)s rules switched off.", len(done))
    tell_done(words, done) if done else tell(_("Nothing was changed."))
    return see_other(way_back_to_rules())


@change
def undo() -> Response:
    """``POST rules/undo``: take back the changes named by ``entries``."""
    entries = _numbers(request.form.get("entries", "").split(","))
    try:
        done = current_services.rules.undo(entries, merchant_name())
    except RuleConflict:
        tell(_("The rule was changed again since, so this cannot be undone. Change it by hand."), "error")
    except InputError:
        tell(_("There is nothing to undo any more."), "warning")
    else:
        tell_done(_("Undone."), done)
    return see_other(way_back_to_rules())


def tell_done(words: str, done: Sequence[RuleRecord]) -> None:
    """Let pages follow, and say what was done, with the way back."""
    current_services.news.rules_changed()
    entries = ",".join(str(one.entry) for one in done)
    tell(words, undo=link("rule_undo"), entries=entries, back=way_back_to_rules())


def way_back_to_rules() -> str:
    """The page to go back to: one of ours that the form names in ``back``, else the list."""
    given, start = request.form.get("back", ""), link("rules").removesuffix("rules")
    return given if given.startswith(start) and "\\" not in given and "//" not in given else link("rules")


def _numbers(texts: Sequence[str]) -> list[int]:
    return [int(text) for text in texts[:MOST_CHOSEN] if text.isascii() and text.isdigit() and len(text) < 19]


@dataclass(frozen=True, slots=True)
class ChangedSlot:
    """A slot that shows something else with the rule; *new* are the products that it did not show before."""

    title: str
    before: tuple[ProductView, ...]
    after: tuple[ProductView, ...]
    new: frozenset[str]
    gone: frozenset[str]


@dataclass(frozen=True, slots=True)
class RulePreview:
    """A page with the rule: *slots* are those it changes, of *count* in all. *asked* is the product of the page."""

    placement: str
    asked: Found
    product: ProductView | None
    slots: tuple[ChangedSlot, ...]
    count: int


def preview_of(rule: Rule, rule_id: int, text: str) -> RulePreview:
    """What *rule*, switched on now, changes on the page that *text* names; else on that of its own product.

    Raises `StorefrontError` where the page cannot be made now.
    """
    placement = rule.placement or "product"
    asked = products.resolve(text) if text.strip() else Found(_own_product(rule))
    ids = [asked.product.id] if asked.product is not None else []
    own = next(iter(asked.product.category_ids), None) if asked.product is not None else None
    page = asked_page(placement, ids, rule.seed_value if rule.seed_kind == "category" else own)
    parts = current_services
    slots = running(parts.suggestions.plan[placement])
    others = {one: kept for one, kept in parts.snapshots.get(blocking=True).rules.rules.items() if one != rule_id}
    now = replace(rule, enabled=True, starts_at=None, ends_at=None)
    before = parts.suggestions.explain(replace(page, shown=set()), slots, RuleBook(others))
    after = parts.suggestions.explain(replace(page, shown=set()), slots, RuleBook({**others, rule_id: now}))
    view = products.view_of(asked.product) if asked.product and placement in ABOUT_ONE | ABOUT_MANY else None
    changed = tuple(_changed(one, other) for one, other in zip(before, after, strict=True) if _ids(one) != _ids(other))
    return RulePreview(placement_words()[placement], asked, view, changed, len(slots))


def _own_product(rule: Rule) -> Product | None:
    """A product whose page the rule is for."""
    value, names = rule.seed_value or "", catalogue_names()
    examples = {"product": {value: value}, "category": names.categories, "brand": names.brands}
    example = examples.get(rule.seed_kind, {}).get(value)
    return products.look_up([example]).get(example) if example else usual_product()


def _changed(before: ExplainedSlot, after: ExplainedSlot) -> ChangedSlot:
    slot = before.slot
    old, new = frozenset(_ids(before)), frozenset(_ids(after))
    return ChangedSlot(slot_title(slot), _views(before), _views(after), new - old, old - new)


def _ids(slot: ExplainedSlot) -> Sequence[str]:
    return [one.product_id for one in slot.shown]


def _views(slot: ExplainedSlot) -> tuple[ProductView, ...]:
    return tuple(products.view_of(one.product) for one in slot.shown if one.product is not None)


def register(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/rules/new", "rule_new", new)
    blueprint.add_url_rule("/rules/new", "rule_create", create, methods=["POST"])
    blueprint.add_url_rule("/rules/<int:rule_id>", "rule_edit", edit)
    blueprint.add_url_rule("/rules/<int:rule_id>", "rule_save", save, methods=["POST"])
    blueprint.add_url_rule("/rules/preview", "rule_preview", preview, methods=["POST"])
    blueprint.add_url_rule("/rules/change", "rule_change", changed, methods=["POST"])
    blueprint.add_url_rule("/rules/undo", "rule_undo", undo, methods=["POST"])


@editors_only
def new() -> Response:
    """``GET rules/new``: an empty form; ``kind``, ``target`` and ``seed`` (product ids) in the address fill it in."""
    seed = request.args.get("seed")
    rule = Rule(
        kind=next((one for one in RULE_KINDS if one == request.args.get("kind")), "pin"),
        target_value=request.args.get("target"),
        seed_kind="product" if seed else "any",
        seed_value=seed,
        price_percent=50,
    )
    return _editor(RuleForm(formdata=None, data=form_values(rule)), None)


@editors_only
def create() -> Response:
    """``POST rules/new``: save a new rule."""
    form = RuleForm()
    rule = form.read()
    if rule is None:
        return _editor(form, None, 422)
    done = current_services.rules.create(rule, merchant_name(), title=log_titles({0: rule})[0])
    return _told(done, rule)


def edit(rule_id: int) -> Response:
    """``GET rules/<id>``: the rule as it stands."""
    stored = _stored(rule_id)
    return _editor(
        RuleForm(formdata=None, data=form_values(stored.definition) | {"version": str(stored.version)}), stored
    )


@editors_only
def save(rule_id: int) -> Response:
    """``POST rules/<id>``: save what was typed; 409 where somebody else changed it meanwhile, 410 where it was deleted."""
    form = RuleForm()
    try:
        return _saved(form, current_services.rules.load(rule_id))
    except RuleNotFound:
        return _deleted(form, rule_id)


def _saved(form: RuleForm, stored: RuleRecord) -> Response:
    rule = form.read(stored.definition)
    if rule is None:
        return _editor(form, stored, 422)
    given = form.version.data or ""
    version = int(given) if given.isascii() and given.isdigit() else 0
    if version == stored.version and rule == stored.definition:
        return see_other(link("rules"))
    try:
        title = log_titles({0: rule})[0]
        done = current_services.rules.update(stored.id, version, rule, merchant_name(), title=title)
    except RuleConflict as conflict:
        current = conflict.current or stored
        form.version.data = str(current.version)
        return _editor(form, current, 409, mine=rule)
    return _told(done, rule)


def _deleted(form: RuleForm, rule_id: int) -> Response:
    """It is gone: everything typed stays, and saving makes a new rule of it. An id that no rule had is not found."""
    entries = current_services.rules.history(rule_id, 1)
    if not entries:
        abort(404)
    before = load_rule(entries[0].before) if entries[0].before else None
    return _editor(form, None, 410, mine=form.read(before), deleted=entries[0])


@editors_only
def preview() -> Response:
    """``POST rules/preview``: what the typed rule would change on a page, as a part of the page."""
    form = RuleForm()
    rule = form.read()
    edited = request.form.get("rule_id", "")
    return show_part("rules/preview.html", preview=_preview(rule, int(edited) if edited.isdigit() else 0))


def _told(done: RuleRecord, rule: Rule) -> Response:
    """It is saved, and waits for products where none has its brand or category: that may be a slip of the pen."""
    tell_done(_("Rule saved. Pages follow within a second."), [done])
    for sentence in unmatched(rule):
        tell(sentence, "warning")
    return see_other(link("rules"))


def _editor(
    form: RuleForm,
    stored: RuleRecord | None,
    status: int = 200,
    mine: Rule | None = None,
    deleted: audit.Entry | None = None,
) -> Response:
    """The form; *mine* is the rule as typed where somebody else was quicker, who may have *deleted* it."""
    compared = rule_views({1: mine, 2: stored.definition}) if mine and stored else {}
    rule = mine or (stored.definition if stored else None)
    return show_page(
        "rules/editor.html",
        status,
        form=form,
        stored=stored,
        view=rule_views({stored.id: stored.definition})[stored.id] if stored else None,
        compared=compared,
        deleted=deleted,
        preview=_preview(rule, stored.id if stored else 0),
    )


def _preview(rule: Rule | None, rule_id: int) -> RulePreview | None:
    """What *rule* changes on a page about the product asked for; None where that cannot be said now."""
    asked = request.values.get("preview_product", "")
    try:
        return preview_of(rule, rule_id, asked) if rule is not None else None
    except StorefrontError:
        return None


def _stored(rule_id: int) -> RuleRecord:
    try:
        return current_services.rules.load(rule_id)
    except RuleNotFound:
        abort(404)
