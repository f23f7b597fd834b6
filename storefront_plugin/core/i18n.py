"""Translations from our own catalogues.

New words: mark them with ``_()`` (templates) or `N_` (here, and what errors say), then run ``make translations`` and
fill in all catalogues. The compiled ``.mo`` files belong into the repository.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from unicodedata import bidirectional

from babel import Locale
from babel.numbers import format_decimal
from babel.support import NullTranslations, Translations

from .folders import TRANSLATIONS


def languages_in(folder: Path) -> tuple[str, ...]:
    """The languages that have a compiled catalogue in *folder*, English first."""
    found = {catalogue.parts[-3] for catalogue in folder.glob("*/LC_MESSAGES/storefront.mo")}
    return ("en", *sorted(found - {"en"}))


LANGUAGES = languages_in(TRANSLATIONS)
"""Our languages; the first is the default."""


class Texts:
    """Translations for one locale; in the first of `LANGUAGES` when there is no catalogue for its language."""

    def __init__(self, locale: str) -> None:
        self.locale = locale
        self.language = locale.partition("_")[0] if locale.partition("_")[0] in LANGUAGES else LANGUAGES[0]
        self._catalog: NullTranslations = Translations.load(TRANSLATIONS, [self.language], "storefront")

    def gettext(self, message: str, **values: object) -> str:
        """*message* translated, with *values* for its ``%(name)s``."""
        text = self._catalog.ugettext(message)
        return text % values if values else text

    def ngettext(self, one: str, many: str, count: int, **values: object) -> str:
        """The translated plural form for *count*; ``%(num)s`` becomes *count*, formatted for the locale."""
        text = self._catalog.ungettext(one, many, count)
        return text % {"num": self.number(count), **values}

    def number(self, value: float) -> str:
        """*value* formatted for the locale."""
        return _number(value, self.locale)

    def chosen(self, texts: str | Mapping[str, str] | None) -> str | None:
        """The best of a shop's own *texts* by language; a single text as it is, None without any."""
        if not texts or isinstance(texts, str):
            return texts if isinstance(texts, str) else None
        locales = (self.locale, self.locale.partition("_")[0], self.language, LANGUAGES[0])
        return next((texts[name] for name in locales if name in texts), next(iter(texts.values())))


@lru_cache(maxsize=4096)
def _number(value: float, locale: str) -> str:
    return format_decimal(value, locale=locale)  # babel takes 40 µs


@lru_cache(maxsize=64)
def texts_for(locale: str) -> Texts:
    """The `Texts` of *locale*, loaded once."""
    return Texts(locale)


_TURNS = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
"""Unicode classes of characters that change the text direction."""


def isolated(title: str) -> str:
    """*title* for use inside a message: right-to-left text does not reorder the words around it."""
    plain = "".join(sign for sign in title if bidirectional(sign) not in _TURNS)
    return f"\u2068{plain}\u2069" if any(bidirectional(sign) in ("R", "AL") for sign in plain) else plain


@lru_cache(maxsize=256)
def known_locale(name: str) -> str | None:
    """*name* as Babel spells it ("ja_JP" for "ja-jp"), or None for an unknown locale."""
    try:
        return str(Locale.parse(name.replace("-", "_")))
    except Exception:  # ValueError, UnknownLocaleError and others, by what is wrong with it
        return None
