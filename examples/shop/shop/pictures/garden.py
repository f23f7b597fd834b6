# ruff: noqa: E501
"""Watering, pots and hand tools."""

from __future__ import annotations

from .drawing import Drawing
from .palette import colour, lit

BLACK = colour("black")
STEEL = colour("steel")
LEAF = "#6f9464"


def leaf(d: Drawing, x: float, y: float, turn: float, scale: float = 1, tone: str = LEAF) -> None:
    """One leaf with its rib."""
    with d.at(x, y, turn, scale):
        d.path("M0 0 Q-46 -60 0 -130 Q46 -60 0 0 Z", d.flat(tone))
        d.line("M0 -4 V-110", lit(tone, 0.35), 4, opacity=0.7)


def can(d: Drawing) -> None:
    """A watering can."""
    d.shadow(410, 640, 216, 22)
    d.line("M300 330 C300 160 560 160 600 420", lit(d.base, -0.16), 26)
    d.line("M304 324 C310 176 546 176 590 404", lit(d.base, 0.3), 6, opacity=0.5)
    d.path("M288 560 L112 330 L150 306 L320 470 Z", d.flat(lit(d.base, -0.06)))
    d.path("M74 296 L152 250 L190 306 L112 352 Z", d.flat(colour("mustard")))
    d.path("M68 300 L150 252 L140 240 L60 286 Z", lit(colour("mustard"), 0.35))
    d.path("M272 356 H566 L588 620 Q588 638 570 638 H268 Q250 638 250 620 Z", d.tube(d.base))
    d.oval(419, 356, 147, 30, d.flat(lit(d.base, 0.16)))
    d.path("M300 358 Q420 320 540 358 Q420 396 300 358 Z", lit(d.base, -0.45))
    for y in (430, 590):
        d.rect(258, y, 324, 8, lit(d.base, -0.28), 4, opacity=0.5)
    d.gloss("M304 396 H334 L322 620 H282 Z", 0.22)


def hose(d: Drawing) -> None:
    """A coiled hose."""
    d.shadow(400, 640, 246, 22)
    for place, y in enumerate((566, 510, 454, 398, 342)):
        d.oval(400, y, 232 - place * 4, 70, "none", stroke=lit(d.base, -0.34), stroke_width=46)
        d.oval(400, y - 3, 232 - place * 4, 70, "none", stroke=d.base, stroke_width=38)
        d.oval(400, y - 12, 232 - place * 4, 70, "none", stroke=lit(d.base, 0.35), stroke_width=7, opacity=0.65)
    d.line("M630 346 Q660 250 590 200", d.base, 38)
    d.line("M624 330 Q646 256 588 208", lit(d.base, 0.35), 7, opacity=0.6)
    with d.at(584, 196, -52):
        d.rect(-26, -70, 52, 80, d.tube(colour("mustard")), 8)
        d.rect(-18, -100, 36, 34, d.tube(lit(colour("mustard"), 0.1)), 6)


def nozzle(d: Drawing) -> None:
    """A spray nozzle with a trigger."""
    d.shadow(400, 668, 150, 18)
    for dy in (-44, 0, 44):
        d.line(f"M150 {262 + dy * 0.6:.0f} L84 {262 + dy * 1.4:.0f}", colour("sky"), 9, stroke_dasharray="16 18")
    d.path("M430 320 L560 640 Q568 662 546 664 H474 Q456 664 450 646 L356 350 Z", d.flat(lit(BLACK, 0.1)))
    d.path("M352 356 Q300 470 372 536 L398 522 Q348 460 392 366 Z", d.flat(colour("terracotta")))
    d.rect(226, 206, 330, 118, d.bar(d.base), 40)
    d.rect(176, 190, 84, 150, d.bar(lit(BLACK, 0.12)), 26)
    for y in range(206, 334, 18):
        d.line(f"M186 {y} H250", lit(BLACK, 0.35), 3, opacity=0.5)
    d.rect(470, 632, 92, 46, d.tube(colour("mustard")), 10)


