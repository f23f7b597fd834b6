"""The shopper's own version of a section, fetched by the script: the same templates, never kept by any cache.

200 with HTML replaces what the page shows (empty HTML: nothing is left to show), 204 changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Response, current_app, request
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from ..errors import ConfigurationError, InputError
from ..proxies import current_storefront
from ..recommending.page import MAX_SEEDS
from ..recommending.plan import LAYOUTS, Layout
from ..shop.ports import clean_id
from ..texts import known_locale
from .guard import guarded
from .limits import seconds_to_wait
from .privacy import make_private
from .rendering import content_hash
from .sections import Section

_MAX_NAMES = 30


def fragment(placement: str) -> Response:
    """``GET <prefix>/fragment/<placement>``: the slots of a section for the shopper who asks."""
    seconds = seconds_to_wait("fragment")
    if seconds:
        return _refused(seconds)
    try:
        section = _section(placement, request.args)
        slots = section.slots()
    except (InputError, ConfigurationError) as error:
        return _answer(str(error), 400, "text/plain")
    locale = known_locale(request.args.get("locale", "")[:32])

    have = request.args.get("have")

    def render() -> Markup | None:
        page = current_storefront.page(placement, section.products, section.category, personal=True)
        page.locale = locale or page.locale
        content, _ = section.render(page, slots)
        # What the page shows already is better than what trouble left over.
        return None if have and page.failed else content

    with _shop_speaking(locale):
        content = guarded(placement, render)
    return _told(content, have)


@contextmanager
def _shop_speaking(locale: str | None) -> Iterator[None]:
    """The shop's own code speaks the language of the page too, which it may tell by a path that a fragment lacks."""
    if locale is None or "babel" not in current_app.extensions:
        yield
        return
    import flask_babel

    with flask_babel.force_locale(locale):
        yield


def _told(content: Markup | None, have: str | None) -> Response:
    """The answer: 204 where we failed, where the page shows the same already, or where nothing was and is shown."""
    if content is None or content_hash(content) == have or not (content or have):
        return _answer("", 204)
    return _answer(content, 200)


def _section(placement: str, args: MultiDict[str, str]) -> Section:
    ids, names = args.getlist("product"), args.getlist("after")
    if len(ids) > MAX_SEEDS or len(names) > _MAX_NAMES:
        raise InputError(f"A fragment takes at most {MAX_SEEDS} products; send fewer.")
    category = args.get("category")
    return Section(
        placement=placement,
        products=tuple(dict.fromkeys(map(clean_id, ids))),
        category=None if category is None else clean_id(category, "category id"),
        slot=args.get("slot"),
        after=tuple(names),
        layout=_layout(args.get("layout")),
        limit=_limit(args.get("limit")),
        lazy={"0": False, "1": True}.get(args.get("lazy", "")),
        fetched=True,
    )


def _layout(given: str | None) -> Layout | None:
    found = next((layout for layout in LAYOUTS if layout == given), None)
    if given is not None and found is None:
        raise InputError(f"There is no such layout; use one of {', '.join(LAYOUTS)}.")
    return found


def _limit(given: str | None) -> int | None:
    if given is None:
        return None
    if not (given.isascii() and given.isdigit() and 1 <= len(given) <= 2 and int(given) >= 1):
        raise InputError("A limit is a whole number from 1 to 99.")
    return int(given)


def _refused(seconds: int) -> Response:
    response = _answer("", 429)
    response.headers["Retry-After"] = str(seconds)
    return response


def _answer(content: str, status: int, mimetype: str = "text/html") -> Response:
    response = make_private(Response(content, status, mimetype=mimetype))
    response.headers["X-Robots-Tag"] = "noindex"
    return response
