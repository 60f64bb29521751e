"""One Great Expectations run over a frame: what it found, and a folder that keeps how.

A check that crashed is never a finding: it makes the run incomplete, and nobody is called wrong for it.
"""

from __future__ import annotations

import platform
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import great_expectations as gx
import orjson
import pandas as pd

from validation.evaluators.engine import Batch, Failing, Surroundings, rules_of
from validation.results import RowFinding, RunResult
from validation.rulebook import RuleBook
from validation.suite import IDENTITY, batch_of_run, build_suite

_PACKAGES = ("great_expectations", "duckdb", "pandas", "pyarrow")


def run(
    frame: pd.DataFrame, rulebook: RuleBook, folder: Path | None = None, surroundings: Surroundings | None = None
) -> RunResult:
    """Ask every check of a rule book about every record of a frame made by ``engine.frame_of``.

    Checks that are true of a whole region only are asked where ``surroundings`` tell what else is in it. With
    ``folder``, a new folder in it, named after the run, keeps suite, results and summary; nothing in it is ever written
    again.
    """
    started = datetime.now(UTC)
    run_id = f"{started:%Y%m%dT%H%M%S}-{rulebook.form.code}-{secrets.token_hex(4)}"
    rules = rules_of(rulebook, surroundings)
    suite, batch = build_suite(rulebook, rules, len(frame)), Batch(frame, rulebook, surroundings)
    with batch_of_run(batch):
        # Native expectations look at these two columns only; a whole frame would be hashed whole, twice, to name it.
        outcome = _whole_frames().get_batch({"dataframe": frame[list(IDENTITY)]}).validate(suite, result_format="BASIC")
    results: dict[str, Any] = outcome.to_json_dict()  # plain numbers: the objects hold numpy scalars
    answered = {_name(result): result for result in results["results"]}  # in no particular order
    expected = [
        str(getattr(expectation, "rule_id", "") or expectation.expectation_type) for expectation in suite.expectations
    ]
    crashed = tuple(name for name in expected if name not in answered or _has_crashed(answered[name]))
    failing = {
        rule.id: batch.failing(rule.id) for rule in rules if rule.id not in crashed and not answered[rule.id]["success"]
    }
    counts = {
        name: int(result["result"]["unexpected_count"])
        for name, result in answered.items()
        if _is_check(result) and not result["success"] and name not in crashed
    }
    done = RunResult(
        run_id,
        rulebook.form.code,
        rulebook.form.version,
        len(frame),
        len(suite.expectations),
        not crashed,
        crashed,
        counts,
        tuple(_findings(frame, failing)),
        lacking=tuple(sorted({unit for each in failing.values() for unit in each.units})),
    )
    if folder is None:
        return done
    summary = _summary(done, rulebook, started)
    return _kept(folder / run_id, done, {"suite": suite.to_json_dict(), "results": results, "summary": summary})


@cache
def _whole_frames() -> Any:
    """Give the one door into Great Expectations of this process: starting it costs seconds."""
    context: Any = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    return (
        context.data_sources.add_pandas("census")
        .add_dataframe_asset("records")
        .add_batch_definition_whole_dataframe("all")
    )


def _name(result: dict[str, Any]) -> str:
    """Give the check id of a result; native expectations go by their type."""
    config = result["expectation_config"]
    return str(config["kwargs"].get("rule_id", config["type"]))


def _has_crashed(result: dict[str, Any]) -> bool:
    """Tell a crash from an answer."""
    # Great Expectations says it in two shapes: once for the expectation, or by metric where a metric has broken.
    said = result["exception_info"]
    if "raised_exception" in said:
        said = {"expectation": said}
    if any(each["raised_exception"] for each in said.values()):
        return True
    # A fact of the table itself that does not hold (two lines for one record) is no matter of any respondent.
    return not _is_check(result) and not result["success"]


def _is_check(result: dict[str, Any]) -> bool:
    return "rule_id" in result["expectation_config"]["kwargs"]


def _findings(frame: pd.DataFrame, failing: Mapping[str, Failing]) -> Iterator[RowFinding]:
    columns: Any = frame
    for check, found in failing.items():
        keys, revisions = (columns[name].take(list(found.records)).tolist() for name in IDENTITY)
        for key, revision, rows in zip(keys, revisions, found.rows, strict=True):
            yield RowFinding(key, int(revision), check, rows)


def _summary(done: RunResult, rulebook: RuleBook, started: datetime) -> dict[str, Any]:
    return {
        "run_id": done.run_id,
        "form": done.form,
        "version": done.version,
        "definition_digest": rulebook.form.digest,
        "started_at": started.isoformat(),
        "ended_at": datetime.now(UTC).isoformat(),
        "records": done.records,
        "suite_size": done.suite_size,
        "complete": done.complete,
        "crashed": list(done.crashed),
        "counts": done.counts,
        "findings": len(done.findings),
        "lacking": len(done.lacking),
        "versions": {"python": platform.python_version(), **{package: version(package) for package in _PACKAGES}},
    }


def _kept(folder: Path, done: RunResult, documents: dict[str, dict[str, Any]]) -> RunResult:
    folder.mkdir(parents=True)  # an existing folder is never written again
    for name, document in documents.items():
        with (folder / f"{name}.json").open("xb") as file:
            file.write(orjson.dumps(document, default=str, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS))
    return replace(done, folder=folder)
