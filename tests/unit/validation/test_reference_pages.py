from __future__ import annotations

from census.schema import ROOT
from forms.catalogue import catalogue
from validation.reference_pages import pages

FOLDER = ROOT / "docs/reference/forms"


def test_the_reference_of_each_form_says_what_its_definition_says():
    written = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.md") if path.name != "NOTES.md"}
    stale = [name for name, text in pages(catalogue()).items() if written.get(name) != text]
    assert (stale, written.keys() - pages(catalogue()).keys()) == ([], set()), "run: make docs"
