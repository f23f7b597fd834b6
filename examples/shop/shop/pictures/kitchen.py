"""Knives, boards, pans and pots."""

from __future__ import annotations

from .drawing import Drawing
from .palette import colour, lit

BLACK = colour("black")
STEEL = colour("steel")

BLADES = {
    "santoku": "M-20 -34 H250 Q330 -30 356 34 Q300 58 180 58 H-20 Z",
    "chef": "M-20 -36 H200 Q340 -24 416 42 Q300 62 160 62 H-20 Z",
    "petty": "M-20 -24 H150 Q250 -16 300 24 Q220 36 120 36 H-20 Z",
    "bread": "M-20 -28 H370 Q410 -24 416 8 Q414 34 396 40 H-20 Z",
    "nakiri": "M-20 -46 H316 Q340 -44 342 -20 V62 Q336 70 316 70 H-20 Z",
}


def knife(d: Drawing) -> None:
    """A knife, lying at a slant."""
    name = str(d.shape.get("blade", "chef"))
    d.line("M186 634 L640 300", lit(d.ground, -0.9), 40, opacity=0.08)
    with d.at(352, 470, -36):
        steel = d.linear([(0, "#f2f4f5"), (0.35, "#c3c9ce"), (0.6, "#dfe3e6"), (1, "#8e969d")], 0, 0, 0.15, 1)
        d.path(BLADES[name], steel)
        if name == "bread":
            for x in range(0, 396, 24):
                d.path(f"M{x} 40 q12 14 24 0 Z", d.ground)
        else:
            d.line("M-16 26 Q140 30 270 14", "#ffffff", 3, opacity=0.7)
            d.line("M-16 36 Q60 30 120 36 T250 30", "#7d868d", 2, opacity=0.5)
        d.rect(-64, -34, 52, 68, d.bar(BLACK), 8)
        d.rect(-264, -32, 206, 62, d.bar(d.base), 24)
        d.line("M-240 -4 Q-160 -12 -70 -4", lit(d.base, -0.3), 2, opacity=0.6)
        d.line("M-236 10 Q-160 4 -70 12", lit(d.base, -0.3), 2, opacity=0.5)


def knifeblock(d: Drawing) -> None:
    """A block with knives on its side."""
    d.shadow(400, 660, 200, 20)
    for x, tall in ((296, 190), (368, 150), (440, 170), (512, 120)):
        d.rect(x, 240 - tall * 0.5, 34, tall, d.tube(colour("oak")), 14)
        d.rect(x - 2, 240 + tall * 0.5 - 10, 38, 24, d.tube(BLACK), 4)
        d.path(
            f"M{x} {250 + tall * 0.5:.0f} H{x + 34} V520 Q{x + 30} 566 {x} 588 Z",
            d.linear([(0, "#eef1f3"), (1, "#9aa2a9")], 0, 0, 1, 0),
        )
    d.path("M232 430 H588 V640 Q588 656 572 656 H248 Q232 656 232 640 Z", d.flat(d.base))
    for y in (474, 520, 566, 612):
        d.line(f"M240 {y} Q400 {y - 14} 580 {y + 4}", lit(d.base, -0.28), 3, opacity=0.5)


def whetstone(d: Drawing) -> None:
    """A stone of two grits on its base."""
    d.shadow(400, 590, 276, 20)
    d.path("M140 520 L200 470 H640 L660 520 V580 H140 Z", d.flat(colour("walnut")))
    d.path("M176 430 L236 372 H632 L616 430 Z", lit(d.base, 0.26))
    d.rect(176, 428, 442, 44, d.flat(d.base), 4)
    d.rect(176, 470, 442, 44, d.flat(colour("steel")), 4)
    d.path("M618 430 L634 372 V456 L618 514 Z", lit(d.base, -0.3))
    d.oval(390, 402, 90, 12, "#ffffff", opacity=0.35)
    for x, y, r in ((300, 390, 7), (322, 414, 4), (478, 396, 6), (512, 410, 4)):
        d.oval(x, y, r * 1.5, r * 0.7, "#ffffff", opacity=0.5)


