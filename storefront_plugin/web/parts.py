"""The small templates that a page renders again and again: cards, bundles, prices and stars."""

from __future__ import annotations

from functools import lru_cache
from typing import TypeAlias

from flask import current_app
from jinja2 import Environment, Template
from markupsafe import Markup

from ..folders import WIDGETS
from ..texts import texts_for
from .bundle_contexts import BundleView
from .contexts import CardView, PriceView, StarsView

View: TypeAlias = CardView | BundleView | PriceView | StarsView

NAMES = ("card", "bundle", "price", "stars")


class Parts:
    """``show(name, view)`` in our templates: ``_name.html`` rendered with *view* under that name.

    Our own templates depend on nothing but the view, so the HTML of equal views is kept: a page has thirty cards, and
    including three templates for each would take longer than finding the products. Templates of the shop's own may
    look at whatever they like and are rendered every time, and so is a card with a shopper's own token.

    Args:
        locale: Locale of the words.
        private: The response belongs to one shopper.
    """

    def __init__(self, locale: str, private: bool) -> None:
        environment: Environment = current_app.jinja_env
        self._locale = locale
        self._templates = {name: environment.get_template(f"storefront/_{name}.html") for name in NAMES}
        self._all_ours = all(map(is_ours, self._templates.values()))
        self._private = private

    def __call__(self, name: str, view: View) -> Markup:
        template = self._templates[name]
        if name == "card":
            keeps = self._all_ours and not self._private
        else:
            keeps = self._all_ours if name == "bundle" else is_ours(template)
        return _kept(template, name, view, self._locale) if keeps else self.fresh(template, name, view)

    def fresh(self, template: Template, name: str, view: View) -> Markup:
        """The HTML of *view*, rendered now."""
        html = template.render({name: view, "_": texts_for(self._locale).gettext, "show": self})
        return Markup(html)  # noqa: S704 - Jinja has escaped it


def is_ours(template: Template) -> bool:
    """Whether *template* is the one of this package, not a shop's of the same name."""
    return template.filename is not None and template.filename.startswith(str(WIDGETS))


@lru_cache(maxsize=8192)
def _kept(template: Template, name: str, view: View, locale: str) -> Markup:
    return Parts(locale, private=False).fresh(template, name, view)
