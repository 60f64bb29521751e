"""Definitions as they were read before: the TOML of the whole catalogue takes seconds to read, this milliseconds.

What came of a file lies as JSON in ``__pycache__`` beside it, or where ``PYTHONPYCACHEPREFIX`` says, as Python's own
bytecode does. Its name holds a digest of the file and of all that its reading
depends on, so that what is outdated is simply not found. It is written whole or not at all; where it cannot be
written, or not be read, the TOML is read instead.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from contextlib import suppress
from dataclasses import fields
from functools import cache
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any, Final, cast

from forms import codelists
from forms.definition import Check, Form, Item, Repeat, Section, TableCheck, load

HERE: Final = Path(__file__).parent
READERS: Final = (  # modules that decide what a file means
    *(HERE / f"{name}.py" for name in ("catalogue", "codelists", "definition", "formats", "parsed", "toml_reader")),
    *sorted((HERE / "item_types").glob("*.py")),
)
PARTS: Final[dict[type[Any], dict[str, type[Any]]]] = {
    Form: {"sections": Section, "checks": Check, "table_checks": TableCheck},
    Section: {"items": Item, "repeat": Repeat},
}


def read(path: Path) -> Form:
    """Give the definition in a file, from what was kept if that is of this very content. Raises DefinitionError."""
    kept = kept_at(path)
    try:
        return _made(Form, json.loads(kept.read_bytes()))
    except (OSError, ValueError, TypeError, AttributeError):
        form = load(path)
    _keep(form, kept)
    return form


def kept_at(path: Path) -> Path:
    """Where the definition that a file holds now is kept, once it has been read."""
    digest = hashlib.sha256(_readers() + path.read_bytes()).hexdigest()[:32]
    return Path(cache_from_source(str(path))).parent / f"{path.name}.{digest}.json"


@cache
def _readers() -> bytes:
    content = b"".join(path.read_bytes() for path in READERS)
    return hashlib.sha256(content + "|".join(codelists.names()).encode()).digest()


def _keep(form: Form, kept: Path) -> None:
    """Write a definition for the next time; drop what was kept of the file's former contents."""
    content = json.dumps(_values(form), ensure_ascii=False)
    if _made(Form, json.loads(content)) != form:  # a definition has come to hold what is not written here
        return
    part = kept.with_name(f"{kept.name}.{os.getpid()}-{threading.get_ident()}")
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(content, encoding="utf-8")
        part.replace(kept)
        for old in kept.parent.glob(f"{kept.name.removesuffix('.json').rpartition('.')[0]}.*.json"):
            if old != kept:
                old.unlink(missing_ok=True)
    except OSError:
        # A folder nobody may write to costs only time; half a file would cost the next start its reading.
        with suppress(OSError):
            part.unlink()


def _values(part: Any) -> dict[str, Any]:
    """Give the fields of a frozen value that are not as they would be anyway, with the parts below it written alike."""
    kind, values = cast("type[Any]", type(part)), dict[str, Any]()
    below = PARTS.get(kind, {})
    for name, default in _fields(kind):
        value = getattr(part, name)
        if value == default:
            continue
        if name not in below:
            values[name] = value
        elif isinstance(value, tuple):
            values[name] = [_values(each) for each in cast("tuple[Any, ...]", value)]
        else:
            values[name] = _values(value)
    return values


def _made(kind: type[Any], values: dict[str, Any]) -> Any:
    """Make a frozen value from its fields, the parts below it first."""
    below = PARTS.get(kind, {})
    for name, value in values.items():
        if name in below:
            values[name] = _part(below[name], value)
        elif isinstance(value, list):
            values[name] = _frozen(cast("list[Any]", value))
    return kind(**values)


def _part(kind: type[Any], value: Any) -> Any:
    if isinstance(value, list):
        return tuple([_made(kind, each) for each in cast("list[Any]", value)])
    return _made(kind, value)


def _frozen(value: list[Any]) -> tuple[Any, ...]:
    """Give a list of JSON as the tuple it was, pairs of options included."""
    return tuple([tuple(cast("list[Any]", each)) if isinstance(each, list) else each for each in value])


@cache
def _fields(kind: type[Any]) -> tuple[tuple[str, Any], ...]:
    return tuple((field.name, field.default) for field in fields(kind) if field.compare)
