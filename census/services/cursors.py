"""Cursors of lists in commit order: the transaction that changed a row, and the row's id within it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from census.errors import InvalidInput

LARGEST_XID = 2**63 - 1
LARGEST_ID = 2**128 - 1


class NotOurs(InvalidInput):
    """A cursor that no answer of ours can have held."""

    sentence = "同步位置无效。请从头同步。"


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a list ordered by (transaction, id). ``settled``, between pages: where the next round will begin."""

    xid: int
    id: int
    settled: int = 0

    @classmethod
    def read(cls, text: str) -> Cursor:
        """Read a cursor; "" is the beginning. Raises NotOurs."""
        if not text:
            return cls(0, 0)
        parts = text.split(".")
        if len(parts) not in {2, 3} or not all(map(_is_number, parts)):
            raise NotOurs
        xid, number, settled = (*map(int, parts), 0)[:3]
        if max(xid, settled) > LARGEST_XID or number > LARGEST_ID:
            raise NotOurs
        return cls(xid, number, settled)

    @property
    def text(self) -> str:
        if not self.settled:
            return f"{self.xid}.{self.id}"
        return f"{self.xid}.{self.id}.{self.settled}"

    @property
    def uuid(self) -> UUID:
        return UUID(int=self.id)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 40
