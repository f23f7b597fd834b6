"""Phones and what goes with them."""

from __future__ import annotations

from .drawing import Drawing
from .palette import colour, lit

BLACK = colour("black")
STEEL = colour("steel")


def lenses(d: Drawing, x: float, y: float, count: int, body: str) -> None:
    """The camera island of a phone's back."""
    high = 60 + count * 62
    d.rect(x, y, 104, high, d.flat(lit(body, 0.08)), 44)
    for place in range(count):
        cy = y + 60 + place * 66 - (2 if count > 1 else 0)
        d.disc(x + 52, cy, 34, d.flat(lit(BLACK, 0.16)))
        d.disc(x + 52, cy, 25, d.linear([(0, "#3d5577"), (0.6, "#141824"), (1, "#4a3f66")]))
        d.disc(x + 44, cy - 9, 6, "#ffffff", opacity=0.5)


def phone(d: Drawing) -> None:
    """A phone from behind and another from the front."""
    grow = 1.08 if d.shape.get("big") else 1.0
    d.shadow(400, 682, 226, 18)
    with d.at(400, 400, 0, grow):
        d.rect(-24, -264, 252, 520, d.flat(lit(d.base, -0.14)), 42)
        d.rect(-15, -255, 234, 502, lit(BLACK, -0.25), 34)
        paint = d.linear([(0, lit(d.base, 0.5)), (0.45, lit(d.base, 0.1)), (1, lit(d.base, -0.35))], 0, 0, 0.6, 1)
        d.rect(-8, -248, 220, 488, paint, 28)
        d.disc(102, -224, 9, lit(BLACK, -0.3))
        d.path(
            "M-8 120 Q70 20 130 96 T212 60 V212 Q212 240 184 240 H20 Q-8 240 -8 212 Z", lit(d.base, -0.2), opacity=0.55
        )
        d.path("M-8 180 Q80 96 212 176 V212 Q212 240 184 240 H20 Q-8 240 -8 212 Z", lit(d.base, 0.35), opacity=0.35)
        d.rect(46, -170, 112, 16, "#ffffff", 8, opacity=0.85)
        d.rect(70, -140, 64, 9, "#ffffff", 4, opacity=0.6)
        d.rect(-222, -244, 252, 520, lit(d.base, -0.35), 44)
        d.rect(-228, -248, 252, 520, d.flat(d.base), 44)
        d.rect(-228, -248, 252, 520, "none", 44, stroke=lit(d.base, 0.4), stroke_width=3, opacity=0.5)
        lenses(d, -202, -222, int(d.shape.get("lenses", 2)), d.base)
        d.disc(-58, -196, 11, "#f7e3b5")
        d.disc(-102, 60, 17, lit(d.base, 0.25), opacity=0.7)
        d.gloss("M-228 -60 L24 -230 V-90 L-228 90 Z", 0.09)


def case(d: Drawing) -> None:
    """A silicone case, from behind, with a hole for the camera."""
    d.shadow(400, 680, 150, 18)
    d.rect(252, 122, 304, 556, lit(d.base, -0.32), 62)
    d.rect(244, 118, 304, 556, d.flat(d.base), 62)
    d.rect(256, 130, 280, 532, "none", 52, stroke=lit(d.base, 0.3), stroke_width=4, opacity=0.55)
    count = int(d.shape.get("lenses", 2))
    high = 84 + count * 66
    d.rect(276, 150, 128, high, lit(d.base, -0.3), 54)
    d.rect(282, 156, 116, high - 12, d.ground, 48)
    d.rect(536, 250, 14, 74, lit(d.base, -0.18), 6)
    d.rect(536, 346, 14, 54, lit(d.base, -0.18), 6)
    d.disc(396, 470, 24, "none", stroke=lit(d.base, -0.16), stroke_width=6)
    d.gloss("M244 330 L548 150 V300 L244 480 Z", 0.07)


