"""What a failure looks like from outside: one table for refusals, libraries' errors and our own faults.

The API answers ``application/problem+json`` (RFC 9457), pages a calm sentence that says what to do.
"""

from __future__ import annotations

import errno
import logging
import secrets
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

from flask import Flask, Response, current_app, redirect, render_template, request
from marshmallow import ValidationError
from sqlalchemy.exc import DataError, OperationalError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from census.errors import CensusError, InvalidInput, Malformed, NotFound, NotReady, NotSignedIn, RateLimited, TooLarge

log = logging.getLogger("census.web")

# What Flask and Werkzeug refuse by themselves, by status: our code for programs, and what people read.
HTTP: Final[Mapping[int, tuple[str, str]]] = {
    400: (Malformed.code, Malformed.sentence),
    404: (NotFound.code, NotFound.sentence),
    405: ("method_not_allowed", "这个地址不支持这样的操作。请返回上一页重试。"),
    406: ("not_acceptable", "没有您要的文件格式。请换一种格式下载。"),
    408: ("timeout", "网络太慢，内容没有收全，没有保存任何数据。请重新发送。"),
    413: (TooLarge.code, TooLarge.sentence),
    415: ("not_json", "收到的内容不是 JSON，没有保存任何数据。请更新手机上的程序后重试。"),
    416: ("range", "要的内容超出了文件的范围。请重新下载。"),
    429: (RateLimited.code, RateLimited.sentence),
}
OTHERWISE: Final = ("refused", CensusError.sentence)
FAULT: Final = "程序出错了，没有保存任何数据。请稍后重试；仍不行请把下面的编号告诉管理员。"
# Short, for the head of the page; the sentence beneath says what to do.
TITLES: Final[Mapping[int, str]] = {
    401: "请重新登录",
    403: "没有权限",
    404: "没有找到",
    409: "已被改动",
    413: "内容太大",
    422: "请改正后再提交",
    429: "请稍后再试",
    500: "程序出错",
    503: "稍后再试",
}


@dataclass(frozen=True, slots=True)
class Failure:
    """What is said outside about an exception."""

    status: int
    code: str
    message: str
    detail: Mapping[str, Any] = field(default_factory=dict[str, Any])
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def title(self) -> str:
        return TITLES.get(self.status, "这一步没有完成")


def failure_of(error: Exception) -> Failure:
    """Map an exception. What is nobody's mistake but ours becomes a 500 with a reference number in the log."""
    match error:
        case CensusError():
            headers: dict[str, str] = {}
            if "retry_after_s" in error.detail:
                headers["Retry-After"] = str(error.detail["retry_after_s"])
            if isinstance(error, NotSignedIn):
                headers["WWW-Authenticate"] = 'Bearer realm="census"'
            return Failure(error.status, error.code, error.message, error.detail, headers)
        case HTTPException():
            status = error.code or 500
            code, message = HTTP.get(status, OTHERWISE)
            # Of Werkzeug's headers the two that callers act on; its others describe a page that is not sent.
            headers = {name: value for name, value in error.get_headers() if name in {"Allow", "Retry-After"}}
            return Failure(status, code, message, headers=headers)
        case ValidationError():
            return Failure(InvalidInput.status, InvalidInput.code, InvalidInput.sentence, {"fields": error.messages})
        case UnicodeDecodeError() | RecursionError() | DataError():  # what no reader of ours or PostgreSQL can take
            return Failure(Malformed.status, Malformed.code, Malformed.sentence)
        case OperationalError():  # the database is away, restarting, out of connections or broke a deadlock
            log.warning("database not available: %s", type(error.orig).__name__)
            return Failure(NotReady.status, NotReady.code, NotReady.sentence, headers={"Retry-After": "2"})
        case OSError() if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            log.warning("disk full at %s", request.endpoint)
            return Failure(NotReady.status, NotReady.code, NotReady.sentence, headers={"Retry-After": "60"})
        case _:
            return _fault(error)


def _fault(error: Exception) -> Failure:
    """Log where it happened without what it held: an exception's text may quote a respondent's answers."""
    reference = secrets.token_hex(4).upper()
    places = "".join(traceback.format_tb(error.__traceback__))
    log.error("fault %s: %s at %s %s\n%s", reference, type(error).__name__, request.method, request.endpoint, places)
    return Failure(500, "fault", FAULT, {"reference": reference})


def wants_problem() -> bool:
    """Whether the caller is a program: the API, or a script on a page that asks for JSON."""
    if request.path.startswith("/api/"):
        return True
    # A browser that opens a page accepts everything, HTML among it; a script that asks for JSON names nothing else.
    accepted = request.accept_mimetypes
    return accepted.accept_json and not accepted.accept_html


def answer(error: Exception) -> AnyResponse:
    """Answer a failed request."""
    failure = failure_of(error)
    if wants_problem():
        return problem(failure)
    if isinstance(error, NotSignedIn):  # no mistake: the day is long, and the sign-in leads back here
        wanted = "/"  # what was posted is lost; the way back to a page is not
        if request.method == "GET":
            wanted = request.full_path.rstrip("?")
        return redirect("/sign-in?" + urlencode({"next": wanted}), 303)
    response = Response(render_template("failure.html", failure=failure), failure.status)
    response.headers.update(failure.headers)
    return response


def problem(failure: Failure) -> Response:
    """A problem document; ``type`` is an address of the error's explanation in the reference."""
    document = {
        **failure.detail,  # first: no detail may pass for a member of the standard
        "type": f"/docs/errors#{failure.code}",
        "title": failure.title,
        "status": failure.status,
        "code": failure.code,
        "detail": failure.message,
    }
    response = Response(current_app.json.dumps(document), failure.status, mimetype="application/problem+json")
    response.headers.update(failure.headers)
    return response


def install(app: Flask) -> None:
    """Answer every exception by the table."""
    app.register_error_handler(Exception, answer)
