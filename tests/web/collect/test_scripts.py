"""What the phone's scripts promise without a browser: digests, sending weight, old browsers."""

from __future__ import annotations

import base64
import gzip
import io
import re
import struct

import pytest
from flask.testing import FlaskClient
from PIL import Image

from census.examples.records import answers_for
from census.services.collect.receipts import Receipt
from census.web.collect.addresses import blank_address
from forms.answers.values import digest
from forms.catalogue import catalogue
from tests.scripts import CHROME_80_LACKS, OWN, run

LARGEST_FIRST_PAGE = 60_000


@pytest.mark.parametrize("code", ["QC-1", "G101-1", "G102"])
def test_the_phone_digests_answers_as_the_server_does(code: str) -> None:
    answers = answers_for(code, seed=5).answers
    explanations = [{"check": f"{code}-C01", "path": "/remarks", "text": "换行\n与“引号”、\u2028 和 😀"}]
    script = "import { digest } from './canonical.js'; console.log(JSON.stringify(await digest(...values)));"
    assert run(script, answers, explanations) == digest(answers, explanations)


def test_the_phone_sorts_keys_by_utf_16_as_rfc_8785_wants() -> None:
    answers = {"\U0001f600": "a", "\ufb33": "b", "é": "c", "1": True, "d": {"d": 113, "m": 0, "s": "1.50"}}
    script = "import { digest } from './canonical.js'; console.log(JSON.stringify(await digest(values[0], [])));"
    assert run(script, answers) == digest(answers, [])


def test_the_phone_believes_only_receipts_of_this_server() -> None:
    from datetime import UTC, datetime
    from uuid import uuid4

    receipt = Receipt("R1", uuid4(), 1, "ab" * 32, datetime(2018, 8, 20, 9, 51, tzinfo=UTC))
    key = "0123456789abcdef"
    told = {
        "number": receipt.number,
        "id": str(receipt.submission_id),
        "revision": 1,
        "digest": receipt.digest,
        "at": receipt.at_text,
        "mac": receipt.mac(key.encode()),
    }
    script = """import { isGenuine } from './canonical.js';
        const [receipt, key] = values;
        const changed = { ...receipt, number: 'R2' };
        const told = [isGenuine(receipt, key), isGenuine(changed, key), isGenuine(receipt, 'other')];
        console.log(JSON.stringify(await Promise.all(told)));"""
    assert run(script, told, key) == [True, False, False]


def test_ids_made_on_the_phone_are_uuids_of_version_7_in_the_order_of_time() -> None:
    script = """
        import { newId } from './canonical.js';
        const first = newId();
        await new Promise((go) => setTimeout(go, 5));
        console.log(JSON.stringify([first, newId()]));"""
    first, second = run(script)  # type: ignore[misc]
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", first)
    assert first < second


def test_deleting_a_row_moves_what_was_said_of_the_rows_behind_it() -> None:
    said = [
        {"path": "/facility/0/run_hours"},
        {"path": "/facility/1/run_hours"},
        {"path": "/facility/2/run_hours"},
        {"path": "/remarks"},
    ]
    script = """
        import { moved } from './answers.js';
        console.log(JSON.stringify(moved(values[0], 'facility', 1, -1).map((one) => one.path)));"""
    assert run(script, said) == ["/facility/0/run_hours", "/facility/1/run_hours", "/remarks"]


def test_what_is_not_asked_is_not_sent() -> None:
    answers = {"a": "1", "b": "2", "rows": [{"x": "1", "y": "2"}], "gone": [{"x": "1"}]}
    script = "import { asked } from './answers.js'; console.log(JSON.stringify(asked(values[0], new Set(values[1]))));"
    assert run(script, answers, ["/b", "/rows/0/y", "/gone"]) == {"a": "1", "rows": [{"x": "1"}]}


@pytest.mark.parametrize(
    ("typed", "kept"), [("12 400", "12400"), ("１２，４００", "12400"), ("1\u2009234.5", "1234.5"), (" 3。5 ", "3.5")]
)
def test_numbers_are_kept_plain_however_they_are_typed(typed: str, kept: str) -> None:
    script = "import { plain } from './fields.js'; console.log(JSON.stringify(plain(values[0])));"
    assert run(script, typed) == kept


@pytest.mark.parametrize(("text", "first"), [("0610", "0610"), ("金属结构", "3311"), ("33", "3311")])
def test_suggestions_come_by_code_and_by_name(client: FlaskClient, text: str, first: str) -> None:
    entries = client.get("/collect/codelists/gbt4754?offer=industrial").get_json()
    script = "import { search } from './combobox.js'; console.log(JSON.stringify(search(values[0], values[1])[0][0]));"
    assert run(script, entries, text) == first


@pytest.mark.parametrize(
    ("pasted", "angles"),
    [
        ("113.3845", [113.3845]),
        ("22.94, 113.3845", [22.94, 113.3845]),
        ("113°23′04.2″", [113.3845]),
        ("东经113度23分4.2秒，北纬22度56分30秒", [113.3845, 22.941667]),
        ("113:23:04.2", [113.3845]),
        ("１１３．３８４５", [113.3845]),
        ("钟村", []),
    ],
)
def test_degrees_are_understood_as_people_paste_them(pasted: str, angles: list[float]) -> None:
    script = """
        import { degreesOf } from './position.js';
        console.log(JSON.stringify(degreesOf(values[0]).map((angle) => Number(angle.toFixed(6)))));"""
    assert run(script, pasted) == angles


