"""Cursors of lists in commit order: the transaction that changed a row, and the row's id within it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from census.errors import InvalidInput

LARGEST_XID = 2**63 - 1
LARGEST_ID = 2**128 - 1


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a list ordered by (transaction, id)."""

    xid: int
    id: int

    @classmethod
    def read(cls, text: str) -> Cursor:
        """Read a cursor; "" is the beginning. Raises InvalidInput for what no answer of ours can have held."""
        if not text:
            return cls(0, 0)
        xid, _, number = text.partition(".")
        if not (_is_number(xid) and _is_number(number)) or int(xid) > LARGEST_XID or int(number) > LARGEST_ID:
            raise InvalidInput("同步位置无效。请从头同步。", fields={"cursor": "不是本系统给出的位置"})
        return cls(int(xid), int(number))

    @property
    def text(self) -> str:
        return f"{self.xid}.{self.id}"

    @property
    def uuid(self) -> UUID:
        return UUID(int=self.id)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 40
