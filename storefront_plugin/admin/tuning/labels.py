"""Constants of the scores in merchants' words: what they do, what is different, and what a change was good for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import ceil
from typing import Final, NamedTuple

from ...core.errors import N_
from ...core.sql.audit import Entry
from ...counts.scoring import Constants
from ...learning.cart_model import CartModelRow
from ...learning.overruling import SUBJECT, loaded
from ...learning.tuning import PAGES, PageEvidence, Step
from ..kit.changes import differences
from ..kit.i18n import _, admin_texts, labels, ngettext, shown_percent
from ..kit.log_labels import LogLabels, LogLine
from ..kit.pages import link

page_labels = labels(both=N_("All pages"), cart=N_("Cart"), product=N_("Product page"))
"""Labels of the pages that have constants of their own, and of all of them."""


def _fading(days: float) -> str:
    if not days:
        return _("Orders never fade")
    return _("An order counts half after %(days)s days", days=admin_texts().number(days))


def _trend(exponent: float) -> str:
    if not exponent:
        return _("Trends don't count")
    return _(
        "A product that sells twice as fast as usual scores %(share)s higher", share=shown_percent(2**exponent - 1)
    )


def _prior(orders: float) -> str:
    return (
        ngettext(
            "Bestsellers weigh as much as %(orders)s order",
            "Bestsellers weigh as much as %(orders)s orders",
            _plural(orders),
            orders=admin_texts().number(orders),
        )
        if orders
        else _("Bestsellers don't help out")
    )


def _shrinkage(orders: float) -> str:
    if not orders:
        return _("Every pair counts in full")
    return ngettext(
        "A pair bought together in %(orders)s order counts half",
        "A pair bought together in %(orders)s orders counts half",
        _plural(orders),
        orders=admin_texts().number(orders),
    )


def _plural(orders: float) -> int:
    """The whole number whose form a part of an order takes: languages' plurals know no other."""
    return ceil(orders) if orders >= 1 else 2


def _specialness(weight: float) -> str:
    return _("Relevance weight %(weight)s", weight=admin_texts().number(weight)) if weight else _("Popularity only")


class Word(NamedTuple):
    """A constant: its *label*, what a value means, and what more and less of it is called; marked with `N_`."""

    label: str
    says: Callable[[float], str]
    more: str
    less: str


WORDS: Final[Mapping[str, Word]] = {
    "half_life": Word(N_("Fading of orders"), _fading, N_("Slower fading"), N_("Faster fading")),
    "trend": Word(N_("Trend"), _trend, N_("More weight on trends"), N_("Less weight on trends")),
    "prior": Word(
        N_("Help from bestsellers"), _prior, N_("More help from bestsellers"), N_("Less help from bestsellers")
    ),
    "shrinkage": Word(
        N_("Evidence needed"), _shrinkage, N_("More evidence for each pair"), N_("Less evidence for each pair")
    ),
    "specialness": Word(
        N_("Popularity ↔ relevance"), _specialness, N_("More relevant products"), N_("More popular products")
    ),
}
OF_PAGE: Final = ("prior", "shrinkage", "specialness")


class Named(NamedTuple):
    """A constant of *page*, which is ``both`` for all, with its value."""

    page: str
    name: str
    value: float


def named(constants: Constants) -> Iterator[Named]:
    """The constants that are chosen, those of all pages first."""
    yield Named("both", "half_life", constants.half_life)
    yield Named("both", "trend", constants.trend)
    for page in PAGES:
        for name in OF_PAGE:
            yield Named(page, name, getattr(constants.formula(page), name))


@dataclass(frozen=True, slots=True)
class Row:
    """A constant in a row: its label, what is in use, what is standard, and what waits for the next rebuild, else ""."""

    page: str
    label: str
    now: str
    standard: str
    waits: str = ""

    @property
    def is_own(self) -> bool:
        return self.now != self.standard


