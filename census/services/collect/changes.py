"""What happened to an enumerator's submissions, in commit order, so that a phone never misses a return."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session

from census.access import Actor
from census.models.collect import Submission
from census.models.review import Change
from census.services.cursors import Cursor, NotOurs

LARGEST_BIGINT = 2**63 - 1


@dataclass(frozen=True, slots=True)
class ChangesPage:
    """Changes with their submission's unit and form; ``cursor`` continues after them."""

    changes: Sequence[Row[Change, UUID, str]]
    cursor: str
    has_more: bool


def changes_since(session: Session, actor: Actor, since: str = "", limit: int = 200) -> ChangesPage:
    """What reviewers and the next level did to the actor's submissions after the cursor ("": from the beginning)."""
    after = Cursor.read(since)
    if after.id > LARGEST_BIGINT:
        raise NotOurs
    query = (
        select(Change, Submission.unit_id, Submission.form)
        .join(Submission, Submission.id == Change.submission_id)
        .where(Change.account_id == actor.account_id)
        .where(
            text("(change.xid, change.id) > (cast(:xid as xid8), cast(:id as bigint))").bindparams(
                xid=str(after.xid), id=after.id
            )
        )
        # What an older transaction has yet to commit would come in before these and be missed: told is up to there.
        .where(text("change.xid < pg_snapshot_xmin(pg_current_snapshot())"))
        .order_by(Change.xid, Change.id)
        .limit(limit + 1)
    )
    found = session.execute(query).all()
    page = found[:limit]
    if not page:
        return ChangesPage((), after.text, has_more=False)
    last = page[-1].Change
    return ChangesPage(page, Cursor(int(last.xid), last.id).text, len(found) > limit)
