"""Bringing a programme's database to the current schema, and telling whether it is there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import make_url, text
from sqlalchemy.exc import ProgrammingError

from census.db import Database
from census.settings import PROGRAMMES, Settings

if TYPE_CHECKING:  # a web server that starts need not wait for it
    from alembic.config import Config

ROOT = Path(__file__).resolve().parent.parent


def alembic_config(owner_url: str, app_role: str) -> Config:
    """What alembic needs to work on one database as its owner."""
    from alembic.config import Config

    config = Config(ROOT / "alembic.ini")
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.attributes["url"] = owner_url
    config.attributes["app_role"] = app_role
    return config


def upgrade(owner_url: str, app_role: str, revision: str = "head") -> None:
    """Migrate one database; doing it again changes nothing."""
    from alembic import command

    command.upgrade(alembic_config(owner_url, app_role), revision)


def upgrade_all(settings: Settings) -> None:
    """Migrate both programmes' databases; each application role gets its grants with the tables."""
    for programme in PROGRAMMES:
        app_role = make_url(settings.database_url(programme)).username or ""
        upgrade(settings.owner_database_url(programme), app_role)


def head() -> str:
    """The newest revision that this program brings: the one that no other is based on."""
    steps = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "migrations/versions").glob("*.py"))
    revisions = set(re.findall(r'^revision = "(\w+)"', steps, re.MULTILINE))
    return max(revisions - set(re.findall(r'^down_revision = "(\w+)"', steps, re.MULTILINE)), default="")


def revision(database: Database) -> str:
    """The revision a database stands at; "" when it was never migrated."""
    try:
        with database.transaction() as session:
            return str(session.execute(text("select version_num from alembic_version")).scalar() or "")
    except ProgrammingError:
        return ""
