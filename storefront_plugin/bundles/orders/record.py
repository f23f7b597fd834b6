"""What was paid for an order and which bundles applied, kept with the order as JSON so that refunds can be exact."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from ...core.currencies import minor_digits
from ...core.errors import InputError
from ..bundle import Bundle
from ..cart.lines import LineItem
from ..cart.pricing import CartPricing
from ..definition import BundleText, Definition
from ..store.definition_json import definition_from_json, definition_to_json

FORMAT = 1
_NO_TEXTS = {"en": BundleText("-")}


@dataclass(frozen=True, slots=True)
class PaidPart:
    """Items that were priced the same: *paid* minor units for all of them, in sets of *bundle_id* or in none."""

    line: LineItem
    paid: int
    tax: int
    bundle_id: int | None = None


@dataclass(frozen=True, slots=True)
class UsedBundle:
    """A bundle that applied *count* times, with its definition as it was then."""

    id: int
    version: int
    count: int
    saving: int
    definition: Definition


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """An order as it was priced; *parts* outside of bundles come first, since they go back first."""

    currency: str
    tax_included: bool
    parts: tuple[PaidPart, ...]
    bundles: tuple[UsedBundle, ...] = ()

    @property
    def paid(self) -> int:
        """What the order cost, minor units, without tax where prices do not include it."""
        return sum(part.paid for part in self.parts)

    @property
    def step(self) -> int:
        """The price step of its bundles, minor units; 1 where there was none."""
        return max((used.definition.tiers[0].price.rule.step(self.currency) for used in self.bundles), default=1)

    def is_like(self, other: OrderRecord) -> bool:
        """Whether *other* is the same sale: the same parts at the same prices by the same bundles, whatever their texts."""
        return self._without_texts() == other._without_texts()

    def _without_texts(self) -> OrderRecord:
        bundles = (
            replace(used, version=0, definition=replace(used.definition, texts=_NO_TEXTS)) for used in self.bundles
        )
        return replace(self, bundles=tuple(bundles))

    def to_json(self) -> str:
        """The record as compact JSON."""
        data = {
            "format": FORMAT,
            "currency": self.currency,
            "digits": minor_digits(self.currency),
            "tax_included": self.tax_included,
            "parts": [_part_to_json(part) for part in self.parts],
            "bundles": [_bundle_to_json(bundle) for bundle in self.bundles],
        }
        return json.dumps(data, separators=(",", ":"), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> OrderRecord:
        """The record that `to_json` wrote; raises `InputError` for anything else."""
        try:
            data = json.loads(text)
            if data["format"] != FORMAT:
                raise InputError(f"The order record has format {data['format']!r:.20}; this version reads {FORMAT}.")
            _check_digits(data["currency"], data.get("digits"))
            parts = tuple(_part_from_json(part) for part in data["parts"])
            bundles = tuple(_bundle_from_json(bundle) for bundle in data["bundles"])
            return cls(data["currency"], data["tax_included"], parts, bundles)
        except (KeyError, TypeError, ValueError, ArithmeticError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(f"The order record cannot be read ({error!s:.80}); restore it from a backup.") from error


def _check_digits(currency: str, digits: int | None) -> None:
    """What was paid in other minor units must not be refunded in those of now."""
    if digits not in (None, minor_digits(currency)):
        raise InputError(
            f"The order was priced when {currency} had {digits} decimals, and it has {minor_digits(currency)} now; "
            "refund it by hand."
        )


def record_of(pricing: CartPricing, bundles: Sequence[Bundle]) -> OrderRecord:
    """The record of an order that was placed at *pricing*, which was made with *bundles*."""
    known = {bundle.id: bundle for bundle in bundles}
    parts = [paid for line in pricing.lines for paid in _paid_parts(line.line, line.total, line.tax, line.parts)]
    counts: dict[int, tuple[int, int]] = {}
    for applied in pricing.applied:
        count, saving = counts.get(applied.bundle_id, (0, 0))
        counts[applied.bundle_id] = (count + applied.count, saving + applied.saving)
    used = tuple(
        UsedBundle(bundle_id, known[bundle_id].version, count, saving, known[bundle_id].definition)
        for bundle_id, (count, saving) in sorted(counts.items())
    )
    parts.sort(key=lambda part: part.bundle_id is not None)
    return OrderRecord(pricing.currency, pricing.tax_included, tuple(parts), used)


def _paid_parts(line: LineItem, total: int, tax: int, parts: Sequence[Any]) -> list[PaidPart]:
    """The line's parts; its cost and tax are divided part by part, so that those of the parts sum to the line's."""
    paid, items, before, divided = [], 0, 0, 0
    for part in parts:
        own = line.cost_of(items + part.quantity) - line.cost_of(items) - part.discount
        items += part.quantity
        before += own
        until = tax * before // total if total else 0
        paid.append(PaidPart(replace(line, quantity=part.quantity), own, until - divided, part.bundle_id))
        divided = until
    return paid


def _part_to_json(part: PaidPart) -> dict[str, Any]:
    line = part.line
    data = {"product": line.product_id, "quantity": line.quantity, "unit_price": line.unit_price, "paid": part.paid}
    rate = None if line.tax_rate is None else str(line.tax_rate)
    measure = None if line.measure is None else str(line.measure)
    more = {
        "variant": line.variant_id,
        "tax_rate": rate,
        "measure": measure,
        "exact_price": None if line.exact_price is None else str(line.exact_price),
        "in_catalog": None if line.in_catalog else False,
        "tax": part.tax or None,
        "bundle": part.bundle_id,
    }
    return data | {name: value for name, value in more.items() if value is not None}


def _part_from_json(data: Mapping[str, Any]) -> PaidPart:
    rate, measure, exact = data.get("tax_rate"), data.get("measure"), data.get("exact_price")
    line = LineItem(
        data["product"],
        data["quantity"],
        data["unit_price"],
        data.get("variant"),
        None if rate is None else Decimal(rate),
        None if measure is None else Decimal(measure),
        data.get("in_catalog", True),
        None if exact is None else Decimal(exact),
    )
    return PaidPart(line, data["paid"], data.get("tax", 0), data.get("bundle"))


def _bundle_to_json(used: UsedBundle) -> dict[str, Any]:
    return {
        "id": used.id,
        "version": used.version,
        "count": used.count,
        "saving": used.saving,
        "definition": definition_to_json(used.definition),
    }


def _bundle_from_json(data: Mapping[str, Any]) -> UsedBundle:
    definition = definition_from_json(data["definition"])
    return UsedBundle(data["id"], data["version"], data["count"], data["saving"], definition)