def folio(d: Drawing) -> None:
    """A leather folio, half open."""
    d.shadow(410, 664, 226, 20)
    d.path("M398 146 L618 186 Q634 190 634 208 V604 Q634 622 618 626 L398 662 Z", d.flat(lit(d.base, -0.16)))
    d.rect(430, 216, 160, 104, lit(d.base, -0.3), 10, transform="skewY(4) translate(0 -34)")
    d.rect(430, 250, 160, 84, lit(d.base, 0.04), 10, transform="skewY(4) translate(0 -34)")
    d.rect(430, 340, 160, 84, lit(d.base, 0.0), 10, transform="skewY(4) translate(0 -34)")
    d.rect(178, 138, 232, 528, d.flat(d.base), 30)
    d.rect(192, 152, 204, 500, "none", 22, stroke=lit(d.base, 0.42), stroke_width=4, stroke_dasharray="10 8")
    d.rect(388, 140, 22, 524, lit(d.base, -0.22), 8, opacity=0.7)
    d.rect(178, 360, 62, 62, d.flat(lit(d.base, -0.12)), 14)
    d.disc(216, 391, 10, d.ball(colour("mustard")))
    d.gloss("M178 168 Q178 138 208 138 H320 L178 400 Z", 0.1)


def glass(d: Drawing) -> None:
    """Two sheets of glass, one before the other."""
    d.shadow(400, 676, 190, 16)
    for x, y, turn in ((444, 392, 7), (366, 408, -4)):
        with d.at(x, y, turn):
            pane = d.linear([(0, "#ffffff"), (0.5, "#d3e2ec"), (1, "#b9cfdd")])
            d.rect(-136, -262, 272, 524, pane, 38, opacity=0.72, stroke="#8faabd", stroke_width=4)
            d.rect(-26, -242, 52, 18, lit("#8faabd", -0.1), 9, opacity=0.8)
            d.gloss("M-136 -60 L90 -262 H136 V-170 L-136 80 Z", 0.6)
            d.gloss("M-136 130 L136 -110 V-70 L-136 170 Z", 0.5)


def charger(d: Drawing) -> None:
    """A wall charger with folding pins."""
    d.shadow(400, 628, 176, 20)
    for x in (340, 430):
        d.rect(x, 166, 30, 104, d.tube(STEEL), 6)
        d.rect(x + 9, 190, 12, 22, lit(STEEL, -0.3), 6)
    d.path("M262 268 L300 236 H580 Q604 238 604 262 V560 L540 616 Z", d.flat(lit(d.base, -0.2)))
    d.rect(236, 256, 330, 368, d.flat(d.base), 46)
    ports = int(d.shape.get("ports", 1))
    for place in range(ports):
        y = 470 - (ports - 1) * 40 + place * 80
        d.rect(346, y, 112, 42, lit(BLACK, -0.1), 21)
        d.rect(366, y + 15, 72, 12, lit(BLACK, 0.35), 6)
    d.disc(402, 340, 8, "#8fd0a0")
    d.gloss("M236 300 Q236 256 280 256 H430 L236 520 Z", 0.16)


def wireless(d: Drawing) -> None:
    """A charging stand with a ring of light."""
    d.shadow(400, 648, 206, 22)
    d.path("M300 636 L340 470 H460 L500 636 Z", d.flat(lit(d.base, -0.24)))
    d.oval(400, 634, 196, 30, d.tube(lit(d.base, -0.1)))
    d.oval(400, 622, 196, 28, d.flat(lit(d.base, 0.12)))
    d.disc(408, 372, 206, lit(d.base, -0.3))
    d.disc(400, 366, 206, d.flat(d.base))
    d.disc(400, 366, 146, "none", stroke=lit(d.base, 0.4), stroke_width=8)
    d.disc(400, 366, 112, d.flat(lit(d.base, 0.1), 0.6))
    d.path("M414 300 L360 378 H396 L384 434 L440 354 H402 Z", lit(d.base, 0.75))
    d.rect(334, 566, 132, 26, d.bar(lit(d.base, -0.05)), 12)


