"""``census audit verify``: walk the hash chain of each programme's audit trail."""

from __future__ import annotations

import argparse

from census.commands import Commands
from census.settings import PROGRAMMES, Settings


def register(commands: Commands) -> None:
    actions = commands.add_parser("audit", help="the audit trail").add_subparsers(
        dest="action", required=True, metavar="ACTION"
    )
    actions.add_parser(
        "verify", help="walk the hash chain; exit 1 and the first broken entry if it does not hold"
    ).set_defaults(run=run)


def run(_: argparse.Namespace) -> int:
    from census.db import FULL, Database
    from census.embedded.cluster import with_databases
    from census.services.evidence import verify

    settings = with_databases(Settings.from_env())
    holds = True
    for programme in PROGRAMMES:
        database = Database(settings.database_url(programme))
        with database.transaction(FULL) as session:
            report = verify(session)
        database.close()
        if report.broken_at is None:
            print(f"{programme}: {report.entries} entries, the chain holds")
        else:
            holds = False
            print(f"{programme}: entry {report.broken_at} is broken: {report.reason}")
    return int(not holds)