def reel(d: Drawing) -> None:
    """A hose reel on its bracket."""
    d.shadow(400, 668, 210, 18)
    d.path("M284 650 L360 240 H440 L516 650 H462 L420 420 H380 L338 650 Z", d.flat(lit(d.base, -0.1)))
    d.disc(400, 380, 214, d.flat(d.base))
    d.disc(400, 380, 186, lit(d.base, -0.3))
    for r in (168, 142, 116, 90):
        d.disc(400, 380, r, "none", stroke=lit(colour("forest"), -0.2), stroke_width=25)
        d.disc(400, 378, r, "none", stroke=colour("forest"), stroke_width=20)
        d.disc(400, 374, r, "none", stroke=lit(colour("forest"), 0.35), stroke_width=4, opacity=0.5)
    d.disc(400, 380, 64, d.flat(d.base))
    d.disc(400, 380, 20, d.ball(STEEL))
    d.line("M400 380 L520 318", d.base, 24)
    d.disc(526, 314, 26, d.ball(colour("oak")))


def vessel(d: Drawing, half: float, top: float, bottom: float) -> None:
    """The body of a flower pot with its rim."""
    d.path(
        f"M{400 - half * 0.9} {top + 60} H{400 + half * 0.9} L{400 + half * 0.66} {bottom - 14} Q{400 + half * 0.64} {bottom} {400 + half * 0.56} {bottom} H{400 - half * 0.56} Q{400 - half * 0.64} {bottom} {400 - half * 0.66} {bottom - 14} Z",
        d.tube(d.base),
    )
    d.rect(400 - half * 0.88, top + 78, half * 1.76, 16, lit(d.base, -0.35), 0, opacity=0.4)
    d.rect(400 - half, top, half * 2, 84, d.tube(lit(d.base, 0.05)), 12)
    d.oval(400, top + 4, half * 0.98, half * 0.13, d.flat(lit(d.base, 0.16)))
    d.oval(400, top + 7, half * 0.88, half * 0.1, "#4b3628")


def pot(d: Drawing) -> None:
    """A terracotta pot with a young plant."""
    scale = float(d.shape.get("scale", 1))
    half, top = 210 * scale, 660 - 330 * scale
    d.shadow(400, 662, half * 0.75, 20)
    with d.at(400, top + 10, 0, 0.7 + scale * 0.3):
        d.line("M0 0 Q-6 -60 0 -120", lit(LEAF, -0.2), 8)
        for x, y, turn, size in (
            (0, -20, -64, 0.8),
            (0, -30, 60, 0.85),
            (0, -70, -34, 0.9),
            (0, -74, 36, 0.85),
            (0, -104, 2, 0.9),
        ):
            leaf(d, x, y, turn, size)
    vessel(d, half, top, 660)


def glazed(d: Drawing) -> None:
    """A glazed pot with running glaze and its own saucer."""
    d.shadow(400, 664, 226, 20)
    for x, turn, size in ((350, -30, 1.2), (380, -10, 1.6), (420, 12, 1.5), (450, 34, 1.15)):
        leaf(d, x, 330, turn, size, "#7c9a80")
    d.rect(190, 626, 420, 36, d.tube(lit(d.base, -0.1)), 16)
    d.path("M196 316 H604 Q600 520 540 630 H260 Q200 520 196 316 Z", d.tube(colour("sand")))
    d.path(
        "M196 316 H604 Q602 440 578 520 Q556 560 540 516 Q520 470 500 530 Q476 590 450 528 Q426 476 402 540 Q380 592 354 530 Q332 480 308 540 Q276 586 256 540 Q200 440 196 316 Z",
        d.tube(d.base),
    )
    d.oval(400, 316, 204, 32, d.flat(lit(d.base, 0.2)))
    d.oval(400, 320, 184, 24, "#4b3628")
    d.gloss("M230 360 H262 Q262 440 290 520 Q270 520 258 500 Q234 430 230 360 Z", 0.3)


def saucer(d: Drawing) -> None:
    """A saucer seen from the side and a little above."""
    scale = float(d.shape.get("scale", 1))
    half = 250 * scale
    d.shadow(400, 520, half * 0.92, 22)
    d.path(
        f"M{400 - half} 420 Q{400 - half * 0.92} 512 {400 - half * 0.78} 516 H{400 + half * 0.78} Q{400 + half * 0.92} 512 {400 + half} 420 Z",
        d.tube(d.base),
    )
    d.oval(400, 420, half, half * 0.24, d.flat(lit(d.base, 0.16)))
    d.oval(400, 428, half * 0.9, half * 0.19, d.linear([(0, lit(d.base, -0.28)), (1, lit(d.base, 0.06))]))
    d.oval(400, 440, half * 0.66, half * 0.12, lit(d.base, -0.04), opacity=0.6)
