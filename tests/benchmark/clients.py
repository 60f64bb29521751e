"""Load from few cycles: bare sockets and requests made beforehand, so that the server has the cores to itself."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

ANSWER_WITHIN_S: Final = 60


def request_bytes(path: str, token: str, body: bytes) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def get_bytes(path: str, cookie: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n\r\n".encode()


def exchange(line: socket.socket, request: bytes) -> bytes:
    """Send one request on an open connection and give the answer's body. Raises AssertionError unless it is a 200."""
    line.sendall(request)
    received = b""
    while b"\r\n\r\n" not in received:
        received += _more(line)
    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200"), received[:2000]
    fields = dict(field.lower().split(b": ", 1) for field in head.split(b"\r\n")[1:])
    while len(body) < int(fields[b"content-length"]):
        body += _more(line)
    return body


def _more(line: socket.socket) -> bytes:
    part = line.recv(1 << 16)
    assert part, "the server closed the connection"
    return part


def send_all(
    port: int,
    requests: Sequence[bytes],
    clients: int,
    took_s: list[float] | None = None,
) -> tuple[float, list[bytes]]:
    """Share requests among clients that each send one after the other; give the seconds and all answers.

    ``took_s`` gets the time of each exchange.
    """
    answers: list[bytes] = []

    def one(number: int) -> None:
        with socket.create_connection(("127.0.0.1", port), timeout=ANSWER_WITHIN_S) as line:
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for request in requests[number::clients]:
                begun = time.perf_counter()
                answers.append(exchange(line, request))
                if took_s is not None:
                    took_s.append(time.perf_counter() - begun)

    return all_at_once(one, clients), answers


def all_at_once(work: Callable[[int], None], count: int) -> float:
    """Run ``count`` threads and give the seconds until the last has ended; the first failure is raised."""
    failures: list[BaseException] = []

    def kept(number: int) -> None:
        try:
            work(number)
        except BaseException as error:  # noqa: BLE001 - raised again below, in the thread that measures
            failures.append(error)

    threads = [threading.Thread(target=kept, args=(number,), daemon=True) for number in range(count)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return time.perf_counter() - begun
