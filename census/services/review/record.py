"""Everything the record page shows, read with a fixed number of queries. Opening a record ends the enumerator's recall."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import Text, or_, select
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from census.access import Actor, require
from census.db import now
from census.errors import NotFound
from census.models.collect import Revision, Submission, Visit
from census.models.people import Account
from census.models.register import EnumerationArea, Unit
from census.models.review import Comment, Decision, FindingRow
from census.services import evidence
from census.services.collect.states import ACTING_ROLE_NAMES, OUTCOME_NAMES, allowed, why_not
from census.services.register.prefill import region_names, sources
from census.services.register.small_map import MapView, PointPair, draw, latest_fix, point_pairs, position_of, rings_of
from census.services.register.units import baseline
from census.services.review.obstacles import acting_role, approval_obstacle
from census.services.review.table import Beside, Mark, SectionView, anchor, item_at, sections
from forms.catalogue import UnknownForm, catalogue
from forms.definition import Form
from validation.evaluators.record import computed
from validation.rulebook import compile_form

WORST_FIRST: Final[tuple[Mark, ...]] = ("error", "warning", "explained")


@dataclass(frozen=True, slots=True)
class FindingView:
    """One finding with the enumerator's words, or the county's where it was exempted."""

    check: str
    severity: str
    path: str
    message: str
    state: str  # open, explained, exempt
    explanation: str
    label: str
    anchor: str


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
class Version:
    """One revision in the list of versions."""

    number: int
    at: datetime
    author: str
    ended_by: str  # what was decided on it, e.g. 普查指导员退回
    is_shown: bool
    is_signed: bool


@dataclass(frozen=True, slots=True)
class Event:
    """One decision or remark, in order of time."""

    at: datetime
    who: str
    role: str
    kind: str  # an outcome, or "comment"
    revision: int | None
    words: str
    items: Sequence[Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class VisitView:
    """Who went when, and whether the respondent signed what is shown."""

    at: datetime | None
    cards: Sequence[str]
    signed_name: str
    covers_shown: bool
    covers_earlier: bool
    confirmation: Mapping[str, str] | None


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
    found = session.execute(
        select(Submission, Unit, EnumerationArea)
        .join(Unit, Unit.id == Submission.unit_id)
        .outerjoin(EnumerationArea, EnumerationArea.code == Unit.area_code)
        .where(Submission.id == submission_id)
    ).one_or_none()
    if found is None or not actor.may("review", found[0].region_code):
        raise NotFound
    submission, unit, area = found
    revisions = _revisions(session, submission)
    shown = revisions.get(revision or submission.revision)
    if shown is None:
        raise NotFound("没有这一版。")
    earlier = revisions.get(shown.number - 1)
    form = _form(submission)
    decisions = _decisions(session, submission)
    visits = _visits(session, submission, [row.digest for row in revisions.values()])
    findings = _findings(session, submission, shown, form)
    names = region_names(session, {submission.region_code})[submission.region_code]
    if opens and submission.opened_at is None:
        submission.opened_at = now()
        session.flush()
    record = Record(
        submission=submission,
        unit=unit,
        place=" ".join(filter(None, (names.get("town_name"), names.get("village_name")))),
        form=form,
        title=form.title if form else "",
        shown_revision=shown.number,
        compared_with=earlier.number if earlier else None,
        sections=sections(
            form,
            _with_computed(form, shown.answers),
            Beside(
                known=_known(form, unit, names),
                before=_with_computed(form, earlier.answers) if earlier else None,
                marks=_marks(findings),
                asked_back=_asked_back(decisions),
                reveal=reveal,
            ),
        )
        if form
        else (),
        findings=findings,
        forms=_forms(session, unit, submission),
        versions=_versions(revisions, decisions, visits, shown.number),
        history=_history(decisions, _comments(session, submission)),
        visit=_visit(visits, shown, revisions),
        map=_map(unit, area, visits),
        points=tuple((_label(form, pair.path), pair) for pair in point_pairs(shown.points)),
        actions=_actions(session, submission, actor),
        is_revealed=reveal,
        has_personal=bool(form) and any(item.personal for item in form.items()),
    )
    if reveal:
        evidence.record(session, actor.username, "reveal", str(submission.id), {"revision": shown.number})
    return record


def _with_computed(form: Form, answers: Mapping[str, Any]) -> Mapping[str, Any]:
    """The answers with what the program works out from them, e.g. the name of an industry code."""
    worked_out = computed(compile_form(form, catalogue()), answers)
    single = {path[1:]: value for path, value in worked_out.items() if "/" not in path[1:]}
    return {**answers, **{key: f"{value:g}" if isinstance(value, float) else value for key, value in single.items()}}


def mark_opened(session: Session, actor: Actor, submission_id: UUID) -> None:
    """Note that a reviewer has the record before them: a page fetched ahead is being read now."""
    require(actor, "review")
    submission = session.get(Submission, submission_id)
    if submission is None or not actor.may("review", submission.region_code):
        raise NotFound
    submission.opened_at = submission.opened_at or now()


@dataclass(frozen=True, slots=True)
class _Revision:
    number: int
    answers: Mapping[str, Any]
    findings: Sequence[Mapping[str, Any]]
    confirmation: Mapping[str, str] | None
    digest: str
    visit_id: UUID | None
    at: datetime
    author: str
    points: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class _Decided:
    decision: Decision
    who: str


def _form(submission: Submission) -> Form | None:
    try:
        return catalogue().get(submission.form, submission.version)
    except UnknownForm:
        return None  # came from an instance with newer definitions: shown without its table


def _revisions(session: Session, submission: Submission) -> dict[int, _Revision]:
    rows = session.execute(
        select(Revision, Account.full_name)
        .outerjoin(Account, Account.id == Revision.account_id)
        .where(Revision.submission_id == submission.id)
        .order_by(Revision.number)
    )
    return {
        row.number: _Revision(
            row.number,
            row.answers,
            row.findings,
            row.confirmation,
            row.digest,
            row.visit_id,
            row.received_at,
            name or "",
            row.points,
        )
        for row, name in rows
    }


def _decisions(session: Session, submission: Submission) -> list[_Decided]:
    rows = session.execute(
        select(Decision, Account.full_name)
        .outerjoin(Account, Account.id == Decision.account_id)
        .where(Decision.submission_id == submission.id)
        .order_by(Decision.decided_at, Decision.id)
    )
    return [_Decided(decision, name or "") for decision, name in rows]


def _comments(session: Session, submission: Submission) -> list[Event]:
    rows = session.execute(
        select(Comment, Account.full_name)
        .join(Account, Account.id == Comment.account_id)
        .where(Comment.submission_id == submission.id)
        .order_by(Comment.created_at)
    )
    return [Event(remark.created_at, name, "", "comment", None, remark.text, ()) for remark, name in rows]


def _visits(session: Session, submission: Submission, digests: list[str]) -> list[Visit]:
    """Visits that this record names or whose signature covers one of its versions, latest first."""
    return list(
        session.scalars(
            select(Visit)
            .where(
                Visit.unit_id == submission.unit_id,
                or_(
                    Visit.id == submission.visit_id,
                    Visit.signed_digests.has_any(sql_cast(digests, ARRAY(Text))),
                ),
            )
            .order_by(Visit.received_at.desc())
        )
    )


def _findings(session: Session, submission: Submission, shown: _Revision, form: Form | None) -> tuple[FindingView, ...]:
    """The worker's verdict where it is about this version, else what the check at submission found."""
    if submission.judged_revision == shown.number:
        rows = session.scalars(
            select(FindingRow).where(FindingRow.submission_id == submission.id).order_by(FindingRow.id)
        )
        raw = [
            {
                "check": row.check_id,
                "severity": row.severity,
                "path": row.path,
                "message": row.message,
                "state": row.state,
                "explanation": row.explanation,
            }
            for row in rows
        ]
    else:
        raw = [{str(key): value for key, value in finding.items()} for finding in shown.findings]
    views = [
        FindingView(
            check=finding["check"],
            severity=finding["severity"],
            path=finding["path"],
            message=finding["message"],
            state=finding.get("state") or "open",
            explanation=finding.get("explanation") or finding.get("text") or "",
            label=_label(form, finding["path"]),
            anchor=anchor(finding["path"]),
        )
        for finding in raw
    ]
    return tuple(sorted(views, key=lambda view: (view.severity != "error", view.state != "open")))


