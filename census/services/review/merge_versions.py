"""The versions of one form of a unit that stand against each other, as the merge page shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from census.errors import NotFound
from census.services.collect.states import MERGED, STATE_NAMES
from census.services.review.table import MASK, rows_of
from forms.answers.values import display
from forms.catalogue import UnknownForm, catalogue
from forms.definition import Form, Item

RECORDS: Final = text("""
    select submission.id as submission_id, submission.version, submission.state, submission.region_code,
           submission.created_at, revision.number, revision.answers, revision.explanations, revision.files,
           revision.points, revision.digest, revision.confirmation, revision.device, revision.visit_id,
           revision.received_at, account.full_name as author, unit.name as unit_name,
           exists (select from visit where visit.unit_id = submission.unit_id
                    and visit.signed_digests @> to_jsonb(array[revision.digest])) as is_signed
      from submission join revision on revision.submission_id = submission.id and revision.number = submission.revision
      join unit on unit.id = submission.unit_id left join account on account.id = revision.account_id
     where submission.unit_id = :unit and submission.form = :form and submission.state <> 'withdrawn'
     order by submission.created_at, submission.id
""")
COPIES: Final = text("""
    select conflict.id, conflict.submission_id, conflict.number, conflict.answers, conflict.explanations,
           conflict.digest, conflict.device, conflict.received_at, account.full_name as author,
           exists (select from visit where visit.unit_id = :unit
                    and visit.signed_digests @> to_jsonb(array[conflict.digest])) as is_signed
      from revision_conflict conflict left join account on account.id = conflict.account_id
     where conflict.submission_id = any(:ids)
       and not exists (select from decision where decision.submission_id = conflict.submission_id
                        and decision.outcome = any(:settling) and decision.decided_at > conflict.received_at)
     order by conflict.received_at, conflict.id
""")


@dataclass(frozen=True, slots=True)
class Version:
    """One content of the form as somebody sent it."""

    key: str
    submission_id: UUID
    number: int
    version: str
    answers: Mapping[str, Any]
    explanations: Sequence[Mapping[str, Any]]
    files: frozenset[str]
    points: Sequence[Mapping[str, Any]]
    digest: str
    confirmation: Mapping[str, Any] | None
    device: str
    visit_id: UUID | None
    received_at: datetime
    author: str
    region_code: str
    state: str  # "" for a copy that was kept beside a record
    is_signed: bool

    @property
    def state_name(self) -> str:
        return STATE_NAMES.get(self.state, "未能接上前一版，另存")


@dataclass(frozen=True, slots=True)
class Comparison:
    """One item, or one group of rows, in every version; ``differs`` where not all say the same."""

    key: str
    no: str
    name: str
    unit: str
    values: tuple[str, ...]
    differs: bool


@dataclass(frozen=True, slots=True)
class OpenCase:
    """The versions of one form of one unit, the record that came first at the head."""

    unit_id: UUID
    unit_name: str
    region_code: str
    form: str
    versions: tuple[Version, ...]

    @property
    def kept(self) -> UUID:
        """The record that goes on: the one that came first."""
        return self.versions[0].submission_id

    @property
    def is_open(self) -> bool:
        return len(self.versions) > 1

    def digest_of(self, submission_id: UUID) -> str:
        """The digest of what a record says now."""
        return next(
            version.digest for version in self.versions if version.submission_id == submission_id and version.state
        )


def open_case(session: Session, unit_id: UUID, form: str) -> OpenCase:
    """Read the versions of one form of a unit; of equal contents the first. Raises NotFound when there is no record."""
    records = session.execute(RECORDS, {"unit": unit_id, "form": form}).all()
    if not records:
        raise NotFound
    copies = session.execute(
        COPIES,
        {
            "unit": unit_id,
            "ids": [row.submission_id for row in records],
            "settling": [*MERGED, "return"],
        },
    ).all()
    versions = [_record(row) for row in records]
    of = {version.submission_id: version for version in versions}
    versions += [_copy(row, of[row.submission_id], form) for row in copies]
    return OpenCase(unit_id, records[0].unit_name, records[0].region_code, form, tuple(versions))


def comparisons(case: OpenCase) -> list[Comparison]:
    """Item by item what each version says; personal items are masked, but told apart."""
    form = definition(case)
    if form is None:
        return []
    lines: list[Comparison] = []
    for section in form.sections:
        if section.repeat is None:
            lines += [_compared(item, case) for item in section.items if not item.computed]
    lines += [_compared_rows(key, group.title, case) for key, group in form.groups().items()]
    return [line for line in lines if any(line.values) or line.differs]


def definition(case: OpenCase) -> Form | None:
    """The definition that the first version was filled by."""
    return _definition(case.form, case.versions[0].version)


def _definition(form: str, version: str) -> Form | None:
    try:
        return catalogue().get(form, version)
    except UnknownForm:
        return None


def explanations_of(base: Version, picked: Mapping[str, Version]) -> list[dict[str, Any]]:
    """The base's explanations, and for what was picked those of where it came from."""
    kept = [dict(said) for said in base.explanations if _about(said) not in picked]
    return kept + [
        dict(said) for key, version in sorted(picked.items()) for said in version.explanations if _about(said) == key
    ]