def board(d: Drawing) -> None:
    """A cutting board with a handle hole, leaning."""
    d.shadow(400, 662, 200, 20)
    d.rect(232, 142, 352, 520, lit(d.base, -0.35), 44)
    d.rect(218, 136, 352, 520, d.flat(d.base), 44)
    for x, w in ((218, 70), (338, 52), (446, 64)):
        d.rect(x, 142, w, 508, lit(d.base, 0.14), 0 if x > 218 else 40, opacity=0.35)
    for place in range(7):
        y = 210 + place * 66
        d.line(f"M232 {y} Q320 {y + 18} 394 {y - 6} T558 {y + 10}", lit(d.base, -0.26), 3, opacity=0.35)
    d.rect(248, 230, 292, 396, "none", 26, stroke=lit(d.base, -0.3), stroke_width=7, opacity=0.6)
    d.rect(334, 164, 120, 38, lit(d.base, -0.45), 19)
    d.rect(338, 170, 112, 32, d.ground, 16)


def pan(d: Drawing) -> None:
    """A frying pan seen from above."""
    d.disc(350, 462, 226 * float(d.shape.get("scale", 1)), lit(d.ground, -0.9), opacity=0.12)
    with d.at(338, 446, 0, float(d.shape.get("scale", 1))):
        with d.at(0, 0, -42):
            d.rect(190, -24, 250, 46, d.bar(d.base), 20)
            d.rect(404, -8, 22, 16, d.ground, 8)
            d.rect(196, -12, 60, 22, lit(d.base, 0.2), 8)
        d.disc(0, 0, 216, d.linear([(0, lit(d.base, 0.32)), (1, lit(d.base, -0.3))]))
        d.disc(0, 0, 202, d.linear([(0, lit(d.base, -0.2)), (1, lit(d.base, 0.16))]))
        d.disc(0, 0, 166, d.linear([(0, lit(d.base, 0.02)), (0.5, lit(d.base, 0.1)), (1, lit(d.base, -0.1))]))
        d.gloss("M-120 -60 Q-76 -138 20 -142 Q-60 -104 -92 -28 Z", 0.12)
        for x, y in ((128, -150), (166, -112)):
            d.disc(x, y, 7, lit(d.base, 0.4))


def lid(d: Drawing) -> None:
    """A glass lid."""
    d.shadow(400, 574, 256, 20)
    d.path(
        "M150 548 Q170 372 400 366 Q630 372 650 548 Z",
        d.linear([(0, "#ffffff"), (0.5, "#d7e3e6"), (1, "#aebfc5")]),
        opacity=0.8,
    )
    d.gloss("M200 520 Q224 416 356 392 Q258 440 246 524 Z", 0.75)
    d.rect(138, 540, 524, 30, d.bar(STEEL), 14)
    d.rect(376, 336, 48, 36, d.tube(STEEL), 6)
    d.oval(400, 318, 62, 36, d.ball(colour("oak")))
    d.disc(540, 452, 9, d.ball(STEEL))


def casserole(d: Drawing) -> None:
    """An enamelled pot with its lid."""
    d.shadow(400, 632, 256, 24)
    for x in (122, 590):
        d.rect(x, 398, 88, 46, d.flat(lit(d.base, -0.1)), 22)
        d.rect(x + 22, 412, 44, 18, d.ground, 9)
    d.path("M170 372 H630 V540 Q630 628 542 628 H258 Q170 628 170 540 Z", d.tube(d.base))
    d.rect(158, 350, 484, 34, d.tube(lit(d.base, -0.08)), 16)
    d.path("M172 352 Q190 262 400 254 Q610 262 628 352 Z", d.flat(d.base))
    d.rect(372, 232, 56, 28, d.tube(STEEL), 6)
    d.oval(400, 218, 54, 26, d.ball(colour("mustard")))
    d.gloss("M226 326 Q258 286 352 274 Q280 300 262 334 Z", 0.35)
    d.gloss("M204 400 Q196 520 224 590 Q236 604 246 600 Q222 520 232 400 Z", 0.22)
    d.rect(170, 384, 460, 10, lit(d.base, -0.3), 0, opacity=0.5)


def saucepan(d: Drawing) -> None:
    """A saucepan with a long handle."""
    d.shadow(330, 612, 212, 22)
    d.rect(500, 356, 218, 36, d.bar(lit(BLACK, 0.1)), 16)
    d.rect(496, 362, 52, 26, d.bar(STEEL), 6)
    d.path("M138 340 H522 V566 Q522 608 480 608 H180 Q138 608 138 566 Z", d.tube(d.base))
    d.rect(124, 326, 412, 22, d.tube(lit(d.base, 0.1)), 10)
    d.path("M124 336 Q112 322 134 318 H200 L186 336 Z", lit(d.base, 0.2))
    d.rect(138, 564, 384, 8, lit(d.base, -0.3), 0, opacity=0.5)
    d.gloss("M184 356 H224 V590 H196 Q184 584 184 566 Z", 0.4)
    d.disc(694, 374, 7, d.ground)
