# ruff: noqa: E501
"""Coffee, tea, cups and bowls."""

from __future__ import annotations

from .drawing import Drawing
from .palette import colour, lit

BLACK = colour("black")
STEEL = colour("steel")
COFFEE = "#5b3a29"


def kettle(d: Drawing) -> None:
    """A gooseneck kettle."""
    d.shadow(390, 640, 214, 22)
    d.line("M286 560 C150 556 210 330 128 300", lit(d.base, -0.12), 30)
    d.line("M286 552 C162 548 218 334 126 296", lit(d.base, 0.28), 7, opacity=0.6)
    d.line("M516 376 C690 330 690 560 560 560", colour("walnut"), 34)
    d.line("M530 366 C670 336 676 530 570 548", lit(colour("walnut"), 0.25), 6, opacity=0.6)
    d.path("M292 330 H508 Q534 450 566 612 Q568 636 544 636 H256 Q232 636 234 612 Q266 450 292 330 Z", d.tube(d.base))
    d.rect(284, 312, 232, 26, d.tube(lit(d.base, 0.1)), 10)
    d.path("M300 314 Q310 268 400 264 Q490 268 500 314 Z", d.tube(d.base))
    d.rect(386, 242, 28, 26, d.tube(STEEL), 4)
    d.disc(400, 228, 24, d.ball(colour("walnut")))
    d.rect(236, 606, 328, 10, lit(d.base, -0.35), 4, opacity=0.5)
    d.gloss("M312 352 H346 Q318 480 302 606 H270 Q286 470 312 352 Z", 0.28)


def dripper(d: Drawing) -> None:
    """A coffee dripper on its foot."""
    d.shadow(390, 622, 190, 20)
    d.line("M560 346 C680 330 660 484 514 474", lit(d.base, -0.12), 30)
    d.path("M172 270 H608 L474 540 H306 Z", d.tube(d.base))
    d.oval(390, 272, 218, 46, d.flat(lit(d.base, 0.1)))
    d.oval(390, 278, 196, 36, lit(d.base, -0.3))
    for step in range(7):
        x = 230 + step * 54
        d.line(f"M{x} {264 + abs(3 - step) * -4} Q{x + 24} 290 {x + 14} 306", lit(d.base, -0.05), 6, opacity=0.7)
    d.rect(306, 530, 168, 34, d.tube(lit(d.base, -0.06)), 6)
    d.rect(226, 560, 328, 40, d.tube(d.base), 18)
    d.rect(350, 598, 80, 20, d.tube(lit(d.base, -0.16)), 8)
    d.gloss("M224 320 H262 L344 520 H322 Z", 0.3)


def server(d: Drawing) -> None:
    """A glass server, half full."""
    d.shadow(396, 644, 196, 20)
    d.line("M560 330 C690 330 690 560 572 560", "#c7d6da", 26, opacity=0.9)
    glass = d.linear([(0, "#ffffff"), (0.5, "#dde8ea"), (1, "#b6c7cc")])
    d.path(
        "M300 250 H500 Q500 330 560 420 Q620 560 560 640 H240 Q180 560 240 420 Q300 330 300 250 Z", glass, opacity=0.8
    )
    d.path("M206 500 Q400 520 594 500 Q604 580 556 632 H244 Q196 580 206 500 Z", d.tube(COFFEE))
    d.oval(400, 502, 194, 18, lit(COFFEE, 0.14))
    d.rect(284, 236, 232, 66, d.tube(colour("oak")), 10)
    d.rect(296, 214, 208, 26, "#e4edef", 8, opacity=0.9)
    for y in (420, 460):
        d.rect(384, y, 32, 5, "#8ba0a7", 2)
    d.gloss("M292 372 Q250 420 240 480 Q270 470 290 486 Q290 420 330 366 Z", 0.7)


def papers(d: Drawing) -> None:
    """A stack of coffee papers in their wrap."""
    d.shadow(400, 620, 206, 18)
    for place in range(6):
        d.path(f"M{196 + place * 7} {260 - place * 7} H{596 + place * 7} L{500 + place * 7} {600 - place * 7} H{292 + place * 7} Z",
               d.flat(lit("#d8b98c", 0.05 * place)), stroke=lit("#d8b98c", -0.22), stroke_width=2)  # fmt: skip
    d.path("M262 366 H634 L592 514 H310 Z", d.flat(colour("white")))
    d.text(452, 462, "02", 76, colour("walnut"))
    d.line("M248 246 H620", lit("#d8b98c", -0.3), 4, stroke_dasharray="8 8")


