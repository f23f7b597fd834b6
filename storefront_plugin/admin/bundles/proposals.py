"""The list of proposals: what shoppers buy together; and the search that finds it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast, get_args

from flask import Blueprint, Flask, Response, current_app, request
from wtforms import DecimalField, IntegerField
from wtforms.validators import InputRequired, NumberRange

from ...bundles.price_kinds import percent_saving
from ...bundles.proposals import run as proposal_run
from ...bundles.proposals.expected import DAYS, Expected, expected
from ...bundles.proposals.mining import MiningSettings
from ...bundles.proposals.run import Begun, latest_run
from ...bundles.store import proposals
from ...bundles.store.proposals import Proposal, ProposalState, Sort
from ...core import clock
from ...core.errors import StorefrontError
from ...core.i18n import LANGUAGES
from ...orderlog.events import day_of
from ...orderlog.numbering import is_small
from ...orderlog.sales import orders_since
from ...proxies import current_services
from ...shop.speaking import shop_speaking
from ...web.http import local_path
from ...web.request_page import shop_locale
from ..kit.access import merchant_name
from ..kit.forms import AdminForm
from ..kit.i18n import _, admin_texts, language_name, ngettext, rounded_money, shown_money, shown_percent
from ..kit.lists import Paging, page_number
from ..kit.pages import change, editors_only, flash, here, link, see_other, show_page
from ..kit.products import ProductView, views


@dataclass(frozen=True, slots=True)
class ProposalRow:
    """A proposal in the list.

    Attributes:
        products: The best-selling first; *title* joins theirs.
        orders, lift, buyers: How often the set is bought, as text.
        singly: What the products cost one by one.
        together: What they cost at the suggested discount; "" where none is suggested.
        expected: What it brings in a month; None where nothing was counted. *gain* and *cost* are that as text.
        titles: By the name of each language of the admin, what the bundle would be called.
        anchor: Names the row in the address of the page.
    """

    proposal: Proposal
    products: tuple[ProductView, ...]
    title: str
    orders: str
    lift: str
    buyers: str
    singly: str
    together: str
    expected: Expected | None
    gain: str
    cost: str
    titles: Mapping[str, str]
    anchor: str


def anchor(key: str) -> str:
    """The id of the row of the proposal *key*."""
    return f"proposal-{key[:16]}" if key.isalnum() else ""


def proposal_row(key: str, bundle_id: int | None) -> ProposalRow | None:
    """The proposal that a bundle is, or was, made of: *key* while it is new, else found by its id; None without one."""
    database = current_services.database
    if bundle_id is not None:
        found = proposals.made_into(database, bundle_id)
    else:
        found = proposals.find(database, [key]).get(key) if key.isalnum() else None
    return proposal_rows([found])[0] if found is not None else None


def proposal_rows(found: Sequence[Proposal]) -> list[ProposalRow]:
    """The rows of one page; all their products are looked up at once, and once more for each further language."""
    products = views(name for one in found for name in one.product_ids)
    titles, recent = _titles(products), _recent_orders() if found else 0
    return [_row(one, tuple(products[name] for name in one.product_ids), titles, recent) for one in found]


def _recent_orders() -> int:
    with current_services.database.reading(blocking=True) as session:
        return orders_since(session, day_of(clock.now_in_sql()) - DAYS + 1)  # today is the last of them


def _titles(ids: Collection[str]) -> Mapping[str, Mapping[str, str]]:
    """Titles of products by the languages of the admin; the id of one that the shop does not know."""
    titles: dict[str, dict[str, str]] = {}
    for language in LANGUAGES:
        with shop_speaking(language):
            known = current_services.products.get_many(ids, shop_locale(language), blocking=True)
        titles[language] = {name: found.title if (found := known.get(name)) else name for name in ids}
    return titles


def _row(
    one: Proposal, products: tuple[ProductView, ...], titles: Mapping[str, Mapping[str, str]], recent_orders: int
) -> ProposalRow:
    step = current_services.settings.price_steps.get(one.currency, 1)
    after = one.price - percent_saving(one.price, one.discount, 100, step)
    brings = expected(one, recent_orders, step)
    number = admin_texts().number
    lift = f"{one.lift:.1f}" if one.lift < 10 else number(round(one.lift))  # more digits would pretend to be exact
    return ProposalRow(
        one,
        products,
        proposals.title_of(product.title for product in products),
        ngettext(
            "%(support)s of %(orders)s order",
            "%(support)s of %(orders)s orders",
            one.orders,
            support=number(one.support),
            orders=number(one.orders),
        ),
        _("Lift %(lift)s×", lift=lift),
        _(
            "%(share)s of buyers take both",
            share=shown_percent(one.expected_share, 1 if one.expected_share < 0.01 else 0),
        ),
        shown_money(one.price, one.currency) if one.price else "",
        shown_money(after, one.currency) if one.discount else "",
        brings,
        rounded_money(brings.gain, one.currency) if brings else "",
        rounded_money(brings.cost, one.currency) if brings else "",
        {
            language_name(language): proposals.title_of(named[name] for name in one.product_ids)
            for language, named in titles.items()
        },
        anchor(one.key),
    )


class SettingsForm(AdminForm):
    """Percentages as a merchant says them: 20 for a fifth."""

    margin_floor = DecimalField(places=None, validators=[InputRequired(), NumberRange(0, Decimal("99.9"))])
    discount = IntegerField(validators=[InputRequired(), NumberRange(0, 99)])
    discount_without_cost = IntegerField(validators=[InputRequired(), NumberRange(0, 99)])
    min_support = IntegerField(validators=[InputRequired(), NumberRange(2, 1_000_000)])

    def __init__(self, **options: object) -> None:
        super().__init__(**options)
        self.margin_floor.label.text = _("Minimum margin (%)")
        self.discount.label.text = _("Discount (%)")
        self.discount_without_cost.label.text = _("Discount if cost is unknown (%)")
        self.min_support.label.text = _("Minimum orders")

    def read(self) -> MiningSettings | None:
        """What was typed; None where the fields say what is wrong."""
        if not self.validate_on_submit():
            return None
        floor: Any = self.margin_floor.data
        return MiningSettings(
            Decimal(floor) / 100,
            *(int(field.data or 0) for field in (self.discount, self.discount_without_cost, self.min_support)),
        )


def form_of(settings: MiningSettings) -> SettingsForm:
    """The form filled with *settings*."""
    return SettingsForm(formdata=None, data=fields_of(settings))


def fields_of(settings: MiningSettings) -> dict[str, Decimal | int]:
    """*settings* as the form's fields have them."""
    return {
        "margin_floor": Decimal(format((settings.margin_floor * 100).normalize(), "f")),
        "discount": settings.discount,
        "discount_without_cost": settings.discount_without_cost,
        "min_support": settings.min_support,
    }


