"""The command line: one module per command, with ``register(commands)`` and a function that runs it.

A command reads its settings, opens transactions and calls services; it loads what it needs when it runs, so that
``census --help`` answers at once.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # pyright: ignore[reportPrivateUsage]  # noqa: SLF001 - argparse names it no other way
else:
    Commands = object

__all__ = ["Commands"]
