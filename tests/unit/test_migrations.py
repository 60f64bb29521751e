"""The migrations and the models say the same, and every step can be taken back."""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest
from alembic import command
from sqlalchemy import create_engine, inspect

from census.embedded.cluster import Cluster
from census.schema import alembic_config
from census.settings import Programme


@pytest.fixture
def empty_database(
    cluster: Cluster,
    templates: dict[Programme, str],  # noqa: ARG001 - they bring the roles
) -> Generator[str]:
    """The owner's URL of a database without tables.

    In a new checkout several workers begin at once: one alone makes the roles.
    """
    name = f"run_{os.getpid()}_migrations"
    cluster.create_database(name, app_role="census_app")
    yield cluster.owner_url(name)
    cluster.drop_database(name)


def test_migrations_bring_what_the_models_describe(empty_database: str) -> None:
    config = alembic_config(empty_database, "census_app")
    command.upgrade(config, "head")
    command.check(config)  # raises with the list of differences


def test_every_step_can_be_taken_back_and_done_again(empty_database: str) -> None:
    config = alembic_config(empty_database, "census_app")
    command.upgrade(config, "head")
    command.downgrade(config, "base")
    engine = create_engine(empty_database)
    assert inspect(engine).get_table_names() == ["alembic_version"]
    engine.dispose()
    command.upgrade(config, "head")
