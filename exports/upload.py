"""Sending a package to the next level: resumable upload by tus 1.0. The same upload goes on after any interruption."""

from __future__ import annotations

import base64
import http
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import requests
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from exports.signing import authorization

VERSION: Final = "1.0.0"
CHUNK_BYTES: Final = 4 * 2**20
TIMEOUT_S: Final = (10, 120)
ADDRESS: Final = "/api/v1/packages"


class UploadFailed(Exception):
    """The other side cannot be reached or does not take the package now. Trying again later is right."""


class UploadRefused(UploadFailed):
    """The other side says no, and will say so again: a person has to act."""


@dataclass(frozen=True, slots=True)
class Target:
    """The next level's instance and the key by which it knows this one."""

    url: str
    key: Ed25519PrivateKey


def send(
    target: Target,
    file: Path,
    digest: str,
    upload_url: str | None = None,
    progress: Callable[[str, int], None] = lambda _url, _sent: None,
) -> str:
    """Upload a file to its end and return the upload's address.

    ``upload_url`` is where an earlier attempt began; it is resumed from what has arrived. ``progress`` hears the
    address and the bytes that have arrived, first as soon as the address is known, so that a retry can go on there.
    Raises UploadFailed, and UploadRefused when retrying is of no use.
    """
    with requests.Session() as session:
        offset = None
        if upload_url:
            offset = _offset(session, target, upload_url)
        if upload_url is None or offset is None:
            upload_url, offset = _create(session, target, file, digest), 0
        progress(upload_url, offset)
        size = file.stat().st_size
        with file.open("rb") as content:
            while offset < size:
                content.seek(offset)
                offset = _append(session, target, upload_url, offset, content.read(CHUNK_BYTES))
                progress(upload_url, offset)
        return upload_url


def receipt(target: Target, upload_url: str) -> dict[str, Any]:
    """Ask for the receipt of an upload. Raises UploadFailed."""
    with requests.Session() as session:
        response = _ask(session, target, "GET", f"{upload_url.rstrip('/')}/receipt")
    if response.status_code != http.HTTPStatus.OK:
        raise _failure(response)
    try:
        document: dict[str, Any] = response.json()
    except requests.JSONDecodeError as error:
        raise UploadFailed("上级的回执读不出来") from error
    return document


def _create(session: requests.Session, target: Target, file: Path, digest: str) -> str:
    meta = {"filename": file.name, "digest": digest}
    response = _ask(
        session,
        target,
        "POST",
        urljoin(f"{target.url}/", ADDRESS.lstrip("/")),
        headers={
            "Upload-Length": str(file.stat().st_size),
            "Upload-Metadata": ",".join(
                f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in meta.items()
            ),
        },
    )
    if response.status_code != http.HTTPStatus.CREATED or "Location" not in response.headers:
        raise _failure(response)
    return urljoin(response.url, response.headers["Location"])


def _offset(session: requests.Session, target: Target, upload_url: str) -> int | None:
    """How much of an earlier attempt has arrived; None when the other side has forgotten it."""
    response = _ask(session, target, "HEAD", upload_url)
    if response.status_code in {http.HTTPStatus.NOT_FOUND, http.HTTPStatus.GONE}:
        return None
    if response.status_code not in {http.HTTPStatus.OK, http.HTTPStatus.NO_CONTENT}:
        raise _failure(response)
    return int(response.headers["Upload-Offset"])


def _append(session: requests.Session, target: Target, upload_url: str, offset: int, chunk: bytes) -> int:
    response = _ask(
        session,
        target,
        "PATCH",
        upload_url,
        chunk,
        {
            "Upload-Offset": str(offset),
            "Content-Type": "application/offset+octet-stream",
        },
    )
    if response.status_code == http.HTTPStatus.CONFLICT:  # a chunk had arrived though its answer had not
        arrived = _offset(session, target, upload_url)
        if arrived is None:
            raise UploadFailed("上级已清除这次上传，将重新开始")
        return arrived
    if response.status_code != http.HTTPStatus.NO_CONTENT:
        raise _failure(response)
    return int(response.headers["Upload-Offset"])


def _ask(
    session: requests.Session,
    target: Target,
    method: str,
    url: str,
    body: bytes = b"",
    headers: dict[str, str] | None = None,
) -> requests.Response:
    signed = authorization(target.key, method, urlsplit(url).path, datetime.now(UTC))
    try:
        return session.request(
            method,
            url,
            data=body or None,
            headers={"Tus-Resumable": VERSION, **(headers or {}), **signed},
            timeout=TIMEOUT_S,
            allow_redirects=False,
        )
    except requests.RequestException as error:
        raise UploadFailed(f"连接不上 {urlsplit(url).netloc}（{type(error).__name__}）") from error


def _failure(response: requests.Response) -> UploadFailed:
    """What the other side said, in its own words if it had any."""
    status = response.status_code
    try:
        said = str(response.json().get("detail", ""))
    except (requests.JSONDecodeError, AttributeError):
        said = ""
    said = said or f"上级答复 HTTP {status}"
    # These say that the request itself is at fault: sent again, it gets the same answer.
    if status in {400, 401, 403, 404, 413, 415, 422}:
        return UploadRefused(said)
    return UploadFailed(said)
