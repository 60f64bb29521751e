from __future__ import annotations

import base64
from pathlib import Path

import pytest

from census.settings import DEMO_FIELD_KEY, DEMO_SECRET_KEY, BadSettings, Settings

PRODUCTION = {
    "CENSUS_ENV": "production",
    "CENSUS_DATABASE_URL": "postgresql://census_app:a@db/census",
    "SCATTERED_DATABASE_URL": "postgresql://scattered_app:b@db/scattered",
    "CENSUS_SECRET_KEY": "k" * 40,
    "CENSUS_FIELD_KEYS": base64.urlsafe_b64encode(b"f" * 32).decode(),
    "CENSUS_REGION": "440113",
}


def test_every_bad_variable_is_named_at_once() -> None:
    with pytest.raises(BadSettings) as caught:
        Settings.from_env({"CENSUS_LEVEL": "village", "CENSUS_PROXIES": "many", "CENSUS_REGION": "PY"})
    assert set(caught.value.problems) == {"CENSUS_LEVEL", "CENSUS_PROXIES", "CENSUS_REGION"}
    assert all(name in str(caught.value) for name in caught.value.problems)


@pytest.mark.parametrize("name", [name for name in PRODUCTION if name != "CENSUS_ENV"])
def test_production_does_not_start_without(name: str) -> None:
    with pytest.raises(BadSettings) as caught:
        Settings.from_env({key: value for key, value in PRODUCTION.items() if key != name})
    assert set(caught.value.problems) == {name}


@pytest.mark.parametrize(
    ("name", "default"), [("CENSUS_SECRET_KEY", DEMO_SECRET_KEY), ("CENSUS_FIELD_KEYS", DEMO_FIELD_KEY)]
)
def test_production_does_not_start_with_a_default_secret(name: str, default: str) -> None:
    with pytest.raises(BadSettings, match=name):
        Settings.from_env(PRODUCTION | {name: default})


def test_an_instance_with_a_real_database_is_in_production_unless_it_says_otherwise() -> None:
    unnamed = {name: value for name, value in PRODUCTION.items() if name != "CENSUS_ENV"}
    assert Settings.from_env(unnamed).production
    assert not Settings.from_env({}).production


def test_the_two_programmes_never_share_a_database() -> None:
    with pytest.raises(BadSettings, match="SCATTERED_DATABASE_URL"):
        Settings.from_env(PRODUCTION | {"SCATTERED_DATABASE_URL": PRODUCTION["CENSUS_DATABASE_URL"]})


def test_the_two_programmes_never_share_a_field_key() -> None:
    settings = Settings.from_env(PRODUCTION)
    assert not set(settings.field_keys("census")) & set(settings.field_keys("scattered"))


def test_the_newest_field_key_stands_first() -> None:
    newest, oldest = (base64.urlsafe_b64encode(letter * 32).decode() for letter in (b"n", b"o"))
    both = Settings.from_env(PRODUCTION | {"CENSUS_FIELD_KEYS": f"{newest},{oldest}"})
    alone = Settings.from_env(PRODUCTION | {"CENSUS_FIELD_KEYS": newest})
    assert both.field_keys("census")[0] == alone.field_keys("census")[0]


def test_the_data_folder_may_hold_settings_and_the_environment_wins(tmp_path: Path) -> None:
    (tmp_path / "settings.env").write_text("# of this instance\nCENSUS_LEVEL=province\nCENSUS_REGION=44\n")
    settings = Settings.from_env({"CENSUS_DATA_DIR": str(tmp_path), "CENSUS_REGION": "45"})
    assert (settings.level, settings.region) == ("province", "45")
