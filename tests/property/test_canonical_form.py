"""The quick way of writing the canonical form gives the bytes of the reference implementation."""

from __future__ import annotations

from typing import Any

import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from forms.answers.values import canonical

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
)


@given(
    st.dictionaries(TEXT, VALUES),
    st.lists(st.dictionaries(st.sampled_from(["check", "path", "text"]), TEXT), max_size=3),
)
def test_both_ways_of_writing_give_the_same_bytes(answers: dict[str, Any], explanations: list[dict[str, Any]]) -> None:
    assert canonical(answers, explanations) == rfc8785.dumps([answers, explanations])
