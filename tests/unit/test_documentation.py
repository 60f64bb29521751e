"""Guards against rot: what the program knows is documented, and what is documented exists."""

from __future__ import annotations

import argparse
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from census import errors, settings
from census.__main__ import parser
from census.errors import CensusError
from census.schema import ROOT

REFERENCE = ROOT / "docs" / "reference"


def first_column(page: str, pattern: str) -> set[str]:
    lines = (REFERENCE / page).read_text(encoding="utf-8").splitlines()
    return {match[1] for line in lines if (match := re.match(pattern, line))}


def test_every_setting_is_documented_and_every_documented_one_is_read() -> None:
    source = Path(settings.__file__).read_text(encoding="utf-8")
    read = set(re.findall(r'"((?:CENSUS|SCATTERED|SPARK)_[A-Z_]+)"', source))
    assert first_column("settings.md", r"\| `([A-Z_]+)`") == read


def commands(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    nested = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not nested:
        yield parser
    for action in nested:
        for child in action.choices.values():
            yield from commands(child)


def test_every_command_is_documented_and_every_documented_one_exists() -> None:
    assert first_column("commands.md", r"\| `(census [a-z -]+?)`") == {command.prog for command in commands(parser())}


@pytest.mark.parametrize("command", list(commands(parser())), ids=lambda command: command.prog)
def test_every_option_of_a_command_is_documented(command: argparse.ArgumentParser) -> None:
    page = (REFERENCE / "commands.md").read_text(encoding="utf-8")
    row = next((line for line in page.splitlines() if line.startswith(f"| `{command.prog}`")), "")
    options = {word for action in command._actions for word in action.option_strings if word not in {"-h", "--help"}}
    assert sorted(option for option in options if option not in row) == []


def test_every_error_is_documented_with_its_status() -> None:
    known = [thing for thing in vars(errors).values() if isinstance(thing, type) and issubclass(thing, CensusError)]
    rows = re.findall(
        r"^\| `([a-z_]+)` \| (\d+) \|", (REFERENCE / "errors.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert {(error.code, str(error.status)) for error in known} == set(rows)
    assert len(rows) == len(known), "two errors share a code"


@pytest.mark.parametrize(
    "error", [error for error in CensusError.__subclasses__() if error.__module__ == errors.__name__]
)
def test_an_error_speaks_chinese_in_a_whole_sentence(error: type[CensusError]) -> None:
    assert error.sentence.endswith("。")
    assert "," not in error.sentence


def test_wsgi_is_two_lines() -> None:
    assert len((ROOT / "wsgi.py").read_text().splitlines()) == 2


def tracked_files(*patterns: str) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", *patterns], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def test_links_between_documents_lead_somewhere() -> None:
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in tracked_files("*.md")
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []


def test_nothing_is_left_open_in_the_code() -> None:
    marks = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "NotImplemented" + "Error")) + r")\b")
    assert [
        str(file.relative_to(ROOT))
        for file in tracked_files("*.py", "*.js", "*.sql")
        if marks.search(file.read_text(encoding="utf-8"))
    ] == []


def test_no_module_is_longer_than_a_reader_s_patience() -> None:
    long = {
        str(file.relative_to(ROOT)): lines
        for file in tracked_files("census/**.py", "forms/**.py", "validation/**.py", "exports/**.py")
        if (lines := len(file.read_text(encoding="utf-8").splitlines())) > 420
    }
    assert long == {}


def test_no_file_is_named_for_nothing() -> None:
    assert [
        file.name for file in tracked_files() if re.fullmatch(r"(utils?|helpers?|common|misc)\.(py|js)", file.name)
    ] == []