def grinder(d: Drawing) -> None:
    """A hand grinder with its crank."""
    d.shadow(400, 676, 130, 20)
    d.rect(308, 470, 184, 204, d.tube(colour("walnut")), 26)
    d.rect(300, 238, 200, 240, d.tube(d.base), 20)
    d.rect(300, 462, 200, 18, d.tube(lit(BLACK, 0.1)), 4)
    for y in (286, 306, 326):
        d.rect(300, y, 200, 5, lit(d.base, -0.25), 0, opacity=0.6)
    d.rect(318, 208, 164, 40, d.tube(lit(d.base, 0.1)), 16)
    d.rect(390, 168, 20, 50, d.tube(STEEL), 4)
    d.rect(392, 158, 226, 22, d.bar(STEEL), 10)
    d.rect(598, 118, 14, 44, d.tube(STEEL), 4)
    d.disc(605, 106, 34, d.ball(colour("walnut")))


def mug(d: Drawing) -> None:
    """A mug with a darker foot."""
    d.shadow(378, 622, 178, 22)
    d.line("M536 358 C676 338 676 540 528 526", lit(d.base, -0.08), 36)
    d.line("M546 346 C650 340 660 500 556 510", lit(d.base, 0.3), 7, opacity=0.5)
    d.path("M206 284 H550 V540 Q550 618 472 618 H284 Q206 618 206 540 Z", d.tube(d.base))
    d.path("M206 536 Q378 566 550 536 V540 Q550 618 472 618 H284 Q206 618 206 540 Z", d.tube(colour("sand")))
    d.oval(378, 284, 172, 36, d.flat(lit(d.base, 0.16)))
    d.oval(378, 290, 154, 28, d.flat(lit(d.base, -0.24)))
    d.oval(378, 298, 138, 18, COFFEE)
    d.gloss("M236 330 H268 V530 Q250 526 236 524 Z", 0.28)
    for x, y in ((430, 400), (470, 460), (350, 480), (410, 520), (320, 390), (500, 380)):
        d.disc(x, y, 3.5, lit(d.base, -0.4), opacity=0.5)


def bowl(d: Drawing) -> None:
    """A bowl on its foot, with another inside."""
    d.shadow(400, 600, 190, 20)
    d.rect(320, 566, 160, 34, d.tube(colour("sand")), 8)
    d.path("M158 340 H642 Q634 520 480 572 H320 Q166 520 158 340 Z", d.tube(d.base))
    d.path("M206 494 Q400 540 594 494 Q550 550 480 572 H320 Q250 550 206 494 Z", d.tube(colour("sand")), opacity=0.85)
    d.oval(400, 340, 242, 60, d.flat(lit(d.base, 0.18)))
    d.oval(400, 346, 222, 48, d.linear([(0, lit(d.base, -0.3)), (1, lit(d.base, 0.08))]))
    d.gloss("M196 400 Q204 460 244 512 L270 520 Q232 460 226 404 Z", 0.26)


def teapot(d: Drawing) -> None:
    """A side-handled teapot."""
    d.shadow(390, 616, 214, 22)
    d.path("M236 460 Q150 430 122 344 L168 330 Q200 400 262 400 Z", d.flat(lit(d.base, -0.06)))
    d.path("M548 410 L704 300 Q728 292 736 316 L738 332 L570 470 Z", d.flat(lit(d.base, -0.08)))
    d.oval(400, 470, 206, 146, d.ball(d.base))
    d.rect(300, 592, 200, 22, d.tube(lit(d.base, -0.2)), 8)
    d.path("M276 352 Q290 316 400 312 Q510 316 524 352 Q400 384 276 352 Z", d.flat(lit(d.base, 0.1)))
    d.disc(400, 296, 28, d.ball(lit(d.base, 0.05)))
    d.oval(316, 416, 30, 62, "#ffffff", opacity=0.2, transform="rotate(28 316 416)")
    d.path("M226 520 Q400 600 574 520 Q530 616 400 616 Q270 616 226 520 Z", colour("sand"), opacity=0.35)
