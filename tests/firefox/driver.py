"""Debian's Firefox, driven by WebDriver BiDi over a plain WebSocket: enough for one journey, and no other package."""

from __future__ import annotations

import base64
import itertools
import json
import os
import secrets
import socket
import struct
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.served import eventually, free_ports

FIREFOX: Final = "/usr/bin/firefox-esr"
START_WITHIN_S: Final = 120
ANSWER_WITHIN_S: Final = 90
PREFERENCES: Final = """user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("app.update.enabled", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("dom.serviceWorkers.testing.enabled", true);
user_pref("intl.locale.requested", "zh-CN");
"""


@dataclass
class Firefox:
    """One tab."""

    wire: socket.socket
    tab: str = ""
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    def call(self, method: str, **parameters: Any) -> Any:
        number = next(self._numbers)
        self._write(json.dumps({"id": number, "method": method, "params": parameters}).encode())
        while True:
            told = json.loads(self._read())
            if told.get("id") == number:
                assert told["type"] == "success", told
                return told["result"]

    def open(self, address: str) -> None:
        self.call("browsingContext.navigate", context=self.tab, url=address, wait="complete")

    def ask(self, expression: str) -> Any:
        """The value of an expression of the page, waited for; only what JSON holds."""
        answer = self.call(
            "script.evaluate",
            expression=f"(async () => JSON.stringify(await ({expression}) ?? null))()",
            awaitPromise=True,
            target={"context": self.tab},
        )
        assert answer["type"] == "success", answer
        return json.loads(answer["result"]["value"])

    def sees(self, expression: str, within_s: float = ANSWER_WITHIN_S) -> bool:
        return eventually(lambda: bool(self.ask(expression)), within_s)

    def _write(self, data: bytes) -> None:
        mask, size = secrets.token_bytes(4), len(data)
        head = (
            struct.pack("!BB", 0x81, 0x80 | size)
            if size < 126
            else struct.pack("!BBH", 0x81, 0xFE, size)
            if size < 65536
            else struct.pack("!BBQ", 0x81, 0xFF, size)
        )
        self.wire.sendall(head + mask + bytes(byte ^ mask[place % 4] for place, byte in enumerate(data)))

    def _read(self) -> bytes:
        message = b""
        while True:
            first, second = self._exactly(2)
            size = second & 0x7F
            if size == 126:
                [size] = struct.unpack("!H", self._exactly(2))
            elif size == 127:
                [size] = struct.unpack("!Q", self._exactly(8))
            message += self._exactly(size)
            if first & 0x80:
                return message

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            piece = self.wire.recv(count - len(data))
            assert piece, "Firefox hung up"
            data += piece
        return data


@contextmanager
def firefox(folder: Path) -> Generator[Firefox]:
    """Start Firefox on an empty profile; it ends with the test."""
    profile, port = folder / "profile", free_ports(1)
    profile.mkdir()
    (profile / "user.js").write_text(PREFERENCES)
    environment = os.environ | {"HOME": str(folder), "MOZ_HEADLESS": "1"}
    command = [
        FIREFOX,
        "--headless",
        "--no-remote",
        "--profile",
        str(profile),
        f"--remote-debugging-port={port}",
        "about:blank",
    ]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            assert eventually(lambda: _listens(port), START_WITHIN_S), "Firefox never listened"
            with socket.create_connection(("127.0.0.1", port), ANSWER_WITHIN_S) as wire:
                key = base64.b64encode(secrets.token_bytes(16)).decode()
                wire.sendall(
                    f"GET /session HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode(),
                )
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    head += wire.recv(1)
                assert b" 101 " in head, head
                browser = Firefox(wire)
                browser.call("session.new", capabilities={})
                browser.tab = browser.call("browsingContext.getTree")["contexts"][0]["context"]
                yield browser
        finally:
            process.terminate()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
