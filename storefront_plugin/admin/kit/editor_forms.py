"""Forms that mean a definition, read and filled in by the names of its fields."""

from __future__ import annotations

from dataclasses import MISSING, Field, fields
from typing import Any, Final, Generic, TypeVar

from wtforms import BooleanField, HiddenField
from wtforms import Field as FormField
from wtforms.validators import Optional

from ...core.errors import N_
from ...core.problems import Path
from ...core.sql.flat_store import FlatStore
from .forms import AdminForm, Combobox, add_problems
from .moment_field import MomentField

Definition = TypeVar("Definition")

NAMED: Final = ("product", "category", "brand")
"""What a field ``…_value`` of a definition can name, as ``…_kind`` says."""


class EditorForm(AdminForm, Generic[Definition]):
    """A form that means a definition, a dataclass: it has its fields by name.

    What a definition has as ``<part>_kind`` and ``<part>_value`` stands in the form as ``<part>_kind`` with a `Combobox` for
    each of `NAMED`, ``<part>_product`` …, of which that of the chosen kind counts.
    """

    version = HiddenField()

    @classmethod
    def values(cls, definition: Definition) -> dict[str, Any]:
        """What the fields hold for *definition*."""
        values = {one.name: getattr(definition, one.name) for one in fields(definition)}  # type: ignore[arg-type]
        for part in [name.removesuffix("_value") for name in values if name.endswith("_value")]:
            kind, value = values[f"{part}_kind"], values[f"{part}_value"]
            values |= {f"{part}_{name}": value if name == kind else "" for name in NAMED}
        return values

    def read(self, store: FlatStore[Definition], before: Definition | None = None) -> Definition | None:
        """What was typed; None where it cannot be, and then the fields say why. *before* is what was edited.

        What cannot be read stands as it is by default, so that the rest is checked.
        """
        self.validate_on_submit()
        definition: Definition = store.definition(**self.typed(store, before))
        add_problems(store.problems(definition), self.field_at)
        return None if self.errors else definition

    def typed(self, store: FlatStore[Definition], before: Definition | None) -> dict[str, Any]:
        """The fields of the definition as typed; a form says here what depends on more than one of its own."""
        every: tuple[Field[Any], ...] = fields(store.definition)
        known = [getattr(before, one.name) for one in every if before is not None and one.name.endswith("_value")]
        return {one.name: self._typed(one, known) for one in every}

    def field_at(self, path: Path) -> FormField:
        """The field that a problem at *path* of the definition stands beside."""
        name = str(path[0])
        return self[name] if name in self else self._named(name) or self[name.replace("_value", "_kind")]

    def _typed(self, field: Field[Any], known: list[str | None]) -> Any:
        if field.name not in self:
            named = self._named(field.name)
            return None if named is None else named.read(known)
        data = self[field.name].data
        data = data.strip() if isinstance(data, str) else data
        return field.default if data in (None, "") and field.default is not MISSING else data

    def _named(self, name: str) -> Combobox | None:
        """The field that holds ``<part>_value`` as its kind is now; None where that names nothing."""
        part = name.removesuffix("_value")
        found: Combobox | None = self._fields.get(f"{part}_{self[f'{part}_kind'].data}")
        return found


class ScheduledForm(EditorForm[Definition]):
    """The form of what is switched on and off and has a schedule, shown by the macro `schedule` in kit/parts.html."""

    enabled = BooleanField(N_("Active"))
    starts_at = MomentField(N_("From"), [Optional()])
    ends_at = MomentField(N_("Until"), [Optional()], last=True)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in ("enabled", "starts_at", "ends_at"):  # they stand last, in the form and in what is wrong
            self._fields[name] = self._fields.pop(name)
