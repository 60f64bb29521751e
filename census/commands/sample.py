"""``census sample``: example submissions as JSON lines, as a phone would send them."""

from __future__ import annotations

import argparse

from census.commands import Commands


def register(commands: Commands) -> None:
    parser = commands.add_parser(
        "sample", help="print example submissions for units of the register, one JSON line each"
    )
    parser.add_argument("form", help="a form's code, for example G102")
    parser.add_argument("--count", type=int, default=1, help="how many")
    parser.add_argument("--breaking", metavar="CHECK", help="the check that each of them is to break; default none")
    parser.add_argument("--account", metavar="NAME", help="whose units; default who has most left to do")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    import orjson

    from census.db import FULL, Database
    from census.embedded.cluster import with_databases
    from census.services.collect.samples import samples
    from census.settings import Settings

    database = Database(with_databases(Settings.from_env()).census_database_url)
    with database.transaction(FULL) as session:
        for sample in samples(session, arguments.form, arguments.count, arguments.breaking, arguments.account):
            print(orjson.dumps(sample).decode())
    database.close()
    return 0
