"""The editor of one rule: its form, the rule that it means, and what that would change on a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from flask import request
from wtforms import IntegerField, RadioField, SelectField, StringField
from wtforms.validators import Optional

from ...core.errors import N_, ngettext_noop
from ...core.sql.flat_store import FlatStore
from ...proxies import current_services
from ...recommending.explaining import ExplainedSlot
from ...recommending.plan import running
from ...recommending.rules.compiled import RuleBook
from ...recommending.rules.rule import MAX_NOTE, PRICE_KINDS, RULE_KINDS, Rule
from ...recommending.strategies import STRATEGIES
from ...shop.ports import Product
from ..kit import products
from ..kit.catalogue_names import catalogue_names
from ..kit.editor_forms import ScheduledForm
from ..kit.editors import Editor
from ..kit.forms import Combobox, choices
from ..kit.preview_page import ABOUT_MANY, ABOUT_ONE, requested_page, usual_product
from ..kit.products import Found
from ..slots.labels import placement_labels, slot_title, strategy_label
from .labels import about, called, describe, kind_labels, log_title, seed_labels, summary, target_labels

USUAL_STRENGTH: Mapping[str, int] = {"boost": 150, "bury": 50}
"""Percent of the score where none is typed."""


def _strategies() -> dict[str, str]:
    return {name: strategy_label(name) for name in STRATEGIES}


class RuleForm(ScheduledForm[Rule]):
    """One rule. Which of the fields for products, categories and brands count is said by the kinds."""

    kind = RadioField(N_("Action"), choices=choices(kind_labels))
    target_kind = SelectField(N_("Applies to"), choices=choices(target_labels))
    target_product = Combobox(N_("Product"), "products")
    target_category = Combobox(N_("Category"), "categories")
    target_brand = Combobox(N_("Brand"), "brands")
    price_percent = IntegerField(N_("Percentage of the price"), [Optional()])
    strength = IntegerField(N_("Percentage of the score"), [Optional()])
    seed_kind = SelectField(N_("Pages affected"), choices=choices(seed_labels))
    seed_product = Combobox(N_("Product of the pages"), "products")
    seed_category = Combobox(N_("Category of the pages"), "categories")
    seed_brand = Combobox(N_("Brand of the pages"), "brands")
    placement = SelectField(N_("Page type"), choices=choices(placement_labels, N_("All page types")))
    strategy = SelectField(N_("Slot"), choices=choices(_strategies, N_("All slots")))
    position = IntegerField(N_("Pin position"), [Optional()])
    note = StringField(N_("Note"), render_kw={"maxlength": MAX_NOTE, "dir": "auto"})

    def read(self, store: FlatStore[Rule], before: Rule | None = None) -> Rule | None:
        """A pin is about a product: what else it is about is put away then, and may stand anywhere."""
        if self.kind.data == "pin":
            self.target_kind.data = "product"
        return super().read(store, before)

    def typed(self, store: FlatStore[Rule], before: Rule | None) -> dict[str, Any]:
        """Only what the kinds have counts."""
        values = super().typed(store, before)
        return values | {
            "price_percent": values["price_percent"] if values["target_kind"] in PRICE_KINDS else None,
            "strength": self._strength(before),
            "position": values["position"] if values["kind"] == "pin" else 0,
        }

    def _strength(self, before: Rule | None) -> int | None:
        """As typed; the usual one where none was, or where the kind was changed and that of the other kind left."""
        usual = USUAL_STRENGTH.get(self.kind.data)
        left = before is not None and before.kind != self.kind.data and before.strength == self.strength.data
        return usual if usual is None or left or self.strength.data is None else self.strength.data


class ChangedSlot(NamedTuple):
    """A slot that shows other products with the rule: their ids without and with it."""

    title: str
    before: Sequence[str]
    after: Sequence[str]


@dataclass(frozen=True, slots=True)
class RulePreview:
    """A page with the rule: *slots* are those it changes, of *count* in all. *requested* is the product of the page.

    It *is_unknown* where words were typed that mean none.
    """

    placement: str
    requested: Found
    has_product: bool
    slots: Sequence[ChangedSlot]
    count: int
    is_unknown: bool = False


def preview_of(rule: Rule, rule_id: int) -> RulePreview:
    """What *rule*, switched on now, changes on the page of the typed ``preview_product``, else on one it is for.

    Raises `StorefrontError` where the page cannot be made now.
    """
    placement, text = rule.placement or "product", request.values.get("preview_product", "")
    requested = products.resolve(text) if text.strip() else Found(_own_product(rule))
    if text.strip() and requested == Found():
        return RulePreview("", requested, False, (), 0, is_unknown=True)
    ids, own = (
        ([requested.product.id], requested.product.category_ids[:1]) if requested.product is not None else ([], ())
    )
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
    has_product = requested.product is not None and placement in ABOUT_ONE | ABOUT_MANY
    return RulePreview(placement_labels()[placement], requested, has_product, changed, len(slots))


def _own_product(rule: Rule) -> Product | None:
    """A product whose page the rule is for."""
    value, names = rule.seed_value or "", catalogue_names()
    examples = {"product": {value: value}, "category": names.categories, "brand": names.brands}
    example = examples.get(rule.seed_kind, {}).get(value)
    return products.look_up([example]).get(example) if example else usual_product()


def _ids(slot: ExplainedSlot) -> list[str]:
    return [one.product_id for one in slot.shown]


def _new() -> Rule:
    """``kind``, ``target`` and ``seed`` (product ids) in the address fill the form in."""
    seed = request.args.get("seed")
    return Rule(
        kind=next((one for one in RULE_KINDS if one == request.args.get("kind")), "pin"),
        target_value=request.args.get("target"),
        seed_kind="product" if seed else "any",
        seed_value=seed,
        price_percent=50,
    )


EDITOR = Editor(
    name="rule",
    list_endpoint="rules",
    path="/rules",
    template="rules/editor.html",
    preview_template="rules/preview.html",
    label=N_("Rule"),
    plural=N_("Rules"),
    counted=ngettext_noop("%(num)s rule", "%(num)s rules"),
    store=lambda: current_services.rules,
    form=RuleForm,
    new=_new,
    describe=describe,
    summary=summary,
    about=about,
    log_title=log_title,
    called=called,
    saved=N_("Rule saved. Live within a second."),
    preview=preview_of,
)
