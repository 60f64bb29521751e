"""Everything the record page shows, read with a fixed number of queries.

Its parts stand in ``timeline``, ``findings`` and ``table``. Opening a record ends the enumerator's recall.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from census.access import Actor, require
from census.db import now
from census.errors import NotFound
from census.models.collect import Submission, Visit
from census.models.register import EnumerationArea, Unit
from census.services import evidence
from census.services.collect.states import allowed, why_not
from census.services.register.prefill import region_names, sources
from census.services.register.small_map import MapView, PointPair, draw, latest_fix, point_pairs, position_of, rings_of
from census.services.register.units import baseline
from census.services.review.findings import FindingView, findings_on, label, marks
from census.services.review.obstacles import acting_role, approval_obstacle
from census.services.review.table import Beside, SectionView, sections
from census.services.review.timeline import (
    Event,
    Sent,
    Version,
    VisitView,
    asked_back,
    comments_on,
    decisions_on,
    history,
    revisions_of,
    versions,
    visit_shown,
    visits_of,
)
from forms.catalogue import UnknownForm, catalogue
from forms.definition import Form
from validation.evaluators.record import computed
from validation.rulebook import compile_form


@dataclass(frozen=True, slots=True)
class FormLink:
    """One form of the same unit; without ``id`` it is expected and not filled yet."""

    code: str
    title: str
    id: UUID | None
    state: str
    errors: int
    warnings: int
    is_current: bool
    applies: bool = True  # False: no longer owed by what the unit answered; neither counted nor exported


@dataclass(frozen=True, slots=True)
class Actions:
    """What the actor may do now, and why not what they may not; ``role`` is the hat they wear here."""

    role: str
    can_approve: bool
    can_return: bool
    can_exempt: bool
    why_no_approval: str
    why_no_return: str


@dataclass(frozen=True, slots=True)
class Record:
    """The page of one record."""

    submission: Submission
    unit: Unit
    place: str
    form: Form | None
    title: str
    shown_revision: int
    compared_with: int | None
    sections: tuple[SectionView, ...]
    findings: tuple[FindingView, ...]
    forms: tuple[FormLink, ...]
    versions: tuple[Version, ...]
    history: tuple[Event, ...]
    visit: VisitView | None
    map: MapView | None
    points: tuple[tuple[str, PointPair], ...]  # with the name of the item, of this version
    actions: Actions
    is_revealed: bool
    has_personal: bool

    @property
    def is_latest(self) -> bool:
        """Whether the version shown is the one that a decision would be about."""
        return self.shown_revision == self.submission.revision


def open_record(
    session: Session,
    actor: Actor,
    submission_id: UUID,
    *,
    revision: int | None = None,
    reveal: bool = False,
    opens: bool = True,
) -> Record:
    """Read a record for a reviewer. ``opens`` is False for a page that is only fetched ahead.

    ``reveal`` shows personal items and leaves an audit entry. Raises NotFound outside the actor's regions.
    """
    require(actor, "review")
    submission, unit, area = _found(session, actor, submission_id)
    revisions = revisions_of(session, submission)
    shown = revisions.get(revision or submission.revision)
    if shown is None:
        raise NotFound("没有这一版。")
    earlier = revisions.get(shown.number - 1)
    form = _form(submission)
    decisions = decisions_on(session, submission)
    visits = visits_of(session, submission, [row.digest for row in revisions.values()])
    findings = findings_on(session, submission, shown, form)
    names = region_names(session, {submission.region_code})[submission.region_code]
    if opens and submission.opened_at is None:
        submission.opened_at = now()
        session.flush()
    beside = Beside(
        known=_known(form, unit, names),
        before=_before(form, earlier),
        marks=marks(findings),
        asked_back=asked_back(decisions),
        reveal=reveal,
    )
    record = Record(
        submission=submission,
        unit=unit,
        place=" ".join(filter(None, (names.get("town_name"), names.get("village_name")))),
        form=form,
        title=_title_of(form),
        shown_revision=shown.number,
        compared_with=earlier and earlier.number,
        sections=_sections(form, shown, beside),
        findings=findings,
        forms=_forms(session, unit, submission),
        versions=versions(revisions, decisions, visits, shown.number),
        history=history(decisions, comments_on(session, submission)),
        visit=visit_shown(visits, shown, revisions),
        map=_map(unit, area, visits),
        points=tuple((label(form, pair.path), pair) for pair in point_pairs(shown.points)),
        actions=_actions(session, submission, actor),
        is_revealed=reveal,
        has_personal=bool(form) and any(item.personal for item in form.items()),
    )
    if reveal:
        evidence.record(session, actor.username, "reveal", str(submission.id), {"revision": shown.number})
    return record


def _found(session: Session, actor: Actor, submission_id: UUID) -> tuple[Submission, Unit, EnumerationArea | None]:
    row = session.execute(
        select(Submission, Unit, EnumerationArea)
        .join(Unit, Unit.id == Submission.unit_id)
        .outerjoin(EnumerationArea, EnumerationArea.code == Unit.area_code)
        .where(Submission.id == submission_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    submission, unit, area = row
    # Row-level security lets see where the actor has any role; here it takes a reviewer's.
    if not actor.may("review", submission.region_code):
        raise NotFound
    return submission, unit, area


def _title_of(form: Form | None) -> str:
    if form is None:
        return ""
    return form.title


def _sections(form: Form | None, shown: Sent, beside: Beside) -> tuple[SectionView, ...]:
    if form is None:
        return ()  # nobody here knows what the answers mean
    return sections(form, _with_computed(form, shown.answers), beside)


def _before(form: Form | None, earlier: Sent | None) -> Mapping[str, Any] | None:
    """What the version before said; None where there is nothing to compare with."""
    if form is None or earlier is None:
        return None
    return _with_computed(form, earlier.answers)


def _with_computed(form: Form, answers: Mapping[str, Any]) -> Mapping[str, Any]:
    """The answers with what the program works out from them, e.g. the name of an industry code."""
    worked_out = computed(compile_form(form, catalogue()), answers)
    single = {path[1:]: value for path, value in worked_out.items() if "/" not in path[1:]}
    return {**answers, **{key: _brief(value) for key, value in single.items()}}


def _brief(value: object) -> object:
    """A sum as people write it, without the zeros and the dust of binary fractions."""
    if isinstance(value, float):
        return f"{value:g}"
    return value


def mark_opened(session: Session, actor: Actor, submission_id: UUID) -> None:
    """Note that a reviewer has the record before them: a page fetched ahead is being read now."""
    require(actor, "review")
    submission = session.get(Submission, submission_id)
    if submission is None or not actor.may("review", submission.region_code):
        raise NotFound
    submission.opened_at = submission.opened_at or now()


def _form(submission: Submission) -> Form | None:
    try:
        return catalogue().get(submission.form, submission.version)
    except UnknownForm:
        return None  # came from an instance with newer definitions: shown without its table


def _known(form: Form | None, unit: Unit, names: Mapping[str, str]) -> dict[str, Any]:
    if form is None:
        return {}
    at = sources(unit, names, None, now().date())
    from_register = {
        item.key: at.get(item.prefill)
        for item in form.items()
        if item.prefill.startswith("unit.") and not item.rows_key
    }
    return from_register | baseline(unit)


def _forms(session: Session, unit: Unit, current: Submission) -> tuple[FormLink, ...]:
    rows = session.scalars(
        select(Submission).where(Submission.unit_id == unit.id).order_by(Submission.form, Submission.id)
    )
    links = [
        FormLink(
            row.form,
            _title(row.form),
            row.id,
            row.state,
            row.error_count,
            row.warning_count,
            row.id == current.id,
            applies=row.applies,
        )
        for row in rows
    ]
    filled = {link.code for link in links}
    links += [
        FormLink(code, _title(code), None, "", 0, 0, is_current=False) for code in unit.forms if code not in filled
    ]
    return tuple(sorted(links, key=lambda link: link.code))


def _title(code: str) -> str:
    if code not in catalogue():
        return ""
    return catalogue().current(code).title


def _map(unit: Unit, area: EnumerationArea | None, visits: Sequence[Visit]) -> MapView | None:
    fix, register = latest_fix(visits), position_of(unit)
    if area is None:
        return draw((), fix, register, is_schematic=False)
    return draw(rings_of(area.boundary), fix, register, is_schematic=area.is_schematic)


def _actions(session: Session, submission: Submission, actor: Actor) -> Actions:
    role = acting_role(actor, submission)
    may = allowed(submission.state, role)
    why_no_approval = why_no_return = ""
    if "approve" not in may:
        why_no_approval = why_not(submission.state, "approve", role)
    elif obstacle := approval_obstacle(session, submission, actor):
        why_no_approval = obstacle.message
    if "return" not in may:
        why_no_return = why_not(submission.state, "return", role)
    return Actions(
        role=role,
        can_approve=not why_no_approval,
        can_return=not why_no_return,
        can_exempt="exempt" in may and not submission.judge_due,
        why_no_approval=why_no_approval,
        why_no_return=why_no_return,
    )
