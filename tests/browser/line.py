"""The line between a phone and the server, in somebody's hand: cut after so many bytes, or answering by itself."""

from __future__ import annotations

import json
import re
import select
import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final, Literal

Mode = Literal["open", "cut", "portal", "forged"]
PIECE: Final = 16_384
PORTAL: Final = b"<!doctype html><title>Wi-Fi</title><h1>\xe8\xaf\xb7\xe7\x99\xbb\xe5\xbd\x95</h1>"


@dataclass
class Line:
    """A forwarder on a port of its own. ``sent`` counts the bytes that went up."""

    target: int
    mode: Mode = "open"
    sent: int = 0
    left: int | None = None  # bytes until it breaks
    on_cut: Callable[[], None] = lambda: None
    port: int = 0
    _open: set[socket.socket] = field(default_factory=set[socket.socket])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cut_after(self, count: int, then: Callable[[], None] = lambda: None) -> None:
        """Break all connections as soon as so many more bytes went up."""
        self.on_cut, self.left = then, count

    def become(self, mode: Mode) -> None:
        """Change what happens on the line; what is open breaks, as when a phone changes its network."""
        with self._lock:
            self.mode, self.left = mode, None
            broken, self._open = self._open, set()
        for one in broken:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def serve(self, listener: socket.socket) -> None:
        while True:
            try:
                phone, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(phone,), daemon=True).start()

    def _carry(self, phone: socket.socket) -> None:
        with phone:
            if self.mode == "cut":
                return
            if self.mode in {"portal", "forged"}:
                self._answer(phone)
                return
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.target)) as server:
                with self._lock:
                    self._open |= {phone, server}
                self._forward(phone, server)

    def _forward(self, phone: socket.socket, server: socket.socket) -> None:
        while True:
            ready, _, _ = select.select([phone, server], [], [])
            for one in ready:
                data = one.recv(PIECE)
                if not data:
                    return
                if one is phone:
                    data = self._count(data)
                    server.sendall(data)
                    if self.mode == "cut":
                        self.on_cut()
                        return
                else:
                    phone.sendall(data)

    def _count(self, data: bytes) -> bytes:
        with self._lock:
            if self.left is not None:
                data = data[: self.left]
                self.left -= len(data)
                if self.left == 0:
                    self.mode, self.left = "cut", None
            self.sent += len(data)
        return data

    def _answer(self, phone: socket.socket) -> None:
        """Answer as a public Wi-Fi does; ``forged`` even knows what a receipt looks like."""
        with suppress(OSError):
            request = phone.recv(PIECE)
            length = int((re.search(rb"content-length: (\d+)", request, re.IGNORECASE) or [b"", b"0"])[1])
            head, _, body = request.partition(b"\r\n\r\n")
            while len(body) < length:
                body += phone.recv(PIECE)
            kind, content = b"text/html", PORTAL
            if self.mode == "forged" and b"/submissions" in head.partition(b"\r\n")[0]:
                results = [
                    {
                        "id": one["id"],
                        "status": "stored",
                        "findings": [],
                        "receipt": {
                            "number": "R0",
                            "id": one["id"],
                            "revision": one["revision"],
                            "digest": one["digest"],
                            "at": "2018-08-20T09:51:00+00:00",
                            "mac": "00" * 32,
                        },
                    }
                    for one in json.loads(body)["submissions"]
                ]
                kind, content = b"application/json", json.dumps({"results": results}).encode()
            phone.sendall(
                b"HTTP/1.1 200 OK\r\nContent-Type: "
                + kind
                + b"\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(content)
                + content
            )


@contextmanager
def line_to(port: int) -> Generator[Line]:
    """Open a line to a port of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        line = Line(port, port=listener.getsockname()[1])
        threading.Thread(target=line.serve, args=(listener,), daemon=True).start()
        yield line
        line.become("cut")
