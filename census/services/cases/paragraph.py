"""The paragraph of the bureau's yearly report, written from the figures, in its own order and wording."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Protocol

PLACE: Final = re.compile(r"\[([a-z_.0-9]+)(\|[^\]]+)?\]")


class Number(Protocol):
    """What the paragraph reads of a figure."""

    @property
    def value(self) -> int | float | None: ...
    @property
    def precision(self) -> str: ...
    @property
    def numerator(self) -> int | float | None: ...
    @property
    def denominator(self) -> int | float | None: ...


# Each sentence is a list of clauses. [id] is a figure's number; [id|万] writes it in 万 from ten thousand up; [id|/id]
# is the share of another figure with its two parts; a percentage brings its own. A clause whose numbers are all nought
# or unknown is left out. Clauses are joined by a comma unless they begin with a sign of their own.
SENTENCES: Final = (
    (
        "开展打击违法小作坊和清理整治“散乱污”专项行动[slw.operations]次",
        "出动[slw.person_times]人次",
        "共排查“散乱污”工业企业[slw.found]家",
        "完成清理整治[slw.done]家",
        "其中停产停业[slw.done_stop]间",
        "、搬迁[slw.done_move]间",
        "、拆除[slw.done_demolish]间",
        "、就地整治[slw.done_inplace]间",
        "；镇（街）自查排查企业[slw.self_found]家",
        "完成整治[slw.self_done]家",
    ),
    ("拆除“五违散乱污”场所[slw.demolish_area|万]平方米",),
    ("区领导先后[slw.leader_trips]次分别带队开展清理整治行动", "共取缔企业[slw.leader_closed]间"),
    (
        "推进[river.total]条黑臭河涌流域污染源核查",
        "其中第一阶段[river.pilot]条",
        "、第二阶段[river.phase2]条",
        "；清理整顿重点河涌流域“散乱污”企业[slw.river_found]间",
    ),
    (
        "摸查沙湾水道（紫坭段）“散乱污”企业[shawan.zini_found]间",
        "完成整治[shawan.zini_done]间",
        "；饮用水水源二级保护区共排查企业[shawan.zone2_checked]家",
        "发现“散乱污”企业[shawan.zone2_found]家",
    ),
    (
        "开展沙湾水道联合专项执法行动[shawan.joint_ops]次",
        "船艇出航[shawan.sorties]航次",
        "执法检查[shawan.person_times]人次",
        "检查吸水口[shawan.intakes]个次",
        "检查船舶[shawan.ships]艘次",
        "其中驱离违规捕捞小渔艇[shawan.ship_fish]艘次",
        "、制止冲洗甲板及排舱底水[shawan.ship_wash]艘次",
        "、检查违规停泊[shawan.ship_berth]艘次",
    ),
    (
        "办理中央环保督察交办案件[insp.cases]件",
        "办结[insp.closed_groups]宗[insp.closed_items]件",
        "；未办结[insp.open_groups]宗[insp.open_items]件",
        "；[insp.rectified]件已完成整治，占[insp.rectified|/insp.cases]",
        "[insp.rectifying]件正在推进整治，占[insp.rectifying|/insp.cases]",
    ),
    (
        "大龙涌口断面上游立案查处[insp.river_filed]家",
        "拆除河涌周边违法建筑[insp.riverside_demolish]平方米",
        "清理违法畜禽养殖场（户）[insp.breeding]个次",
    ),
    (
        "出动执法人员[enf.person_times]人次",
        "检查企业[enf.checks]家次",
        "开展专项执法行动[enf.ops]次",
        "在线监控远程监控[enf.remote|万]家次",
        "；查处环境违法案件[enf.violations]宗",
        "处罚[enf.penalties]宗",
        "；责令停产停业停止使用[enf.closures]家",
        "查处水污染物超标排放[enf.water_exceed]宗",
        "查封扣押[enf.seal]宗",
        "移送涉嫌环境犯罪[enf.transfer]宗",
        "刑事拘留[enf.detained]人",
        "其中逮捕[enf.arrested]人",
        "捣毁犯罪团伙[enf.gangs]个",
    ),
    (
        "受理信访[pet.total]宗次",
        "新开案件[pet.new]宗",
        "其中市局转办[pet.city]宗次",
        "、区长专线[pet.hotline]宗次",
        "、网站[pet.web]宗次",
        "、来电[pet.phone]宗次",
        "、其他[pet.other]宗次",
    ),
    (
        "反映问题[pet.problems]个",
        "其中废水[pet.p_water]个",
        "、大气[pet.p_air]个",
        "、噪声[pet.p_noise]个",
        "、其他[pet.p_other]个",
    ),
    (
        "立案处罚企业[pet.cased]家",
        "发出调查情况告知书[pet.letters]份",
        "责令限期整改通知书[pet.deadline_notice]份",
        "转工商查处[pet.to_saic]家",
        "；受理率[pet.accept_rate]",
        "结案率[pet.close_rate]",
    ),
)


def paragraph(year: int, figures: Mapping[str, Number]) -> str:
    """Write the year's paragraph; what a region or a year has no number for is not mentioned."""
    sentences = [_joined(clauses) for sentence in SENTENCES if (clauses := _clauses(sentence, figures))]
    if not sentences:
        return f"{year}年没有登记“散乱污”案件和专项行动。"
    return f"{year}年，" + "。".join(sentences) + "。"


def _clauses(sentence: tuple[str, ...], figures: Mapping[str, Number]) -> list[str]:
    return [
        PLACE.sub(lambda place: _written(place[1], place[2] or "", figures), clause)
        for clause in sentence
        if any(figure is not None and figure.value for figure in map(figures.get, _ids(clause)))
    ]


def _joined(clauses: list[str]) -> str:
    # The first clause may have been left out: the sentence then begins with a later one, without its sign.
    return "".join(map(_with_sign, clauses)).lstrip("，、；")


def _with_sign(clause: str) -> str:
    if clause[0] in "、；":
        return clause
    return f"，{clause}"


def _ids(clause: str) -> list[str]:
    return [place[1] for place in PLACE.finditer(clause)]


def _written(figure_id: str, how: str, figures: Mapping[str, Number]) -> str:
    figure = figures[figure_id]
    value = figure.value or 0
    if figure.numerator is not None:
        return f"{value}%（{figure.numerator}/{figure.denominator}）"
    if how.startswith("|/"):
        whole = figures[how[2:]].value or 0
        return f"{value / whole * 100:.1f}%（{value}/{whole}）"
    number = f"{value}"
    if how == "|万" and value >= 10_000:
        number = f"{value / 10_000:.4f}".rstrip("0").rstrip(".") + "万"
    return {"at_least": f"{number}多", "about": f"约{number}"}.get(figure.precision, number)
