"""Every packaged code list can be searched by pinyin initials, and they are those of its names."""

from __future__ import annotations

import pytest

from forms.codelists import FOLDER, codelist
from forms.pinyin import initials, with_initials


def test_every_list_has_the_initials_of_its_names() -> None:
    stale = [
        path.name
        for path in sorted(FOLDER.glob("*.csv"))
        if with_initials(text := path.read_text(encoding="utf-8")) != text
    ]
    assert stale == [], "run python -m forms.pinyin"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("城市自来水", "cszls"), ("重庆市", "cqs"), ("PM2.5（细颗粒物）", "pm25xklw"), ("2-氯苯酚", "2lbf")],
)
def test_initials_are_heard_not_spelled(name: str, expected: str) -> None:
    assert initials(name) == expected


@pytest.mark.parametrize(
    ("name", "typed", "code"), [("gbt4754", "jsjgzz", "3311"), ("regions", "zcycm", "440113015200")]
)
def test_a_code_is_found_by_initials(name: str, typed: str, code: str) -> None:
    assert code in [entry.code for entry in codelist(name).search(typed)]
