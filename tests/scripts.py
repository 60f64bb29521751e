"""The phone's and the desk's modules by their names, whatever folder they lie in, and how to run one in Node."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Final

from census.web import assets
from tests.node import NODE

SCRIPTS: Final = Path(assets.FOLDER) / "js"
OWN: Final = {path.stem: path for path in sorted(SCRIPTS.rglob("*.js")) if "vendor" not in path.parts}
CHROME_80_LACKS: Final = (
    ".replaceChildren(",
    "??=",
    "||=",
    ".replaceAll(",
    ".at(-",
    "structuredClone",
    "randomUUID",
    "await import.meta",
)


def located(name: str) -> str:
    """The path of a module below the folder of scripts, for example ``shared/rules.js``. Raises KeyError."""
    return OWN[name].relative_to(SCRIPTS).as_posix()


def run(script: str, *values: object) -> object:
    """Run a module script in Node, in which ``./name.js`` is the module of that name; what it prints is JSON."""
    told = re.sub(r"'\./(\w+)\.js'", lambda found: f"'./{located(found[1])}'", script)
    source = f"const values = {json.dumps(values)};\n{told}"
    done = subprocess.run(
        [NODE, "--input-type=module", "-e", source], capture_output=True, text=True, check=True, cwd=SCRIPTS
    )
    return json.loads(done.stdout)
