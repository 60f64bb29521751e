"""Formats of texts and codes by name: what an item's ``format`` may say.

A format with a pattern is an implied check; patterns keep to what ``matches`` of the check language allows. ``uscc``
and ``org_code`` are checked by their check digit instead (``valid_uscc``, ``valid_org_code``). ``tel`` only chooses
the keyboard of a phone, for items whose own written check says more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Format:
    """One format: what it must look like, in the check language and in words."""

    pattern: str  # whole match; "": nothing is implied
    words: str  # completes 「应为…」
    keyboard: Literal["text", "tel", "numeric"] = "text"
    function: str = ""  # function of the check language that decides, instead of a pattern


FORMATS: dict[str, Format] = {
    "uscc": Format("", "18 位统一社会信用代码，末位为校验位", function="valid_uscc"),
    "org_code": Format("", "9 位组织机构代码，末位为校验位", function="valid_org_code"),
    "tel": Format("", "电话号码", "tel"),
    "mobile": Format("1[3-9][0-9]{9}", "11 位手机号码", "tel"),
    "phone": Format(
        "(1[3-9][0-9]{9})|(0[0-9]{2,3}-?[0-9]{7,8}(-[0-9]{1,6})?)|([0-9]{7,8})",
        "11 位手机号码，或带区号的固定电话",
        "tel",
    ),
    "person_id": Format("([0-9]{17}[0-9X])|([A-Z][0-9A-Z]{6,11})|([0-9]{8})", "身份证或通行证、护照号码"),
    "person_or_uscc": Format(
        "([0-9]{17}[0-9X])|([0-9A-HJ-NP-RTUWXY]{18})|([A-Z][0-9A-Z]{6,11})|([0-9]{8})", "身份证号码或统一社会信用代码"
    ),
    "permit_no": Format("[0-9A-HJ-NP-RTUWXY]{18}[0-9]{3}[A-Z]", "18 位信用代码加 3 位顺序号加 1 位字母，共 22 位"),
    "sequence_2": Format("[0-9]{2}", "两位数字", "numeric"),
    "scattered_no_licence_id": Format("G[0-9]{17}", "G 加 12 位区划代码加 5 位顺序码"),
}
