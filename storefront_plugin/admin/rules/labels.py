"""Rules in words: what is done to which products, on which pages, and when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ...core.clock import now
from ...core.errors import AdapterError
from ...recommending.rules.rule import Rule, RuleKind, RuleState, SeedKind, TargetKind
from ...recommending.rules.store import rule_title
from ..kit.catalogue_names import catalogue_names, category_name, category_names
from ..kit.i18n import _, admin_texts, shown_period
from ..kit.products import product, views
from ..kit.templates import template_filter
from ..slots.labels import placement_words, strategy_words


def kind_labels() -> Mapping[RuleKind, str]:
    """What rules do."""
    return {"pin": _("Pin"), "exclude": _("Exclude"), "boost": _("Boost"), "bury": _("Bury")}


def state_labels() -> Mapping[RuleState, str]:
    """Whether rules count."""
    return {"on": _("On"), "scheduled": _("Scheduled"), "ended": _("Ended"), "off": _("Off")}


def seed_labels() -> Mapping[SeedKind, str]:
    """Which pages rules are for."""
    return {
        "any": _("Any page"),
        "product": _("Pages about a product"),
        "category": _("Pages about a category"),
        "brand": _("Pages about a brand"),
    }


def target_labels() -> Mapping[TargetKind, str]:
    """What rules are about."""
    return {
        "product": _("A product"),
        "category": _("A category"),
        "brand": _("A brand"),
        "cheaper": _("Cheaper products"),
        "dearer": _("Dearer products"),
    }


def look_up(rules: Iterable[Rule]) -> None:
    """Look up at once the products and categories that *rules* name; raises `AdapterError`."""
    named = [(kind, value) for rule in rules for kind, value in _sides(rule) if value is not None]
    views(sorted(value for kind, value in named if kind == "product"))
    category_names(value for kind, value in named if kind == "category")


def _sides(rule: Rule) -> Iterator[tuple[str, str | None]]:
    yield rule.seed_kind, rule.seed_value
    yield rule.target_kind, rule.target_value


@template_filter
def rule_kind_label(rule: Rule) -> str:
    """What *rule* does."""
    return kind_labels()[rule.kind]


@template_filter
def rule_state(rule: Rule) -> RuleState:
    """Whether *rule* counts now."""
    return rule.state(now())


@template_filter
def rule_state_label(rule: Rule) -> str:
    """The same in words."""
    return state_labels()[rule_state(rule)]


@template_filter
def strength(rule: Rule) -> str:
    """How much a boost or bury changes the score; else ""."""
    return _("score × %(factor)s", factor=admin_texts().number(rule.strength / 100)) if rule.strength else ""


@template_filter
def target(rule: Rule) -> str:
    """Which products *rule* is about."""
    value, percent = rule.target_value or "", admin_texts().number(rule.price_percent or 0)
    if rule.target_kind == "product":
        return product(value).title
    if rule.target_kind == "category":
        return _("Category %(value)s", value=category_name(value))
    if rule.target_kind == "brand":
        return _("Brand %(value)s", value=value)
    if rule.target_kind == "cheaper":
        return _("Cheaper than %(percent)s%% of the page's product", percent=percent)
    return _("Dearer than %(percent)s%% of the page's product", percent=percent)


@template_filter
def seed(rule: Rule) -> str:
    """Which pages *rule* is for."""
    value = rule.seed_value or ""
    if rule.seed_kind == "product":
        return _("Pages about %(title)s", title=product(value).title)
    if rule.seed_kind == "category":
        return _("Pages about category %(value)s", value=category_name(value))
    return _("Pages about brand %(value)s", value=value) if rule.seed_kind == "brand" else _("Any page")


@template_filter
def scope(rule: Rule) -> str:
    """The page type and the strategy that *rule* is limited to; "" without."""
    placements, strategies = placement_words(), strategy_words()
    found = ((placements, rule.placement), (strategies, rule.strategy))
    return " · ".join(labels.get(name, name) for labels, name in found if name)


@template_filter
def schedule(rule: Rule) -> str:
    """From when to when *rule* counts; "" without."""
    return shown_period(rule.starts_at, rule.ends_at)


@template_filter
def sentence(rule: Rule) -> str:
    """*rule* in one line."""
    kind = " ".join(filter(None, (kind_labels()[rule.kind], strength(rule))))
    return " · ".join(filter(None, (kind, target(rule), seed(rule), scope(rule))))


def describe(rule: Rule) -> dict[str, str]:
    """The fields of *rule* in words, by their labels."""
    return {
        _("What it does"): " ".join(filter(None, (kind_labels()[rule.kind], strength(rule)))),
        _("To which products"): target(rule),
        _("On which pages"): seed(rule),
        _("Where"): scope(rule),
        _("Place among pinned products"): admin_texts().number(rule.position),
        _("When"): schedule(rule),
        _("State"): _("On") if rule.enabled else _("Off"),
        _("Note"): rule.note,
    }


def log_title(rule: Rule) -> str:
    """What the log is to call *rule*; a product by its id where the catalogue fails."""
    try:
        known = [product(rule.target_value or "")] if rule.target_kind == "product" else []
    except AdapterError:
        known = []
    return rule_title(rule, {one.id: one.title for one in known if one.known})


def called(rule: Rule, written: str) -> str:
    """What the log calls *rule* that it once called *written*: as then where the catalogue knows its product no more."""
    try:
        if rule.target_kind != "product" or product(rule.target_value or "").known:
            return sentence(rule)
    except AdapterError:  # the log is there without the catalogue
        pass
    _kind, colon, what = written.partition(": ")
    return _("%(kind)s: %(what)s", kind=rule_kind_label(rule), what=what) if colon else written


@template_filter
def unmatched(rule: Rule) -> list[str]:
    """What is to be said of a brand or category of *rule* that no product has; nothing where not all were looked at."""
    names = catalogue_names()
    known = {"brand": names.brands, "category": names.categories} if names.is_whole else {}
    said = {
        "brand": _("No product has the brand “%(value)s” (yet)."),
        "category": _("No product has the category “%(value)s” (yet)."),
    }
    found = (said[kind] % {"value": value} for kind, value in _sides(rule) if value not in known.get(kind, [value]))
    return list(dict.fromkeys(found))
