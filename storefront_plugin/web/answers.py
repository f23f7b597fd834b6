"""Where shoppers are sent after they posted something, and the page of ours that answers where the shop's cannot."""

from __future__ import annotations

from urllib.parse import urldefrag

from flask import Request, Response, redirect, request, url_for

from ..proxies import current_storefront
from ..texts import locale_for, texts_for
from .notice_words import words_of
from .notices import ANCHOR, Notice, keep, take
from .origin import local_path, way_back
from .privacy import make_private
from .rendering import render_answer


def sent_on(path: str) -> Response:
    """On to *path*, by a page that no cache keeps."""
    response: Response = redirect(path, 303)  # type: ignore[assignment]
    return make_private(response)


def told_there(notice: Notice, path: str) -> Response:
    """On to the page at *path*, which tells *notice* itself or by its fragment."""
    keep(notice)
    return sent_on(f"{urldefrag(path).url}#{ANCHOR}")


def answered(notice: Notice, request: Request) -> Response:
    """Back to where the posted form stood, with *notice*.

    A page that is the same for all shoppers tells nothing by itself, and without script no fragment does: then a page
    of ours comes between.
    """
    if request.form.get("private") or request.form.get("once"):
        return told_there(notice, way_back(request))
    keep(notice)
    return sent_on(url_for(f"{current_storefront.name}.answer", next=way_back(request)))


def answered_again(request: Request) -> Response:
    """Back to where a form stood that was posted a moment ago already.

    Where the form has the script's number it was a double click. Else it may be another shopper's, who is told so by the
    address alone: a session that is written here would undo what the first of two posts under way writes, such as a cart.
    """
    if request.form.get("once"):
        return sent_on(way_back(request))
    return sent_on(url_for(f"{current_storefront.name}.answer", next=way_back(request), again="yes"))


def answer() -> Response:
    """``GET <prefix>/answer?next=``: what is to be told, with the way back; straight back where that is nothing."""
    back = local_path(request.args.get("next", "")) or request.script_root + "/"
    notice = Notice("again") if request.args.get("again") == "yes" else take()
    return answer_page(notice, back) if notice is not None else sent_on(back)


def answer_page(notice: Notice, back: str, status: int = 200) -> Response:
    """A page that tells *notice* and leads *back*."""
    texts = texts_for(locale_for(request, current_storefront.settings))
    response = make_private(Response(render_answer(words_of(notice, texts), back, texts), status))
    response.headers["X-Robots-Tag"] = "noindex"
    return response
