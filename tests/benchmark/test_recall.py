"""Errors planted in a believable district: how many the checks find, and how many sound records they accuse."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final

from sqlalchemy import text

from census.db import FULL
from census.demo import load
from tests.benchmark.conftest import Figures, scaled
from tests.conftest import Databases

UNITS: Final = scaled(2_000, 60)
FOUND: Final = text("select submission_id::text as submission, check_id from finding")
JUDGED: Final = text("""
    select submission.id::text as submission, submission.unit_id::text as unit, submission.form, submission.error_count
      from submission where submission.state <> 'withdrawn'
""")


def test_planted_errors_are_found_and_sound_records_left_alone(
    figures: Figures, make_databases: Callable[[Path], Databases], tmp_path: Path
) -> None:
    databases = make_databases(tmp_path)
    begun = time.perf_counter()
    load(databases.settings, units=UNITS, seed=1)
    took_s = time.perf_counter() - begun
    planted = json.loads((databases.settings.data_dir / "manifest.json").read_text(encoding="utf-8"))
    with databases.census.transaction(FULL) as session:
        found = {(row.submission, row.check_id) for row in session.execute(FOUND)}
        judged = session.execute(JUDGED).all()
    missed = Counter(
        f"{row['check']} {row['error']}" for row in planted if (row["submission"], row["check"]) not in found
    )
    touched = {row["unit"] for row in planted}
    sound = [row for row in judged if row.unit not in touched]
    accused = Counter(
        f"{row.form}: {check}"
        for row in sound
        if row.error_count
        for submission, check in found
        if submission == row.submission
    )
    print(f"missed: {dict(missed)}\naccused: {dict(accused.most_common(20))}")  # noqa: T201 - what to look at next
    figures.add(f"district.{UNITS}_units", took_s, "s")
    figures.add("district.records", len(judged), "records")
    figures.add(
        "recall.planted_errors_found",
        len(planted) - sum(missed.values()),
        "errors",
        len(planted),
        "all that were planted",
    )
    figures.add(
        "recall.sound_records_accused",
        100 * sum(bool(row.error_count) for row in sound) / len(sound),
        "%",
        1.0,
        "what a reviewer puts up with",
    )
    assert planted
    assert sound
