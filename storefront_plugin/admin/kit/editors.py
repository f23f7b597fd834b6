"""The editor of a thing that merchants make, declared: its pages from the form to the history, and its labels in the log."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Generic, NamedTuple, TypeVar

from flask import Blueprint, Response, abort, request

from ...core.errors import N_, StorefrontError
from ...core.sql import audit
from ...core.sql.flat_store import FlatStore
from ...core.sql.versions import Record, RecordNotFound, VersionConflict
from ...core.typed import whole_number
from .access import merchant_name
from .catalogue_names import look_up_named, unmatched
from .changes import Difference, differences, flash_change, numbers, undo_view
from .editor_forms import EditorForm, ScheduledForm
from .i18n import _, ngettext
from .lists import Action, Filter, ListPage, Query
from .pages import change, editors_only, flash, link, see_other, show_page, show_part

Definition = TypeVar("Definition")

MOST_STEPS = 200
"""Changes that a history shows."""


class Step(NamedTuple):
    """A change of the history, with what it changed; *other* says whether what it led to differs from what stands."""

    entry: audit.Entry
    differences: Sequence[Difference]
    other: bool


@dataclass(frozen=True, kw_only=True)
class Editor(Generic[Definition]):
    """The pages of one thing, and what the log says of it.

    Attributes:
        name: Its subject in the log; its endpoints are ``<name>_new``, ``_edit``, ``_preview``, ``_undo``, ``_history`` …
        list_endpoint: That of its list, whose action ``delete`` the editor's button uses, too.
        path: The address of its list.
        template: It extends ``kit/editor.html``; *preview_template* is the part that follows what is typed.
        label, plural, counted: What one, several, and a number of them are called, marked with `N_` and `ngettext_noop`.
        store: Where they stand.
        form: The form of a definition.
        new: What an empty form begins with.
        describe: The fields of a definition as text, by their labels: for conflicts, history and log.
        summary: A definition in one line.
        about: The products, categories and brands that a definition names, as pairs of kind and value.
        log_title: What the log is to call a definition; "" is as its store does.
        called: What the log calls a definition that it once called so: its summary, unless said otherwise.
        saved: What is said after saving, marked with `N_`.
        preview: What *preview_template* shows of a definition and its id (0 for a new one).
    """

    name: str
    list_endpoint: str
    path: str
    template: str
    preview_template: str = ""
    label: str
    plural: str
    counted: tuple[str, str]
    store: Callable[[], FlatStore[Definition]]
    form: type[EditorForm[Definition]]
    new: Callable[[], Definition]
    describe: Callable[[Definition], Mapping[str, str]]
    summary: Callable[[Definition], str]
    about: Callable[[Definition], Iterable[tuple[str, str | None]]] = lambda definition: ()
    log_title: Callable[[Definition], str] = lambda definition: ""
    called: Callable[[Definition, str], str] | None = None
    saved: str
    preview: Callable[[Definition, int], object] = lambda definition, key: None

    def register(self, blueprint: Blueprint) -> None:
        """Add the pages to the admin."""
        add, name, one = blueprint.add_url_rule, self.name, f"{self.path}/<int:key>"
        undo = undo_view(self.store, f"{name}_undo", self.list_endpoint)
        add(f"{self.path}/new", f"{name}_new", editors_only(self.show_new))
        add(f"{self.path}/new", f"{name}_create", editors_only(self.create), methods=["POST"])
        add(f"{self.path}/preview", f"{name}_preview", editors_only(self.show_preview), methods=["POST"])
        add(f"{self.path}/undo", f"{name}_undo", change(undo), methods=["POST"])
        add(one, f"{name}_edit", self.edit)
        add(one, f"{name}_save", editors_only(self.save), methods=["POST"])
        add(f"{one}/history", f"{name}_history", self.history)
        add(f"{one}/restore", f"{name}_restore", change(self.restore), methods=["POST"])

    def show_new(self) -> Response:
        """``GET <path>/new``: a form to begin with."""
        return self._page(self._form(self.new()), None)

    def create(self) -> Response:
        """``POST <path>/new``: save a new one; with ``do=preview`` only look at it."""
        form = self.form()
        definition = form.read(self.store())
        if _only_looks():
            return self._page(form, None, looked=definition)
        if definition is None:
            return self._page(form, None, 422)
        return self._done(self.store().create(definition, merchant_name(), title=self.log_title(definition)))

    def edit(self, key: int) -> Response:
        """``GET <path>/<key>``: one as it stands."""
        record = self._record(key)
        return self._page(self._form(record.definition, record.version), record)

    def save(self, key: int) -> Response:
        """``POST <path>/<key>``: save what was typed; 409 where somebody else changed it since, 410 where it was deleted.

        With ``do=preview`` it is only looked at, which is what Enter in a field does without script.
        """
        form = self.form()
        try:
            return self._saved(form, self.store().load(key))
        except RecordNotFound:
            return self._deleted(form, key)

    def show_preview(self) -> Response:
        """``POST <path>/preview``: what is typed would do this, as a part of the page."""
        key = _number("key")
        stands = self.store().find([key]).get(key) if key else None
        definition = self.form().read(self.store(), stands.definition if stands else None)
        return show_part(self.preview_template, preview=self._preview(definition, key))

    def history(self, key: int) -> Response:
        """``GET <path>/<key>/history``: who changed what, the newest first."""
        record = self._record(key)
        steps = self._steps(record, self.store().history(key, MOST_STEPS))
        return show_page("kit/history.html", editor=self, record=record, steps=steps, most=MOST_STEPS)

    def restore(self, key: int) -> Response:
        """``POST <path>/<key>/restore``: let it stand again as the change ``entry`` of the log left it."""
        record, entry = self._record(key), _number("entry")
        text = next((one.after for one in self.store().history(key, MOST_STEPS) if one.id == entry), None)
        if text is None:
            abort(404)
        definition = self.store().loaded(text)
        title = self.log_title(definition)
        try:
            done = self.store().update(key, _number("version", 10**9), definition, merchant_name(), title=title)
        except VersionConflict:
            flash(_("Someone else has changed this. This is the current version."), "warning")
            return see_other(link(f"{self.name}_history", key=record.id))
        flash_change(_("Version restored."), [done.entry], f"{self.name}_undo", self.list_endpoint)
        return see_other(link(f"{self.name}_edit", key=record.id))

    def list_page(
        self,
        template: str,
        rows: Callable[[Query], tuple[Sequence[Record[int, Definition]], int]],
        filters: Sequence[Filter],
        sorts: Sequence[str],
    ) -> ListPage[Record[int, Definition]]:
        """The list of what can be edited here, in the navigation; what its rows say is looked up at once."""

        def looked_up(query: Query) -> tuple[Sequence[Record[int, Definition]], int]:
            found, count = rows(query)
            self.look_up(one.definition for one in found)
            return found, count

        return ListPage(
            endpoint=self.list_endpoint,
            path=self.path,
            section=self.plural,
            template=template,
            rows=looked_up,
            filters=filters,
            sorts=sorts,
            actions=self.actions(),
            undo=f"{self.name}_undo",
            context=lambda query, rows: {"editor": self},
        )

    def actions(self) -> tuple[Action, ...]:
        """What is done to chosen rows of the list: put on and off, where their form has a switch, and deleted."""
        said = self._count_in
        on = Action("enable", N_("Activate"), partial(self.switch, True), said(N_("%(what)s activated.")))
        off = Action("disable", N_("Deactivate"), partial(self.switch, False), said(N_("%(what)s deactivated.")))
        delete = Action("delete", N_("Delete"), self.delete, said(N_("%(what)s deleted.")), "danger")
        return (on, off, delete) if issubclass(self.form, ScheduledForm) else (delete,)

    def switch(self, enabled: bool, keys: Sequence[str]) -> list[int]:
        """Put the list's rows *keys* on or off; the entries of the log."""
        ids = numbers(keys)
        return [one.entry for one in self.store().set_enabled(ids, enabled, merchant_name(), self.log_titles(ids))]

    def delete(self, keys: Sequence[str]) -> list[int]:
        """Delete those of the list's rows *keys*; the entries of the log."""
        ids = numbers(keys)
        done = self.store().delete(ids, merchant_name(), titles=self.log_titles(ids))
        return [one.entry for one in done]

    def log_titles(self, ids: Sequence[int]) -> dict[int, str]:
        """What the log is to call those of *ids* that stand."""
        return {number: self.log_title(one.definition) for number, one in self.store().find(ids).items()}

    def look_up(self, definitions: Iterable[Definition]) -> None:
        """Look up at once the products and categories that *definitions* name; raises `AdapterError`."""
        look_up_named(pair for one in definitions for pair in self.about(one))

    def warnings(self, definition: Definition) -> list[str]:
        """What is to be said of the brands and categories of *definition* that no product has (any more)."""
        return list(
            dict.fromkeys(text for kind, value in self.about(definition) for text in unmatched(kind, value or ""))
        )

    def title_of(self, definition: Definition, written: str) -> str:
        """What the log calls *definition*, which it called *written* then."""
        return self.summary(definition) if self.called is None else self.called(definition, written)

    def _count_in(self, message: str) -> Callable[[int], str]:
        return lambda count: _(message, what=ngettext(*self.counted, count))

    def _form(self, definition: Definition, version: int = 0) -> EditorForm[Definition]:
        return self.form(formdata=None, data=self.form.values(definition) | {"version": str(version)})

    def _record(self, key: int) -> Record[int, Definition]:
        try:
            return self.store().load(key)
        except RecordNotFound:
            abort(404)

    def _saved(self, form: EditorForm[Definition], record: Record[int, Definition]) -> Response:
        definition = form.read(self.store(), record.definition)
        if _only_looks():
            return self._page(form, record, looked=definition)
        if definition is None:
            return self._page(form, record, 422)
        version = whole_number(form.version.data or "", 10**9) or 0
        if version == record.version and definition == record.definition:
            return see_other(link(self.list_endpoint))
        title = self.log_title(definition)
        try:
            return self._done(self.store().update(record.id, version, definition, merchant_name(), title=title))
        except VersionConflict as conflict:
            current = conflict.current or record
            form.version.data = str(current.version)
            return self._page(form, current, 409, mine=definition)

    def _deleted(self, form: EditorForm[Definition], key: int) -> Response:
        """It is gone: all that was typed stays, and saving makes a new one of it. What never was is not found."""
        entry = next(iter(self.store().history(key, 1)), None)
        if entry is None:
            abort(404)
        mine = form.read(self.store(), self.store().loaded(entry.before) if entry.before else None)
        return self._page(form, None, 410, mine=mine, deleted=entry)

    def _done(self, record: Record[int, Definition]) -> Response:
        flash_change(_(self.saved), [record.entry], f"{self.name}_undo", self.list_endpoint)
        return see_other(link(self.list_endpoint))

    def _page(
        self,
        form: EditorForm[Definition],
        record: Record[int, Definition] | None,
        status: int = 200,
        mine: Definition | None = None,
        deleted: audit.Entry | None = None,
        looked: Definition | None = None,
    ) -> Response:
        """The form; *mine* is what was typed where somebody else was quicker, who may have *deleted* it.

        *looked* is what was typed, to be looked at only.
        """
        shown = looked or mine or (record.definition if record else None)
        self.look_up([one for one in (mine, record.definition if record else None) if one is not None])
        conflict = differences(self.describe(record.definition), self.describe(mine)) if mine and record else None
        return show_page(
            self.template,
            status,
            editor=self,
            form=form,
            record=record,
            conflict=conflict,
            deleted=deleted,
            looked=_only_looks(),
            preview=self._preview(shown, record.id if record else 0),
        )

    def _preview(self, definition: Definition | None, key: int) -> object:
        """What is shown beside the form; None where nothing can be shown now."""
        try:
            return self.preview(definition, key) if definition is not None else None
        except StorefrontError:
            return None

    def definitions(self, entries: Sequence[audit.Entry]) -> dict[int, tuple[Definition | None, Definition | None]]:
        """What stood before and after each of *entries*, by their ids."""
        load = self.store().loaded
        return {
            one.id: (load(one.before) if one.before else None, load(one.after) if one.after else None)
            for one in entries
        }

    def _steps(self, record: Record[int, Definition], entries: Sequence[audit.Entry]) -> list[Step]:
        found = self.definitions(entries)
        self.look_up(one for pair in found.values() for one in pair if one is not None)
        return [
            Step(entry, self._changes(*found[entry.id]), found[entry.id][1] not in (None, record.definition))
            for entry in entries
        ]

    def _changes(self, before: Definition | None, after: Definition | None) -> list[Difference]:
        return [] if before is None or after is None else differences(self.describe(before), self.describe(after))


def _only_looks() -> bool:
    """Whether what was sent is not to be saved."""
    return request.form.get("do") == "preview"


def _number(name: str, most: int = 2**63 - 1) -> int:
    return whole_number(request.form.get(name, ""), most) or 0
