from __future__ import annotations

import math
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

from census.embedded.processes import RESTARTS_LIMIT, Child, end, watch
from tests.conftest import Databases

PARENT = """
import os, sys
from pathlib import Path
from census.embedded.processes import Child
child = Child("web", ["serve", "--port", "0"], dict(os.environ), Path(sys.argv[1]))
child.start()
print(child.process.pid, flush=True)
sys.stdin.read()
"""


def ends_within(pid_fd: int, seconds: float) -> bool:
    waiting = select.poll()
    waiting.register(pid_fd, select.POLLIN)
    return bool(waiting.poll(seconds * 1000))


def test_children_end_with_a_parent_that_is_killed(own_databases: Databases, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, tmp_path / "web.log"],
        env=os.environ | own_databases.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        child = os.pidfd_open(int(parent.stdout.readline()))
        parent.kill()
    try:
        assert ends_within(child, 120)
    finally:
        os.close(child)


def test_a_child_that_keeps_ending_is_given_up_with_its_last_words(tmp_path: Path) -> None:
    said: list[str] = []
    before = [math.inf] * (RESTARTS_LIMIT - 1)  # starts that never lie long ago, however slow this machine is
    child = Child("nonsense", ["nonsense"], dict(os.environ), tmp_path / "log", starts=before)
    child.start()
    watch([child], said.append)
    assert "starting it again" in said[0]
    assert "invalid choice: 'nonsense'" in said[-1]


def test_ending_reaches_a_running_child(own_databases: Databases, tmp_path: Path) -> None:
    child = Child("web", ["serve", "--port", "0"], os.environ | own_databases.environment, tmp_path / "log")
    child.start()
    end([child])
    assert child.process is not None
    assert child.process.returncode in {0, -signal.SIGTERM}
