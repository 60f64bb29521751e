from __future__ import annotations

import hashlib
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from census.services.collect.reference_lists import catalogue_of_lists, keep, packed
from forms.packs import applied, difference, pack, text_of
from tests.conftest import Databases

ROWS = st.lists(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("xyz")), max_size=12)


@given(ROWS, ROWS)
def test_the_steps_lead_from_any_version_to_any_other(old: list[tuple[str, str]], new: list[tuple[str, str]]):
    assert applied(old, difference(old, new)) == [list(row) for row in new]


def test_a_digest_covers_what_a_phone_keeps():
    found = pack("gbt4754")
    assert found.digest == hashlib.sha256(text_of(found.rows)).hexdigest()
    assert found.rows[0][:3] == ("code", "label", "parent")


def test_a_phone_that_has_an_older_version_gets_the_difference(databases: Databases):
    settings, now = databases.settings, pack("gbt4754")
    older = (*now.rows[:100], ("9999", "旧行业", *(("",) * (len(now.rows[0]) - 2))), *now.rows[101:])
    digest = hashlib.sha256(text_of(older)).hexdigest()
    keep(settings, replace(now, rows=older, digest=digest))
    told = packed(settings, "gbt4754", digest)
    assert (told["rows"], told["from"]) == (None, digest)
    assert len(text_of(told["steps"])) < now.size / 100
    assert hashlib.sha256(text_of(applied(older, told["steps"]))).hexdigest() == told["digest"] == now.digest


def test_a_phone_with_an_unknown_version_gets_the_whole(databases: Databases):
    for have in ("", "ab" * 32, "../../settings"):
        assert packed(databases.settings, "gbt4754", have)["rows"] == pack("gbt4754").rows
    assert {line["name"] for line in catalogue_of_lists()} >= {"gbt4754", "regions"}
