"""``census receive``: take in a package that was carried here as a file, and print the receipt to carry back."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from census.commands import Commands
from census.settings import Settings


def register(commands: Commands) -> None:
    parser = commands.add_parser("receive", help="take a package in from a file")
    parser.add_argument("package", type=Path, metavar="PACKAGE")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """The same file taken in again changes nothing and prints the receipt as it stands now."""
    from census.db import FULL, Database
    from census.embedded.cluster import with_databases
    from census.jobs.receive import take_in
    from census.models.handup import TrustedKey
    from census.services.handup import packages
    from exports.package import sha256
    from exports.receive import PackageRefused, ReceivedFile
    from forms.catalogue import catalogue

    file: Path = arguments.package
    if not file.is_file():
        print(f"census: there is no file {file}", file=sys.stderr)
        return 2
    settings = with_databases(Settings.from_env())
    database = Database(settings.census_database_url)
    # Named by its content: the same file taken in again is the same package.
    package_id = uuid5(NAMESPACE_URL, f"package:{sha256(file)}")
    try:
        with database.transaction(FULL) as session:
            find_key = packages.trusted_keys(session)
        with ReceivedFile(file) as received:
            facts = received.verify(find_key, catalogue())
        kept = settings.data_dir / "received" / f"{package_id}.zip"
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, kept)
        with database.transaction(FULL) as session:
            packages.note_arrival(session, settings, package_id, kept, session.get_one(TrustedKey, facts.key_id))
        take_in(database, settings, package_id)
        with database.transaction(FULL) as session:
            document = packages.receipt(session, settings, package_id)
    except PackageRefused as error:
        print(f"census: {error.message}", file=sys.stderr)
        return 1
    finally:
        database.close()
    print(json.dumps(document, ensure_ascii=False))
    return int(document["state"] == "refused")
