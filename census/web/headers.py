"""What every response carries: the content security policy, its companions, and compression."""

from __future__ import annotations

import gzip
from typing import Final

import brotli
from flask import Flask, Response, request

from census.settings import Settings

POLICY: Final = (
    "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), camera=(self), microphone=(), payment=()",
    "Cache-Control": "private, no-cache",
}
WORTH_COMPRESSING_BYTES: Final = 1024
COMPRESSIBLE: Final = ("application/json", "application/problem+json", "application/manifest+json", "image/svg+xml")


def install(app: Flask, settings: Settings) -> None:
    """Add the headers to every response, and HSTS where the instance is reached by HTTPS."""
    carried = dict(HEADERS)
    if settings.production:
        carried["Strict-Transport-Security"] = "max-age=31536000"
    headers = [(name.lower(), name, value) for name, value in carried.items()]

    @app.after_request
    def finish(response: Response) -> Response:
        set_already = {name.lower() for name, _ in response.headers}
        for lowered, name, value in headers:
            if lowered not in set_already:
                response.headers.add(name, value)
        return compressed(response)


def compressed(response: Response) -> Response:
    """Compress text that is worth it, by Brotli where the browser can; a village's connection pays per byte."""
    if not compressible(response):
        return response
    response.vary.add("Accept-Encoding")
    if "Accept-Encoding" not in request.headers:  # programs often do not ask
        return response
    length = response.content_length or WORTH_COMPRESSING_BYTES
    encoding = request.accept_encodings.best_match(["br", "gzip"])
    if encoding is None or length < WORTH_COMPRESSING_BYTES:
        return response
    body = response.get_data()
    if len(body) >= WORTH_COMPRESSING_BYTES:
        response.set_data(squeeze(body, encoding))
        response.headers["Content-Encoding"] = encoding
        etag, _ = response.get_etag()
        if etag:
            response.set_etag(etag, weak=True)  # the bytes differ by encoding, the meaning does not
    return response


def compressible(response: Response) -> bool:
    """Whether this is a whole text that nobody has packed yet."""
    packed = "Content-Encoding" in response.headers or "Content-Range" in response.headers
    kind = response.mimetype or ""
    return (
        response.status_code == 200
        and not response.is_streamed
        and not packed
        and (kind.startswith("text/") or kind in COMPRESSIBLE)
    )


def squeeze(body: bytes, encoding: str) -> bytes:
    """The body in Brotli or gzip; the middling quality costs a millisecond and saves most of the bytes."""
    if encoding == "br":
        return brotli.compress(body, quality=4)  # pyright: ignore[reportUnknownVariableType] - brotli has no types
    return gzip.compress(body, 6, mtime=0)
