"""In which language the shop's own code speaks: of a request, and where no page of the shop tells."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from typing import Any

from flask import Flask, current_app, g, has_request_context, request
from werkzeug.routing import Rule

from ..core.i18n import LANGUAGES, known_locale

LANGUAGE_ARGUMENTS = ("lang_code", "lang", "language", "language_code", "locale")
"""Names of the part of a shop's addresses that holds the language, as in Flask's documentation and those of others."""

_log = logging.getLogger(__name__)

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
            tell_language(chosen or _default_locale(current_app))
        setattr(g, _SPOKEN, chosen)
        try:
            yield
        finally:
            setattr(g, _SPOKEN, before)


def _default_locale(app: Flask) -> str:
    setting = app.config.get("STOREFRONT_LOCALE")
    return setting if isinstance(setting, str) else str(app.config.get("BABEL_DEFAULT_LOCALE") or "en")


def tell_language(locale: str) -> None:
    """Call the shop's URL value preprocessors as for a page in *locale*; what they store on ``flask.g`` stays there."""
    for rule, name in _with_language(current_app):
        try:
            preprocess(rule.endpoint, {name: _spelled(rule, name, locale)})
        except Exception as error:  # the shop's own code: it may need a tenant, which no document without a page has
            log_once(f"A URL value preprocessor for {rule} failed outside of a page of the shop: {error!r:.200}")


def _with_language(app: Flask) -> list[tuple[Rule, str]]:
    """An address of the shop that holds a language for each blueprint whose processors take it from there."""
    found: dict[tuple[str | None, ...], tuple[Rule, str]] = {}
    for rule in app.url_map.iter_rules() if _has_processors(app) else ():
        name = _language_argument(rule)
        listeners = tuple(one for one in _listeners(rule.endpoint) if app.url_value_preprocessors.get(one))
        if name is not None and listeners:
            found.setdefault(listeners, (rule, name))
    return list(found.values())


def _language_argument(rule: Rule) -> str | None:
    """The argument of *rule* that is a language: by its name, or since it is one of some that we speak, as ``any(en, fr)``."""
    for name in LANGUAGE_ARGUMENTS:
        if name in rule.arguments:
            return name
    return next(
        (name for name in rule.arguments if any(_language(one) in LANGUAGES for one in _accepted(rule, name))), None
    )


def _language(locale: str) -> str:
    """The language of ``ja_JP`` or ``ja-jp``, which is ``ja``."""
    return locale.replace("-", "_").partition("_")[0].lower()


def _accepted(rule: Rule, name: str) -> Collection[str]:
    """The values that an ``any`` of *rule* takes; none for other converters."""
    items = getattr(getattr(rule, "_converters", {}).get(name), "items", None)
    return items if isinstance(items, (set, frozenset)) else ()


@lru_cache(maxsize=64)
def log_once(message: str) -> None:
    """Warn of what each request may meet again."""
    _log.warning("%s", message)


def _ours(app: Flask) -> tuple[str, ...]:
    name = getattr(app.extensions.get("storefront"), "name", "storefront")
    return name, f"{name}-admin", f"{name}-api"


def _spelled(rule: Rule, name: str, locale: str) -> str:
    """*locale* as the addresses of *rule* write it, such as "ja" or "ja-JP"."""
    language = _language(locale)
    spellings = (locale, locale.replace("_", "-"), locale.replace("_", "-").lower(), language)
    accepted = _accepted(rule, name)
    alike = sorted(one for one in accepted if _language(one) == language)
    return next((one for one in (*spellings, *alike) if one in accepted), language)


def preprocess(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Call the URL value preprocessors for a page of the shop, in Flask's order."""
    for name in _listeners(endpoint):
        for preprocessor in current_app.url_value_preprocessors.get(name, ()):
            preprocessor(endpoint, values)


def _listeners(endpoint: str | None) -> list[str | None]:
    """Under which names Flask has the preprocessors of *endpoint*: those of the app, then of its blueprints from outside in."""
    parent = endpoint.rpartition(".")[0] if endpoint else ""
    names: list[str | None] = [None]
    while parent:
        names.insert(1, parent)
        parent = parent.rpartition(".")[0]
    return names


def speaks_by_address() -> bool:
    """Whether the shop's code may look at the address of a page for the language that it speaks."""
    app = current_app
    callable_locale = callable(app.config.get("STOREFRONT_LOCALE"))
    return callable_locale or bool(app.url_default_functions) or _has_processors(app)


def _has_processors(app: Flask) -> bool:
    ours = _ours(app)
    return any(functions and name not in ours for name, functions in app.url_value_preprocessors.items())


def host_locale() -> str | None:
    """What the shop's Flask-Babel speaks now; None without one, or where it does not know."""
    if "babel" not in current_app.extensions:
        return None
    import flask_babel

    chosen: Any = flask_babel.get_locale()
    return known_locale(str(chosen)) if chosen else None


def spoken(*locales: str) -> str:
    """What the texts and links of the shop's products depend on in this request: *locales*, and what its code says.

    That is the language of its Flask-Babel and what it adds to addresses. Product data is cached by it.
    """
    functions: Mapping[str | None, list[Callable[[str, dict[str, Any]], None]]] = current_app.url_default_functions
    if not has_request_context():
        return " ".join(dict.fromkeys(locales))
    values: dict[str, Any] = {}
    try:
        languages = " ".join(dict.fromkeys([*locales, host_locale() or locales[0]]))
        for name in (None, *request.blueprints) if functions else ():
            for add in functions.get(name, ()):
                add(request.endpoint or "", values)
    except Exception:  # the shop's own code; its texts or links then fail too, and what failed is not cached
        return f"{' '.join(locales)} ?"
    return f"{languages} {sorted(values.items())!s:.{_MOST_TEXT}}" if values else languages
