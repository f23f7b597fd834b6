"""The form of a rule, as typed, and the rule that it means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from wtforms import BooleanField, IntegerField, RadioField, SelectField, StringField
from wtforms.validators import Optional

from ...core.errors import N_
from ...recommending.rules.rule import MAX_NOTE, PRICE_KINDS, Rule, problems
from ...recommending.strategies import STRATEGIES
from ..kit.editors import EditorForm
from ..kit.forms import Combobox, MomentField, choices
from ..slots.labels import placement_labels, strategy_label
from .labels import kind_labels, seed_labels, target_labels

USUAL_STRENGTH: Mapping[str, int] = {"boost": 150, "bury": 50}
"""Percent of the score where none is typed."""

_NAMED = ("product", "category", "brand")


def _strategies() -> dict[str, str]:
    return {name: strategy_label(name) for name in STRATEGIES}


class RuleForm(EditorForm[Rule]):
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
    enabled = BooleanField(N_("Active"))
    starts_at = MomentField(N_("From"), [Optional()])
    ends_at = MomentField(N_("Until"), [Optional()])
    note = StringField(N_("Note"), render_kw={"maxlength": MAX_NOTE, "dir": "auto"})

    @staticmethod
    def values(definition: Rule) -> dict[str, Any]:
        """What the fields hold for a rule."""
        values: dict[str, Any] = {field.name: getattr(definition, field.name) for field in fields(Rule)}
        for part in ("target", "seed"):
            kind, value = values[f"{part}_kind"], values[f"{part}_value"]
            values |= {f"{part}_{name}": value if name == kind else "" for name in _NAMED}
        return values | {"placement": definition.placement or "", "strategy": definition.strategy or ""}

    def read(self, before: Rule | None = None) -> Rule | None:
        """The rule as typed, or None where it cannot be one; then the fields say why. *before* is the one edited."""
        if self.kind.data == "pin":  # which has no other; the choice is put away then, and may stand anywhere
            self.target_kind.data = "product"
        self.validate_on_submit()
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
        self.add_problems(problems(rule, STRATEGIES), self._field_of)
        return None if self.errors else rule

    def _strength(self, before: Rule | None) -> int | None:
        """As typed; the usual one where none was, or where the kind was changed and that of the other kind left."""
        usual = USUAL_STRENGTH.get(self.kind.data)
        left = before is not None and before.kind != self.kind.data and before.strength == self.strength.data
        return usual if usual is None or left or self.strength.data is None else self.strength.data

    def _value(self, part: str, known: tuple[str | None, ...]) -> str | None:
        """What the *part* (seed or target) is about."""
        kind = self[f"{part}_kind"].data
        value: str | None = self[f"{part}_{kind}"].read(known) if kind in _NAMED else None
        return value

    def _field_of(self, name: str) -> str:
        if name not in ("seed_value", "target_value"):
            return name
        part = name.removesuffix("_value")
        kind = self[f"{part}_kind"].data
        return f"{part}_{kind}" if kind in _NAMED else f"{part}_kind"
