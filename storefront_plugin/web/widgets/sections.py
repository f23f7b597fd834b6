"""A part of a page: which slots of a placement are requested, how they are changed, and their HTML."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from flask import Response, g, request, url_for
from jinja2 import Undefined
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from ...core.errors import ConfigurationError, InputError
from ...core.i18n import known_locale
from ...core.typed import whole_number
from ...proxies import current_services
from ...recommending.page import MAX_SEEDS, Page
from ...recommending.plan import PERSONAL_PLACEMENTS, Slot, running
from ...shop.ports import clean_id
from ...shop.speaking import shop_speaking
from ...web.request_page import request_page
from ..http import ANSWER_HEADER, guarded, make_private
from ..limits import seconds_to_wait
from ..outside import SHOWN_SLOTS
from ..page_address import as_on_page, page_path
from .rendering import content_hash, render_slots

_log = logging.getLogger(__name__)

_LONGEST_ADDRESS = 1500
"""Bytes of product ids in a fragment's address: servers refuse request lines from 4096 on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """What a page or a fragment shows of a placement.

    Attributes:
        placement: The page type.
        products: Ids the page is about.
        category: Id of the category the page lists, or None.
        slot: Name of the only slot requested, or None for all of the placement.
        after: Slots of the same page that come first, so that none of their products is repeated.
        layout: Replaces the slot's layout.
        limit: Lowers the slot's number of cards.
        lazy: Replaces the slot's laziness.
        fetched: The page is there already and this is its fragment: all is shown at once.
    """

    placement: str
    products: tuple[str, ...] = ()
    category: str | None = None
    slot: str | None = None
    after: tuple[str, ...] = ()
    layout: str | None = None
    limit: int | None = None
    lazy: bool | None = None
    fetched: bool = False

    def slots(self) -> list[Slot]:
        """The requested slots that are on, with their changes; `ConfigurationError` for names the plan does not have."""
        planned = current_services.suggestions.plan.get(self.placement)
        if planned is None:
            raise ConfigurationError(
                f"There is no placement {self.placement!r:.80}; use one of {', '.join(current_services.suggestions.plan)}."
            )
        requested = [self._changed(slot) for slot in running(planned) if self.slot in (None, slot.name)]
        if self.slot is not None and not requested:
            self._require([slot.name for slot in planned], self.slot)
        return requested

    def _require(self, names: Sequence[str], slot: str) -> None:
        if slot not in names:
            raise ConfigurationError(
                f"There is no slot {slot!r:.80} on {self.placement!r}; use one of {', '.join(names)}, "
                "or add it to the plan."
            )
        _say_off(self.placement, slot)

    def render(self, page: Page, requested: Sequence[Slot]) -> tuple[Markup, Sequence[Slot]]:
        """The HTML of the *requested* slots, lazy ones only keeping their room, and what became of these slots.

        A page that hears that the merchant changed them shows them as they are now.
        """
        plan, slots = current_services.suggestions.plan, {slot.name: slot for slot in requested}
        names = [name for name, slot in slots.items() if self.fetched or not slot.lazy]
        page.counted = tuple(name for name in names if slots[name].lazy == self.fetched)
        filled = current_services.suggestions.fill_placement(page, [*self.after, *names]) if names else []
        if current_services.suggestions.plan is not plan:
            page.shown.clear()
            return self.render(page, self.slots())
        shown = [each.fitted(slots[each.name]) for each in filled if each.name in names]
        waiting = [slot for name, slot in slots.items() if name not in names]
        return render_slots(page, shown, waiting, list(slots)), requested

    def address(self, page: Page, shown: Markup | None) -> str:
        """Where the shopper's own HTML of this section is fetched; it names what is *shown* already, unless more follows."""
        given: Mapping[str, Any] = {
            "product": list(_short(self.products)),
            "category": self.category,
            "slot": self.slot,
            "after": list(self.after),
            "layout": self.layout,
            "limit": self.limit,
            "lazy": None if self.lazy is None else str(int(self.lazy)),
            "locale": page.locale,
            "page": page_path(),
            "have": None if shown is None else content_hash(shown),
        }
        endpoint = f"{current_services.name}.fragment"
        return url_for(endpoint, placement=self.placement, **{key: value for key, value in given.items() if value})

    def _changed(self, slot: Slot) -> Slot:
        if self.layout is None and self.limit is None and self.lazy is None:
            return slot
        changed = replace(
            slot,
            layout=self.layout or slot.layout,
            limit=min(self.limit or slot.limit, slot.limit),
            lazy=slot.lazy if self.lazy is None else self.lazy,
        )
        current_services.fillers.check(changed)
        return changed