def cable(d: Drawing) -> None:
    """A coiled braided cable with two plugs."""
    d.shadow(400, 640, 206, 18)
    for r in (172, 146, 120):
        d.disc(400, 410, r, "none", stroke=lit(d.base, -0.24), stroke_width=25)
        d.disc(400, 408, r, "none", stroke=d.base, stroke_width=20)
        d.disc(400, 408, r, "none", stroke=lit(d.base, 0.42), stroke_width=7, stroke_dasharray="4 9", opacity=0.8)
    for path, x, turn in (("M284 530 Q236 590 226 640", 222, 12), ("M516 530 Q566 470 590 300", 592, 186)):
        d.line(path, d.base, 20)
        with d.at(x, 634 if turn < 90 else 306, turn):
            d.rect(-20, -10, 40, 70, d.tube(BLACK), 10)
            d.rect(-13, 58, 26, 34, d.tube(STEEL), 6)
    d.rect(370, 534, 60, 76, d.tube(colour("oak")), 10)


def carcharger(d: Drawing) -> None:
    """A car charger."""
    d.shadow(400, 676, 100, 16)
    d.rect(356, 566, 88, 96, d.tube(lit(BLACK, 0.12)), 16)
    d.rect(382, 652, 36, 26, d.tube(STEEL), 8)
    d.rect(318, 342, 164, 236, d.tube(lit(BLACK, 0.04)), 20)
    for x in (300, 474):
        d.rect(x, 424, 26, 88, d.tube(STEEL), 10)
    d.rect(288, 190, 224, 170, d.tube(d.base), 36)
    d.oval(400, 208, 112, 40, d.flat(lit(BLACK, 0.2)))
    for x in (330, 414):
        d.rect(x, 197, 58, 22, lit(BLACK, -0.3), 11)
    d.rect(288, 330, 224, 12, d.tube(colour("copper")))


def bud(d: Drawing, x: float, turn: float, flip: int) -> None:
    """One earbud."""
    with d.at(x, 300, turn):
        d.rect(-20, 0, 40, 138, d.tube(d.base), 20)
        d.oval(0, -10, 56, 60, d.ball(d.base))
        d.oval(-30 * flip, 2, 30, 38, d.ball(lit(BLACK, 0.18)))
        d.rect(-8, 92, 16, 8, lit(d.base, -0.3), 4)


def earbuds(d: Drawing) -> None:
    """Two earbuds above their case."""
    d.shadow(400, 654, 190, 20)
    bud(d, 300, 14, 1)
    bud(d, 500, -14, -1)
    d.rect(216, 450, 368, 204, d.flat(lit(d.base, -0.06)), 92)
    d.path("M216 540 Q216 450 308 450 H492 Q584 450 584 540 Q400 566 216 540 Z", d.flat(lit(d.base, 0.1)))
    d.line("M218 544 Q400 570 582 544", lit(d.base, -0.35), 5)
    d.disc(400, 604, 8, "#8fd0a0")
    d.gloss("M244 516 Q256 470 312 468 H420 Q300 480 272 528 Z", 0.3)


def powerbank(d: Drawing) -> None:
    """A power bank."""
    tall = 470 if d.shape.get("big") else 410
    y = 650 - tall
    d.shadow(400, 652, 150, 20)
    d.rect(272, y + 4, 286, tall, lit(d.base, -0.3), 52)
    d.rect(258, y, 286, tall, d.flat(d.base), 52)
    d.rect(350, y + 26, 102, 30, lit(BLACK, -0.05), 15)
    d.rect(368, y + 36, 66, 10, lit(BLACK, 0.4), 5)
    for place in range(4):
        d.disc(340 + place * 40, y + tall - 70, 9, lit(d.base, 0.75), opacity=1 if place < 3 else 0.35)
    d.path(f"M410 {y + 130} L348 {y + 222} H392 L378 {y + 288} L446 {y + 190} H400 Z", lit(d.base, 0.5), opacity=0.75)
    d.gloss(f"M258 {y + 60} Q258 {y} 310 {y} H420 L258 {y + 250} Z", 0.13)
