"""``/healthz``: the process answers. ``/readyz``: it can also serve; 503 names what is wanting."""

from __future__ import annotations

import shutil
from functools import cache

from flask import Blueprint, Response, jsonify
from sqlalchemy.exc import OperationalError

from census import schema
from census.web.instance import Instance, instance

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def alive() -> Response:
    return jsonify(status="alive")


@blueprint.get("/readyz")
def ready() -> tuple[Response, int]:
    wanting = problems(instance())
    if wanting:
        return jsonify(status="not ready", problems=wanting), 503
    return jsonify(status="ready", problems=wanting), 200


def problems(of: Instance) -> dict[str, str]:
    """What keeps this instance from serving, by name; empty when it can."""
    found: dict[str, str] = {}
    for programme, database in of.databases.items():
        try:
            stands_at = schema.revision(database)
        except OperationalError:
            found[f"database {programme}"] = "does not answer"
            continue
        if stands_at != newest_revision():
            found[f"migrations {programme}"] = f"at {stands_at or 'none'}, this program needs {newest_revision()}"
    free_mb = shutil.disk_usage(of.settings.data_dir).free // 2**20
    if free_mb < of.settings.disk_floor_mb:
        found["disk"] = f"{free_mb} MB free, at least {of.settings.disk_floor_mb} MB are needed"
    return found


@cache
def newest_revision() -> str:
    return schema.head()