@lru_cache(maxsize=256)  # once a slot, not once a page
def _say_off(placement: str, slot: str) -> None:
    _log.info(
        "A template shows slot %r of %r, which is switched off, removed or out of schedule; nothing is shown.",
        slot,
        placement,
    )


def is_personal(placement: str, inline: str | None) -> bool:
    """Whether a page belongs to one shopper: by its kind, by the template's *inline*, or by the setting."""
    if inline not in (None, "shared", "personal"):
        raise ConfigurationError(f"inline is {inline!r}; use 'shared' or 'personal'.")
    return placement in PERSONAL_PLACEMENTS or (inline or current_services.settings.inline) == "personal"


def product_ids(given: Sequence[object]) -> tuple[str, ...]:
    """Ids as text, from arguments or from one list of them; `InputError` for what is no id."""
    if any(isinstance(each, Undefined) for each in given):
        raise InputError("A product id is undefined in the template; check the variable's name.")
    several = len(given) == 1 and isinstance(given[0], Iterable) and not isinstance(given[0], (str, bytes))
    ids: Iterable[object] = given[0] if several else given  # type: ignore[assignment]
    return tuple(dict.fromkeys(clean_id(each) for each in ids))


def earlier_slots(section: Section) -> tuple[str, ...]:
    """Slots that single calls on this page have shown before *section*, which is remembered for the next call."""
    shown: dict[Any, list[str]] = g.setdefault(SHOWN_SLOTS, {})
    names = shown.setdefault((section.placement, section.products, section.category), [])
    before = tuple(names)
    names.extend(name for name in [section.slot] if name and name not in names)
    return tuple(name for name in before if name != section.slot)


def _short(ids: Sequence[str]) -> Iterable[str]:
    room = _LONGEST_ADDRESS
    for each in ids[:MAX_SEEDS]:
        room -= len(each.encode())
        if room < 0:
            return
        yield each


# The shopper's own version of a section, fetched by the script: the same templates, never stored by any cache.
#
# 200 with HTML replaces what the page shows (empty HTML: nothing is left to show), 204 changes nothing.


_MAX_NAMES = 30


def fragment(placement: str) -> Response:
    """``GET <prefix>/fragment/<placement>``: the slots of a section for the shopper who asks."""
    seconds = seconds_to_wait("fragment")
    if seconds:
        return _refused(seconds)
    try:
        section = _section(placement, request.args)
        slots = section.slots()
    except (InputError, ConfigurationError) as error:
        return _answer(str(error), 400, "text/plain")
    locale = known_locale(request.args.get("locale", "")[:32])

    have, path = request.args.get("have"), request.args.get("page")

    def render() -> Markup | None:
        with as_on_page(path) as is_seen, shop_speaking(locale, by_address=not is_seen):
            page = request_page(placement, section.products, section.category, personal=True, locale=locale)
            content, _ = section.render(page, slots)
        # What the page shows already is better than what trouble left over.
        return None if have and page.failed else content

    return _fragment(guarded(placement, render), have)


def _fragment(content: Markup | None, have: str | None) -> Response:
    """The answer: 204 where we failed, where the page shows the same already, or where nothing was and is shown."""
    if content is None or content_hash(content) == have or not (content or have):
        return _answer("", 204)
    return _answer(content, 200)


def _section(placement: str, args: MultiDict[str, str]) -> Section:
    ids, names = args.getlist("product"), args.getlist("after")
    if len(ids) > MAX_SEEDS or len(names) > _MAX_NAMES:
        raise InputError(f"A fragment takes at most {MAX_SEEDS} products; send fewer.")
    category = args.get("category")
    return Section(
        placement=placement,
        products=tuple(dict.fromkeys(map(clean_id, ids))),
        category=None if category is None else clean_id(category, "category id"),
        slot=args.get("slot"),
        after=tuple(names),
        layout=_layout(args.get("layout")),
        limit=_limit(args.get("limit")),
        lazy={"0": False, "1": True}.get(args.get("lazy", "")),
        fetched=True,
    )


def _layout(given: str | None) -> str | None:
    layouts = current_services.fillers.layouts
    if given is not None and given not in layouts:
        raise InputError(f"There is no such layout; use one of {', '.join(layouts)}.")
    return given


def _limit(given: str | None) -> int | None:
    if given is None:
        return None
    found = whole_number(given, 99)
    if not found:
        raise InputError("A limit is a whole number from 1 to 99.")
    return found


def _refused(seconds: int) -> Response:
    response = _answer("", 429)
    response.headers["Retry-After"] = str(seconds)
    return response


def _answer(content: str, status: int, mimetype: str = "text/html") -> Response:
    response = make_private(Response(content, status, mimetype=mimetype))
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers[ANSWER_HEADER] = "1"
    return response
