"""The form of a rule, as typed, and the rule that it means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wtforms import BooleanField, Field, HiddenField, IntegerField, RadioField, SelectField, StringField
from wtforms.validators import Optional

from ...recommending.plan import PLACEMENTS
from ...recommending.rules.rule import MAX_NOTE, PRICE_KINDS, RULE_KINDS, SEED_KINDS, TARGET_KINDS, Rule, problems
from ...recommending.strategies import STRATEGIES
from ..kit.forms import AdminForm, Combobox, MomentField
from ..kit.i18n import _
from ..slots.labels import placement_words, strategy_words
from .labels import kind_words, seed_words, target_words

_WITH_VALUE = ("product", "category", "brand")

USUAL_STRENGTH: Mapping[str, int] = {"boost": 150, "bury": 50}
"""Percent of the score where none is typed."""


class RuleForm(AdminForm):
    """One rule. Which of the fields for products, categories and brands count is said by the kinds."""

    version = HiddenField()
    kind = RadioField()
    target_kind = SelectField()
    target_product = Combobox(source="products")
    target_category = Combobox(source="categories")
    target_brand = Combobox(source="brands")
    price_percent = IntegerField(validators=[Optional()])
    strength = IntegerField(validators=[Optional()])
    seed_kind = SelectField()
    seed_product = Combobox(source="products")
    seed_category = Combobox(source="categories")
    seed_brand = Combobox(source="brands")
    placement = SelectField()
    strategy = SelectField()
    position = IntegerField(validators=[Optional()])
    enabled = BooleanField()
    starts_at = MomentField(validators=[Optional()])
    ends_at = MomentField(validators=[Optional()])
    note = StringField(render_kw={"maxlength": MAX_NOTE, "dir": "auto"})

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.kind.choices = [(name, kind_words()[name]) for name in RULE_KINDS]
        self.target_kind.choices = [(name, target_words()[name]) for name in TARGET_KINDS]
        self.seed_kind.choices = [(name, seed_words()[name]) for name in SEED_KINDS]
        self.placement.choices = [
            ("", _("All page types")),
            *((name, placement_words()[name]) for name in PLACEMENTS),
        ]
        self.strategy.choices = [("", _("All slots")), *((name, strategy_words()[name]) for name in STRATEGIES)]
        for name, label in _labels().items():
            self[name].label.text = label

    def read(self, before: Rule | None = None) -> Rule | None:
        """The rule as typed, or None where it cannot be one; then the fields say why. *before* is the one edited."""
        if self.kind.data == "pin":  # which has no other; the choice is put away then, and may stand anywhere
            self.target_kind.data = "product"
        fine: bool = self.validate_on_submit()
        known = (before.target_value, before.seed_value) if before else ()
        rule = Rule(
            kind=self.kind.data,
            seed_kind=self.seed_kind.data,
            seed_value=self._value("seed", known),
            target_kind=self.target_kind.data,
            target_value=self._value("target", known),
            price_percent=self.price_percent.data if self.target_kind.data in PRICE_KINDS else None,
            strength=self._strength(before),
            placement=self.placement.data or None,
            strategy=self.strategy.data or None,
            position=(self.position.data or 0) if self.kind.data == "pin" else 0,
            enabled=self.enabled.data,
            starts_at=self.starts_at.data,
            ends_at=self.ends_at.data,
            note=(self.note.data or "").strip(),
        )
        for path, message, values in problems(rule, STRATEGIES):
            self._refuse(self[self._field_of(str(path[0]))], _(message, **values))
        return rule if fine and not any(field.errors for field in self) else None

    def _strength(self, before: Rule | None) -> int | None:
        """As typed; the usual one where none was, or where the kind was changed and that of the other kind left."""
        usual = USUAL_STRENGTH.get(self.kind.data)
        left = before is not None and before.kind != self.kind.data and before.strength == self.strength.data
        return usual if usual is None or left or self.strength.data is None else self.strength.data

    def _value(self, part: str, known: tuple[str | None, ...]) -> str | None:
        """What the *part* (seed or target) is about."""
        kind = self[f"{part}_kind"].data
        value: str | None = self[f"{part}_{kind}"].read(known) if kind in _WITH_VALUE else None
        return value

    def _field_of(self, name: str) -> str:
        if name in ("seed_value", "target_value"):
            part = name.removesuffix("_value")
            kind = self[f"{part}_kind"].data
            return f"{part}_{kind}" if kind in _WITH_VALUE else f"{part}_kind"
        return name

    def _refuse(self, field: Field, message: str) -> None:
        if not field.errors:
            field.errors = [message]


def form_values(rule: Rule) -> dict[str, Any]:
    """What the fields hold for *rule*."""
    values: dict[str, Any] = {
        name: getattr(rule, name)
        for name in ("kind", "target_kind", "seed_kind", "price_percent", "strength", "position", "enabled", "note")
    }
    for part in ("target", "seed"):
        values |= {f"{part}_{kind}": "" for kind in _WITH_VALUE}
        kind, value = getattr(rule, f"{part}_kind"), getattr(rule, f"{part}_value")
        values |= {f"{part}_{kind}": value} if kind in _WITH_VALUE else {}
    values |= {"placement": rule.placement or "", "strategy": rule.strategy or ""}
    return values | {"starts_at": rule.starts_at, "ends_at": rule.ends_at}


def _labels() -> dict[str, str]:
    return {
        "kind": _("What it does"),
        "target_kind": _("To which products"),
        "target_product": _("Product"),
        "target_category": _("Category"),
        "target_brand": _("Brand"),
        "price_percent": _("Percent of the price"),
        "strength": _("Percent of the score"),
        "seed_kind": _("On which pages"),
        "seed_product": _("Pages about this product"),
        "seed_category": _("Pages about this category"),
        "seed_brand": _("Pages about this brand"),
        "placement": _("Page type"),
        "strategy": _("Slots"),
        "position": _("Place among pinned products"),
        "enabled": _("On"),
        "starts_at": _("From"),
        "ends_at": _("Until"),
        "note": _("Note"),
    }
