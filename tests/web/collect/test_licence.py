"""What a business licence tells: the text of its code, and the code in a photo where a browser reads none itself."""

from __future__ import annotations

import io
import json
import re
import subprocess

import pytest
from PIL import Image

from census.schema import ROOT
from census.web import assets
from census.web.collect.shell import precache
from tests.builders.licences import CODE, NAME, PHOTOS, SAYS, a_licence, as_jpeg
from tests.node import NODE
from tests.scripts import SCRIPTS, located, run

HEAVIEST_READER = 40_000


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("统一社会信用代码：91440113MA59ABCD1X;名称：兴盛五金加工厂", None),
        ("统一社会信用代码：{code};名称：兴盛五金加工厂;", {"name": "兴盛五金加工厂"}),
        ("http://www.gsxt.gov.cn/index?uniscid={code}&entname=%E5%85%B4%E7%9B%9B", {"name": "兴盛"}),
        ("https://weixin.qq.com/abc", None),
    ],
)
def test_a_licence_tells_its_code_only_when_its_check_digit_is_right(text: str, told: dict[str, str] | None) -> None:
    script = "import { licenceOf } from './licence.js'; console.log(JSON.stringify(licenceOf(values[0])));"
    assert run(script, text.format(code=CODE)) == (None if told is None else {"code": CODE} | told)


@pytest.mark.parametrize("photo", PHOTOS)
def test_the_code_on_a_licence_is_read_from_a_poor_photo(photo: str) -> None:
    assert text_in(PHOTOS[photo](a_licence())) == SAYS


def test_a_photo_without_a_code_says_nothing() -> None:
    assert text_in(Image.effect_noise((1600, 1200), 40)) == ""


def test_what_the_photo_says_is_what_is_filled_in() -> None:
    script = "import { licenceOf } from './licence.js'; console.log(JSON.stringify(licenceOf(values[0])));"
    assert run(script, text_in(a_licence())) == {"code": CODE, "name": NAME}


def text_in(picture: Image.Image) -> str:
    """What the phone's reader finds in a picture, after a camera stored it."""
    photo = Image.open(io.BytesIO(as_jpeg(picture))).convert("RGBA")
    script = f"""import {{ readFileSync }} from 'node:fs';
        import {{ textIn }} from './{located("licence")}';
        import {{ decodeQR }} from './vendor/qr.js';
        const [width, height] = {json.dumps(photo.size)};
        const picture = {{ data: new Uint8ClampedArray(readFileSync(0)), width, height }};
        console.log(JSON.stringify(textIn(picture, decodeQR)));"""
    done = subprocess.run(
        [NODE, "--input-type=module", "-e", script], input=photo.tobytes(), capture_output=True, check=True, cwd=SCRIPTS
    )
    return json.loads(done.stdout)


def test_the_reader_is_the_pinned_one_with_its_licence_beside_it() -> None:
    banner = (assets.VENDOR / "qr.js").read_text(encoding="utf-8").partition("\n")[0]
    locked = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    version = locked["node_modules/qr"]["version"]
    assert re.findall(r"qr ([\d.]+)", banner) == [version]
    assert locked[""]["dependencies"] == {"qr": version}
    assert "MIT License" in (assets.VENDOR / "qr.LICENSE").read_text(encoding="utf-8")


def test_the_reader_is_light_and_waits_until_somebody_wants_it() -> None:
    assert (assets.VENDOR / "qr.js").stat().st_size <= HEAVIEST_READER
    assert not [address for address in precache() if "/vendor/" in address]
