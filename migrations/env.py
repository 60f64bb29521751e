"""Run migrations on one programme's database.

Called by ``census migrate``, which passes the owner's URL and the application role, or by the alembic command with
``-x url=… -x app_role=…``.
"""

from __future__ import annotations

from alembic import context
from sqlalchemy import create_engine, pool
from sqlalchemy.dialects.postgresql.base import ischema_names

from census import models
from census.db import Base, Xid8

assert models.__all__  # noqa: S101 - importing them is what makes all tables known to Base
ischema_names.update(xid8=Xid8)  # type: ignore[call-overload]  # so that comparing models with a database knows the type

config = context.config
arguments = context.get_x_argument(as_dictionary=True)
url = config.attributes.get("url") or arguments["url"]
app_role = config.attributes.get("app_role") or arguments.get("app_role", "census_app")
config.attributes["app_role"] = app_role


def is_ours(thing: object, name: str | None, kind: str, _reflected: bool, _other: object) -> bool:  # noqa: FBT001 - alembic's signature
    """Leave procrastinate's tables and types out of comparisons."""
    del thing
    return not (kind == "table" and name is not None and name.startswith("procrastinate_"))


engine = create_engine(url, poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_object=is_ours,
        compare_type=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