logger = logging.getLogger(__name__)

SIZE = 25


def register(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/bundles/proposals", "proposals", listed)
    blueprint.add_url_rule("/bundles/proposals", "proposal_search", search, methods=["POST"])
    blueprint.add_url_rule("/bundles/proposals/reject", "proposal_reject", reject, methods=["POST"])
    blueprint.add_url_rule("/bundles/proposals/unreject", "proposal_unreject", unreject, methods=["POST"])


def listed() -> Response:
    """``GET bundles/proposals``: ``state``, ``sort`` and ``page`` in the address."""
    return _page(None)


def _page(form: SettingsForm | None, status: int = 200) -> Response:
    """The list; with the search's *form* as it was typed, where it was wrong."""
    database, given = current_services.database, request.args
    state = cast(ProposalState, given.get("state") if given.get("state") in get_args(ProposalState) else "open")
    sort = cast(Sort, given.get("sort") if given.get("sort") in get_args(Sort) else "beyond")
    page = page_number()
    found, count = proposals.list_proposals(database, state, sort, page=page, size=SIZE)
    run = latest_run(database)
    return show_page(
        "bundles/proposals.html",
        status,
        rows=proposal_rows(found),
        state=state,
        states=_states(proposals.counts(database)),
        sort=sort,
        sorts=_sorts(),
        paging=Paging(page, SIZE, count),
        run=run,
        phase=_phase(run.phase) if run else "",
        form=form or form_of(run.settings if run else MiningSettings()),
        typed=form is not None,
        settings=fields_of(run.settings if run else MiningSettings()),
        no_orders=is_small(database, 0),
        back=here(),
    )


def _states(counts: dict[str, int]) -> dict[ProposalState, tuple[str, int]]:
    labels: dict[ProposalState, str] = {
        "open": _("To review"),
        "accepted": _("Created"),
        "rejected": _("Dismissed"),
    }
    return {state: (label, counts.get(state, 0)) for state, label in labels.items()}


def _sorts() -> dict[Sort, str]:
    return {
        "beyond": _("Strongest link"),
        "gain": _("Expected gain"),
        "support": _("Orders"),
        "lift": _("Lift"),
        "share": _("Buyers taking both"),
        "margin": _("Margin after discount"),
    }


def _phase(phase: str) -> str:
    return {"read": _("Reading orders"), "count": _("Counting products bought together")}.get(phase, phase)


@editors_only
def search() -> Response:
    """``POST bundles/proposals``: look again, in a thread of its own; the list shows how far it is."""
    form = SettingsForm()
    settings = form.read()
    if settings is None:
        return _page(form, 422)
    try:
        begun = proposal_run.begin(current_services.database, settings, merchant_name())
    except proposal_run.SearchRunning:
        flash(_("A search is already running; its results will appear here in a moment."), "warning")
        return see_other(link("proposals"))
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    if current_services.database.in_memory:  # it has one connection only, which no second thread may use
        _carry_out(app, begun)
    else:
        # No daemon: a process that ends in the midst of DuckDB's work is aborted, so it waits for the few seconds.
        threading.Thread(target=_carry_out, args=(app, begun), name="storefront-proposals").start()
    return see_other(link("proposals"))


def _carry_out(app: Flask, begun: Begun) -> None:
    """A failure stands with the run, and on the page."""
    with app.app_context():
        try:
            current_services.proposals.carry_out(begun)
        except StorefrontError as error:
            logger.warning("The search for bundles failed: %s", error)
        except Exception:
            logger.exception("The search for bundles failed.")


MOST_TOGETHER = 200


@change
def reject() -> Response:
    """``POST bundles/proposals/reject``: never propose the set ``key``, or those of the chosen ``rows``, again."""
    keys = _asked()
    done = proposals.reject(current_services.database, keys, merchant_name())
    if done:
        text = ngettext(
            "Dismissed. It won't be proposed again.", "%(num)s dismissed. They won't be proposed again.", len(done)
        )
        flash(text, undo=link("proposal_unreject"), rows=" ".join(done), back=_address())
    return _back(keys, done, _after(keys))


@change
def unreject() -> Response:
    """``POST bundles/proposals/unreject``: let the set ``key``, or those of ``rows``, be proposed again."""
    keys = _asked()
    done = proposals.unreject(current_services.database, keys, merchant_name())
    if done:
        flash(ngettext("Moved back to review.", "%(num)s moved back to review.", len(done)))
    return _back(keys, done, _after(keys) if "shown" in request.form else (done or [""])[0])


def _asked() -> list[str]:
    """The one whose own button was pressed, else the chosen ones."""
    key = request.form.get("key", "")
    return [key] if key else [one for row in request.form.getlist("rows") for one in row.split()][:MOST_TOGETHER]


def _back(keys: Sequence[str], done: Collection[str], goes_on: str) -> Response:
    """To the list as it was, at the row to go on with."""
    if not keys:
        flash(_("Select one or more proposals first."), "warning")
    elif len(done) < len(keys):
        flash(_("This proposal no longer exists: the proposals have been refreshed."), "warning")
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
    return back if local_path(back) is not None and (back == own or back.startswith(f"{own}?")) else own
