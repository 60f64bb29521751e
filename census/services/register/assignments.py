"""Whose a unit is: given to an enumerator of a team, taken or handed back; many at once, and nothing is doubled by it.

Who had a unit before stays named in the assignment: what that phone still sends is taken in, beside whatever the new
holder sends, and two records of one form become a merge case. What phones hold offline stands in ``leases``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from census.access import Actor, require
from census.db import now
from census.errors import InvalidInput, NotFound
from census.models.people import Account
from census.models.register import Team
from census.services import evidence

HAND_BACK_REASONS: Final = {
    "wrong_area": "不在我的普查小区",
    "not_reached": "多次上门联系不上",
    "language": "语言不通或对方要求换人",
    "unavailable": "本人请假或调离",
    "too_many": "分到的户太多",
    "other": "其他",
}
MOST_AT_ONCE: Final = 1_000

LOCK: Final = text("""
    select unit.id, unit.region_code, assignment.account_id, assignment.team_id
      from unit left join assignment on assignment.unit_id = unit.id
     where unit.id = any(:units) order by unit.id for no key update of unit
""")
GIVE: Final = text("""
    insert into assignment (id, unit_id, account_id, team_id, created_at)
    select gen_random_uuid(), id, cast(:account as uuid), cast(:team as uuid), :at
      from unnest(cast(:units as uuid[])) id
    on conflict (unit_id) do update
       set account_id = excluded.account_id, team_id = excluded.team_id, created_at = excluded.created_at,
           former = case when assignment.account_id is null
                           or assignment.account_id is not distinct from excluded.account_id
                         then array_remove(assignment.former, excluded.account_id)
                         else array_append(array_remove(array_remove(assignment.former, excluded.account_id),
                                                        assignment.account_id), assignment.account_id) end
""")
EVENTS: Final = text("""
    insert into assignment_event (unit_id, account_id, by_id, kind, reason, note, at)
    select unit_id, account_id, :by, :kind, :reason, :note, :at
      from unnest(cast(:units as uuid[]), cast(:accounts as uuid[])) as row(unit_id, account_id)
""")
TOUCH: Final = text("update unit set changed_xid = pg_current_xact_id(), updated_at = :at where id = any(:units)")
END_LEASES: Final = text(
    "update lease set ended_at = :at where unit_id = any(:units) and session_id = :session and ended_at is null"
)


@dataclass(frozen=True, slots=True)
class Target:
    """Who is to get units: an enumerator, or a team of which nobody is named yet."""

    account: Account | None
    team: Team | None

    @property
    def name(self) -> str:
        if self.account:
            return self.account.full_name
        if self.team:
            return self.team.name
        return ""

    @property
    def account_id(self) -> UUID | None:
        return self.account and self.account.id

    @property
    def team_id(self) -> UUID | None:
        """The team that the units go to: an enumerator's own when that is who gets them."""
        if self.team:
            return self.team.id
        return self.account and self.account.team_id


def assign(session: Session, actor: Actor, unit_ids: Sequence[UUID], target: Target, note: str = "") -> int:
    """Give units to somebody, whoever had them; return how many changed hands.

    All or none: raises NotFound for a unit outside the actor's regions, InvalidInput for an enumerator who does not
    work there. A phone that holds a copy learns of it on its next contact; what it sends afterwards is kept.
    """
    require(actor, "assign")
    wanted = sorted(set(unit_ids))
    if not wanted:
        raise InvalidInput("请先勾选要分配的户。")
    if len(wanted) > MOST_AT_ONCE:
        raise InvalidInput(f"一次最多分 {MOST_AT_ONCE} 户。请分几次。")
    rows = session.execute(LOCK, {"units": wanted}).all()
    if len(rows) != len(wanted):
        raise NotFound
    for row in rows:
        require(actor, "assign", row.region_code)
        _check_target(target, row.region_code)
    account, team = target.account_id, target.team_id
    # Those who are there already do not hear of it again, and a page sent twice changes nothing.
    changed = [row for row in rows if (row.account_id, row.team_id) != (account, team)]
    if changed:
        _give(session, actor, changed, account, team, note)
        detail = {
            "to": str(account or ""),
            "team": str(team or ""),
            "units": [str(row.id) for row in changed],
        }
        evidence.record(session, actor.username, "assign", f"{len(changed)} units", detail)
    return len(changed)


def hand_back(session: Session, actor: Actor, unit_id: UUID, reason: str, note: str = "") -> None:
    """Give a unit of one's own back to its team, with a reason that the desk reads. Raises NotFound, InvalidInput."""
    if reason not in HAND_BACK_REASONS:
        raise InvalidInput("请选交回的原因。")
    row = session.execute(LOCK, {"units": [unit_id]}).one_or_none()
    if row is None or row.account_id != actor.account_id:
        raise NotFound
    at = now()
    # Nobody's, but still the team's: its supervisor gives it to somebody else.
    session.execute(GIVE, {"units": [unit_id], "account": None, "team": row.team_id, "at": at})
    _note(session, actor, [(unit_id, actor.account_id)], "handed_back", (reason, note.strip()[:500]))
    session.execute(TOUCH, {"units": [unit_id], "at": at})
    session.execute(END_LEASES, {"units": [unit_id], "session": actor.session_id, "at": at})
    evidence.record(session, actor.username, "hand_back", str(unit_id), {"reason": reason})


def target_of(session: Session, account_id: UUID | None, team_id: UUID | None) -> Target:
    """Find who is meant. Raises InvalidInput unless it is exactly one enumerator or one team."""
    if (account_id is None) == (team_id is None):
        raise InvalidInput("请选一名普查员或一个组。")
    account = account_id and session.get(Account, account_id)
    team = team_id and session.get(Team, team_id)
    if (account is None and team is None) or (account is not None and not account.is_active):
        raise InvalidInput("没有这名普查员或这个组。请重新选择。")
    return Target(account, team)


def _check_target(target: Target, region_code: str) -> None:
    account = target.account
    if account is not None and not any(
        grant.role in {"enumerator", "inspector"} and region_code.startswith(grant.region_code)
        for grant in account.grants
    ):
        raise InvalidInput(f"{account.full_name}不负责这些户所在的村居。请换一名普查员，或请管理员先给他这里的权限。")
    if target.team is not None and not region_code.startswith(target.team.region_code):
        raise InvalidInput(f"{target.team.name}不负责这些户所在的村居。请换一个组。")


def _give(
    session: Session,
    actor: Actor,
    rows: Sequence[Row[tuple[UUID, str, UUID | None, UUID | None]]],
    account: UUID | None,
    team: UUID | None,
    note: str,
) -> None:
    at, units = now(), [row.id for row in rows]
    session.execute(GIVE, {"units": units, "account": account, "team": team, "at": at})
    taken = [(row.id, row.account_id) for row in rows if row.account_id not in {None, account}]
    given = [(row.id, account) for row in rows if account is not None and row.account_id != account]
    for kind, pairs in (("taken", taken), ("given", given)):
        _note(session, actor, pairs, kind, ("", note.strip()[:500]))
    session.execute(TOUCH, {"units": units, "at": at})


def _note(session: Session, actor: Actor, pairs: Sequence[tuple[UUID, UUID]], kind: str, why: tuple[str, str]) -> None:
    if pairs:
        session.execute(
            EVENTS,
            {
                "units": [unit for unit, _ in pairs],
                "accounts": [account for _, account in pairs],
                "by": actor.account_id,
                "kind": kind,
                "reason": why[0],
                "note": why[1],
                "at": now(),
            },
        )
