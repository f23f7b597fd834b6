"""The list of proposals: what shoppers buy together; and the search that finds it."""

from __future__ import annotations

import logging
import threading
from typing import cast, get_args

from flask import Blueprint, Flask, Response, current_app, request

from ...bundles import proposal_run, proposals
from ...bundles.proposal_run import Begun, latest_run
from ...bundles.proposals import ProposalState, Sort
from ...bundles.terms import Terms
from ...errors import StorefrontError
from ...orderlog.numbering import is_small
from ...proxies import current_storefront
from .access import merchant_name
from .language import say
from .notices import tell
from .pages import Paging, asked_page, editors_only, here, link, see_other, show_page
from .proposal_rows import proposal_rows
from .proposal_terms import TermsForm, fields_of, form_of

logger = logging.getLogger(__name__)

SIZE = 25


def register(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/bundles/proposals", "proposals", listed)
    blueprint.add_url_rule("/bundles/proposals", "proposal_search", search, methods=["POST"])


def listed() -> Response:
    """``GET bundles/proposals``: ``state``, ``sort`` and ``page`` in the address."""
    return _page(None)


def _page(form: TermsForm | None, status: int = 200) -> Response:
    """The list; with the search's *form* as it was typed, where it was wrong."""
    database, given = current_storefront.database, request.args
    state = cast(ProposalState, given.get("state") if given.get("state") in get_args(ProposalState) else "open")
    sort = cast(Sort, given.get("sort") if given.get("sort") in get_args(Sort) else "beyond")
    page = asked_page()
    found, count = proposals.list_proposals(database, state, sort, page=page, size=SIZE)
    run = latest_run(database)
    return show_page(
        "proposals.html",
        status,
        rows=proposal_rows(found),
        state=state,
        states=_states(proposals.counts(database)),
        sort=sort,
        sorts=_sorts(),
        paging=Paging(page, SIZE, count),
        run=run,
        phase=_phase(run.phase) if run else "",
        form=form or form_of(run.terms if run else Terms()),
        typed=form is not None,
        terms=fields_of(run.terms if run else Terms()),
        no_orders=is_small(database, 0),
        back=here(),
    )


def _states(counts: dict[str, int]) -> dict[ProposalState, tuple[str, int]]:
    words: dict[ProposalState, str] = {
        "open": say("To decide"),
        "accepted": say("Accepted"),
        "rejected": say("Rejected"),
    }
    return {state: (label, counts.get(state, 0)) for state, label in words.items()}


def _sorts() -> dict[Sort, str]:
    return {
        "beyond": say("Most beyond chance"),
        "support": say("Orders"),
        "lift": say("Times chance"),
        "share": say("Share of buyers"),
        "margin": say("Margin left"),
    }


def _phase(phase: str) -> str:
    return {"read": say("Reading the orders"), "count": say("Counting what was bought together")}.get(phase, phase)


@editors_only
def search() -> Response:
    """``POST bundles/proposals``: look again, in a thread of its own; the list shows how far it is."""
    form = TermsForm()
    terms = form.read()
    if terms is None:
        return _page(form, 422)
    try:
        begun = proposal_run.begin(current_storefront.database, terms, merchant_name())
    except proposal_run.SearchRunning:
        tell(say("A search is at work already; its result will be here in a moment."), "warning")
        return see_other(link("proposals"))
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    if current_storefront.database.in_memory:  # it has one connection only, which no second thread may use
        _carry_out(app, begun)
    else:
        # No daemon: a process that ends in the midst of DuckDB's work is aborted, so it waits for the few seconds.
        threading.Thread(target=_carry_out, args=(app, begun), name="storefront-proposals").start()
    return see_other(link("proposals"))


def _carry_out(app: Flask, begun: Begun) -> None:
    """A failure stands with the run, and on the page."""
    with app.app_context():
        try:
            current_storefront.search_begun(begun)
        except StorefrontError as error:
            logger.warning("The search for bundles failed: %s", error)
        except Exception:
            logger.exception("The search for bundles failed.")
