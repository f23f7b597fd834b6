"""The form of one slot, as typed, before anything is saved."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import request
from wtforms import (
    BooleanField,
    Field,
    FloatField,
    Form,
    FormField,
    HiddenField,
    IntegerField,
    SelectField,
    StringField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional, StopValidation

from ...core.i18n import LANGUAGES
from ...core.problems import Path
from ...core.typed import whole_number
from ...proxies import current_services
from ...recommending.placements import MAX_SLOTS, placement_problems
from ...recommending.plan import MAX_LIMIT, MAX_NAME, MAX_STRATEGIES, MAX_TITLE, Slot, slot_to_json
from ..kit.forms import AdminForm, Messages, add_problems, fields
from ..kit.i18n import _, admin_texts, language_name
from ..kit.moment_field import MomentField
from .labels import layout_labels, with_labels

DIAL = 0.1
"""Where the dial stands before it is turned by hand."""


class ChainField(Field):
    """Names of strategies in their order; "" where none is chosen yet."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Take over what the selects of this name say."""
        self.data = [str(name) for name in valuelist[: MAX_STRATEGIES + 1]]

    @property
    def names(self) -> list[str]:
        return [name for name in self.data or [] if name]


class _SpeakingForm(Form):
    """Its checks speak the language of the page."""

    class Meta:
        def get_translations(self, form: Any) -> Messages:
            return Messages()


TitlesForm: type[Form] = type(
    "TitlesForm", (_SpeakingForm,), {one: StringField(validators=[Length(max=MAX_TITLE)]) for one in LANGUAGES}
)
"""A title in each of our languages."""


class SlotForm(_SpeakingForm):
    """One slot. Its *key* names it on this page only; the slot's own name stays when its place changes."""

    new = HiddenField()
    removed = HiddenField()
    other_titles = HiddenField()
    name = StringField(validators=[InputRequired(), Length(max=MAX_NAME)])
    enabled = BooleanField()
    title = FormField(TitlesForm)
    strategies = ChainField()
    layout = SelectField()
    limit = IntegerField(validators=[InputRequired(), NumberRange(1, MAX_LIMIT)])
    minimum = IntegerField(validators=[Optional(), NumberRange(0, MAX_LIMIT)])
    lazy = BooleanField()
    measured = BooleanField()
    dial = FloatField(validators=[NumberRange(0, 0.5)])
    starts_at = MomentField()
    ends_at = MomentField(last=True)

    def __init__(self, key: str, formdata: Any = None, **values: Any) -> None:
        super().__init__(formdata, prefix=f"s{key}-", data=values)
        self.key = key
        self.layout.choices = list(layout_labels().items())
        for one, label in _labels().items():
            self[one].label.text = label
        for each in self.title:
            each.label.text = _("Title (%(language)s)", language=language_name(each.short_name))

    @property
    def is_new(self) -> bool:
        return bool(self.new.data)

    @property
    def is_removed(self) -> bool:
        return bool(self.removed.data)

    @property
    def wrong(self) -> list[Field]:
        """The fields with errors, in their order."""
        return [one for one in fields(self) if one.errors]

    @property
    def heading(self) -> str:
        """What shoppers read above the slot, in the language of this page."""
        titles = {language: text for language, text in self.title.data.items() if text}
        return current_services.fillers.title(admin_texts(), next(iter(self.strategies.names), ""), titles or None)

    def validate_other_titles(self, field: Field) -> None:
        if _titles(field.data) is None:
            raise StopValidation(_("The titles in other languages can't be read; reload the page."))

    def read(self) -> dict[str, Any]:
        """The fields of the slot as typed, by name; None for a number that cannot be read."""
        titles = {language: text.strip() for language, text in self.title.data.items() if text}
        return {
            "name": (self.name.data or "").strip(),
            "strategies": tuple(self.strategies.names),
            "title": {**(_titles(self.other_titles.data) or {}), **titles} or None,
            "layout": self.layout.data,
            "limit": self.limit.data,
            "minimum": self.minimum.data,
            "lazy": self.lazy.data,
            "specialness": None if self.measured.data else self.dial.data,
            "starts_at": self.starts_at.data,
            "ends_at": self.ends_at.data,
            "enabled": self.enabled.data,
        }

    def field_at(self, path: Path) -> Field:
        """The field that a problem at *path* of a slot stands beside."""
        where, *language = map(str, path)
        if where == "title":
            return next((self.title[one] for one in language or LANGUAGES if one in LANGUAGES), self.other_titles)
        return self.dial if where == "specialness" else self[where]


def _labels() -> dict[str, str]:
    return {
        "name": _("Name in templates"),
        "enabled": _("Show to shoppers"),
        "other_titles": _("Titles in other languages"),
        "strategies": _("Source"),
        "layout": _("Layout"),
        "limit": _("Maximum products"),
        "minimum": _("Minimum products"),
        "lazy": _("Lazy-load when the shopper scrolls near it"),
        "measured": _("Automatic (recommended)"),
        "dial": _("Popularity ↔ relevance"),
        "starts_at": _("From"),
        "ends_at": _("Until"),
    }


def _titles(text: str | None) -> dict[str, str] | None:
    """The titles by language in *text*; None where it cannot be read."""
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def form_values(slot: Slot) -> dict[str, Any]:
    given = {LANGUAGES[0]: slot.title} if isinstance(slot.title, str) else dict(slot.title or {})
    others = {language: text for language, text in given.items() if language not in LANGUAGES}
    return {
        "new": "",
        "removed": "",
        "other_titles": json.dumps(others, ensure_ascii=False) if others else "",
        "name": slot.name,
        "enabled": slot.enabled,
        "title": {language: given.get(language, "") for language in LANGUAGES},
        "strategies": list(slot.strategies),
        "layout": slot.layout,
        "limit": slot.limit,
        "minimum": slot.minimum,
        "lazy": slot.lazy,
        "measured": slot.specialness is None,
        "dial": DIAL if slot.specialness is None else slot.specialness,
        "starts_at": slot.starts_at,
        "ends_at": slot.ends_at,
    }


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
        """Whether all of it can be saved; all that cannot is said, beside its field or in *problems*."""
        for form in self.kept:
            form.validate()
        read = [form.read() for form in self.kept]
        found = [with_labels(one) for one in placement_problems(read, current_services.fillers)]
        self.problems += [_(message, **values) for path, message, values in found if not path]
        add_problems((one for one in found if one.path), self._field_at)
        return not self.is_wrong

    def slots(self) -> list[Slot]:
        """The slots that stay, as far as what was typed can be one."""
        read = [form.read() for form in self.kept]
        return [Slot(**values) for values in read if not any(current_services.fillers.problems([values]))]

    def _field_at(self, path: Path) -> Field:
        return self.kept[int(path[0])].field_at(path[1:])

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
    keys = [key for key in request.form.getlist("slot") if whole_number(key, 99999) is not None]
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
    elif (whole_number(place, len(names) - 1)) is not None:
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
