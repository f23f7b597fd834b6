"""What a rule would change on a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from flask import request

from ...proxies import current_services
from ...recommending.explaining import ExplainedSlot
from ...recommending.plan import running
from ...recommending.rules.compiled import RuleBook
from ...recommending.rules.rule import Rule
from ...shop.ports import Product
from ..kit import products
from ..kit.catalogue_names import catalogue_names
from ..kit.preview_page import ABOUT_MANY, ABOUT_ONE, requested_page, usual_product
from ..kit.products import Found
from ..slots.labels import placement_labels, slot_title


class ChangedSlot(NamedTuple):
    """A slot that shows other products with the rule: their ids without and with it."""

    title: str
    before: Sequence[str]
    after: Sequence[str]


@dataclass(frozen=True, slots=True)
class RulePreview:
    """A page with the rule: *slots* are those it changes, of *count* in all. *asked* is the product of the page."""

    placement: str
    asked: Found
    has_product: bool
    slots: Sequence[ChangedSlot]
    count: int


def preview_of(rule: Rule, rule_id: int) -> RulePreview:
    """What *rule*, switched on now, changes on the page of the typed ``preview_product``, else on one it is for.

    Raises `StorefrontError` where the page cannot be made now.
    """
    placement, text = rule.placement or "product", request.values.get("preview_product", "")
    asked = products.resolve(text) if text.strip() else Found(_own_product(rule))
    ids, own = ([asked.product.id], asked.product.category_ids[:1]) if asked.product is not None else ([], ())
    page = requested_page(placement, ids, rule.seed_value if rule.seed_kind == "category" else next(iter(own), None))
    suggestions = current_services.suggestions
    slots = running(suggestions.plan[placement])
    others = dict(current_services.snapshots.get(blocking=True).rules.rules)
    others.pop(rule_id, None)
    now = replace(rule, enabled=True, starts_at=None, ends_at=None)
    before = suggestions.explain(replace(page, shown=set()), slots, RuleBook(others))
    after = suggestions.explain(replace(page, shown=set()), slots, RuleBook({**others, rule_id: now}))
    pairs = [(one.slot, _ids(one), _ids(other)) for one, other in zip(before, after, strict=True)]
    changed = [ChangedSlot(slot_title(slot), *ids) for slot, *ids in pairs if ids[0] != ids[1]]
    products.views(name for slot in changed for name in (*slot.before, *slot.after))
    has_product = asked.product is not None and placement in ABOUT_ONE | ABOUT_MANY
    return RulePreview(placement_labels()[placement], asked, has_product, changed, len(slots))


def _own_product(rule: Rule) -> Product | None:
    """A product whose page the rule is for."""
    value, names = rule.seed_value or "", catalogue_names()
    examples = {"product": {value: value}, "category": names.categories, "brand": names.brands}
    example = examples.get(rule.seed_kind, {}).get(value)
    return products.look_up([example]).get(example) if example else usual_product()


def _ids(slot: ExplainedSlot) -> list[str]:
    return [one.product_id for one in slot.shown]
