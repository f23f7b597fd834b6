"""Who changed what: the audit log as a list."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ..bundles.store import listing, proposals
from ..bundles.store.proposals import Proposal
from ..core import audit
from ..core.errors import N_, AdapterError
from ..proxies import current_services
from ..recommending.plan import PLACEMENTS, Slot
from ..recommending.slot_json import load_slots
from .kit.editors import Editor, differences
from .kit.i18n import _, ngettext
from .kit.lists import ListPage, Query, Tabs, Value
from .kit.log_labels import action_label
from .kit.pages import link
from .kit.products import ProductView, views
from .rules.editor import EDITOR as RULE_EDITOR
from .slots.labels import placement_words, slot_title

EDITORS: Mapping[audit.Subject, Editor[Any]] = {RULE_EDITOR.name: RULE_EDITOR}
"""Editors of what stands on a `VersionedStore`: they know what to call it and what has changed."""


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
    """What the entries are about.

    Attributes:
        definitions: Those that editors know, before and after, by the id of the entry.
        is_named: Whether the catalogue has told what they are about.
        standing: Ids of what still stands by its subject.
        bundles, proposals: Those that stand; *products* are of the proposals.
    """

    definitions: Mapping[int, tuple[Any, Any]]
    is_named: bool
    standing: Mapping[audit.Subject, Collection[int]]
    bundles: frozenset[int]
    proposals: Mapping[str, Proposal]
    products: Mapping[str, ProductView]


def lines_of(entries: Sequence[audit.Entry]) -> list[Line]:
    """*entries* in words; all that they are about is looked up at once. Raises `DatabaseUnavailable`."""
    known = _look_up(entries)
    return [_line(entry, known) for entry in entries]


def _line(entry: audit.Entry, known: _Known) -> Line:
    address, history = _address(entry, known), None
    if address and entry.action in ("edit", "undo"):
        if entry.subject == "bundle":
            history = link("bundle_history", bundle_id=int(entry.subject_id))
        elif entry.subject in EDITORS:
            history = link(f"{entry.subject}_history", key=int(entry.subject_id))
    return Line(entry, _title(entry, known), action_label(entry), address, _changes(entry, known), history)


def _changes(entry: audit.Entry, known: _Known) -> tuple[str, ...]:
    if entry.subject == "placement":
        return slot_changes(entry)
    before, after = known.definitions.get(entry.id, (None, None))
    if before is None or after is None or not known.is_named or entry.action not in ("edit", "undo"):
        return ()
    describe = EDITORS[entry.subject].describe
    return tuple(
        _("%(field)s: %(old)s → %(new)s", field=field, old=old or "–", new=new or "–")
        for field, old, new in differences(describe(before), describe(after))
    )


def subjects() -> dict[audit.Subject, str]:
    """The kinds of things that change, in words."""
    own = {"bundle": _("Bundle"), "proposal": _("Proposal"), "placement": _("Slots")}
    return own | {name: _(editor.label) for name, editor in EDITORS.items()}


def plurals() -> dict[audit.Subject, str]:
    """The same, each for all of its kind."""
    own = {"bundle": _("Bundles"), "proposal": _("Proposals"), "placement": _("Slots")}
    return own | {name: _(editor.plural) for name, editor in EDITORS.items()}


def _look_up(entries: Sequence[audit.Entry]) -> _Known:
    database = current_services.database
    definitions: dict[int, tuple[Any, Any]] = {}
    standing: dict[audit.Subject, Collection[int]] = {}
    for subject, editor in EDITORS.items():
        own = [one for one in entries if one.subject == subject]
        standing[subject] = editor.store().find([int(one.subject_id) for one in own])
        definitions |= editor.definitions(own)
    found = proposals.find(database, {one.subject_id for one in entries if one.subject == "proposal"})
    try:
        for subject, editor in EDITORS.items():
            named = (definitions[one.id] for one in entries if one.subject == subject)
            editor.look_up(one for pair in named for one in pair if one is not None)
        products = views(sorted({name for one in found.values() for name in one.product_ids}))
        is_named = True
    except AdapterError:  # the log is there without the shop's catalogue, with the titles of then
        products, is_named = {}, False
    made = [int(one.subject_id) for one in entries if one.subject == "bundle" and one.subject_id.isdigit()]
    return _Known(definitions, is_named, standing, listing.standing(database, made), found, products)


def _title(entry: audit.Entry, known: _Known) -> str:
    """What the subject is called; as it was called then where the catalogue does not know its product any more."""
    written = entry.title or entry.subject_id
    if entry.subject == "placement":
        return placement_words().get(entry.subject_id, written)
    if entry.subject == "proposal" and entry.subject_id in known.proposals and known.products:
        return " + ".join(known.products[name].title for name in known.proposals[entry.subject_id].product_ids)
    if entry.subject == "bundle" and entry.action in ("import", "undo") and not entry.subject_id.isdigit():
        return ngettext("%(num)s bundle", "%(num)s bundles", int(written))  # an import, or one taken back
    before, after = known.definitions.get(entry.id, (None, None))
    definition = before if after is None else after
    return EDITORS[entry.subject].called(definition, written) if definition is not None else written


def _address(entry: audit.Entry, known: _Known) -> str | None:
    if entry.subject == "bundle" and entry.subject_id.isdigit():
        number = int(entry.subject_id)
        return link("bundle_edit", bundle_id=number) if number in known.bundles else None
    if entry.subject == "placement":
        return link("slots_edit", placement=entry.subject_id)
    if entry.subject in EDITORS:
        number = int(entry.subject_id)
        return link(f"{entry.subject}_edit", key=number) if number in known.standing[entry.subject] else None
    proposal = known.proposals.get(entry.subject_id)
    if proposal is None:
        return None
    made = proposal.bundle_id if proposal.state == "accepted" else None
    return link("bundle_edit", bundle_id=made) if made is not None else link("proposals", state=proposal.state)


def _rows(query: Query) -> tuple[Sequence[Line], int]:
    database, subject, by = current_services.database, query["subject"], query["by"]
    rows, count = audit.entries(database, subject, by=by, page=query.page, size=query.size)
    return lines_of(rows), count


LIST = ListPage(
    endpoint="audit_log",
    path="/log",
    template="log.html",
    rows=_rows,
    filters=(Tabs("subject", N_("What"), plurals), Value("by", N_("Who"))),
    context=lambda query, rows: {"subjects": subjects()},
)
