"""``census export``: aggregated database, tables, summaries and signed package of a region."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from census.commands import Commands
from census.settings import Settings


def register(commands: Commands) -> None:
    parser = commands.add_parser("export", help="write aggregated database and package for a region")
    parser.add_argument("--region", required=True, help="region code, for example 440113")
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="folder to write into")
    parser.add_argument(
        "--engine", choices=["embedded"], default="embedded", help="where the summary tables are worked out"
    )
    parser.add_argument(
        "--final", action="store_true", help="refuse unless the gate is open and no placeholder code is used"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    from census.db import Database
    from census.embedded.cluster import with_databases
    from census.jobs.export import export_region

    settings = with_databases(Settings.from_env())
    database = Database(settings.census_database_url)
    try:
        exported = export_region(database, settings, arguments.region, arguments.out, final=arguments.final)
    finally:
        database.close()
    package = exported.package
    print(
        json.dumps(
            {
                "package": str(package.path),
                "digest": package.digest,
                "bytes": package.size,
                "counts": dict(exported.counts),
            },
            ensure_ascii=False,
        )
    )
    return 0
