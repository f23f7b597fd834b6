"""Answers to our script, which adds to the cart without leaving the page: JSON with our header.

``200``: ``message``, ``label``, ``lines`` (product, variant, quantity), ``count`` (of the whole cart, or null) and
``undo`` (``label`` and ``token``, or null); no ``lines`` where an undo had been done already. ``409``: ``notice`` (as
in ``_notice.html``), and ``stale`` where the page shows what is no longer true.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypeAlias

from flask import Response, current_app, jsonify, request
from itsdangerous import BadData, URLSafeTimedSerializer

from ...core.i18n import Texts, isolated, known_locale, texts_for
from ...proxies import current_services
from ...shop.ports import AddsLines, CartLine, CountsItems, RemovesLines
from ...shop.speaking import shop_speaking
from ..http import ANSWER_HEADER, make_private
from ..notices import Notice
from ..page_address import as_on_page, path_before
from ..request_page import current_locale, shop_locale
from ..widgets.notices import notice_view

_log = logging.getLogger(__name__)

UNDO_SECONDS: Final = 600
"""Seconds for which an undo is accepted; the page offers it for a few."""

_Key: TypeAlias = "tuple[str, str | None]"
_UP_TO_DATE = ("choose", "variant", "trouble", "not_removed", "refused", "again")
"""Kinds of notices after which the page still shows what is true."""


def is_in_place() -> bool:
    """Whether our script asks, which stays on its page."""
    return request.accept_mimetypes.best == "application/json"


def page_locale() -> str | None:
    """The language of the page that our script is on; None for a form that the browser posts."""
    return known_locale(request.form.get("locale", "")[:32])


class Change:
    """What happens to *cart* from now on, by its own lines: stock and limits of the shop may let less in than was asked."""

    def __init__(self, cart: AddsLines) -> None:
        self.cart = cart
        self.before = _quantities()

    def lines(self) -> tuple[list[CartLine], list[CartLine]]:
        """What came in since, and what went out."""
        now = _quantities()
        return _lines(now - self.before), _lines(self.before - now)

    def there_of(self, lines: Sequence[CartLine]) -> list[CartLine]:
        """*lines*, as far as they were in the cart."""
        return _lines(Counter({(line.product_id, line.variant_id): int(line.quantity) for line in lines}) & self.before)


def _quantities() -> Counter[_Key]:
    """Whole items by product and variant."""
    found: Counter[_Key] = Counter()
    for line in current_services.shop.cart_lines():
        found[line.product_id, line.variant_id] += int(line.quantity)
    return found


def _lines(quantities: Counter[_Key]) -> list[CartLine]:
    return [CartLine(product, quantity, None, variant) for (product, variant), quantity in quantities.items()]


def answer_changed(change: Change, failed: Notice, out_already: Sequence[CartLine] = ()) -> Response:
    """What was added or taken out, or is *out_already*, and how many items there are now; *failed* where nothing is."""
    added, removed = change.lines()
    if not (added or removed or out_already):
        return answer_refused(failed)
    with page_language() as texts:
        return _answer(
            {
                "message": _message(added, removed or out_already, texts),
                "label": texts.gettext("Added"),
                "lines": [
                    {"product": line.product_id, "variant": line.variant_id, "quantity": line.quantity}
                    for line in added or removed
                ],
                "count": _count(change.cart),
                "undo": _undo(change.cart, added, texts),
            },
            200,
        )


def answer_refused(notice: Notice) -> Response:
    """Why nothing was added."""
    with page_language() as texts:
        view = notice_view(notice, texts)
        return _answer({"notice": view._asdict(), "stale": notice.kind not in _UP_TO_DATE}, 409)


def lines_to_undo(token: str) -> list[CartLine]:
    """The lines of *token*; none for a token that is not ours or too old."""
    try:
        stored = _signer().loads(token, max_age=UNDO_SECONDS)
    except BadData:
        return []
    return [CartLine(product, quantity, None, variant) for product, variant, quantity in stored]


def _undo(cart: AddsLines, added: Sequence[CartLine], texts: Texts) -> dict[str, str] | None:
    if not added or not isinstance(cart, RemovesLines):
        return None
    token = _signer().dumps([[line.product_id, line.variant_id, line.quantity] for line in added])
    return {"label": texts.gettext("Undo"), "token": token if isinstance(token, str) else token.decode()}


def _signer() -> URLSafeTimedSerializer:
    keys = [*(current_app.config.get("SECRET_KEY_FALLBACKS") or ()), current_app.secret_key]
    return URLSafeTimedSerializer(keys, salt="storefront.undo")


def _message(added: Sequence[CartLine], removed: Sequence[CartLine], texts: Texts) -> str:
    lines = added or removed
    quantity = sum(line.quantity for line in lines)
    title = isolated(_title(lines[0].product_id, texts.locale)) if len(lines) == 1 else ""
    if added and title:
        return texts.gettext("Added to cart: %(product)s", product=title)
    if title:
        return texts.gettext("Removed from cart: %(product)s", product=title)
    if added:
        return texts.ngettext("%(num)s item added to cart", "%(num)s items added to cart", quantity)
    return texts.ngettext("%(num)s item removed from cart", "%(num)s items removed from cart", quantity)


def _title(product_id: str, locale: str) -> str:
    """The title of a product; "" where it cannot be looked up, since it is in the cart all the same."""
    try:
        product = current_services.products.get_many([product_id], shop_locale(locale))[product_id]
    except Exception as error:  # the shop's own code may raise anything
        _log.warning("The title of what was added could not be looked up: %r", error)
        return ""
    return product.title if product is not None else ""


def _count(cart: AddsLines) -> int | None:
    """What the shop's cart says of its items; None where it cannot tell."""
    try:
        return int(cart.count()) if isinstance(cart, CountsItems) else None
    except Exception as error:  # the shop's own code may raise anything
        _log.warning("Cart.count failed; the page is not told how many items there are: %r", error)
        return None


@contextmanager
def page_language() -> Iterator[Texts]:
    """Inside, words, titles and links are in the language of the page that the form is on."""
    locale, path = page_locale(), request.form.get("page") or path_before()
    with as_on_page(path) as is_seen, shop_speaking(locale, by_address=not is_seen):
        yield texts_for(locale or current_locale())


def _answer(content: dict[str, Any], status: int) -> Response:
    response = make_private(jsonify(content))
    response.status_code = status
    response.headers[ANSWER_HEADER] = "1"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
