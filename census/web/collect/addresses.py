"""Addresses of what is the same for everybody and kept for ever: blank form pages and form definitions.

The digest covers everything that the answer is made of, so a new release never meets an old page.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from census.web import assets
from forms import codelists
from forms.definition import Form

TEMPLATES: Final = Path(__file__).with_name("templates")
PACKAGES: Final = Path(__file__).parents[2]


def blank_address(form: Form) -> str:
    """Where the data-free page of a form stands."""
    return f"/collect/blank/{form.code}/{release(form)}"


def definition_address(form: Form) -> str:
    """Where the phone finds the checks of a form."""
    return f"/collect/definitions/{form.code}/{release(form)}"


def release(form: Form) -> str:
    """Digest of the definition together with the program that draws and checks it."""
    return hashlib.sha256(f"{form.digest} {program()}".encode()).hexdigest()[:16]


def list_address(name: str, offer: str = "") -> str:
    """Where the phone finds a code list."""
    wanted = f"&offer={offer}" if offer else ""
    return f"/collect/codelists/{name}?v={codelists.codelist(name).digest[:16]}{wanted}"


@cache
def program() -> str:
    """Digest of the program that draws and checks forms."""
    sources = sorted(
        [
            *TEMPLATES.rglob("*.html"),
            *(PACKAGES / "validation").glob("*.py"),
            *(PACKAGES / "forms").glob("*.py"),
            *(PACKAGES / "forms" / "codelists").glob("*.csv"),
        ]
    )
    content = hashlib.sha256(assets.digest().encode())
    for path in sources:
        content.update(path.read_bytes())
    return content.hexdigest()