def _label(form: Form | None, path: str) -> str:
    item = item_at(form, path) if form else None
    return f"{item.no} {item.name}".strip() if item else ""


def _marks(findings: Sequence[FindingView]) -> dict[str, Mark]:
    marks: dict[str, Mark] = {}
    for finding in findings:
        mark: Mark = "explained" if finding.state != "open" else cast("Mark", finding.severity)
        if finding.path not in marks or WORST_FIRST.index(mark) < WORST_FIRST.index(marks[finding.path]):
            marks[finding.path] = mark
    return marks


def _asked_back(decisions: Sequence[_Decided]) -> frozenset[str]:
    last = next((row.decision for row in reversed(decisions) if row.decision.outcome == "return"), None)
    return frozenset(item["path"] for item in last.items) if last else frozenset()


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
    return catalogue().current(code).title if code in catalogue() else ""


def _versions(
    revisions: Mapping[int, _Revision],
    decisions: Sequence[_Decided],
    visits: Sequence[Visit],
    shown: int,
) -> tuple[Version, ...]:
    ended = {row.decision.revision: row.decision for row in decisions}
    signed = {digest for visit in visits for digest in visit.signed_digests}
    return tuple(
        Version(
            row.number,
            row.at,
            row.author,
            f"{ACTING_ROLE_NAMES[ended[row.number].role]}{OUTCOME_NAMES[ended[row.number].outcome]}"
            if row.number in ended
            else "",
            is_shown=row.number == shown,
            is_signed=row.digest in signed,
        )
        for row in sorted(revisions.values(), key=lambda row: -row.number)
    )


