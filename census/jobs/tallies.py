"""Folding the tallies of submissions: many lines of what changed become one for each region, form and state."""

from __future__ import annotations

from typing import Final

from sqlalchemy import text

from census.db import FULL, Database

WORTH_FOLDING: Final = 500
LINES: Final = text("""
    select count(*) - count(distinct (region_code, form, state)) from submission_tally
""")
FOLD: Final = text("""
    with gone as (delete from submission_tally returning region_code, form, state, records)
    insert into submission_tally (region_code, form, state, records)
    select region_code, form, state, sum(records) from gone group by 1, 2, 3 having sum(records) <> 0
""")


def fold(database: Database) -> int:
    """Fold the lines if there are many; nobody waits, and every reader sees the same sums before and after.

    Never finds more to do at once: 0, as the worker's loops count it.
    """
    with database.transaction(FULL) as session:
        if session.execute(LINES).scalar_one() >= WORTH_FOLDING:
            session.execute(FOLD)
    return 0
