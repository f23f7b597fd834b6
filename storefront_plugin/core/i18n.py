"""Translations from our own catalogues. The locale of a shop's Flask-Babel is used, but Flask-Babel is never configured.

New words: mark them with ``_()`` (templates) or `N_` (here, and what errors say), then run the three commands at the top of
``translations/babel.cfg``. The compiled ``.mo`` files belong into the repository.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from unicodedata import bidirectional

from babel import Locale
from babel.numbers import format_decimal
from babel.support import NullTranslations, Translations
from flask import current_app

from .errors import N_
from .folders import TRANSLATIONS

if TYPE_CHECKING:
    from flask import Request

    from .settings import Settings

LANGUAGES = ("en", "ja")
"""Languages with a catalogue; the first is the default."""


TITLES: Mapping[str, str] = {
    "also_bought": N_("Customers also bought"),
    "bought_together": N_("Frequently bought together"),
    "related": N_("Related products"),
    "top_rated": N_("Highly rated"),
    "bestsellers": N_("Bestsellers"),
    "trending": N_("Popular now"),
    "for_you": N_("For you"),
    "buy_again": N_("Buy again"),
    "recently_viewed": N_("Recently viewed"),
    "bundles": N_("Bundles & savings"),
    "upsell": N_("Compare models"),
    "add_ons": N_("Goes well with"),
    "downsell": N_("Similar for less"),
    "retarget": N_("You viewed these"),
    "questionnaire": N_("Find the right product"),
}
"""The heading of each strategy."""

REASONS: Mapping[str, str] = {
    "bought_together": N_("Frequently bought together"),
    "alike": N_("Similar product"),
    "rated": N_("Highly rated"),
    "bestseller": N_("Bestseller"),
    "trending": N_("Popular now"),
    "chosen": N_("Staff pick"),
}
"""Why a product is suggested, where no number of orders is given; nothing is said of pairs that too few orders hold."""

VERDICTS: Mapping[str, str] = {
    "shown": N_("Shown at place %(place)s"),
    "limit": N_("The slot is full: it takes %(limit)s"),
    "minimum": N_("The slot stays empty: it needs %(minimum)s or more"),
    "repeated": N_("Proposed before in this slot"),
    "own": N_("The page's own product"),
    "in_cart": N_("In the cart already"),
    "unwanted": N_("Left out by the page"),
    "elsewhere": N_("Shown already in %(elsewhere)s"),
    "rule": N_("Excluded by a rule"),
    "missing": N_("Not in the catalogue"),
    "hidden": N_("Not visible in the shop"),
    "sold_out": N_("Sold out"),
    "variant": N_("A variant of a product that stands already"),
    "category": N_("Not in this category"),
    "offered": N_("Left out with its slot"),
}
"""What became of a candidate, see `recommending.explaining`."""

BUNDLE_VERDICTS: Mapping[str, str] = {
    "shown": N_("Shown at place %(place)s"),
    "applied": N_("Applies to the cart already"),
    "near": N_("Shown at place %(place)s"),
    "full": N_("Others come first: the slot takes %(limit)s"),
    "behind": N_("Others come first: of a cart the next %(limit)s are looked at"),
    "bound": N_("Not looked at: a page looks up at most %(limit)s products of bundles"),
    "scheduled": N_("Starts on %(moment)s"),
    "ended": N_("Ended on %(moment)s"),
    "used_up": N_("Limit in all reached: %(limit)s"),
    "segment": N_("Only for the segment %(segment)s"),
    "staff_only": N_("Only with a staff code"),
    "missing": N_("%(product)s is not in the catalogue"),
    "hidden": N_("%(product)s is not visible in the shop"),
    "sold_out": N_("%(product)s is sold out"),
    "too_few": N_("Too few pieces of %(product)s"),
    "variants": N_("No variant of %(product)s can be had"),
    "currencies": N_("Its products have prices in several currencies"),
    "unpriced": N_("What it saves is not known: a price in %(currency)s is missing"),
    "no_amount": N_("It has no amount in %(currency)s"),
    "costs_more": N_("It costs more than its products one by one"),
    "saves_nothing": N_("It saves nothing"),
    "instead": N_("In favour of %(instead)s: the cart saves most so"),
    "taken": N_("It lacks pieces, and %(instead)s uses those that are there"),
    "far": N_("The cart holds too little of it"),
    "other_variant": N_("Nothing in the cart counts for it: it asks for another variant"),
}
"""What became of a bundle."""


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

    def title(self, source: str, given: str | Mapping[str, str] | None = None) -> str:
        """The heading of a slot: the one *given* by the shop, else that of the strategy *source*."""
        if isinstance(given, str):
            return given
        if given:
            locales = (self.locale, self.locale.partition("_")[0], self.language, LANGUAGES[0])
            return next((given[name] for name in locales if name in given), next(iter(given.values())))
        own = TITLES.get(source)
        return self.gettext(own) if own else source.replace("_", " ").capitalize()

    def verdict(self, kind: str, **values: object) -> str:
        """The translated verdict on a candidate, with *values* for place, limit, minimum or elsewhere."""
        return self.gettext(VERDICTS[kind], **values)

    def bundle_verdict(self, kind: str, **values: object) -> str:
        """The translated verdict on a bundle, with *values*."""
        return self.gettext(BUNDLE_VERDICTS[kind], **values)

    def reason(self, kind: str, orders: int | None = None) -> str | None:
        """The translated reason for a suggestion; None for an unknown kind."""
        if orders is not None and kind == "bought_together":
            return self.ngettext("Bought together in %(num)s order", "Bought together in %(num)s orders", orders)
        if orders is not None and kind == "also_bought":
            return self.ngettext("Also bought in %(num)s order", "Also bought in %(num)s orders", orders)
        own = REASONS.get(kind)
        return self.gettext(own) if own else None


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


def locale_for(request: Request | None, settings: Settings) -> str:
    """The locale of a page: the setting, else Flask-Babel's, else one of ``Accept-Language``, else English.

    Outside of a request, *request* is None.
    """
    chosen = settings.locale() if callable(settings.locale) else settings.locale
    found = known_locale(str(chosen)) if chosen else _host_locale()
    if found or request is None:
        return found or LANGUAGES[0]
    # Not best_match(): for "ja-JP, en;q=0.5" that answers "en", since it looks for whole tags first.
    accepted = (tag.partition("-")[0].lower() for tag, quality in request.accept_languages if quality > 0)
    return next((language for language in accepted if language in LANGUAGES), LANGUAGES[0])


def _host_locale() -> str | None:
    if "babel" not in current_app.extensions:
        return None
    import flask_babel

    chosen: Any = flask_babel.get_locale()
    return known_locale(str(chosen)) if chosen else None
