"""``census work``: the worker, which judges records and runs the long jobs."""

from __future__ import annotations

import argparse

from census.commands import Commands
from census.settings import Settings


def register(commands: Commands) -> None:
    parser = commands.add_parser("work", help="run the worker: validation, exports, uploads")
    parser.add_argument("--once", action="store_true", help="stop when nothing is left to do")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    from census.embedded.cluster import with_databases
    from census.jobs.worker import work

    work(with_databases(Settings.from_env()), once=arguments.once)
    return 0
