# ruff: noqa: E501
"""Cameras, lenses and what belongs to them."""

from __future__ import annotations

from .drawing import Drawing
from .palette import colour, lit

BLACK = colour("black")
STEEL = colour("steel")


def eye(d: Drawing, x: float, y: float, r: float, trim: str = "graphite") -> None:
    """The front of a lens, seen from ahead."""
    d.disc(x, y, r, d.ball(BLACK))
    d.disc(x, y, r * 0.94, d.flat(colour(trim) if trim != "graphite" else lit(BLACK, 0.12)))
    d.disc(x, y, r * 0.86, d.flat(lit(BLACK, 0.04)))
    d.disc(x, y, r * 0.72, lit(BLACK, -0.35))
    d.disc(x, y, r * 0.6, d.linear([(0, "#3d5577"), (0.5, "#1d2436"), (1, "#4a3f66")]))
    d.disc(x, y, r * 0.36, d.linear([(0, "#20283c"), (1, "#10131d")]))
    d.oval(
        x - r * 0.24,
        y - r * 0.28,
        r * 0.17,
        r * 0.11,
        "#ffffff",
        opacity=0.5,
        transform=f"rotate(-38 {x - r * 0.24:g} {y - r * 0.28:g})",
    )
    d.disc(x + r * 0.24, y + r * 0.26, r * 0.05, "#bcd3ef", opacity=0.55)


def camera(d: Drawing) -> None:
    """A mirrorless body with its mount open or a lens in front."""
    retro, grip, big = (bool(d.shape.get(key)) for key in ("retro", "grip", "big"))
    metal = STEEL if retro or d.colour == "silver" else lit(BLACK, 0.1)
    skin = BLACK if d.colour == "silver" else d.base
    left, right, top = 150, 650, 290 if not big else 262
    d.shadow(400, 596, 268, 20)
    hump = f"M312 {top} L338 {top - 62} Q342 {top - 72} 354 {top - 72} H446 Q458 {top - 72} 462 {top - 62} L488 {top} Z"
    if retro:
        hump = f"M322 {top} V{top - 44} Q322 {top - 56} 334 {top - 56} H466 Q478 {top - 56} 478 {top - 44} V{top} Z"
    d.path(hump, d.flat(metal))
    d.rect(222, top - 30, 66, 34, d.tube(metal), 8)
    d.rect(520, top - 24, 58, 28, d.tube(metal), 8)
    d.rect(596, top - 16, 30, 20, d.tube(colour("terracotta") if not retro else metal), 7)
    d.rect(left, top, right - left, 590 - top, d.flat(metal), 40)
    d.rect(left, top + 52, right - left, 590 - top - 92, d.flat(skin), 6)
    for step in range(9):
        y = top + 66 + step * ((590 - top - 120) / 8)
        d.line(f"M{left + 8} {y:.0f} H{right - 8}", lit(skin, 0.16), 2, opacity=0.22)
    if grip:
        d.path(
            f"M{left - 14} {top + 30} Q{left - 26} 440 {left - 8} 572 Q{left} 592 {left + 26} 592 H{left + 82} V{top + 14} H{left + 18} Q{left - 8} {top + 8} {left - 14} {top + 30} Z",
            d.tube(lit(skin, -0.06)),
        )
    d.disc(400, 448, 146, d.flat(lit(metal, -0.06)))
    eye(d, 400, 448, 132)
    d.rect(596, top + 18, 26, 18, "#f4d9a0", 6, opacity=0.85)
    d.rect(372, top - 46, 56, 8, lit(metal, 0.5), 4, opacity=0.7)
    d.gloss(
        f"M{left + 36} {top + 6} H{right - 36} Q{right - 20} {top + 8} {right - 10} {top + 22} H{left + 10} Q{left + 18} {top + 8} {left + 36} {top + 6} Z",
        0.16,
    )


