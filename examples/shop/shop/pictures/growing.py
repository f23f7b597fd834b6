# ruff: noqa: E501
"""Cutting, digging and growing."""

from __future__ import annotations

from .drawing import Drawing
from .garden import LEAF, leaf
from .palette import colour, lit

BLACK = colour("black")
STEEL = colour("steel")
BLADE = [(0.0, "#f2f4f5"), (0.4, "#c0c6cb"), (1.0, "#8e969d")]


def secateurs(d: Drawing) -> None:
    """Secateurs, open."""
    d.shadow(400, 678, 150, 16)
    for flip in (-1, 1):
        d.path(
            f"M{400 + flip * 4} 400 Q{400 + flip * 130} 470 {400 + flip * 112} 650 Q{400 + flip * 106} 684 {400 + flip * 76} 676 Q{400 + flip * 56} 668 {400 + flip * 62} 630 Q{400 + flip * 66} 500 {400 - flip * 34} 430 Z",
            d.flat(d.base if flip < 0 else lit(d.base, -0.1)),
        )
        d.line(
            f"M{400 + flip * 62} 470 Q{400 + flip * 104} 540 {400 + flip * 92} 640", lit(d.base, 0.4), 6, opacity=0.5
        )
    d.path("M372 430 Q250 300 330 130 Q420 220 440 400 Z", d.linear(BLADE))
    d.path("M430 430 Q520 350 510 230 Q500 190 474 214 Q470 310 376 396 Z", d.flat(lit(BLACK, 0.2)))
    d.line("M338 160 Q290 290 372 404", "#ffffff", 4, opacity=0.8)
    d.disc(402, 416, 36, d.ball(STEEL))
    d.disc(402, 416, 13, lit(STEEL, -0.3))
    d.line("M352 520 Q400 480 448 520", lit(STEEL, -0.3), 9)


def shears(d: Drawing) -> None:
    """Hedge shears."""
    d.shadow(400, 706, 180, 14)
    for flip in (-1, 1):
        with d.at(400, 360, flip * 20):
            d.path(f"M-24 30 L{-flip * 10 - 14} -240 Q{flip * 6} -286 {flip * 26} -236 L24 30 Z", d.linear(BLADE))
            d.rect(-13, 20, 26, 90, d.tube(lit(BLACK, 0.2)), 6)
            d.rect(-20, 96, 40, 236, d.tube(d.base), 18)
            d.rect(-21, 110, 42, 16, d.tube(colour("forest")), 4)
    d.disc(400, 366, 28, d.ball(STEEL))
    d.disc(400, 366, 10, lit(STEEL, -0.4))


def handle(d: Drawing) -> None:
    """The ash handle and ferrule that trowel and fork share."""
    d.rect(-15, -40, 30, 90, d.tube(STEEL), 8)
    d.path("M-26 -30 H26 L32 -190 Q32 -230 0 -230 Q-32 -230 -32 -190 Z", d.tube(d.base))
    d.rect(-29, -52, 58, 22, d.tube(lit(STEEL, -0.2)), 4)
    d.line("M-14 -200 V-80", lit(d.base, 0.4), 6, opacity=0.5)
    d.line("M0 -232 q-26 -40 0 -46 q26 6 0 46", colour("forest"), 7)


def trowel(d: Drawing) -> None:
    """A hand trowel."""
    d.line("M250 640 L560 200", lit(d.ground, -0.9), 60, opacity=0.06)
    with d.at(420, 360, 32):
        d.path("M-16 30 Q-92 60 -88 150 Q-80 270 0 344 Q80 270 88 150 Q92 60 16 30 Z", d.tube("#c6ccd0"))
        d.path("M-40 90 Q0 60 40 90 Q34 220 0 296 Q-34 220 -40 90 Z", lit("#c6ccd0", -0.14), opacity=0.7)
        for y in (130, 170, 210):
            d.line(f"M-14 {y} H14", "#6f787f", 4)
        handle(d)


