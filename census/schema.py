"""Bringing a programme's database to the current schema, and telling whether it is there."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import make_url, text
from sqlalchemy.exc import ProgrammingError

from census.db import Database
from census.settings import PROGRAMMES, Settings

ROOT = Path(__file__).resolve().parent.parent


def alembic_config(owner_url: str, app_role: str) -> Config:
    """What alembic needs to work on one database as its owner."""
    config = Config(ROOT / "alembic.ini")
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.attributes["url"] = owner_url
    config.attributes["app_role"] = app_role
    return config


def upgrade(owner_url: str, app_role: str, revision: str = "head") -> None:
    """Migrate one database; doing it again changes nothing."""
    command.upgrade(alembic_config(owner_url, app_role), revision)


def upgrade_all(settings: Settings) -> None:
    """Migrate both programmes' databases; each application role gets its grants with the tables."""
    for programme in PROGRAMMES:
        app_role = make_url(settings.database_url(programme)).username or ""
        upgrade(settings.owner_database_url(programme), app_role)


def head() -> str:
    """The newest revision that this program brings."""
    return ScriptDirectory(ROOT / "migrations").get_current_head() or ""


def revision(database: Database) -> str:
    """The revision a database stands at; "" when it was never migrated."""
    try:
        with database.transaction() as session:
            return str(session.execute(text("select version_num from alembic_version")).scalar() or "")
    except ProgrammingError:
        return ""
