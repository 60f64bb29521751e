"""All definitions of the census in a process that has just started, beside reading their TOML alone."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import tomllib
from typing import Final

from forms.catalogue import FOLDER, catalogue
from tests.benchmark.conftest import Figures
from validation.rulebook import compile_form

LOAD: Final = """
import json, time
from pathlib import Path
from forms.catalogue import catalogue
pages = lambda: int(Path("/proc/self/statm").read_text().split()[1])
before, begun = pages(), time.perf_counter()
catalogue()
took_s = time.perf_counter() - begun
print(json.dumps([took_s, (pages() - before) * 4096 / 2**20]))
"""


def test_loading_the_catalogue(figures: Figures) -> None:
    forms = catalogue().forms()  # now it is kept beside the definitions, as in any process but the very first
    printed = subprocess.run([sys.executable, "-c", LOAD], capture_output=True, text=True, check=True).stdout
    took_s, grown_mb = json.loads(printed)
    begun = time.perf_counter()
    for path in FOLDER.glob("*.toml"):
        tomllib.loads(path.read_text(encoding="utf-8"))
    figures.add(
        f"catalogue.load_{len(forms)}", took_s, "s", time.perf_counter() - begun, "reading the TOML files alone"
    )
    figures.add("catalogue.memory", grown_mb, "MB")
    begun = time.perf_counter()
    rules = sum(len(compile_form(form, catalogue()).rules) for form in forms)
    figures.add(f"catalogue.compile_{rules}_checks", time.perf_counter() - begun, "s")
