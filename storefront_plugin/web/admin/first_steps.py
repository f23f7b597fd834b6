"""First steps of a new shop: a list that ticks itself, and is gone when all is done."""

from __future__ import annotations

from dataclasses import dataclass

from ...proxies import current_storefront
from .access import merchant_name
from .attention import Fills
from .health import Health
from .language import say
from .overview import Overview
from .pages import link


@dataclass(frozen=True, slots=True)
class Step:
    """Something to do once. *code* is what to type or to write; *address* a page of ours that does it."""

    title: str
    why: str
    done: bool
    code: str = ""
    address: str = ""


def first_steps(health: Health, overview: Overview | None, fills: Fills | None) -> list[Step]:
    """The steps in their order; empty when all are done, and where the database cannot tell what is.

    *overview* and *fills* are None where they cannot be asked for.
    """
    if overview is None and not health.tables_missing:
        return []
    name = current_storefront.name
    found = [
        Step(
            say("Make the tables"),
            say("All are named storefront_…, beside your own."),
            overview is not None,
            "flask storefront init-db",
        ),
        Step(
            say("Bring in the orders you have"),
            say("Suggestions come from them. To read a file: flask storefront import-orders FILE"),
            bool(health.backlog and health.backlog.position),
            "flask storefront catch-up",
        ),
        Step(
            say("Put the widgets on your pages"),
            say("The first line into the head, the second into a product's page. The first visit ticks this."),
            fills is None or bool(fills),
            f'{{{{ {name}.head() }}}}\n{{{{ {name}.placement("product", product.id) }}}}',
        ),
        Step(
            say("Give your cart"),
            say("Cards get a button then, and what is in the cart is not offered again."),
            current_storefront.cart is not None,
            "Storefront(cart=…)",
        ),
        Step(
            say("Name who comes in here"),
            say("The log then says who changed what."),
            bool(merchant_name()),
            "admin_access=lambda: Merchant(user.name)",
        ),
        Step(
            say("Make a bundle"),
            say("Choose the products yourself, or look at what the orders propose."),
            bool(overview and overview.bundles.all),
            address=link("bundle_new"),
        ),
    ]
    return [] if all(step.done for step in found) else found
