"""What the database itself refuses, whatever the program above it may do wrong."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from sqlalchemy import create_engine, insert, select, text
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.orm import Session

from census.db import FULL, new_id, set_scope
from census.embedded.cluster import Cluster
from census.models.register import Unit
from census.services import evidence
from census.settings import PROGRAMMES, Programme
from tests.conftest import Databases


def a_unit(session: Session, region_code: str) -> None:
    session.execute(
        insert(Unit).values(
            id=new_id(),
            kind="industrial",
            name=f"{region_code}五金厂",
            region_code=region_code,
            known={},
            forms=[],
        )
    )


def test_a_transaction_without_scope_sees_no_unit(session: Session) -> None:
    a_unit(session, "440113011001")
    set_scope(session, None)
    assert session.scalars(select(Unit.region_code)).all() == []


def test_a_town_sees_its_own_villages_only(session: Session) -> None:
    a_unit(session, "440113011001")
    a_unit(session, "440113012001")
    set_scope(session, ("440113011",))
    assert session.scalars(select(Unit.region_code)).all() == ["440113011001"]


def test_two_roles_see_the_union_of_their_regions(session: Session) -> None:
    for code in ("440113011001", "440113012001", "440113013001"):
        a_unit(session, code)
    set_scope(session, ("440113011", "440113013"))
    assert sorted(session.scalars(select(Unit.region_code))) == ["440113011001", "440113013001"]


def test_nothing_can_be_written_outside_the_scope(session: Session) -> None:
    set_scope(session, ("440113011",))
    with pytest.raises(ProgrammingError, match="row-level security"):
        a_unit(session, "440113012001")


@pytest.mark.parametrize(
    "statement",
    [
        "update audit_entry set actor = 'somebody else'",
        "delete from audit_entry",
        "update audit_head set seq = 0",
        (
            "insert into audit_entry (seq, at, actor, action, subject, body, previous, hash)"
            " select 999, now(), 'a', 'b', 'c', '{}', '', ''"
        ),
        "update revision set answers = '{}'",
        "delete from revision",
        "update decision set outcome = 'approve'",
        "delete from decision",
        "update visit set cards = '[]'",
        "delete from submission",
        "update case_event set note = ''",
        "alter table revision disable row level security",
    ],
)
def test_the_application_role_cannot(session: Session, statement: str) -> None:
    evidence.record(session, "tester", "try", "nothing", {})
    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
        session.execute(text(statement))


@dataclass(frozen=True)
class Crossing:
    """One programme's role knocking at the other's database."""

    role: Programme
    database: Programme


@pytest.mark.parametrize(
    "crossing",
    [Crossing(role, database) for role in PROGRAMMES for database in PROGRAMMES if role != database],
    ids=lambda crossing: f"{crossing.role} role, {crossing.database} database",
)
def test_a_programmes_role_cannot_connect_to_the_other_database(
    crossing: Crossing,
    cluster: Cluster,
    databases: Databases,
) -> None:
    name = databases[crossing.database].engine.url.database
    assert name is not None
    engine = create_engine(cluster.url(f"{crossing.role}_app", name))
    with pytest.raises(OperationalError, match="permission denied for database"):
        engine.connect()
    engine.dispose()


@pytest.mark.parametrize("programme", PROGRAMMES)
def test_the_application_roles_cannot_bypass_row_level_security(
    programme: Programme,
    session: Session,
) -> None:
    powers = session.execute(
        text("select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb from pg_roles where rolname = :name"),
        {"name": f"{programme}_app"},
    ).one()
    assert not any(powers)


def test_every_table_with_a_region_has_its_policy(session: Session) -> None:
    open_tables = (
        session.execute(
            text("""
        select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'region_code'
         where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace
           and not (c.relrowsecurity and c.relforcerowsecurity) order by 1
    """)
        )
        .scalars()
        .all()
    )
    # What a role is granted, which key speaks for which region and how a run went are not rows of a region.
    assert open_tables == ["role_grant", "trusted_key", "validation_run"]


def test_the_chain_of_evidence_holds_and_a_changed_entry_is_found(
    own_databases: Databases,
    cluster: Cluster,
) -> None:
    for number in range(3):
        with own_databases.census.transaction(FULL) as session:
            evidence.record(session, "county01", "approve", f"record {number}", {"revision": number})
    with own_databases.census.transaction(FULL) as session:
        report = evidence.verify(session)
        assert (report.entries, report.broken_at) == (3, None)
    assert own_databases.census.engine.url.database is not None
    engine = create_engine(cluster.owner_url(own_databases.census.engine.url.database))
    with engine.begin() as connection:
        connection.execute(text("update audit_entry set body = replace(body, 'record 1', 'record 9') where seq = 2"))
    engine.dispose()
    with own_databases.census.transaction(FULL) as session:
        report = evidence.verify(session)
    assert report.broken_at == 2


def test_the_chain_holds_however_many_write_at_once(own_databases: Databases) -> None:
    def write(number: int) -> None:
        for step in range(10):
            with own_databases.census.transaction(FULL) as session:
                evidence.record(
                    session, f"o'brien {number}", "try 100%", f"step {step}; commit", {"note": "a 'quoted' \\ text"}
                )

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    with own_databases.census.transaction(FULL) as session:
        assert evidence.verify(session) == evidence.ChainReport(40, None)


def test_a_transaction_that_fails_leaves_no_evidence(own_databases: Databases) -> None:
    def fail() -> None:
        with own_databases.census.transaction(FULL) as session:
            evidence.record(session, "somebody", "try", "something", {})
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    with own_databases.census.transaction(FULL) as session:
        assert evidence.verify(session).entries == 0
