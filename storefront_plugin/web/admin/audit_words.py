"""Entries of the audit log in words: what was changed, as it is called now, what was done, and where it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ... import audit
from ...bundles import listing, proposals
from ...bundles.proposals import Proposal
from ...errors import AdapterError
from ...proxies import current_storefront
from ...recommending import rule_store
from ...recommending.rule_codec import load_rule
from .audit_changes import rule_changes, slot_changes
from .language import say, say_count
from .pages import link
from .products import ProductView, views
from .rule_words import RuleView, kind_words, rule_views
from .slot_views import placement_words


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
        "bundle": say("Bundle"),
        "proposal": say("Proposal"),
        "placement": say("Slots"),
        "rule": say("Rule"),
    }


def kinds() -> dict[audit.Subject, str]:
    """The same, each for all of its kind."""
    return {"bundle": say("Bundles"), "proposal": say("Proposals"), "placement": say("Slots"), "rule": say("Rules")}


def action_words(entry: audit.Entry) -> str:
    """What was done, in a word or two."""
    words = {
        "create": say("created"),
        "edit": say("changed"),
        "publish": say("published"),
        "unpublish": say("taken back to draft"),
        "archive": say("archived"),
        "undo": say("undone"),
        "duplicate": say("duplicated"),
        "delete": say("deleted"),
        "enable": say("switched on"),
        "disable": say("switched off"),
        "accept": say("accepted"),
        "reject": say("rejected"),
        "unreject": say("proposed again"),
        "reset": say("set back"),
        "import": say("imported"),
    }
    return words.get(entry.action, entry.action)


def _look_up(entries: Sequence[audit.Entry]) -> _Known:
    database = current_storefront.database
    rules = {one.id: one.after or one.before for one in entries if one.subject == "rule"}
    # Negative numbers are those of the rules before, so that all are put into words at once.
    rules |= {-one.id: one.before for one in entries if one.subject == "rule" and one.before and one.after}
    found = proposals.find(database, {one.subject_id for one in entries if one.subject == "proposal"})
    ids = [int(one.subject_id) for one in entries if one.subject == "rule"]
    standing = rule_store.standing(database, ids)
    try:
        said = rule_views({number: load_rule(text)[1] for number, text in rules.items() if text})
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
        return say_count("%(num)s bundle", "%(num)s bundles", int(written))  # an import, or one taken back
    if entry.subject != "rule":
        return written
    rule = known.rules.get(entry.id)
    if rule is not None and (rule.target is None or rule.target.known):
        return rule.sentence
    kind, colon, what = entry.title.partition(": ")
    word = next((words for name, words in kind_words().items() if name == kind), None)
    return say("%(kind)s: %(what)s", kind=word, what=what) if word and colon else written


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
