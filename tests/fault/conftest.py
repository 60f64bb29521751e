"""One instance for the kill rounds: its own durable cluster, web server and worker, all real processes."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from tests.served import Instance, instance


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Generator[Instance]:
    with instance(tmp_path_factory.mktemp("fault")) as running:
        yield running


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.fault)
