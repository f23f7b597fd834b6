"""Answers to what shoppers post: the way back, with a notice on their page or on one of ours."""

from __future__ import annotations

from urllib.parse import urldefrag

from flask import Request, Response, redirect, request, url_for
from werkzeug.exceptions import TooManyRequests

from ...core.i18n import texts_for
from ...proxies import current_services
from ..http import local_path, make_private, way_back
from ..limits import seconds_to_wait
from ..notices import ANCHOR, Notice, keep, take
from ..request_page import current_locale
from ..widgets.notices import notice_view
from ..widgets.rendering import render_answer


def see_other(path: str) -> Response:
    """Redirect to *path*, by a response that is not cached."""
    response: Response = redirect(path, 303)  # type: ignore[assignment]
    return make_private(response)


def redirect_with_notice(notice: Notice, path: str) -> Response:
    """Redirect to *path*, where the page or its fragment shows *notice*."""
    keep(notice)
    return see_other(f"{urldefrag(path).url}#{ANCHOR}")


def redirect_back(notice: Notice, request: Request) -> Response:
    """Redirect back to the page of the form, with *notice*.

    A page that is cached for all shoppers cannot show it, and without script there is no fragment: then a page of ours
    comes between.
    """
    if request.form.get("private") or request.form.get("once"):
        return redirect_with_notice(notice, way_back(request))
    keep(notice)
    return see_other(url_for(f"{current_services.name}.answer", next=way_back(request)))


def redirect_repeated(request: Request) -> Response:
    """Redirect back after a form that was posted a moment ago already.

    With the field of the script it was a double click. Otherwise it may be another shopper, who is informed by the URL
    alone: writing the session here could undo changes of the first post, such as a cart.
    """
    if request.form.get("once"):
        return see_other(way_back(request))
    return see_other(url_for(f"{current_services.name}.answer", next=way_back(request), again="yes"))


def answer() -> Response:
    """``GET <prefix>/answer?next=``: show the stored notice, with a link back; redirect back if there is none."""
    back = local_path(request.args.get("next", "")) or request.script_root + "/"
    notice = Notice("again") if request.args.get("again") == "yes" else take()
    return answer_page(notice, back) if notice is not None else see_other(back)


def answer_page(notice: Notice, back: str, status: int = 200) -> Response:
    """A page with *notice* and a link *back*."""
    texts = texts_for(current_locale())
    response = make_private(Response(render_answer(notice_view(notice, texts), back, texts), status))
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def limit_requests() -> None:
    """Raise `TooManyRequests` where this address has posted too often."""
    seconds = seconds_to_wait("cart")
    if seconds:
        raise TooManyRequests(retry_after=seconds)
