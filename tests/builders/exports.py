"""A small district to export: two units in two towns with their records, and keys to sign with."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from exports.bundle import Bundle, Source, build
from exports.record import OpenFinding, Record, Region, Unit, line
from exports.signing import FindKey, key_id
from forms.answers.values import digest
from forms.catalogue import catalogue

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
MADE_AT = datetime(2018, 12, 3, 16, 20, tzinfo=UTC)
COUNTY = Region("440113", "番禺区", "county", "4401")
TOWNS = (Region("440113011", "小谷围街道", "town", "440113"), Region("440113012", "南村镇", "town", "440113"))
ANSWERS: dict[str, Any] = {
    "unit_name": "=兴盛五金加工厂",
    "credit_code": "91440101MA59ABCD1X",
    "water_intake_total": "12400",
    "tap_water_intake": "9000",
    "facility": [
        {"facility_id": "TW001", "design_capacity": "50", "run_hours": "2400", "treated_water": "9800"},
        {"facility_id": "TW002", "design_capacity": "20", "run_hours": None, "treated_water": "0"},
    ],
}


def a_unit(number: int, town: str = "440113011", **values: Any) -> Unit:
    facts: dict[str, Any] = {
        "id": str(UUID(int=number)),
        "kind": "industrial",
        "name": f"工厂 {number}",
        "address": "北亭村一号",
        "credit_code": None,
        "industry_code": "3311",
        "region_code": f"{town}001",
        "lon": 113.386,
        "lat": 23.046,
        "source": "register",
        "outcome": "done",
        "forms": ("G102",),
    }
    return Unit(**(facts | values))


def a_record(unit: Unit, answers: dict[str, Any] | None = None, **values: Any) -> Record:
    if answers is None:
        answers = ANSWERS
    facts: dict[str, Any] = {
        "id": str(UUID(int=int(UUID(unit.id)) + 1000)),
        "form": "G102",
        "version": "2017.1",
        "revision": 1,
        "digest": digest(answers, []),
        "unit": unit.id,
        "region_code": unit.region_code,
        "answers": answers,
    }
    return Record(**(facts | values))


def a_finding(record: Record, **values: Any) -> OpenFinding:
    facts: dict[str, Any] = {
        "id": record.id,
        "form": record.form,
        "revision": record.revision,
        "check": "G102-C02",
        "severity": "warning",
        "path": "/tap_water_intake",
        "message": "四项之和与取水量不符。",
        "state": "explained",
        "explanation": "有水费单。",
    }
    return OpenFinding(**(facts | values))


def a_source(**values: Any) -> Source:
    units = [a_unit(1), a_unit(2, "440113012", kind="livestock")]
    records = [a_record(unit) for unit in units]
    facts: dict[str, Any] = {
        "region": COUNTY,
        "units": units,
        "regions": [COUNTY, *TOWNS],
        "records": records,
        "findings": [a_finding(records[0])],
        "validation": {"complete": True, "checks": 120},
    }
    facts |= values
    facts["records"] = [line(record) for record in facts["records"]]
    return Source(**facts)


def a_bundle(
    out: Path, source: Source | None = None, key: Ed25519PrivateKey = KEY, made_at: datetime = MADE_AT
) -> Bundle:
    return build(source or a_source(), out, catalogue(), key, made_at)


def trusting(*keys: Ed25519PublicKey) -> FindKey:
    return {key_id(key): key for key in keys}.get
