"""What the guides tell people to type is understood: commands, make targets, addresses, words of a page."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.exceptions import MethodNotAllowed

from census.__main__ import parser
from census.schema import ROOT
from tests.docs.pages import GUIDES, addresses, commands, labels, mentioned_commands, without_launcher

each_guide = pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.stem)


@each_guide
def test_its_commands_are_understood(page: Path) -> None:
    for words in (without_launcher(words) for words in (*commands(page), *mentioned_commands(page))):
        if Path(words[0]).name == "census" and not is_a_name(words[1:]):
            assert parser().parse_args(words[1:]), words


def is_a_name(words: list[str]) -> bool:
    """Whether these words only name a command, without what it needs: ``census paper``."""
    page = (ROOT / "docs/reference/commands.md").read_text(encoding="utf-8")
    return f"| `census {' '.join(words)}` |" in page


@each_guide
def test_its_make_targets_exist(page: Path) -> None:
    targets = set(re.findall(r"^([\w-]+):(?!=)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    asked = {words[1] for words in (*commands(page), *mentioned_commands(page)) if words[0] == "make"}
    assert asked <= targets


@each_guide
def test_what_it_runs_in_python_is_there(page: Path) -> None:
    for words in commands(page):
        if Path(words[0]).name == "python" and words[1:3] == ["-m", "pytest"]:
            assert [word for word in words[3:] if "/" in word and not (ROOT / word.partition("::")[0]).exists()] == []


@each_guide
def test_its_words_stand_on_pages(page: Path) -> None:
    folders = ("census/web", "census/services", "forms/definitions", "forms/codelists", "census/demo")
    files = (file for folder in folders for file in (ROOT / folder).rglob("*.*"))
    program = "\n".join(
        file.read_text(encoding="utf-8") for file in files if file.suffix in {".py", ".js", ".html", ".toml", ".csv"}
    )
    assert (
        sorted(word for word in map(without_figures, labels(page)) if word not in program and not word.isascii()) == []
    )


def without_figures(label: str) -> str:
    """A label without what the program fills in: counts, the code of a form, which doors of the gate are closed."""
    return re.sub(r"^(?:填 |G101-1 )|\s\d+$|：.*$", "", label)


def test_every_address_is_a_page(app: Flask) -> None:
    routes = app.url_map.bind("127.0.0.1")
    for address in set[str]().union(*map(addresses, GUIDES)):
        with suppress(MethodNotAllowed):
            routes.match(address)
