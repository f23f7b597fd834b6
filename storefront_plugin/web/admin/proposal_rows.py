"""Proposals as rows of the list: products, figures in words, prices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...bundles import proposals
from ...bundles.price import share
from ...bundles.proposals import Proposal
from ...proxies import current_storefront
from .language import admin_texts, say, say_count, shown_money, shown_percent
from .products import ProductView, views


@dataclass(frozen=True, slots=True)
class ProposalRow:
    """A proposal in the list.

    Attributes:
        products: The best-selling first; *title* joins theirs.
        orders, lift, buyers: How often the set is bought, in words.
        singly: What the products cost one by one.
        together: What they cost at the suggested discount; "" where none is suggested.
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
    anchor: str


def anchor(key: str) -> str:
    """The id of the row of the proposal *key*."""
    return f"proposal-{key[:16]}" if key.isalnum() else ""


def proposal_row(key: str, bundle_id: int | None) -> ProposalRow | None:
    """The proposal that a bundle is, or was, made of: *key* while it is new, else found by its id; None without one."""
    database = current_storefront.database
    if bundle_id is not None:
        found = proposals.made_into(database, bundle_id)
    else:
        found = proposals.find(database, [key]).get(key) if key.isalnum() else None
    return proposal_rows([found])[0] if found is not None else None


def proposal_rows(found: Sequence[Proposal]) -> list[ProposalRow]:
    """The rows of one page; all their products are looked up at once."""
    products = views(list(dict.fromkeys(name for one in found for name in one.product_ids)))
    return [_row(one, tuple(products[name] for name in one.product_ids)) for one in found]


def _row(one: Proposal, products: tuple[ProductView, ...]) -> ProposalRow:
    after = one.price - share(one.price, one.discount, 100)
    number = admin_texts().number
    lift = f"{one.lift:.1f}" if one.lift < 10 else number(round(one.lift))  # more digits would pretend to be exact
    return ProposalRow(
        one,
        products,
        " + ".join(product.title for product in products),
        say_count(
            "%(support)s of %(orders)s order",
            "%(support)s of %(orders)s orders",
            one.orders,
            support=number(one.support),
            orders=number(one.orders),
        ),
        say("%(lift)s times chance", lift=lift),
        say(
            "about %(share)s of buyers", share=shown_percent(one.expected_share, 1 if one.expected_share < 0.01 else 0)
        ),
        shown_money(one.price, one.currency) if one.price else "",
        shown_money(after, one.currency) if one.discount else "",
        anchor(one.key),
    )
