"""Reading what the documents tell people to do: commands, words that stand on pages, addresses."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Final

from census.schema import ROOT

HOW_TO: Final = ROOT / "docs/how-to"
TUTORIAL: Final = ROOT / "docs/tutorial/first-form.md"
GUIDES: Final = [
    page
    for page in (*sorted(HOW_TO.glob("*.md")), TUTORIAL, *(ROOT / name for name in ("README.md", "CONTRIBUTING.md")))
    if page.name != "README.md" or page.parent == ROOT
]


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def fenced(page: Path, language: str) -> list[str]:
    """The fenced blocks of one language, also those inside a list."""
    blocks = re.findall(rf"^ *```{language}\n(.*?)^ *```", read(page), re.DOTALL | re.MULTILINE)
    return [re.sub(r"^ {3}", "", block, flags=re.MULTILINE) for block in blocks]


def commands(page: Path) -> list[list[str]]:
    """What the shell blocks of a page say, a list of words per line, without comments."""
    lines = (line for block in fenced(page, "sh") for line in block.splitlines())
    return [words for line in lines if "…" not in line and (words := shlex.split(line, comments=True))]


def mentioned_commands(page: Path) -> list[list[str]]:
    """Commands that stand in the text, between backticks."""
    text = re.sub(r"```.*?```", "", read(page), flags=re.DOTALL)
    return [shlex.split(code) for code in re.findall(r"`((?:census|make|docker compose) [^`]+)`", text)]


def without_launcher(words: list[str]) -> list[str]:
    """The words of a ``census`` command, however it is started."""
    return words[words.index("exec") + 2 :] if words[:2] == ["docker", "compose"] and "exec" in words else words


def labels(page: Path) -> set[str]:
    """Words in 「」: what stands on a page or button of the program."""
    return set(re.findall(r"「([^」]+)」", read(page)))


def addresses(page: Path) -> set[str]:
    """Paths of pages between backticks."""
    return set(re.findall(r"`(/[a-z][a-z/-]*)`", read(page)))
