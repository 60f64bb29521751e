"""Real photos for tests, drawn here: a server that decodes what it gets takes nothing less."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from PIL import Image


def a_jpeg(width: int = 640, height: int = 480, exif: Mapping[int, Any] | None = None, seed: int = 1) -> bytes:
    """A picture with some detail; ``exif`` holds tags by number, a mapping for one of its directories."""
    noise = Image.effect_noise((max(width // 8, 1), max(height // 8, 1)), 40 + seed % 60)
    drawn = noise.convert("RGB").resize((width, height))
    tags = Image.Exif()
    for tag, value in (exif or {}).items():
        if isinstance(value, dict):
            tags.get_ifd(tag).update(value)
        else:
            tags[tag] = value
    more: dict[str, Any] = {}
    if exif:
        more["exif"] = tags
    out = io.BytesIO()
    drawn.save(out, "JPEG", quality=80, **more)
    return out.getvalue()