def compact(d: Drawing) -> None:
    """A small camera with a fixed lens."""
    d.shadow(400, 566, 222, 18)
    d.rect(300, 296, 66, 24, d.tube(STEEL), 8)
    d.rect(490, 300, 52, 20, d.tube(colour("terracotta")), 8)
    d.rect(190, 312, 420, 250, d.flat(d.base), 44)
    d.rect(190, 352, 420, 8, lit(d.base, -0.12), 0, opacity=0.5)
    eye(d, 420, 446, 92, "silver")
    d.rect(226, 378, 62, 40, d.flat(lit(BLACK, 0.08)), 10)
    d.rect(234, 385, 46, 12, "#ffffff", 6, opacity=0.2)
    d.disc(560, 390, 14, "#f4d9a0")
    d.gloss("M226 318 H574 Q590 322 598 336 H202 Q210 322 226 318 Z", 0.4)


def lens(d: Drawing) -> None:
    """A lens standing on its mount."""
    tall = 360 * float(d.shape.get("length", 0.6)) + 96
    half = 132 * float(d.shape.get("wide", 1))
    top, x = 610 - tall - 20, 400.0
    trim = colour(str(d.shape.get("trim", "steel")))
    grow = min(1.3, 520 / (tall + 60))
    with d.at(400 - 400 * grow, 618 - 618 * grow, 0, grow):
        d.shadow(x, 618, half + 20, 22)
        d.rect(x - half * 0.8, 596, half * 1.6, 24, d.tube(STEEL), 6)
        d.rect(x - half * 0.9, top + tall * 0.62, half * 1.8, tall * 0.38, d.tube(lit(BLACK, 0.05)), 12)
        d.rect(x - half * 0.9, top + tall * 0.66, half * 1.8, 9, d.tube(trim))
        d.rect(x - half, top + tall * 0.2, half * 2, tall * 0.42, d.tube(lit(BLACK, 0.02)), 10)
        ribs = 22
        for step in range(1, ribs):
            place = x - half * 0.98 * (1 - 2 * step / ribs)
            d.line(f"M{place:.0f} {top + tall * 0.25:.0f} V{top + tall * 0.55:.0f}", lit(BLACK, 0.3), 3, opacity=0.32)
        if d.shape.get("zoom"):
            d.rect(x - half * 1.02, top + tall * 0.3, half * 2.04, tall * 0.03 + 6, d.tube(trim))
        d.rect(x - half * 0.96, top, half * 1.92, tall * 0.24, d.tube(lit(BLACK, 0.08)), 10)
        d.oval(x, top + 6, half * 0.96, half * 0.26, d.flat(lit(BLACK, 0.2)))
        d.oval(x, top + 7, half * 0.84, half * 0.21, lit(BLACK, -0.3))
        d.oval(x, top + 12, half * 0.66, half * 0.15, d.linear([(0, "#5b7aa6"), (0.5, "#232b42"), (1, "#64528c")]))
        d.oval(x - half * 0.24, top + 6, half * 0.16, half * 0.04, "#ffffff", opacity=0.55)
        d.disc(x - half * 0.42, top + tall * 0.8, 7, colour("terracotta"))
        d.rect(x - half * 0.2, top + tall * 0.79, half * 0.5, 7, "#ffffff", 3, opacity=0.5)


def sling(d: Drawing) -> None:
    """A sling bag with its strap."""
    d.line("M196 420 C120 150 420 90 610 400", lit(d.base, -0.3), 34)
    d.line("M196 414 C124 154 418 96 606 396", lit(d.base, -0.12), 10, opacity=0.7)
    d.shadow(400, 622, 250, 20)
    d.rect(150, 366, 500, 254, d.flat(d.base), 84)
    d.path("M160 430 Q170 372 234 366 H566 Q630 372 640 430 Q400 500 160 430 Z", d.flat(lit(d.base, 0.06)))
    d.line("M178 452 Q400 518 622 452", lit(d.base, -0.35), 6)
    d.rect(392, 480, 14, 46, d.tube(colour("copper")), 6)
    d.rect(226, 520, 150, 66, lit(d.base, -0.1), 20, opacity=0.6)
    d.rect(534, 530, 58, 26, colour("oak"), 6)
    d.gloss("M222 384 Q320 372 440 374 Q320 392 214 420 Z", 0.14)


