"""What a reviewer writes: items marked for return, and notes. Checked before anything is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from census.errors import InvalidInput
from census.models.collect import Revision, Submission
from census.services.collect.states import REASONS
from forms.catalogue import UnknownForm, catalogue
from forms.definition import Form

LONGEST_TEXT: Final = 1000
MOST_ITEMS: Final = 500


def checked_text(written: str, name: str) -> str:
    """Trim one text of a reviewer. Raises InvalidInput when it is too long or not storable."""
    trimmed = written.strip()
    if len(trimmed) > LONGEST_TEXT:
        raise InvalidInput(f"文字太长，请控制在 {LONGEST_TEXT} 字以内。", fields={name: f"最多 {LONGEST_TEXT} 字"})
    if "\0" in trimmed:
        raise InvalidInput("文字里有无法保存的字符，请重新输入。", fields={name: "含有无法保存的字符"})
    return trimmed


def checked_items(session: Session, submission: Submission, items: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Check items ``{path, reason, text}`` of a return against the form and the rows sent. Raises InvalidInput."""
    if not items:
        return []
    if len(items) > MOST_ITEMS:
        raise InvalidInput(
            f"一次最多退回 {MOST_ITEMS} 项。请写在退回意见里。", fields={"items": f"最多 {MOST_ITEMS} 项"}
        )
    try:
        form = catalogue().get(submission.form, submission.version)
    except UnknownForm as error:
        sentence = f"本级还没有 {submission.form}（{submission.version} 版）的表样，不能按指标退回。请写在退回意见里。"
        raise InvalidInput(sentence, fields={"items": sentence}) from error
    answers = session.scalars(
        select(Revision.answers).where(Revision.submission_id == submission.id, Revision.number == submission.revision)
    ).one()
    faults: dict[str, str] = {}
    cleaned: list[dict[str, str]] = []
    for number, item in enumerate(items):
        path, reason, text = (item.get(name) or "" for name in ("path", "reason", "text"))
        if not (isinstance(path, str) and points_at_an_item(form, answers, path)):
            faults[f"items/{number}/path"] = f"{form.code} 没有这个指标：{path}"
        elif reason not in REASONS:
            faults[f"items/{number}/reason"] = "请选择退回原因"
        elif not isinstance(text, str):
            faults[f"items/{number}/text"] = "应为文字"
        else:
            cleaned.append({"path": path, "reason": reason, "text": checked_text(text, f"items/{number}/text")})
    if faults:
        raise InvalidInput("退回的指标有几项不对：" + "；".join(list(faults.values())[:3]) + "。", fields=faults)
    return cleaned


def points_at_an_item(form: Form, answers: Mapping[str, Any], path: str) -> bool:
    """Tell whether a JSON Pointer names an item, a row or a group of the form, or (empty) the whole record."""
    if path == "":
        return True
    if not path.startswith("/"):
        return False
    match path[1:].split("/"):
        case [key]:
            return form.has_item(key) or key in form.groups()
        case [group, row]:
            return _row_exists(form, answers, group, row)
        case [group, row, key]:
            return _row_exists(form, answers, group, row) and form.has_item(key, group)
        case _:
            return False


def _row_exists(form: Form, answers: Mapping[str, Any], group: str, row: str) -> bool:
    rows = answers.get(group)
    return (
        group in form.groups() and row.isascii() and row.isdigit() and isinstance(rows, list) and int(row) < len(rows)  # pyright: ignore[reportUnknownArgumentType]
    )
