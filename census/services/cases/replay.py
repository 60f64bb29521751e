"""A case's columns worked out from its events, and nothing else: what is stored can always be rebuilt."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any, Final
from uuid import UUID

from census.models.cases import CaseEvent


@dataclass(slots=True)
class Standing:
    """Where a case stands. The fields of ``COLUMNS`` are the case's columns of the same name."""

    case_no: str = ""
    name: str = ""
    address: str = ""
    region_code: str = ""
    lon: float | None = None
    lat: float | None = None
    industry_code: str | None = None
    is_industrial: bool = True
    lead_source: str = ""
    lead_no: str = ""
    category: str | None = None
    mode: str | None = None
    state: str = ""
    version: int = 0
    found_on: date = date.min
    found_by: UUID | None = None
    verified_on: date | None = None
    deadline: date | None = None
    done_on: date | None = None
    accepted_on: date | None = None
    demolished_m2: float | None = None
    self_checked_by: UUID | None = None
    river_code: str | None = None
    facts: dict[str, Any] = field(default_factory=dict[str, Any])
    # not columns: what the next step must know
    last_on: date = date.min
    proposal: str = ""  # kind of the proposal that nobody has answered yet
    proposed_by: UUID | None = None
    lookback_rounds: int = 0
    reopened: int = 0


NOT_COLUMNS: Final = frozenset({"last_on", "proposal", "proposed_by", "lookback_rounds", "reopened"})
COLUMNS: Final = tuple(one.name for one in fields(Standing) if one.name not in NOT_COLUMNS)
# Facts that are columns of their own; a later step that says one of them corrects it.
PLACE: Final = frozenset(
    {
        "case_no",
        "name",
        "address",
        "lon",
        "lat",
        "industry_code",
        "is_industrial",
        "lead_source",
        "lead_no",
        "river_code",
    }
)
NOT_KEPT: Final = frozenset(
    {"accuracy_m", "enf_kind", "enf_doc_no", "enf_date", "enf_org", "inspector", "power_restored"}
)
"""Facts of one moment: they stay with their event."""


def replay(events: Iterable[CaseEvent]) -> Standing:
    """Work out where a case stands after its events, given in order."""
    standing = Standing()
    for event in events:
        apply(standing, event)
    return standing


def apply(standing: Standing, event: CaseEvent) -> None:  # noqa: C901, PLR0912 - one branch per kind of event
    """Take one more event into account."""
    # What every step does: it moves the case, or leaves it, and is the last one that happened.
    before, facts = standing.state, event.facts
    standing.state, standing.version, standing.last_on = event.to_state, event.number, event.occurred_on
    match event.kind:
        case "find":
            standing.region_code = event.region_code
            standing.found_on, standing.found_by = event.occurred_on, event.account_id
            _take_place(standing, facts)
        case "correct":
            _take_place(standing, facts)
        case "verify":
            standing.verified_on = event.occurred_on
            _take_place(standing, facts)
        case "propose_reject" | "propose_category":
            standing.proposal, standing.proposed_by = event.kind, event.account_id
        case "classify":
            _take_plan(standing, facts)
        case "reopen":
            _take_plan(standing, facts)
            standing.reopened += 1
            # The number stays, so that papers about the case find it, and says how often it was opened again.
            standing.case_no = f"{standing.case_no.partition('-')[0]}-R{standing.reopened}"
        case "done":
            _complete(standing, event)
        case "self_check":
            standing.self_checked_by = event.account_id
        case "return":
            _take_back(standing)
        case "accept":
            # Accepted again after a rebound, it stays in the year of its first acceptance; looking back begins anew.
            standing.accepted_on = standing.accepted_on or event.occurred_on
            standing.lookback_rounds = 0
        case "look_back":
            standing.lookback_rounds += 1
        case _:
            pass
    # These say what somebody saw or did on a day, not how the case stands.
    if event.kind not in {"look_back", "enforce", "remark"}:
        standing.facts |= {key: value for key, value in facts.items() if key not in PLACE | NOT_KEPT}
    # A step that moves the case answers whatever was proposed, with or without saying so.
    if before != event.to_state:
        standing.proposal, standing.proposed_by = "", None


def _take_place(standing: Standing, facts: dict[str, Any]) -> None:
    for key in PLACE & facts.keys():
        setattr(standing, key, facts[key])


def _take_plan(standing: Standing, facts: dict[str, Any]) -> None:
    standing.category = facts["category"]
    standing.deadline = date.fromisoformat(facts["deadline"])


def _complete(standing: Standing, event: CaseEvent) -> None:
    """Note a completion. The first one that was not returned stays the case's, whatever comes later."""
    standing.done_on = standing.done_on or event.occurred_on
    standing.mode = event.facts["mode"]
    standing.demolished_m2 = event.facts.get("demolish_area", standing.demolished_m2)
    standing.self_checked_by = None


def _take_back(standing: Standing) -> None:
    """Undo a completion that the district did not accept; one accepted before a rebound stays."""
    standing.self_checked_by = None
    if standing.accepted_on is None:
        standing.done_on = standing.mode = standing.demolished_m2 = None