def backpack(d: Drawing) -> None:
    """A roll-top backpack."""
    d.line("M352 176 Q400 110 448 176", lit(d.base, -0.3), 18)
    d.shadow(400, 668, 196, 20)
    d.path(
        "M236 262 Q236 162 336 162 H464 Q564 162 564 262 V616 Q564 664 516 664 H284 Q236 664 236 616 Z", d.flat(d.base)
    )
    d.path("M236 292 V262 Q236 162 336 162 H464 Q564 162 564 262 V292 Q400 332 236 292 Z", d.flat(lit(d.base, 0.08)))
    d.line("M240 300 Q400 338 560 300", lit(d.base, -0.4), 6)
    d.rect(272, 424, 256, 206, d.flat(lit(d.base, 0.05)), 28)
    d.line("M286 470 H514", lit(d.base, -0.4), 6)
    for x in (312, 470):
        d.rect(x, 250, 18, 216, d.tube(colour("oak")), 5)
        d.rect(x - 6, 388, 30, 30, d.flat(colour("copper")), 6)
    d.rect(372, 536, 56, 40, colour("oak"), 6)
    d.gloss("M262 250 Q270 186 336 182 H380 Q300 206 290 274 Z", 0.13)


def pouch(d: Drawing) -> None:
    """A felt pouch closed with a cord."""
    d.shadow(400, 626, 150, 20)
    d.path("M282 300 Q250 480 268 590 Q272 626 312 626 H488 Q528 626 532 590 Q550 480 518 300 Z", d.flat(d.base))
    d.path("M276 246 Q400 214 524 246 L516 310 Q400 336 284 310 Z", d.flat(lit(d.base, 0.1)))
    for x in range(300, 520, 28):
        d.line(f"M{x} 254 L{x + 3} 308", lit(d.base, -0.22), 4, opacity=0.6)
    d.line("M280 306 Q400 336 520 306", colour("walnut"), 9)
    d.line("M512 310 Q560 350 548 430", colour("walnut"), 9)
    d.rect(534, 424, 28, 34, d.flat(colour("oak")), 8)
    d.rect(350, 486, 100, 44, lit(d.base, -0.12), 8, opacity=0.7)


def card(d: Drawing) -> None:
    """A memory card, leaning a little."""
    d.shadow(400, 640, 176, 18)
    with d.at(400, 400, -7):
        d.path("M-168 -232 H100 L168 -164 V212 Q168 232 148 232 H-148 Q-168 232 -168 212 Z", d.flat(lit(BLACK, 0.06)))
        for x in range(-136, 100, 40):
            d.rect(x, -218, 22, 52, d.flat(colour("mustard")), 5)
        d.rect(-136, -132, 272, 330, d.flat(d.base), 14)
        d.text(0, 46, str(d.shape.get("label", "64")), 132, lit(d.base, 0.86))
        d.text(0, 96, "GB", 40, lit(d.base, 0.6))
        d.rect(-112, 148, 120, 12, lit(d.base, 0.6), 6, opacity=0.7)
        d.rect(-112, -110, 60, 12, lit(d.base, 0.6), 6, opacity=0.7)
        d.rect(-172, -60, 10, 48, lit(BLACK, 0.3), 4)
        d.gloss("M-136 -118 Q-136 -132 -122 -132 H40 L-136 90 Z", 0.1)


def cardcase(d: Drawing) -> None:
    """A hard case, open, with cards in it."""
    d.shadow(400, 632, 246, 20)
    d.rect(170, 190, 460, 230, d.flat(lit(d.base, 0.08)), 34)
    d.rect(196, 214, 408, 184, lit(d.base, -0.22), 20)
    d.rect(170, 414, 460, 214, d.flat(d.base), 34)
    d.rect(196, 434, 408, 170, lit(d.base, -0.3), 20)
    for place, name in enumerate(("graphite", "blue", "terracotta", "graphite")):
        x = 214 + place * 96
        d.path(f"M{x} 458 H{x + 58} L{x + 80} 480 V588 H{x} Z", d.flat(colour(name)))
        d.rect(x + 10, 500, 56, 60, lit(colour(name), 0.4), 6, opacity=0.55)
    d.rect(370, 406, 60, 20, d.tube(lit(d.base, -0.2)), 8)
    d.gloss("M200 216 H420 L300 396 H216 Q198 396 198 378 Z", 0.1)
