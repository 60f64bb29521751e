"""``census send``: upload a package to the next level and print its receipt."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from census.commands import Commands
from census.settings import Settings

VERIFIED_WITHIN_S: Final = 120
PAUSE_S: Final = 0.5


def register(commands: Commands) -> None:
    parser = commands.add_parser("send", help="upload a package to the next level, print the receipt")
    parser.add_argument("package", type=Path, metavar="PACKAGE", help="a file that census export wrote")
    parser.add_argument("--to", required=True, metavar="URL", help="address of the next level's instance")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Called again for the same file after an interruption, the upload goes on where it stopped."""
    from census.services.handup import keys
    from exports.package import sha256
    from exports.upload import Target, UploadFailed, UploadRefused, receipt, send

    file: Path = arguments.package
    if not file.is_file():
        print(f"census: there is no file {file}", file=sys.stderr)
        return 2
    settings = Settings.from_env()
    target = Target(arguments.to.rstrip("/"), keys.signing_key(settings))
    notes = settings.data_dir / "uploads" / f"{sha256(file)}.json"
    notes.parent.mkdir(parents=True, exist_ok=True)
    upload_url = _begun(notes, target.url)

    def progress(url: str, sent: int) -> None:
        if url != upload_url:
            notes.write_text(json.dumps({"to": target.url, "url": url}), encoding="utf-8")
        print(f"\r{sent / 1e6:.1f} / {file.stat().st_size / 1e6:.1f} MB", end="", file=sys.stderr)

    try:
        url = send(target, file, sha256(file), upload_url, progress)
        print(file=sys.stderr)
        document = _verified(lambda: receipt(target, url))
        if document["state"] != "refused":
            _note(file, target.url, url)
    except UploadRefused as error:
        print(f"census: {error}", file=sys.stderr)
        return 1
    except UploadFailed as error:
        print(f"census: {error}; run the same command again to go on", file=sys.stderr)
        return 3
    print(json.dumps(document, ensure_ascii=False))
    return int(document["state"] == "refused")


def _begun(notes: Path, target_url: str) -> str | None:
    """Where an earlier attempt to send this file to the same instance can go on."""
    if not notes.is_file():
        return None
    begun: dict[str, str] = json.loads(notes.read_text(encoding="utf-8"))
    if begun.get("to") != target_url:
        return None
    return begun.get("url")


def _note(file: Path, target_url: str, upload_url: str) -> None:
    """Tell this instance's database, so that the records count as handed up and the worker asks for the receipt."""
    from census.db import Database
    from census.embedded.cluster import with_databases
    from census.jobs.deliver import adopt_sent

    settings = with_databases(Settings.from_env())
    database = Database(settings.census_database_url)
    adopt_sent(database, settings, file, target_url, upload_url)
    database.close()


def _verified(ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The receipt once the other side has verified the package, or as it stands when that takes long."""
    deadline = time.monotonic() + VERIFIED_WITHIN_S
    document = ask()
    while document["state"] == "verifying" and time.monotonic() < deadline:
        time.sleep(PAUSE_S)
        document = ask()
    return document
