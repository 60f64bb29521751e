"""What becomes of each draft of a batch, decided in memory against what is stored, in the order of the batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from census.access import Actor
from census.services.collect.receipts import Receipt
from census.services.collect.states import TRANSITIONS, why_not
from census.services.register.units import UnitRow
from forms.catalogue import Catalogue, UnknownForm
from forms.definition import Form

Status = Literal["stored", "repeat", "conflict", "refused"]

REFUSALS: Final[Mapping[str, str]] = {
    "unreadable": "这份填报读不出来，没有保存。请在手机上打开核对后重新发送。",
    "digest_mismatch": "这份填报在传输中变了，没有保存。请重新发送。",
    "unknown_form": "系统里没有这张普查表。请更新手机上的程序后重新发送。",
    "unknown_version": "系统里没有这张普查表的这个版本。请更新手机上的程序后重新发送。",
    "unknown_unit": "名录里没有这个普查对象，或不在您负责的区划内。请先同步名录。",
    "not_yours": "这个普查对象没有分配给您。请联系普查指导员。",
    "id_in_use": "这份填报的编号已用于别的普查对象或普查表。请在手机上新建一份。",
}
ANOTHER_NUMBERED: Final = "系统里已有内容不同的同号版本，两份都保留，未作覆盖。请联系普查指导员核对用哪一份。"


@dataclass(frozen=True, slots=True)
class Draft:
    """One submission as a phone sent it, with the digest worked out here."""

    id: UUID
    unit: UUID
    form: str
    version: str
    revision: int
    answers: dict[str, Any]
    explanations: Sequence[Mapping[str, Any]]
    files: Sequence[str]
    digest: str
    device: str = ""
    visit: UUID | None = None
    confirmation: Mapping[str, Any] | None = None
    points: Sequence[Mapping[str, Any]] = ()  # {path, device, map}: beside the answers, not under the digest
    claimed_digest: str = ""  # what the phone says; "" when it says nothing


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer to one draft."""

    id: UUID | str | None  # as it came where it could not be read
    status: Status
    reason: str = ""
    message: str = ""
    revision: int | None = None
    state: str | None = None
    findings: Sequence[Mapping[str, Any]] = ()
    receipt: Receipt | None = None


def refused(sent_id: UUID | str | None, reason: str) -> Outcome:
    """The answer to a draft that is not stored; the others of its batch are."""
    return Outcome(sent_id, "refused", reason, REFUSALS[reason])


@dataclass(slots=True)
class Fate:
    """One draft on its way through the batch."""

    draft: Draft
    status: Status
    reason: str = ""
    message: str = ""
    receipt: Receipt | None = None
    form: Form | None = None
    entry: _Entry | None = None
    is_news: bool = False  # not stored before
    is_first: bool = False  # opens its submission
    findings: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def refuse(self, reason: str) -> None:
        self.status, self.reason, self.message = "refused", reason, REFUSALS[reason]
        self.receipt, self.entry = None, None

    @property
    def is_stored_now(self) -> bool:
        return self.status == "stored"

    def outcome(self) -> Outcome:
        if self.status == "refused":
            return refused(self.draft.id, self.reason)
        return Outcome(
            self.draft.id,
            self.status,
            self.reason,
            self.message,
            self.draft.revision,
            self.entry and self.entry.state,
            self.findings,
            self.receipt,
        )


@dataclass(slots=True)
class _Known:
    """A revision that is stored already, or earlier in this batch."""

    receipt: Receipt
    account_id: UUID | None
    findings: list[dict[str, Any]]
    lost: bool  # kept beside the one that came first


@dataclass(slots=True)
class _Entry:
    """A submission as it stands at this point of the batch."""

    unit_id: UUID
    form: str
    state: str
    revision: int
    known: dict[tuple[int, str], _Known] = field(default_factory=dict[tuple[int, str], _Known])


