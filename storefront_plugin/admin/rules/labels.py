"""Rules in words: what is done to which products, on which pages, and since when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ...core.errors import AdapterError
from ...recommending.rules.rule import Rule, RuleKind, RuleState, SeedKind, TargetKind
from ...recommending.rules.store import rule_title
from ..kit.catalogue_names import catalogue_names, category_names
from ..kit.i18n import _, admin_texts, shown_time
from ..kit.products import ProductView, views
from ..slots.labels import placement_words, strategy_words

DotKind: TypeAlias = Literal["on", "waiting", "off"]

DOTS: Mapping[RuleState, DotKind] = {"on": "on", "scheduled": "waiting", "ended": "off", "off": "off"}


@dataclass(frozen=True, slots=True)
class RuleView:
    """A rule as a row shows it.

    Attributes:
        id: Its id; 0 for one that is not saved.
        rule: The rule.
        kind: What it does, in words.
        strength: How much, for a boost or bury; else "".
        target: The product it is about, where it is about one.
        target_words: Else what it is about, in words.
        seed: The product whose pages it is for, where it is for one's.
        seed_words: Else which pages it is for, in words.
        scope: The placement and the strategy it is limited to, in words.
        schedule: From when to when; "" without.
        state: Whether it counts now; *dot* is the kind of its dot, *state_words* its meaning.
    """

    id: int
    rule: Rule
    kind: str
    strength: str
    target: ProductView | None
    target_words: str
    seed: ProductView | None
    seed_words: str
    scope: tuple[str, ...]
    schedule: str
    state: RuleState
    dot: DotKind
    state_words: str

    @property
    def sentence(self) -> str:
        """The rule in one line."""
        target = self.target.title if self.target else self.target_words
        seed = _("Pages about %(title)s", title=self.seed.title) if self.seed else self.seed_words
        return " · ".join((" ".join(filter(None, (self.kind, self.strength))), target, seed, *self.scope))


def rule_views(rules: Mapping[int, Rule]) -> dict[int, RuleView]:
    """Rules by id in words; all their products are looked up at once, and so are the names of their categories."""
    products = views(sorted(set(_values(rules.values(), "product"))))
    names = category_names(_values(rules.values(), "category"))
    now = dt.datetime.now(dt.timezone.utc)
    return {rule_id: _view(rule_id, rule, products, names, now) for rule_id, rule in rules.items()}


def log_titles(rules: Mapping[int, Rule]) -> dict[int, str]:
    """What the log calls *rules*, by the same numbers; products by their ids where the catalogue fails."""
    try:
        found = views(sorted(set(_values(rules.values(), "product"))))
    except AdapterError:
        found = {}
    titles = {name: view.title for name, view in found.items() if view.known}
    return {number: rule_title(rule, titles) for number, rule in rules.items()}


def _values(rules: Iterable[Rule], kind: Literal["product", "category"]) -> Iterable[str]:
    for rule in rules:
        for found, value in ((rule.seed_kind, rule.seed_value), (rule.target_kind, rule.target_value)):
            if found == kind and value is not None:
                yield value


def _view(
    rule_id: int, rule: Rule, products: Mapping[str, ProductView], names: Mapping[str, str], now: dt.datetime
) -> RuleView:
    state = rule.state(now)
    strategies = strategy_words()
    placement = (placement_words().get(rule.placement, rule.placement),) if rule.placement else ()
    strategy = (strategies.get(rule.strategy, rule.strategy),) if rule.strategy else ()
    return RuleView(
        rule_id,
        rule,
        kind_words()[rule.kind],
        _("score × %(factor)s", factor=admin_texts().number(rule.strength / 100)) if rule.strength else "",
        products.get(rule.target_value or "") if rule.target_kind == "product" else None,
        _target(rule, names),
        products.get(rule.seed_value or "") if rule.seed_kind == "product" else None,
        _seed(rule, names),
        (*placement, *strategy),
        _schedule(rule),
        state,
        DOTS[state],
        state_words()[state],
    )


def kind_words() -> dict[RuleKind, str]:
    """What rules do."""
    return {"pin": _("Pin"), "exclude": _("Exclude"), "boost": _("Boost"), "bury": _("Bury")}


def state_words() -> dict[RuleState, str]:
    """Whether rules count."""
    return {"on": _("On"), "scheduled": _("Scheduled"), "ended": _("Ended"), "off": _("Off")}


def seed_words() -> dict[SeedKind, str]:
    """Which pages rules are for."""
    return {
        "any": _("Any page"),
        "product": _("Pages about a product"),
        "category": _("Pages about a category"),
        "brand": _("Pages about a brand"),
    }


def target_words() -> dict[TargetKind, str]:
    """What rules are about."""
    return {
        "product": _("A product"),
        "category": _("A category"),
        "brand": _("A brand"),
        "cheaper": _("Cheaper products"),
        "dearer": _("Dearer products"),
    }


def _target(rule: Rule, names: Mapping[str, str]) -> str:
    value = rule.target_value or ""
    if rule.target_kind == "category":
        return _("Category %(value)s", value=names.get(value, value))
    if rule.target_kind == "brand":
        return _("Brand %(value)s", value=value)
    percent = admin_texts().number(rule.price_percent or 0)
    if rule.target_kind == "cheaper":
        return _("Cheaper than %(percent)s%% of the page's product", percent=percent)
    if rule.target_kind == "dearer":
        return _("Dearer than %(percent)s%% of the page's product", percent=percent)
    return value


def _seed(rule: Rule, names: Mapping[str, str]) -> str:
    if rule.seed_kind == "category":
        return _("Pages about category %(value)s", value=names.get(rule.seed_value or "", ""))
    if rule.seed_kind == "brand":
        return _("Pages about brand %(value)s", value=rule.seed_value)
    return _("Any page") if rule.seed_kind == "any" else rule.seed_value or ""


def unmatched(rule: Rule) -> list[str]:
    """Sentences about a brand or category of *rule* that no product has; none where not all products were looked at."""
    names, found = catalogue_names(), []
    for kind, value in ((rule.target_kind, rule.target_value), (rule.seed_kind, rule.seed_value)):
        if names.is_whole and kind == "brand" and value not in names.brands:
            found.append(_("No product has the brand “%(value)s” (yet).", value=value))
        elif names.is_whole and kind == "category" and value not in names.categories:
            found.append(_("No product has the category “%(value)s” (yet).", value=value))
    return list(dict.fromkeys(found))


def _schedule(rule: Rule) -> str:
    if rule.starts_at and rule.ends_at:
        return _("%(start)s to %(end)s", start=shown_time(rule.starts_at), end=shown_time(rule.ends_at))
    if rule.starts_at:
        return _("from %(start)s", start=shown_time(rule.starts_at))
    return _("until %(end)s", end=shown_time(rule.ends_at)) if rule.ends_at else ""
