"""The form of one placement: its slots in their order, as typed, before anything is saved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import request
from wtforms import HiddenField

from ...recommending.placements import MAX_SLOTS
from ...recommending.plan import Slot
from ...recommending.slot_codec import slot_to_json
from .forms import AdminForm
from .language import say
from .slot_form import ChainField, SlotForm, form_values


class PlacementForm(AdminForm):
    """What belongs to the whole placement: the version that is edited."""

    version = HiddenField()


@dataclass(slots=True)
class Draft:
    """All slots of the form, in their order, and what is wrong with them together."""

    forms: list[SlotForm]
    problems: list[str] = field(default_factory=list)

    @property
    def kept(self) -> list[SlotForm]:
        return [form for form in self.forms if not form.is_removed]

    @property
    def is_wrong(self) -> bool:
        """Whether something stands in the way of saving; known after `validate`."""
        return bool(self.problems) or any(form.errors for form in self.kept)

    def validate(self) -> bool:
        """Whether all of it can be saved; what cannot is said beside its field, or in *problems*."""
        fine = not [form for form in self.kept if not form.validate()]
        names = [form.name.data for form in self.kept]
        for form in self.kept:
            if names.count(form.name.data) > 1:
                form.name.errors = [*form.name.errors, say("Another slot has this name; choose a different one.")]
                fine = False
        if len(names) > MAX_SLOTS:
            self.problems.append(say("A placement has at most %(most)s slots; remove some.", most=MAX_SLOTS))
        return fine and not self.problems

    def slots(self) -> list[Slot]:
        """The slots that stay; raises `InputError`."""
        return [form.slot() for form in self.kept]

    def act(self, action: str, target: str) -> str:
        """Do what a button without script asks for; the key of the slot that it concerns."""
        if action == "add":
            return self._add().key
        found = next((place for place, form in enumerate(self.forms) if form.key == target.partition(":")[0]), None)
        if found is None:
            return ""
        form = self.forms[found]
        if action in ("up", "down"):
            _move(self.forms, found, -1 if action == "up" else 1)
        elif action in ("remove", "restore"):
            form.removed.data = "1" if action == "remove" else ""
        elif action.startswith("chain-"):
            _change_chain(form.strategies, action.removeprefix("chain-"), target.partition(":")[2])
        return form.key

    def _add(self) -> SlotForm:
        key = str(1 + max((int(form.key) for form in self.forms), default=0))
        form = blank(key, [form.name.data for form in self.forms])
        self.forms.append(form)
        return form


def draft_of(slots: Iterable[Slot]) -> Draft:
    """The form as it stands before anything is typed."""
    return Draft([SlotForm(str(key), **form_values(slot)) for key, slot in enumerate(slots, 1)])


def posted_draft() -> Draft:
    """The form as it was typed; the order of its ``slot`` fields is that of the slots."""
    keys = [key for key in request.form.getlist("slot") if key.isascii() and key.isdigit() and len(key) < 6]
    return Draft([SlotForm(key, request.form) for key in list(dict.fromkeys(keys))[: 2 * MAX_SLOTS]])


def blank(key: str, taken: Sequence[str | None]) -> SlotForm:
    """A new slot, with a name that is not *taken*."""
    names = ("slot", *(f"slot_{number}" for number in range(2, len(taken) + 3)))
    name = next(name for name in names if name not in taken)
    slot = Slot(name=name, strategies=("related",))
    return SlotForm(key, **form_values(slot) | {"new": "1"})


def _change_chain(chain: ChainField, action: str, place: str) -> None:
    names = list(chain.data or [])
    if action == "add":
        names.append("")
    elif place.isascii() and place.isdigit() and int(place[:3]) < len(names):
        if action == "remove":
            names.pop(int(place))
        else:
            _move(names, int(place), -1 if action == "up" else 1)
    chain.data = names


def _move(items: list[Any], place: int, step: int) -> None:
    if 0 <= place + step < len(items):
        items.insert(place + step, items.pop(place))


def same(one: Iterable[Slot], other: Iterable[Slot]) -> bool:
    """Whether both are the same to a shopper: a single text is a title in every language, as one in English is."""
    return [_known(slot) for slot in one] == [_known(slot) for slot in other]


def _known(slot: Slot) -> Mapping[str, Any]:
    data = slot_to_json(slot)
    return data | {"title": {"en": data["title"]}} if isinstance(data.get("title"), str) else data
