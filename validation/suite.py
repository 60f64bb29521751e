"""The rule book as a Great Expectations suite: one expectation per check, and native ones for facts of the table.

Importing this costs seconds and some 250 MB: only the worker and the command line do.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, ClassVar, cast

os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")  # read once, when Great Expectations is imported

import great_expectations as gx
from great_expectations.compatibility import pydantic
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import BatchExpectation, Expectation
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from great_expectations.expectations.metadata_types import FailureSeverity
from great_expectations.expectations.metrics import metric_provider
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider

from validation.evaluators.engine import Batch
from validation.rulebook import RuleBook
from validation.rules import Rule

_native: Any = gx.expectations  # its classes are exported at run time only
metric_value = cast("Any", metric_provider).metric_value
_private = cast("Any", pydantic).PrivateAttr
METRIC = "census.check.failing"
IDENTITY = ("_key", "_revision")  # all that native expectations ask about
_SEVERITIES = {"error": FailureSeverity.CRITICAL, "warning": FailureSeverity.WARNING}
_batch: ContextVar[Batch] = ContextVar("batch of the run under way")


class SuiteError(RuntimeError):
    """Great Expectations has taken fewer expectations than it was given."""


@contextmanager
def batch_of_run(batch: Batch) -> Generator[None]:
    """Let the metric answer from this batch while its run is under way."""
    token = _batch.set(batch)
    try:
        yield
    finally:
        _batch.reset(token)


class CheckFailing(TableMetricProvider):
    """The number of records on which one check fails."""

    metric_name = METRIC
    value_keys = ("rule_id",)

    @metric_value(engine=PandasExecutionEngine)
    def _pandas(
        cls,  # noqa: N805 - Great Expectations makes it a method of the class
        execution_engine: PandasExecutionEngine,  # noqa: ARG002 - handed over by name, as are the others
        metric_domain_kwargs: dict[str, Any],  # noqa: ARG002
        metric_value_kwargs: dict[str, Any],
        metrics: dict[str, Any],  # noqa: ARG002
        runtime_configuration: dict[str, Any],  # noqa: ARG002
    ) -> tuple[int, int]:
        check, batch = metric_value_kwargs["rule_id"], _batch.get()
        failing = batch.failing(check)
        return batch.asked(check), len(failing.records) + len(failing.units)


class ExpectCheckToHold(BatchExpectation):
    """A check of the census's own language holds for every record; ``rule_id`` names it."""

    rule_id: str
    metric_dependencies: ClassVar[tuple[str, ...]] = (METRIC,)
    success_keys: ClassVar[tuple[str, ...]] = ("rule_id",)
    args_keys: ClassVar[tuple[str, ...]] = ("rule_id",)
    _called_with: ExpectationConfiguration | None = _private(None)

    @property
    def configuration(self) -> ExpectationConfiguration:
        """Give what it is called with, made once: the base class makes it anew at each of some twenty looks."""
        if self._called_with is None or self._called_with.id != self.id:
            self._called_with = super().configuration
        return self._called_with

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,  # noqa: ARG002 - the base class's
        execution_engine: object = None,  # noqa: ARG002 - the base class's
    ) -> dict[str, Any]:
        records, failing = metrics[METRIC]
        percent = 0.0
        if records:
            percent = 100 * failing / records
        return {
            "success": failing == 0,
            "result": {"element_count": records, "unexpected_count": failing, "unexpected_percent": percent},
        }


def build_suite(rulebook: RuleBook, rules: Sequence[Rule], records: int) -> gx.ExpectationSuite:
    """Build the suite of one run over so many records. Raises SuiteError when Great Expectations drops one."""
    given: list[Expectation] = [
        _native.ExpectTableRowCountToEqual(value=records),
        _native.ExpectCompoundColumnsToBeUnique(column_list=list(IDENTITY)),
        _native.ExpectColumnValuesToNotBeNull(column=IDENTITY[0]),
        *(
            ExpectCheckToHold(
                rule_id=rule.id,
                severity=_SEVERITIES[rule.severity],
                meta={"form": rulebook.form.code, "kind": rule.kind},
            )
            for rule in rules
        ),
    ]
    # It merges expectations that it takes for equal, without a word: a check would go missing and seem to hold.
    suite = gx.ExpectationSuite(name=f"{rulebook.form.code} {rulebook.form.version}", expectations=given)
    if len(suite.expectations) != len(given):
        raise SuiteError(
            f"{rulebook.form.code}: {len(given)} expectations were given, the suite holds {len(suite.expectations)}"
        )
    return suite
