"""The answers of the API. Each belongs to the shopper who asks: locale, prices and cart may be theirs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from flask import Response, abort, current_app, request
from werkzeug.exceptions import MethodNotAllowed, ServiceUnavailable, TooManyRequests
from werkzeug.exceptions import NotFound as UnknownAddress

from ...proxies import current_storefront
from ...recommending.plan import Slot
from ..guard import guarded
from ..limits import seconds_to_wait
from ..privacy import make_private
from .cards import CardNumbers

METHODS = ("GET", "HEAD", "OPTIONS")
_Answer = TypeVar("_Answer")


def recommendations(question: Mapping[str, Any]) -> dict[str, Any]:
    """The best suggestions of one strategy

    Best first; fewer than asked for if there are no more. Unknown products are no error.
    """

    def find() -> dict[str, Any]:
        page = current_storefront.page(question["placement"], question["product"])
        page.exclude = frozenset(question["excluded"])
        slot = Slot(
            name="recommendations",
            strategies=(question["strategy"],),
            limit=question["limit"],
            specialness=question["specialness"],
        )
        (filled,) = current_storefront.mounted.fill(page, [slot], all_candidates=True)
        return {"recommendations": CardNumbers(page).cards(filled.cards)}

    return _found("recommendations", find)


def placement(question: Mapping[str, Any], placement: str) -> dict[str, Any]:
    """All slots of a page

    For the shopper who asks: what is in the cart is left out. Slots that find nothing are left out too.
    """
    if placement not in current_storefront.plan:
        raise UnknownAddress(f"There is no such placement; use one of {', '.join(current_storefront.plan)}.")

    def find() -> dict[str, Any]:
        page = current_storefront.page(placement, question["product"], question["category"], personal=True)
        return {"placement": placement, "slots": CardNumbers(page).slots(current_storefront.fill(page))}

    return _found(placement, find)


def elsewhere(path: str = "") -> Response:
    """Any other address or method below ours, so that the shop's error pages do not answer for it."""
    adapter = current_app.create_url_adapter(request)
    if adapter is not None and request.method != "GET":
        endpoint, _ = adapter.match(method="GET")
        if endpoint != request.endpoint:
            raise MethodNotAllowed(METHODS)
    abort(404)


def refuse_too_many() -> None:
    """Before each answer of the API."""
    seconds = seconds_to_wait("api")
    if seconds:
        raise TooManyRequests("There were too many requests from this address; wait for a while.", retry_after=seconds)


def own_headers(response: Response) -> Response:
    """After each answer of the API: no cache keeps it, and `elsewhere` does not count as a method of each address."""
    if request.method == "OPTIONS":
        response.allow.clear()
        response.allow.update(METHODS)
    return make_private(response)


def _found(name: str, find: Callable[[], _Answer]) -> _Answer:
    answer = guarded(name, find)
    if answer is None:
        raise ServiceUnavailable("The suggestions cannot be told at the moment; the shop's log says why.")
    return answer