def fork(d: Drawing) -> None:
    """A hand fork."""
    d.line("M250 640 L560 200", lit(d.ground, -0.9), 60, opacity=0.06)
    with d.at(420, 350, 32):
        for x in (-72, 0, 72):
            d.line(f"M0 50 Q{x} 70 {x} 150 V320", "#8e969d", 26)
            d.line(f"M0 46 Q{x - 4} 66 {x - 4} 150 V314", "#d5dadd", 9, opacity=0.9)
        handle(d)


def soil(d: Drawing) -> None:
    """A bag of potting soil."""
    with d.at(400, 664, 0, float(d.shape.get("scale", 1))):
        d.shadow(0, 0, 220, 20)
        d.path(
            "M-196 -20 Q-224 -240 -190 -480 H190 Q224 -240 196 -20 Q190 4 160 2 H-160 Q-190 4 -196 -20 Z",
            d.flat(d.base),
        )
        d.path("M-190 -480 H190 L184 -530 H-184 Z", d.flat(lit(d.base, 0.14)))
        for x in range(-170, 190, 24):
            d.line(f"M{x} -526 L{x + 2} -484", lit(d.base, -0.3), 4, opacity=0.5)
        d.path("M-204 -250 Q0 -300 204 -250 L206 -100 Q0 -60 -206 -100 Z", d.flat(colour("cream")))
        leaf(d, 0, -130, -34, 0.95)
        leaf(d, 0, -130, 34, 0.95)
        leaf(d, 0, -140, 0, 1.1)
        d.rect(-60, -392, 120, 16, lit(d.base, 0.6), 8, opacity=0.8)
        d.rect(-96, -356, 192, 9, lit(d.base, 0.5), 4, opacity=0.6)
        d.gloss("M-176 -460 H-110 Q-150 -240 -130 -24 H-168 Q-196 -240 -176 -460 Z", 0.1)


def bottle(d: Drawing) -> None:
    """A bottle of plant food with a measuring cap."""
    d.shadow(400, 672, 136, 18)
    d.rect(344, 132, 112, 92, d.tube(colour("mustard")), 14)
    d.rect(356, 214, 88, 44, d.tube(lit(d.base, -0.1)), 4)
    d.path(
        "M356 250 H444 Q536 300 536 384 V636 Q536 670 502 670 H298 Q264 670 264 636 V384 Q264 300 356 250 Z",
        d.tube(d.base),
    )
    d.rect(264, 400, 272, 200, d.tube(colour("cream")))
    leaf(d, 400, 560, -36, 0.72)
    leaf(d, 400, 560, 36, 0.72)
    leaf(d, 400, 552, 0, 0.86)
    d.gloss("M300 372 Q304 320 346 294 Q326 340 326 394 H300 Z", 0.3)


def seeds(d: Drawing) -> None:
    """A paper packet of seeds."""
    plant = d.shape.get("plant")
    d.shadow(400, 672, 176, 18)
    d.path("M238 136 H562 V660 Q562 670 552 670 H248 Q238 670 238 660 Z", d.flat(colour("cream")))
    d.path("M238 136 H562 V196 L400 226 L238 196 Z", d.flat(d.base))
    d.rect(264, 256, 272, 300, d.flat(lit(d.base, 0.62), 0.5), 136)
    d.line("M400 530 V350", lit(LEAF, -0.1), 10)
    if plant == "fruit":
        for x, y, r in ((344, 420, 46), (452, 440, 50), (396, 350, 42)):
            d.disc(x, y, r, d.ball(d.base))
            d.path(f"M{x - 16} {y - r + 6} L{x} {y - r - 12} L{x + 16} {y - r + 6} L{x} {y - r + 14} Z", LEAF)
    elif plant == "spike":
        for x, lean in ((340, -10), (400, 0), (460, 10)):
            d.line(f"M400 540 Q{x} 460 {x + lean} 320", lit(LEAF, -0.1), 7)
            for step in range(7):
                d.oval(x + lean, 306 + step * 20, 15 - step, 13, d.ball(d.base))
    elif plant == "flower":
        for turn in range(0, 360, 24):
            leaf(d, 400, 390, turn, 0.9, d.base)
        d.disc(400, 390, 48, d.ball(colour("walnut")))
    if plant != "flower":
        for turn in (-60, 60):
            leaf(d, 400, 530, turn, 0.9)
    if plant == "leaf":
        for y, turn, size in ((480, -52, 1.1), (480, 52, 1.1), (420, -36, 1.0), (420, 36, 1.0), (370, 0, 0.9)):
            leaf(d, 400, y, turn, size)
    d.rect(318, 592, 164, 16, colour("walnut"), 8, opacity=0.8)
    d.rect(346, 622, 108, 9, colour("walnut"), 4, opacity=0.45)


