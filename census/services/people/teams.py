"""Teams 普查组: enumerators of one place under one supervisor.

Whoever moves to another team takes the own units along. Whose a single unit is stands in ``register.assignments``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from census.access import Actor, require
from census.errors import InvalidInput, NotFound
from census.models.people import Account
from census.models.register import Assignment, Region, Team
from census.services import evidence
from census.services.people.administration import AT_THE_DOOR, working

LONGEST_NAME: Final = 60


@dataclass(frozen=True, slots=True)
class TeamLine:
    """One team as the desk lists it."""

    team: Team
    place: str
    supervisor: str
    members: Sequence[str]
    units: int


@dataclass(frozen=True, slots=True)
class Candidates:
    """Who may lead a team of a place, and who may be in it; each with the team they are in now."""

    supervisors: Sequence[Account]
    enumerators: Sequence[tuple[Account, str]]


def teams(session: Session, actor: Actor) -> list[TeamLine]:
    """The teams of the caller's regions, by place and name."""
    require(actor, "assign")
    units = select(Assignment.team_id, func.count().label("units")).group_by(Assignment.team_id).subquery()
    lead = select(Account.id, Account.full_name).subquery()
    rows = session.execute(
        select(Team, func.coalesce(Region.name, Team.region_code), lead.c.full_name, func.coalesce(units.c.units, 0))
        .outerjoin(Region, Region.code == Team.region_code)
        .join(lead, lead.c.id == Team.supervisor_id)
        .outerjoin(units, units.c.team_id == Team.id)
        .order_by(Team.region_code, Team.name, Team.id)
    ).all()
    in_one = (
        select(Account.team_id, Account.full_name)
        .where(Account.team_id.in_([team.id for team, *_ in rows]), Account.is_active)
        .order_by(Account.username)
    )
    members: dict[UUID | None, list[str]] = {}
    for team_id, name in session.execute(in_one):
        members.setdefault(team_id, []).append(name)
    return [TeamLine(team, place, name, members.get(team.id, []), count) for team, place, name, count in rows]


def team_file(session: Session, actor: Actor, team_id: UUID) -> tuple[Team, frozenset[UUID]]:
    """One team and who is in it. Raises NotFound outside the caller's regions."""
    team = session.get(Team, team_id)
    if team is None or not actor.may("assign", team.region_code):
        raise NotFound
    return team, frozenset(session.scalars(select(Account.id).where(Account.team_id == team_id)))


def candidates(session: Session, actor: Actor, region_code: str) -> Candidates:
    """Who works in a place (or above it) as supervisor and as enumerator.

    Raises NotAllowed outside the caller's regions.
    """
    require(actor, "assign", region_code)
    names: dict[UUID | None, str] = {row.id: row.name for row in session.execute(select(Team.id, Team.name))}
    supervisors = session.scalars(working(region_code, "supervisor")).all()
    enumerators = session.scalars(working(region_code, *AT_THE_DOOR)).all()
    return Candidates(supervisors, [(account, names.get(account.team_id, "")) for account in enumerators])


def save_team(
    session: Session,
    actor: Actor,
    team_id: UUID | None,
    *,
    name: str,
    region_code: str,
    supervisor_id: UUID | None,
    member_ids: Sequence[UUID],
) -> Team:
    """Make a team, or change one: name, supervisor, members. Its place stays as it was made.

    Members that were in another team leave it, with the units that are theirs; members left out belong to no team, and
    their units go with them. Raises NotFound, NotAllowed, InvalidInput.
    """
    if team_id:
        action = "change_team"
        team, _ = team_file(session, actor, team_id)
    else:
        action = "make_team"
        team = Team(region_code=region_code)
    # All of it is checked before anything is written, against who works there today: a page may be old.
    able = candidates(session, actor, team.region_code)
    if not team_id and session.get(Region, region_code) is None:
        raise InvalidInput("请选这个组负责的镇街或村居。")
    if not name.strip():
        raise InvalidInput("请写组名。")
    if supervisor_id is None or supervisor_id not in {account.id for account in able.supervisors}:
        raise InvalidInput("请选组长：须是这里的普查指导员。")
    people = {account.id: account for account, _ in able.enumerators}
    if not set(member_ids) <= people.keys():
        raise InvalidInput("组员须是这里的普查员。请重新勾选。")
    team.name, team.supervisor_id = name.strip()[:LONGEST_NAME], supervisor_id
    session.add(team)
    session.flush()
    left_out = [account for account in people.values() if account.team_id == team.id and account.id not in member_ids]
    _move(session, left_out, None)
    _move(session, [people[one] for one in member_ids if people[one].team_id != team.id], team.id)
    session.flush()
    who = {"supervisor": str(supervisor_id), "members": sorted(map(str, member_ids))}
    evidence.record(session, actor.username, action, str(team.id), who)
    return team


def _move(session: Session, accounts: Sequence[Account], to: UUID | None) -> None:
    """Put people into a team, or (None) into none, with the units that are theirs."""
    for account in accounts:
        account.team_id = to
    if accounts:
        session.execute(
            update(Assignment).where(Assignment.account_id.in_([account.id for account in accounts])).values(team_id=to)
        )
