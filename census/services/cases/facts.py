"""Reading what a step says: types, required facts, and the rules that tie facts, evidence and the case together."""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, cast

from census.errors import InvalidInput
from census.services.cases.replay import Standing
from census.services.cases.states import ASSIGNED_SOURCES, MODES_OF, NUMBERED_SOURCES, Fact, Rules, Step

SHA256 = re.compile(r"[0-9a-f]{64}")
NAME_BREAKS = re.compile(r"[、，,；;\s]+")


def read_facts(step: Step, raw: Mapping[str, Any]) -> dict[str, Any]:
    """Check facts against the step's table and return them as they are stored.

    Raises InvalidInput that names every fault by key; a fact the step does not know is a fault, so that nothing
    personal slips into the history.
    """
    known = {fact.key: fact for fact in step.facts}
    faults = {key: "这一步没有这一项" for key in raw if key not in known}
    facts: dict[str, Any] = {}
    for fact in step.facts:
        value = raw.get(fact.key)
        if value in (None, "", []):
            if fact.required:
                faults[fact.key] = f"请填写{fact.label}"
            continue
        try:
            facts[fact.key] = _read(fact, value)
        except ValueError as fault:
            faults[fact.key] = str(fault)
    if faults:
        raise InvalidInput(f"{step.title}还缺内容：{step.needs}", fields=faults)
    return facts


def read_evidence(step: Step, evidence: Sequence[str]) -> list[str]:
    """Check that the files are named by SHA-256 and are enough. They may arrive after the step."""
    if not all(SHA256.fullmatch(name) for name in evidence):
        raise InvalidInput("证据文件请填 SHA-256 值（64 位）。", fields={"evidence": "不是 SHA-256"})
    distinct = list(dict.fromkeys(evidence))
    if len(distinct) < step.photos:
        raise InvalidInput(
            f"{step.title}至少要 {step.photos} 份证据，现有 {len(distinct)} 份。{step.needs}",
            fields={"evidence": f"至少 {step.photos} 份"},
        )
    return distinct


def check_together(  # noqa: C901, PLR0912 - one short rule after another, each with its own sentence
    step: Step,
    facts: Mapping[str, Any],
    evidence: Sequence[str],
    standing: Standing,
    rules: Rules,
) -> None:
    """Raise InvalidInput where facts contradict each other, the case or the evidence."""
    faults: dict[str, str] = {}
    category = facts.get("category") or standing.category
    match step.kind:
        case "find" if facts["lead_source"] in NUMBERED_SOURCES and not facts.get("lead_no"):
            faults["lead_no"] = "这类线索要填来源编号"
        case "verify":
            if facts["accuracy_m"] > rules.fix_accuracy_m:
                faults["accuracy_m"] = (
                    f"定位精度 {facts['accuracy_m']:g} 米，要在 {rules.fix_accuracy_m:g} 米以内，请重新定位"
                )
            if not (facts["is_san"] or facts["is_luan"] or facts["is_wu"]):
                faults["is_san"] = "散、乱、污都不成立，请改为提出核销"
            if len(facts["verifiers"]) < 2:
                faults["verifiers"] = "核实人员至少两人"
        case "done":
            faults |= _done_faults(facts, evidence, category, rules, photos=step.photos)
        case "accept":
            compulsory = category == "close" or standing.lead_source in ASSIGNED_SOURCES
            if compulsory and facts["review_method"] != "onsite":
                faults["review_method"] = "关停取缔类和督察、信访、交叉执法件须现场复核"
        case "look_back":
            if len(facts["inspector"]) < 2:
                faults["inspector"] = "检查人至少两人"
            if standing.lon is not None and standing.lat is not None:
                away = distance_m(standing.lon, standing.lat, facts["lon"], facts["lat"])
                if away > rules.lookback_distance_m:
                    faults["lon"] = f"定位离案件 {away:.0f} 米，要在 {rules.lookback_distance_m:g} 米以内"
        case "archive" if standing.lookback_rounds < rules.lookback_rounds:
            faults["kind"] = (
                f"已回头看 {standing.lookback_rounds} 轮，要满 {rules.lookback_rounds} 轮（{rules.author}）"
            )
        case "correct" if not facts:
            faults["facts"] = "请填写要更正的内容"
        case _:
            pass
    if faults:
        raise InvalidInput("；".join(faults.values()) + "。", fields=faults)


def _done_faults(
    facts: Mapping[str, Any],
    evidence: Sequence[str],
    category: str | None,
    rules: Rules,
    *,
    photos: int,
) -> dict[str, str]:
    faults: dict[str, str] = {}
    mode = facts["mode"]
    if category is not None and mode not in MODES_OF[category]:
        faults["mode"] = "整治方式与处置类别不符"
    if mode == "demolish" and not facts.get("demolish_area", 0) > 0:
        faults["demolish_area"] = "拆除要填拆除面积"
    if mode == "move" and not facts.get("move_proof"):
        faults["move_proof"] = "搬迁要填迁入地接收证明"
    if mode == "inplace" and not facts.get("upgrade_proof"):
        faults["upgrade_proof"] = "就地整治要填升级改造证明"
    if category == "close":
        for key in rules.clear_out:
            if not facts.get(key):
                faults[key] = "关停取缔要两断三清，请填这一项的日期"
        if len(evidence) < photos + len(rules.clear_out):
            faults["evidence"] = f"关停取缔至少要 {photos + len(rules.clear_out)} 张照片，两断三清每项一张"
    return faults


def distance_m(lon: float, lat: float, other_lon: float, other_lat: float) -> float:
    """Metres between two WGS-84 positions on a sphere."""
    half_lat, half_lon = math.radians(other_lat - lat) / 2, math.radians(other_lon - lon) / 2
    chord = (
        math.sin(half_lat) ** 2
        + math.cos(math.radians(lat)) * math.cos(math.radians(other_lat)) * math.sin(half_lon) ** 2
    )
    return 2 * 6_371_008.8 * math.asin(math.sqrt(chord))


def _read(fact: Fact, value: Any) -> Any:
    match fact.kind:
        case "text":
            return _text(value)
        case "names":
            return [read for name in _names(value) if (read := _text(name))]
        case "date":
            try:
                return date.fromisoformat(_text(value)).isoformat()
            except ValueError:
                raise ValueError("日期请写成 2018-03-30 的样子") from None
        case "number":
            return _number(value)
        case "yesno":
            answer = {True: True, False: False, "yes": True, "no": False, "true": True, "false": False}.get(value)
            if answer is None:
                raise ValueError("请选是或否")
            return answer
        case "choice":
            if value not in dict(fact.options):
                raise ValueError("请从选项中选择：" + "、".join(f"{code}（{label}）" for code, label in fact.options))
            return value


def _names(value: object) -> Sequence[object]:
    """Names as an API's list, or as people write them into one box."""
    if isinstance(value, list):
        return cast("list[object]", value)
    return NAME_BREAKS.split(_text(value))


def _text(value: object) -> str:
    if not isinstance(value, str) or "\x00" in value:
        raise ValueError("请填文字")
    return value.strip()[:2000]


def _number(value: object) -> float:
    number = math.nan
    if isinstance(value, (str, int, float)) and not isinstance(value, bool):
        with contextlib.suppress(ValueError):
            number = float(value)
    if not math.isfinite(number):
        raise ValueError("请填数字")
    return number
