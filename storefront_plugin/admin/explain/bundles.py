"""Explained bundles, for the tables of the page that explains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from ...bundles.definition import Definition
from ...bundles.slots.verdicts import VERDICTS, BundleVerdict, BundleVerdictKind, ExplainedBundle
from ...core.i18n import isolated
from ...recommending.page import Offer
from ...web.widgets.bundle_labels import BundleLabels
from ..kit import products
from ..kit.i18n import _, admin_texts, ngettext, shown_money, shown_time
from ..kit.products import ProductView

FOLD = 10
"""Candidates of one verdict that are listed, and bundles that are not shown, before "show more"."""

PICTURES = 4
"""Components of a bundle that are shown; the others are counted."""

DotKind: TypeAlias = Literal["on", "waiting", "off", "warning", "error"]

_DOTS: Mapping[BundleVerdictKind, DotKind] = {
    **dict.fromkeys(("shown", "applied", "near"), "on"),
    "scheduled": "waiting",
    "missing": "error",
    **dict.fromkeys(("hidden", "sold_out", "too_few", "variants", "used_up", "bound"), "warning"),
    **dict.fromkeys(("currencies", "unpriced", "no_amount", "costs_more", "saves_nothing"), "warning"),
}


class BundleName(NamedTuple):
    """A bundle to link to."""

    id: int
    title: str


@dataclass(frozen=True, slots=True)
class BundleRow:
    """A bundle: its first components with how many *more* follow, what it saves, and what became of it with a dot.

    *detail* is a second line to the verdict: how often it applies, or what the cart lacks.
    """

    id: int
    title: str
    products: tuple[ProductView, ...]
    more: int
    saving: str
    dot: DotKind
    verdict: str
    detail: str
    is_shown: bool


def name_of(offer: Offer) -> BundleName:
    """*offer* as the merchant reads it."""
    return BundleName(offer.id, offer.title(admin_texts().locale))


def bundle_rows(explained: Sequence[ExplainedBundle], is_open: bool) -> tuple[BundleRow, ...]:
    """The first rows; all of them where the table *is_open*. Their products are looked up at once."""
    shown = explained if is_open else explained[: FOLD + sum(one.verdict.place is not None for one in explained)]
    titles = {one.bundle.id: one.bundle.title(admin_texts().locale) for one in explained}
    views = products.views(sorted({name for one in shown for name in _named(one)}))
    return tuple(_row(one, titles, views) for one in shown)


def _parts(definition: Definition) -> list[str]:
    """The products of *definition*, each once, in its order."""
    return list(dict.fromkeys(one.product_id for tier in definition.tiers for one in tier.components))


def _named(one: ExplainedBundle) -> list[str]:
    """The products that a row names."""
    lacks = [name for item in one.verdict.lacks for name in item.product_ids[:1]]
    named = [one.verdict.product_id] if one.verdict.product_id is not None else []
    return [*_parts(one.bundle.definition)[:PICTURES], *lacks, *named]


def _row(one: ExplainedBundle, titles: Mapping[int, str], views: Mapping[str, ProductView]) -> BundleRow:
    parts = _parts(one.bundle.definition)
    return BundleRow(
        one.bundle.id,
        titles[one.bundle.id],
        tuple(views[name] for name in parts[:PICTURES]),
        max(0, len(parts) - PICTURES),
        "" if one.saving is None else shown_money(one.saving, one.currency),
        _DOTS.get(one.verdict.kind, "off"),
        _text(one.verdict, titles, views),
        _detail(one, views),
        one.verdict.place is not None,
    )


def _text(verdict: BundleVerdict, titles: Mapping[int, str], views: Mapping[str, ProductView]) -> str:
    if verdict.kind in ("too_few", "variants") and verdict.product_id is None:
        return _("Not enough stock of its products")
    return _(
        VERDICTS[verdict.kind],
        place=admin_texts().number(verdict.place or 0),
        limit=admin_texts().number(verdict.limit or 0),
        moment=shown_time(verdict.moment),
        segment=verdict.segment,
        product=isolated(views[verdict.product_id].title) if verdict.product_id is not None else "",
        currency=verdict.currency or "",
        instead=isolated(titles.get(verdict.replaced_by or 0, "")),
    )


def _detail(one: ExplainedBundle, views: Mapping[str, ProductView]) -> str:
    verdict = one.verdict
    if verdict.kind == "near":
        return _missing(one, views)
    if verdict.kind != "applied":
        return ""
    times = ngettext("%(num)s time", "%(num)s times", verdict.count)
    if verdict.limit is None:
        return times
    return _("%(times)s, limit reached", times=times)


def _missing(one: ExplainedBundle, views: Mapping[str, ProductView]) -> str:
    """What to add to the cart, as the shopper reads it."""
    labels, lacks = BundleLabels(admin_texts()), one.verdict.lacks
    titles = [
        " ".join(text for text in (labels.count(item.quantity), views[item.product_ids[0]].title) if text)
        for item in lacks
        if len(item.product_ids) == 1
    ]
    quantity = sum(item.quantity for item in lacks)
    return labels.near(titles if len(titles) == len(lacks) else [], quantity, one.saving or 0, one.currency)
