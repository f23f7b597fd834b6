"""What a bundle costs less, as one of the kinds of `price_kinds`; all amounts in minor units of a currency."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Final, cast

from ..core.currencies import is_currency, minor_digits
from ..core.errors import N_, InputError, shown
from ..core.problems import Problem, refuse
from ..money import from_minor, restored
from .price_kinds import NO_STEPS, RULES, PriceKind, PriceRule, on_step

MAX_AMOUNT: Final = 10**15
"""Amounts from here on are mistakes, as in `money.LIMIT`."""

MAX_FREE: Final = 100
_PERCENT_PLACES: Final = 4


@dataclass(frozen=True, slots=True)
class Price:
    """How the price of a set is made.

    Attributes:
        kind: The name of its class in `price_kinds.RULES`, which says which number it needs.
        percent: Above 0 to 100, at most four decimals.
        amounts: Minor units by currency. A currency that is missing is never converted: the bundle does not apply to
            such a cart.
        pieces: How many of the chosen items are free, the cheapest; for ``free`` in a mix. Elsewhere the components
            marked *free* are.
        steps: The shop's price steps, minor units by currency, where there are any; of the shop, so prices that differ in
            nothing else are equal. See `Definition.in_steps`.
        rate: The percentage in millionths of the whole; 0 for other kinds.
        rule: What it saves. Made here, because pricing asks for it with each cart.
    """

    kind: PriceKind
    percent: Decimal | None = None
    amounts: Mapping[str, int] = field(default_factory=dict)
    pieces: int = 1
    steps: Mapping[str, int] = field(default_factory=lambda: NO_STEPS, repr=False, compare=False)
    rate: int = field(init=False, repr=False, compare=False)
    rule: PriceRule = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        refuse(self._problems())
        object.__setattr__(self, "rate", int((self.percent or Decimal(0)).scaleb(_PERCENT_PLACES)))
        object.__setattr__(self, "amounts", MappingProxyType(dict(self.amounts)))
        object.__setattr__(self, "rule", RULES[self.kind](self.rate, self.amounts, self.pieces, self.steps))

    def _problems(self) -> Iterator[Problem]:
        if self.kind not in RULES:
            values = {"value": shown(self.kind), "names": ", ".join(RULES)}
            yield Problem(("kind",), N_("There is no price kind %(value)s; use one of %(names)s."), values)
            return
        rule = RULES[self.kind]
        if (self.percent is not None) != (rule.field == "percent"):
            message = N_("Only the price kind 'percent' takes a percentage; enter one or change the price kind.")
            yield Problem(("percent",), message, {})
        elif self.percent is not None:
            yield from _percent(self.percent)
        if bool(self.amounts) != (rule.field == "amounts"):
            message = N_("Only the price kinds %(names)s take amounts; they need one for each currency.")
            takers = ", ".join(name for name, rule in RULES.items() if rule.field == "amounts")
            yield Problem(("amounts",), message, {"names": takers})
        if type(self.pieces) is not int or not 1 <= self.pieces <= MAX_FREE:
            message = N_("The number of free items must be a whole number from 1 to %(most)s, not %(value)s.")
            yield Problem(("pieces",), message, {"most": MAX_FREE, "value": shown(self.pieces)})
        for currency, amount in self.amounts.items():
            yield from _amount(currency, amount, rule.least_amount)

    def __hash__(self) -> int:
        return hash((self.kind, self.percent, tuple(sorted(self.amounts.items())), self.pieces))

    def has(self, currency: str) -> bool:
        """Whether carts in *currency* can be priced."""
        return self.rule.has(currency)


def percent_off(percent: Decimal | int | str) -> Price:
    """This many percent off the sum."""
    return Price("percent", percent=_decimal(percent))


def amount_off(amounts: Mapping[str, int]) -> Price:
    """An amount off the sum, minor units by currency."""
    return Price("amount", amounts=amounts)


def fixed_price(amounts: Mapping[str, int]) -> Price:
    """The price of the whole set, minor units by currency."""
    return Price("fixed", amounts=amounts)


def free_items(pieces: int = 1) -> Price:
    """The components marked free cost nothing; in a mix the cheapest *pieces* do."""
    return Price("free", pieces=pieces)


def price_from_json(data: Mapping[str, object]) -> Price:
    """The price that `price_to_json` wrote; raises `InputError`."""
    percent, amounts = data.get("percent"), data.get("amounts", {})
    if not isinstance(amounts, Mapping):
        raise InputError("The amounts of a price must be an object from currency to minor units; correct the JSON.")
    return Price(
        cast(PriceKind, data.get("kind")),
        None if percent is None else _decimal(percent),
        _restored(cast("Mapping[str, int]", amounts), cast("Mapping[str, int]", data.get("digits", {}))),
        cast(int, data.get("pieces", 1)),
        cast("Mapping[str, int]", data.get("steps", NO_STEPS)),
    )


def price_to_json(price: Price) -> dict[str, object]:
    """*price* as plain JSON; what stands at its default is left out."""
    data: dict[str, object] = {"kind": price.kind}
    if price.percent is not None:
        data["percent"] = str(price.percent)
    if price.amounts:
        data["amounts"] = dict(sorted(price.amounts.items()))
        data["digits"] = {currency: minor_digits(currency) for currency in sorted(price.amounts)}
    data |= {"pieces": price.pieces} if price.pieces != 1 else {}
    return data | ({"steps": dict(price.steps)} if price.steps else {})


def step_problems(price: Price, steps: Mapping[str, int]) -> Iterator[Problem]:
    """Amounts of *price* that do not lie on the shop's *steps* (minor units by currency)."""
    for currency, amount in price.amounts.items():
        step = steps.get(currency, 1)
        if amount % step:
            message = N_("Amounts in %(currency)s must be multiples of %(step)s; enter %(nearest)s, for example.")
            nearest = max(step, on_step(amount, step))
            values = {name: f"{from_minor(one, currency):f}" for name, one in (("step", step), ("nearest", nearest))}
            yield Problem(("amounts", currency), message, {"currency": currency, **values})


