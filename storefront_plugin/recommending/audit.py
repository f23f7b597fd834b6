"""How sensible a shop's suggestions are: its pages filled for a sample of its own products, and what is wrong counted."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, fields
from random import Random
from typing import Final, Literal, NamedTuple, TypeAlias

from ..content.departments import Departments
from ..shop.cleaning import clean_products
from ..shop.ports import CartLine, Catalog, Product
from ..shop.sellable import is_eligible
from .page import PINNED, Card, FilledSlot, Page
from .plan import running
from .strategies import STRATEGIES
from .strategy import heading_reason
from .suggestions import Suggestions

AUDITED: Final = ("product", "cart")
"""The placements that are filled for each product: its page, and a cart that holds it alone."""

LEAST_PURITY: Final = 0.95
"""The share of cards of the product's department, or that orders speak for, below which an audit fails."""

MOST_ORPHANS: Final = 0.01
"""The share of orphans above which an audit fails."""

EXAMPLES: Final = 5
"""Products that a report names: those with the most faults."""

_SEED: Final = 20240601

FaultKind: TypeAlias = Literal["stray", "unsupported", "repeat", "sold_out", "orphan"]
"""``stray``: of another department, and no orders speak for it. ``unsupported``: it stands under a claim about orders, and
fewer than the minimum hold the pair. ``repeat``: the page shows it twice, or it is the page's own or a variant of it.
``sold_out``: the catalogue cannot sell it. ``orphan``: no slot of the product's page shows anything."""

Progress: TypeAlias = Callable[[str, int, int | None], None]
"""Called with the phase, how much of it is done, and its total; None where that is not known."""


class Fault(NamedTuple):
    """Something wrong with one card, or with a product's page as a whole."""

    kind: FaultKind
    slot: str = ""
    product_id: str = ""
    title: str = ""


@dataclass(slots=True)
class Figures:
    """The counts of one slot, or of all.

    Attributes:
        pages: Pages that show it.
        cards: Cards on them; those that a merchant pinned count as cards only.
        compared: Cards whose department and that of the page's product are known.
        elsewhere: Of these, cards of another department.
        strays: Of these, cards that no orders speak for.
        claims: Cards that stand under a claim about orders.
        unsupported: Of these, cards with fewer orders than the minimum.
        repeats: Cards that repeat a product.
        sold_out: Cards that cannot be sold.
    """

    pages: int = 0
    cards: int = 0
    compared: int = 0
    elsewhere: int = 0
    strays: int = 0
    claims: int = 0
    unsupported: int = 0
    repeats: int = 0
    sold_out: int = 0

    @property
    def same_department(self) -> float | None:
        """The share of cards of the product's own department; None where no department is known."""
        return 1 - self.elsewhere / self.compared if self.compared else None

    @property
    def purity(self) -> float | None:
        """The same with the cards that orders speak for."""
        return 1 - self.strays / self.compared if self.compared else None

    @property
    def supported(self) -> float | None:
        """The share of claims with enough orders behind them; None without claims."""
        return 1 - self.unsupported / self.claims if self.claims else None

    def add(self, other: Figures) -> None:
        """Add the counts of *other*."""
        for one in fields(self):
            setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))

    def as_json(self) -> dict[str, int | float | None]:
        """Counts and shares."""
        shares = {"same_department": self.same_department, "purity": self.purity, "supported": self.supported}
        return {**asdict(self), **shares}


@dataclass(frozen=True, slots=True)
class AuditedProduct:
    """A product with what is wrong on its pages."""

    product_id: str
    title: str
    faults: tuple[Fault, ...]


@dataclass(slots=True)
class AuditReport:
    """What an audit found.

    Attributes:
        catalogue: Visible products of the shop.
        products: Products whose pages were filled.
        slots: Figures by placement and slot ("product/related") of those that show products, in the order of the pages.
        orphans: Products for which their page has nothing to show.
        worst: The products with the most faults.
    """

    catalogue: int = 0
    products: int = 0
    slots: dict[str, Figures] = field(default_factory=dict)
    orphans: int = 0
    worst: list[AuditedProduct] = field(default_factory=list)

    @property
    def total(self) -> Figures:
        """All slots together."""
        total = Figures()
        for figures in self.slots.values():
            total.add(figures)
        return total

    @property
    def failures(self) -> list[str]:
        """What is not as it should be, a sentence each."""
        return list(_failures(self))

    def as_json(self) -> dict[str, object]:
        """The report in plain values."""
        return {
            "catalogue": self.catalogue,
            "products": self.products,
            "orphans": self.orphans,
            "slots": {name: figures.as_json() for name, figures in self.slots.items()},
            "total": self.total.as_json(),
            "worst": [
                {"product_id": one.product_id, "title": one.title, "faults": [each._asdict() for each in one.faults]}
                for one in self.worst
            ],
            "failures": self.failures,
        }


def _failures(report: AuditReport) -> Iterator[str]:
    total = report.total
    if total.purity is not None and total.purity < LEAST_PURITY:
        yield (
            f"{total.purity:.1%} of the cards are of the product's department or supported by orders; "
            f"{LEAST_PURITY:.0%} are needed."
        )
    if total.unsupported:
        yield f"Cards under a claim that too few orders support: {total.unsupported:,}."
    if total.repeats:
        yield f"Cards that repeat a product of their page: {total.repeats:,}."
    if total.sold_out:
        yield f"Cards of products that cannot be sold: {total.sold_out:,}."
    if report.orphans > MOST_ORPHANS * report.products:
        yield f"Product pages that have nothing to show: {report.orphans:,} of {report.products:,}."


