"""Photos as evidence: what they show is kept, what they carry is read or thrown away.

A photo is decoded completely, turned upright, brought to at most 1,280 pixels and written anew, without metadata;
position and time are read from it first and kept as data. One that a phone has prepared like that already is kept byte
for byte, so that its SHA-256 still proves it. See docs/decisions/0010.
"""

from __future__ import annotations

import hashlib
import json
import re
import struct
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import IO, Any, Final, cast

from census.errors import WrongContent

LONGEST_SIDE: Final = 1_280
MOST_PIXELS: Final = 60_000_000
QUALITY: Final = 82
FORMATS: Final = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
WRITTEN: Final = {"PNG": "image/png", "JPEG": "image/jpeg"}

# What a picture needs to be decoded, and nothing that could carry more: JFIF and Adobe headers, tables, frames, scans.
JPEG_SEGMENTS: Final = frozenset({0xC0, 0xC1, 0xC2, 0xC4, 0xDB, 0xDD, 0xE0, 0xEE})
PNG_CHUNKS: Final = frozenset(
    {b"IHDR", b"PLTE", b"tRNS", b"gAMA", b"sRGB", b"cHRM", b"pHYs", b"sBIT", b"IDAT", b"IEND"}
)
EXIF, GPS, ORIENTATION, TAKEN, ZONE = 0x8769, 0x8825, 0x0112, 0x9003, 0x9011
TOLD_ANGLE: Final = re.compile(r"-?[0-9]{1,3}(\.[0-9]{1,9})?")
BROKEN: Final = "这张照片打不开或不完整。请重新拍一张再上传。"


@dataclass(frozen=True, slots=True)
class Cleaned:
    """Where the bytes to keep lie, what they are, and what was read from the photo."""

    file: Path
    media_type: str
    size: int
    facts: dict[str, Any]


def clean(file: Path, media_type: str) -> Cleaned:
    """Check and prepare one photo; what had to be written anew lies beside it, under its name with ``.clean``.

    Raises WrongContent for what cannot be decoded, is truncated, or is larger than any camera's.
    """
    from PIL import Image, ImageOps  # noqa: PLC0415 - most requests send no photo

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(file, formats=(FORMATS[media_type],)) as photo:
                if photo.width * photo.height > MOST_PIXELS:
                    raise WrongContent("这张照片太大。请用手机自带的相机重新拍。")
                facts = _facts(photo) | {"width": photo.width, "height": photo.height}
                is_plain = (
                    not getattr(photo, "is_animated", False)
                    and max(photo.size) <= LONGEST_SIDE
                    and _is_bare(file, media_type)
                )
                photo.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # a large JPEG is decoded at a fraction of its size
                photo.load()
                if is_plain and facts.get("orientation", 1) == 1:
                    return Cleaned(file, media_type, file.stat().st_size, _kept(facts))
                upright = ImageOps.exif_transpose(photo)
                upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
                return _written(upright, file, facts)
    except (
        OSError,
        ValueError,
        SyntaxError,
        struct.error,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ):
        raise WrongContent(BROKEN) from None


def told_facts(text: str | None) -> dict[str, Any]:
    """What a phone read from a photo before it stripped it, ``{"lon", "lat", "at"}`` as JSON.

    What makes no sense is left out.
    """
    try:
        told = json.loads(text or "{}")
    except ValueError:
        return {}
    if not isinstance(told, dict):
        return {}
    said = cast("dict[str, Any]", told)
    facts: dict[str, Any] = {}
    if TOLD_ANGLE.fullmatch(str(said.get("lon"))) and TOLD_ANGLE.fullmatch(str(said.get("lat"))):
        facts |= _position(float(said["lon"]), float(said["lat"]))
    taken = _moment(str(said.get("at")).replace("-", ":").replace("T", " "), None)
    if taken:
        facts["taken_at"] = taken
    if facts:
        facts["told_by"] = "phone"  # a claim, not what the file itself says
    return facts


