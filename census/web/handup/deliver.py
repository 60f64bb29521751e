"""``/deliver/``: may this region be handed up, how far its hand-up has come, what the next level answered."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, send_file
from werkzeug.wrappers import Response

from census.access import require
from census.errors import CensusError, NotFound, NotSignedIn
from census.models.handup import Package
from census.services.handup import deliveries
from census.services.handup.deliveries import Past
from census.services.handup.gate import gate
from census.web.session import Work, work

blueprint = Blueprint("deliver", __name__, url_prefix="/deliver")

EXPORTS: Final = {
    "report": ("report.html", "汇总报告.html"),
    "objects": ("summary/objects_by_town.xlsx", "普查对象数量.xlsx"),
    "database": ("aggregate.duckdb", "汇总库.duckdb"),
}
BUSY_S: Final = 2
WAITING_S: Final = 5


@blueprint.get("/")
def page() -> str:
    """The gate of one region and its deliveries. The script fetches this page again while something is under way."""
    with work("hand_up") as current:
        regions = deliveries.regions(current.session, current.actor)
        if not regions:
            raise NotFound("名录里还没有行政区划。导入名录后再来上报。")
        region = request.args.get("region", "") or regions[0].code
        require(current.actor, "hand_up", region)
        looked = gate(current.session, region, current.settings.level)
        past = deliveries.past(current.session, region)
        latest = next(iter(past), None)
        checking = deliveries.check_is_running(current.session, region)
        return render_template(
            "handup/page.html",
            regions=regions,
            gate=looked,
            past=past,
            current=latest,
            checking=checking,
            corrected=deliveries.corrected(current.session, past),
            again_s=_again_s(past, checking=checking),
            exports=_exports(current, region),
            upper_url=current.settings.upper_url,
            county=regions[0],
        )


@blueprint.post("/check")
def check() -> Response:
    """Have the full check done."""
    return _act(lambda current, region: deliveries.request_check(current.session, current.actor, region))


@blueprint.post("/send")
def send() -> Response:
    """Build and send."""
    return _act(lambda current, region: deliveries.request(current.session, current.actor, region, current.settings))


@blueprint.post("/<uuid:delivery_id>/retry")
def retry(delivery_id: UUID) -> Response:
    """Go on with a delivery that failed."""
    return _act(lambda current, _: deliveries.retry(current.session, current.actor, delivery_id))


@blueprint.post("/<uuid:delivery_id>/receipt")
def ask_receipt(delivery_id: UUID) -> Response:
    """Ask for the receipt now."""
    return _act(lambda current, _: deliveries.ask_receipt(current.session, current.actor, delivery_id))


@blueprint.get("/packages/<uuid:package_id>")
def package_file(package_id: UUID) -> Response:
    """A package as a file, to be carried by hand where no line reaches the next level."""
    with work("hand_up") as current:
        package = current.session.get(Package, package_id)
        if package is None:
            raise NotFound("没有这个数据包。")
        require(current.actor, "hand_up", package.region_code)
        return _download(current.settings.data_dir / package.file, Path(package.file).name)


@blueprint.get("/exports/<region>/<name>")
def export_file(region: str, name: str) -> Response:
    """A file of the region's last export."""
    with work("hand_up") as current:
        require(current.actor, "hand_up", region)
        if name not in EXPORTS or not region.isdigit():
            raise NotFound
        file, shown = EXPORTS[name]
        return _download(current.settings.data_dir / "exports" / region / file, f"{region}-{shown}")


def _download(path: Path, name: str) -> Response:
    if not path.is_file():
        raise NotFound("这个文件已不在本机。请重新上报生成。")
    return send_file(path, as_attachment=True, download_name=name)


def _exports(current: Work, region: str) -> list[tuple[str, str]]:
    folder = current.settings.data_dir / "exports" / region
    return [(name, shown) for name, (file, shown) in EXPORTS.items() if (folder / file).is_file()]


def _again_s(past: list[Past], *, checking: bool) -> int:
    """After how many seconds the page looks again; 0 when nothing is under way."""
    states = {one.delivery.state for one in past}
    if checking or states & set(deliveries.UNDER_WAY):
        return BUSY_S
    if "waiting" in states:
        return WAITING_S
    return 0


def _act(action: Callable[[Work, str], object]) -> Response:
    region = request.form.get("region", "")
    try:
        with work("hand_up") as current:
            action(current, region)
    except NotSignedIn:
        raise
    except CensusError as error:
        flash(error.message, "red")
    return redirect("/deliver/?" + urlencode({"region": region}), 303)
