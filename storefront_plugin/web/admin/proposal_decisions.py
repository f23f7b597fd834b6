"""Proposals rejected, one by one or several together, and proposed again; the list then stands where one was."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from flask import Blueprint, Response, request

from ...bundles import proposals
from ...proxies import current_storefront
from .access import merchant_name
from .language import say, say_count
from .notices import tell
from .pages import change, link, see_other
from .proposal_rows import anchor

MOST_TOGETHER = 200


def register(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/bundles/proposals/reject", "proposal_reject", reject, methods=["POST"])
    blueprint.add_url_rule("/bundles/proposals/unreject", "proposal_unreject", unreject, methods=["POST"])


@change
def reject() -> Response:
    """``POST bundles/proposals/reject``: never propose the set ``key``, or those of the chosen ``rows``, again."""
    keys = _asked()
    done = proposals.reject(current_storefront.database, keys, merchant_name())
    if done:
        text = say_count(
            "Rejected. This set is not proposed again.", "%(num)s rejected. They are not proposed again.", len(done)
        )
        tell(text, undo=link("proposal_unreject"), rows=" ".join(done), back=_address())
    return _back(keys, done, _after(keys))


@change
def unreject() -> Response:
    """``POST bundles/proposals/unreject``: let the set ``key``, or those of ``rows``, be proposed again."""
    keys = _asked()
    done = proposals.unreject(current_storefront.database, keys, merchant_name())
    if done:
        tell(say_count("The set is proposed again.", "%(num)s sets are proposed again.", len(done)))
    return _back(keys, done, _after(keys) if "shown" in request.form else (done or [""])[0])


def _asked() -> list[str]:
    """The one whose own button was pressed, else the chosen ones."""
    key = request.form.get("key", "")
    return [key] if key else [one for row in request.form.getlist("rows") for one in row.split()][:MOST_TOGETHER]


def _back(keys: Sequence[str], done: Collection[str], goes_on: str) -> Response:
    """To the list as it was, at the row to go on with."""
    if not keys:
        tell(say("Choose one or more proposals first."), "warning")
    elif len(done) < len(keys):
        tell(say("This proposal does not stand any more: somebody has looked again meanwhile."), "warning")
    return see_other(_address() + (f"#{anchor(goes_on)}" if goes_on else ""))


def _after(keys: Sequence[str]) -> str:
    """The row that takes the place of the last of *keys*: the next one that is shown, else the one before; "" for none."""
    shown = request.form.get("shown", "").split()
    if not keys or keys[-1] not in shown:
        return ""
    at = shown.index(keys[-1])
    rest = [one for one in shown[at + 1 :] + shown[:at][::-1] if one not in keys]
    return rest[0] if rest else ""


def _address() -> str:
    back, own = request.form.get("back", ""), link("proposals")
    return back if back == own or back.startswith(f"{own}?") else own
