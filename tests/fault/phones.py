"""Phones under bad conditions: each sends what it has until it hears an answer, and remembers what was acknowledged."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import requests

from tests.builders.api import a_draft

RETRY_AFTER_S: Final = 0.2
ANSWER_WITHIN_S: Final = 30
CORRECTED_EVERY: Final = 3
REPEATED_EVERY: Final = 4


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """One revision that the server said it had stored."""

    id: UUID
    revision: int
    digest: str
    receipt: str


@dataclass
class Load:
    """What all phones together were told; each unit is visited by one phone only."""

    url: str
    token: str
    units: Iterator[UUID]
    stopping: threading.Event = field(default_factory=threading.Event)
    acknowledged: list[Acknowledged] = field(default_factory=list[Acknowledged])
    contradictions: list[str] = field(default_factory=list[str])
    unanswered: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, phones: int) -> list[threading.Thread]:
        self.stopping.clear()
        threads = [threading.Thread(target=self._phone, args=(number,), daemon=True) for number in range(phones)]
        for thread in threads:
            thread.start()
        return threads

    def stop(self, phones: list[threading.Thread]) -> None:
        """Let every phone finish what it has begun."""
        self.stopping.set()
        for phone in phones:
            phone.join(timeout=120)
            assert not phone.is_alive(), "a phone never heard an answer"

    def _phone(self, number: int) -> None:
        with requests.Session() as connection:
            connection.headers["Authorization"] = f"Bearer {self.token}"
            rounds = 0
            while not self.stopping.is_set():
                drafts = self._drafts(1 + (number + rounds) % 5)
                if not drafts:
                    return
                first = self._send(connection, drafts)
                if rounds % REPEATED_EVERY == 0 and self._send(connection, drafts) != first:
                    self._contradict("a repeat was answered otherwise than the first", drafts)
                if rounds % CORRECTED_EVERY == 0:
                    self._send(connection, [corrected(draft) for draft in drafts])
                rounds += 1

    def _drafts(self, count: int) -> list[dict[str, Any]]:
        with self._lock:
            units = [unit for unit, _ in zip(self.units, range(count), strict=False)]
        return [
            a_draft(unit, answers={"water_intake_total": str(unit.int % 10**9), "tap_water_intake": "12400"})
            for unit in units
        ]

    def _send(self, connection: requests.Session, drafts: list[dict[str, Any]]) -> list[Acknowledged]:
        """Send until the server answers; a broken line or a 5xx is no answer."""
        while True:
            try:
                answer = connection.post(
                    f"{self.url}/api/v1/submissions", json={"submissions": drafts}, timeout=ANSWER_WITHIN_S
                )
            except requests.RequestException:
                answer = None
            if answer is not None and answer.status_code == 200:
                return self._heard(drafts, answer.json()["results"])
            if answer is not None and answer.status_code < 500:
                self._contradict(f"{answer.status_code} {answer.text[:200]}", drafts)
                return []
            with self._lock:
                self.unanswered += 1
            threading.Event().wait(RETRY_AFTER_S)

    def _heard(self, drafts: list[dict[str, Any]], results: list[dict[str, Any]]) -> list[Acknowledged]:
        heard: list[Acknowledged] = []
        for draft, result in zip(drafts, results, strict=True):
            receipt = result["receipt"]
            if result["status"] not in {"stored", "repeat"} or result["id"] != draft["id"]:
                self._contradict(str(result), [draft])
                continue
            heard.append(Acknowledged(UUID(draft["id"]), draft["revision"], receipt["digest"], receipt["number"]))
        with self._lock:
            self.acknowledged += heard
        return heard

    def _contradict(self, what: str, drafts: list[dict[str, Any]]) -> None:
        with self._lock:
            self.contradictions.append(f"{what} for {[draft['id'] for draft in drafts]}")


def corrected(draft: dict[str, Any]) -> dict[str, Any]:
    return draft | {"revision": draft["revision"] + 1, "answers": draft["answers"] | {"tap_water_intake": "1"}}
