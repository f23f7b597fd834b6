"""All pictures of the manual, made from the demo shop: ``python tests/browser/screenshots.py [name…]``.

The English pictures are of a shop that sells in dollars, the Japanese ones of one that sells in yen. Names given on the
command line are those of pictures to make; by default all.
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[1] / "support"), str(Path(__file__).parents[2])]

from chromium import CHROMIUM, View, served, views
from demo_shop import Visitor, closed, create_demo, seed
from flask import Flask
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from storefront_plugin.redis_store import RedisStore, stop

IMAGES = Path(__file__).parents[2] / "docs" / "images"
ADMIN = "/storefront/admin"
LANGUAGES: Mapping[str, str] = {"en": "USD", "ja": "JPY"}
"""Each language of the pictures, and the price list of its shop."""

COLOURS = 256
PHONE = 390
MARGIN = 24


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture.

    Attributes:
        name: Of the file, before its language.
        path: Of the page.
        start: Selector of what the picture begins with; None is the top of the page.
        end: Selector of what it ends with; None is as high as *height*.
        prepare: What is done on the page before.
    """

    name: str
    path: str
    start: str | None = None
    end: str | None = None
    width: int = 1280
    height: int = 900
    prepare: Callable[[Page], None] | None = None


def fill_cart(page: Page) -> None:
    """What two bundles ask for; then the cart."""
    for sku in ("TSU-DR-WH", "TSU-SV", "TSU-PP", "LUM-A5II", "LX-50"):
        page.goto(f"/product/{sku}")
        page.locator("form.buy button:not([type=button])").last.click()
    page.goto("/cart")


def wait_for_preview(page: Page) -> None:
    """The live preview of an editor comes a moment after the page."""
    page.wait_for_timeout(1500)


def one_language(page: Page) -> None:
    """The text of a bundle in the language of the page only, so that products and price are in the picture."""
    own = {"en": "English", "ja": "日本語"}[page.locator("html").get_attribute("lang") or "en"]
    texts = page.locator("form details[open]").filter(has=page.locator("input[name$='-title']"))
    texts.filter(has_not=page.locator("summary", has_text=own)).locator("> summary").first.click()
    wait_for_preview(page)


def open_slot(page: Page) -> None:
    """The fields of one slot."""
    page.locator("details.slot-fields > summary").nth(2).click()
    wait_for_preview(page)


def slot(name: str) -> str:
    """The selector of a slot on a page of the shop."""
    return f"[data-storefront-slot={name}]"


SHOTS: Sequence[Shot] = (
    Shot("product", "/product/COP-GR", end=slot("also_bought")),
    Shot("product-phone", "/product/COP-GR", slot("bought_together"), slot("also_bought"), PHONE),
    Shot("bundle-kits", "/product/LUM-A5II", slot("bundles"), slot("bundles")),
    Shot("bundle-mix", "/product/LOA-SD-BA", slot("bundles"), slot("bundles")),
    Shot("cart", "/cart", end=slot("bundles"), prepare=fill_cart),
    Shot("admin-home", f"{ADMIN}", height=1000),
    Shot("admin-home-phone", f"{ADMIN}", width=PHONE, height=844),
    Shot("bundle-list", f"{ADMIN}/bundles", height=1000),
    Shot("bundle-editor", f"{ADMIN}/bundles/1", height=1100, prepare=one_language),
    Shot("bundle-editor-phone", f"{ADMIN}/bundles/1", width=PHONE, height=844),
    Shot("proposals", f"{ADMIN}/bundles/proposals", height=1000),
    Shot("placements", f"{ADMIN}/slots", height=760),
    Shot("placement-editor", f"{ADMIN}/slots/product", height=1200, prepare=open_slot),
    Shot("rules", f"{ADMIN}/rules", height=640),
    Shot("rule-editor", f"{ADMIN}/rules/1", height=1000, prepare=wait_for_preview),
    Shot("inspect", f"{ADMIN}/explain?placement=product&product=COP-GR", height=1000),
    Shot("tuning", f"{ADMIN}/tuning", height=1130),
    Shot("log", f"{ADMIN}/log", height=640),
)


