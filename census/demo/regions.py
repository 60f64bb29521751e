"""The regions of a demo, taken from the code list; both programmes' databases get the same."""

from __future__ import annotations

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from census.models.register import Region
from forms.codelists import codelist


def load_regions(session: Session) -> None:
    """Store every region of the code list that is not there yet, parents first."""
    entries = sorted(codelist("regions"), key=lambda entry: (len(entry.code), entry.code))
    rows = [
        {"code": entry.code, "name": entry.label, "level": entry.attributes["level"], "parent_code": entry.parent or None}
        for entry in entries
    ]
    session.execute(insert(Region).on_conflict_do_nothing(), rows)