class Ledger:
    """What is stored of the units of a batch, kept up to date while the batch is settled."""

    def __init__(
        self, actor: Actor, forms: Catalogue, units: Mapping[UUID, UnitRow], visits: Mapping[UUID, UUID]
    ) -> None:
        self.actor = actor
        self.forms = forms
        self.units = units
        self.visits = visits  # the unit of each visit that the batch names
        self.entries: dict[UUID, _Entry] = {}

    def open(self, submission_id: UUID, unit_id: UUID, form: str, state: str, revision: int) -> None:
        self.entries[submission_id] = _Entry(unit_id, form, state, revision)

    def remember(  # noqa: PLR0917 - a row
        self,
        submission_id: UUID,
        number: int,
        digest: str,
        receipt: str,
        at: datetime,
        account_id: UUID | None,
        findings: list[dict[str, Any]] | None,
        *,
        lost: bool,
    ) -> None:
        known = _Known(Receipt(receipt, submission_id, number, digest, at), account_id, findings or [], lost=lost)
        self.entries[submission_id].known[number, digest] = known

    def settle(self, draft: Draft, new_number: Callable[[], str], at: datetime) -> Fate:
        """Decide one draft; what it changes is seen by the drafts after it."""
        fate = Fate(draft, "stored", form=self._form(draft))

        # Refused: damaged, unknown here, or about something that was never the sender's. Nothing of it is kept.
        reason = self._why_refused(draft, fate.form)
        if reason:
            fate.refuse(reason)
            return fate

        # Sent before: a phone that did not hear back asks again and gets the first answer, whether that was stored
        # or kept beside another. This stands before the question whose unit it is now: reassigning a unit must not
        # turn a receipt into a refusal.
        entry = fate.entry = self.entries.get(draft.id)
        known = entry and entry.known.get((draft.revision, draft.digest))
        if known:
            fate.receipt, fate.findings = known.receipt, known.findings
            if known.lost:
                fate.status, fate.message = "conflict", ANOTHER_NUMBERED
            else:
                fate.status = "repeat"
            return fate

        # New, but about a unit that the sender never had.
        if not self._is_or_was_mine(draft.unit):
            fate.refuse("not_yours")
            return fate

        # From here on it is kept, and the phone may forget it: there is a receipt even for a conflict.
        fate.is_news = True
        fate.receipt = Receipt(new_number(), draft.id, draft.revision, draft.digest, at)

        # The first that we see of its submission, whatever its number: versions that never left a phone are not
        # waited for.
        if entry is None:
            fate.is_first = True
            entry = fate.entry = self.entries[draft.id] = _Entry(draft.unit, draft.form, "draft", draft.revision)

        # Another phone was quicker, or review has closed the record: a person resolves it, nothing is overwritten.
        elif (problem := _why_not_next(entry, draft)) is not None:
            fate.status = "conflict"
            fate.reason, fate.message = problem

        # What remains is the next revision in line. Either way a repeat later in this batch finds it here.
        entry.known[draft.revision, draft.digest] = _Known(
            fate.receipt,
            self.actor.account_id,
            fate.findings,
            lost=fate.status == "conflict",
        )
        if fate.is_stored_now:
            entry.revision, entry.state = draft.revision, "submitted"
        return fate

    def visit(self, draft: Draft) -> UUID | None:
        """The visit of a draft. One that is not here yet is left out: its signature is found by digest."""
        if draft.visit is None or self.visits.get(draft.visit) != draft.unit:
            return None
        return draft.visit

    def _form(self, draft: Draft) -> Form | None:
        try:
            form = self.forms.get(draft.form, draft.version)
        except UnknownForm:
            return None
        if form.programme != self.actor.programme:
            return None  # the two programmes never meet: to the one, the other's forms do not exist
        return form

    def _why_refused(self, draft: Draft, form: Form | None) -> str:
        # First, because nothing else in a damaged draft can be believed. Who claims no digest is taken at their word.
        if draft.claimed_digest and draft.claimed_digest.lower() != draft.digest:
            return "digest_mismatch"
        if form is None and draft.form not in self.forms:
            return "unknown_form"
        if form is None:
            return "unknown_version"
        # The units were read under row-level security: "not here" and "not for you" look the same on purpose.
        if draft.unit not in self.units:
            return "unknown_unit"
        entry = self.entries.get(draft.id)
        if entry is None:
            return ""
        if (entry.unit_id, entry.form) != (draft.unit, draft.form):
            return "id_in_use"
        # Who sent a part of it may ask for that answer again, whosever the unit is now.
        sent_by_me = any(known.account_id == self.actor.account_id for known in entry.known.values())
        if not sent_by_me and not self._is_or_was_mine(draft.unit):
            return "not_yours"
        return ""

    def _is_or_was_mine(self, unit_id: UUID) -> bool:
        """Whether the actor visits the unit, or did: a phone that comes back late loses nothing."""
        unit = self.units[unit_id]
        return unit.account_id == self.actor.account_id or self.actor.account_id in unit.former


def _why_not_next(entry: _Entry, draft: Draft) -> tuple[str, str] | None:
    """Why a draft may not become the submission's next revision; None when it may."""
    if draft.revision != entry.revision + 1:
        return "other_revision", ANOTHER_NUMBERED
    if (entry.state, "submit", "enumerator") not in TRANSITIONS:
        return "not_open", why_not(entry.state, "submit", "enumerator")
    return None
