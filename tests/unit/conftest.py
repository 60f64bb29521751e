"""What the tests of commands share: somebody at the command line of one instance."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import alembic.config  # noqa: F401 # pyright: ignore[reportUnusedImport] - binds standard output when first read: before a test takes it away
import pytest

from census.__main__ import main
from census.db import FULL
from census.settings import Settings
from tests.builders.review import some_regions
from tests.conftest import Databases


@dataclass
class Operator:
    """Somebody at the command line of one instance."""

    databases: Databases
    environment: dict[str, str]
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    @property
    def settings(self) -> Settings:
        return Settings.from_env(self.environment)

    def run(self, *arguments: str) -> tuple[int, str]:
        for name, value in self.environment.items():
            self.monkeypatch.setenv(name, value)
        code = main(arguments)
        said = self.capsys.readouterr()
        return code, said.out or said.err

    def last_object(self, *arguments: str) -> tuple[int, dict[str, Any]]:
        code, said = self.run(*arguments)
        return code, json.loads(said.strip().splitlines()[-1])


@pytest.fixture
def operator(
    lend_databases: Callable[[Path], Databases],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Callable[[str, str], Operator]:
    def at(level: str, region: str) -> Operator:
        databases = lend_databases(tmp_path / level)
        with databases.census.transaction(FULL) as session:
            some_regions(session)
        settings = databases.settings
        return Operator(
            databases,
            {
                "CENSUS_ENV": "test",
                "CENSUS_DATA_DIR": str(tmp_path / level),
                "CENSUS_LEVEL": level,
                "CENSUS_REGION": region,
                "CENSUS_DATABASE_URL": settings.census_database_url,
                "SCATTERED_DATABASE_URL": settings.scattered_database_url,
                "CENSUS_OWNER_DATABASE_URL": settings.census_owner_database_url,
                "SCATTERED_OWNER_DATABASE_URL": settings.scattered_owner_database_url,
            },
            monkeypatch,
            capsys,
        )

    return at
