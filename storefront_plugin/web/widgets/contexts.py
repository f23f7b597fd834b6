"""What each template gets. These are an interface: a shop that overrides a template relies on every name here.

The comment at the top of a template lists the same names; ``test_template_contract.py`` holds the two together. What is made
for every card is a named tuple: a page makes and compares a hundred of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from markupsafe import Markup


class PriceView(NamedTuple):
    """A formatted price, for ``_price.html``.

    Attributes:
        now: What the shopper pays.
        was: The price before a reduction, or None.
        saving: The reduction as a sentence for screen readers, or None.
    """

    now: str
    was: str | None = None
    saving: str | None = None


class StarsView(NamedTuple):
    """A rating, for ``_stars.html``.

    Attributes:
        label: The rating as text ("4.6 out of 5 stars").
        width: How much of the row of stars is full, 0 to 100.
        count: Number of reviews, or None where it is not known.
        count_label: The same as text ("128 reviews").
    """

    label: str
    width: int
    count: str | None = None  # type: ignore[assignment]  # templates say stars.count; no tuple is counted
    count_label: str | None = None


class NoticeView(NamedTuple):
    """A notice that the shopper reads once about what they sent, for ``_notice.html``.

    Attributes:
        text: The message.
        is_error: True where something did not work.
        path: Address of the page that shows what it is about, or where to go on; or None.
        label: Text of the link to it, or None.
    """

    text: str
    is_error: bool = False
    path: str | None = None
    label: str | None = None


class FormView(NamedTuple):
    """A form that puts one product into the cart.

    Attributes:
        action: Where it posts to.
        method: ``post`` or ``get``.
        fields: Name and value of each hidden input.
        in_place: True for a form to our own address, which the script posts without leaving the page.
    """

    action: str
    method: str
    fields: tuple[tuple[str, str], ...]
    in_place: bool = False


class CardView(NamedTuple):
    """A product as a card shows it, for ``_card.html``.

    Attributes:
        id: The shop's id of the product.
        title: Its name, plain text.
        url: Address of its page, or None.
        image_url: Address of its picture, or None.
        initial: First letter of the title, shown where there is no picture.
        price: See `PriceView`.
        stars: See `StarsView`; None without a rating.
        reason: Why it is suggested, or None.
        form: See `FormView`; None where the product cannot be put into the cart from here.
        form_later: True where the link to its page stands in for the form: it holds the shopper's own token, so that the
            fragment brings it, or the shopper chooses a variant first.
    """

    id: str
    title: str
    url: str | None
    image_url: str | None
    initial: str
    price: PriceView
    stars: StarsView | None = None
    reason: str | None = None
    form: FormView | None = None
    form_later: bool = False


class PartView(NamedTuple):
    """One product of a set bought together, for ``_part.html``.

    Attributes:
        card: See `CardView`.
        amount: Its price in minor units, for the script.
        seed: True for the product that the page is about.
        checkable: True where the shopper may leave it out.
        note: Why the button for all does not add it ("Sold out"), or None where it does.
    """

    card: CardView
    amount: int
    seed: bool
    checkable: bool
    note: str | None = None


@dataclass(frozen=True, slots=True)
class TogetherView:
    """Several products with one button, for the ``together`` layout.

    Attributes:
        action: Where the form posts to; None where the shop's cart cannot be filled from Python, or where a variant of a part
            is to be chosen first.
        parts: See `PartView`; the page's own product comes first.
        total: Price of all parts that are added, or None where their currencies differ.
        currency: ISO 4217 code, or "" where none is known.
        digits: Decimals of the currency.
        written_whole: Whether whole amounts are written without them.
        locale: Language tag for the script's own numbers.
        labels: The button's text for 0, 1, 2 … checked parts.
    """

    action: str | None
    parts: tuple[PartView, ...]
    total: str | None
    currency: str
    digits: int
    written_whole: bool
    locale: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlacementView:
    """The slots of a page with what the script needs to fetch the shopper's own, for ``placement.html``.

    Attributes:
        name: The placement.
        src: Address of the fragment.
        when: ``near`` fetches when the shopper comes near; ``change`` only after the cart changed.
        content: The rendered slots.
        end: Names the place behind them, for a link past their many tab stops; None around a single slot.
    """

    name: str
    src: str
    when: str
    content: Markup
    end: str | None = None


@dataclass(frozen=True, slots=True)
class AnswerView:
    """A page of ours that says what became of what the shopper sent, for ``answer.html``.

    Attributes:
        text: The message.
        path: Address of the shop that the message is about, such as its sign-in, or None.
        label: Text of the link to it, or None.
        back: Address of the page to go back to.
        language: Language tag of the text.
        head: The links to style sheet and script.
    """

    text: str
    path: str | None
    label: str | None
    back: str
    language: str
    head: Markup


@dataclass(frozen=True, slots=True)
class HeadView:
    """The files that every page with widgets needs, for ``head.html``.

    Attributes:
        stylesheet: Address of the style sheet.
        script: Address of the script.
        adding: Address of the script that adds to the cart without leaving the page.
        nonce: The response's CSP nonce where the shop gave one, or None.
    """

    stylesheet: str
    script: str
    adding: str
    nonce: str | None = None
