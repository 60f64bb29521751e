"""``census doctor``: everything an operator would check before asking for help, a line each."""

from __future__ import annotations

import argparse
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import make_url, text
from sqlalchemy.exc import OperationalError

from census import schema
from census.commands import Commands
from census.db import FULL, Database, now
from census.embedded.cluster import embedded_cluster, with_databases
from census.embedded.postgres import ClusterError
from census.services.handup import keys
from census.settings import PROGRAMMES, BadSettings, Settings

CLOCK_LIMIT_S: Final = 5
WORDS: Final = {True: "ok", False: "FAIL", None: "note"}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing looked at. ``good`` is None for what is worth knowing and no fault."""

    good: bool | None
    about: str
    says: str

    def __str__(self) -> str:
        return f"{WORDS[self.good]:<5}{self.about}: {self.says}"


def register(commands: Commands) -> None:
    parser = commands.add_parser("doctor", help="check settings, databases, disk, clock, keys and codes; a line each")
    parser.set_defaults(run=run)


def run(_: argparse.Namespace) -> int:
    lines: list[Line] = []
    for line in examine(os.environ):
        print(line)
        lines.append(line)
    return int(any(line.good is False for line in lines))


def examine(environ: Mapping[str, str]) -> Iterator[Line]:
    """Look at everything; what one fault hides is not looked at."""
    try:
        settings = Settings.from_env(environ)
    except BadSettings as error:
        yield from (Line(False, name, problem) for name, problem in error.problems.items())
        return
    yield Line(
        True,
        "settings",
        f"{settings.environment}, {settings.level} {settings.region or '(all regions)'}, data in {settings.data_dir}",
    )
    if settings.embedded:
        yield embedded_postgres(settings)
    try:
        settings = with_databases(settings)
    except ClusterError as error:
        yield Line(False, "embedded PostgreSQL", str(error))
        return
    databases = {programme: Database(settings.database_url(programme)) for programme in PROGRAMMES}
    for programme, database in databases.items():
        yield from examine_database(programme, database, settings)
    yield examine_separation(settings)
    checks: tuple[Callable[[Settings], Line], ...] = (disk, signing_key, placeholder_codes)
    for check in checks:
        yield check(settings)
    for database in databases.values():
        database.close()


def embedded_postgres(settings: Settings) -> Line:
    about = "embedded PostgreSQL"
    if embedded_cluster(settings).running and not demo_runs(settings):
        return Line(None, about, "left running without a demo; `census demo` and then Ctrl-C ends it")
    return Line(True, about, "as it should be")


def demo_runs(settings: Settings) -> bool:
    """Whether a ``census demo`` holds the lock of this data folder."""
    from census.commands.demo import running_in

    return running_in(settings.data_dir)


def examine_database(programme: str, database: Database, settings: Settings) -> Iterator[Line]:
    about = f"database {programme}"
    try:
        with database.transaction(FULL) as session:
            version, at = session.execute(text("select current_setting('server_version_num')::int, now()")).one()
            mighty = session.execute(
                text("select rolsuper or rolbypassrls from pg_roles where rolname = current_user")
            ).scalar_one()
    except OperationalError as error:
        yield Line(False, about, f"does not answer: {str(error.orig).strip()}")
        return
    yield Line(version >= 150000, about, f"PostgreSQL {version // 10000}.{version % 10000}")
    is_current, schema_line = schema_of(programme, database)
    yield schema_line
    yield role(programme, mighty=mighty)
    yield clock(programme, at)
    if is_current:  # an older schema may not know which accounts are the demo's
        yield demo_accounts(programme, database, settings)


def schema_of(programme: str, database: Database) -> tuple[bool, Line]:
    stands_at, about = schema.revision(database), f"schema {programme}"
    if stands_at != schema.head():
        return False, Line(False, about, f"at {stands_at or 'none'}: run `census migrate`")
    return True, Line(True, about, f"at {stands_at}")


def role(programme: str, *, mighty: bool) -> Line:
    about = f"role {programme}"
    if mighty:
        return Line(False, about, "can pass by row-level security: use a role without SUPERUSER and BYPASSRLS")
    return Line(True, about, "sees rows by region only")


def clock(programme: str, at: datetime) -> Line:
    away_s = abs((now() - at).total_seconds())
    return Line(away_s < CLOCK_LIMIT_S, f"clock {programme}", f"{away_s:.1f} s away from the database's")


def demo_accounts(programme: str, database: Database, settings: Settings) -> Line:
    with database.transaction(FULL) as session:
        count = session.execute(text("select count(*) from account where is_demo")).scalar_one()
    about = f"demo accounts {programme}"
    if count == 0:
        return Line(True, about, "none")
    if settings.production:
        return Line(False, about, f"{count} with a published password: delete them")
    return Line(True, about, f"{count}, allowed in a {settings.environment}")


def examine_separation(settings: Settings) -> Line:
    """By law (art. 35) neither programme's role may even enter the other's database."""
    for programme, other in zip(PROGRAMMES, reversed(PROGRAMMES), strict=True):
        own = make_url(settings.database_url(programme))
        foreign = Database(own.set(database=make_url(settings.database_url(other)).database).render_as_string(False))
        try:
            with foreign.transaction():
                return Line(False, "separation", f"the role of {programme} can enter the database of {other}")
        except OperationalError:  # as it should be
            pass
        finally:
            foreign.close()
    return Line(True, "separation", "neither programme can enter the other's database")


def disk(settings: Settings) -> Line:
    free_mb = shutil.disk_usage(settings.data_dir).free // 2**20
    return Line(
        free_mb >= settings.disk_floor_mb, "disk", f"{free_mb} MB free, the floor is {settings.disk_floor_mb} MB"
    )


def signing_key(settings: Settings) -> Line:
    document = keys.public_document(settings)
    mode = keys.key_file(settings).stat().st_mode & 0o777
    if mode != 0o600:
        return Line(False, "signing key", f"others can read it (mode {mode:o}): chmod 600")
    return Line(True, "signing key", f"key {document['key_id']}")


def placeholder_codes(settings: Settings) -> Line:
    """Codes that stand in for official ones; ``census export --final`` refuses records that use them."""
    from forms.codelists import codelist, names

    lists = [codelist(name) for name in names()]
    counts = {list_.name: sum(list_.is_placeholder(entry.code) for entry in list_) for list_ in lists}
    held = {name: count for name, count in counts.items() if count}
    del settings
    if not held:
        return Line(True, "placeholder codes", "none")
    return Line(None, "placeholder codes", f"{sum(held.values())} in {', '.join(sorted(held))}")