def rows(now: Constants, wanted: Constants, standard: Constants) -> list[Row]:
    """What is in use beside what is standard."""
    every = zip(named(now), named(wanted), named(standard), strict=True)
    return [
        Row(
            one.page,
            _(WORDS[one.name].label),
            WORDS[one.name].says(one.value),
            WORDS[one.name].says(usual.value),
            WORDS[one.name].says(then.value) if then != one else "",
        )
        for one, then, usual in every
    ]


def model_row(share: float) -> Row:
    """The model of carts with its *share*, 0 where there is none."""
    return Row("cart", _("Model of carts"), _model(share), _model(0.0))


def model_reason(model: CartModelRow) -> Reason:
    """Why *model* is used."""
    gain = (model.ndcg_after - model.ndcg_before) / (model.ndcg_before or 1.0)
    text = _("Weighing all products of a cart at once finds %(share)s more of what was bought", share=_gain(gain))
    return Reason(page_labels()["cart"], text, _model(0.0), _model(model.share))


def _model(share: float) -> str:
    return _("Has %(share)s of a cart's suggestions", share=shown_percent(share)) if share else _("Not used")


class Reason(NamedTuple):
    """Why a constant was changed: on which page, what that is good for, and from what to what."""

    page: str
    text: str
    before: str
    after: str


def reason(step: Step) -> Reason:
    """*step* as merchants read it."""
    word, page = WORDS[step.name], page_labels()[step.page or "both"]
    # Orders that never fade are the slowest of all.
    rank = (lambda days: days or float("inf")) if step.name == "half_life" else float
    change = _(word.more if rank(step.after) > rank(step.before) else word.less)
    text = _("%(change)s finds %(share)s more of what was bought", change=change, share=_gain(step.gain))
    return Reason(page, text, word.says(step.before), word.says(step.after))


def _gain(share: float) -> str:
    return shown_percent(share, 0 if share >= 0.1 else 1)


@dataclass(frozen=True, slots=True)
class Gain:
    """By which share more is found on a page, with the bounds of its 95 % interval."""

    page: str
    before: float
    after: float
    gain: float
    low: float
    high: float

    @property
    def text(self) -> str:
        said = partial(_signed, digits=1 if max(abs(self.low), abs(self.high)) < 0.1 else 0)
        return _(
            "%(gain)s, with 95%% confidence from %(low)s to %(high)s",
            gain=said(self.gain),
            low=said(self.low),
            high=said(self.high),
        )


def gains(evidence: Mapping[str, PageEvidence]) -> list[Gain]:
    """What the chosen constants are good for, by page; only where something was found at first."""
    return [
        Gain(
            page_labels()[page],
            one.before,
            one.after,
            (one.after - one.before) / one.before,
            one.low / one.before,
            one.high / one.before,
        )
        for page, one in evidence.items()
        if one.before
    ]


def _signed(share: float, digits: int) -> str:
    return ("+" if share > 0 else "") + shown_percent(share, digits)


def described(constants: Constants | None) -> dict[str, str]:
    """What the log compares; None is the choice of the orders."""
    found = {_("Mode"): _("Automatic") if constants is None else _("Own values")}
    for one in named(constants) if constants else ():
        label = _(WORDS[one.name].label)
        found[label if one.page == "both" else f"{page_labels()[one.page]}: {label}"] = WORDS[one.name].says(one.value)
    return found


def _lines(entries: Sequence[Entry]) -> list[LogLine]:
    return [LogLine(_("Suggestions"), link("tuning"), _changes(entry)) for entry in entries]


def _changes(entry: Entry) -> tuple[str, ...]:
    before, after = loaded(entry.before), loaded(entry.after)
    found = differences(described(before), described(after))
    if before is None or after is None:
        found = found[:1]  # of the orders' own choice the log does not know the values
    return tuple(
        _("%(field)s: %(old)s → %(new)s", field=field, old=old or "–", new=new or "–") for field, old, new in found
    )


TUNING_LABELS = LogLabels(SUBJECT, N_("Tuning"), N_("Tuning"), _lines)
