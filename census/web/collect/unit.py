"""What the enumerator sees of one unit: its forms, how far each is, what came back and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.orm import Session

from census.access import ROLE_NAMES, Actor
from census.clock import today
from census.models.collect import Draft, Revision, Submission
from census.models.register import Unit
from census.services.collect import drafts
from census.services.handup import regional_rows
from census.services.register import my_units, prefill, unit_forms
from census.services.register.my_units import Returned
from census.services.register.units import baseline
from census.services.review.decisions import may_withdraw
from census.web.collect.form_pages import item_at
from forms.definition import Form
from forms.views.fields import with_ready_made_rows
from validation.applicability import Applies

KINDS: Final = {
    "industrial": "工业企业",
    "livestock": "规模化畜禽养殖场",
    "domestic": "生活源单位",
    "centralized": "集中式污染治理设施",
    "mobile": "油库、加油站和运输企业",
    "scattered": "散乱污场所",
}
CENSUS_KINDS: Final = {kind: word for kind, word in KINDS.items() if kind != "scattered"}
OUTCOMES: Final = {
    "done": "正常入户",
    "stopped": "全年停产",
    "closed": "已关闭",
    "moved": "已搬迁",
    "refused": "拒绝调查",
    "not_found": "查无此单位",
    "duplicate": "重复登记",
}


@dataclass(frozen=True, slots=True)
class State:
    """How far something is: always a colour, a sign and a word."""

    colour: str
    sign: str
    word: str


NOT_BEGUN: Final = State("", "○", "未开始")
NOT_NEEDED: Final = State("", "–", "不用填")
FILLING: Final = State("blue", "✎", "填报中")
SENT_STATES: Final = {
    "submitted": State("green", "✓", "已收到，待审核"),
    "received": State("green", "✓", "已收到，待审核"),
    "checked": State("green", "✓", "已收到，待审核"),
    "flagged": State("red", "✕", "已收到，有错"),
    "returned": State("amber", "↩", "退回待改"),
    "withdrawn": State("amber", "↩", "已撤回"),
    "handed_up": State("green", "✓", "已上报"),
    "accepted": State("green", "✓", "上级已接收"),
}
APPROVED: Final = State("green", "✓", "已通过")
UNIT_STATES: Final = {
    "returned": State("amber", "↩", "退回待改"),
    "unvisited": State("", "○", "未访"),
    "begun": State("blue", "✎", "已访，表未交"),
    "done": State("green", "✓", "已完成"),
}


@dataclass(frozen=True, slots=True)
class FormLine:
    """One form of a unit on the enumerator's list."""

    form: Form
    need: Applies
    state: State
    submission: Submission | None
    revision: Revision | None
    draft: Draft | None
    returned: Returned | None
    may_be_withdrawn: bool

    @property
    def answers(self) -> Mapping[str, Any] | None:
        """What stands now: the draft, else what was sent."""
        if self.draft is not None:
            return self.draft.answers
        if self.revision is not None:
            return self.revision.answers
        return None

    @property
    def next_revision(self) -> int:
        """The number that the draft gets when it is sent."""
        if self.submission is None:
            return 1
        return self.submission.revision + 1

    @property
    def may_be_filled(self) -> bool:
        return may_be_filled(self.submission)

    @property
    def is_next(self) -> bool:
        """Owed or come back, and not begun: with nothing of the kind left, what was begun is checked and signed."""
        if self.draft is not None:
            return False
        if self.submission is None:
            return self.need == "must"
        return self.submission.state in my_units.BACK


def may_be_filled(sent: Submission | None) -> bool:
    """Nothing was sent yet, or no level has approved it."""
    return sent is None or sent.state in {*my_units.BACK, "submitted", "flagged", "checked"}


def form_lines(session: Session, actor: Actor, unit: Unit) -> list[FormLine]:
    """All forms of the programme that this kind of unit may owe, with what is known of each."""
    own = drafts.drafts_of(session, actor, unit.id)
    sent = drafts.sent_of_unit(session, unit.id)
    candidates = [form for form in unit_forms.forms_for(unit.kind) if form.programme == actor.programme]
    why = my_units.why_returned(session, [submission for submission, _ in sent.values()])
    answers: dict[str, Mapping[str, Any]] = {code: revision.answers for code, (_, revision) in sent.items()}
    answers |= {code: draft.answers for code, draft in own.items()}
    needs = unit_forms.verdicts_of(unit.kind, baseline(unit), answers)
    lines: list[FormLine] = []
    for form in candidates:
        submission, revision = sent.get(form.code, (None, None))
        draft = own.get(form.code)
        returned = None
        if submission is not None:
            returned = why.get(submission.id)
        need: Applies = needs.get(form.code, "may")
        state = state_of(need, submission, draft)
        takes_back = submission is not None and may_withdraw(actor, submission)
        lines.append(FormLine(form, need, state, submission, revision, draft, returned, takes_back))
    return lines


def state_of(need: Applies, submission: Submission | None, draft: Draft | None) -> State:
    # What came back is the news, even where its correction has begun; otherwise what is being typed is.
    if submission is not None and (draft is None or submission.state == "returned"):
        return SENT_STATES.get(submission.state, APPROVED)
    if draft is not None:
        return FILLING
    if need == "must_not":
        return NOT_NEEDED
    return NOT_BEGUN


def related_of(lines: Sequence[FormLine], code: str) -> dict[str, Mapping[str, Any]]:
    """The answers of the unit's other forms, for checks that look across."""
    return {line.form.code: line.answers for line in lines if line.form.code != code and line.answers is not None}


def first_answers(session: Session, actor: Actor, unit: Unit, form: Form) -> dict[str, Any]:
    """What the program fills in by itself before anybody types."""
    names = prefill.region_names(session, {unit.region_code})[unit.region_code]
    known = prefill.prefill(form, prefill.sources(unit, names, actor, today()))
    return with_ready_made_rows(form, known | regional_rows.rows_of(session, unit, form.code))


def reasons(form: Form, returned: Returned | None) -> list[dict[str, str]]:
    """What a reviewer said, item by item, with the item's name and its path."""
    if returned is None:
        return []
    return [
        {
            "path": said["path"],
            "name": item_name(form, said["path"]),
            "reason": said.get("reason", ""),
            "text": said.get("text", ""),
        }
        for said in returned.items
    ]


def item_name(form: Form, path: str) -> str:
    """Name the item at a path as people know it: number, name, and the row it stands in."""
    item = item_at(form, path)
    parts = path.removeprefix("/").split("/")
    group = form.groups().get(parts[0])
    if item is not None:
        name = f"{item.no} {item.name}".strip()
        if group is None or len(parts) != 3:
            return name
        return f"{name}（{group.title} 第 {int(parts[1]) + 1} 行）"
    if group is not None:
        return group.title
    return "整张表"


def role_name(role: str) -> str:
    return ROLE_NAMES.get(role, "上级普查机构")
