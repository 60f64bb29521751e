"""Real photos for tests, drawn here: a server that decodes what it gets takes nothing less."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from PIL import Image


def a_jpeg(width: int = 640, height: int = 480, exif: Mapping[int, Any] | None = None, seed: int = 1) -> bytes:
    """A picture with some detail; ``exif`` holds tags by number, a mapping for one of its directories."""
    drawn = (
        Image.effect_noise((max(width // 8, 1), max(height // 8, 1)), 40 + seed % 60)
        .convert("RGB")
        .resize((width, height))
    )
    tags = Image.Exif()
    for tag, value in (exif or {}).items():
        if isinstance(value, dict):
            tags.get_ifd(tag).update(value)
        else:
            tags[tag] = value
    out = io.BytesIO()
    drawn.save(out, "JPEG", quality=80, **({"exif": tags} if exif else {}))
    return out.getvalue()