def _restored(amounts: Mapping[str, int], digits: Mapping[str, int]) -> Mapping[str, int]:
    """Stored *amounts* say the same money, whatever decimals their currencies have today; unreadable ones are kept."""
    return {
        code: restored(minor, digits[code], code) if code in digits and type(minor) is int else minor
        for code, minor in amounts.items()
    }


def _decimal(value: object) -> Decimal:
    if isinstance(value, (bool, float)):
        raise InputError(f"A percentage must be a Decimal, an integer or text, not {value!r}; floats are not exact.")
    try:
        return Decimal(str(value))
    except (InvalidOperation, ValueError):
        raise InputError(f"A percentage must be a number such as 12.5; {shown(value)} is not.") from None


def _percent(percent: Decimal) -> Iterator[Problem]:
    if not isinstance(percent, Decimal) or not percent.is_finite() or not 0 < percent <= 100:
        message = N_("A percentage must be above 0 and at most 100; %(value)s is not.")
        yield Problem(("percent",), message, {"value": f"{percent!s:.40}"})
    elif percent != round(percent, _PERCENT_PLACES):
        message = N_("A percentage has at most %(places)s decimals; round %(value)s.")
        yield Problem(("percent",), message, {"places": _PERCENT_PLACES, "value": f"{percent!s:.40}"})


def _amount(currency: object, amount: object, least: int) -> Iterator[Problem]:
    if not is_currency(currency):
        message = N_("%(value)s is not a currency; use an ISO 4217 code such as 'EUR'.")
        yield Problem(("amounts",), message, {"value": shown(currency)})
    elif type(amount) is not int or not least <= amount < MAX_AMOUNT:
        message = N_(
            "The amount in %(currency)s must be a whole number of minor units from %(least)s and below %(most)s; "
            "%(value)s is not."
        )
        values = {"currency": currency, "least": least, "most": MAX_AMOUNT, "value": shown(amount)}
        yield Problem(("amounts", str(currency)), message, values)
