"""Bundles from a spreadsheet: what would be created, changed and refused, and then doing it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias, get_args

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ...core.errors import N_, DatabaseUnavailable, InputError, StorefrontError
from ...core.sql.database import Database
from ...shop.ports import Catalog
from ..definition import Definition
from ..price_kinds import NO_STEPS
from ..store.definition_json import load_definition
from ..store.repository import Action, BundleNotFound, BundleRepository, EditConflict, State
from ..store.saved_forms import claim
from ..store.tables import BundleRow
from .comparing import chunks, compared
from .imports import CHUNK, Made, keep, made_by, subject_of
from .reading import MOST_TOLD, Written, read_csv

Refusals: TypeAlias = Callable[[Definition], Sequence[str]]
Does: TypeAlias = Literal["create", "change", "same", "refuse"]

_REASON: Final = "%(reason)s"
"""A sentence that is in the reader's language already."""

_MOVES: Final[dict[str, Action]] = {"draft": "unpublish", "published": "publish", "archived": "archive"}


@dataclass(slots=True)
class Outcome:
    """What becomes of one bundle of the file.

    Attributes:
        line: Where it begins.
        bundle_id: The bundle that stands; None for a new one that was not created yet.
        wrong: Why it is refused; those of a `RowError` are about its line.
        is_draft_yet: Whether the file wants a new bundle to be more than the draft that it becomes.
        before, after: Of one that is changed, what stands and what the file says.
        states: Of one that is changed, its state now and then.
    """

    line: int
    action: Does
    title: str
    bundle_id: int | None = None
    wrong: Sequence[StorefrontError] = ()
    is_draft_yet: bool = False
    before: Definition | None = None
    after: Definition | None = None
    states: tuple[str, str] = ("", "")


@dataclass(slots=True)
class ImportReport:
    """What an import did, or under *check* would do, in the order of the file; *token* names it for `undo_import`.

    *repeated*: an import of this token was done before, and nothing was done now.
    """

    outcomes: list[Outcome] = field(default_factory=list)
    token: str = ""
    repeated: bool = False

    def _count(self, action: Does) -> int:
        return sum(one.action == action for one in self.outcomes)

    @property
    def created(self) -> int:
        """New drafts."""
        return self._count("create")

    @property
    def changed(self) -> int:
        """Bundles that were another way before."""
        return self._count("change")

    @property
    def same(self) -> int:
        """Bundles that stand already as the file has them."""
        return self._count("same")

    @property
    def refused(self) -> int:
        """Bundles that cannot be used; the others are kept."""
        return self._count("refuse")


@dataclass(frozen=True, slots=True)
class _Now:
    """How a bundle stands now."""

    version: int
    state: str
    text: str
    by: str


@dataclass(slots=True)
class _Step:
    """One bundle of the file with what stands now, and what becomes of it."""

    written: Written
    now: _Now | None
    outcome: Outcome


def import_csv(
    database: Database,
    data: bytes,
    by: str = "",
    *,
    check: bool = False,
    timezone: str = "UTC",
    catalog: Catalog | None = None,
    price_steps: Mapping[str, int] = NO_STEPS,
    refusals: Refusals | None = None,
    progress: Callable[[int, int], None] | None = None,
    token: str = "",
) -> ImportReport:
    """Create and change bundles as the file *data* (UTF-8, see `csv_sheet`) says; valid ones are kept, the others reported.

    Args:
        check: Write nothing and report the same.
        timezone: Of times that name none.
        catalog: Where given, bundles with products or variants that it does not know are refused, and those whose
            ``product_title`` is that of another product.
        price_steps: Of the shop, minor units by currency; bundles with amounts off these are refused.
        refusals: Why a bundle cannot be published; one that would be published then is refused.
        token: Names the import; one that was done already is not done again.
        progress: Called with the bundles that are done, and all.

    Raises:
        InputError: The file as a whole cannot be used.
        DatabaseUnavailable: Nothing was written. Later, what could not be written is refused in the report.
    """
    token = token or secrets.token_hex(8)
    if not check and made_by(database, token):
        return ImportReport(token=token, repeated=True)
    written = read_csv(data, timezone, price_steps)
    steps, done, is_ours = _steps(database, written, catalog, refusals), 0, False
    for chunk in chunks([] if check else [one for one in steps if one.outcome.action in ("create", "change")], CHUNK):
        try:
            _apply(database, chunk, by, token, claims=not is_ours)
            is_ours = True
        except _Repeated:
            return ImportReport(token=token, repeated=True)
        except DatabaseUnavailable as error:
            for one in chunk:
                _refuse(one.outcome, InputError(N_("%(error)s Import the file again."), error=error))
        done += len(chunk)
        if progress:
            progress(done, len(steps))
    return ImportReport([one.outcome for one in steps], "" if check else token)


