"""``/rescue``: a supervisor takes in what a phone could not send. No file is written while a transaction is open."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

from flask import Blueprint, render_template, request

from census.errors import InvalidInput, WrongContent
from census.services.cases.entry import open_cases
from census.services.collect import files, rescue
from census.services.collect.rescue import Opened, TakenIn
from census.web.collect.sent import draft_of, visit_of
from census.web.instance import instance
from census.web.session import Work, work

blueprint = Blueprint("rescue", __name__, url_prefix="/rescue")

LARGEST_BYTES: Final = 200 * 2**20


@blueprint.get("/")
def ask() -> str:
    """Where the file is chosen."""
    with work("review"):
        return render_template("collect/rescue.html", done=None, opened=None)


@blueprint.post("/")
def take_in() -> str:
    """Decrypt the file, keep its photos, store its records."""
    content = b""
    if sent := request.files.get("file"):
        content = sent.read()
    with work("review") as desk:
        opened = rescue.open_file(desk.session, desk.actor, desk.actor.programme, content)
        programme = desk.actor.programme
    with tempfile.TemporaryDirectory(dir=instance().settings.data_dir) as folder:
        examined = [
            _saved(Path(folder), data, files.FileStore(instance().settings, programme))
            for data in opened.files.values()
        ]
    read = [visit_of(one) for one in opened.visits], [draft_of(one) for one in opened.submissions]
    with work("review") as desk:
        for content_ in examined:
            files.record(desk.session, content_, opened.owner.account_id)
        return _page(desk, opened, rescue.take_in(desk.session, desk.actor, opened, read, open_cases))


def allow_large_files() -> None:
    """A day's photos are more than other requests may hold."""
    if request.path == "/rescue/" and request.method == "POST":
        request.max_content_length = LARGEST_BYTES


def _saved(folder: Path, data: bytes, store: files.FileStore) -> files.Content:
    draft = folder / "file"
    draft.write_bytes(data)
    try:
        content = files.examine(draft)
    except WrongContent:
        raise InvalidInput(rescue.UNREADABLE) from None
    store.save(content.kept, content.sha256)
    content.discard(draft)
    return content


def _page(desk: Work, opened: Opened, done: TakenIn) -> str:
    return render_template("collect/rescue.html", done=done, opened=opened, actor=desk.actor)
