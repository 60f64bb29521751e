"""Photos of a business licence as a phone takes them in a workshop: turned, from the side, blurred, dark, in shade."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Final

import segno
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

CODE: Final = "91440101190483454N"
NAME: Final = "兴盛五金加工厂"
SAYS: Final = f"统一社会信用代码：{CODE};名称：{NAME};"
SIZE: Final = (1600, 1200)
QR_PX: Final = 300
TABLE: Final = 70
"""How bright the table is that the licence lies on."""


def a_licence(says: str = SAYS) -> Image.Image:
    """The paper, lying straight: a frame, lines of print, and its code at the lower right."""
    paper = Image.new("L", SIZE, 245)
    pen = ImageDraw.Draw(paper)
    pen.rectangle((60, 60, 1540, 1140), outline=120, width=6)
    for line in range(12):
        pen.line((200, 300 + line * 60, 500 + line % 5 * 90, 300 + line * 60), fill=60, width=8)
    code = io.BytesIO()
    segno.make(says, error="m", micro=False).save(code, kind="png", scale=10, border=2)
    paper.paste(Image.open(code).convert("L").resize((QR_PX, QR_PX), Image.Resampling.LANCZOS), (1100, 760))
    return paper


def turned(paper: Image.Image) -> Image.Image:
    return paper.rotate(33, Image.Resampling.BICUBIC, expand=True, fillcolor=TABLE)


def from_the_side(paper: Image.Image) -> Image.Image:
    width, height = paper.size
    seen = (-0.12, -0.06, -0.02, 1.1, 1.1, 1.04, 1.02, -0.16)  # where the picture's corners fall on the paper
    corners = [part * (width, height)[place % 2] for place, part in enumerate(seen)]
    return paper.transform(paper.size, Image.Transform.QUAD, corners, Image.Resampling.BICUBIC, fillcolor=TABLE)


def blurred(paper: Image.Image) -> Image.Image:
    return paper.filter(ImageFilter.GaussianBlur(1.6))


def dark(paper: Image.Image) -> Image.Image:
    """A fifth of the light, and the grain that comes with it."""
    grain = Image.effect_noise(paper.size, 12)
    return Image.blend(ImageEnhance.Brightness(paper).enhance(0.2), grain, 0.15)


def half_in_shade(paper: Image.Image) -> Image.Image:
    shade = Image.linear_gradient("L").rotate(90).resize(paper.size).point([64 + tone * 3 // 4 for tone in range(256)])
    return Image.composite(paper, Image.new("L", paper.size, 0), shade)


PHOTOS: Final[Mapping[str, Callable[[Image.Image], Image.Image]]] = {
    "turned": turned,
    "from the side": from_the_side,
    "blurred": blurred,
    "dark": dark,
    "half in shade": half_in_shade,
}


def as_jpeg(picture: Image.Image) -> bytes:
    """As a cheap camera stores it."""
    stored = io.BytesIO()
    picture.save(stored, "JPEG", quality=60)
    return stored.getvalue()
