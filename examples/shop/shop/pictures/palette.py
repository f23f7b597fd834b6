"""The colours of all pictures, and lighter and darker shades of them."""

from __future__ import annotations

COLOURS = {
    "black": "#2c2e33",
    "graphite": "#50545c",
    "steel": "#b4bac1",
    "silver": "#c9cdd2",
    "white": "#f6f3ee",
    "cream": "#ecdfc6",
    "sand": "#d6c2a1",
    "oak": "#c59b68",
    "walnut": "#7b543b",
    "copper": "#bd7a50",
    "terracotta": "#c26f4d",
    "red": "#ae453e",
    "rose": "#d7a39c",
    "plum": "#7d6796",
    "mustard": "#d5a23f",
    "sage": "#9bb097",
    "forest": "#456653",
    "sky": "#a6c3d6",
    "blue": "#4c7196",
    "navy": "#30425c",
}

GROUNDS = {
    "cameras": "#ece9e4",
    "phones": "#e8ebee",
    "kitchen": "#f1ebe1",
    "garden": "#e7ece2",
    "bedding": "#efe8e8",
}

WHITE = (255, 255, 255)
DARK = (28, 26, 34)


def colour(name: str) -> str:
    """The hex value of a colour's name; unknown names are graphite."""
    return COLOURS.get(name, COLOURS["graphite"])


def lit(hexed: str, share: float) -> str:
    """The colour in more light (share > 0) or in shade (share < 0)."""
    red, green, blue = (int(hexed[start : start + 2], 16) for start in (1, 3, 5))
    goal = WHITE if share > 0 else DARK
    part = abs(share)
    mixed = (round(one + (other - one) * part) for one, other in zip((red, green, blue), goal, strict=True))
    return "#" + "".join(f"{value:02x}" for value in mixed)
