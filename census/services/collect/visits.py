"""Visits: what happened at a unit's door. One visit covers all forms of a unit (art. 24, 25 of the regulation)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from census.access import Actor
from census.services import evidence
from census.services.collect.fates import REFUSALS, Status
from census.services.register.matching import Alike, similar
from census.services.register.unit_forms import owed

# Two requests with the same visit wait for each other here, also when its unit does not exist yet.
TAKE_TURNS: Final = text(
    "select pg_advisory_xact_lock(hashtextextended(cast(id as text), 0)) from unnest(cast(:ids as uuid[])) id"
)
EARLIER: Final = text("select id, digest, unit_id from visit where id = any(:ids)")
LOCK_UNITS: Final = text("""
    select unit.id, unit.region_code, assignment.account_id, coalesce(assignment.former, '{}') as former
      from unit left join assignment on assignment.unit_id = unit.id
     where unit.id = any(:ids) order by unit.id for no key update of unit
""")
NEW_UNITS: Final = text("""
    with found as (
        insert into unit (id, kind, name, address, credit_code, region_code, lon, lat, source, found_by, known, forms,
                          may_forms, created_at, updated_at)
        select id, kind, name, address, credit_code, region_code, lon, lat, 'found', :account, '{}', forms,
               may_forms, :at, :at
          from jsonb_to_recordset(cast(:rows as jsonb)) as row(
               id uuid, kind text, name text, address text, credit_code text, region_code text, lon float, lat float,
               forms jsonb, may_forms jsonb)
        on conflict (id) do nothing returning id
    )
    insert into assignment (id, unit_id, account_id, created_at) select gen_random_uuid(), id, :account, :at from found
    returning unit_id
""")
VISITS: Final = text("""
    insert into visit (id, unit_id, region_code, account_id, outcome, cards, started_at, finished_at, lon, lat,
                       accuracy_m, position_source, signature, signed_digests, device, digest, received_at)
    select id, unit_id, region_code, :account, outcome, cards, started_at, finished_at, lon, lat, accuracy_m,
           position_source, nullif(signature, 'null'::jsonb), signed_digests, device, digest, :at
      from jsonb_to_recordset(cast(:rows as jsonb)) as row(
           id uuid, unit_id uuid, region_code text, outcome text, cards jsonb, started_at timestamptz,
           finished_at timestamptz, lon float, lat float, accuracy_m float, position_source text, signature jsonb,
           signed_digests jsonb, device text, digest text)
    on conflict (id) do nothing returning id
""")
UNITS_SEEN: Final = text("""
    update unit set outcome = row.outcome, lon = coalesce(unit.lon, row.lon), lat = coalesce(unit.lat, row.lat),
                    updated_at = :at, changed_xid = pg_current_xact_id()
      from jsonb_to_recordset(cast(:rows as jsonb)) as row(id uuid, unit_id uuid, outcome text, lon float, lat float)
     where unit.id = row.unit_id and row.id = any(:stored)
""")
ATTACHMENTS: Final = text("""
    insert into attachment (id, sha256, subject_kind, subject_id, region_code)
    select gen_random_uuid(), row.signature ->> 'file', 'visit', row.id, row.region_code
      from jsonb_to_recordset(cast(:rows as jsonb)) as row(id uuid, region_code text, signature jsonb)
     where row.id = any(:stored) and row.signature ->> 'file' is not null
""")
CONFLICTS: Final = text("""
    insert into visit_conflict (id, visit_id, unit_id, region_code, account_id, content, device, digest, received_at)
    select gen_random_uuid(), row.visit_id, visit.unit_id, visit.region_code, :account, row.content, row.device,
           row.digest, :at
      from jsonb_to_recordset(cast(:rows as jsonb)) as row(visit_id uuid, content jsonb, device text, digest text)
      join visit on visit.id = row.visit_id
    on conflict (visit_id, digest) do nothing
""")
NO_SIGNATURE: Final[Mapping[str, Any]] = {"over": []}
ANOTHER: Final = "系统里已有内容不同的同号入户记录，两份都保留，未作覆盖。请联系普查指导员核对。"


@dataclass(frozen=True, slots=True)
class VisitDraft:
    """One visit as a phone sent it; ``content`` is the checked request, ``digest`` that of the request as it came."""

    id: UUID
    content: Mapping[str, Any]
    digest: str

    @property
    def unit(self) -> UUID:
        """The unit visited. One found on the way has the visit's own id unless the phone gave it another."""
        if self.content["unit"] is not None:
            return self.content["unit"]
        return self.content["new_unit"]["id"] or self.id


@dataclass(frozen=True, slots=True)
class VisitOutcome:
    """The answer to one visit."""

    id: UUID | str | None
    status: Status
    unit: UUID | None = None
    reason: str = ""
    message: str = ""


class _Place(NamedTuple):
    """A unit as it concerns a visit."""

    region_code: str
    is_mine: bool  # it is the sender's, or was


def refused(sent_id: UUID | str | None, reason: str) -> VisitOutcome:
    return VisitOutcome(sent_id, "refused", None, reason, REFUSALS[reason])


