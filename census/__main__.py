"""The ``census`` command. Each sub-command is a module of ``census.commands`` with ``register(commands)``."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from typing import Final

from sqlalchemy.exc import OperationalError

from census.embedded.postgres import ClusterError
from census.errors import CensusError, InvalidInput, NotReady
from census.settings import BadSettings

DONE, FINDINGS, USAGE, ENVIRONMENT = 0, 1, 2, 3

COMMANDS: Final = (
    "demo",
    "migrate",
    "doctor",
    "serve",
    "work",
    "keys",
    "account",
    "audit",
    "receive",
    "send",
    "export",
    "check",
    "report",
    "sample",
    "import_register",
    "paper",
)


def parser(command: str = "") -> argparse.ArgumentParser:
    """Build the command line from all command modules, or from the named one alone.

    Its start need not wait for the others.
    """
    top = argparse.ArgumentParser(prog="census", description="Pollution source census 污染源普查")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in [name for name in COMMANDS if name.partition("_")[0] == command] or COMMANDS:
        importlib.import_module(f"census.commands.{name}").register(commands)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 0 done, 1 findings or gate, 2 usage, 3 environment."""
    words = list(sys.argv[1:] if argv is None else argv)
    arguments = parser("".join(words[:1])).parse_args(words)
    try:
        return int(arguments.run(arguments))
    except (BadSettings, ClusterError, NotReady) as error:
        return complain(error, ENVIRONMENT)
    except OperationalError as error:
        return complain(f"the database does not answer: {error.orig}", ENVIRONMENT)
    except InvalidInput as error:
        return complain(error.message, USAGE)
    except CensusError as error:
        return complain(error.message, FINDINGS)


def complain(message: object, code: int) -> int:
    """Tell people on standard error; standard output belongs to results."""
    sys.stderr.write(f"census: {message}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
