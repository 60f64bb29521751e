"""A browser without scripts: follows links, fills the forms that a page holds, and posts them as they stand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

PASSWORD = "Demo-2017-census"


class Reader(HTMLParser):
    """The controls of a page's last form, with the values they would post."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, list[str]] = {}
        self.text: list[str] = []
        self._area = ""
        self._is_template = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        at = {name: value or "" for name, value in attrs}
        if tag == "template":
            self._is_template += 1
        if self._is_template:
            return
        if tag == "textarea":
            self._area = at.get("name", "")
            self.fields.setdefault(self._area, [""])
        if tag != "input" or "name" not in at:
            return
        chosen = at.get("type") not in {"radio", "checkbox"} or "checked" in at
        values = self.fields.setdefault(at["name"], [])
        if chosen:
            values.append(at.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "template":
            self._is_template -= 1
        if tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.fields[self._area] = [self.fields[self._area][0] + data]
        elif not self._is_template:
            self.text.append(data)


@dataclass
class PlainBrowser:
    """Somebody signed in with a browser that runs no scripts."""

    client: FlaskClient
    address: str = ""
    html: str = ""
    fields: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    text: str = ""

    def sign_in(self, username: str, programme: str = "census") -> PlainBrowser:
        self.open("/sign-in")
        return self.post({"username": username, "password": PASSWORD, "programme": programme})

    def open(self, address: str) -> PlainBrowser:
        return self._show(self.client.get(address, follow_redirects=True))

    def post(self, values: Mapping[str, Any], to: str = "") -> PlainBrowser:
        """Post the page's form with some values changed; a list is several values of one name."""
        data: dict[str, Any] = {
            **self.fields,
            **{name: [value] if isinstance(value, str) else value for name, value in values.items()},
        }
        return self._show(self.client.post(to or self.address, data=data, follow_redirects=True))

    def _show(self, response: TestResponse) -> PlainBrowser:
        assert response.status_code == 200, (
            response.status_code,
            response.request.path,
            response.get_data(as_text=True)[:400],
        )
        self.address = response.request.path
        self.html = response.get_data(as_text=True)
        reader = Reader()
        reader.feed(self.html)
        self.fields = {name: values for name, values in reader.fields.items() if values}
        self.text = re.sub(r"\s+", " ", " ".join(reader.text))
        return self

    def fill_form(self, unit: object, code: str, answers: Mapping[str, Any]) -> PlainBrowser:
        """Go through a form page by page, row by row, answering what each shows, as far as the page after the last."""
        self.open(f"/collect/units/{unit}/forms/{code}")
        for _ in range(60):
            if "/forms/" not in self.address:
                return self
            parts = self.address.split("/forms/")[1].split("/")
            rows = answers.get(parts[1])
            if len(parts) == 2 and f"{parts[1]}-" not in str(self.fields) and isinstance(rows, list) and _rows(rows):
                for row in rows:
                    self.post({"go": "add"})
                    prefix = self.address.split("/forms/")[1].split("/")
                    filled = {**posted(row, f"{prefix[1]}-{prefix[2]}-"), "go": "next"}
                    self.post(filled)
                    if self.address.endswith(
                        f"/{prefix[1]}/{prefix[2]}"
                    ):  # held back once: the other rows are not there yet
                        self.post(filled)
                self.post({"go": "next"})
                continue
            wanted = posted(answers, "")
            before = self.address
            shown = set(self.fields.get("shown", ()))
            self.post({name: value for name, value in wanted.items() if _item(name) in shown} | {"go": "next"})
            if self.address == before:  # a switch has opened more items, or something is wrong: once more, then on
                shown = set(self.fields.get("shown", ()))
                self.post({name: value for name, value in wanted.items() if _item(name) in shown} | {"go": "next"})
        raise AssertionError(f"no end of {code} at {self.address}")


def posted(answers: Mapping[str, Any], prefix: str) -> dict[str, list[str]]:
    """What a browser would post for some answers."""
    pairs: dict[str, list[str]] = {}
    for key, value in answers.items():
        name = f"{prefix}{key}"
        if isinstance(value, bool):
            pairs[name] = ["true" if value else "false"]
        elif isinstance(value, dict):
            pairs |= {f"{name}-{part}": [str(one)] for part, one in value.items()}
        elif isinstance(value, list):
            if not _rows(value):
                pairs[name] = [str(one) for one in value]
        elif value is not None:
            pairs[name] = [str(value)]
    return pairs


def _rows(values: Iterable[object]) -> bool:
    return any(isinstance(value, dict) for value in values)


def _item(name: str) -> str:
    """The item that a posted name belongs to: parts of a position stand behind a dash."""
    return re.sub(r"-(d|m|s|lon|lat|accuracy_m|at|source)$", "", name)
