"""``census check``: Great Expectations over a whole region; the last line printed is one JSON object."""

from __future__ import annotations

import argparse
import json

from census.commands import Commands
from census.settings import Settings


def register(commands: Commands) -> None:
    parser = commands.add_parser("check", help="run all checks over a region, as the gate before export asks for")
    parser.add_argument("--region", help="region code (default: the instance's own)")
    parser.add_argument("--form", help="one form only; such a run does not open the gate")
    parser.add_argument("--engine", choices=["embedded"], default="embedded", help="where the checks run")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Exit 1 when a check did not run, an error is open, or a warning has no explanation."""
    from census.db import FULL, Database
    from census.embedded.cluster import with_databases
    from census.jobs.check import check_region
    from census.jobs.tasks import runs_folder
    from census.services.handup.gate import gate

    settings = with_databases(Settings.from_env())
    region = arguments.region or settings.region
    database = Database(settings.census_database_url)
    summary = check_region(database, region, runs_folder(settings), form=arguments.form, actor="command line")
    with database.transaction(FULL) as session:
        looked = gate(session, region, settings.level)
    database.close()
    for form in summary["forms"]:
        print("{form} {version}: {records} records, {checks} checks, {findings} findings".format_map(form))
    for door in looked.doors:
        print(f"{'ok  ' if door.is_open else 'SHUT'} {door.name}: {door.figure} ({door.says})")
    print(json.dumps({**summary, "gate": looked.detail()}, ensure_ascii=False))
    if summary["complete"] and all(door.is_open for door in looked.doors[1:3]):  # doors 1 and 2: errors, warnings
        return 0
    return 1
