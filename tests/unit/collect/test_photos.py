from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from census.errors import WrongContent
from census.services.collect import files
from tests.builders.photos import a_jpeg

GPS_AND_TIME: dict[int, Any] = {
    0x0112: 6,
    0x8825: {1: "N", 2: (23.0, 2.0, 45.6), 3: "E", 4: (113.0, 22.0, 12.0)},
    0x8769: {0x9003: "2018:08:20 09:12:00"},
}


def examined(tmp_path: Path, data: bytes) -> tuple[files.Content, bytes]:
    file = tmp_path / "sent"
    file.write_bytes(data)
    content = files.examine(file)
    return content, content.kept.read_bytes()


def test_a_photo_that_a_phone_prepared_is_kept_byte_for_byte(tmp_path: Path) -> None:
    data = a_jpeg(1280, 960)
    content, kept = examined(tmp_path, data)
    assert (kept, content.sha256) == (data, hashlib.sha256(data).hexdigest())
    assert content.facts == {"width": 1280, "height": 960}


def test_position_and_time_are_read_and_then_gone_and_the_photo_stands_upright(tmp_path: Path) -> None:
    data = a_jpeg(2000, 1000, GPS_AND_TIME)
    content, kept = examined(tmp_path, data)
    assert content.sha256 == hashlib.sha256(data).hexdigest()
    assert content.facts["stored_sha256"] == hashlib.sha256(kept).hexdigest()
    assert (content.facts["lon"], content.facts["lat"]) == (113.37, 23.046)
    assert content.facts["taken_at"] == "2018-08-20T09:12:00+08:00"
    with Image.open(io.BytesIO(kept)) as photo:
        assert (photo.size, dict(photo.getexif())) == ((640, 1280), {})


def test_what_hides_behind_a_picture_is_not_kept(tmp_path: Path) -> None:
    content, kept = examined(tmp_path, a_jpeg(300, 200) + b"<script>alert(1)</script>")
    assert b"script" not in kept
    assert content.media_type == "image/jpeg"


def test_a_signature_stays_a_drawing(tmp_path: Path) -> None:
    drawn = io.BytesIO()
    Image.new("RGBA", (600, 200), (0, 0, 0, 0)).save(drawn, "PNG")
    content, kept = examined(tmp_path, drawn.getvalue())
    assert (content.media_type, kept) == ("image/png", drawn.getvalue())


def test_a_webp_becomes_what_every_desk_can_show(tmp_path: Path) -> None:
    sent = io.BytesIO()
    Image.new("RGB", (640, 480), "red").save(sent, "WEBP")
    content, kept = examined(tmp_path, sent.getvalue())
    assert (content.media_type, kept[:3]) == ("image/jpeg", b"\xff\xd8\xff")


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xd8\xff\xe0" + bytes(500),
        a_jpeg(800, 600)[:4000],
        b"\x89PNG\r\n\x1a\n" + bytes(40),
        b"RIFF\x10\0\0\0WEBPVP8 " + bytes(40),
        a_jpeg(8, 8).replace(b"\x00\x08\x00\x08", b"\xff\xf0\xff\xf0", 1),
    ],
    ids=["no picture", "cut short", "a broken PNG", "a broken WebP", "a bomb"],
)
def test_what_is_no_whole_photo_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(WrongContent):
        examined(tmp_path, data)


@pytest.mark.parametrize(
    ("told", "facts"),
    [
        (
            '{"lon": "113.3845", "lat": "22.9416", "at": "2018-08-20T09:51:07"}',
            {"lon": 113.3845, "lat": 22.9416, "taken_at": "2018-08-20T09:51:07+08:00", "told_by": "phone"},
        ),
        ('{"lon": "999", "lat": "22.9", "at": "yesterday"}', {}),
        ('{"lon": [], "lat": {}}', {}),
        ("[1]", {}),
        ("{", {}),
        (None, {}),
    ],
)
def test_what_a_phone_read_before_it_stripped_a_photo_is_kept_where_it_makes_sense(
    tmp_path: Path, told: str | None, facts: dict[str, Any]
) -> None:
    file = tmp_path / "sent"
    file.write_bytes(a_jpeg(640, 480))
    assert files.examine(file, told=told).facts == facts | {"width": 640, "height": 480}
