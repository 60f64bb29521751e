"""Where the modules of the phone and the desk lie, by their name: a test need not know in which folder."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from census.web import assets

SCRIPTS: Final = Path(assets.FOLDER) / "js"
OWN: Final = {path.stem: path for path in sorted(SCRIPTS.rglob("*.js")) if "vendor" not in path.parts}


def located(name: str) -> str:
    """The path of a module below the folder of scripts, for example ``shared/rules.js``. Raises KeyError."""
    return OWN[name].relative_to(SCRIPTS).as_posix()
