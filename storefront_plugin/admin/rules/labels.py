"""Rules in words: what is done to which products, on which pages, and when."""

from __future__ import annotations

from ...core.errors import N_
from ...recommending.rules.rule import Rule
from ...recommending.rules.store import rule_title
from ..kit.catalogue_names import category_name, named
from ..kit.i18n import _, admin_texts, described_schedule, labels, shown_percent
from ..kit.products import known_title, product
from ..kit.templates import template_filter
from ..slots.labels import placement_labels, strategy_labels

kind_labels = labels(pin=N_("Pin"), exclude=N_("Exclude"), boost=N_("Boost"), bury=N_("Demote"))
seed_labels = labels(
    any=N_("Any page"),
    product=N_("Pages of a product"),
    category=N_("Pages of a category"),
    brand=N_("Pages of a brand"),
)
target_labels = labels(
    product=N_("A product"),
    category=N_("A category"),
    brand=N_("A brand"),
    cheaper=N_("Less expensive products"),
    dearer=N_("More expensive products"),
)


def about(rule: Rule) -> tuple[tuple[str, str | None], tuple[str, str | None]]:
    """What *rule* names: of its pages, and of its candidates."""
    return (rule.seed_kind, rule.seed_value), (rule.target_kind, rule.target_value)


@template_filter
def rule_kind_label(rule: Rule) -> str:
    """What *rule* does."""
    return kind_labels()[rule.kind]


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
        **described_schedule(rule),
        _("Note"): rule.note,
    }


def log_title(rule: Rule) -> str:
    """What the log is to call *rule*; a product by its id where the catalogue fails."""
    title = known_title(rule.target_value or "") if rule.target_kind == "product" else None
    return rule_title(rule, {rule.target_value or "": title} if title else {})


def called(rule: Rule, written: str) -> str:
    """What the log calls *rule* that it once called *written*: as then where the catalogue knows its product no more."""
    if rule.target_kind != "product" or known_title(rule.target_value or ""):
        return summary(rule)
    _kind, colon, what = written.partition(": ")
    return _("%(kind)s: %(what)s", kind=kind_labels()[rule.kind], what=what) if colon else written
