"""How amounts are drawn so that they look like a real district's."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any


def spread(rng: Random, low: float, high: float) -> float:
    """Draw so that small values are as common as large ones are rare, as amounts of water and output are."""
    return low * (high / low) ** rng.random()


def parts(rng: Random, total: int, count: int) -> list[int]:
    """Split a total into no part, one or two."""
    # Drawn even when it is not needed: what is drawn after it must not hang on the count.
    first = round(total * rng.uniform(0.4, 0.6))
    match count:
        case 0:
            return []
        case 1:
            return [total]
        case _:
            return [first, total - first]


def shares(rng: Random, total: int, count: int, step: int) -> list[int]:
    """Split a total into so many shares, all multiples of a step, the first the largest; some may be nothing."""
    if count <= 1:
        return [total]
    # Cuts in the lower half only: what lies above the last of them is then the largest share.
    cuts = sorted(rng.randrange(0, total // step // 2 + 1) * step for _ in range(count - 1))
    return [total - cuts[-1], *(high - low for low, high in zip([0, *cuts], cuts, strict=False))]


def written(value: float, decimals: int = 0) -> str:
    """Write an amount as it stands on the wire."""
    return f"{value:.{decimals}f}"


def rows(answers: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """Read the rows of another form; none when it is blank."""
    return [*(answers.get(key) or ())]


def number(answers: Mapping[str, Any], key: str) -> float:
    """Read an amount of another form; 0 when it is blank."""
    return float(answers.get(key) or 0)
