"""All widgets in three kinds of shop, for eyes and for the browser tests: ``python tests/browser/gallery.py``.

``/?content=demo|one|hostile&locale=en|ja&shop=plain|framework|dark|loud&placement=product|cart|home&side=1&bundles=set,ladder,…|cart&codes=1``
"""

from __future__ import annotations

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "support")]

from flask import Flask, Response, redirect, render_template_string, request, session
from handmade import FillableCart, HandmadeStorefront, make_lazy
from handmade_bundles import shown_bundles
from markupsafe import escape

from storefront_plugin.recommending.plan import DEFAULT_PLAN

PAGE = """<!doctype html>
<html lang="{{ locale }}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Gallery</title>
{% if shop != "plain" %}<link rel="stylesheet" href="/shop/{{ shop }}.css">{% endif %}
<link rel="stylesheet" href="/shop/frame.css">
{{ storefront.head() }}
</head>
<body>
<main class="{{ 'side' if side else 'wide' }}">
<h1>{{ "信楽焼のマグカップ 300ml" if locale == "ja" else "Stoneware mug, 300 ml" }}</h1>
{% if tall %}<div class="tall"></div>{% endif %}
{% if slot %}{{ storefront.slot(slot, "1", placement=placement, layout=layout) }}
{% else %}{{ storefront.placement(placement, "1") }}{% endif %}
<p class="after">{{ "ページの続き" if locale == "ja" else "The page goes on." }}</p>
</main>
</body>
</html>"""

FRAME = """main { margin: 0 auto; max-width: 1200px; padding: 16px; } main.side { margin: 0; max-width: 300px; }
.tall { height: 3000px; }"""

# A framework's usual reset: everything a guest's markup must bear.
FRAMEWORK = """*, ::before, ::after { box-sizing: border-box; }
body { margin: 0; font: 400 1rem/1.5 system-ui, "Noto Sans CJK JP", sans-serif; color: #212529; background: #fff; }
h1, h2 { margin: 0 0 .5rem; font-weight: 500; line-height: 1.2; } h1 { font-size: 2.5rem; } h2 { font-size: 2rem; }
p { margin: 0 0 1rem; } ol, ul { padding-left: 2rem; margin: 0 0 1rem; }
a { color: #0d6efd; text-decoration: underline; } img, svg { vertical-align: middle; }
button, input { margin: 0; font-family: inherit; font-size: inherit; line-height: inherit; }"""

# A shop whose rules for bare elements are loud, and whose pages reach the edges of the window.
LOUD = """body { margin: 0; font: 16px/1.5 system-ui, "Noto Sans CJK JP", sans-serif; } main.wide { max-width: none; padding: 0; }
button { background: #0f766e; border: 0; border-radius: 999px; color: #fff; letter-spacing: .1em; padding: 12px 32px; text-transform: uppercase; }
button:hover { background: #000; } a { color: #c00; } a:hover { color: #900; } select, input { width: 60px; }
:focus-visible { outline: 4px solid orange; outline-offset: 4px; }"""

DARK = """body { margin: 0; font: 16px/1.6 Georgia, "Noto Serif CJK JP", serif; color: #ece7df; background: #1b1917; }
a { color: #e9c27b; }"""

SHAPES = (
    '<path d="M120 120h130v150a30 30 0 0 1-30 30h-70a30 30 0 0 1-30-30z"/><path d="M250 150h20a34 34 0 0 1 0 90h-20" fill="none" stroke="{0}" stroke-width="16"/>',
    '<path d="M110 130h180l-60 110v50h-60v-50z"/>',
    '<rect x="130" y="90" width="140" height="220" rx="4"/><path d="M150 90v220M250 90v220" stroke="#fff" stroke-opacity=".6" stroke-width="8"/>',
    '<rect x="80" y="150" width="200" height="110" rx="26"/><rect x="276" y="190" width="70" height="30" rx="15"/>',
    '<path d="M100 160h170v90a30 30 0 0 1-30 30H130a30 30 0 0 1-30-30z"/><rect x="266" y="170" width="90" height="18" rx="9"/>',
    '<rect x="130" y="130" width="140" height="180" rx="22" fill-opacity=".55"/><rect x="150" y="90" width="100" height="46" rx="8" fill="#b98a5a"/>',
    '<path d="M140 180h120l20 120H120z"/><path d="M266 250q50-10 40-80" fill="none" stroke="{0}" stroke-width="14"/><path d="M150 176q50-90 100 0" fill="none" stroke="{0}" stroke-width="10"/>',
    '<rect x="165" y="150" width="70" height="160" rx="6"/><path d="M200 100q22 24 0 44q-22-20 0-44" fill="#e8a33d"/>',
    '<path d="M200 90q120 90 0 220q-120-130 0-220z"/>',
)
INKS = ("#7c6a58", "#3f5b57", "#8d9aa8", "#6b4a35", "#4c6a8a", "#86a0a0", "#3a3a3c", "#d8b46a", "#4a5240")


def create_gallery() -> Flask:
    """The gallery with a strict CSP and no third party."""
    app = Flask(__name__)
    app.config.update(SECRET_KEY="gallery", TESTING=True)
    storefront = HandmadeStorefront(app, FillableCart(), currency="EUR")
    storefront.content = lambda: str(session.get("content", "demo"))
    storefront.bundles = lambda page: shown_bundles(page, session["bundles"]) if session.get("bundles") else ()

    @app.get("/")
    def gallery() -> str:
        args = request.args
        session["content"] = args.get("content", "demo")  # fragments show the same
        session["bundles"] = args.get("bundles")
        storefront.takes_code = bool(args.get("codes"))
        storefront.plan = dict(DEFAULT_PLAN)
        if args.get("lazy"):
            make_lazy(storefront, args.get("placement", "product"), args["lazy"])
        return render_template_string(
            PAGE,
            locale=args.get("locale", "en"), shop=args.get("shop", "plain"), side=args.get("side"), tall=args.get("tall"),
            placement=args.get("placement", "product"), slot=args.get("slot"), layout=args.get("layout"),
        )  # fmt: skip

    @app.get("/shop/<name>.css")
    def styles(name: str) -> Response:
        return Response({"framework": FRAMEWORK, "dark": DARK, "loud": LOUD}.get(name, FRAME), mimetype="text/css")

    @app.get("/picture/<int:number>.svg")
    def picture(number: int) -> Response:
        ink = INKS[(number - 1) % 9]
        shape = SHAPES[(number - 1) % 9].format(ink)
        svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400" width="400" height="400"><g fill="{ink}">{shape}</g></svg>'
        return Response(svg, mimetype="image/svg+xml")

    @app.get("/product/<name>")
    def product(name: str) -> str:
        return f"<!doctype html><html lang=en><title>{escape(name)}</title>"

    @app.post("/shop/add")
    def add() -> Response:
        session["cart"] = [*session.get("cart", ()), request.form["sku"]]
        return redirect(request.referrer or "/", 303)  # type: ignore[return-value]

    @app.get("/shop/fill/<ids>")
    def fill_cart(ids: str) -> str:
        session["cart"] = ids.split(",")
        return "filled"

    @app.after_request
    def strict(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = "default-src 'self'"
        return response

    return app


if __name__ == "__main__":
    create_gallery().run(port=int(sys.argv[1]) if sys.argv[1:] else 5055)