def trellis(d: Drawing) -> None:
    """A cane trellis with a climber."""
    d.shadow(400, 690, 190, 16)
    for x, top in ((240, 170), (320, 120), (400, 100), (480, 120), (560, 170)):
        d.line(f"M{400 + (x - 400) * 0.5} 684 L{x} {top}", lit(d.base, -0.2), 17)
        d.line(f"M{398 + (x - 400) * 0.5} 684 L{x - 2} {top}", lit(d.base, 0.12), 9)
    for y, half in ((240, 152), (370, 132), (500, 110)):
        d.line(f"M{400 - half} {y} H{400 + half}", lit(d.base, -0.1), 14)
        d.line(f"M{400 - half} {y - 3} H{400 + half}", lit(d.base, 0.2), 5)
    d.line("M350 684 C300 560 470 520 420 420 S340 330 400 230", LEAF, 8)
    for x, y, turn in (
        (338, 610, -70),
        (400, 545, 60),
        (440, 480, 80),
        (420, 410, -60),
        (374, 350, -70),
        (376, 300, 50),
        (400, 236, 10),
    ):
        leaf(d, x, y, turn, 0.62)


def gloves(d: Drawing) -> None:
    """A pair of gloves."""
    d.shadow(400, 680, 210, 18)
    for x, turn, shade in ((500, 8, -0.12), (320, -7, 0.0)):
        tone = lit(d.base, shade)
        with d.at(x, 400, turn):
            for place, (fx, top) in enumerate(((-76, -196), (-28, -236), (22, -226), (70, -180))):
                d.rect(fx, top, 48, 250 - place, d.tube(colour("cream")), 24)
            d.path("M80 40 Q150 -40 168 -70 Q190 -92 206 -66 Q214 -44 186 0 Q150 70 96 130 Z", d.tube(colour("cream")))
            d.path("M-80 -30 Q20 -60 120 -20 L112 150 Q20 176 -76 150 Z", d.tube(tone))
            d.path("M-82 140 Q20 168 118 140 L140 276 Q20 300 -104 276 Z", d.tube(lit(tone, -0.16)))
            d.line("M-84 160 Q20 186 118 160", lit(tone, 0.4), 4, stroke_dasharray="9 7")


def kneeler(d: Drawing) -> None:
    """A kneeling pad with a handle."""
    d.shadow(400, 590, 276, 20)
    d.line("M330 372 Q400 296 470 372", colour("oak"), 26)
    d.path("M160 372 H640 L690 540 H110 Z", d.flat(d.base))
    d.path("M184 390 H616 L656 522 H144 Z", "none", stroke=lit(d.base, 0.4), stroke_width=4, stroke_dasharray="12 9")
    d.rect(110, 536, 580, 46, d.flat(colour("oak")), 12)
    for x in range(130, 680, 26):
        d.disc(x, 552 + (x * 7) % 18, 4, lit(colour("oak"), -0.35), opacity=0.6)
