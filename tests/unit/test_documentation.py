"""Guards against rot: what the program knows is documented, and what is documented exists."""

from __future__ import annotations

import argparse
import fnmatch
import re
import subprocess
import tomllib
from collections.abc import Iterator
from itertools import pairwise
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
    assert len([line for line in (ROOT / "wsgi.py").read_text().splitlines() if line]) == 2


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


DOCUMENTS = ("docs/**.md", "docs/*.md", "README*.md", "CONTRIBUTING.md")
WRITTEN_BY_READERS = {"forms/definitions/gd-1.toml"}
SETTINGS_OF_THE_DATABASE = {"census.scope"}
ROOMS = r"(?:census|forms|validation|exports|tests|migrations|docs|requirements)"


def words_of_code(pattern: str) -> Iterator[tuple[str, str]]:
    """(document, word) for words between backticks and in fenced blocks that fit as a whole."""
    for page in tracked_files(*DOCUMENTS):
        for code in re.findall(r"```.*?```|`[^`\n]+`", page.read_text(encoding="utf-8"), re.DOTALL):
            for word in re.split(r"[\s`\"\[\](),|=]+", code):
                if re.fullmatch(pattern, word.rstrip("/.:")):
                    yield str(page.relative_to(ROOT)), word.rstrip("/.:")


def test_every_file_that_a_document_names_is_there() -> None:
    files = [str(file.relative_to(ROOT)) for file in tracked_files()]
    there = {*files, *(str(folder) for file in files for folder in Path(file).parents), *WRITTEN_BY_READERS}
    paths = words_of_code(ROOMS + r"(?:/[\w.*<>-]+)+")
    names = words_of_code(r"\w[\w-]*\.(?:py|js|sql|css|html)")
    missing = {
        (page, path)
        for page, path in paths
        if path not in there and not fnmatch.filter(there, re.sub(r"<[^>]*>", "*", path))
    }
    unknown = {(page, name) for page, name in names if name not in {Path(file).name for file in files}}
    assert missing | unknown == set()


def test_every_module_that_a_document_names_is_there() -> None:
    gone = {
        (page, name)
        for page, name in words_of_code(ROOMS + r"(?:\.\w+)+")
        if name not in SETTINGS_OF_THE_DATABASE and not is_in_the_code(name) and not is_a_file(name)
    }
    assert gone == set()


def is_in_the_code(dotted: str) -> bool:
    """Whether it is a module, or something that a module defines at its top."""
    path = ROOT / dotted.replace(".", "/")
    if path.is_dir() or path.with_suffix(".py").is_file():
        return True
    module, name = path.parent.with_suffix(".py"), re.escape(path.name)
    return module.is_file() and bool(
        re.search(rf"^(?:def |class )?{name}\b", module.read_text(encoding="utf-8"), re.MULTILINE)
    )


def is_a_file(name: str) -> bool:
    return bool(re.search(r"\.(?:py|js|sql|css|html|md|toml|txt)$", name))


def test_the_picture_of_the_house_shows_its_wings() -> None:
    picture = (ROOT / "docs/explanation/architecture.md").read_text(encoding="utf-8")
    floors = {"web": "census/web", "templates": "census/web/templates", "services": "census/services"}
    shared = {"static", "templates", "macros"}
    for floor, folder in floors.items():
        wings = {path.parent.name for path in tracked_files(f"{folder}/*/*") if path.parent.parent == ROOT / folder}
        assert set(re.findall(rf'\b{floor}_(\w+)\["\1"\]', picture)) == wings - shared, folder


def test_the_arrows_of_the_picture_are_those_that_are_enforced() -> None:
    picture = (ROOT / "docs/explanation/architecture.md").read_text(encoding="utf-8")
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    [layers] = [contract["layers"] for contract in contracts if contract.get("containers") == ["census.services"]]
    height = {wing: -number for number, layer in enumerate(layers) for wing in re.findall(r"\w+", layer)}
    chains = re.findall(r"services_\w+(?:\[[^]]*\])?(?: --> services_\w+(?:\[[^]]*\])?)+", picture)
    arrows = [pair for chain in chains for pair in pairwise(re.findall(r"services_(\w+)", chain))]
    assert len(arrows) == 5
    assert [(upper, lower) for upper, lower in arrows if height[upper] <= height[lower]] == []


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
