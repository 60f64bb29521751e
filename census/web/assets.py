"""Static files under one digest of the whole folder: cached for ever, and a relative ES import stays in its release."""

from __future__ import annotations

import hashlib
import mimetypes
import re
from functools import cache
from pathlib import Path
from typing import Final

from flask import Blueprint, Flask, Response, abort, request
from werkzeug.security import safe_join

FOLDER: Final = Path(__file__).resolve().parent / "static"
FOR_EVER: Final = "public, max-age=31536000, immutable"
KINDS: Final = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".woff2": "font/woff2",
    ".webmanifest": "application/manifest+json",
}

VENDOR: Final = FOLDER / "js" / "vendor"  # others' scripts, as `make vendor` bundled them, with their licences
REMARKS: Final = re.compile(r"/\*\*?(?=\s).*?\s\*/ ?|^[ \t]*//[^\n]*", re.DOTALL | re.MULTILINE)

blueprint = Blueprint("assets", __name__)


@cache
def digest() -> str:
    """Name of this release of the static folder: changes when any file in it does, or what is left out of them."""
    folder = hashlib.sha256(REMARKS.pattern.encode())
    for path in sorted(path for path in FOLDER.rglob("*") if path.is_file()):
        folder.update(f"{path.relative_to(FOLDER)}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return folder.hexdigest()[:16]


def content(path: Path) -> bytes:
    """What phones get of a file: our own scripts and styles without their remarks, each line in its place."""
    if path.suffix not in {".js", ".css"} or path.is_relative_to(VENDOR):
        return path.read_bytes()
    return REMARKS.sub(lambda remark: "\n" * remark[0].count("\n"), path.read_text(encoding="utf-8")).encode()


def keep(response: Response, *, current: bool) -> Response:
    """Let an answer be kept for ever where its address names today's content; at an old address it may not be kept."""
    response.headers["Cache-Control"] = "no-cache"
    if current:
        response.headers["Cache-Control"] = FOR_EVER
    return response


def static_url(name: str) -> str:
    """The address of one static file, for example ``static_url('js/shared/rules.js')``."""
    return f"/static/{digest()}/{name}"


@blueprint.get("/static/<release>/<path:name>")
def static_file(release: str, name: str) -> Response:
    """Serve one file; another release's address gets today's file, but may not keep it."""
    path = safe_join(str(FOLDER), name)
    if path is None or not Path(path).is_file():
        abort(404)
    kind = KINDS.get(Path(path).suffix) or mimetypes.guess_type(path)[0] or "application/octet-stream"
    response = keep(Response(content(Path(path)), mimetype=kind), current=release == digest())
    response.set_etag(digest())
    response.make_conditional(request)
    return response


def install(app: Flask) -> None:
    """Serve the static folder and give templates ``static_url``."""
    app.register_blueprint(blueprint)
    app.add_template_global(static_url)
