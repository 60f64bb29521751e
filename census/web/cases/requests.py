"""What the 散乱污 pages and the API share of reading a request: whose work, which window of a report."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager
from datetime import date, datetime
from typing import Any

from flask import request
from sqlalchemy.orm import Session

from census.access import Actor, require
from census.errors import InvalidInput, NotAllowed
from census.services import evidence
from census.services.cases.queries import Filters
from census.services.cases.reports import Window, window_of
from census.web.session import Work


@contextmanager
def scattered(opened: AbstractContextManager[Work]) -> Generator[Work]:
    """Let only callers of the 散乱污 programme in. Raises NotAllowed for the census's people: the two never meet."""
    with opened as work:
        if work.actor.programme != "scattered":
            raise NotAllowed
        yield work


def note(work: Work, action: str, subject: object, **detail: Any) -> None:
    """Write the request's audit entry: the last statement before the commit."""
    evidence.record(work.session, work.actor.username, action, str(subject), detail)


def asked_window(session: Session, actor: Actor) -> Window:
    """The window of ``as_of``, ``year``, ``region`` and ``known_at``; the region is the caller's own unless asked for.

    Raises NotAllowed for another's region and InvalidInput for what cannot be read.
    """
    # Of several regions the widest: the shortest code.
    region = request.args.get("region", "") or min(actor.regions("report_cases"), key=len, default="")
    if not (region.isascii() and region.isdigit()):
        raise InvalidInput("区划代码只有数字。", fields={"region": "不是区划代码"})
    require(actor, "report_cases", region)
    year = _asked_year()
    return window_of(session, region, asked_date("as_of"), year, _asked_moment("known_at"))


def asked_filters(session: Session, actor: Actor) -> Filters:
    """The filters of a list of cases."""
    figure, window = _plain("figure"), None
    if figure:  # what a figure counts depends on its window; plain lists are of now
        window = asked_window(session, actor)
    return Filters(
        state=_plain("state"),
        region=_plain("region")[:12],
        words=_plain("words")[:60],
        is_overdue=_plain("overdue") in {"true", "1"},
        figure=figure,
        window=window,
    )


def _asked_year() -> int | None:
    year = request.args.get("year", "")
    if not year:
        return None
    if not (year.isascii() and year.isdigit() and len(year) == 4):
        raise InvalidInput("年份请填四位数字，例如 2017。", fields={"year": "不是年份"})
    return int(year)


def asked_date(name: str) -> date | None:
    """A date of the query, None if it was not given."""
    given = _plain(name)
    if not given:
        return None
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise InvalidInput("日期请写成 2017-12-31 的样子。", fields={name: "不是日期"}) from None


def _asked_moment(name: str) -> datetime | None:
    given = _plain(name)
    if not given:
        return None
    wrong = InvalidInput("时间请写成 2018-01-05T09:00:00+08:00 的样子。", fields={name: "不是时间"})
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        raise wrong from None
    if moment.tzinfo is None:  # nobody knows whose midnight it means
        raise wrong
    return moment


def _plain(name: str) -> str:
    return request.args.get(name, "").replace("\0", "").strip()