def store(session: Session, actor: Actor, drafts: Sequence[VisitDraft], at: datetime) -> list[VisitOutcome]:
    """Store visits and the units found on the way; give one outcome per draft, in the same order.

    A repeat gets the first answer; another visit under the same id is kept beside the first and changes nothing. Who
    had a unit before may still send what happened there.
    """
    if not drafts:
        return []
    session.execute(TAKE_TURNS, {"ids": sorted({draft.id for draft in drafts})})
    earlier = {
        row.id: (row.digest, row.unit_id) for row in session.execute(EARLIER, {"ids": [draft.id for draft in drafts]})
    }
    # Of several drafts with one id the first of the batch counts: the others find it among the earlier ones below.
    news = {draft.id: draft for draft in reversed(drafts) if draft.id not in earlier}
    found = _found_units(actor, news.values())
    if found:
        session.execute(NEW_UNITS, {"rows": _json(found), "account": actor.account_id, "at": at})
    units = {
        row.id: _Place(row.region_code, is_mine=actor.account_id in {row.account_id, *row.former})
        for row in session.execute(LOCK_UNITS, {"ids": sorted({draft.unit for draft in news.values()})})
    }
    mine = [draft for draft in news.values() if draft.unit in units and units[draft.unit].is_mine]
    rows = [_row(draft, units[draft.unit].region_code) for draft in mine]
    told = {"rows": _json(rows), "account": actor.account_id, "at": at}
    stored: set[UUID] = set()
    if rows:
        stored = {row.id for row in session.execute(VISITS, told)}
    if stored:
        session.execute(UNITS_SEEN, {"rows": told["rows"], "at": at, "stored": sorted(stored)})
        session.execute(ATTACHMENTS, {"rows": told["rows"], "stored": sorted(stored)})
        detail = {"stored": [(str(draft.id), draft.digest) for draft in mine if draft.id in stored]}
        evidence.record(session, actor.username, "visit", f"{len(stored)} stored", detail)
    outcomes: list[VisitOutcome] = []
    for draft in drafts:
        is_stored = draft.id in stored
        outcomes.append(_outcome(draft, earlier.get(draft.id), units.get(draft.unit), is_stored=is_stored))
        if is_stored:
            earlier.setdefault(draft.id, (news[draft.id].digest, draft.unit))
    _keep_conflicts(session, actor, drafts, outcomes, at)
    return outcomes


def _outcome(
    draft: VisitDraft, earlier: tuple[str, UUID] | None, place: _Place | None, *, is_stored: bool
) -> VisitOutcome:
    """What became of one visit. ``earlier``: digest and unit of the one with its id that is there already."""
    if earlier is not None:
        digest, unit_id = earlier
        if digest != draft.digest:
            return VisitOutcome(draft.id, "conflict", unit_id, "other_visit", ANOTHER)
        return VisitOutcome(draft.id, "repeat", unit_id)
    if is_stored:
        return VisitOutcome(draft.id, "stored", draft.unit)
    if place is None:
        return refused(draft.id, "unknown_unit")
    if not place.is_mine:
        return refused(draft.id, "not_yours")
    # Row-level security hides whose it is: the insert alone stumbled over it.
    return refused(draft.id, "id_in_use")


def _keep_conflicts(
    session: Session,
    actor: Actor,
    drafts: Sequence[VisitDraft],
    outcomes: Sequence[VisitOutcome],
    at: datetime,
) -> None:
    """Keep what was sent under an id that is taken: nothing that happened at a door is lost."""
    rows = [
        {
            "visit_id": draft.id,
            "content": draft.content,
            "device": (draft.content["device"] or "")[:200],
            "digest": draft.digest,
        }
        for draft, outcome in zip(drafts, outcomes, strict=True)
        if outcome.status == "conflict"
    ]
    if rows:
        session.execute(CONFLICTS, {"rows": _json(rows), "account": actor.account_id, "at": at})


def like_those_found(
    session: Session,
    drafts: Sequence[VisitDraft],
    outcomes: Sequence[VisitOutcome],
) -> dict[UUID, list[Alike]]:
    """For each unit that these visits found, those that the register had already and that may be the same."""
    found: dict[UUID, list[Alike]] = {}
    for draft, outcome in zip(drafts, outcomes, strict=True):
        new = draft.content["new_unit"]
        if new is not None and outcome.status in {"stored", "repeat"}:
            position = None
            if place := new["position"] or draft.content["position"]:
                position = (place["lon"], place["lat"])
            alike = similar(session, name=new["name"], code=new["uscc"] or "", position=position, without=[draft.unit])
            if alike:
                found[draft.unit] = alike
    return found


def _found_units(actor: Actor, drafts: Iterable[VisitDraft]) -> list[dict[str, Any]]:
    regions = actor.regions("collect")
    rows: list[dict[str, Any]] = []
    for draft in drafts:
        new = draft.content["new_unit"]
        if draft.content["unit"] is not None or new is None:
            continue
        region_code = new["region_code"] or regions[0]
        if region_code.startswith(regions):
            position: Mapping[str, Any] = new["position"] or draft.content["position"] or {}
            due = owed(new["kind"], {}, {})
            rows.append(
                {
                    "forms": due.must,
                    "may_forms": due.may,
                    "id": draft.unit,
                    "kind": new["kind"],
                    "name": new["name"],
                    "address": new["address"] or "",
                    "credit_code": new["uscc"] or None,
                    "region_code": region_code,
                    "lon": position.get("lon"),
                    "lat": position.get("lat"),
                }
            )
    return rows


def _row(draft: VisitDraft, region_code: str) -> dict[str, Any]:
    content = draft.content
    position: Mapping[str, Any] = content["position"] or {}
    signature = content["signature"]
    return {
        "id": draft.id,
        "unit_id": draft.unit,
        "region_code": region_code,
        "outcome": content["outcome"],
        "cards": content["enumerators"],
        "started_at": content["started_at"],
        "finished_at": content["finished_at"],
        "lon": position.get("lon"),
        "lat": position.get("lat"),
        "accuracy_m": position.get("accuracy_m"),
        "position_source": position.get("source"),
        "signature": signature,
        "signed_digests": (signature or NO_SIGNATURE)["over"],
        "device": (content["device"] or "")[:200],
        "digest": draft.digest,
    }


def _json(rows: Sequence[Mapping[str, Any]]) -> str:
    return orjson.dumps(rows).decode()
