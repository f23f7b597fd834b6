"""Notices for shoppers about what they sent, such as a bundle that was not added or a code that is invalid.

A notice is stored in the session until a private page shows it once, like Flask's ``flash``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, TypeAlias

from flask import has_request_context, session

from ..core.errors import InputError
from ..core.i18n import Texts, isolated

KEY = "storefront_notice"
ANCHOR = "storefront-notice"
"""The id of a notice in its page."""

SECONDS = 600
"""Seconds after which a notice is not shown any more."""

_LONGEST = 120
"""Maximum length of a title, which is stored in the shopper's cookie."""

_LONGEST_TEXT = 300
"""The same of a sentence of the shop's own, and of an address."""

NoticeKind: TypeAlias = Literal[
    "choose", "changed", "gone", "variant", "short", "there", "again", "trouble", "not_removed", "refused",
    "wrong", "over", "scheduled", "ended", "used_up", "segment", "unlocked",
]  # fmt: skip
"""``choose``: the number of items is wrong. ``changed``: the offer has changed. ``gone``: it is not active. ``variant``:
none was chosen. ``short``: fewer items are available. ``there``: nothing is missing. ``again``: the same was sent a moment
ago. ``trouble``: an outage. ``not_removed``: an undo that failed. ``refused``: by the shop's own cart, in its words. Of
codes and links: ``wrong``: invalid. ``over``: expired. ``scheduled``, ``ended``, ``used_up``, ``segment``: why its bundle is
not active. ``unlocked``: its bundle is active for the shopper."""

Source: TypeAlias = Literal["cart", "code", "link"]


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice; only the values that its kind needs are set.

    Attributes:
        source: What was sent: a form of the cart, a typed code or a link.
        bundle_id: Its bundle, if any.
        title: Title of the bundle, if the shopper may know it.
        product: Name of the product of which too few are available.
        least: Minimum items to choose.
        most: Maximum items to choose.
        quantity: Items that were chosen, or that are available.
        typed: The code as typed, if it is invalid.
        path: Path of the page of the bundle, or where the shop says to go on.
        text: What the shop's own cart says.
    """

    kind: NoticeKind
    source: Source = "cart"
    bundle_id: int | None = None
    title: str = ""
    product: str = ""
    least: int = 0
    most: int = 0
    quantity: int = 0
    typed: str = ""
    path: str = ""
    text: str = ""

    @property
    def is_error(self) -> bool:
        """Whether something did not work."""
        return self.kind not in ("unlocked", "there", "again")


class NotAdded(InputError):
    """Nothing was added to the cart; *notice* is for the shopper."""

    def __init__(self, message: str, notice: Notice) -> None:
        super().__init__(message)
        self.notice = notice


def keep(notice: Notice) -> None:
    """Store *notice* for the shopper's next page, in place of one that was not shown yet."""
    path = notice.path if len(notice.path) <= _LONGEST_TEXT else ""
    short = replace(
        notice,
        title=notice.title[:_LONGEST],
        product=notice.product[:_LONGEST],
        text=notice.text[:_LONGEST_TEXT],
        path=path,
    )
    values = {name: value for name, value in asdict(short).items() if value}
    session[KEY] = {**values, "at": int(time.time())}


def take() -> Notice | None:
    """Remove and return the stored notice; None if there is none, and outside of a request."""
    if not has_request_context() or KEY not in session:
        return None
    stored: Any = session.pop(KEY)
    try:
        values = dict(stored)
        is_old = time.time() - values.pop("at") > SECONDS
        return None if is_old else Notice(**values)
    except (TypeError, ValueError, KeyError):  # of another version of this package
        return None


def message_of(notice: Notice, texts: Texts) -> str:
    """The message of *notice*."""
    message = _WITH_VALUES.get(notice.kind)
    if message is not None:
        return message(notice, texts)
    if notice.kind in ("wrong", "over"):
        return _of_code(notice, texts)
    return _of_bundle(notice, isolated(notice.title), texts)


def _choose(notice: Notice, texts: Texts) -> str:
    chosen = texts.number(notice.quantity)
    if notice.least == notice.most:
        return texts.ngettext(
            "Choose %(num)s item; you chose %(chosen)s.",
            "Choose %(num)s items; you chose %(chosen)s.",
            notice.least,
            chosen=chosen,
        )
    least, most = texts.number(notice.least), texts.number(notice.most)
    return texts.gettext(
        "Choose %(least)s to %(most)s items; you chose %(chosen)s.", least=least, most=most, chosen=chosen
    )


def _short(notice: Notice, texts: Texts) -> str:
    product = isolated(notice.product)
    if notice.quantity <= 0:
        return texts.gettext("%(product)s has just sold out.", product=product)
    return texts.ngettext(
        "Only %(num)s more of %(product)s available.",
        "Only %(num)s more of %(product)s available.",
        notice.quantity,
        product=product,
    )


def _of_code(notice: Notice, texts: Texts) -> str:
    if notice.source == "link":
        if notice.kind == "over":
            return texts.gettext("This link has expired.")
        return texts.gettext("This link isn't valid or has expired.")
    if notice.kind == "over":
        return texts.gettext("This code has expired.")
    return texts.gettext("This code isn't valid or has expired.")


def _of_bundle(notice: Notice, title: str, texts: Texts) -> str:
    if notice.kind == "unlocked":
        return texts.gettext("Offer unlocked: %(bundle)s", bundle=title) if title else texts.gettext("Code accepted.")
    if notice.kind == "scheduled":
        return texts.gettext("“%(bundle)s” hasn't started yet.", bundle=title)
    if notice.kind == "ended":
        return texts.gettext("“%(bundle)s” has ended.", bundle=title)
    if notice.kind == "used_up":
        return texts.gettext("“%(bundle)s” is no longer available: its limit has been reached.", bundle=title)
    if notice.kind == "segment":
        return texts.gettext("“%(bundle)s” is for members only.", bundle=title)
    return texts.gettext("This offer isn't available right now.")


_WITH_VALUES: Mapping[str, Callable[[Notice, Texts], str]] = {
    "choose": _choose,
    "short": _short,
    "refused": lambda notice, _: notice.text,
    "changed": lambda _, texts: texts.gettext("This offer has changed. Please check it again."),
    "variant": lambda _, texts: texts.gettext("Please choose an option for each product."),
    "there": lambda _, texts: texts.gettext("Everything in this offer is already in your cart."),
    "again": lambda _, texts: texts.gettext(
        "This was sent twice, so it was added only once. If it isn't in your cart, please add it again."
    ),
    "trouble": lambda _, texts: texts.gettext("This couldn't be added to your cart. Please try again."),
    "not_removed": lambda _, texts: texts.gettext("This couldn't be removed. Please remove it in your cart."),
}
"""Messages without the title of a bundle."""
