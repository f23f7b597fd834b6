"""From a notice to what the templates show, and the script."""

from __future__ import annotations

from ...core.i18n import Texts
from ..notices import Notice, message_of
from ..outside import shop_root
from .cards import LINK_SCHEMES, below_root
from .contexts import NoticeView


def notice_view(notice: Notice, texts: Texts) -> NoticeView:
    """*notice* in the language of *texts*, with the link to go on by."""
    path, label = None, None
    if notice.kind == "unlocked" and notice.path:
        path, label = f"{notice.path}#{anchor(notice.bundle_id)}", texts.gettext("View offer")
    elif notice.kind == "refused":
        path, label = below_root(notice.path, LINK_SCHEMES, shop_root()), texts.gettext("Continue")
    return NoticeView(message_of(notice, texts), notice.is_error, path, label if path else None)


def anchor(bundle_id: int | None) -> str:
    """Where a bundle stands on its page."""
    return f"storefront-bundle-{bundle_id}"
