"""Published bundles that need attention: not available, without a saving, ended or used up."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa

from ...bundles.bundle import Bundle
from ...bundles.cart.stock import bundle_available
from ...bundles.store.tables import BundleRow
from ...core import clock
from ...proxies import current_services
from ...shop.ports import Product
from ..bundles.labels import absence, trouble
from ..bundles.prices import not_shown
from ..kit.i18n import _, admin_texts, ngettext, shown_time
from ..kit.pages import link
from ..kit.products import look_up
from .attention import Item

SHOWN = 4
"""Items of one kind; the last stands for all others."""

MOST_BUNDLES = 2000
MOST_PRODUCTS = 1000
CHUNK = 250
"""Products of one call to the catalogue."""

SECONDS = 2.0
"""No further call to the catalogue is begun after so long."""

_MOST_OVER = 200

Products = Mapping[str, Product | None]


@dataclass(frozen=True, slots=True)
class Looked:
    """How many of the published bundles were looked at, the newest first; *absent* of them are active, but not shown."""

    bundles: int
    of: int
    absent: int


def part_items() -> tuple[list[Item], Looked]:
    """Bundles with a part that is sold out, hidden or gone, or without a saving.

    The catalogue is asked for at most `MOST_PRODUCTS` products in all. Raises `DatabaseUnavailable` or `AdapterError`.
    """
    published = current_services.pricer.published.get(blocking=True).bundles
    newest = [published[number] for number in sorted(published, reverse=True)[:MOST_BUNDLES]]
    products = _products(newest)
    looked = [bundle for bundle in newest if bundle.definition.product_ids <= products.keys()]
    items = [item for bundle in looked if (item := _part_item(bundle, products)) is not None]
    moment = clock.now()
    on = [bundle for bundle in looked if bundle.definition.schedule.holds(moment)]
    absent = {bundle.id: found for bundle in on if (found := not_shown(bundle.definition, products)) is not None}
    unsaving = [one for one in on if one.id in absent and absence(one.definition, products) is None]
    items.sort(key=lambda item: item.level)  # those that cannot be bought come first

    items = _shortened(items, _more_parts) + _shortened(list(map(_unsaving, unsaving)), _more_unsaving)
    return items, Looked(len(looked), len(published), len(absent))


def _products(bundles: Iterable[Bundle]) -> dict[str, Product | None]:
    """The parts of as many *bundles* as `MOST_PRODUCTS` and `SECONDS` allow."""
    ids = dict.fromkeys(product for bundle in bundles for product in sorted(bundle.definition.product_ids))
    wanted, began = list(ids)[:MOST_PRODUCTS], time.monotonic()
    found: dict[str, Product | None] = {}
    for start in range(0, len(wanted), CHUNK):
        if time.monotonic() - began > SECONDS:
            break
        found |= look_up(wanted[start : start + CHUNK])
    return found


def _part_item(bundle: Bundle, products: Products) -> Item | None:
    definition = bundle.definition
    over = definition.schedule.end is not None and definition.schedule.end <= clock.now()
    troubled = {name: reason for name in sorted(definition.product_ids) if (reason := trouble(products[name]))}
    stock = {name: found.stock for name in definition.product_ids if (found := products[name]) and found.visible}
    can_be_had = bundle_available(definition, stock)
    if over or (can_be_had and not troubled):
        return None
    title = definition.text_in(admin_texts().locale).title
    for name, reason in troubled.items():
        found = products[name]
        part = found.title if found else name
        if can_be_had:
            text = _("“%(title)s” isn't available: %(part)s %(is)s.", title=title, part=part, **{"is": reason})
        else:
            text = _("“%(title)s” is not shown: %(part)s %(is)s.", title=title, part=part, **{"is": reason})
        remedy = _("Replace the product or archive the bundle.")
        if found and found.visible:
            remedy = _("Restock or replace the product.")
        return _item("warning" if can_be_had else "error", text, remedy, bundle.id)
    text = _("“%(title)s” is not shown: not enough stock of its products.", title=title)
    return _item("error", text, _("Restock them or lower the quantities."), bundle.id)


def _unsaving(bundle: Bundle) -> Item:
    title = bundle.definition.text_in(admin_texts().locale).title
    text = _("“%(title)s” is not shown: its products cost no less together.", title=title)
    return _item("warning", text, _("Lower its price or archive it."), bundle.id)


def over_items() -> list[Item]:
    """Published bundles that have ended, or whose limit in all is reached; raises `DatabaseUnavailable`."""
    moment = clock.now_in_sql()
    ended = BundleRow.ends_at <= moment
    used_up = BundleRow.uses >= BundleRow.limit_in_all
    columns = (BundleRow.id, BundleRow.title, BundleRow.ends_at, BundleRow.limit_in_all)
    query = sa.select(*columns).where(BundleRow.state == "published", sa.or_(ended, used_up))
    with current_services.database.reading(blocking=True) as session:
        rows = session.execute(query.order_by(BundleRow.id.desc()).limit(_MOST_OVER)).all()
    past = [row for row in rows if row.ends_at is not None and row.ends_at <= moment]
    full = [row for row in rows if row not in past]
    return _shortened([_ended(row.id, row.title, row.ends_at) for row in past], _more_ended) + _shortened(
        [_used_up(row.id, row.title, row.limit_in_all) for row in full], _more_used_up
    )


def _ended(bundle_id: int, title: str, ends_at: dt.datetime | None) -> Item:
    text = _("“%(title)s” ended on %(time)s and is still published.", title=title, time=shown_time(ends_at))
    return _item("warning", text, _("Archive it or set a later end date."), bundle_id)


def _used_up(bundle_id: int, title: str, limit: int | None) -> Item:
    count = admin_texts().number(limit or 0)
    text = _("“%(title)s” has reached its total limit of %(count)s and is no longer sold.", title=title, count=count)
    return _item("warning", text, _("Raise the limit, or archive it."), bundle_id)


def _item(level: Literal["error", "warning"], text: str, remedy: str, bundle_id: int) -> Item:
    return Item(level, text, remedy, _("Open"), link("bundle_edit", bundle_id=bundle_id))


def _shortened(items: list[Item], rest: Callable[[int], str]) -> list[Item]:
    """The first of *items*, and one for all others with the text *rest* of how many they are."""
    if len(items) <= SHOWN:
        return items
    left = items[SHOWN - 1 :]
    remedy = _("They are in the bundle list.")
    others = Item(left[0].level, rest(len(left)), remedy, _("Open list"), link("bundle_list", state="published"))
    return [*items[: SHOWN - 1], others]


def _more_parts(count: int) -> str:
    return ngettext(
        "%(num)s more bundle has an unavailable product.",
        "%(num)s more bundles have an unavailable product.",
        count,
    )


def _more_unsaving(count: int) -> str:
    return ngettext("%(num)s more bundle saves nothing.", "%(num)s more bundles save nothing.", count)


def _more_ended(count: int) -> str:
    return ngettext(
        "%(num)s more published bundle has ended.",
        "%(num)s more published bundles have ended.",
        count,
    )


def _more_used_up(count: int) -> str:
    return ngettext(
        "%(num)s more bundle has reached its limit.",
        "%(num)s more bundles have reached their limits.",
        count,
    )
