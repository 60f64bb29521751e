"""The house is as its plan says: the same wings on every floor, and names that do not repeat their folder's."""

from __future__ import annotations

import subprocess
import unicodedata
from pathlib import Path

import pytest

from census.app import WINGS
from census.schema import ROOT

FLOORS = ("census/services", "census/web", "census/web/templates", "tests/unit", "tests/web")
BESIDE = {  # what stands on a floor beside the wings
    "census/services": set[str](),
    "census/web": {"static", "templates"},
    "census/web/templates": {"macros"},
    "tests/unit": {"demo", "embedded", "examples", "exports", "forms", "jobs", "validation"},
    "tests/web": set[str](),
}
WIDEST = 120


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", *patterns], cwd=ROOT, capture_output=True, text=True, check=True)
    return [Path(line) for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


@pytest.mark.parametrize("floor", FLOORS)
def test_each_floor_has_the_same_wings(floor: str):
    folders = {path.relative_to(floor).parts[0] for path in tracked(floor) if len(path.relative_to(floor).parts) > 1}
    assert folders - BESIDE[floor] <= WINGS.keys()
    if floor in {"census/services", "census/web", "census/web/templates"}:
        assert folders - BESIDE[floor] == WINGS.keys()


def test_no_file_of_a_wing_repeats_the_wings_name():
    repeated = [
        str(path)
        for path in tracked("census", "tests")
        if path.parent.name in WINGS and repeats(path.stem.removeprefix("test_"), path.parent.name)
    ]
    assert repeated == []


def repeats(stem: str, wing: str) -> bool:
    return stem == wing or stem.startswith((f"{wing}_", f"{wing.removesuffix('s')}_"))


def test_no_folder_is_a_hall():
    counted: dict[Path, int] = {}
    for path in tracked("census/services", "census/web", "forms", "validation", "exports"):
        if path.suffix == ".py" and path.name != "__init__.py":
            counted[path.parent] = counted.get(path.parent, 0) + 1
    assert {str(folder): count for folder, count in counted.items() if count > 18} == {}


def test_no_script_or_style_has_a_line_wider_than_the_page():
    def columns(line: str) -> int:
        return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in line)

    wide = [
        f"{path}:{number}"
        for path in tracked("*.js", "*.mjs", "*.css")
        if "vendor" not in path.parts
        for number, line in enumerate((ROOT / path).read_text(encoding="utf-8").splitlines(), start=1)
        if columns(line) > WIDEST
    ]
    assert wide == []
