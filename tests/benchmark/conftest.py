"""Figures beside their limits: printed as JSON lines, written into the documentation, never a gate.

``limit`` is what the same machine does in the same run without us: a bare INSERT of the same bytes, the same checks as
raw SQL. Sizes shrink with ``BENCH_SCALE`` (1 by default).
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Generator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from census.schema import ROOT
from tests.served import Instance, instance

SCALE: Final = float(os.environ.get("BENCH_SCALE", "1"))
PAGE: Final = ROOT / "docs/reference/benchmarks.md"


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value and the one it can be held against."""

    name: str
    value: float
    unit: str
    limit: float | None
    limit_is: str = ""


@dataclass
class Figures:
    """What this run has measured so far."""

    taken: list[Figure] = field(default_factory=list[Figure])

    def add(self, name: str, value: float, unit: str, limit: float | None = None, limit_is: str = "") -> None:
        self.taken.append(
            Figure(name, _three_digits(value), unit, None if limit is None else _three_digits(limit), limit_is)
        )


def _three_digits(value: float) -> float:
    return round(value) if abs(value) >= 100 else float(f"{value:.3g}")


FIGURES: Final = Figures()


@pytest.fixture(scope="session")
def figures() -> Figures:
    return FIGURES


@pytest.fixture(scope="session")
def county(tmp_path_factory: pytest.TempPathFactory) -> Generator[Instance]:
    """A county's instance on this machine's cores: durable PostgreSQL, gunicorn and the worker."""
    with instance(tmp_path_factory.mktemp("benchmark")) as running:
        yield running


def scaled(count: int, least: int = 1) -> int:
    return max(least, round(count * SCALE))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.benchmark)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not FIGURES.taken:
        return
    terminalreporter.ensure_newline()
    for figure in FIGURES.taken:
        line = {name: value for name, value in asdict(figure).items() if name != "limit_is"}
        terminalreporter.write_line(json.dumps(line))
    stats = terminalreporter.stats
    ran = {Path(report.nodeid.partition("::")[0]).name for report in stats.get("passed", [])}
    if (
        SCALE >= 1
        and not stats.get("failed")
        and not stats.get("error")
        and ran >= {file.name for file in Path(__file__).parent.glob("test_*.py")}
    ):
        PAGE.write_text(page(FIGURES.taken), encoding="utf-8")


def page(taken: list[Figure]) -> str:
    """Lay the figures out for the documentation."""
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
    lines = [
        "# Benchmarks",
        "",
        "Written by `make bench`; no figure is a gate. Each limit was measured in the same run, on the same machine,",
        "and says what could be had without us. `BENCH_SCALE=0.1 make bench` is a quick look and leaves this page",
        "alone, as does a part of it.",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, {machine}.",
        "",
        "| figure | value | limit | unit | the limit is |",
        "|---|--:|--:|---|---|",
    ]
    for figure in taken:
        limit = "" if figure.limit is None else f"{figure.limit:,}"
        lines.append(f"| `{figure.name}` | {figure.value:,} | {limit} | {figure.unit} | {figure.limit_is} |")
    return "\n".join(lines) + "\n"
