"""The language of a request, and the shop's own words in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, g, has_request_context, request, url_for
from flask_babel import Babel, get_locale

LANGUAGES = {"en": "English", "ja": "日本語"}
COOKIE = "shop_language"
YEAR = 365 * 24 * 3600


def current_language() -> str:
    """``?lang=``, else the cookie it left, else what the browser prefers, else English."""
    if not has_request_context():
        return "en"
    if "language" not in g:
        asked = request.args.get("lang") or request.cookies.get(COOKIE)
        best = request.accept_languages.best_match(list(LANGUAGES))
        g.language = asked if asked in LANGUAGES else best or "en"
    language: str = g.language
    return language


@cache
def _texts() -> dict[str, list[str]]:
    texts: dict[str, list[str]] = json.loads((Path(__file__).parent / "data" / "texts.json").read_text("utf-8"))
    return texts


def _(key: str, **values: Any) -> str:
    """The text named *key*; with ``n=1`` its singular, where there is one."""
    texts = _texts()
    if values.get("n") == 1 and f"{key}.one" in texts:
        key = f"{key}.one"
    return texts[key][current_language() == "ja"].format(**values)


def attribute_name(key: str) -> str:
    """The label of a product's attribute."""
    pair = _texts().get(f"attribute.{key}", [key, key])
    return pair[current_language() == "ja"]


def attribute_value(value: str) -> str:
    """The words for an attribute's value; measures and models are the same in all languages."""
    pair = _texts().get(f"value.{value}", [value, value])
    return pair[current_language() == "ja"]


def _own(field: str) -> Callable[[Any], str]:
    def text(row: Any) -> str:
        found: str = getattr(row, f"{field}_{get_locale() or 'en'}") or ""
        return found

    text.__doc__ = f"The row's {field} in the language that Flask-Babel has: the request's, if nobody forces another."
    return text


title = _own("title")
description = _own("description")
name = _own("name")
intro = _own("intro")


def language_url(language: str) -> str:
    """This page in another language."""
    if request.method != "GET" or request.endpoint is None:
        return url_for("pages.home", lang=language)
    return url_for(request.endpoint, **{**request.args, **(request.view_args or {}), "lang": language})


def init_app(app: Flask) -> None:
    """Give Flask-Babel our choice of language and the templates our words."""
    Babel(app, locale_selector=current_language)
    app.jinja_env.globals.update(_=_, language_url=language_url, current_language=current_language, LANGUAGES=LANGUAGES)
    app.jinja_env.filters.update(
        title_of=title, description_of=description, name_of=name, intro_of=intro,
        attribute_name=attribute_name, attribute_value=attribute_value,
    )  # fmt: skip

    @app.after_request
    def remember(response: Response) -> Response:
        if response.mimetype == "text/html":
            response.headers["Content-Language"] = current_language()
            response.vary.update(("Accept-Language", "Cookie"))
            if request.args.get("lang") in LANGUAGES:
                response.set_cookie(COOKIE, current_language(), max_age=YEAR, samesite="Lax", httponly=True)
        return response
