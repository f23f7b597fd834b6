"""What shoppers are told once about what they sent: a bundle that was not added, a code that works or does not.

It waits in the shopper's session, which their own post opened, until a page that is theirs alone tells it.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, TypeAlias

from flask import has_request_context, session

from ..errors import InputError

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
"""``choose``: another number of pieces. ``changed``: the offer is another one now. ``gone``: it is not on. ``variant``:
one is to be chosen. ``short``: fewer pieces can be had. ``there``: nothing is missing. ``again``: the very same was sent
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
        product: The product of which too few can be had, as shoppers know it.
        least: Pieces to choose at least.
        most: Pieces to choose at most.
        pieces: Pieces that were chosen, or that can be had.
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
    pieces: int = 0
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
    said = {name: value for name, value in asdict(short).items() if value}
    session[KEY] = {**said, "at": int(time.time())}


def take() -> Notice | None:
    """What is to be told now, and never again; None outside of a request and where there is nothing."""
    if not has_request_context() or KEY not in session:
        return None
    held: Any = session.pop(KEY)
    try:
        said = dict(held)
        is_old = time.time() - said.pop("at") > SECONDS
        return None if is_old else Notice(**said)
    except (TypeError, ValueError, KeyError):  # of another version of this package
        return None
