"""The reference pages of the 散乱污 programme name every step and figure, and nothing else."""

from __future__ import annotations

import re

from census.schema import ROOT
from census.services.cases.figures import FIGURES, Figure
from census.services.cases.states import STEPS
from census.services.cases.tables import TABLES


def first_column(page: str) -> set[str]:
    text = (ROOT / "docs" / "reference" / page).read_text(encoding="utf-8")
    return set(re.findall(r"^\| `([a-zA-Z0-9_.]+)`", text, re.MULTILINE))


def test_every_step_is_documented() -> None:
    assert first_column("cases.md") == set(STEPS)


def test_every_report_and_figure_is_documented() -> None:
    figures = {figure.id for figure in FIGURES if not (isinstance(figure, Figure) and figure.is_part)}
    assert first_column("reports.md") == figures | set(TABLES) | {"R8"}
