"""A sheet of 800 × 800 units on which the drawing functions put shapes, all lit from the upper left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

from .palette import colour, lit

Stops = list[tuple[float, str]]


@dataclass
class Drawing:
    """One picture in the making; every method adds a shape on top of those before it."""

    ground: str
    colour: str = "graphite"
    shape: Mapping[str, Any] = field(default_factory=dict)
    _defs: dict[str, str] = field(default_factory=dict)
    _parts: list[str] = field(default_factory=list)

    @property
    def base(self) -> str:
        """The product's own colour as a hex value."""
        return colour(self.colour)

    # Paints

    def linear(self, stops: Stops, x1: float = 0, y1: float = 0, x2: float = 1, y2: float = 1) -> str:
        """A straight gradient over the shape's box."""
        return self._define("linearGradient", f'x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"', stops)

    def flat(self, hexed: str, depth: float = 1.0) -> str:
        """A plane that faces us: a little lighter at the upper left."""
        return self.linear([(0, lit(hexed, 0.14 * depth)), (0.5, hexed), (1, lit(hexed, -0.14 * depth))])

    def tube(self, hexed: str) -> str:
        """An upright cylinder."""
        return self.linear(
            [(0, lit(hexed, -0.16)), (0.22, lit(hexed, 0.24)), (0.45, hexed), (0.82, lit(hexed, -0.26)), (1, lit(hexed, -0.12))],
            0, 0, 1, 0,
        )  # fmt: skip

    def bar(self, hexed: str) -> str:
        """A lying cylinder."""
        return self.linear(
            [(0, lit(hexed, 0.08)), (0.25, lit(hexed, 0.22)), (0.6, hexed), (1, lit(hexed, -0.28))], 0, 0, 0, 1
        )

    def ball(self, hexed: str) -> str:
        """A round body."""
        place = 'cx="0.36" cy="0.3" r="0.8"'
        return self._define("radialGradient", place, [(0, lit(hexed, 0.28)), (0.5, hexed), (1, lit(hexed, -0.3))])

    def _define(self, tag: str, place: str, stops: Stops) -> str:
        inner = "".join(f'<stop offset="{offset:g}" stop-color="{hexed}"/>' for offset, hexed in stops)
        text = f"{place}>{inner}</{tag}>"
        name = self._defs.setdefault(f"{tag} {text}", f"p{len(self._defs)}")
        return f"url(#{name})"

    # Shapes

    def rect(self, x: float, y: float, w: float, h: float, fill: str, r: float = 0, **more: Any) -> None:
        """A rectangle with round corners."""
        self._add("rect", {"x": x, "y": y, "width": w, "height": h, "rx": r, "fill": fill, **more})

    def oval(self, cx: float, cy: float, rx: float, ry: float, fill: str, **more: Any) -> None:
        """An ellipse."""
        self._add("ellipse", {"cx": cx, "cy": cy, "rx": rx, "ry": ry, "fill": fill, **more})

    def disc(self, cx: float, cy: float, r: float, fill: str, **more: Any) -> None:
        """A circle."""
        self._add("circle", {"cx": cx, "cy": cy, "r": r, "fill": fill, **more})

    def path(self, d: str, fill: str, **more: Any) -> None:
        """Any outline."""
        self._add("path", {"d": d, "fill": fill, **more})

    def line(self, d: str, stroke: str, width: float, **more: Any) -> None:
        """An open stroke with round ends."""
        more = {"stroke_linecap": "round", "stroke_linejoin": "round", **more}
        self._add("path", {"d": d, "fill": "none", "stroke": stroke, "stroke_width": width, **more})

    def text(self, x: float, y: float, words: str, size: float, fill: str, **more: Any) -> None:
        """A few letters, centred."""
        named = {"x": x, "y": y, "font_size": size, "fill": fill, "text_anchor": "middle",
                 "font_family": "Helvetica, Arial, sans-serif", "font_weight": 600, **more}  # fmt: skip
        self._parts.append(f"<text{_written(named)}>{escape(words)}</text>")

    def shadow(self, cx: float, cy: float, rx: float, ry: float = 20) -> None:
        """The soft shadow where something stands."""
        for grow, strength in ((1.12, 0.05), (1.0, 0.08), (0.86, 0.11)):
            self.oval(cx + 10, cy, rx * grow, ry * grow, lit(self.ground, -0.9), opacity=strength)

    def gloss(self, d: str, strength: float = 0.22) -> None:
        """A reflection of the window."""
        self.path(d, "#ffffff", opacity=strength)

    @contextmanager
    def at(self, x: float = 0, y: float = 0, turn: float = 0, scale: float = 1) -> Iterator[None]:
        """Shapes inside are moved, scaled and turned around the point (x, y)."""
        self._parts.append(f'<g transform="translate({x:g} {y:g}) rotate({turn:g}) scale({scale:g})">')
        yield
        self._parts.append("</g>")

    def _add(self, tag: str, named: Mapping[str, Any]) -> None:
        self._parts.append(f"<{tag}{_written(named)}/>")

    def svg(self, title: str) -> str:
        """The finished file."""
        defs = "".join(
            f'<{key.split(" ", 1)[0]} id="{name}" {key.split(" ", 1)[1]}' for key, name in self._defs.items()
        )
        return (
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 800" width="800" height="800" role="img">'
            f"<title>{escape(title)}</title><defs>{defs}</defs>"
            f'<rect width="800" height="800" fill="{self.ground}"/>'
            f'<g transform="translate(-40 -44) scale(1.1)">{"".join(self._parts)}</g></svg>'
        )


def _written(named: Mapping[str, Any]) -> str:
    parts = []
    for name, value in named.items():
        shown = f"{value:.4g}" if isinstance(value, float) else str(value)
        parts.append(f' {name.replace("_", "-")}="{escape(shown, {chr(34): "&quot;"})}"')
    return "".join(parts)