def _position(lon: float, lat: float) -> dict[str, Any]:
    """A position as facts name it; nothing where it lies on no map."""
    if abs(lon) > 180 or abs(lat) > 90:
        return {}
    return {"lon": lon, "lat": lat}


def _written(picture: Any, file: Path, facts: dict[str, Any]) -> Cleaned:
    """Write the picture anew: transparent drawings as PNG, photos as JPEG; nothing of the old file is carried over."""
    target = file.with_name(f"{file.name}.clean")
    name, colours, options = "JPEG", "RGB", {"quality": QUALITY}
    if picture.mode in {"RGBA", "LA", "P", "1"}:
        name, colours, options = "PNG", "RGBA", {}
    plain = picture.convert(colours)
    plain.info.clear()  # what the old file said about itself would be written along
    plain.save(target, name, optimize=True, **options)
    with target.open("rb") as content:
        stored = hashlib.file_digest(content, "sha256").hexdigest()
    written = {"stored_sha256": stored, "stored_width": plain.width, "stored_height": plain.height}
    return Cleaned(target, WRITTEN[name], target.stat().st_size, _kept(facts) | written)


def _kept(facts: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in facts.items() if key != "orientation"}


def _facts(photo: Any) -> dict[str, Any]:
    """Position and time from EXIF; whatever cannot be read is left out."""
    found = photo.getexif()
    facts: dict[str, Any] = {}
    if isinstance(found.get(ORIENTATION), int):
        facts["orientation"] = found[ORIENTATION]
    place = found.get_ifd(GPS)
    lon, lat = _degrees(place.get(4), place.get(3), "W"), _degrees(place.get(2), place.get(1), "S")
    if lon is not None and lat is not None:
        facts |= _position(lon, lat)
    more = found.get_ifd(EXIF)
    taken = _moment(more.get(TAKEN), more.get(ZONE))
    if taken:
        facts["taken_at"] = taken
    return facts


def _degrees(parts: object, reference: object, negative: str) -> float | None:
    try:
        degrees, minutes, seconds = (float(part) for part in cast("tuple[Any, Any, Any]", parts))
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    value = degrees + minutes / 60 + seconds / 3600
    if value != value:  # noqa: PLR0124 - a camera without a fix writes 0/0
        return None
    if reference == negative:
        value = -value
    return round(value, 7)


def _moment(text: object, zone: object) -> str:
    """The time a photo was taken, with its zone; cameras that tell none are in China's."""
    try:
        at = datetime.strptime(str(text).strip("\0 "), "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007 - the zone follows
        hours, _, minutes = str(zone or "+08:00").strip("\0 ").partition(":")
        offset = timedelta(hours=abs(int(hours)), minutes=int(minutes or 0))
        if hours.startswith("-"):
            offset = -offset
        return at.replace(tzinfo=timezone(offset)).isoformat()
    except ValueError:
        return ""


def _is_bare(file: Path, media_type: str) -> bool:
    """Whether the file holds a picture and nothing else: no metadata, no comment, no bytes after its end."""
    with file.open("rb") as content:
        if media_type == "image/jpeg":
            return _is_bare_jpeg(content.read())
        if media_type == "image/png":
            content.seek(8)
            kinds = list(_png_chunks(content))
            return bool(kinds) and set(kinds) <= PNG_CHUNKS and kinds[-1] == b"IEND" and not content.read(1)
    return False


def _is_bare_jpeg(data: bytes) -> bool:
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            return False
        marker = data[at + 1]
        if marker == 0xDA:  # from here to the end of the picture are scans
            end = data.find(b"\xff\xd9", at)
            return end == len(data) - 2
        if marker not in JPEG_SEGMENTS:
            return False
        at += 2 + struct.unpack(">H", data[at + 2 : at + 4])[0]
    return False


def _png_chunks(content: IO[bytes]) -> Iterator[bytes]:
    while len(head := content.read(8)) == 8:
        length, kind = struct.unpack(">I4s", head)
        content.seek(length + 4, 1)
        yield kind
        if kind == b"IEND":
            return
