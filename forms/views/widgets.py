"""The HTML of one answer: boxes, choices, degrees, a position, a photo. Labels, help and messages belong to the page.

Every control carries ``data-item`` and ``data-type``; the phone's script finds by them what to check, complete from a
code list or read from the device. ``data-number`` says how a number is written (``plain`` or ``grouped``), so that the
script keeps no list of types. ``aria-describedby`` names the page's help (``<id>-help``) and messages (``<id>-said``).
"""

from __future__ import annotations

from html import escape
from typing import Any

from markupsafe import Markup

from forms.definition import Item
from forms.formats import FORMATS
from forms.item_types.places import GPS_SOURCES
from forms.item_types.registry import Keyboard


def marks(item: Item, field_id: str) -> dict[str, Any]:
    """Return the attributes that every control of an item carries."""
    described = f"{field_id}-said"
    if item.help:
        described = f"{field_id}-help {described}"
    found: dict[str, Any] = {"data-item": item.key, "data-type": item.type, "aria-describedby": described}
    if item.required is True and not item.kind.is_picked:  # radio buttons know no aria-required
        found["aria-required"] = "true"
    if item.computed:
        found |= {"readonly": True, "data-computed": True, "tabindex": "-1"}
    return found


def position_axis(item: Item) -> str:
    """Tell which half of a position in degrees an item holds: ``lon``, ``lat``, or "" for other items."""
    if item.kind.wire != "degrees":
        return ""
    if "longitude" in item.key or item.key.startswith("lon"):
        return "lon"
    return "lat"


def _keyboard(item: Item) -> Keyboard:
    """What a phone shows to type with: the type's own keys, else those of the format."""
    if item.kind.keyboard == "text" and item.format:
        return FORMATS[item.format].keyboard
    return item.kind.keyboard


class BoxWidget:
    """One bordered row: the input and, at its right, the unit."""

    def __call__(self, field: Any, **_kwargs: object) -> Markup:  # a wtforms field; it has no type stubs
        item: Item = field.item
        attributes = {
            "type": "date" if item.kind.value == "date" else "text",
            "id": field.id,
            "name": field.name,
            "value": field.data or "",
            "class_": "input",
            "autocomplete": "off",
            **marks(item, field.id),
        }
        if item.kind.number:
            attributes["data-number"] = item.kind.number
        keyboard = _keyboard(item)
        if keyboard != "text":
            attributes["inputmode"] = keyboard
        if item.codelist:
            attributes |= {"data-codelist": item.codelist, "spellcheck": "false"}
            if item.offer:
                attributes["data-offer"] = item.offer
        css = "box"
        if item.computed:
            css += " computed"
        return Markup('<div class="{}"><input {}>{}</div>').format(css, params(attributes), unit_word(item.unit))


class ChoiceWidget:
    """One option a line, radio buttons or checkboxes; two short ones side by side."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def __call__(self, field: Any, **_kwargs: object) -> Markup:  # a wtforms field
        item: Item = field.item
        chosen = set(field.chosen())
        css = "choices"
        if item.kind.wire == "flag":
            css += " two"
        shared = params({"type": self.kind, "name": field.name, **marks(item, field.id)})
        lines = "".join(
            f"<li><input {shared} {params({'id': f'{field.id}-{number}', 'value': code, 'checked': code in chosen})}>"
            f'<label for="{escape(field.id)}-{number}">{escape(label)}</label></li>'
            for number, (code, label) in enumerate(field.choices)
        )
        return Markup(f'<ul class="{css}" id="{escape(field.id)}">{lines}</ul>')  # noqa: S704 - every part is escaped above


class DegreesWidget:
    """Three boxes: degrees, minutes, seconds."""

    def __call__(self, field: Any, **_kwargs: object) -> Markup:  # a wtforms field
        boxes = Markup("").join(
            _part(field, part, word, keyboard)
            for part, word, keyboard in (("d", "度", "numeric"), ("m", "分", "numeric"), ("s", "秒", "decimal"))
        )
        return Markup('<div class="parts" id="{}">{}</div>').format(field.id, boxes)


class PositionWidget:
    """Longitude and latitude in decimal degrees, and what the device knows about them; a button reads the device."""

    def __call__(self, field: Any, **_kwargs: object) -> Markup:  # a wtforms field
        boxes = Markup("").join(
            _part(field, part, word, "decimal") for part, word in (("lon", "经度"), ("lat", "纬度"))
        )
        hidden = Markup("").join(
            Markup("<input {}>").format(
                params(
                    {
                        "type": "hidden",
                        "name": field.form[part].name,
                        "id": field.form[part].id,
                        "value": field.form[part].data or "",
                        "data-item": field.item.key,
                        "data-part": part,
                    }
                )
            )
            for part in ("accuracy_m", "at", "source")
        )
        note = _fix(field.form)
        return Markup(
            '<div class="parts two" id="{0}">{1}{2}</div>'
            '<output class="quiet small" data-fix-of="{0}">{3}</output>'
            '<button type="button" class="button only-js" data-locate="{0}">获取定位</button>',
        ).format(field.id, boxes, hidden, note)


class FileWidget:
    """A photo or a signature: the file's SHA-256 in a hidden input, and the button that takes it."""

    def __init__(self, word: str) -> None:
        self.word = word  # on the button

    def __call__(self, field: Any, **_kwargs: object) -> Markup:  # a wtforms field
        item: Item = field.item
        return Markup(
            '<input {0}><div class="taken" data-taken="{1}"></div>'
            '<button type="button" class="button only-js" data-take="{2}" data-for="{1}">{3}</button>',
        ).format(
            params(
                {
                    "type": "hidden",
                    "id": field.id,
                    "name": field.name,
                    "value": field.data or "",
                    "data-item": item.key,
                    "data-type": item.type,
                }
            ),
            field.id,
            item.type,
            self.word,
        )


def params(attributes: dict[str, Any]) -> Markup:
    """Write attributes, each value escaped: True stands bare, False is left out. A long form has thousands of them."""
    written = (
        key.rstrip("_") if value is True else f'{key.rstrip("_")}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value is not False
    )
    return Markup(" ".join(written))  # noqa: S704 - every value is escaped above


def unit_word(unit: str) -> Markup:
    if not unit:
        return Markup("")
    return Markup('<span class="unit-word">{}</span>').format(unit)


def _part(field: Any, part: str, word: str, keyboard: str) -> Markup:
    item: Item = field.item
    inner = field.form[part]
    attributes = {
        "type": "text",
        "id": inner.id,
        "name": inner.name,
        "value": inner.data or "",
        "class_": "input",
        "inputmode": keyboard,
        "autocomplete": "off",
        "aria-label": f"{item.name}，{word}",
        "data-part": part,
        **marks(item, field.id),
    }
    return Markup('<div class="box"><input {}>{}</div>').format(params(attributes), unit_word(word))


def _fix(form: Any) -> str:
    """Say what the device knew of a position, as far as it did."""
    notes: list[str] = []
    if accuracy := form["accuracy_m"].data:
        notes.append(f"精度 {accuracy} 米")
    if source := GPS_SOURCES.get(form["source"].data or ""):
        notes.append(source)
    return "，".join(notes)