def _about(said: Mapping[str, Any]) -> str:
    """The item or group that an explanation is about; "" for the whole record."""
    path = str(said.get("path", ""))
    if not path.startswith("/"):
        return ""
    return path.split("/")[1]


def files_in(form: Form | None, answers: Mapping[str, Any]) -> frozenset[str]:
    """The files that answers name: photos, documents and signatures."""
    if form is None:
        return frozenset()
    keys = [(item.rows_key, item.key) for item in form.items() if item.type in {"photo", "signature"}]
    found: set[str] = set()
    for group, key in keys:
        rows: Sequence[Mapping[str, Any]] = [answers]
        if group:
            rows = rows_of(answers, group)
        for row in rows:
            named = row.get(key)
            if isinstance(named, str):  # a signature
                found.add(named)
            elif isinstance(named, list):  # photos
                found.update(cast("list[str]", named))
    return frozenset(found)


def _record(row: Row[Any]) -> Version:
    return Version(
        f"{row.submission_id}.{row.number}",
        row.submission_id,
        row.number,
        row.version,
        row.answers,
        row.explanations,
        frozenset(row.files),
        row.points,
        row.digest,
        row.confirmation,
        row.device,
        row.visit_id,
        row.received_at,
        row.author or "普查员",
        row.region_code,
        row.state,
        row.is_signed,
    )


def _copy(row: Row[Any], of: Version, form: str) -> Version:
    files = files_in(_definition(form, of.version), row.answers)
    return Version(
        str(row.id),
        row.submission_id,
        row.number,
        of.version,
        row.answers,
        row.explanations,
        files,
        (),
        row.digest,
        None,
        row.device,
        None,
        row.received_at,
        row.author or "普查员",
        of.region_code,
        "",
        row.is_signed,
    )


def _compared(item: Item, case: OpenCase) -> Comparison:
    raws = [version.answers.get(item.key) for version in case.versions]
    values = tuple(display(item, raw) for raw in raws)
    shown = values
    if item.personal:
        shown = tuple(value and MASK for value in values)
    return Comparison(item.key, item.no, item.name, item.unit, shown, differs=len(set(values)) > 1)


def _compared_rows(key: str, title: str, case: OpenCase) -> Comparison:
    groups = [rows_of(version.answers, key) for version in case.versions]
    first = groups[0]
    differs = any(rows != first for rows in groups)
    values = tuple(_rows_in_words(rows, first) for rows in groups)
    if not differs and not first:
        values = ("",) * len(groups)  # no version has any: the line is left out
    return Comparison(key, "", title, "", values, differs=differs)


def _rows_in_words(rows: Sequence[Any], first: Sequence[Any]) -> str:
    if rows == first:
        return f"{len(rows)} 行"
    other = sum(a != b for a, b in zip(rows, first, strict=False)) + abs(len(rows) - len(first))
    return f"{len(rows)} 行，{other} 行与第一份不同"