def main(wanted: Sequence[str]) -> None:
    """Make the pictures, those *wanted* or all."""
    shots = [shot for shot in SHOTS if not wanted or shot.name in wanted]
    IMAGES.mkdir(exist_ok=True)
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"] if root else [])
        for language, currency in LANGUAGES.items():
            print(f"Filling the shop for the pictures in {language} …", flush=True)
            with busy_demo(currency) as app, served(app) as address, views(browser, address) as view:
                for shot in shots:
                    take(shot, language, view)
        browser.close()
    print(f"{sum(path.stat().st_size for path in IMAGES.glob('*.png')) / 1e6:.1f} MB of pictures are in {IMAGES}.")


@contextmanager
def busy_demo(currency: str) -> Iterator[Flask]:
    """The demo shop selling in *currency*, seeded, with some visits and orders of today."""
    with tempfile.TemporaryDirectory(prefix="sf-pictures-") as name:
        folder = Path(name)
        store = RedisStore(None, folder / "redis")
        store.ping()
        store.close()
        url = f"unix://{(folder / 'redis' / 'socket').read_text().strip()}"
        app = create_demo(folder, url, SHOP_CURRENCY=currency, TESTING=False)
        seed(app)
        visit(app)
        yield app
        closed(app)
        stop(folder / "redis")


def visit(app: Flask) -> None:
    """What shoppers of a morning do: look around, and buy three coffee sets."""
    for sku in ("COP-GR", "LUM-A5II", "TSU-SV", "HAG-K-SAN", "NUV-5-BK", "LOA-SO-14"):
        Visitor(app).get(f"/product/{sku}")
    for _ in range(3):
        shopper = Visitor(app)
        shopper.add_coffee()
        shopper.order()
    with app.app_context():
        app.extensions["storefront"].drain()


def take(shot: Shot, language: str, view: View) -> None:
    """Take one picture and keep it small."""
    scale = 2 if shot.width == PHONE else 1
    context = view(shot.width, shot.height, locale={"en": "en-US", "ja": "ja-JP"}[language], device_scale_factor=scale)
    page = context.new_page()
    if shot.path.startswith(ADMIN):
        page.goto("/sign-in")
        page.locator("button[value=staff]").click()
    answer = page.goto(shot.path)
    assert answer is not None
    assert answer.ok, f"{shot.path} answers {answer.status}"
    page.wait_for_load_state("networkidle")
    if shot.prepare is not None:
        shot.prepare(page)
        page.wait_for_load_state("networkidle")
    path = IMAGES / f"{shot.name}-{language}.png"
    path.write_bytes(smaller(page.screenshot(full_page=True, clip=area(page, shot), animations="disabled")))
    print(f"{path.name}: {path.stat().st_size // 1000} KB", flush=True)
    context.close()


def area(page: Page, shot: Shot) -> dict[str, float]:
    """What of the page belongs to the picture."""
    top, bottom = 0.0, float(shot.height)
    if shot.start is not None:
        top = max(0, edges(page, shot.start)[0] - MARGIN)
    if shot.end is not None:
        bottom = edges(page, shot.end)[1] + MARGIN
    return {"x": 0, "y": top, "width": shot.width, "height": bottom - top}


def edges(page: Page, selector: str) -> tuple[float, float]:
    """Where the first element of *selector* begins and ends on the page."""
    box = page.locator(selector).first.bounding_box()
    assert box is not None, f"{selector} is not on {page.url}"
    scrolled = page.evaluate("scrollY")
    return box["y"] + scrolled, box["y"] + box["height"] + scrolled


def smaller(png: bytes) -> bytes:
    """The same picture with a palette of its own: a third of the bytes, and the eye sees no difference."""
    out = io.BytesIO()
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    palette = picture.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, kmeans=2)
    picture.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG).save(out, "PNG", optimize=True)
    return out.getvalue()


if __name__ == "__main__":
    main(sys.argv[1:])
