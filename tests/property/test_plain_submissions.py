"""The short way of reading a submission reads what the schema reads, or leaves it to the schema."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from census.web.collect import wire
from census.web.collect.sent import plainly

PLAIN: dict[str, Any] = {
    "id": "0b000000-0000-7000-8000-000000000001",
    "unit": "0a000000-0000-7000-8000-000000000001",
    "form": "G102",
    "version": "2017.1",
    "revision": 1,
    "answers": {"water_intake_total": "12"},
    "explanations": [],
    "files": [],
    "device": "phone",
}
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1, 2**31),
    st.floats(allow_nan=False),
    st.text(max_size=40),
    st.uuids().map(str),
    st.sampled_from(
        [
            [],
            {},
            "",
            0,
            PLAIN["id"],
            "{" + PLAIN["id"][:34] + "}",
            PLAIN["id"][:35] + "_",
            ["a" * 64],
            [{"check": "C", "path": "/a", "text": "t"}],
            {"name": "n", "how": "phone", "at": "2018-01-01T00:00:00Z"},
        ]
    ),
)
FIELDS = [*wire.SubmissionShape().fields, "something"]


@example({"confirmation": []}, set())
@given(st.dictionaries(st.sampled_from(FIELDS), ODD, max_size=3), st.sets(st.sampled_from(FIELDS), max_size=2))
def test_what_is_read_the_short_way_is_what_the_schema_reads(changed: dict[str, Any], left_out: set[str]) -> None:
    raw = {key: value for key, value in (PLAIN | changed).items() if key not in left_out}
    read = plainly(raw)
    assert read is None or read == wire.SubmissionShape().load(raw)


@pytest.mark.parametrize(
    "beside",
    [{}, {"visit": str(UUID(int=1))}, {"digest": "a" * 64}, {"explanations": None, "files": None, "device": None}],
)
def test_what_phones_send_is_read_the_short_way(beside: dict[str, Any]) -> None:
    assert plainly(PLAIN | beside) is not None
