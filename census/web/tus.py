"""Resumable upload, tus 1.0 (creation, checksum, termination, expiration): photos from phones, packages from below.

A photo is sent by a signed-in account and ends in the file store. A package is sent by another instance, which signs
each request with its key, and ends with the worker.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, Final, cast
from uuid import UUID

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session
from werkzeug.http import http_date

from census.db import now, set_scope
from census.errors import Busy, ChecksumMismatch, Malformed, TooLarge, WrongContent, WrongProtocol
from census.models.files import Upload
from census.services.collect import files, uploads
from census.services.collect.uploads import Checksum, Purpose
from census.services.handup import packages
from census.settings import Programme
from census.web.instance import instance
from census.web.openapi import documented
from census.web.session import API, api_work, current_database

VERSION: Final = "1.0.0"
EXTENSIONS: Final = "creation,checksum,termination,expiration"
ALGORITHMS: Final = ("sha256", "sha1", "md5")
PART: Final = "application/offset+octet-stream"
LARGEST_META: Final = 4_000

blueprint = Blueprint("tus", __name__, url_prefix=API)


@dataclass(frozen=True, slots=True)
class Sender:
    """Who uploads, in an open transaction."""

    session: Session
    programme: Programme
    owner: Mapping[str, Any]


@contextmanager
def _sender(purpose: Purpose) -> Generator[Sender]:
    """Open the transaction of whoever may send for this purpose. Raises NotSignedIn."""
    if purpose == "file":
        with api_work() as work:
            yield Sender(work.session, work.actor.programme, {"account_id": work.actor.account_id})
        return
    with current_database("census").transaction() as session:
        key = packages.instance_of(session, dict(request.headers), request.method, request.path)
        set_scope(session, [key.region_code])
        yield Sender(session, "census", {"key_id": key.key_id})


@blueprint.after_request
def _speak(response: Response) -> Response:
    response.headers["Tus-Resumable"] = VERSION
    response.headers["Cache-Control"] = "no-store"
    if response.status_code == WrongProtocol.status:
        response.headers["Tus-Version"] = VERSION
    return response


@documented("What this server can do with uploads", status=204, public=True)
def options(purpose: Purpose) -> Response:
    """The answer names the protocol's version, its extensions and the largest upload."""
    return Response(
        status=204,
        headers={
            "Tus-Version": VERSION,
            "Tus-Extension": EXTENSIONS,
            "Tus-Max-Size": str(uploads.LARGEST_BYTES[purpose]),
            "Tus-Checksum-Algorithm": ",".join(ALGORITHMS),
        },
    )


@documented("Begin an upload", status=201)
def begin(purpose: Purpose) -> Response:
    """``Upload-Length`` says how long it is; ``Location`` of the answer is where its parts go by PATCH."""
    _check_version()
    size = _number("Upload-Length")
    if size > uploads.LARGEST_BYTES[purpose]:
        raise TooLarge(f"文件超过 {uploads.LARGEST_BYTES[purpose] >> 20} MB，不能上传。")
    meta = _metadata()
    with _sender(purpose) as sender:
        folder = uploads.folder_of(instance().settings, sender.programme)
        uploads.sweep(sender.session, folder, now())
        # An instance finds its upload by its key, a person by the account.
        own = {name: str(value) for name, value in sender.owner.items() if name == "key_id"}
        upload = uploads.begin(sender.session, purpose, size, meta | own, sender.owner.get("account_id"))
        (folder / str(upload.id)).touch()
    return Response(status=201, headers=_expiry(upload) | {"Location": f"{API}/{purpose}s/{upload.id}"})


@documented("How much of an upload has arrived")
def offset(purpose: Purpose, name: UUID) -> Response:
    """``Upload-Offset`` of the answer is where to go on."""
    _check_version()
    with _sender(purpose) as sender:
        upload = uploads.find(sender.session, purpose, name, sender.owner, now())
    file = _file(sender, upload)
    there = uploads.arrived(upload, file)
    if there == upload.size:
        _finish(purpose, sender, upload, file)
    return Response(
        status=200, headers=_expiry(upload) | {"Upload-Offset": str(there), "Upload-Length": str(upload.size)}
    )


