from __future__ import annotations

from census.schema import ROOT
from census.services.collect.states import (
    ACTING_ROLE_NAMES,
    OUTCOME_NAMES,
    REASONS,
    STATE_NAMES,
    TRANSITIONS,
    WAITING,
    allowed,
    why_not,
)

REFERENCE = ROOT / "docs" / "reference" / "review-states.md"


def table_of_transitions() -> str:
    lines = ["| state | outcome | role | next state |", "|---|---|---|---|"]
    order = list(STATE_NAMES)
    for (state, outcome, role), target in sorted(
        TRANSITIONS.items(), key=lambda row: (order.index(row[0][0]), row[0][1:])
    ):
        lines.append(
            f"| `{state}` {STATE_NAMES[state]} | `{outcome}` {OUTCOME_NAMES[outcome]} "
            f"| `{role}` {ACTING_ROLE_NAMES[role]} | `{target}` {STATE_NAMES[target]} |",
        )
    return "\n".join(lines)


def table_of_reasons() -> str:
    return "\n".join(["| code | label |", "|---|---|", *(f"| `{code}` | {label} |" for code, label in REASONS.items())])


def test_the_reference_shows_the_table_that_the_program_uses() -> None:
    page = REFERENCE.read_text(encoding="utf-8")
    assert table_of_transitions() in page, f"put this into {REFERENCE.name}:\n{table_of_transitions()}"
    assert table_of_reasons() in page, f"put this into {REFERENCE.name}:\n{table_of_reasons()}"


def test_only_checked_records_can_be_approved_at_the_first_level() -> None:
    for role in ("supervisor", "city", "province"):
        assert [state for state in STATE_NAMES if "approve" in allowed(state, role)] == ["checked"]


def test_every_level_can_send_back_what_waits_for_it() -> None:
    for role, states in WAITING.items():
        for state in states:
            assert "return" in allowed(state, role)


def test_what_left_this_instance_moves_only_by_receipt() -> None:
    movers = {role for state, _, role in TRANSITIONS if state in {"handed_up", "accepted"}}
    assert movers == {"receipt"}


def test_every_refusal_is_a_whole_chinese_sentence() -> None:
    for state in STATE_NAMES:
        for outcome in ("approve", "return", "exempt", "withdraw"):
            for role in ("enumerator", "supervisor", "county", "city", "province"):
                if outcome not in allowed(state, role):
                    sentence = why_not(state, outcome, role)
                    assert sentence.endswith("。")
                    assert not any(letter.isascii() and letter.isalpha() for letter in sentence)
