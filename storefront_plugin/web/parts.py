"""The small templates that a page renders again and again: cards, parts of a set, bundles, notices, prices and stars."""

from __future__ import annotations

from functools import lru_cache
from typing import TypeAlias

from jinja2 import Environment, Template
from markupsafe import Markup

from ..folders import WIDGETS
from ..texts import texts_for
from .bundle_contexts import BundleView
from .contexts import CardView, NoticeView, PartView, PriceView, StarsView

View: TypeAlias = CardView | PartView | BundleView | NoticeView | PriceView | StarsView

NAMES = ("card", "part", "bundle", "notice", "price", "stars")


class Parts:
    """``show(name, *views)`` in our templates: ``_name.html`` rendered with each view under that name, line by line.

    Our own templates depend on nothing but the view, so the HTML of equal views is kept: a page has thirty cards, and
    including three templates for each would take longer than finding the products. Templates of the shop's own may
    look at whatever they like and are rendered every time, and so is a card with a shopper's own token.

    Args:
        environment: Where the templates are found.
        locale: Locale of the words.
        private: The response belongs to one shopper.
    """

    def __init__(self, environment: Environment, locale: str, private: bool) -> None:
        self._locale = locale
        self._templates = {name: environment.get_template(f"storefront/_{name}.html") for name in NAMES}
        self._keeps = {name: is_ours(template) for name, template in self._templates.items()}
        all_ours = all(self._keeps.values())
        self._keeps |= {"card": all_ours and not private, "part": all_ours, "bundle": all_ours}

    def __call__(self, name: str, *views: View) -> Markup:
        template, locale = self._templates[name], self._locale
        if self._keeps[name]:
            html = [_kept(template, name, view, locale) for view in views]
        else:
            html = [self.fresh(template, name, view) for view in views]
        return Markup("\n".join(html))  # noqa: S704 - Jinja has escaped it

    def fresh(self, template: Template, name: str, view: View) -> str:
        """The HTML of *view*, rendered now."""
        return template.render({name: view, "_": texts_for(self._locale).gettext, "show": self})


def is_ours(template: Template) -> bool:
    """Whether *template* is the one of this package, not a shop's of the same name."""
    return template.filename is not None and template.filename.startswith(str(WIDGETS))


@lru_cache(maxsize=8192)
def _kept(template: Template, name: str, view: View, locale: str) -> str:
    return _shared(template.environment, locale).fresh(template, name, view)


@lru_cache(maxsize=64)
def _shared(environment: Environment, locale: str) -> Parts:
    """What shows the prices and stars of kept cards: finding the templates takes longer than rendering one."""
    return Parts(environment, locale, private=False)
