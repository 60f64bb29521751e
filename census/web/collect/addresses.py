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

HERE: Final = Path(__file__).parent
TEMPLATES: Final = HERE.parent / "templates"
PACKAGES: Final = HERE.parents[2]


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
    address = f"/collect/codelists/{name}?v={codelists.codelist(name).digest[:16]}"
    return f"{address}&offer={offer}" if offer else address


@cache
def program() -> str:
    """Digest of the program that draws and checks forms."""
    content = hashlib.sha256(assets.digest().encode())
    for path in sources():
        content.update(path.read_bytes())
    return content.hexdigest()


def sources() -> list[Path]:
    """The files of that program. One that were missing here would leave its old work on phones for a year."""
    return sorted(
        [
            *TEMPLATES.rglob("*.html"),
            *HERE.glob("*.py"),
            *(PACKAGES / "validation").rglob("*.py"),
            *(PACKAGES / "forms").rglob("*.py"),
            *(PACKAGES / "forms" / "codelists").glob("*.csv"),
        ]
    )
