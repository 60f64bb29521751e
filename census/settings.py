"""What an operator can set, read once from the environment.

Nothing else reads ``os.environ``. What the environment leaves out may stand in ``settings.env`` in the data folder.
``docs/reference/settings.md`` explains each variable; a test compares the two.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeVar, cast, get_args

Programme = Literal["census", "scattered"]
Environment = Literal["production", "demo", "test"]
Level = Literal["county", "city", "province"]

PROGRAMMES: Final[tuple[Programme, ...]] = ("census", "scattered")
DEMO_SECRET_KEY: Final = "the-secret-key-of-every-demo-and-no-production"  # noqa: S105 - refused in production
DEMO_FIELD_KEY: Final = "ZGVtby1maWVsZC1rZXktbmV2ZXItaW4tcHJvZHVjdGk="
SETTINGS_FILE: Final = "settings.env"
REGION_LENGTHS: Final = (0, 2, 4, 6)

T = TypeVar("T")


class BadSettings(ValueError):
    """One or more variables are missing or wrong; the message has a line for each."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        self.problems = dict(problems)
        super().__init__("settings:\n" + "\n".join(f"  {name}: {problem}" for name, problem in problems.items()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One instance of the platform. The two database addresses are empty where PostgreSQL is to be embedded."""

    environment: Environment
    data_dir: Path
    census_database_url: str
    scattered_database_url: str
    census_owner_database_url: str  # for migrations; the application's own where the operator gives none
    scattered_owner_database_url: str
    secret_key: str
    field_keys_text: tuple[str, ...]  # newest first
    files_url: str
    level: Level
    region: str  # "" is the whole country, 44 a province, 440113 a county
    rate_limits: bool
    upper_url: str  # where the next level listens; "" when packages travel by hand
    proxies: int  # reverse proxies in front whose X-Forwarded-* are to be believed
    disk_floor_mb: int  # below this much free disk the instance says it is not ready
    spark_master: str
    pg_bin: Path | None  # PostgreSQL's programs, where the embedded ones are not to be used

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Read every variable, or raise one BadSettings that names all that are wrong."""
        return _Reader(environ).settings()

    @property
    def production(self) -> bool:
        return self.environment == "production"

    @property
    def embedded(self) -> bool:
        """Whether this instance brings its own PostgreSQL, under its data folder."""
        return not (self.census_database_url and self.scattered_database_url)

    def database_url(self, programme: Programme) -> str:
        match programme:
            case "census":
                return self.census_database_url
            case "scattered":
                return self.scattered_database_url

    def owner_database_url(self, programme: Programme) -> str:
        match programme:
            case "census":
                return self.census_owner_database_url
            case "scattered":
                return self.scattered_owner_database_url

    def field_keys(self, programme: Programme) -> tuple[bytes, ...]:
        """Keys of 32 bytes for personal fields, newest first. The programmes never share one (art. 35)."""
        return tuple(
            hmac.digest(base64.urlsafe_b64decode(text), f"field-key:{programme}".encode(), hashlib.sha256)
            for text in self.field_keys_text
        )

    def derived_secret(self, purpose: str) -> bytes:
        """A secret of 32 bytes for one purpose, so that no two uses share the instance's key."""
        return hmac.digest(self.secret_key.encode(), purpose.encode(), hashlib.sha256)


class _Reader:
    """Reads one environment and gathers every problem, so that an operator mends all of them at once."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = _with_file(environ)
        self.problems: dict[str, str] = {}

    def settings(self) -> Settings:
        census_url = self._read("CENSUS_DATABASE_URL", "", _database_url)
        scattered_url = self._read("SCATTERED_DATABASE_URL", "", _database_url)
        # An instance that is given a real database is in production unless it says otherwise.
        guess = "production" if census_url or scattered_url else "demo"
        environment = self._read("CENSUS_ENV", guess, _environment)
        production = environment == "production"
        folder, region, limits = "var/demo", "440113", "on"
        if production:
            folder, region = "/var/lib/census", ""
        if environment == "demo":
            limits = "off"  # people try out what happens when they do things often
        data_dir = self._read("CENSUS_DATA_DIR", folder, _folder)
        if production or census_url or scattered_url:
            self._check_databases(census_url, scattered_url)
        level = self._read("CENSUS_LEVEL", "county", _level)
        settings = Settings(
            environment=environment or "production",
            data_dir=data_dir or Path(),
            census_database_url=census_url or "",
            scattered_database_url=scattered_url or "",
            census_owner_database_url=self._read("CENSUS_OWNER_DATABASE_URL", census_url or "", _database_url) or "",
            scattered_owner_database_url=self._read("SCATTERED_OWNER_DATABASE_URL", scattered_url or "", _database_url)
            or "",
            secret_key=self._secret("CENSUS_SECRET_KEY", DEMO_SECRET_KEY, _secret_key, production=production) or "",
            field_keys_text=self._secret("CENSUS_FIELD_KEYS", DEMO_FIELD_KEY, _field_keys, production=production) or (),
            files_url=self._read("CENSUS_FILES_URL", f"file://{data_dir}/files", _plain) or "",
            level=level or "county",
            region=self._read("CENSUS_REGION", region, _region) or "",
            rate_limits=bool(self._read("CENSUS_RATE_LIMITS", limits, _on_off)),
            upper_url=self._read("CENSUS_UPPER_URL", "", _web_address) or "",
            proxies=self._read("CENSUS_PROXIES", "0", _count) or 0,
            disk_floor_mb=self._read("CENSUS_DISK_FLOOR_MB", "500", _count) or 0,
            spark_master=self._read("SPARK_MASTER", "", _plain) or "",
            pg_bin=self._read("CENSUS_PG_BIN", "", _optional_folder),
        )
        if production and "CENSUS_REGION" not in self.environ:
            self.problems["CENSUS_REGION"] = "missing: the code of the region this instance serves, for example 440113"
        if self.problems:
            raise BadSettings(self.problems)
        return settings

    def _read(self, name: str, default: str, parse: Callable[[str], T]) -> T | None:
        """The parsed value, or None once the problem is noted."""
        try:
            return parse(self.environ.get(name, "").strip() or default)
        except ValueError as error:
            self.problems[name] = str(error)
            return None

    def _secret(self, name: str, default: str, parse: Callable[[str], T], *, production: bool) -> T | None:
        given = self.environ.get(name, "").strip()
        if production and not given:
            self.problems[name] = "missing: production never starts with a default secret"
            return None
        if production and default in given:
            self.problems[name] = "is the demo's default: production needs one of its own"
            return None
        return self._read(name, default, parse)

    def _check_databases(self, census_url: str | None, scattered_url: str | None) -> None:
        for name, url in (("CENSUS_DATABASE_URL", census_url), ("SCATTERED_DATABASE_URL", scattered_url)):
            if not url and name not in self.problems:
                self.problems[name] = "missing: each programme needs a PostgreSQL database of its own"
        if census_url and census_url == scattered_url:
            self.problems["SCATTERED_DATABASE_URL"] = (
                "is the census database: by law 散乱污 data are kept apart (art. 35)"
            )


def _with_file(environ: Mapping[str, str]) -> Mapping[str, str]:
    """The environment, completed from the data folder's own file of settings; the environment wins."""
    file = _folder(environ.get("CENSUS_DATA_DIR", "") or "var/demo") / SETTINGS_FILE
    if not file.is_file():
        return environ
    lines = (line.strip() for line in file.read_text(encoding="utf-8").splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, _, value in pairs} | dict(environ)


def _plain(text: str) -> str:
    return text


def _one_of(choices: tuple[str, ...], text: str) -> str:
    if text not in choices:
        raise ValueError(f"must be one of {', '.join(choices)}, not {text!r}")
    return text


def _environment(text: str) -> Environment:
    return cast("Environment", _one_of(get_args(Environment), text))


def _level(text: str) -> Level:
    return cast("Level", _one_of(get_args(Level), text))


def _database_url(text: str) -> str:
    """A PostgreSQL address in SQLAlchemy's spelling; the plain spelling of other tools is accepted."""
    if not text:
        return ""
    scheme, separator, rest = text.partition("://")
    if not separator or scheme not in {"postgresql", "postgres", "postgresql+psycopg"}:
        raise ValueError("must be a PostgreSQL address such as postgresql://user:password@host/census")
    return f"postgresql+psycopg://{rest}"


def _folder(text: str) -> Path:
    """An absolute folder. A relative one starts at the checkout, wherever the command is called from."""
    checkout = Path(__file__).resolve().parent.parent
    if (checkout / "pyproject.toml").is_file():
        return (checkout / text).resolve()
    return (Path.cwd() / text).resolve()  # installed as a package: there is no checkout


def _optional_folder(text: str) -> Path | None:
    if not text:
        return None
    return _folder(text)


def _secret_key(text: str) -> str:
    if len(text) < 32:
        raise ValueError("needs at least 32 characters of chance")
    return text


def _field_keys(text: str) -> tuple[str, ...]:
    keys = tuple(key.strip() for key in text.split(",") if key.strip())
    for key in keys:
        try:
            size = len(base64.urlsafe_b64decode(key))
        except ValueError:
            size = 0
        if size != 32:
            raise ValueError("each key is 32 bytes in URL-safe base64; keys are separated by commas, newest first")
    if not keys:
        raise ValueError("holds no key")
    return keys


def _region(text: str) -> str:
    if len(text) not in REGION_LENGTHS or (text and not (text.isascii() and text.isdigit())):
        raise ValueError("must be a region code of 2, 4 or 6 digits, for example 440113")
    return text


def _on_off(text: str) -> bool:
    states = {"on": True, "off": False, "1": True, "0": False, "true": True, "false": False}
    if text.lower() not in states:
        raise ValueError("must be on or off")
    return states[text.lower()]


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise ValueError("must be a whole number")
    return int(text)


def _web_address(text: str) -> str:
    if text and not text.startswith(("http://", "https://")):
        raise ValueError("must be a web address such as https://census.example.gov.cn")
    return text.rstrip("/")
