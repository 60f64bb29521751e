"""Receipts of single submissions: a number, a time, and a code by which the phone knows that this server wrote them."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from census.db import new_id


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof that one revision is stored. A repeat gets the first number and time, coded for the asking device."""

    number: str
    submission_id: UUID
    revision: int
    digest: str
    at: datetime

    @property
    def at_text(self) -> str:
        """The time as it stands in the receipt and in what ``mac`` covers: UTC with microseconds."""
        return self.at.astimezone(UTC).isoformat(timespec="microseconds")

    def mac(self, receipt_key: bytes) -> str:
        """HMAC-SHA-256 over ``number|id|revision|digest|at``."""
        covered = f"{self.number}|{self.submission_id}|{self.revision}|{self.digest}|{self.at_text}"
        return hmac.digest(receipt_key, covered.encode(), hashlib.sha256).hex()


def new_number() -> str:
    """A receipt number that no other has; later ones sort later."""
    return "R" + base64.b32hexencode(new_id().bytes).decode().rstrip("=")
