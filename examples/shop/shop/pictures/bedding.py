# ruff: noqa: E501
"""Everything for the bed."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from .drawing import Drawing
from .palette import colour, lit

SIZES = {"single": 0.8, "double": 0.9, "king": 1.0}


def sized(drawer: Callable[[Drawing], None]) -> Callable[[Drawing], None]:
    """Draw a single bed's things smaller than a king's."""

    @wraps(drawer)
    def draw(d: Drawing) -> None:
        grow = SIZES.get(str(d.shape.get("size")), 1.0)
        with d.at(400 - 400 * grow, 600 - 600 * grow, 0, grow):
            drawer(d)

    return draw


def fold(d: Drawing, y: float, tall: float, tone: str, half: float = 250) -> None:
    """One layer of a folded cloth, its rounded edge to the left."""
    left, right = 400 - half, 400 + half
    d.path(
        f"M{left + tall / 2} {y} H{right - 8} Q{right + 4} {y + tall / 2} {right - 8} {y + tall} H{left + tall / 2} "
        f"Q{left - 6} {y + tall} {left - 6} {y + tall / 2} Q{left - 6} {y} {left + tall / 2} {y} Z",
        d.bar(tone),
    )


@sized
def duvet(d: Drawing) -> None:
    """A folded duvet, quilted."""
    d.shadow(400, 618, 286, 24)
    for place, y in enumerate((494, 384, 274)):
        tone = lit(d.base, -0.03 * (2 - place))
        d.path(
            f"M176 {y} Q400 {y - 34} 624 {y} Q676 {y + 8} 672 {y + 62} Q668 {y + 116} 612 {y + 118} Q400 {y + 138} 188 {y + 118} Q130 {y + 114} 128 {y + 60} Q126 {y + 8} 176 {y} Z",
            d.bar(tone),
        )
        if d.shape.get("quilt") == "wave":
            for dy in (34, 66, 96):
                d.line(f"M150 {y + dy} q60 -18 120 0 t120 0 t120 0 t120 0", lit(tone, -0.22), 4, opacity=0.6)
        else:
            for x in (230, 344, 458, 572):
                d.line(f"M{x} {y - 12} Q{x + 12} {y + 54} {x} {y + 124}", lit(tone, -0.2), 5, opacity=0.6)
            d.line(f"M136 {y + 60} Q400 {y + 82} 668 {y + 60}", lit(tone, -0.2), 5, opacity=0.55)
        d.line(f"M180 {y + 6} Q400 {y - 26} 620 {y + 6}", "#ffffff", 6, opacity=0.55)
    d.rect(602, 560, 44, 30, colour("oak"), 4)


@sized
def cover(d: Drawing) -> None:
    """A folded duvet cover tied with its own ribbon."""
    d.shadow(400, 606, 262, 22)
    for place, y in enumerate((518, 438, 358, 278)):
        fold(d, y, 84, lit(d.base, 0.05 * place - 0.06), 248)
        if d.shape.get("stripe"):
            for dy in (18, 36, 54, 70):
                d.line(f"M166 {y + dy} H640", lit(d.base, 0.62), 5, opacity=0.8)
        else:
            d.line(f"M170 {y + 66} H636", lit(d.base, -0.25), 3, opacity=0.45)
    ribbon = lit(d.base, -0.22)
    d.rect(478, 270, 44, 336, d.tube(ribbon), 4)
    d.path("M500 272 Q420 190 410 248 Q420 290 500 272 Q580 190 590 248 Q580 290 500 272 Z", d.flat(ribbon))
    d.disc(500, 272, 20, d.ball(lit(ribbon, 0.1)))
    for x in (210, 260, 310):
        d.disc(x, 330, 9, d.ball(colour("oak")))


@sized
def sheets(d: Drawing) -> None:
    """A fitted sheet on a mattress."""
    d.shadow(400, 596, 300, 22)
    d.path("M110 470 H690 V562 Q690 594 656 594 H144 Q110 594 110 562 Z", d.flat(lit(d.base, -0.05)))
    d.path(
        "M190 320 H610 Q640 320 650 346 L692 460 Q698 486 668 486 H132 Q102 486 108 460 L150 346 Q160 320 190 320 Z",
        d.flat(lit(d.base, 0.2)),
    )
    d.line("M112 480 Q400 496 688 480", lit(d.base, -0.22), 4, opacity=0.6)
    for x, lean in ((138, 14), (172, 6), (628, -6), (662, -14)):
        d.line(f"M{x} 488 Q{x + lean} 540 {x} 590", lit(d.base, -0.25), 4, opacity=0.5)
    d.rect(116, 578, 568, 12, lit(d.base, -0.16), 6)
    d.line("M226 352 Q380 372 420 446", lit(d.base, -0.1), 5, opacity=0.45)
    d.line("M566 350 Q500 380 490 440", lit(d.base, -0.1), 5, opacity=0.45)
    d.rect(190, 250, 190, 92, d.ball(colour("white")), 40)
    d.rect(420, 250, 190, 92, d.ball(colour("white")), 40)


@sized
def pad(d: Drawing) -> None:
    """A quilted pad, one corner turned up."""
    d.shadow(400, 640, 270, 20)
    d.rect(140, 200, 520, 430, d.flat(lit(d.base, -0.04)), 40)
    for step in range(-4, 9):
        x = 140 + step * 84
        d.line(
            f"M{max(x, 146)} {206 + max(0, 146 - x)} L{min(x + 424, 654)} {206 + min(424, 654 - x)}"
            if x < 650
            else "M0 0",
            lit(d.base, -0.16),
            4,
            opacity=0.6,
        )
        y = x + 424
        if y > 150:
            d.line(
                f"M{min(y, 654)} {206 + max(0, y - 654)} L{max(y - 418, 146)} {206 + min(418, y - 146)}"
                if x < 650
                else "M0 0",
                lit(d.base, -0.16),
                4,
                opacity=0.6,
            )
    d.rect(140, 200, 520, 430, "none", 40, stroke=colour("sand"), stroke_width=12)
    d.path("M666 470 V600 Q664 636 630 636 H500 Z", d.ground)
    d.path("M666 470 L500 636 Q520 520 540 508 Q560 486 666 470 Z", d.flat(colour("sand")))


def cushion(d: Drawing, tone: str, x: float, y: float, wide: float, tall: float) -> None:
    """A stuffed rectangle with drawn-in sides."""
    w, h = wide / 2, tall / 2
    d.path(
        f"M{x - w} {y - h} Q{x} {y - h * 1.26} {x + w} {y - h} Q{x + w * 1.12} {y - h * 0.9} {x + w * 1.02} {y} "
        f"Q{x + w * 1.12} {y + h * 0.9} {x + w} {y + h} Q{x} {y + h * 1.24} {x - w} {y + h} "
        f"Q{x - w * 1.12} {y + h * 0.9} {x - w * 1.02} {y} Q{x - w * 1.12} {y - h * 0.9} {x - w} {y - h} Z",
        d.ball(tone),
    )


def pillow(d: Drawing) -> None:
    """A pillow, and another behind it."""
    d.shadow(400, 596, 274, 22)
    cushion(d, lit(d.base, -0.05), 428, 350, 440, 220)
    cushion(d, d.base, 384, 470, 500, 236)
    for path in (
        "M152 396 Q210 430 240 470",
        "M618 396 Q560 430 536 462",
        "M160 552 Q210 520 250 512",
        "M606 556 Q560 522 530 512",
    ):
        d.line(path, lit(d.base, -0.24), 5, opacity=0.55)
    if d.shape.get("band"):
        band = colour(str(d.shape["band"]))
        d.path(
            "M560 362 Q584 358 604 360 Q590 470 606 586 Q584 592 562 592 Q552 470 560 362 Z", d.flat(band), opacity=0.85
        )
    d.rect(176, 572, 36, 26, colour("oak"), 4)


def pillowcase(d: Drawing) -> None:
    """A pillow in its case, with a wide hem."""
    d.shadow(400, 578, 276, 22)
    d.path("M590 330 Q640 322 664 344 Q676 440 664 540 Q640 562 590 552 Z", d.flat(colour("white")))
    cushion(d, d.base, 372, 440, 480, 260)
    d.path("M524 306 Q580 300 612 310 Q620 440 612 572 Q580 580 524 574 Q536 440 524 306 Z", d.flat(lit(d.base, 0.08)))
    d.line("M540 308 Q552 440 540 574", lit(d.base, -0.3), 4, stroke_dasharray="10 8", opacity=0.8)
    for path in (
        "M140 352 Q200 390 230 436",
        "M148 540 Q200 500 240 488",
        "M300 312 Q330 350 390 356",
        "M330 572 Q370 530 440 530",
    ):
        d.line(path, lit(d.base, -0.24), 5, opacity=0.5)


def blanket(d: Drawing) -> None:
    """A folded wool blanket with a fringe."""
    d.shadow(400, 616, 262, 22)
    for place, y in enumerate((500, 396, 292)):
        tone = lit(d.base, 0.05 * place - 0.04)
        for x in range(160, 640, 13):
            if place == 2:
                d.line(f"M{x} 594 l{(x * 7) % 9 - 4} 36", lit(d.base, 0.06 if x % 2 else -0.1), 6)
        fold(d, y, 108, tone, 250)
        for dx in range(0, 470, 26):
            d.line(f"M{176 + dx} {y + 16} l10 76", lit(tone, 0.28), 4, opacity=0.22)
        d.line(f"M176 {y + 30} H642", lit(tone, 0.5), 7, opacity=0.55)
        d.line(f"M176 {y + 44} H642", lit(tone, 0.5), 3, opacity=0.55)


def throw(d: Drawing) -> None:
    """A waffle throw hanging from a rail."""
    d.rect(120, 176, 560, 22, d.bar(colour("oak")), 11)
    d.oval(412, 676, 190, 10, lit(d.ground, -0.9), opacity=0.1)
    d.path("M214 168 Q400 156 586 168 L596 640 Q500 652 400 642 T204 640 Z", d.flat(d.base))
    for x in range(236, 590, 34):
        d.line(f"M{x} 176 L{x - 2} 638", lit(d.base, -0.2), 4, opacity=0.5)
        d.line(f"M{x + 6} 176 L{x + 4} 638", lit(d.base, 0.35), 3, opacity=0.45)
    for y in range(200, 636, 34):
        d.line(f"M214 {y} Q400 {y + 6} 592 {y}", lit(d.base, -0.2), 4, opacity=0.5)
        d.line(f"M214 {y + 6} Q400 {y + 12} 592 {y + 6}", lit(d.base, 0.35), 3, opacity=0.45)
    d.path("M214 168 Q400 156 586 168 L588 214 Q400 200 212 214 Z", lit(d.base, -0.3), opacity=0.25)
    for x in range(212, 596, 12):
        d.line(f"M{x} 640 v26", d.base, 5)
