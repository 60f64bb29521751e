from __future__ import annotations

import pytest

from census.services.register.small_map import HEIGHT, WIDTH, Fix, distance_m, draw, inside, rings_of

SQUARE = {
    "type": "Polygon",
    "coordinates": [[[113.38, 23.04], [113.39, 23.04], [113.39, 23.05], [113.38, 23.05], [113.38, 23.04]]],
}
HOLED = {
    "type": "MultiPolygon",
    "coordinates": [
        [
            SQUARE["coordinates"][0],
            [[113.384, 23.044], [113.386, 23.044], [113.386, 23.046], [113.384, 23.046], [113.384, 23.044]],
        ]
    ],
}
MIDDLE = Fix(113.385, 23.045, 12.0, "device")


def test_a_fix_is_drawn_inside_its_area_and_said_in_words() -> None:
    view = draw(rings_of(SQUARE), MIDDLE, (113.3851, 23.045), is_schematic=True)
    assert view
    assert view.fix == (WIDTH / 2, HEIGHT / 2)
    assert view.outline.startswith("M")
    assert view.caption == "定位 ±12 米，在小区内，距登记位置 10 米"
    assert not view.is_doubtful


@pytest.mark.parametrize(
    ("fix", "words"),
    [
        (Fix(113.395, 23.045, 12.0, "device"), "不在小区内"),
        (Fix(113.385, 23.0409, 500.0, "device"), "±500 米"),
        (Fix(116.4, 39.9, None, "map"), "千米"),
    ],
)
def test_a_doubtful_fix_is_marked_and_stays_in_the_drawing(fix: Fix, words: str) -> None:
    view = draw(rings_of(SQUARE), fix, (113.385, 23.045), is_schematic=False)
    assert view
    assert view.fix
    assert words in view.caption
    assert view.is_doubtful
    assert 0 <= view.fix[0] <= WIDTH
    assert 0 <= view.fix[1] <= HEIGHT


def test_a_hole_is_outside() -> None:
    assert not inside(rings_of(HOLED), (113.385, 23.045))
    assert inside(rings_of(HOLED), (113.381, 23.041))


def test_what_is_no_area_draws_nothing() -> None:
    for geometry in (None, {}, {"type": "Point", "coordinates": [113.0, 23.0]}):
        assert rings_of(geometry) == ()
    assert draw((), None, None, is_schematic=False) is None


def test_one_position_alone_still_makes_a_map() -> None:
    view = draw((), None, (113.385, 23.045), is_schematic=False)
    assert view
    assert view.caption == "这次填报没有定位。"


def test_a_distance_is_good_to_a_few_metres() -> None:
    assert distance_m((113.0, 23.0), (113.0, 23.01)) == pytest.approx(1_113, abs=3)
    assert distance_m((113.0, 23.0), (113.01, 23.0)) == pytest.approx(1_025, abs=3)
