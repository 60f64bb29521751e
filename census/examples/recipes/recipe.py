"""What a recipe is: figures of one form that hang together, drawn beside the unit's other forms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

Answers = dict[str, Any]
Recipe = Callable[[Random, Mapping[str, Answers]], Answers]  # chance, the unit's other forms by code
