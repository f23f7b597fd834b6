"""How bundles, imports and proposals of bundles read on the activity log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...bundles.store import listing, proposals
from ...bundles.store.proposals import Proposal
from ...core.audit import Entry
from ...core.errors import N_, AdapterError
from ...proxies import current_services
from ..kit.i18n import ngettext
from ..kit.log_labels import LogLabels, LogLine
from ..kit.pages import link
from ..kit.products import ProductView, views


def _bundle_lines(entries: Sequence[Entry]) -> list[LogLine]:
    numbers = [int(one.subject_id) for one in entries if one.subject_id.isdigit()]
    standing = listing.standing(current_services.database, numbers)
    return [_bundle_line(one, standing) for one in entries]


def _bundle_line(entry: Entry, standing: frozenset[int]) -> LogLine:
    if not entry.subject_id.isdigit():  # an import, or one taken back
        return LogLine(ngettext("%(num)s bundle", "%(num)s bundles", int(entry.title)))
    number, title = int(entry.subject_id), entry.title or entry.subject_id
    if number not in standing:
        return LogLine(title)
    changed = entry.action in ("edit", "undo")
    history = link("bundle_history", bundle_id=number) if changed else None
    return LogLine(title, link("bundle_edit", bundle_id=number), history=history)


def _proposal_lines(entries: Sequence[Entry]) -> list[LogLine]:
    found = proposals.find(current_services.database, {one.subject_id for one in entries})
    try:
        products = views(sorted({name for one in found.values() for name in one.product_ids}))
    except AdapterError:  # the log is there without the shop's catalogue, with the titles of then
        products = {}
    return [_proposal_line(one, found.get(one.subject_id), products) for one in entries]


def _proposal_line(entry: Entry, proposal: Proposal | None, products: Mapping[str, ProductView]) -> LogLine:
    if proposal is None:
        return LogLine(entry.title or entry.subject_id)
    title = " + ".join(products[name].title for name in proposal.product_ids) if products else entry.title
    if proposal.state == "accepted" and proposal.bundle_id is not None:
        return LogLine(title, link("bundle_edit", bundle_id=proposal.bundle_id))
    return LogLine(title, link("proposals", state=proposal.state))


BUNDLE_LABELS = LogLabels("bundle", N_("Bundle"), N_("Bundles"), _bundle_lines)
PROPOSAL_LABELS = LogLabels("proposal", N_("Proposal"), N_("Proposals"), _proposal_lines)
