"""What a rule changes: the slots of a page with it and without it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ...proxies import current_storefront
from ...recommending.explaining import ExplainedSlot
from ...recommending.plan import running
from ...recommending.rule_book import RuleBook
from ...recommending.rules import Rule
from ...shop.ports import Product
from . import products
from .asked_pages import ABOUT_MANY, ABOUT_ONE, asked_page
from .catalogue_names import catalogue_names
from .language import admin_texts
from .products import Found, ProductView
from .slot_preview import usual_product
from .slot_views import placement_words


@dataclass(frozen=True, slots=True)
class ChangedSlot:
    """A slot that shows something else with the rule; *new* are the products that it did not show before."""

    title: str
    before: tuple[ProductView, ...]
    after: tuple[ProductView, ...]
    new: frozenset[str]
    gone: frozenset[str]


@dataclass(frozen=True, slots=True)
class RulePreview:
    """A page with the rule: *slots* are those it changes, of *count* in all. *asked* is the product of the page."""

    placement: str
    asked: Found
    product: ProductView | None
    slots: tuple[ChangedSlot, ...]
    count: int


def preview_of(rule: Rule, rule_id: int, text: str) -> RulePreview:
    """What *rule*, switched on now, changes on the page that *text* names; else on that of its own product.

    Raises `StorefrontError` where the page cannot be made now.
    """
    placement = rule.placement or "product"
    asked = products.resolve(text) if text.strip() else Found(_own_product(rule))
    ids = [asked.product.id] if asked.product is not None else []
    own = next(iter(asked.product.category_ids), None) if asked.product is not None else None
    page = asked_page(placement, ids, rule.seed_value if rule.seed_kind == "category" else own)
    parts = current_storefront.mounted
    slots = running(parts.plan[placement])
    others = {one: kept for one, kept in parts.held.get(patient=True).rules.rules.items() if one != rule_id}
    now = replace(rule, enabled=True, starts_at=None, ends_at=None)
    before = parts.explain(replace(page, shown=set()), slots, RuleBook(others))
    after = parts.explain(replace(page, shown=set()), slots, RuleBook({**others, rule_id: now}))
    view = products.view_of(asked.product) if asked.product and placement in ABOUT_ONE | ABOUT_MANY else None
    changed = tuple(_changed(one, other) for one, other in zip(before, after, strict=True) if _ids(one) != _ids(other))
    return RulePreview(placement_words()[placement], asked, view, changed, len(slots))


def _own_product(rule: Rule) -> Product | None:
    """A product whose page the rule is for."""
    value, names = rule.seed_value or "", catalogue_names()
    examples = {"product": {value: value}, "category": names.categories, "brand": names.brands}
    example = examples.get(rule.seed_kind, {}).get(value)
    return products.look_up([example]).get(example) if example else usual_product()


def _changed(before: ExplainedSlot, after: ExplainedSlot) -> ChangedSlot:
    slot = before.slot
    old, new = frozenset(_ids(before)), frozenset(_ids(after))
    title = admin_texts().title(slot.strategies[0], slot.title)
    return ChangedSlot(title, _views(before), _views(after), new - old, old - new)


def _ids(slot: ExplainedSlot) -> Sequence[str]:
    return [one.product_id for one in slot.shown]


def _views(slot: ExplainedSlot) -> tuple[ProductView, ...]:
    return tuple(products.view_of(one.product) for one in slot.shown if one.product is not None)
