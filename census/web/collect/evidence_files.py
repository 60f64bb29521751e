"""Photos and documents, shown to who sent them and who may see what they belong to."""

from __future__ import annotations

from flask import Blueprint, Response, request

from census.services.collect.files import FileStore, readable
from census.web.openapi import documented
from census.web.session import API, Work, api_work, work

blueprint = Blueprint("evidence_files", __name__)

FOR_EVER = "private, max-age=31536000, immutable"  # the address names the bytes


@blueprint.get("/files/<string(length=64):sha256>")
def page_file(sha256: str) -> Response:
    """One file for a page of the desk or the phone."""
    with work() as current:
        return _file(current, sha256)


@blueprint.get(f"{API}/files/<string(length=64):name>")
@documented("One file")
def api_file(name: str) -> Response:
    """The bytes of a photo or document by their SHA-256."""
    with api_work() as current:
        return _file(current, name)


def _file(current: Work, sha256: str) -> Response:
    blob = readable(current.session, current.actor, sha256)
    with FileStore(current.settings, current.actor.programme).open(sha256) as content:
        response = Response(content.read(), mimetype=blob.media_type)
    response.headers["Cache-Control"] = FOR_EVER
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.set_etag(sha256)
    response.make_conditional(request)
    return response
