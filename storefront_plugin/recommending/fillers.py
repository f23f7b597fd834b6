"""What fills slots: the protocol that products, bundles and whatever comes share, and the fillers of one app."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Protocol

from ..core.errors import N_, ConfigurationError
from ..core.i18n import Texts
from ..core.problems import Problem
from ..redis_store import Command
from ..shop.ports import Product
from .explaining import ExplainedSlot
from .page import FilledSlot, Page
from .plan import Slot, slot_problems, slot_values
from .snapshot import Snapshot
from .strategy import Source

MIXED = N_("You may also like")
"""The heading of a slot that several strategies filled: it claims nothing that is not true of all its cards."""


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

    def problems(self, slots: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
        """What is wrong with the slots of one placement, each given as its fields by name, alone and together.

        Paths begin with the place of a slot, from 0.
        """
        names = [slot.get("name") for slot in slots]
        for place, slot in enumerate(slots):
            yield from (one.below(place) for one in (*slot_problems(slot), *self._unfit(slot)))
            if names.count(names[place]) > 1:
                yield Problem((place, "name"), N_("Another slot has this name; choose a different one."), {})

    def check(self, slot: Slot) -> None:
        """Raise `ConfigurationError` for strategies and a layout that nobody fills, or not one and the same filler."""
        self._refuse("", [slot], (one.below(0) for one in self._unfit(slot_values(slot))))

    def check_all(self, placement: str, slots: Sequence[Slot]) -> None:
        """Raise `ConfigurationError` for all that slots of one placement may not be, alone or together."""
        self._refuse(f" of {placement!r}", slots, self.problems([slot_values(slot) for slot in slots]))

    def _refuse(self, of: str, slots: Sequence[Slot], problems: Iterable[Problem]) -> None:
        wrong = [(slots[int(one.path[0])].name, str(one.path[1]), one.text) for one in problems]
        if not wrong:
            return
        known = (
            f"{one.name} have strategies {', '.join(one.sources)} and layouts {', '.join(one.layouts)}"
            for one in self._all
        )
        there_are = (
            f" Of what there is, {'; '.join(known)}."
            if {"strategies", "layout"} & {field for _, field, _ in wrong}
            else ""
        )
        raise ConfigurationError(
            " ".join(f"Slot {name!r}{of}: {field}: {text}" for name, field, text in wrong) + there_are
        )

    def _unfit(self, slot: Mapping[str, Any]) -> Iterator[Problem]:
        """What of the strategies and the layout does not exist or not go together; nothing of what is none at all."""
        names, layout = [name for name in slot["strategies"] or () if name], slot["layout"]
        unknown = next((name for name in names if name not in self.sources), None)
        if layout not in tuple(self.layouts):
            yield Problem(("layout",), N_("The layout %(layout)s doesn't exist; choose another."), {"layout": layout})
        if unknown is not None:
            message = N_("The source %(name)s no longer exists; choose another.")
            yield Problem(("strategies",), message, {"name": unknown})
            return
        if len(self.among(names)) > 1:
            message = N_("“%(name)s” can't be combined with other sources; give it its own slot.")
            yield Problem(
                ("strategies",), message, {"name": next((name for name in names if name in self.alone), names[0])}
            )
        elif names and layout in tuple(self.layouts) and len(self.among(names, layout)) > 1:
            message = N_("The layout “%(layout)s” only works with the source “%(name)s”.")
            one = self.among(names, layout)[0]
            yield Problem(("layout",), message, {"layout": next(iter(one.layouts)), "name": next(iter(one.sources))})

    def title(self, texts: Texts, source: str | None, given: str | Mapping[str, str] | None = None) -> str:
        """The heading of a slot: the one *given* by the shop, else that of what fills it; None is several sources."""
        chosen = texts.chosen(given)
        if chosen is not None:
            return chosen
        if source is None:
            return texts.gettext(MIXED)
        own = self.sources.get(source)
        return texts.gettext(own.title) if own else source.replace("_", " ").capitalize()

    def label(self, texts: Texts, source: str) -> str:
        """What merchants call *source*; its bare name where there is none of it any more."""
        own = self.sources.get(source)
        return texts.gettext(own.label or own.title) if own else source
