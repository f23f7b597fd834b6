"""What fills slots: the protocol that products, bundles and whatever comes share, and the fillers of one app."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, ClassVar, Protocol

from ..core.errors import ConfigurationError
from ..core.i18n import Texts
from ..redis_store import Command
from ..shop.ports import Product
from .explaining import ExplainedSlot
from .page import FilledSlot, Page
from .plan import MAX_LIMIT, Slot
from .snapshot import Snapshot
from .strategy import Source


class Filling(Protocol):
    """The slots of one filler on one page, on their way; the methods are called once each, in this order."""

    def reads(self) -> Iterable[Command]:
        """What must be read from Redis; all fillers' reads go in one trip."""
        ...

    def product_ids(self, replies: Mapping[Command, Any], snapshot: Snapshot) -> Collection[str]:
        """The products to look up, for all fillers at once; *snapshot* may be newer than the one it began with."""
        ...

    def fill(self, products: dict[str, Product | None]) -> Iterable[FilledSlot]:
        """The slots with what they show, empty ones too; what it looks up besides is added to *products*.

        One that shows each product once a page leaves out those of ``page.shown`` and adds its own.
        """
        ...

    def explain(self, filled: Mapping[str, FilledSlot]) -> Iterable[ExplainedSlot]:
        """Why each slot shows what it shows; *filled* are the slots by name as the page has them in the end."""
        ...


class SlotFiller(Protocol):
    """Fills the slots that name its sources.

    Attributes:
        name: What it shows, for errors ("products").
        sources: What a slot may name as its strategies.
        layouts: What merchants call each layout, marked; a layout's name is that of its template in ``widgets/``.
        may_stay_empty: Slots that are empty on most pages are no news for the merchant.
    """

    name: ClassVar[str]
    sources: ClassVar[Mapping[str, Source]]
    layouts: ClassVar[Mapping[str, str]]
    may_stay_empty: ClassVar[bool]

    def begin(self, page: Page, slots: Sequence[Slot], snapshot: Snapshot, explaining: bool = False) -> Filling:
        """Fill *slots* of *page*; with *explaining* keep a verdict on everything that could be shown."""
        ...

    def limit_text(self, texts: Texts, limit: int) -> str:
        """That a slot shows at most *limit*, for merchants."""
        ...


class Fillers:
    """All fillers of an app, found by what slots name."""

    def __init__(self, fillers: Sequence[SlotFiller]) -> None:
        self._all = fillers
        self.sources = {name: source for one in fillers for name, source in one.sources.items()}
        self.layouts = {name: label for one in fillers for name, label in one.layouts.items()}
        self.alone = frozenset(name for one in fillers if len(one.sources) == 1 for name in one.sources)
        """Sources that cannot be mixed with others."""
        self._by_source = {name: one for one in fillers for name in one.sources}
        self._by_layout = {name: one for one in fillers for name in one.layouts}

    def of(self, slot: Slot) -> SlotFiller:
        """The filler of *slot*; the first where its layout is nobody's: such a slot is only listed, never shown."""
        return self._by_layout.get(slot.layout, self._all[0])

    def among(self, strategies: Iterable[str], layout: str | None = None) -> list[SlotFiller]:
        """The fillers of known *strategies* and of *layout*, those of the fewest sources first."""
        names = [self._by_source.get(name) for name in strategies] + [self._by_layout.get(layout or "")]
        return sorted({id(one): one for one in names if one is not None}.values(), key=lambda one: len(one.sources))

    def begin(self, page: Page, slots: Sequence[Slot], snapshot: Snapshot, explaining: bool = False) -> list[Filling]:
        """A filling of each filler that has any of *slots*."""
        by_filler: dict[int, tuple[SlotFiller, list[Slot]]] = {}
        for slot in slots:
            filler = self.of(slot)
            by_filler.setdefault(id(filler), (filler, []))[1].append(slot)
        return [filler.begin(page, mine, snapshot, explaining) for filler, mine in by_filler.values()]

    def check(self, slot: Slot) -> None:
        """Raise `ConfigurationError` for strategies and a layout that nobody fills, or not one and the same filler."""
        if slot.layout not in tuple(self.layouts):
            known = ", ".join(self.layouts)
            raise ConfigurationError(f"Slot {slot.name!r} has layout {slot.layout!r}; use one of {known}.")
        unknown = next((name for name in slot.strategies if name not in self.sources), None)
        if unknown is not None:
            raise ConfigurationError(
                f"Slot {slot.name!r} names strategy {unknown!r}, which does not exist; use {', '.join(self.sources)}."
            )
        one, *others = self.among(slot.strategies, slot.layout)
        if others:
            raise ConfigurationError(
                f"Slot {slot.name!r} mixes {one.name} with {others[0].name}; give it layout={next(iter(one.layouts))!r} "
                f"and strategies={tuple(one.sources)!r}, or neither."
            )

    def check_all(self, placement: str, slots: Sequence[Slot]) -> None:
        """Raise `ConfigurationError` for what slots of one placement may not be, alone or together."""
        names = [slot.name for slot in slots]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ConfigurationError(f"Two slots of {placement!r} have the name {twice!r}; rename one.")
        for slot in slots:
            if not 1 <= slot.limit <= MAX_LIMIT:
                raise ConfigurationError(f"Slot {slot.name!r} has limit {slot.limit}; use 1 to {MAX_LIMIT}.")
            self.check(slot)

    def title(self, texts: Texts, source: str, given: str | Mapping[str, str] | None = None) -> str:
        """The heading of a slot: the one *given* by the shop, else that of what fills it."""
        own, chosen = self.sources.get(source), texts.chosen(given)
        if chosen is not None:
            return chosen
        return texts.gettext(own.title) if own else source.replace("_", " ").capitalize()

    def label(self, texts: Texts, source: str) -> str:
        """What merchants call *source*; its bare name where there is none of it any more."""
        own = self.sources.get(source)
        return texts.gettext(own.label or own.title) if own else source