def _history(decisions: Sequence[_Decided], comments: Sequence[Event]) -> tuple[Event, ...]:
    events = [
        Event(
            row.decision.decided_at,
            row.who,
            ACTING_ROLE_NAMES[row.decision.role],
            row.decision.outcome,
            row.decision.revision,
            row.decision.note,
            row.decision.items,
        )
        for row in decisions
    ]
    return tuple(sorted([*events, *comments], key=lambda event: event.at, reverse=True))


def _visit(visits: Sequence[Visit], shown: _Revision, revisions: Mapping[int, _Revision]) -> VisitView | None:
    if not visits:
        return None
    earlier = {row.digest for row in revisions.values() if row.number < shown.number}
    signing = next((visit for visit in visits if shown.digest in visit.signed_digests), None)
    visit = signing or visits[0]
    return VisitView(
        at=visit.finished_at or visit.started_at,
        cards=visit.cards,
        signed_name=str((visit.signature or {}).get("signed_name") or ""),
        covers_shown=signing is not None,
        covers_earlier=any(earlier & set(row.signed_digests) for row in visits),
        confirmation=shown.confirmation,
    )


def _map(unit: Unit, area: EnumerationArea | None, visits: Sequence[Visit]) -> MapView | None:
    rings = rings_of(area.boundary if area else None)
    return draw(rings, latest_fix(visits), position_of(unit), is_schematic=area is not None and area.is_schematic)


def _actions(session: Session, submission: Submission, actor: Actor) -> Actions:
    role = acting_role(actor, submission)
    may = allowed(submission.state, role)
    obstacle = approval_obstacle(session, submission, actor) if "approve" in may else None
    return Actions(
        role=role,
        can_approve="approve" in may and obstacle is None,
        can_return="return" in may,
        can_exempt="exempt" in may and not submission.judge_due,
        why_no_approval=obstacle.message
        if obstacle
        else ""
        if "approve" in may
        else why_not(submission.state, "approve", role),
        why_no_return="" if "return" in may else why_not(submission.state, "return", role),
    )
