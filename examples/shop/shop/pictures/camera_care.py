"""Tripods, power and care for cameras."""

from __future__ import annotations

from .cameras import eye
from .drawing import Drawing
from .palette import colour, lit

BLACK = colour("black")
STEEL = colour("steel")


def tripod(d: Drawing) -> None:
    """A tripod with three legs drawn out."""
    d.shadow(400, 690, 214, 18)
    for start, end, shade in ((394, 396, -0.2), (376, 214, 0.0), (424, 590, -0.08)):
        tone = lit(d.base, shade)
        for share, width in ((1.0, 16), (0.72, 24), (0.42, 32)):
            x, y = start + (end - start) * share, 300 + 384 * share
            d.line(f"M{start} 300 L{x:.0f} {y:.0f}", tone, width)
            if share < 1:
                d.line(f"M{x - (end - start) * 0.02:.0f} {y - 12:.0f} L{x:.0f} {y:.0f}", BLACK, width + 6)
        d.line(
            f"M{start + (end - start) * 0.04:.0f} 316 L{start + (end - start) * 0.38:.0f} 446",
            lit(tone, 0.3),
            5,
            opacity=0.55,
        )
        d.disc(end, 686, 14, BLACK)
    d.rect(352, 262, 96, 52, d.flat(lit(BLACK, 0.06)), 18)
    d.rect(384, 190, 32, 80, d.tube(STEEL), 6)
    d.disc(400, 182, 44, d.ball(lit(BLACK, 0.1)))
    d.rect(440, 172, 54, 18, d.bar(colour("terracotta")), 8)
    d.rect(334, 118, 132, 30, d.flat(lit(BLACK, 0.12)), 8)
    d.rect(378, 106, 44, 14, d.tube(STEEL), 4)


def minitripod(d: Drawing) -> None:
    """A table tripod with a small camera's foot on top."""
    d.shadow(400, 640, 210, 20)
    for end, shade in ((400, -0.18), (226, 0.0), (574, -0.08)):
        d.line(f"M400 400 L{end} 626", lit(d.base, shade), 46)
        d.line(f"M{392 if end < 400 else 404} 410 L{end - 8} 612", lit(d.base, 0.3), 7, opacity=0.45)
        d.disc(end, 628, 24, BLACK)
    d.disc(400, 392, 62, d.ball(d.base))
    d.rect(374, 290, 52, 72, d.tube(STEEL), 6)
    d.disc(400, 270, 56, d.ball(lit(BLACK, 0.1)))
    d.rect(320, 196, 160, 34, d.flat(lit(BLACK, 0.12)), 10)
    d.rect(384, 176, 32, 22, d.tube(STEEL), 4)


def battery(d: Drawing) -> None:
    """A battery pack with gold contacts."""
    d.shadow(400, 630, 150, 20)
    d.path("M270 236 H506 L544 208 V590 L506 624 H270 Z", lit(BLACK, -0.1))
    d.rect(256, 230, 250, 396, d.flat(lit(BLACK, 0.08)), 24)
    d.rect(256, 330, 250, 230, d.flat(d.base))
    for x in (286, 340, 394, 448):
        d.rect(x, 250, 30, 44, d.flat(colour("mustard")), 5)
    d.path("M396 366 L342 456 H380 L366 524 L424 430 H384 Z", lit(d.base, 0.75))
    d.rect(286, 580, 110, 10, "#ffffff", 5, opacity=0.3)
    d.gloss("M256 254 Q256 230 280 230 H390 L256 450 Z", 0.1)


def filter(d: Drawing) -> None:
    """A screw-in filter."""
    d.shadow(410, 640, 190, 18)
    d.disc(408, 404, 226, lit(BLACK, -0.2))
    d.disc(400, 396, 226, d.flat(lit(BLACK, 0.14)))
    d.disc(400, 396, 202, lit(BLACK, -0.1))
    d.disc(400, 396, 192, d.linear([(0, "#e9f1f5"), (0.45, "#c5d9e4"), (0.75, "#d9d3e8"), (1, "#eadfd6")]))
    d.gloss("M266 296 Q316 226 412 214 L296 486 Q244 400 266 296 Z", 0.55)
    d.gloss("M452 216 Q478 220 500 232 L366 576 Q340 570 326 560 Z", 0.35)
    for turn in range(0, 360, 6):
        with d.at(400, 396, turn):
            d.rect(-2, -226, 4, 12, lit(BLACK, 0.4), 1, opacity=0.5)


def strap(d: Drawing) -> None:
    """A woven strap, laid in a loop."""
    d.shadow(400, 660, 170, 14)
    loop = "M280 640 C150 420 190 160 400 160 C610 160 650 420 520 640"
    d.line(loop, lit(d.base, -0.18), 66)
    d.line(loop, d.base, 58)
    d.line(loop, lit(d.base, 0.45), 6, stroke_dasharray="2 16")
    d.line("M262 610 C150 410 214 184 400 184 C586 184 650 410 538 610", lit(d.base, 0.35), 3, opacity=0.6)
    for x, turn in ((280, -29), (520, 29)):
        with d.at(x, 640, turn):
            d.rect(-38, -84, 76, 104, d.flat(colour("oak")), 12)
            d.rect(-28, -70, 56, 76, "none", 8, stroke=lit(colour("oak"), 0.5), stroke_width=3, stroke_dasharray="7 6")
            d.line("M0 20 V52", colour("black"), 12)
            d.disc(0, 60, 16, "none", stroke=STEEL, stroke_width=7)


def blower(d: Drawing) -> None:
    """A rubber blower, a brush and a cloth."""
    d.shadow(400, 636, 262, 20)
    d.path("M452 430 L652 404 L676 612 L472 630 Z", d.flat(colour("sky")))
    d.path("M452 430 L552 417 L575 621 L472 630 Z", lit(colour("sky"), 0.22))
    d.rect(286, 170, 28, 136, d.tube(lit(BLACK, 0.1)), 8)
    d.oval(300, 452, 132, 176, d.ball(d.base))
    for dy in (-70, 0, 70):
        d.line(
            f"M{176 + abs(dy) * 0.22:.0f} {452 + dy} Q300 {486 + dy} {424 - abs(dy) * 0.22:.0f} {452 + dy}",
            lit(d.base, -0.25),
            5,
            opacity=0.6,
        )
    d.oval(252, 392, 26, 54, "#ffffff", opacity=0.2, transform="rotate(18 252 392)")
    with d.at(560, 470, 32):
        d.rect(-16, -190, 32, 160, d.tube(colour("oak")), 10)
        d.rect(-20, -40, 40, 44, d.tube(STEEL), 4)
        d.path("M-20 2 H20 L30 92 Q0 108 -30 92 Z", d.flat(lit(BLACK, 0.12)))


__all__ = ["battery", "blower", "eye", "filter", "minitripod", "strap", "tripod"]
