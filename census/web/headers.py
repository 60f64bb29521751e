"""What every response carries: the content security policy, its companions, and compression."""

from __future__ import annotations

import gzip
from typing import Final

import brotli
from flask import Flask, Response, request

from census.settings import Settings

POLICY: Final = "; ".join((
    "default-src 'self'", "img-src 'self' data: blob:", "media-src 'self' blob:", "object-src 'none'",
    "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'",
))
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
COMPRESSED_ALREADY: Final = ("image/png", "image/jpeg", "image/webp", "font/woff2", "application/zip", "application/pdf")


def install(app: Flask, settings: Settings) -> None:
    """Add the headers to every response, and HSTS where the instance is reached by HTTPS."""
    headers = HEADERS | ({"Strict-Transport-Security": "max-age=31536000"} if settings.production else {})

    @app.after_request
    def finish(response: Response) -> Response:
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        return compressed(response)


def compressed(response: Response) -> Response:
    """Compress text that is worth it, by Brotli where the browser can; a village's connection pays per byte."""
    if (
        response.status_code != 200
        or response.is_streamed and not response.direct_passthrough
        or "Content-Encoding" in response.headers
        or "Content-Range" in response.headers
        or response.mimetype in COMPRESSED_ALREADY
        or not (response.mimetype.startswith(("text/", "application/")) or response.mimetype == "image/svg+xml")
        or response.mimetype == "application/octet-stream"
    ):
        return response
    response.vary.add("Accept-Encoding")
    encoding = request.accept_encodings.best_match(["br", "gzip"])
    length = response.content_length
    if encoding is None or length is not None and length < WORTH_COMPRESSING_BYTES:
        return response
    response.direct_passthrough = False
    body = response.get_data()
    if len(body) >= WORTH_COMPRESSING_BYTES:
        response.set_data(brotli.compress(body, quality=4) if encoding == "br" else gzip.compress(body, 6, mtime=0))
        response.headers["Content-Encoding"] = encoding
        etag, _ = response.get_etag()
        if etag:
            response.set_etag(etag, weak=True)  # the bytes differ by encoding, the meaning does not
    return response
