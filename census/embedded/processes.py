"""Child processes of one parent: started, watched, started again, and ended with it, however it ends."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

PR_SET_PDEATHSIG: Final = 1
RESTARTS_LIMIT: Final = 5
RESTARTS_WITHIN_S: Final = 60
GRACE_S: Final = 25


@dataclass
class Child:
    """One ``census`` command that runs as a process of its own, its output in a log file."""

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    starts: list[float] = field(default_factory=list[float])

    def start(self) -> None:
        self.starts.append(time.monotonic())
        with self.log.open("ab") as output:
            self.process = start_command(self.arguments, self.environment, output)

    def signal(self, number: int) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    @property
    def restarts_too_often(self) -> bool:
        recent = [at for at in self.starts if time.monotonic() - at < RESTARTS_WITHIN_S]
        return len(recent) > RESTARTS_LIMIT

    def last_words(self) -> str:
        if not self.log.is_file():
            return ""
        return self.log.read_text(encoding="utf-8", errors="replace")[-1500:]


def start_command(
    arguments: Sequence[str], environment: Mapping[str, str], output: IO[bytes]
) -> subprocess.Popen[bytes]:
    """Start ``census`` with these arguments. It leaves our terminal, so that Ctrl-C reaches it only through us."""
    return subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "census", *arguments],
        env=dict(environment),
        cwd=Path(__file__).parent.parent,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=end_with_parent,  # noqa: PLW1509 - the parent has one thread
    )


def end_with_parent() -> None:
    """Ask Linux to end this process when its parent is gone, even by kill -9."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() == 1:  # it was gone before we asked
        os._exit(0)


def watch(children: Sequence[Child], say: Callable[[str], None]) -> None:
    """Start again what ends by itself. Returns when one would not stay up; Ctrl-C ends it as usual."""
    while True:
        for child in children:
            if child.process is not None and child.process.poll() is not None:
                if child.restarts_too_often:
                    say(f"{child.name} keeps ending:\n{child.last_words()}")
                    return
                say(f"{child.name} ended with {child.process.returncode}; starting it again")
                child.start()
        time.sleep(0.3)


def end(children: Sequence[Child]) -> None:
    """End all children: politely, then after half a minute by force."""
    for child in children:
        child.signal(signal.SIGTERM)
    deadline = time.monotonic() + GRACE_S
    for child in children:
        if child.process is None:
            continue
        try:
            child.process.wait(timeout=max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.signal(signal.SIGKILL)
            child.process.wait()
