from __future__ import annotations

import base64

from sqlalchemy import text

from census.commands.doctor import examine
from census.db import FULL
from census.services.people.accounts import create_account
from tests.conftest import Databases


def faults(environ: dict[str, str]) -> dict[str, str]:
    return {line.about: line.says for line in examine(environ) if line.good is False}


def in_production(databases: Databases) -> dict[str, str]:
    return databases.environment | {
        "CENSUS_ENV": "production",
        "CENSUS_REGION": "440113",
        "CENSUS_SECRET_KEY": "s" * 48,
        "CENSUS_FIELD_KEYS": base64.urlsafe_b64encode(b"k" * 32).decode(),
    }


def test_a_sound_instance_has_no_faults(own_databases: Databases) -> None:
    assert faults(in_production(own_databases)) == {}


def test_bad_settings_are_a_line_each() -> None:
    assert set(faults({"CENSUS_LEVEL": "village", "CENSUS_PROXIES": "x"})) == {"CENSUS_LEVEL", "CENSUS_PROXIES"}


def test_a_demo_account_in_production_is_a_fault(own_databases: Databases) -> None:
    with own_databases.census.transaction(FULL) as session:
        create_account(
            session,
            username="enumerator01",
            password="Demo-2017-census",
            full_name="演示",
            grants=[],
            is_demo=True,
        )
    assert set(faults(in_production(own_databases))) == {"demo accounts census"}
    assert faults(own_databases.environment) == {}


def test_a_database_that_does_not_answer_is_named(own_databases: Databases) -> None:
    gone = own_databases.environment["SCATTERED_DATABASE_URL"].replace("_scattered?", "_gone?")
    assert "database scattered" in faults(own_databases.environment | {"SCATTERED_DATABASE_URL": gone})


def test_a_database_behind_the_program_is_named(own_databases: Databases) -> None:
    from census.db import Database

    owner = Database(own_databases.settings.owner_database_url("census"))
    with owner.transaction() as session:
        session.execute(text("update alembic_version set version_num = '0001'"))
    owner.close()
    assert set(faults(own_databases.environment)) == {"schema census"}


def test_a_key_that_others_can_read_is_a_fault(own_databases: Databases) -> None:
    assert faults(own_databases.environment) == {}
    (own_databases.settings.data_dir / "keys" / "signing.pem").chmod(0o644)
    assert set(faults(own_databases.environment)) == {"signing key"}
