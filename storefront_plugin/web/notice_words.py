"""Notices in the shopper's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..texts import Texts
from .bundle_words import isolated
from .notices import Notice


def words_of(notice: Notice, texts: Texts) -> str:
    """The sentence of *notice*."""
    tell = _WITH_VALUES.get(notice.kind)
    if tell is not None:
        return tell(notice, texts)
    if notice.kind in ("wrong", "over"):
        return _of_code(notice, texts)
    return _of_bundle(notice, isolated(notice.title), texts)


def _choose(notice: Notice, texts: Texts) -> str:
    chosen = texts.number(notice.pieces)
    if notice.least == notice.most:
        return texts.ngettext(
            "Choose %(num)s piece; you chose %(chosen)s.",
            "Choose %(num)s pieces; you chose %(chosen)s.",
            notice.least,
            chosen=chosen,
        )
    least, most = texts.number(notice.least), texts.number(notice.most)
    return texts.gettext(
        "Choose %(least)s to %(most)s pieces; you chose %(chosen)s.", least=least, most=most, chosen=chosen
    )


def _short(notice: Notice, texts: Texts) -> str:
    product = isolated(notice.product)
    if notice.pieces <= 0:
        return texts.gettext("Sold out meanwhile: %(product)s.", product=product)
    return texts.ngettext(
        "Only %(num)s more of %(product)s can be had.",
        "Only %(num)s more of %(product)s can be had.",
        notice.pieces,
        product=product,
    )


def _of_code(notice: Notice, texts: Texts) -> str:
    if notice.source == "link":
        if notice.kind == "over":
            return texts.gettext("This link is not valid any more.")
        return texts.gettext("This link is not valid, or not any more.")
    if notice.kind == "over":
        return texts.gettext("This code is not valid any more.")
    return texts.gettext("This code is not valid, or not any more.")


def _of_bundle(notice: Notice, title: str, texts: Texts) -> str:
    if notice.kind == "unlocked":
        return texts.gettext("Unlocked: %(bundle)s", bundle=title) if title else texts.gettext("Code accepted.")
    if notice.kind == "scheduled":
        return texts.gettext("“%(bundle)s” has not begun yet.", bundle=title)
    if notice.kind == "ended":
        return texts.gettext("“%(bundle)s” has ended.", bundle=title)
    if notice.kind == "used_up":
        return texts.gettext("“%(bundle)s” is used up.", bundle=title)
    if notice.kind == "segment":
        return texts.gettext("“%(bundle)s” is only for members.", bundle=title)
    return texts.gettext("This offer is not on now.")


_WITH_VALUES: Mapping[str, Callable[[Notice, Texts], str]] = {
    "choose": _choose,
    "short": _short,
    "changed": lambda _, texts: texts.gettext("This offer has changed meanwhile. Please look at it again."),
    "variant": lambda _, texts: texts.gettext("Please choose a variant of each product."),
    "there": lambda _, texts: texts.gettext("Your cart has all of this offer already."),
    "again": lambda _, texts: texts.gettext(
        "The same was sent twice within a moment, so it was added once. If your cart lacks it, please send it again."
    ),
    "trouble": lambda _, texts: texts.gettext("This could not be added just now. Please try again."),
}
"""Sentences that need no title of a bundle."""
