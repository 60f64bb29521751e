"""The web application: the only place that wires its parts together."""

from __future__ import annotations

from typing import Final

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from census.db import Database
from census.embedded.cluster import with_databases
from census.settings import PROGRAMMES, Programme, Settings
from census.web import api, assets, desk, failures, headers, health, session, tus, wechat
from census.web.cases import api as api_cases
from census.web.cases import pages as cases
from census.web.collect import api as api_submissions
from census.web.collect import evidence_files, paper, reference, rescue
from census.web.collect import forms as collect_forms
from census.web.collect import phone as collect_phone
from census.web.collect import shell as collect_shell
from census.web.collect import todo as collect
from census.web.collect import visit as collect_visit
from census.web.handup import deliver, packages, regional
from census.web.instance import Instance
from census.web.people import admin, sign_in
from census.web.register import api as api_register
from census.web.register import areas
from census.web.register import directory as register
from census.web.register import units_api as api_units
from census.web.review import merges
from census.web.review import overview as dashboard
from census.web.review import pages as review

LARGEST_REQUEST_BYTES: Final = 16 * 2**20
BLUEPRINTS: Final = (
    health.blueprint,
    sign_in.blueprint,
    collect.blueprint,
    collect_forms.blueprint,
    collect_phone.blueprint,
    collect_shell.blueprint,
    collect_visit.blueprint,
    api.blueprint,
    api_submissions.blueprint,
    api_units.blueprint,
    api_register.blueprint,
    api_cases.blueprint,
    reference.blueprint,
    tus.blueprint,
    evidence_files.blueprint,
    review.blueprint,
    merges.blueprint,
    dashboard.blueprint,
    register.blueprint,
    rescue.blueprint,
    paper.blueprint,
    regional.blueprint,
    areas.blueprint,
    cases.blueprint,
    deliver.blueprint,
    packages.blueprint,
    admin.blueprint,
)


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
    databases: dict[Programme, Database] = {programme: Database(settings.database_url(programme)) for programme in PROGRAMMES}
    app.extensions["census"] = Instance(settings, databases)
    assets.install(app)
    headers.install(app, settings)
    app.before_request(rescue.allow_large_files)
    session.install(app)
    failures.install(app)
    wechat.install(app)
    desk.install(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    if settings.proxies:
        hops = settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app
