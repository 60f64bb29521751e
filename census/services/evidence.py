"""The audit trail: one entry per request or job step, chained by hash, written by the database's own function."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from psycopg import sql
from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from census.db import run_last


def record(session: Session, actor: str, action: str, subject: str, detail: Mapping[str, object]) -> None:
    """Append one entry, in one message with the commit: it locks the head of the chain, which everybody needs.

    ``detail`` holds digests and counts of what changed, never personal data.
    """
    words = (actor, action, subject, json.dumps(detail, default=str))
    run_last(session, sql.SQL("select append_audit({}, {}, {}, {}::jsonb)").format(*map(sql.Literal, words)))


@dataclass(frozen=True, slots=True)
class ChainReport:
    """What a walk of the chain found: how many entries hold, and the first that does not."""

    entries: int
    broken_at: int | None
    reason: str = ""


def verify(session: Session) -> ChainReport:
    """Walk the chain from its first entry to its head and recompute every hash."""
    statement = text("select seq, actor, action, subject, body, previous, hash from audit_entry order by seq")
    link = hashlib.sha256(b"").digest()
    count = 0
    with session.execute(statement.execution_options(yield_per=1000)) as rows:
        for row in rows:
            problem = _problem(row, count + 1, link)
            if problem:
                return ChainReport(count, count + 1, problem)
            count, link = count + 1, bytes(row.hash)
    head = session.execute(text("select seq, hash from audit_head where id = 1")).one()
    if (head.seq, bytes(head.hash)) != (count, link):
        return ChainReport(count, count + 1, "链尾与记录数不符")
    return ChainReport(count, None)


def _problem(row: Row[Any], expected: int, link: bytes) -> str:
    if row.seq != expected:
        return "缺少一条记录"
    if bytes(row.previous) != link:
        return "与上一条的衔接被改动"
    if bytes(row.hash) != hashlib.sha256(link + row.body.encode()).digest():
        return "内容与哈希值不符"
    body = json.loads(row.body)
    if (body["seq"], body["actor"], body["action"], body["subject"]) != (row.seq, row.actor, row.action, row.subject):
        return "列与正文不符"
    return ""
