"""What phones get of others is what npm's lock names, bundled as package.json says; run by ``make lint``."""

from __future__ import annotations

import json
import os
import subprocess

from census.schema import ROOT
from census.web import assets
from tests.node import NODE
from tests.scripts import CHROME_80_LACKS

BUNDLE = assets.VENDOR / "qr.js"


def test_the_vendored_bundle_is_what_its_package_gives() -> None:
    command = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["scripts"]["vendor"]
    path = f"{ROOT / 'node_modules/.bin'}:{NODE.parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-c", command], env=os.environ | {"PATH": path}, cwd=ROOT, capture_output=True, check=True
    )
    assert done.stdout == BUNDLE.read_bytes()


def test_the_licence_beside_it_is_the_packages() -> None:
    assert (assets.VENDOR / "qr.LICENSE").read_bytes() == (ROOT / "node_modules/qr/LICENSE-MIT").read_bytes()


def test_the_bundle_keeps_to_what_chrome_80_knows() -> None:
    source = BUNDLE.read_text(encoding="utf-8")
    assert not [word for word in CHROME_80_LACKS if word in source]
