"""Spreading an amount over parts so that the parts sum to it, to the unit."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import InputError


def spread(amount: int, weights: Sequence[int]) -> list[int]:
    """*amount* in parts like *weights*, by largest remainder; of equal remainders the earlier part gets the unit.

    No part is above its weight when *amount* is not above their sum. Raises `InputError` for a negative amount or
    weight, and for an amount without any weight.
    """
    whole = sum(weights)
    if amount < 0 or any(weight < 0 for weight in weights) or (amount and not whole):
        raise InputError(
            f"{amount} cannot be spread over {len(weights)} parts of the sum {whole}; give weights above 0."
        )
    if not whole:
        return [0] * len(weights)
    parts = [amount * weight // whole for weight in weights]
    rest = amount - sum(parts)
    by_remainder = sorted(range(len(weights)), key=lambda at: (-(amount * weights[at] % whole), at))
    for at in by_remainder[:rest]:
        parts[at] += 1
    return parts


def up_to(amount: int, pieces: int, taken: int) -> int:
    """What *taken* of *pieces* alike get of *amount*: rounded down, so that the last piece takes the remainder."""
    return amount * taken // pieces