@documented("Send a part of an upload", status=204)
def append(purpose: Purpose, name: UUID) -> Response:
    """The part begins at ``Upload-Offset``; 409 tells in ``offset`` where it should. 460: it changed on its way."""
    _check_version()
    if request.mimetype != PART:
        raise WrongContent("上传的每一段要按 tus 1.0 发送。请更新手机上的程序后重试。")
    request.max_content_length = None  # read piece by piece; the upload's own length bounds it
    begins, checksum = _number("Upload-Offset"), _checksum()
    with _sender(purpose) as sender:
        upload = uploads.find(sender.session, purpose, name, sender.owner, now())
        if upload.finished_at is None:
            upload.expires_at = now() + uploads.LIFETIME
    file = _file(sender, upload)
    there = upload.size
    # A finished upload's file is gone; its last, empty part may be repeated by who did not hear the answer.
    if upload.finished_at is None or begins != upload.size:
        there = uploads.append(file, cast("Any", request.stream), begins, upload.size, checksum)
    if there == upload.size:
        _finish(purpose, sender, upload, file)
    return Response(status=204, headers=_expiry(upload) | {"Upload-Offset": str(there)})


@documented("Give up an upload", status=204)
def terminate(purpose: Purpose, name: UUID) -> Response:
    """What has arrived is removed. A finished upload stays."""
    _check_version()
    with _sender(purpose) as sender:
        upload = uploads.find(sender.session, purpose, name, sender.owner, now())
        if upload.finished_at is None:
            sender.session.delete(upload)
    if upload.finished_at is None:
        _file(sender, upload).unlink(missing_ok=True)
    return Response(status=204)


def _finish(purpose: Purpose, sender: Sender, upload: Upload, file: Path) -> None:
    """Hand a complete upload on. Doing it again, after a kill or by two requests, changes nothing."""
    if upload.finished_at is not None:
        return
    settings = instance().settings
    content = None
    if purpose == "file":
        try:
            content = files.examine(file, upload.meta.get("sha256"), upload.meta.get("facts"))
        except FileNotFoundError:
            raise Busy from None  # another request is finishing it
        except (WrongContent, ChecksumMismatch):  # it will never be good: the sender begins anew
            with _sender(purpose) as again:
                again.session.delete(again.session.get_one(Upload, upload.id))
            file.unlink(missing_ok=True)
            raise
        files.FileStore(settings, sender.programme).save(content.kept, content.sha256)
        content.discard(file)
    with _sender(purpose) as again:
        done = again.session.get_one(Upload, upload.id, with_for_update=True)
        if done.finished_at is None:
            done.finished_at = now()
            if content is not None:
                done.meta = {**done.meta, "sha256": content.sha256}
                files.record(again.session, content, done.account_id)
            else:
                key = packages.instance_of(again.session, dict(request.headers), request.method, request.path)
                packages.receive_upload(again.session, settings, upload.id, file, key)
    if content is not None:
        file.unlink(missing_ok=True)


def _file(sender: Sender, upload: Upload) -> Path:
    return uploads.folder_of(instance().settings, sender.programme) / str(upload.id)


def _check_version() -> None:
    if request.headers.get("Tus-Resumable") != VERSION:
        raise WrongProtocol


def _number(header: str) -> int:
    text = request.headers.get(header, "")
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Malformed
    return int(text)


def _metadata() -> dict[str, str]:
    """``Upload-Metadata``: names and base64 values, separated by commas. ``sha256`` is checked when all is there."""
    given = request.headers.get("Upload-Metadata", "")
    if len(given) > LARGEST_META:
        raise Malformed
    meta: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in given.split(","))):
        name, _, value = pair.partition(" ")
        try:
            meta[name] = base64.b64decode(value, validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            raise Malformed from None
        # No PostgreSQL text holds a NUL; whose key it came by is written by us alone.
        if "\0" in meta[name] or name == "key_id":
            raise Malformed
    return meta


def _checksum() -> Checksum | None:
    given = request.headers.get("Upload-Checksum")
    if given is None:
        return None
    algorithm, _, value = given.partition(" ")
    try:
        digest = base64.b64decode(value, validate=True)
    except binascii.Error:
        raise Malformed from None
    if algorithm not in ALGORITHMS:
        raise Malformed
    return Checksum(algorithm, digest)


def _expiry(upload: Upload) -> dict[str, str]:
    if upload.finished_at:
        return {}
    return {"Upload-Expires": http_date(upload.expires_at)}


def _route(path: str, method: str, view: Callable[..., Response], purpose: Purpose) -> None:
    @wraps(view)
    def bound(**arguments: UUID) -> Response:
        return view(purpose, **arguments)

    blueprint.add_url_rule(path, f"{view.__name__}_{purpose}", bound, methods=[method], provide_automatic_options=False)


for _purpose in ("file", "package"):
    _route(f"/{_purpose}s", "OPTIONS", options, _purpose)
    _route(f"/{_purpose}s", "POST", begin, _purpose)
    _route(f"/{_purpose}s/<uuid:name>", "HEAD", offset, _purpose)
    _route(f"/{_purpose}s/<uuid:name>", "PATCH", append, _purpose)
    _route(f"/{_purpose}s/<uuid:name>", "DELETE", terminate, _purpose)
