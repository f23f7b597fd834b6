"""What shoppers are told once about what they sent: a bundle that was not added, a code that works or does not.

It waits in the shopper's session, which their own post opened, until a page that is theirs alone tells it.
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
"""Where on its page a notice stands."""

SECONDS = 600
"""What nobody came to read for so long is not told any more."""

_LONGEST = 120
"""Characters of a title that are kept: they travel in the shopper's cookie."""

NoticeKind: TypeAlias = Literal[
    "choose", "changed", "gone", "variant", "short", "there", "again", "trouble",
    "wrong", "over", "scheduled", "ended", "used_up", "segment", "unlocked",
]  # fmt: skip
"""``choose``: another number of items. ``changed``: the offer is another one now. ``gone``: it is not on. ``variant``:
one is to be chosen. ``short``: fewer items are available. ``there``: nothing is missing. ``again``: the very same was sent
a moment ago. ``trouble``: ours. Of codes and links: ``wrong``: not ours or mistyped. ``over``: expired. ``scheduled``,
``ended``, ``used_up``, ``segment``: why its bundle is not on. ``unlocked``: its bundle is on for the shopper now."""

Source: TypeAlias = Literal["cart", "code", "link"]


@dataclass(frozen=True, slots=True)
class Notice:
    """One answer; only the values that its kind needs are there.

    Attributes:
        source: What it answers: a form of the cart, a typed code or a link.
        bundle_id: The bundle that it is about, if any.
        title: The bundle's, where the shopper may be told it.
        product: The product of which too few are available, as shoppers know it.
        least: Items to choose at least.
        most: Items to choose at most.
        quantity: Items that were chosen, or that are available.
        typed: The code as it was typed, where it does not work.
        path: Where the bundle is shown.
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

    @property
    def is_error(self) -> bool:
        """Whether something did not work."""
        return self.kind not in ("unlocked", "there", "again")


class NotAdded(InputError):
    """What was sent is not added; *notice* tells the shopper why."""

    def __init__(self, message: str, notice: Notice) -> None:
        super().__init__(message)
        self.notice = notice


def keep(notice: Notice) -> None:
    """Have *notice* told on the shopper's next page; it takes the place of one that was not told yet."""
    short = replace(notice, title=notice.title[:_LONGEST], product=notice.product[:_LONGEST])
    values = {name: value for name, value in asdict(short).items() if value}
    session[KEY] = {**values, "at": int(time.time())}


def take() -> Notice | None:
    """What is to be told now, and never again; None outside of a request and where there is nothing."""
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
    "changed": lambda _, texts: texts.gettext("This offer has changed. Please check it again."),
    "variant": lambda _, texts: texts.gettext("Please choose an option for each product."),
    "there": lambda _, texts: texts.gettext("Everything in this offer is already in your cart."),
    "again": lambda _, texts: texts.gettext(
        "This was sent twice, so it was added only once. If it isn't in your cart, please add it again."
    ),
    "trouble": lambda _, texts: texts.gettext("This couldn't be added to your cart. Please try again."),
}
"""Messages that need no title of a bundle."""
