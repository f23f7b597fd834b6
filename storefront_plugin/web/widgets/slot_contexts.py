"""What the templates of slots and of the bundles in them get; an interface, like `contexts`."""

from __future__ import annotations

from dataclasses import dataclass

from ...recommending.plan import Slot
from .contexts import CardView, NoticeView, PriceView, TogetherView


@dataclass(frozen=True, slots=True)
class OptionView:
    """One choice in a list to choose from.

    Attributes:
        value: What the form sends.
        title: Its name, with its price where that differs.
        amount: Price of one item in minor units, for the script.
        chosen: True for the one that stands chosen.
        disabled: True where it is sold out.
    """

    value: str
    title: str
    amount: int = 0
    chosen: bool = False
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class ComponentView:
    """A product of a bundle.

    Attributes:
        number: Its place in the tier, part of the names of its fields.
        card: See `CardView`; without a form.
        price: Of all its items, see `PriceView`.
        amount: Price of one item in minor units, for the script.
        pieces: How many the bundle needs; in a mix, how many stand chosen.
        count: The same as text ("2 ×"), or None for one item.
        optional: True where the shopper may leave it out.
        free: True where it costs nothing.
        options: Variants to choose from, see `OptionView`; none where there is no choice.
        missing: True where the shop does not know the product; in the merchant's preview only.
    """

    number: int
    card: CardView
    price: PriceView
    amount: int
    pieces: int
    count: str | None = None
    optional: bool = False
    free: bool = False
    options: tuple[OptionView, ...] = ()
    missing: bool = False


@dataclass(frozen=True, slots=True)
class TierView:
    """A set that can be added at once; a bundle has one, a ladder several, quantity steps one a row.

    Attributes:
        number: Its place in the bundle.
        title: What sets it apart from the others ("3 or more"), or None.
        note: What to do or what it adds ("Choose 3 of these"), or None.
        offer: The reduction as text ("10% off"), or None where the price says it.
        components: See `ComponentView`.
        price: Price together, with the price one by one and what is saved.
        saved: What is saved, as text, or None where nothing is.
        label: The button's text as it stands first.
        labels: The same for 0, 1, 2 … optional products; in a mix for each number of items from *least* on.
        least: Fewest items of a mix, else 0.
        most: Most items of a mix, else 0.
        rule: Kind of its price, for the script: a name in `bundles/price_kinds.py`.
        value: The number of that rule: millionths, minor units or free items.
        step: What the price is a multiple of, minor units; 1 where the shop has no price step.
    """

    number: int
    title: str | None
    note: str | None
    offer: str | None
    components: tuple[ComponentView, ...]
    price: PriceView
    saved: str | None
    label: str
    labels: tuple[str, ...]
    least: int
    most: int
    rule: str
    value: int
    step: int


@dataclass(frozen=True, slots=True)
class BundleView:
    """A bundle on offer, for ``_bundle.html``.

    Attributes:
        id: Its number.
        version: Which version of it this is.
        kind: ``set``, ``ladder``, ``mix``, ``extra`` or ``steps``.
        title: Its name, plain text.
        benefit: Why together, plain text, or None.
        picture: Address of its own picture, or None.
        tiers: See `TierView`.
        action: Where its forms post to; None where nothing can be added from here.
        currency: ISO 4217 code, or "" where none is known.
        digits: Decimals of the currency.
        written_whole: Whether whole amounts are written without them.
        locale: Language tag for the script's own numbers.
        saved: What is saved, as text, with ``{}`` for the amount.
        more: What the script says of a mix with too few items, with ``{have}`` and ``{}`` for how many more.
        fewer: The same with too many.
        private: True where the page belongs to one shopper.
        headed: True where the slot's own heading is the title.
        notice: See `NoticeView`; None where there is none.
    """

    id: int
    version: int
    kind: str
    title: str
    benefit: str | None
    picture: str | None
    tiers: tuple[TierView, ...]
    action: str | None
    currency: str
    digits: int
    written_whole: bool
    locale: str
    saved: str
    more: str
    fewer: str
    private: bool = False
    headed: bool = False
    notice: NoticeView | None = None


@dataclass(frozen=True, slots=True)
class AppliedView:
    """A bundle that the shopper's cart has already.

    Attributes:
        text: Its name and what it saves.
        count: How many times it applies, as text ("2 ×"), or None for once.
    """

    text: str
    count: str | None = None


@dataclass(frozen=True, slots=True)
class LackView:
    """What the shopper's cart lacks for a bundle.

    Attributes:
        number: Its place, part of the names of its fields.
        card: The product, or the first of several, see `CardView`.
        count: How many items, as text ("2 ×"), or None for one.
        products: Products to choose from, see `OptionView`; none where only one will do.
        options: Variants to choose from, see `OptionView`; none where there is no choice.
    """

    number: int
    card: CardView
    count: str | None = None
    products: tuple[OptionView, ...] = ()
    options: tuple[OptionView, ...] = ()


@dataclass(frozen=True, slots=True)
class NearView:
    """A bundle that the shopper's cart nearly has.

    Attributes:
        id: The bundle's number.
        version: Which version of it this is.
        title: The bundle's name, plain text.
        text: What to add and what is saved then.
        lacks: See `LackView`.
        action: Where its form posts to; None where nothing can be added from here.
        label: The button's text: how many it adds, and what they cost.
        private: True where the page belongs to one shopper.
        notice: See `NoticeView`; None where there is none.
    """

    id: int
    version: int
    title: str
    text: str
    lacks: tuple[LackView, ...]
    action: str | None
    label: str
    private: bool = False
    notice: NoticeView | None = None


@dataclass(frozen=True, slots=True)
class BundlesView:
    """The inside of a slot of bundles, for ``bundles.html``.

    Attributes:
        offers: See `BundleView`.
        applied: See `AppliedView`.
        near: See `NearView`.
        code_action: Where a typed code is posted to; None where there is nothing to unlock.
        code_notice: What became of the code that was typed, see `NoticeView`; once, else None.
        code_typed: That code, where it does not work; else "".
    """

    offers: tuple[BundleView, ...] = ()
    applied: tuple[AppliedView, ...] = ()
    near: tuple[NearView, ...] = ()
    code_action: str | None = None
    code_notice: NoticeView | None = None
    code_typed: str = ""


@dataclass(frozen=True, slots=True)
class SlotView:
    """A slot with its heading, for ``slot.html`` and the layouts.

    Attributes:
        name: The slot's name in the plan.
        title: Its heading.
        layout: ``grid``, ``carousel``, ``list``, ``together`` or ``bundles``; names the template of its inside.
        source: The strategy that filled it.
        settings: What merchants set of the slot, such as its *limit*: see `Slot`.
        cards: See `CardView`.
        together: See `TogetherView`; None in other layouts.
        bundles: See `BundlesView`; None in other layouts.
        waiting: Number of empty cards that keep room until the fragment arrives; 0 when the slot is filled.
    """

    name: str
    title: str
    layout: str
    source: str
    settings: Slot
    cards: tuple[CardView, ...] = ()
    together: TogetherView | None = None
    bundles: BundlesView | None = None
    waiting: int = 0
