"""Printed forms as PDF, drawn by Pango and HarfBuzz."""

from __future__ import annotations

import re
import zlib

from forms.catalogue import catalogue
from forms.views import paper

LINK = "https://census.example/collect/units/0190a6f0-0000-7000-8000-000000000001"


def test_pdf_embeds_its_fonts():
    content = paper.pdf(catalogue().current("QC-1"), link=LINK)
    assert content.startswith(b"%PDF-")
    streams = re.findall(rb"/ObjStm.*?stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL)
    objects = b"".join(zlib.decompress(stream) for stream in streams)
    assert objects.count(b"/FontFile") >= 2  # Chinese and Latin
