"""The editor of one rule: made, changed, and what it would change on a page."""

from __future__ import annotations

from flask import Blueprint, Response, abort, request

from ... import audit
from ...errors import StorefrontError
from ...proxies import current_storefront
from ...recommending import rule_store
from ...recommending.rule_codec import load_rule
from ...recommending.rule_store import Done, RuleConflict, RuleNotFound, Stored
from ...recommending.rules import RULE_KINDS, Rule
from . import products
from .access import merchant_name
from .catalogue_names import catalogue_names, category_names
from .language import say
from .notices import tell
from .pages import editors_only, link, see_other, show_page, show_part
from .rule_changes import tell_done
from .rule_form import RuleForm, form_values
from .rule_preview import RulePreview, preview_of
from .rule_words import product_titles, rule_views, unmatched


def register(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/rules/new", "rule_new", new)
    blueprint.add_url_rule("/rules/new", "rule_create", create, methods=["POST"])
    blueprint.add_url_rule("/rules/<int:rule_id>", "rule_edit", edit)
    blueprint.add_url_rule("/rules/<int:rule_id>", "rule_save", save, methods=["POST"])
    blueprint.add_url_rule("/rules/preview", "rule_preview", preview, methods=["POST"])


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
    done = rule_store.create(current_storefront.database, rule, merchant_name(), product_titles([rule]))
    return _told(done, rule)


def edit(rule_id: int) -> Response:
    """``GET rules/<id>``: the rule as it stands."""
    stored = _stored(rule_id)
    return _editor(RuleForm(formdata=None, data=form_values(stored.rule) | {"version": str(stored.version)}), stored)


@editors_only
def save(rule_id: int) -> Response:
    """``POST rules/<id>``: save what was typed; 409 where somebody else changed it meanwhile, 410 where it was deleted."""
    form = RuleForm()
    try:
        return _saved(form, rule_store.load(current_storefront.database, rule_id))
    except RuleNotFound:
        return _deleted(form, rule_id)


def _saved(form: RuleForm, stored: Stored) -> Response:
    rule = form.read(stored.rule)
    if rule is None:
        return _editor(form, stored, 422)
    given = form.version.data or ""
    version = int(given) if given.isascii() and given.isdigit() else 0
    if version == stored.version and rule == stored.rule:
        return see_other(link("rules"))
    try:
        done = rule_store.update(
            current_storefront.database, stored.id, version, rule, merchant_name(), product_titles([rule])
        )
    except RuleConflict as conflict:
        current = conflict.current or stored
        form.version.data = str(current.version)
        return _editor(form, current, 409, mine=rule)
    return _told(done, rule)


def _deleted(form: RuleForm, rule_id: int) -> Response:
    """It is gone: everything typed stays, and saving makes a new rule of it. An id that no rule had is not found."""
    entries, _ = audit.entries(current_storefront.database, "rule", rule_id, size=1)
    if not entries:
        abort(404)
    before = load_rule(entries[0].before)[1] if entries[0].before else None
    return _editor(form, None, 410, mine=form.read(before), deleted=entries[0])


@editors_only
def preview() -> Response:
    """``POST rules/preview``: what the typed rule would change on a page, as a part of the page."""
    form = RuleForm()
    rule = form.read()
    edited = request.form.get("rule_id", "")
    return show_part("rules_preview.html", preview=_preview(rule, int(edited) if edited.isdigit() else 0))


def _told(done: Done, rule: Rule) -> Response:
    """It is saved, and waits for products where none has its brand or category: that may be a slip of the pen."""
    tell_done(say("Rule saved. Pages follow within a second."), [done])
    for sentence in unmatched(rule):
        tell(sentence, "warning")
    return see_other(link("rules"))


def _editor(
    form: RuleForm,
    stored: Stored | None,
    status: int = 200,
    mine: Rule | None = None,
    deleted: audit.Entry | None = None,
) -> Response:
    """The form; *mine* is the rule as typed where somebody else was quicker, who may have *deleted* it."""
    ids = {part: form[f"{part}_product"].data or "" for part in ("seed", "target")}
    views = products.views([text for text in ids.values() if text])
    picked = {part: view if (view := views.get(text)) and view.known else None for part, text in ids.items()}
    compared = rule_views({1: mine, 2: stored.rule}) if mine and stored else {}
    rule = mine or (stored.rule if stored else None)
    return show_page(
        "rules_edit.html",
        status,
        form=form,
        stored=stored,
        view=rule_views({stored.id: stored.rule})[stored.id] if stored else None,
        picked=picked,
        choices={part: found.choices for part, found in form.found.items()},
        names=catalogue_names(),
        called=_called(form),
        compared=compared,
        deleted=deleted,
        preview=_preview(rule, stored.id if stored else 0),
    )


def _called(form: RuleForm) -> dict[str, str]:
    """The names of the categories to choose from and of those in *form*, by id; "" for one that has no name."""
    typed = [one for one in (form.target_category.data, form.seed_category.data) if one]
    names = category_names([*catalogue_names().categories, *typed])
    return {one: name if name != one else "" for one, name in names.items()}


def _preview(rule: Rule | None, rule_id: int) -> RulePreview | None:
    """What *rule* changes on a page about the product asked for; None where that cannot be said now."""
    asked = request.values.get("preview_product", "")
    try:
        return preview_of(rule, rule_id, asked) if rule is not None else None
    except StorefrontError:
        return None


def _stored(rule_id: int) -> Stored:
    try:
        return rule_store.load(current_storefront.database, rule_id)
    except RuleNotFound:
        abort(404)
