"""``census migrate``: bring both databases to the schema that this program needs."""

from __future__ import annotations

import argparse

from census.commands import Commands
from census.settings import PROGRAMMES, Settings


def register(commands: Commands) -> None:
    parser = commands.add_parser("migrate", help="bring both databases to the current schema")
    parser.set_defaults(run=run)


def run(_: argparse.Namespace) -> int:
    from census import schema
    from census.cluster import with_databases

    schema.upgrade_all(with_databases(Settings.from_env()))
    for programme in PROGRAMMES:
        print(f"{programme}: at {schema.head()}")
    return 0