def test_when_and_where_a_photo_was_taken_is_read_from_it() -> None:
    script = """
        import { factsOf } from './exif.js';
        const read = (hex) => factsOf(Uint8Array.from(Buffer.from(hex, 'hex')).buffer);
        console.log(JSON.stringify(values.map(read)));"""
    whole = a_jpeg_with_exif()
    assert run(script, whole.hex(), whole[:60].hex(), b"\x89PNG".hex()) == [
        {"at": "2018-08-20T09:51:07", "lon": "113.384500", "lat": "22.941667"},
        {},
        {},
    ]


def a_jpeg_with_exif() -> bytes:
    """The beginning of a photo as cameras write it, big-endian: 2018-08-20 09:51:07 at 22°56′30″N 113°23′04.2″E."""

    def entry(tag: int, kind: int, count: int, value: bytes) -> bytes:
        return struct.pack(">HHI", tag, kind, count) + value.ljust(4, b"\0")

    def directory(*entries: bytes) -> bytes:
        return struct.pack(">H", len(entries)) + b"".join(entries) + b"\0" * 4

    exif_at, gps_at, data_at = 8 + 30, 8 + 30 + 18, 8 + 30 + 18 + 54
    taken = b"2018:08:20 09:51:07\0"
    lat, lon = (struct.pack(">6I", d, 1, m, 1, s, 10) for d, m, s in ((22, 56, 300), (113, 23, 42)))
    top = directory(entry(0x8769, 4, 1, struct.pack(">I", exif_at)), entry(0x8825, 4, 1, struct.pack(">I", gps_at)))
    exif = directory(entry(0x9003, 2, 20, struct.pack(">I", data_at)))
    gps = directory(
        entry(1, 2, 2, b"N\0"),
        entry(2, 5, 3, struct.pack(">I", data_at + 20)),
        entry(3, 2, 2, b"E\0"),
        entry(4, 5, 3, struct.pack(">I", data_at + 44)),
    )
    tiff = b"MM\0*" + struct.pack(">I", 8) + top + exif + gps + taken + lat + lon
    block = b"Exif\0\0" + tiff
    return b"\xff\xd8\xff\xe1" + struct.pack(">H", len(block) + 2) + block + b"\xff\xd9"


def test_the_first_form_page_is_light(client: FlaskClient) -> None:
    html = client.get(blank_address(catalogue().current("G102"))).get_data(as_text=True)
    linked = set(re.findall(r'(?:href|src)="(/static/[^"]+\.(?:css|js))"', html))
    assert any(address.endswith("form.js") for address in linked)
    weight = len(gzip.compress(html.encode())) + sum(
        len(gzip.compress(client.get(address).get_data())) for address in linked
    )
    assert weight <= LARGEST_FIRST_PAGE, weight


def test_every_module_that_the_form_page_needs_at_once_is_preloaded(client: FlaskClient) -> None:
    html = client.get(blank_address(catalogue().current("G102"))).get_data(as_text=True)
    needed, seen = ["form"], set[str]()
    while needed:
        name = needed.pop()
        if name not in seen:
            seen.add(name)
            needed += re.findall(
                r"""^import (?:.* from )?['"][./\w]*/(\w+)\.js['"]""", OWN[name].read_text(), re.MULTILINE
            )
    assert seen - {"form"} == set(re.findall(r'modulepreload" href="[^"]*/(\w+)\.js"', html))


@pytest.mark.parametrize("script", OWN)
def test_scripts_keep_to_what_chrome_80_knows(script: str) -> None:
    source = OWN[script].read_text()
    assert not [word for word in CHROME_80_LACKS if word in source]
    assert not re.findall(r"^(?:const|let|await)[^\n]*\bawait\b", source, re.MULTILINE), (
        "no await at the top of a module"
    )
    assert not re.search(r"innerHTML\s*=[^=]", source)


def test_a_photo_sheds_what_a_browser_writes_into_it_and_keeps_its_picture() -> None:
    picture = Image.effect_noise((120, 90), 80).convert("RGB")
    whole = io.BytesIO()
    picture.save(whole, "JPEG", quality=80, icc_profile=b"profile" * 20, comment=b"browser")
    script = """import { bare } from './jpeg.js';
        const bytes = Uint8Array.from(atob(values[0]), (letter) => letter.charCodeAt(0));
        console.log(JSON.stringify(btoa(String.fromCharCode(...new Uint8Array(bare(bytes.buffer))))));"""
    shed = base64.b64decode(str(run(script, base64.b64encode(whole.getvalue()).decode())))
    assert b"profile" in whole.getvalue()
    assert b"profile" not in shed
    assert b"browser" not in shed
    assert Image.open(io.BytesIO(shed)).tobytes() == Image.open(whole).tobytes()
    assert base64.b64decode(str(run(script, base64.b64encode(b"no picture").decode()))) == b"no picture"
