"""Code lists as phones fetch them: whole, or as the difference from the version that they have.

Every version that this instance ever served is kept below the data folder, so that a phone that was away for several
releases still gets a difference. A version that is not known any more costs nothing but the whole list.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, cast

from census.errors import NotFound
from census.settings import Settings
from forms.codelists import UnknownCodeList, names
from forms.packs import Pack, difference, pack, text_of

DIGEST: Final = re.compile(r"[0-9a-f]{64}")


def catalogue_of_lists() -> list[dict[str, Any]]:
    """Name, digest and size in bytes of every list."""
    return [{"name": name, "digest": found.digest, "size": found.size} for name in names() for found in [pack(name)]]


def packed(settings: Settings, name: str, have: str = "") -> Mapping[str, Any]:
    """One list: ``rows``, or ``steps`` from the version ``have`` where those are shorter. Raises NotFound."""
    try:
        found = pack(name)
    except UnknownCodeList:
        raise NotFound from None
    keep(settings, found)
    whole = {"name": name, "digest": found.digest, "from": None, "rows": found.rows, "steps": None}
    if not DIGEST.fullmatch(have):
        return whole
    steps = _steps(_folder(settings), name, have)
    if steps is None or len(text_of(steps)) >= found.size:
        return whole
    return {"name": name, "digest": found.digest, "from": have, "rows": None, "steps": steps}


def keep(settings: Settings, found: Pack) -> None:
    """Keep this version for phones that will come back with it after a later release."""
    folder = _folder(settings)
    target = folder / found.name / f"{found.digest}.json"
    if target.is_file():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_suffix(f".{os.getpid()}")
    draft.write_bytes(text_of(found.rows))
    draft.rename(target)


@lru_cache(maxsize=256)
def _steps(folder: Path, name: str, have: str) -> Any:
    """The steps from a version that is kept; None when it is not."""
    try:
        old = json.loads((folder / name / f"{have}.json").read_bytes())
    except FileNotFoundError:
        return None
    return difference(cast("list[list[str]]", old), pack(name).rows)


def _folder(settings: Settings) -> Path:
    return settings.data_dir / "lists"
