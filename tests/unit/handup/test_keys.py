from __future__ import annotations

import json

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from census.errors import InvalidInput
from census.models.handup import TrustedKey
from census.services.handup import keys
from tests.conftest import Databases


def test_the_key_stays_the_same_and_private(own_databases: Databases) -> None:
    settings = own_databases.settings
    assert keys.public_document(settings) == keys.public_document(settings)
    assert keys.key_file(settings).stat().st_mode & 0o777 == 0o600


def test_trusting_a_key_twice_keeps_one(own_databases: Databases, session: Session) -> None:
    document = keys.read_document(json.dumps(keys.public_document(own_databases.settings)))
    keys.trust(session, document)
    keys.trust(session, document)
    session.flush()
    assert session.scalar(select(func.count()).select_from(TrustedKey)) == 1


@pytest.mark.parametrize("change", [{"key_id": "0" * 16}, {"public_key": "bm90IGEga2V5"}])
def test_a_damaged_key_file_is_refused(own_databases: Databases, change: dict[str, str]) -> None:
    with pytest.raises(InvalidInput):
        keys.read_document(json.dumps(keys.public_document(own_databases.settings) | change))
