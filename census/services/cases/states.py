"""The life of a 散乱污 case as one table: each step, where it leads, who may take it, what it must bring.

Sources: 粤府函〔2018〕289号, 番府办〔2019〕2号 for the three dispositions and 两断三清; time limits and distances are
this platform's own defaults (``RULES``) and are never shown as official. Nothing here touches a database.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

FactKind = Literal["text", "date", "number", "choice", "yesno", "names"]

STATE_NAMES: Final = {
    "found": "已发现",
    "verified": "已核实",
    "rejected": "已核销",
    "classified": "已分类",
    "rectifying": "整治中",
    "done": "待验收",
    "accepted": "已销号",
    "lookback": "回头看",
    "rebounded": "已反弹",
    "archived": "已归档",
}
RUNNING: Final = frozenset({"classified", "rectifying", "rebounded"})
"""States in which the deadline of the rectification runs."""

LEAD_SOURCES: Final = {
    "town_self": "镇街自查",
    "district": "区排查",
    "petition": "信访投诉",
    "cross": "市交叉执法",
    "central": "中央环保督察交办",
    "province": "省水气督查交办",
    "river_app": "河长APP、网格上报",
    "bigdata": "用水用电大数据名单",
    "drone": "无人机、卫星影像",
    "night": "夜间、节假日突击",
    "media": "媒体曝光",
    "joint": "联合执法发现",
    "other": "其他",
}
NUMBERED_SOURCES: Final = frozenset({"petition", "cross", "central", "province", "bigdata"})
"""Leads that come with a number of their own."""
ASSIGNED_SOURCES: Final = frozenset({"petition", "cross", "central", "province"})
"""Leads that somebody waits for an answer to: accepted only after an inspection on site."""

CATEGORIES: Final = {"close": "关停取缔", "relocate": "整合搬迁", "upgrade": "升级改造"}
MODES: Final = {"stop": "停产停业", "move": "搬迁", "demolish": "拆除", "inplace": "就地整治"}
MODES_OF: Final = {
    "close": frozenset({"stop", "demolish"}),
    "relocate": frozenset({"move", "stop"}),
    "upgrade": frozenset({"inplace", "stop"}),
}
YES_NO: Final = {"yes": "是", "no": "否"}


@dataclass(frozen=True, slots=True)
class Rules:
    """What a district decides for itself. ``author`` is shown beside every one of them."""

    author: str = "内部规则（非官方规定，可由区专项办调整）"
    verify_days: int = 5
    verify_urgent_days: int = 1  # 督察, 信访
    classify_days: int = 10
    notice_days: int = 3
    accept_days: int = 10
    lookback_days: int = 90
    lookback_rounds: int = 2
    fix_accuracy_m: float = 30
    lookback_distance_m: float = 100
    clear_out: tuple[str, ...] = (  # 两断三清; other regions have another set
        "cut_power_date",
        "cut_water_date",
        "clear_material_date",
        "clear_product_date",
        "clear_equipment_date",
    )


RULES: Final = Rules()


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing a step says besides its evidence; ``key`` is the item's key in the register form where it has one."""

    key: str
    label: str
    kind: FactKind = "text"
    required: bool = True
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One way a case moves on. ``to_state`` None leaves the state as it is."""

    kind: str
    title: str
    from_states: tuple[str, ...]
    to_state: str | None
    roles: frozenset[str]
    needs: str  # one sentence for people
    photos: int = 0  # files of evidence at least
    facts: tuple[Fact, ...] = ()
    note: bool = False  # a reason in words
    approves: str = ""  # the proposal, by somebody else, that this step answers


TOWN: Final = frozenset({"inspector"})
DISTRICT: Final = frozenset({"case_office"})
BOTH: Final = TOWN | DISTRICT
OPEN: Final = ("found", "verified", "classified", "rectifying", "done", "accepted", "lookback", "rebounded")


def _choice(key: str, label: str, options: dict[str, str], *, required: bool = True) -> Fact:
    return Fact(key, label, "choice", required, tuple(options.items()))


PLACE_FACTS: Final = (
    Fact("name", "场所名称"),
    Fact("address", "详细地址"),
    Fact("lon", "经度", "number", required=False),
    Fact("lat", "纬度", "number", required=False),
    Fact("industry_code", "行业代码", required=False),
    Fact("is_industrial", "是否工业企业（场所）", "yesno", required=False),
    Fact("river_code", "所属河涌", required=False),
    Fact(
        "source_zone",
        "饮用水水源保护区",
        "choice",
        False,
        (("none", "不在保护区"), ("first", "一级"), ("second", "二级"), ("quasi", "准保护区")),
    ),
)
PLAN_FACTS: Final = (
    _choice("category", "处置类别", CATEGORIES),
    Fact("category_reason", "分类理由"),
    Fact("measures", "整治措施（一企一策）"),
    Fact("deadline", "整治完成期限", "date"),
    Fact("resp_leader", "责任领导"),
    Fact("resp_person", "具体责任人"),
    Fact("resp_depts", "配合部门", "names", required=False),
)

STEPS: Final = {
    step.kind: step
    for step in (
        Step(
            kind="find",
            title="登记发现",
            from_states=(),
            to_state="found",
            roles=BOTH,
            photos=1,
            needs="线索来源和编号、地点、现场照片 1 张。",
            facts=(
                *PLACE_FACTS,
                _choice("lead_source", "线索来源", LEAD_SOURCES),
                Fact("lead_no", "来源编号", required=False),
                Fact("lead_batch", "排查批次", required=False),
                Fact("operation_no", "所属专项行动", required=False),
                Fact("follows", "同址前一案件编号", required=False),
            ),
        ),
        Step(
            kind="verify",
            title="现场核实",
            from_states=("found",),
            to_state="verified",
            roles=BOTH,
            photos=4,
            needs="两名以上核实人员、定位精度 30 米以内、整治前照片 4 张（门头、外景、车间、设备）、"
            "散乱污逐项认定、签字或拒签记录、出租方。",
            facts=(
                Fact("verifiers", "核实人员（两人以上）", "names"),
                Fact("lon", "经度", "number"),
                Fact("lat", "纬度", "number"),
                Fact("accuracy_m", "定位精度（米）", "number"),
                Fact("is_san", "认定为“散”", "yesno"),
                Fact("is_luan", "认定为“乱”", "yesno"),
                Fact("is_wu", "认定为“污”", "yesno"),
                _choice("record", "经营者签字", {"signed": "已签字", "refused": "拒签"}),
                Fact("landlord_name", "出租方（业主）"),
            ),
        ),
        Step(
            kind="propose_reject",
            title="提出核销",
            from_states=("found", "verified"),
            to_state=None,
            roles=TOWN,
            photos=1,
            note=True,
            needs="核销理由和现场照片；由区专项办审定。",
            facts=(
                _choice(
                    "reject_reason",
                    "核销原因",
                    {"not_scattered": "不属于散乱污", "not_found": "查无此处", "gone": "已灭失"},
                ),
            ),
        ),
        Step(
            kind="reject",
            title="审定核销",
            from_states=("found", "verified"),
            to_state="rejected",
            roles=DISTRICT,
            needs="镇街已提出核销，由另一人审定；编号永久保留。",
            approves="propose_reject",
        ),
        Step(
            kind="propose_category",
            title="提出分类",
            from_states=("verified",),
            to_state=None,
            roles=TOWN,
            needs="处置类别和理由；由区专项办审定。",
            facts=PLAN_FACTS[:2],
        ),
        Step(
            kind="classify",
            title="审定分类",
            from_states=("verified",),
            to_state="classified",
            roles=DISTRICT,
            needs="镇街已提出分类；类别和理由、一企一策、期限、责任领导和责任人、配合部门。",
            facts=PLAN_FACTS,
            approves="propose_category",
        ),
        Step(
            kind="rectify",
            title="启动整治",
            from_states=("classified",),
            to_state="rectifying",
            roles=TOWN,
            needs="整改通知书已送达经营者和出租方。",
            facts=(
                Fact("notice_no", "通知书文号"),
                Fact("notice_date", "送达经营者日期", "date"),
                Fact("landlord_notice_date", "送达出租方日期", "date"),
            ),
        ),
        Step(
            kind="done",
            title="报整治完成",
            from_states=("rectifying",),
            to_state="done",
            roles=TOWN,
            photos=2,
            needs="整治方式、与整治前同角度的照片 2 张；关停取缔另需两断三清五项的日期和照片。",
            facts=(
                _choice("mode", "整治方式", MODES),
                Fact("demolish_area", "拆除面积（平方米）", "number", required=False),
                Fact("move_proof", "迁入地接收证明", required=False),
                Fact("upgrade_proof", "升级改造证明", required=False),
                Fact("cut_power_date", "断电日期", "date", required=False),
                Fact("cut_water_date", "断水日期", "date", required=False),
                Fact("clear_material_date", "清原料日期", "date", required=False),
                Fact("clear_product_date", "清产品日期", "date", required=False),
                Fact("clear_equipment_date", "清生产设备日期", "date", required=False),
                Fact("operation_no", "所属专项行动", required=False),
            ),
        ),
        Step(
            kind="self_check",
            title="镇街自验",
            from_states=("done",),
            to_state=None,
            roles=TOWN,
            photos=1,
            needs="自验表，分管领导签字。",
            facts=(Fact("self_check_leader", "签字的分管领导"),),
        ),
        Step(
            kind="accept",
            title="复核销号",
            from_states=("done",),
            to_state="accepted",
            roles=DISTRICT,
            photos=1,
            needs="镇街已自验；复核人不是发现人，也不是自验人；关停取缔类和督察、信访、交叉执法件须现场复核。",
            facts=(
                _choice(
                    "review_method", "复核方式", {"onsite": "现场复核", "doc": "资料复核", "video": "视频、无人机"}
                ),
                Fact("closed_no", "销号文号", required=False),
            ),
        ),
        Step(
            kind="return",
            title="退回整改",
            from_states=("done",),
            to_state="rectifying",
            roles=DISTRICT,
            note=True,
            needs="退回原因。",
        ),
        Step(
            kind="look_back",
            title="回头看",
            from_states=("accepted", "lookback"),
            to_state="lookback",
            roles=BOTH,
            photos=1,
            needs="检查人两名以上、定位离案件 100 米以内、现场照片、是否复电。发现反弹的，由区专项办认定反弹。",
            facts=(
                Fact("inspector", "检查人（两人以上）", "names"),
                Fact("lon", "经度", "number"),
                Fact("lat", "纬度", "number"),
                Fact("power_restored", "是否复电", "yesno"),
            ),
        ),
        Step(
            kind="archive",
            title="归档",
            from_states=("lookback",),
            to_state="archived",
            roles=DISTRICT,
            needs="回头看达到规定轮次且没有反弹。",
        ),
        Step(
            kind="rebound",
            title="认定反弹",
            from_states=("accepted", "lookback"),
            to_state="rebounded",
            roles=DISTRICT,
            photos=1,
            needs="反弹形式、处理措施、现场照片。原完成记录保留。",
            facts=(
                _choice(
                    "rebound_kind",
                    "反弹形式",
                    {
                        "same": "原场所原业主复产",
                        "new_tenant": "原场所换人复产",
                        "moved": "异地复产",
                        "partial": "未清设备",
                    },
                ),
                Fact("lb_action", "处理措施"),
            ),
        ),
        Step(
            kind="reopen",
            title="重新立项",
            from_states=("rebounded",),
            to_state="classified",
            roles=DISTRICT,
            needs="新的类别、措施和期限；案件编号加后缀。",
            facts=PLAN_FACTS,
        ),
        Step(
            kind="enforce",
            title="登记执法措施",
            from_states=OPEN,
            to_state=None,
            roles=BOTH,
            needs="措施种类、文书文号和日期。",
            facts=(
                _choice(
                    "enf_kind",
                    "执法措施",
                    {
                        "case": "立案处罚",
                        "seal": "查封扣押",
                        "stop": "责令停产停业",
                        "limit": "限产停产",
                        "detain": "移送行政拘留",
                        "crime": "移送涉嫌环境犯罪",
                        "saic": "转市场监管",
                        "urban": "转城管拆违",
                        "fire": "转消防",
                        "other": "其他",
                    },
                ),
                Fact("enf_doc_no", "文书文号"),
                Fact("enf_date", "文书日期", "date"),
                Fact("enf_org", "承办单位", required=False),
            ),
        ),
        Step(
            kind="correct",
            title="更正登记",
            from_states=OPEN,
            to_state=None,
            roles=BOTH,
            note=True,
            needs="更正的内容和原因；原内容留在历史里。",
            facts=tuple(Fact(fact.key, fact.label, fact.kind, False, fact.options) for fact in PLACE_FACTS),
        ),
        Step(
            kind="remark",
            title="备注",
            from_states=(*OPEN, "rejected", "archived"),
            to_state=None,
            roles=BOTH,
            note=True,
            needs="说明文字。",
        ),
    )
}
"""Every step by its kind. ``from_states`` empty: the step that opens a case."""


def next_steps(state: str) -> tuple[Step, ...]:
    """Steps that lead on from a state, those that move the case first."""
    found = [step for step in STEPS.values() if state in step.from_states]
    return tuple(sorted(found, key=lambda step: step.kind in {"enforce", "correct", "remark"}))
