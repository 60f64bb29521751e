"""The phone's pages without data: the same for everybody, kept on the phone, filled there from what it has downloaded.

The service worker answers the addresses of the pages with these; it gets their list, made from the templates and the
digest of the static files, with its own text, so that a new release is a new worker.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any, Final

from flask import Blueprint, Response, make_response, render_template

from census.errors import NotFound
from census.web import assets
from census.web.collect import unit as view
from census.web.collect.addresses import program
from census.web.collect.todo import FILTERS, collecting

blueprint = Blueprint("collect_shell", __name__)

UNIT: Final = "/collect/units/[0-9a-f-]{36}"
SHELLS: Final = {  # template -> the addresses that it stands for
    "units": "/collect/",
    "unit": UNIT,
    "visit": f"{UNIT}/visit",
    "finish": f"{UNIT}/finish",
    "new": "/collect/new",
    "me": "/collect/me",
    "check": "/collect/check",
    "unlock": "/collect/unlock",
}
NOT_KEPT: Final = (
    "js/phone/form/reopen.js",
    "js/phone/keep/background.js",
    "js/phone/keep/sw.js",
)  # of the page without storage; workers
EMPTY: Final = "const SERVER = { release: '', precache: [], shells: [] };"
CONFIRMED_BY: Final = {"in_person": "当面确认", "phone": "电话确认", "stamp": "盖章确认"}


def shell_address(name: str) -> str:
    """Where the data-free page of this name stands in this release."""
    return f"/collect/shell/{name}/{program()[:16]}"


@blueprint.get("/collect/shell/<name>/<digest>")
def shell(name: str, digest: str) -> Response:
    """A page without data. An old address leads to today's page, uncached."""
    if name not in SHELLS:
        raise NotFound
    return assets.keep(make_response(_shell(name)), current=digest == program()[:16])


@blueprint.get("/collect/check")
def check() -> str:
    """Before going out: what a day without a network needs."""
    with collecting():
        return render_template("collect/check.html")


@blueprint.get("/collect/unlock")
def unlock() -> str:
    """Where the phone asks for its PIN; without a service worker there is nothing to unlock."""
    return render_template("collect/unlock.html")


@blueprint.get("/sw.js")
def worker() -> Response:
    """The service worker with the list of what it keeps. At the root, so that every page is in its reach."""
    return _script("")


@blueprint.get("/sw-sync.js")
def worker_that_sends() -> Response:
    """The same worker as a module, for browsers that wake it when the network is back: it sends what waits."""
    return _script(f"import '{assets.static_url('js/phone/keep/background.js')}';\n")


def _script(before: str) -> Response:
    source = (assets.FOLDER / "js/phone/keep/sw.js").read_text().replace(EMPTY, f"const SERVER = {_told()};", 1)
    response = Response(before + source, mimetype="text/javascript")
    response.headers["Cache-Control"] = "no-cache"
    return response


@blueprint.get("/app.webmanifest")
def manifest() -> Response:
    """What a phone needs to put the program on its home screen."""
    icons = [
        {
            "src": assets.static_url(f"icons/census-{size}.png"),
            "sizes": f"{size}x{size}",
            "type": "image/png",
            "purpose": "any maskable",
        }
        for size in (192, 512)
    ]
    content = {
        "name": "污染源普查",
        "short_name": "污普",
        "lang": "zh-CN",
        "id": "/collect/",
        "start_url": "/collect/",
        "scope": "/",
        "display": "standalone",
        "orientation": "portrait",
        "background_color": "#f3f6f5",
        "theme_color": "#085a50",
        "icons": [*icons, {"src": assets.static_url("icons/census.svg"), "sizes": "any", "type": "image/svg+xml"}],
    }
    response = Response(json.dumps(content, ensure_ascii=False), mimetype="application/manifest+json")
    response.headers["Cache-Control"] = "no-cache"
    return response


def precache() -> list[str]:
    """Everything that the pages without data are made of, without the forms."""
    files = sorted(path.relative_to(assets.FOLDER).as_posix() for path in assets.FOLDER.rglob("*") if path.is_file())
    wanted = [name for name in files if _is_kept(name)]
    return [*map(shell_address, SHELLS), *map(assets.static_url, wanted)]


def _is_kept(name: str) -> bool:
    folder, _, file = name.partition("/")
    stem = file.partition(".")[0]
    if folder == "js":
        return file.startswith(("phone/", "shared/")) and name not in NOT_KEPT
    return (folder == "css" and stem in {"tokens", "base", "phone"}) or name == "icons/census.svg"


@cache
def _told() -> str:
    return json.dumps(
        {
            "release": program()[:16],
            "precache": precache(),
            "shells": [[f"^{address}$", shell_address(name)] for name, address in SHELLS.items()],
        }
    )


@cache
def _shell(name: str) -> str:
    content: dict[str, Any] = {
        "shell": True,
        "outcomes": view.OUTCOMES,
        "kinds": view.CENSUS_KINDS,
        "filters": FILTERS,
        "how": CONFIRMED_BY,
        "problems": {},
        "typed": {},
    }
    return render_template(f"collect/{name}.html", **content)
