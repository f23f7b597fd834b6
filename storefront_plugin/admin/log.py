"""Who changed what: the audit log as a list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from flask import Blueprint, Response, request

from ..bundles.proposals import store as proposals
from ..bundles.proposals.store import Proposal
from ..bundles.store import listing
from ..core import audit
from ..core.errors import AdapterError
from ..proxies import current_services
from ..recommending.plan import PLACEMENTS, Slot
from ..recommending.rules.rows import load_rule
from ..recommending.slot_json import load_slots
from .kit.i18n import _, admin_texts, ngettext
from .kit.pages import Paging, asked_page, link, show_page
from .kit.products import ProductView, views
from .rules.labels import RuleView, kind_words, rule_views
from .slots.labels import placement_words, slot_title


def rule_changes(before: RuleView, after: RuleView) -> tuple[str, ...]:
    """The fields of a rule that differ, as they were and as they are."""
    old, new = _told(before), _told(after)
    return tuple(
        _("%(field)s: %(old)s → %(new)s", field=field, old=old[field] or "–", new=new[field] or "–")
        for field in old
        if old[field] != new[field]
    )


def _told(view: RuleView) -> dict[str, str]:
    return {
        _("What it does"): " ".join(filter(None, (view.kind, view.strength))),
        _("To which products"): view.target.title if view.target else view.target_words,
        _("On which pages"): view.seed.title if view.seed else view.seed_words,
        _("Where"): " · ".join(view.scope),
        _("Place among pinned products"): admin_texts().number(view.rule.position),
        _("When"): view.schedule,
        _("Note"): view.rule.note,
    }


def slot_changes(entry: audit.Entry) -> tuple[str, ...]:
    """Which slots of a page were added, removed, changed or moved."""
    if entry.before is None or entry.after is None or entry.subject_id not in PLACEMENTS:
        return ()
    own = current_services.suggestions.own_plan[entry.subject_id]
    before, after = load_slots(entry.before)[0], load_slots(entry.after)[0]
    return tuple(_compared(own if before is None else before, own if after is None else after))


def _compared(before: Sequence[Slot], after: Sequence[Slot]) -> Iterator[str]:
    old, new = {slot.name: slot for slot in before}, {slot.name: slot for slot in after}
    added = [slot for slot in after if slot.name not in old]
    removed = [slot for slot in before if slot.name not in new]
    changed = [slot for slot in after if old.get(slot.name, slot) != slot]
    if added:
        yield _("added: %(slots)s", slots=_titles(added))
    if removed:
        yield _("removed: %(slots)s", slots=_titles(removed))
    if changed:
        yield _("changed: %(slots)s", slots=_titles(changed))
    if [name for name in old if name in new] != [name for name in new if name in old]:
        yield _("in another order")


def _titles(slots: Sequence[Slot]) -> str:
    return ", ".join(slot_title(slot) for slot in slots)


class Line(NamedTuple):
    """An entry with what its subject is called, what was done, and the page of its subject, where it has one.

    *changes* say what is different since; of a bundle its *history* does, at that address.
    """

    entry: audit.Entry
    title: str
    action: str
    address: str | None
    changes: tuple[str, ...] = ()
    history: str | None = None


class _Known(NamedTuple):
    """What the entries are about: rules as they say it, rules, bundles and proposals that stand, products of these.

    *earlier* are the rules as they were before, where they were changed. Both are by the id of the entry.
    """

    rules: Mapping[int, RuleView]
    earlier: Mapping[int, RuleView]
    standing: frozenset[int]
    bundles: frozenset[int]
    proposals: Mapping[str, Proposal]
    products: Mapping[str, ProductView]


def lines_of(entries: Sequence[audit.Entry]) -> list[Line]:
    """*entries* in words; all their rules, proposals and products are looked up at once. Raises `DatabaseUnavailable`."""
    known = _look_up(entries)
    return [_line(entry, known) for entry in entries]


def _line(entry: audit.Entry, known: _Known) -> Line:
    address, history = _address(entry, known), None
    if address and entry.subject == "bundle" and entry.action in ("edit", "undo"):
        history = link("bundle_history", bundle_id=int(entry.subject_id))
    return Line(entry, _title(entry, known), action_words(entry), address, _changes(entry, known), history)


def _changes(entry: audit.Entry, known: _Known) -> tuple[str, ...]:
    if entry.subject == "placement":
        return slot_changes(entry)
    before, after = known.earlier.get(entry.id), known.rules.get(entry.id)
    return rule_changes(before, after) if before is not None and after is not None else ()


def subjects() -> dict[audit.Subject, str]:
    """The kinds of things that change, in words."""
    return {
        "bundle": _("Bundle"),
        "proposal": _("Proposal"),
        "placement": _("Slots"),
        "rule": _("Rule"),
    }


def kinds() -> dict[audit.Subject, str]:
    """The same, each for all of its kind."""
    return {"bundle": _("Bundles"), "proposal": _("Proposals"), "placement": _("Slots"), "rule": _("Rules")}


def action_words(entry: audit.Entry) -> str:
    """What was done, in a word or two."""
    words = {
        "create": _("created"),
        "edit": _("changed"),
        "publish": _("published"),
        "unpublish": _("taken back to draft"),
        "archive": _("archived"),
        "undo": _("undone"),
        "duplicate": _("duplicated"),
        "delete": _("deleted"),
        "enable": _("switched on"),
        "disable": _("switched off"),
        "accept": _("accepted"),
        "reject": _("rejected"),
        "unreject": _("proposed again"),
        "reset": _("set back"),
        "import": _("imported"),
    }
    return words.get(entry.action, entry.action)


def _look_up(entries: Sequence[audit.Entry]) -> _Known:
    database = current_services.database
    rules = {one.id: one.after or one.before for one in entries if one.subject == "rule"}
    # Negative numbers are those of the rules before, so that all are put into words at once.
    rules |= {-one.id: one.before for one in entries if one.subject == "rule" and one.before and one.after}
    found = proposals.find(database, {one.subject_id for one in entries if one.subject == "proposal"})
    ids = [int(one.subject_id) for one in entries if one.subject == "rule"]
    standing = frozenset(current_services.rules.find(ids))
    try:
        said = rule_views({number: load_rule(text) for number, text in rules.items() if text})
        products = views(sorted({name for one in found.values() for name in one.product_ids}))
    except AdapterError:  # the log is there without the shop's catalogue, with the titles of then
        said, products = {}, {}
    made = [int(one.subject_id) for one in entries if one.subject == "bundle" and one.subject_id.isdigit()]
    earlier = {-number: view for number, view in said.items() if number < 0}
    return _Known(said, earlier, standing, listing.standing(database, made), found, products)


def _title(entry: audit.Entry, known: _Known) -> str:
    """What the subject is called; as it was called then where the catalogue does not know its product any more."""
    written = entry.title or entry.subject_id
    if entry.subject == "placement":
        return placement_words().get(entry.subject_id, written)
    if entry.subject == "proposal" and entry.subject_id in known.proposals and known.products:
        return " + ".join(known.products[name].title for name in known.proposals[entry.subject_id].product_ids)
    if entry.subject == "bundle" and entry.action in ("import", "undo") and not entry.subject_id.isdigit():
        return ngettext("%(num)s bundle", "%(num)s bundles", int(written))  # an import, or one taken back
    if entry.subject != "rule":
        return written
    rule = known.rules.get(entry.id)
    if rule is not None and (rule.target is None or rule.target.known):
        return rule.sentence
    kind, colon, what = entry.title.partition(": ")
    word = next((words for name, words in kind_words().items() if name == kind), None)
    return _("%(kind)s: %(what)s", kind=word, what=what) if word and colon else written


def _address(entry: audit.Entry, known: _Known) -> str | None:
    if entry.subject == "bundle" and entry.subject_id.isdigit():
        number = int(entry.subject_id)
        return link("bundle_edit", bundle_id=number) if number in known.bundles else None
    if entry.subject == "placement":
        return link("slots_edit", placement=entry.subject_id)
    if entry.subject == "rule":
        number = int(entry.subject_id)
        return link("rule_edit", rule_id=number) if number in known.standing else None
    proposal = known.proposals.get(entry.subject_id)
    if proposal is None:
        return None
    made = proposal.bundle_id if proposal.state == "accepted" else None
    return link("bundle_edit", bundle_id=made) if made is not None else link("proposals", state=proposal.state)


SIZE = 50


def register(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/log", "audit_log", listed)


def listed() -> Response:
    """``GET log``: changes, the newest first; ``subject``, ``by`` and ``page`` in the address."""
    subject = next((one for one in subjects() if one == request.args.get("subject")), None)
    by, page = request.args.get("by", "").replace("\x00", "") or None, asked_page()
    rows, count = audit.entries(current_services.database, subject, by=by, page=page, size=SIZE)
    paging = Paging(page, SIZE, count)
    return show_page(
        "log.html",
        lines=lines_of(rows),
        subjects=subjects(),
        kinds=kinds(),
        subject=subject,
        by=by,
        paging=paging,
    )
