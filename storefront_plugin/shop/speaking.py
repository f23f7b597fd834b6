"""In which language the shop's own code speaks: of a request, and where no page of the shop tells."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from flask import Flask, current_app, g, has_request_context, request
from werkzeug.routing import Rule

LANGUAGE_ARGUMENTS = ("lang_code", "lang", "language", "locale")
"""Names of the part of a shop's addresses that holds the language, as in Flask's documentation and those of others."""

_MOST_TEXT = 200
_SPOKEN = "_storefront_spoken"


@contextmanager
def shop_speaking(locale: str | None, by_address: bool = True) -> Iterator[None]:
    """Inside, the shop's own code speaks *locale*: its Flask-Babel, and links whose addresses hold the language.

    For links the shop's URL value preprocessors get the language as if they were asked for a page in it; with
    *by_address* False they know it already. None is what was spoken around, or the shop's default. Needs an app context;
    what the preprocessors store on ``flask.g`` stays there.
    """
    before = g.get(_SPOKEN)
    chosen = locale or before
    with ExitStack() as stack:
        if chosen is not None and "babel" in current_app.extensions:
            import flask_babel

            stack.enter_context(flask_babel.force_locale(chosen))
        if by_address:
            _tell_language(chosen or _default_locale(current_app))
        setattr(g, _SPOKEN, chosen)
        try:
            yield
        finally:
            setattr(g, _SPOKEN, before)


def _default_locale(app: Flask) -> str:
    setting = app.config.get("STOREFRONT_LOCALE")
    return setting if isinstance(setting, str) else str(app.config.get("BABEL_DEFAULT_LOCALE") or "en")


def _tell_language(locale: str) -> None:
    rule, name = next(_with_language(current_app), (None, ""))
    if rule is not None:
        preprocess(rule.endpoint, {name: _spelled(rule, name, locale)})


def _with_language(app: Flask) -> Iterator[tuple[Rule, str]]:
    """The shop's addresses that hold a language, if its processors take it from there."""
    if _has_processors(app):
        for rule in app.url_map.iter_rules():
            for name in LANGUAGE_ARGUMENTS:
                if name in rule.arguments:
                    yield rule, name


def _ours(app: Flask) -> tuple[str, ...]:
    name = getattr(app.extensions.get("storefront"), "name", "storefront")
    return name, f"{name}-admin", f"{name}-api"


def _spelled(rule: Rule, name: str, locale: str) -> str:
    """*locale* as the addresses of *rule* write it, such as "ja" or "ja-JP"."""
    language = locale.partition("_")[0]
    accepted = getattr(getattr(rule, "_converters", {}).get(name), "items", None)
    spellings = (locale, locale.replace("_", "-"), locale.replace("_", "-").lower(), language)
    if isinstance(accepted, (set, frozenset)):
        return next((one for one in spellings if one in accepted), language)
    return language


def preprocess(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Call the URL value preprocessors for a page of the shop, in Flask's order."""
    parent = endpoint.rpartition(".")[0] if endpoint else ""
    names: list[str | None] = [None]
    while parent:
        names.insert(1, parent)
        parent = parent.rpartition(".")[0]
    for name in names:
        for preprocessor in current_app.url_value_preprocessors.get(name, ()):
            preprocessor(endpoint, values)


def speaks_by_address() -> bool:
    """Whether the shop's code may look at the address of a page for the language that it speaks."""
    app = current_app
    callable_locale = callable(app.config.get("STOREFRONT_LOCALE"))
    return callable_locale or bool(app.url_default_functions) or _has_processors(app)


def _has_processors(app: Flask) -> bool:
    ours = _ours(app)
    return any(functions and name not in ours for name, functions in app.url_value_preprocessors.items())


def spoken(locale: str) -> str:
    """What the texts and links of the shop's products depend on in this request: *locale*, and what its addresses add.

    Product data is cached by it.
    """
    functions: Mapping[str | None, list[Callable[[str, dict[str, Any]], None]]] = current_app.url_default_functions
    if not functions or not has_request_context():
        return locale
    values: dict[str, Any] = {}
    try:
        for name in (None, *request.blueprints):
            for add in functions.get(name, ()):
                add(request.endpoint or "", values)
    except Exception:  # the shop's own code; its links then fail too, and what failed is not cached
        return f"{locale} ?"
    return f"{locale} {sorted(values.items())!s:.{_MOST_TEXT}}" if values else locale
