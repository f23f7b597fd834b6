"""The editor of a bundle: a new one, or one that stands; every button of the form comes here."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace

from flask import Blueprint, Response, abort, request

from ...bundles.definition import BundleText, Definition
from ...bundles.price_kinds import rules_for
from ...bundles.store import proposals
from ...bundles.store.listing import uses_of
from ...bundles.store.repository import BundleNotFound, BundleRecord, EditConflict
from ...bundles.store.saved_forms import MAX_KEY, create_once
from ...core.errors import InputError
from ...core.i18n import LANGUAGES
from ...core.typed import whole_number
from ...proxies import current_services
from ...shop.speaking import shop_speaking
from ..kit.access import may_edit, merchant_name
from ..kit.changes import Difference
from ..kit.forms import add_error
from ..kit.i18n import _, admin_texts, error_text, language_name
from ..kit.pages import flash, link, see_other, show_page
from ..kit.products import look_up, views
from .errors import add_price_errors, error_list
from .form import (
    KINDS,
    MANY_TIERS,
    BundleForm,
    Unclear,
    arranged,
    blank_form,
    errors_of,
    form_of,
    with_blanks,
    with_products,
    wrong,
)
from .labels import (
    StateView,
    differences,
    kind_lines,
    kind_names,
    state_view,
)
from .preview import Preview, preview_of, preview_of_form
from .prices import currencies_of, not_shown, price_definition
from .proposals import proposal_row
from .reading import SET_LIKE, read_definition

_METHODS = ["GET", "POST"]
_SAVING = ("save", "publish")


@dataclass(slots=True)
class Answer:
    """A page of the editor: what is shown beside the form, and what hinders saving it.

    Attributes:
        stored: The bundle as it stands; None for a new one.
        unclear: By tier, a typed product that could not be added.
        refusals: Why it cannot be published, as far as no field is to blame.
        unfit: Whether all can be read, but not be published.
        saves_nothing: Whether a proposal has the single prices still, so that a price is the first thing to choose.
        conflict: What the version of somebody else has otherwise; None where nobody else saved.
        is_gone: The bundle that was edited is not there any more.
    """

    form: BundleForm
    preview: Preview
    stored: BundleRecord | None
    unclear: dict[int, Unclear] = field(default_factory=dict)
    refusals: list[str] = field(default_factory=list)
    unfit: bool = False
    saves_nothing: bool = False
    conflict: list[Difference] | None = None
    is_gone: bool = False


def register(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/bundles/new", "bundle_new", new, methods=_METHODS)
    blueprint.add_url_rule("/bundles/<int:bundle_id>", "bundle_edit", edit, methods=_METHODS)


def new() -> Response:
    """``/bundles/new``: choose a kind; with ``kind`` or ``proposal`` the form."""
    if not may_edit():
        abort(403)
    if request.method == "POST":
        return _posted(None)
    kind, proposal = request.args.get("kind", ""), request.args.get("proposal", "")
    if proposal:
        return _proposed(proposal)
    if kind not in KINDS:
        return show_page("bundles/kinds.html", kinds=kind_names(), lines=kind_lines())
    return _page(Answer(blank_form(kind, admin_texts().language), Preview(None), None))


def edit(bundle_id: int) -> Response:
    """``/bundles/<id>``: the form of a bundle that stands."""
    try:
        stored = current_services.bundles.load(bundle_id)
    except BundleNotFound:
        if request.method == "POST":
            return _posted(None, is_gone=True)
        abort(404)
    if request.method == "POST":
        return _posted(stored)
    form = form_of(stored.definition, stored.version)
    return _page(Answer(form, preview_of(stored.definition), stored))


def _proposed(key: str) -> Response:
    definition = _definition_in_all_languages(key)
    answer = Answer(form_of(definition, proposal=key), preview_of(definition), None)
    answer.saves_nothing = price_definition(definition).saves_nothing
    return _page(answer)


def _definition_in_all_languages(key: str) -> Definition:
    """The bundle that a proposal begins with; the shop names the products in each language."""
    parts = current_services
    texts: dict[str, BundleText] = {}
    try:
        for language in LANGUAGES:
            with shop_speaking(language):
                definition = proposals.definition_of(parts.database, parts.shop.catalog, key, language)
            texts |= definition.texts
    except proposals.ProposalNotFound:
        abort(404)
    return replace(definition, texts=texts)


def _posted(stored: BundleRecord | None, is_gone: bool = False) -> Response:
    """Rows are arranged first, then typed products become rows; then it is saved, where that was wanted.

    What was typed into a bundle that *is_gone* comes back as the form of a new one.
    """
    if not may_edit() or request.form.get("kind") not in KINDS:
        abort(403 if not may_edit() else 404)
    wish = request.form.get("do", "save")
    sent, unclear = with_products(arranged(request.form, wish))
    form = BundleForm(formdata=sent)
    answer = Answer(form, preview_of_form(sent), stored, unclear, is_gone=is_gone)
    if is_gone:
        return _page(answer, 410)
    if wish not in _SAVING:
        _say_unclear(answer)
        return _page(answer)
    form.validate()
    definition = read_definition(form)
    _say_unclear(answer)
    _refuse_unknown(form, stored)
    if definition is not None and not errors_of(form):
        if wish == "publish" or (stored is not None and stored.state == "published"):
            answer.refusals = add_price_errors(form, price_definition(definition))
            answer.unfit = bool(answer.refusals or errors_of(form))
        if not answer.unfit:
            return _saved(answer, definition, wish == "publish")
    return _page(answer, 422)


def _say_unclear(answer: Answer) -> None:
    for row in answer.form.tiers:
        place = int(row.name.rpartition("-")[2])
        if place in answer.unclear:
            add_error(row.form.add, answer.unclear[place].message)


def _refuse_unknown(form: BundleForm, stored: BundleRecord | None) -> None:
    """Products that the shop does not have, unless they were in the bundle before."""
    before = stored.definition.product_ids if stored else frozenset[str]()
    rows = [(tier, str(row.form.product.data or "")) for tier in form.tiers for row in tier.form.components]
    products = look_up([name for _tier, name in rows if name not in before])
    for tier, name in rows:
        if name not in before and products.get(name) is None:
            add_error(tier.form.add, _("“%(product)s” isn't in the catalogue. Remove it.", product=name))


def _saved(answer: Answer, definition: Definition, publish: bool) -> Response:
    form, stored = answer.form, answer.stored
    try:
        kept = _create(form, definition) if stored is None else _update(stored, form, definition, publish)
        if publish and kept.state == "draft":
            kept = current_services.bundles.set_state(kept.id, kept.version, "publish", merchant_name())
    except EditConflict as conflict:
        return _conflict(answer, definition, conflict)
    except InputError as error:
        answer.refusals, answer.unfit = [error_text(error)], True
        return _page(answer, 422)
    if kept.state == "published" or (stored is not None and stored.state == "published"):
        current_services.news.rules_changed()
    _tell_saved(stored, kept)
    return see_other(link("bundle_edit", bundle_id=kept.id))


def _create(form: BundleForm, definition: Definition) -> BundleRecord:
    key = str(form.key.data or "")
    if not (key.isascii() and key.isprintable() and 0 < len(key) <= MAX_KEY):
        key = secrets.token_urlsafe(16)  # a form without its key cannot be known again
    proposal = str(form.proposal.data or "") or None
    return create_once(current_services.database, key, definition, merchant_name(), proposal=proposal)


def _update(stored: BundleRecord, form: BundleForm, definition: Definition, publish: bool) -> BundleRecord:
    """Edit, and publish with it in one transaction; what was not changed makes no new version."""
    by = merchant_name()
    version = whole_number(str(form.version.data), 10**9) or 0
    with current_services.database.writing() as session:
        found = stored
        if version != stored.version or definition != stored.definition:
            found = current_services.bundles.edit(session, stored.id, version, definition, by)
        if publish and found.state != "published":
            found = current_services.bundles.move(session, stored.id, found.version, "publish", by)
        return found


def _tell_saved(before: BundleRecord | None, now: BundleRecord) -> None:
    published = now.state == "published" and (before is None or before.state != "published")
    text = _("Published.") if published else _("Saved.") if before else _("Saved as a draft.")
    if before is not None and now.version == before.version:
        flash(_("No changes to save."))
    elif now.version == 1:
        flash(text)  # a first draft has nothing before it
    else:
        flash(text, undo=link("bundle_undo", bundle_id=now.id), version=now.version)


def _conflict(answer: Answer, mine: Definition, conflict: EditConflict) -> Response:
    """Somebody else has saved: everything typed stays, and saving again saves it over theirs."""
    now = conflict.current
    answer.stored = now
    answer.form.version.data = str(now.version)
    answer.conflict = differences(now.definition, mine, titles_of(now.definition, mine))
    return _page(answer, 409)


def titles_of(*definitions: Definition) -> dict[str, str]:
    """Titles of the products of *definitions* by id; those the shop does not know are left out."""
    ids = frozenset[str]().union(*(one.product_ids for one in definitions))
    return {name: product.title for name, product in look_up(sorted(ids)).items() if product is not None}


def _page(answer: Answer, status: int = 200) -> Response:
    form, stored, kind = answer.form, answer.stored, str(answer.form.kind.data)
    ids = [row.form.product.data or "" for tier in form.tiers for row in tier.form.components]
    products = look_up(ids)
    mine = admin_texts().language
    with_blanks(
        form,
        dict.fromkeys([mine, *LANGUAGES]),
        currencies_of(answer.preview.definition, products),
    )
    known = {name: one for name, one in products.items() if one is not None}
    state = _state(stored) if stored else None
    return show_page(
        "bundles/editor.html",
        status,
        answer=answer,
        form=form,
        texts=sorted(form.texts, key=lambda row: row.form.language.data != mine),
        stored=stored,
        preview=answer.preview,
        errors=error_list(form),
        wrong=wrong,
        posted=request.method == "POST",
        kind=kind,
        kind_name=kind_names()[kind],
        kind_line=kind_lines()[kind],
        price_kinds=rules_for(kind),
        state=state,
        shop_page=_shop_page(stored, state) if stored and state else None,
        uses=uses_of(current_services.database, stored.id) if stored else 0,
        proposal=proposal_row(str(form.proposal.data or ""), stored.id if stored else None),
        products=views(ids),
        variants=current_services.variants.of(known.values()),
        language_name=language_name,
        many_tiers=kind in MANY_TIERS,
        own_quantity=kind in SET_LIKE,
    )


def _state(stored: BundleRecord) -> StateView:
    schedule, limit = stored.definition.schedule, stored.definition.limit_in_all
    absent = not_shown(stored.definition, look_up(sorted(stored.definition.product_ids)))
    return state_view(stored.state, schedule.start, schedule.end, limit, stored.uses, absent)


def _shop_page(stored: BundleRecord, state: StateView) -> str | None:
    """The page of a product where shoppers see the bundle; None where nobody sees it without a code."""
    if stored.definition.staff_only or state.dot != "on":
        return None
    found = views([one.product_id for tier in stored.definition.tiers for one in tier.components])
    return next((product.url for product in found.values() if product.url and product.visible), None)