@dataclass(frozen=True, slots=True)
class SuggestionAudit:
    """Audits the suggestions of one shop.

    Attributes:
        suggestions: Fill the pages, as the plan and the merchant's rules have it.
        catalog: The shop's products.
        currency: The shop's currency, or None.
        min_support: Least number of orders behind a claim.
        locale: Language of titles.
    """

    suggestions: Suggestions
    catalog: Catalog
    currency: str | None
    min_support: int
    locale: str

    def run(self, size: int, progress: Progress) -> AuditReport:
        """Fill the pages of at most *size* visible products, the same ones as long as the catalogue stays as it is.

        Raises `StoreUnavailable`, `DatabaseUnavailable` or `AdapterError`.
        """
        report, departments = AuditReport(), Departments()
        sample = self._sample(size, departments, report, progress)
        report.products = len(sample)
        for placement in AUDITED:
            report.slots |= {
                f"{placement}/{slot.name}": Figures() for slot in running(self.suggestions.plan[placement])
            }
        found = (self._audited(product, departments, report) for product in _shown(sample, progress))
        faulty = (one for one in found if one.faults)
        report.worst = heapq.nsmallest(EXAMPLES, faulty, key=lambda one: (-len(one.faults), one.product_id))
        report.slots = {name: figures for name, figures in report.slots.items() if figures.cards}
        return report

    def _sample(self, size: int, departments: Departments, report: AuditReport, progress: Progress) -> list[Product]:
        random, sample = Random(_SEED), list[Product]()  # noqa: S311 - a fair choice, not a secret
        for product in clean_products(self.catalog.iter_products(), self.currency):
            if not product.visible:
                continue
            departments.add(product)
            report.catalogue += 1
            progress("reading the catalogue", report.catalogue, None)
            if len(sample) < size:
                sample.append(product)
            elif (place := random.randrange(report.catalogue)) < size:
                sample[place] = product
        return sample

    def _audited(self, product: Product, departments: Departments, report: AuditReport) -> AuditedProduct:
        faults: list[Fault] = []
        for placement in AUDITED:
            filled = [one for one in self._filled(product, placement) if not one.is_empty]
            if placement == "product" and not filled:
                report.orphans += 1
                faults.append(Fault("orphan"))
            faults += self._faults(product, placement, filled, departments, report)
        return AuditedProduct(product.id, product.title, tuple(faults))

    def _filled(self, product: Product, placement: str) -> Sequence[FilledSlot]:
        in_cart = placement != "product"
        page = Page(
            placement=placement,
            products=() if in_cart else (product.id,),
            cart=(CartLine(product.id),) if in_cart else (),
            locale=self.locale,
            shop_locale=self.locale,
            currency=self.currency,
            blocking=True,
        )
        return self.suggestions.fill_placement(page)

    def _faults(
        self,
        product: Product,
        placement: str,
        filled: Sequence[FilledSlot],
        departments: Departments,
        report: AuditReport,
    ) -> Iterator[Fault]:
        ids = [card.product.id for one in filled for card in one.cards]
        now = {one.id: one for one in clean_products(self.catalog.get_many(ids).values(), self.currency)}
        seen = {product.id}
        for one in filled:
            name, claims = f"{placement}/{one.name}", _claims(one)
            figures = report.slots.setdefault(name, Figures())
            figures.pages += 1
            figures.cards += len(one.cards)
            for card in one.cards:
                for kind in self._wrong(card, product, now.get(card.product.id), claims, seen, departments, figures):
                    yield Fault(kind, name, card.product.id, card.product.title)
                seen.add(card.product.id)

    def _wrong(
        self,
        card: Card,
        product: Product,
        now: Product | None,
        claims: bool,
        seen: set[str],
        departments: Departments,
        figures: Figures,
    ) -> Iterator[FaultKind]:
        """What is wrong with *card*, counted in *figures*."""
        group = product.variant_group
        if card.product.id in seen or (group is not None and card.product.variant_group == group):
            figures.repeats += 1
            yield "repeat"
        if now is None or not is_eligible(now):
            figures.sold_out += 1
            yield "sold_out"
        if card.source == PINNED:
            return
        supported = card.support is not None and card.support >= self.min_support
        if claims or (card.reason is not None and card.reason.kind.counted is not None):
            figures.claims += 1
            if not supported:
                figures.unsupported += 1
                yield "unsupported"
        same = departments.same(card.product, product)
        figures.compared += same is not None
        if same is False:
            figures.elsewhere += 1
            if not supported:
                figures.strays += 1
                yield "stray"


def _claims(filled: FilledSlot) -> bool:
    """Whether the heading of *filled* claims orders that hold its cards together with the page's product."""
    reason = heading_reason(filled, STRATEGIES)
    return reason is not None and reason.counted is not None


def _shown(sample: Sequence[Product], progress: Progress) -> Iterator[Product]:
    for done, product in enumerate(sample):
        progress("filling pages", done, len(sample))
        yield product
    progress("filling pages", len(sample), len(sample))
