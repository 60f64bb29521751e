"""What people read in place of a check's id.

Of a written check that is its number, of one that a definition implies the item and what is the matter with it.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from forms.catalogue import catalogue

MATTERS: Final[dict[str, str]] = {
    "required": "没有填",
    "type": "填法不对",
    "range": "超出范围",
    "code": "代码不对",
    "precision": "小数位",
    "pattern": "格式不对",
    "rows": "行数",
    "unknown": "多余的内容",
}


@cache
def check_name(check: str) -> str:
    """The name of a check on desks: ``G102-C02``, or ``S103 统计负责人 没有填``.

    An id that no form knows stays as it is.
    """
    if "." not in check:
        return check  # the number of a written check
    code, *keys, kind = check.split(".")
    if code not in catalogue() or kind not in MATTERS:
        return check
    form = catalogue().current(code)
    if not keys:
        return f"{code} {MATTERS[kind]}"
    names = {item.key: item.name for item in form.items()} | {key: group.title for key, group in form.groups().items()}
    subject = names.get(keys[-1], keys[-1]).partition("（")[0]
    return " ".join(part for part in (code, subject, MATTERS[kind]) if part)
