"""What one running web process works with: its settings and its two databases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from flask import current_app

from census.db import Database
from census.settings import Programme, Settings


@dataclass(frozen=True, slots=True)
class Instance:
    """Settings and databases of this process; ``instance().databases[programme]`` opens transactions."""

    settings: Settings
    databases: Mapping[Programme, Database]

    def close(self) -> None:
        """Give all connections back: a forked worker and a test must not inherit them."""
        for database in self.databases.values():
            database.close()


def instance() -> Instance:
    """The instance that serves the current request."""
    return cast("Instance", current_app.extensions["census"])