def _steps(
    database: Database, written: Sequence[Written], catalog: Catalog | None, refusals: Refusals | None
) -> list[_Step]:
    found = _standing(database, [one.bundle_id for one in written if one.bundle_id is not None])
    steps = []
    for one in written:
        now = found.get(one.bundle_id) if one.bundle_id is not None else None
        outcome = Outcome(one.line, "refuse", one.title, one.bundle_id if now else None, one.wrong)
        if one.definition is not None:
            outcome.action, wrong = _judge(one, now)
            outcome.wrong = (wrong,) if wrong else ()
            outcome.is_draft_yet = outcome.action == "create" and one.state not in ("", "draft")
            if outcome.action == "change" and now is not None:
                outcome.before, outcome.after = load_definition(now.text), one.definition
                outcome.states = now.state, one.state or now.state
        steps.append(_Step(one, now, outcome))
    if catalog is not None:
        changing = [step for step in steps if step.outcome.action in ("create", "change")]
        for step, errors in zip(changing, compared([step.written for step in changing], catalog), strict=True):
            if errors:
                _refuse(step.outcome, *errors)
    if refusals is not None:
        _refuse_unfit(steps, refusals)
    return steps


def _refuse_unfit(steps: Sequence[_Step], refusals: Refusals) -> None:
    """Refuse those of *steps* after which a bundle would be published that cannot be."""
    for step in steps:
        definition, outcome = step.written.definition, step.outcome
        if definition is None or outcome.action != "change" or outcome.states[1] != "published":
            continue
        if reasons := refusals(definition)[:MOST_TOLD]:
            _refuse(outcome, *(InputError(_REASON, reason=reason) for reason in reasons))


def _judge(written: Written, now: _Now | None) -> tuple[Does, InputError | None]:
    if written.state not in ("", *get_args(State)):
        message = N_("There is no state %(state)s; use one of %(names)s.")
        return "refuse", InputError(message, state=f"{written.state!r:.40}", names=", ".join(get_args(State)))
    if written.bundle_id is None:
        return "create", None
    if now is None:
        message = N_("There is no bundle %(id)s; clear its id to create a new one.")
        return "refuse", InputError(message, id=written.bundle_id)
    if written.state in ("", now.state) and load_definition(now.text) == written.definition:
        return "same", None
    if written.version is None:
        message = N_("Enter the version of bundle %(id)s beside its id, as in an exported file.")
        return "refuse", InputError(message, id=written.bundle_id)
    if written.version != now.version:
        message = N_("Bundle %(id)s has been changed since the file was exported; export it again.")
        named = N_("Bundle %(id)s has been changed by %(who)s since the file was exported; export it again.")
        return "refuse", InputError(named if now.by else message, id=written.bundle_id, who=now.by)
    return "change", None


class _Repeated(Exception):
    """Another request is at the same import, or has done it."""


def _claim(session: Session, token: str) -> None:
    try:
        claim(session, subject_of(token))
    except sa.exc.IntegrityError as error:
        raise _Repeated from error


def _apply(database: Database, steps: Sequence[_Step], by: str, token: str, claims: bool) -> None:
    """Keep *steps* in one transaction; the first that *claims* the import first, so that of two at once one waits."""
    new = [one for one in steps if one.outcome.action == "create"]
    made, bundles = list[Made](), BundleRepository(database)
    with database.writing() as session:
        if claims:
            _claim(session, token)
        if new:
            stored = bundles.insert(session, [one.written.definition for one in new], by)  # type: ignore[misc]
            for one, bundle in zip(new, stored, strict=True):
                one.outcome.bundle_id = bundle.id
                made.append(Made(bundle.id, bundle.version, 0))
        for one in steps:
            if one.outcome.action == "change":
                try:
                    made.append(_change(bundles, session, one, by))
                except (EditConflict, BundleNotFound) as error:
                    _refuse(one.outcome, error)
        keep(session, token, made, by)


def _change(bundles: BundleRepository, session: Session, step: _Step, by: str) -> Made:
    written, now = step.written, step.now
    assert written.bundle_id is not None
    assert written.definition is not None
    assert now is not None
    version = now.version
    if load_definition(now.text) != written.definition:
        version = bundles.edit(session, written.bundle_id, version, written.definition, by).version
    if written.state not in ("", now.state):
        version = bundles.move(session, written.bundle_id, version, _MOVES[written.state], by).version
    return Made(written.bundle_id, version, version - now.version)


def _refuse(outcome: Outcome, *errors: StorefrontError) -> None:
    outcome.action, outcome.wrong = "refuse", errors


def _standing(database: Database, ids: Sequence[int]) -> dict[int, _Now]:
    columns = (BundleRow.version, BundleRow.state, BundleRow.definition, BundleRow.updated_by)
    found: dict[int, _Now] = {}
    for part in chunks(ids, 500):
        query = sa.select(BundleRow.id, *columns).where(BundleRow.id.in_(part))
        with database.reading(blocking=True) as session:
            found |= {row[0]: _Now(*row[1:]) for row in session.execute(query)}
    return found
