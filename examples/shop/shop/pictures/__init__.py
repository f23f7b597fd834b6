"""The pictures of the catalogue: SVG drawn from a product's kind, colour and shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from . import bedding, camera_care, cameras, garden, growing, kitchen, phones, table
from .drawing import Drawing
from .palette import GROUNDS

ROOMS: tuple[ModuleType, ...] = (cameras, camera_care, phones, kitchen, table, garden, growing, bedding)


def draw(kind: str, *, ground: str, colour: str, shape: Mapping[str, Any], title: str) -> str:
    """The SVG of one product; ``ground`` is the department whose backdrop it stands on."""
    drawing = Drawing(ground=GROUNDS[ground], colour=colour, shape=shape)
    _drawer(kind)(drawing)
    return drawing.svg(title)


def _drawer(kind: str) -> Callable[[Drawing], None]:
    for room in ROOMS:
        found = getattr(room, kind, None)
        if found is not None:
            drawer: Callable[[Drawing], None] = found
            return drawer
    raise LookupError(f"No drawing for the kind {kind!r}: add a function of that name in shop/pictures/.")
