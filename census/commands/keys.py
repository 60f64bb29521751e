"""``census keys``: show this instance's public key, trust another's."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from census.commands import Commands
from census.settings import Settings


def register(commands: Commands) -> None:
    actions = commands.add_parser("keys", help="this instance's signing key and those it trusts").add_subparsers(
        dest="action",
        required=True,
        metavar="ACTION",
    )
    actions.add_parser("show", help="print this instance's public key as JSON").set_defaults(run=show)
    trusting = actions.add_parser("trust", help="believe packages and receipts signed by another instance")
    trusting.add_argument("file", type=Path, help="what `census keys show` printed there")
    trusting.set_defaults(run=trust)


def show(_: argparse.Namespace) -> int:
    from census.services.handup import keys

    print(json.dumps(keys.public_document(Settings.from_env()), ensure_ascii=False, indent=2))
    return 0


def trust(arguments: argparse.Namespace) -> int:
    from census.db import FULL, Database
    from census.embedded.cluster import with_databases
    from census.services import evidence
    from census.services.handup import keys

    try:
        text = arguments.file.read_text(encoding="utf-8")
    except OSError as error:
        print(f"cannot read {arguments.file}: {error.strerror}")
        return 2
    document = keys.read_document(text)
    database = Database(with_databases(Settings.from_env()).census_database_url)
    with database.transaction(FULL) as session:
        keys.trust(session, document)
        evidence.record(session, "command line", "key.trusted", document["key_id"], {"region": document["region"]})
    database.close()
    print(f"trusted: {document['name']} (key {document['key_id']})")
    return 0
