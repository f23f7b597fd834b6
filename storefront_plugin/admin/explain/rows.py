"""Explained slots in words, for the page that explains: what is shown, and all candidates by their verdicts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from ...bundles.slots.filler import ExplainedBundles
from ...core.i18n import isolated
from ...proxies import current_services
from ...recommending.explaining import VERDICTS, Explained, ExplainedKind, ExplainedSlot
from ...recommending.plan import Slot
from ...recommending.rules.rule import Rule
from ..kit import products
from ..kit.i18n import _, admin_texts, ngettext
from ..kit.products import ProductView
from ..rules.editor import EDITOR as RULE_EDITOR
from ..slots.labels import strategy_label
from .bundles import FOLD, BundleName, BundleRow, DotKind, bundle_rows, name_of

_WARNINGS: frozenset[ExplainedKind] = frozenset({"minimum", "rule", "hidden", "sold_out", "variant", "offered"})


class RuleLink(NamedTuple):
    """A rule to link to."""

    id: int
    rule: Rule


@dataclass(frozen=True, slots=True)
class CandidateRow:
    """A candidate: what became of it, in words, with a dot.

    Attributes:
        one: The candidate.
        product: Its product.
        dot: Kind of the dot.
        verdict: What became of it.
        source: What proposed it, and how it ranks there; "" where the verdict says as much.
        rule: The rule that excluded it.
        factors: The rules that changed its score.
        share: Its score as a share of the best of its strategy in this slot, 0 to 1.
        score: Its score in digits, and the *raw* one before the rules.
        seed: The seed that most orders hold it together with.
        why: What shoppers read of a shown one, and how many orders hold it together with the seed.
    """

    one: Explained
    product: ProductView
    dot: DotKind
    verdict: str
    source: str
    rule: RuleLink | None
    factors: tuple[RuleLink, ...]
    share: float
    score: str
    raw: str
    seed: ProductView | None
    why: str

    @property
    def is_shown(self) -> bool:
        return self.one.kind == "shown"

    @property
    def may_pin(self) -> bool:
        """Whether a pin would help: it is in the catalogue, and nothing that a pin cannot change keeps it away."""
        return self.one.kind in ("shown", "limit", "minimum", "elsewhere", "support") and self.one.position is not None


@dataclass(frozen=True, slots=True)
class VerdictGroup:
    """The candidates of one verdict, which has a *dot*: their *count*, and *rows* of the first of them."""

    dot: DotKind
    verdict: str
    count: int
    rows: tuple[CandidateRow, ...]


@dataclass(frozen=True, slots=True)
class SlotTable:
    """A slot with its candidates by verdict, the *shown* ones first, or with *bundles* in their place.

    *shown* is how many are, of *count* in all. *pins_in* is the strategy of its pins. *replaced_by* is the bundle for which
    the page leaves the slot out. One that *is_alike* has the title of another; one that *is_open* shows all its rows.
    """

    name: str
    title: str
    strategies: tuple[str, ...]
    pins_in: str
    groups: tuple[VerdictGroup, ...]
    shown: int
    count: int
    bundles: tuple[BundleRow, ...] | None = None
    replaced_by: BundleName | None = None
    is_alike: bool = False
    is_open: bool = False

    @property
    def cards(self) -> tuple[CandidateRow, ...]:
        """What the page shows, in its order."""
        return tuple(row for group in self.groups for row in group.rows if row.is_shown)

    @property
    def hidden(self) -> int:
        """How many rows are left out."""
        rows = sum(len(group.rows) for group in self.groups) if self.bundles is None else len(self.bundles)
        return self.count - rows


def slot_tables(slots: Sequence[ExplainedSlot], rules: Mapping[int, Rule], opened: str) -> list[SlotTable]:
    """The tables; of the slot named *opened* all rows."""
    known = {number: rules[number] for number in _rules_of(slots) if number in rules}
    RULE_EDITOR.look_up(known.values())
    seeds = products.views(
        sorted({one.evidence.seed_id for each in slots for one in each.candidates if one.evidence.seed_id})
    )
    titles = {
        each.slot.name: current_services.fillers.title(admin_texts(), each.heading, each.slot.title) for each in slots
    }
    often = Counter(titles.values())
    places = {name: f"{title} ({name})" if often[title] > 1 else title for name, title in titles.items()}
    # What a slot that was left out would show, the page shows in the bundle.
    places |= {each.slot.name: isolated(name_of(each.replaced_by).title) for each in slots if each.replaced_by}
    tables = [_table(each, known, seeds, titles[each.slot.name], places, each.slot.name == opened) for each in slots]
    return [replace(table, is_alike=often[table.title] > 1) for table in tables]


def _rules_of(slots: Sequence[ExplainedSlot]) -> set[int]:
    found = [number for each in slots for one in each.candidates for number in (*one.factor_rules, one.rule or 0)]
    return set(found)


def _table(
    explained: ExplainedSlot,
    rules: Mapping[int, Rule],
    seeds: Mapping[str, ProductView],
    title: str,
    places: Mapping[str, str],
    is_open: bool,
) -> SlotTable:
    slot = explained.slot
    if isinstance(explained, ExplainedBundles):
        return _bundle_table(explained, title, is_open)
    best: dict[str, float] = {}
    for one in explained.candidates:
        best[one.strategy] = max(best.get(one.strategy, 0.0), one.score)
    # A product that a fallback proposes again has its verdict already.
    listed = [one for one in explained.candidates if one.kind != "repeated"]
    listed.sort(key=lambda one: one.kind not in ("shown", "offered"))
    groups: dict[str, list[Explained]] = {}
    for one in listed:
        groups.setdefault(_group(one, slot, places), []).append(one)
    return SlotTable(
        slot.name,
        title,
        tuple(strategy_label(name) for name in slot.strategies),
        slot.strategies[0],
        tuple(
            VerdictGroup(
                _dot(found[0].kind),
                verdict,
                len(found),
                tuple(
                    _row(one, slot, rules, seeds, places, best[one.strategy])
                    for one in (found if is_open or found[0].kind == "shown" else found[:FOLD])
                ),
            )
            for verdict, found in groups.items()
        ),
        len(explained.shown),
        len(listed),
        replaced_by=name_of(explained.replaced_by) if explained.replaced_by else None,
        is_open=is_open,
    )


def _bundle_table(explained: ExplainedBundles, title: str, is_open: bool) -> SlotTable:
    slot, bundles = explained.slot, explained.bundles
    rows = bundle_rows(bundles, is_open)
    shown = sum(one.verdict.place is not None for one in bundles)
    return SlotTable(slot.name, title, (), "", (), shown, len(bundles), rows, is_open=is_open)


def _row(
    one: Explained,
    slot: Slot,
    rules: Mapping[int, Rule],
    seeds: Mapping[str, ProductView],
    places: Mapping[str, str],
    best: float,
) -> CandidateRow:
    return CandidateRow(
        one,
        products.view_of(one.product) if one.product is not None else products.unknown(one.product_id),
        _dot(one.kind),
        _verdict(one, slot, places),
        _source(one, is_fallback=one.strategy != slot.strategies[0]),
        RuleLink(one.rule, rules[one.rule]) if one.rule is not None and one.rule in rules else None,
        tuple(RuleLink(number, rules[number]) for number in one.factor_rules if number in rules),
        one.score / best if best > 0 else 0.0,
        _digits(one.score),
        _digits(one.raw),
        seeds.get(one.evidence.seed_id or ""),
        _why(one),
    )


def _verdict(one: Explained, slot: Slot, places: Mapping[str, str]) -> str:
    where = places.get(one.elsewhere or "", one.elsewhere or "")
    values = {"place": one.place, "elsewhere": where, "limit": slot.limit, "minimum": slot.least}
    return _(VERDICTS[one.kind], **values, support=current_services.settings.min_support)


def _group(one: Explained, slot: Slot, places: Mapping[str, str]) -> str:
    """The verdict that heads the group of *one*: its place is no part of it."""
    return _("Shown") if one.kind == "shown" else _verdict(one, slot, places)


def _why(one: Explained) -> str:
    """What its card says, and the orders behind it where the card does not count them."""
    reason, support = one.reason, one.evidence.support
    said = (reason.text(admin_texts()) if reason else None) or ""
    if not support or (reason is not None and reason.orders is not None):
        return said
    counted = ngettext("Bought together in %(num)s order", "Bought together in %(num)s orders", support)
    return f"{said} · {counted}" if said else counted


def _source(one: Explained, is_fallback: bool) -> str:
    """How it ranks, where that is not its place in the slot, and in what, where that is not the slot's first choice."""
    if one.position is None:
        return _("Pinned")
    rank = admin_texts().number(one.position)
    if is_fallback:
        return _("%(strategy)s, #%(rank)s", strategy=strategy_label(one.strategy), rank=rank)
    return _("#%(rank)s", rank=rank) if one.place != one.position else ""


def _digits(score: float) -> str:
    """*score* with three digits that count."""
    return admin_texts().number(round(score)) if abs(score) >= 1000 else f"{score:.3g}"


def _dot(kind: ExplainedKind) -> DotKind:
    if kind == "shown":
        return "on"
    if kind == "missing":
        return "error"
    return "warning" if kind in _WARNINGS else "off"
