"""Scores in their order."""

from __future__ import annotations

from collections.abc import Collection, Mapping


def ranked(scores: Mapping[int, float], without: Collection[int] = ()) -> list[tuple[int, float]]:
    """Numbers with their scores, best first, ties by number; those *without* left out."""
    # Pairs of plain numbers sort several times faster than by a key function.
    order = sorted((-score, number) for number, score in scores.items() if number not in without)
    return [(number, -score) for score, number in order]
