"""Rules in words: what is done to which products, on which pages, and when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ...core.clock import now
from ...core.errors import AdapterError
from ...recommending.rules.rule import Rule, RuleKind, RuleState, SeedKind, TargetKind
from ...recommending.rules.store import rule_title
from ..kit.catalogue_names import category_name, category_names, named, unmatched
from ..kit.i18n import _, admin_texts, shown_percent, shown_period
from ..kit.products import product, views
from ..kit.templates import template_filter, template_filters
from ..slots.labels import placement_labels, strategy_labels


def kind_labels() -> Mapping[RuleKind, str]:
    """What rules do."""
    return {"pin": _("Pin"), "exclude": _("Exclude"), "boost": _("Boost"), "bury": _("Demote")}


def state_labels() -> Mapping[RuleState, str]:
    """Whether rules count."""
    return {"on": _("Active"), "scheduled": _("Scheduled"), "ended": _("Ended"), "off": _("Inactive")}


def seed_labels() -> Mapping[SeedKind, str]:
    """Which pages rules are for."""
    return {
        "any": _("Any page"),
        "product": _("Pages of a product"),
        "category": _("Pages of a category"),
        "brand": _("Pages of a brand"),
    }


def target_labels() -> Mapping[TargetKind, str]:
    """What rules are about."""
    return {
        "product": _("A product"),
        "category": _("A category"),
        "brand": _("A brand"),
        "cheaper": _("Less expensive products"),
        "dearer": _("More expensive products"),
    }


def look_up(rules: Iterable[Rule]) -> None:
    """Look up at once the products and categories that *rules* name; raises `AdapterError`."""
    named = [(kind, value) for rule in rules for kind, value in _sides(rule) if value is not None]
    views(sorted(value for kind, value in named if kind == "product"))
    category_names(value for kind, value in named if kind == "category")


def _sides(rule: Rule) -> Iterator[tuple[str, str | None]]:
    yield rule.seed_kind, rule.seed_value
    yield rule.target_kind, rule.target_value


template_filters(
    rule_kind_label=lambda rule: kind_labels()[rule.kind],
    rule_state=lambda rule: rule.state(now()),
    rule_state_label=lambda rule: state_labels()[rule.state(now())],
)


@template_filter
def strength(rule: Rule) -> str:
    """How much a boost or bury changes the score; else ""."""
    if not rule.strength:
        return ""
    sign = "+" if rule.strength > 100 else "−"
    return f"{sign}{shown_percent(abs(rule.strength - 100) / 100)}"


def _effect(rule: Rule) -> str:
    return " ".join(filter(None, (kind_labels()[rule.kind], strength(rule))))


@template_filter
def target(rule: Rule) -> str:
    """Which products *rule* is about."""
    percent = admin_texts().number(rule.price_percent or 0)
    if rule.target_kind == "cheaper":
        return _("Less than %(percent)s%% of the page product's price", percent=percent)
    if rule.target_kind == "dearer":
        return _("More than %(percent)s%% of the page product's price", percent=percent)
    return named(rule.target_kind, rule.target_value or "")


@template_filter
def seed(rule: Rule) -> str:
    """Which pages *rule* is for."""
    value = rule.seed_value or ""
    if rule.seed_kind == "product":
        return _("Pages of %(title)s", title=product(value).title)
    if rule.seed_kind == "category":
        return _("Pages of category %(value)s", value=category_name(value))
    return _("Pages of brand %(value)s", value=value) if rule.seed_kind == "brand" else _("Any page")


@template_filter
def scope(rule: Rule) -> str:
    """The page type and the strategy that *rule* is limited to; "" without."""
    placements, strategies = placement_labels(), strategy_labels()
    found = ((placements, rule.placement), (strategies, rule.strategy))
    return " · ".join(labels.get(name, name) for labels, name in found if name)


@template_filter
def summary(rule: Rule) -> str:
    """*rule* in one line."""
    return " · ".join(filter(None, (_effect(rule), target(rule), seed(rule), scope(rule))))


def describe(rule: Rule) -> dict[str, str]:
    """The fields of *rule* in words, by their labels."""
    return {
        _("Action"): _effect(rule),
        _("Applies to"): target(rule),
        _("Pages affected"): seed(rule),
        _("Where"): scope(rule),
        _("Pin position"): admin_texts().number(rule.position),
        _("Time"): shown_period(rule.starts_at, rule.ends_at),
        _("Status"): _("Active") if rule.enabled else _("Inactive"),
        _("Note"): rule.note,
    }


def log_title(rule: Rule) -> str:
    """What the log is to call *rule*; a product by its id where the catalogue fails."""
    return rule_title(rule, _titles(rule))


def called(rule: Rule, written: str) -> str:
    """What the log calls *rule* that it once called *written*: as then where the catalogue knows its product no more."""
    if rule.target_kind != "product" or _titles(rule):
        return summary(rule)
    _kind, colon, what = written.partition(": ")
    return _("%(kind)s: %(what)s", kind=kind_labels()[rule.kind], what=what) if colon else written


def _titles(rule: Rule) -> dict[str, str]:
    try:
        found = product(rule.target_value or "") if rule.target_kind == "product" else None
    except AdapterError:  # the log is there without the catalogue
        return {}
    return {found.id: found.title} if found is not None and found.known else {}


@template_filter
def warnings(rule: Rule) -> list[str]:
    """What is to be said of a brand or category of *rule* that no product has."""
    return list(dict.fromkeys(text for kind, value in _sides(rule) for text in unmatched(kind, value or "")))
