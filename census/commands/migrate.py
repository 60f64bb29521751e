"""``census migrate``: bring both databases to the schema that this program needs."""

from __future__ import annotations

import argparse
from contextlib import closing

from census.commands import Commands
from census.settings import PROGRAMMES, Settings


def register(commands: Commands) -> None:
    parser = commands.add_parser("migrate", help="bring both databases to the current schema")
    parser.set_defaults(run=run)


def run(_: argparse.Namespace) -> int:
    from census import schema
    from census.db import FULL, Database
    from census.embedded.cluster import with_databases
    from census.services.register.regions import load_regions

    settings = with_databases(Settings.from_env())
    schema.upgrade_all(settings)
    for programme in PROGRAMMES:
        with closing(Database(settings.database_url(programme))) as database, database.transaction(FULL) as session:
            regions = load_regions(session)
        print(f"{programme}: at {schema.head()}, {regions} regions")
    return 0
