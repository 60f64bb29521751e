"""The states of a submission 填报 and who may move it: one table, read by the services, the API, the desk and the docs.

Levels inside an instance approve in place; the next instance acts only by receipt (role ``receipt``). A reviewer of a
city or province finds the same record under the states of that instance.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

STATE_NAMES: Final[Mapping[str, str]] = {
    "draft": "填报中",
    "submitted": "已提交",
    "received": "已收到",
    "checked": "待审核",
    "flagged": "有强制性问题",
    "supervisor_approved": "指导员已通过",
    "county_approved": "县级已通过",
    "city_approved": "市级已通过",
    "province_approved": "省级已通过",
    "handed_up": "已上报",
    "accepted": "上级已接收",
    "returned": "已退回",
    "withdrawn": "已撤回",
}

OUTCOME_NAMES: Final[Mapping[str, str]] = {
    "submit": "提交",
    "withdraw": "撤回",
    "pass": "校验通过",
    "flag": "发现强制性问题",
    "approve": "通过",
    "return": "退回",
    "exempt": "豁免",
    "hand_up": "上报",
    "accept": "接收",
    "merge": "合并核对",
    "merge_back": "合并后请填报人确认",
    "set_aside": "并入另一份",
}

ACTING_ROLE_NAMES: Final[Mapping[str, str]] = {
    "enumerator": "普查员",
    "worker": "自动校验",
    "supervisor": "普查指导员",
    "county": "县级审核员",
    "county_regional": "县级审核员（综合表）",
    "city": "市级审核员",
    "province": "省级审核员",
    "receipt": "上级回执",
}

REASONS: Final[Mapping[str, str]] = {
    "evidence_mismatch": "数据与凭证不符",
    "wrong_unit": "单位填错",
    "missing": "漏填",
    "wrong_position": "坐标不准",
    "form_mismatch": "跨表不一致",
    "weak_explanation": "说明不充分",
    "signature_missing": "签字缺失",
    "implausible": "数据明显不合理",
    "wrong_code": "代码选错",
    "wrong_object": "普查对象有误或重复",
    "other": "其他",
}


OPEN: Final = ("submitted", "checked", "flagged", "returned")
"""States in which nobody has approved a record yet."""
MERGED: Final = ("merge", "merge_back")


def _transitions() -> dict[tuple[str, str, str], str]:
    table: dict[tuple[str, str, str], str] = {}

    def allow(role: str, outcome: str, states: tuple[str, ...], target: str) -> None:
        table.update({(state, outcome, role): target for state in states})

    allow("enumerator", "submit", ("draft", "submitted", "checked", "flagged", "returned", "withdrawn"), "submitted")
    allow("enumerator", "withdraw", ("submitted", "checked", "flagged"), "withdrawn")
    allow("worker", "pass", ("submitted", "received", "checked", "flagged"), "checked")
    allow(
        "worker",
        "flag",
        (
            "submitted",
            "received",
            "checked",
            "flagged",
            # another form of the unit came in later and contradicts this one
            "supervisor_approved",
            "county_approved",
            "city_approved",
            "province_approved",
        ),
        "flagged",
    )
    allow("supervisor", "approve", ("checked",), "supervisor_approved")
    allow("supervisor", "return", ("submitted", "checked", "flagged"), "returned")
    allow("county", "approve", ("supervisor_approved",), "county_approved")
    allow("county", "return", ("checked", "flagged", "supervisor_approved", "county_approved"), "returned")
    allow("county", "exempt", ("flagged",), "checked")  # once no error is left open
    allow("county_regional", "approve", ("checked",), "county_approved")  # a department's form: no supervisor visits it
    allow("county_regional", "return", ("checked", "flagged", "county_approved"), "returned")
    allow("county_regional", "exempt", ("flagged",), "checked")
    allow("county", "hand_up", ("county_approved",), "handed_up")
    for role in ("supervisor", "county"):  # two versions of one form of a unit: see services.review.merges
        allow(role, "merge", OPEN, "submitted")
        allow(role, "merge_back", OPEN, "returned")
        allow(role, "set_aside", OPEN, "withdrawn")
    for level in ("city", "province"):
        approved = f"{level}_approved"
        allow(level, "approve", ("checked",), approved)
        allow(level, "return", ("received", "checked", "flagged", approved), "returned")
    allow("city", "hand_up", ("city_approved",), "handed_up")
    allow("receipt", "accept", ("handed_up",), "accepted")
    allow("receipt", "return", ("handed_up", "accepted"), "returned")
    return table


TRANSITIONS: Final[Mapping[tuple[str, str, str], str]] = _transitions()
"""(state, outcome, role) to the state that follows. What is not here is not allowed."""

WITHDRAWABLE: Final = tuple(at for at, outcome, by in TRANSITIONS if (outcome, by) == ("withdraw", "enumerator"))
"""States from which the enumerator may take a record back, until a reviewer opens it: see decisions.may_withdraw."""

WAITING: Final[Mapping[str, tuple[str, ...]]] = {
    "supervisor": ("flagged", "checked"),
    "county": ("flagged", "supervisor_approved"),
    "city": ("flagged", "checked"),
    "province": ("flagged", "checked"),
}
"""What a role's queue holds unless it asks for another state: what waits for this role's decision."""


def allowed(state: str, role: str) -> frozenset[str]:
    """Outcomes that the role may choose in the state."""
    return frozenset(outcome for at, outcome, by in TRANSITIONS if (at, by) == (state, role))


def why_not(state: str, outcome: str, role: str) -> str:
    """Say in one Chinese sentence why the role cannot do this now, or what comes first."""
    if outcome == "approve":
        sentence = _APPROVE.get(state)
        if sentence:
            return sentence
        if role == "county" and state == "checked":
            return "还要由普查指导员先通过，才轮到县级审核。"
        return f"这条记录{STATE_NAMES[state]}，不用再通过一次。"
    if outcome == "return" and role == "supervisor" and state in {"supervisor_approved", "county_approved"}:
        return "已通过指导员审核的记录由县级退回。请联系县级审核员。"
    if outcome == "withdraw" and state in {"withdrawn", "returned"}:
        return f"这份表{STATE_NAMES[state]}，可以直接修改，不用再撤回。"
    if outcome == "withdraw":
        return "审核已经开始，不能再撤回。请联系普查指导员退回。"
    return _CLOSED.get(state, f"这条记录{STATE_NAMES[state]}，现在不能{OUTCOME_NAMES[outcome]}。")


_APPROVE: Final = {
    "submitted": "尚在校验，通常几秒钟。请稍后刷新再审。",
    "received": "尚在校验，通常几秒钟。请稍后刷新再审。",
    "flagged": "有强制性问题，不能通过。请退回普查员改正。",
    "returned": "这条记录已退回，等普查员改正后再审。",
    "withdrawn": "普查员已撤回这条记录，等重新提交后再审。",
}
_CLOSED: Final = {
    "returned": "这条记录已经退回，正等普查员改正。",
    "withdrawn": "普查员已撤回这条记录，不用处理。",
    "handed_up": "这条记录已上报，只能等上级回执退回。",
    "accepted": "上级已接收这条记录，只能由上级回执退回。",
}
