"""All form definitions, by code and version."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from forms import parsed
from forms.definition import Form

FOLDER = Path(__file__).with_name("definitions")


class UnknownForm(LookupError):
    """No definition has this code, or this version of it."""


class Catalogue:
    """The forms that can be filled. Several versions of one form may stand side by side."""

    def __init__(self, forms: tuple[Form, ...]) -> None:
        self._versions: dict[str, dict[str, Form]] = {}
        for form in sorted(forms, key=lambda form: (form.code, _version_key(form.version))):
            versions = self._versions.setdefault(form.code, {})
            if form.version in versions:
                raise ValueError(f"two definitions of {form.code} {form.version}")
            versions[form.version] = form

    @classmethod
    def load(cls, folder: Path | None = None) -> Catalogue:
        """Read every definition in a folder (default: the packaged ones). Raises DefinitionError."""
        return cls(tuple(parsed.read(path) for path in sorted((folder or FOLDER).glob("*.toml"))))

    def __contains__(self, code: object) -> bool:
        return code in self._versions

    def get(self, code: str, version: str) -> Form:
        try:
            return self._versions[code][version]
        except KeyError:
            raise UnknownForm(f"{code} {version}") from None

    def current(self, code: str) -> Form:
        """Return the newest version of a form."""
        try:
            return list(self._versions[code].values())[-1]
        except KeyError:
            raise UnknownForm(code) from None

    def forms(self) -> tuple[Form, ...]:
        """Every version of every form, by code, oldest first."""
        return tuple(form for versions in self._versions.values() for form in versions.values())


def _version_key(version: str) -> tuple[tuple[int, str], ...]:
    """Versions in the order people read them: 2017.10 after 2017.9, words before numbers."""
    return tuple((int(part), "") if part.isdigit() else (0, part) for part in version.split("."))


@cache
def catalogue() -> Catalogue:
    """Return the packaged definitions, read once."""
    return Catalogue.load()
