"""The web application: the only place that wires its parts together."""

from __future__ import annotations

from itertools import chain
from typing import Final

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from census.db import Database
from census.embedded.cluster import with_databases
from census.settings import PROGRAMMES, Programme, Settings
from census.web import api, assets, desk, failures, headers, health, session, tus, wechat
from census.web.cases import api as cases_api
from census.web.cases import pages as cases_pages
from census.web.collect import api as collect_api
from census.web.collect import (
    evidence_files,
    forms,
    found_units,
    paper,
    phone,
    phone_keys,
    reference,
    rescue,
    shell,
    signing,
    todo,
    visit,
)
from census.web.handup import deliver, packages, regional
from census.web.instance import Instance
from census.web.people import admin, sign_in
from census.web.register import api as register_api
from census.web.register import areas, directory
from census.web.review import api as review_api
from census.web.review import merges, overview
from census.web.review import pages as review_pages

LARGEST_REQUEST_BYTES: Final = 16 * 2**20
SHARED: Final = (health.blueprint, api.blueprint, tus.blueprint)
WINGS: Final = {
    "people": (sign_in.blueprint, admin.blueprint),
    "register": (register_api.blueprint, areas.blueprint, directory.blueprint),
    "collect": (
        todo.blueprint,
        forms.blueprint,
        phone.blueprint,
        phone_keys.blueprint,
        shell.blueprint,
        visit.blueprint,
        signing.blueprint,
        found_units.blueprint,
        collect_api.blueprint,
        reference.blueprint,
        evidence_files.blueprint,
        rescue.blueprint,
        paper.blueprint,
    ),
    "review": (review_pages.blueprint, review_api.blueprint, merges.blueprint, overview.blueprint),
    "handup": (regional.blueprint, deliver.blueprint, packages.blueprint),
    "cases": (cases_api.blueprint, cases_pages.blueprint),
}


def create_app(settings: Settings) -> Flask:
    """Build the application of one instance. Starts the embedded PostgreSQL where no database is given."""
    settings = with_databases(settings)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    app = Flask("census.web", static_folder=None)
    app.config.update(
        SECRET_KEY=settings.derived_secret("web session"),
        MAX_CONTENT_LENGTH=LARGEST_REQUEST_BYTES,
        MAX_FORM_MEMORY_SIZE=LARGEST_REQUEST_BYTES,
        # Browsers share cookies between the ports of one host, and two instances may stand there.
        SESSION_COOKIE_NAME=f"census_{settings.level}_{settings.region}",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.production,
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined]  # the default provider has it, its base has not
    databases: dict[Programme, Database] = {
        programme: Database(settings.database_url(programme)) for programme in PROGRAMMES
    }
    app.extensions["census"] = Instance(settings, databases)
    assets.install(app)
    headers.install(app, settings)
    app.before_request(rescue.allow_large_files)
    session.install(app)
    failures.install(app)
    wechat.install(app)
    desk.install(app)
    for blueprint in chain(SHARED, *WINGS.values()):
        app.register_blueprint(blueprint)
    if settings.proxies:
        hops = settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app
