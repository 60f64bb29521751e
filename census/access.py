"""Who may do what where: roles, region scope and the one question ``require``.

Row-level security in the database keeps every transaction inside the actor's regions; this module decides which
verbs an actor has there. The two programmes never meet: an actor belongs to one of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from census.errors import NotAllowed
from census.settings import Programme

ROLE_NAMES: Final = {
    "enumerator": "普查员",
    "supervisor": "普查指导员",
    "county": "县级审核员",
    "checker": "质量核查员",
    "admin": "系统管理员",
    "auditor": "审计员",
    "city": "市级审核员",
    "province": "省级审核员",
    "inspector": "镇街检查员",
    "case_office": "区专项办",
    "department": "部门填报员",
}

ACTIONS: Final[dict[str, frozenset[str]]] = {
    "collect": frozenset({"enumerator", "inspector", "department"}),
    "review": frozenset({"supervisor", "county", "city", "province"}),
    "read_register": frozenset({"enumerator", "supervisor", "county", "checker", "city", "province", "admin"}),
    "edit_register": frozenset({"county", "admin"}),
    "fill_regional": frozenset({"department"}),
    "read_regional": frozenset({"department", "county", "city"}),
    "assign": frozenset({"supervisor", "county", "admin"}),
    "exempt": frozenset({"county"}),
    "hand_up": frozenset({"county", "city"}),
    "receive": frozenset({"city", "province"}),
    "administer": frozenset({"admin"}),
    "revoke_device": frozenset({"admin", "county", "supervisor"}),
    "read_audit": frozenset({"auditor"}),
    "register_case": frozenset({"inspector", "case_office"}),
    "work_case": frozenset({"inspector", "case_office"}),
    "rule_case": frozenset({"case_office"}),
    "report_cases": frozenset({"inspector", "case_office"}),
}


@dataclass(frozen=True, slots=True)
class Grant:
    """One role in one region (a code prefix: everything below it is included)."""

    role: str
    region_code: str


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in person on one device, bound to one programme."""

    account_id: UUID
    username: str
    full_name: str
    card_number: str | None
    programme: Programme
    grants: tuple[Grant, ...]
    session_id: UUID
    device: str
    receipt_key: bytes

    @property
    def scope(self) -> tuple[str, ...]:
        """Region prefixes of all the actor's roles: what row-level security lets the transaction see."""
        return tuple(sorted({grant.region_code for grant in self.grants}))

    @property
    def roles(self) -> frozenset[str]:
        """Names of the actor's roles."""
        return frozenset(grant.role for grant in self.grants)

    def may(self, action: str, region_code: str | None = None) -> bool:
        """Tell whether a role of the actor allows the action, in the region if one is named."""
        allowed = ACTIONS[action]
        return any(
            grant.role in allowed and (region_code is None or region_code.startswith(grant.region_code))
            for grant in self.grants
        )

    def regions(self, action: str) -> tuple[str, ...]:
        """Region prefixes in which the actor may do the action."""
        return tuple(sorted({grant.region_code for grant in self.grants if grant.role in ACTIONS[action]}))


def require(actor: Actor, action: str, region_code: str | None = None) -> None:
    """Raise ``NotAllowed`` unless a role of the actor allows the action (in the region, if one is named)."""
    if not actor.may(action, region_code):
        raise NotAllowed
