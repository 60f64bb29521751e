"""Signing keys: this instance's own, and those of the instances it believes."""

from __future__ import annotations

import base64
import binascii
import json
import os
from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from sqlalchemy.orm import Session

from census.errors import InvalidInput
from census.models.handup import TrustedKey
from census.settings import Settings
from exports.signing import key_id

LEVEL_NAMES = {"county": "县级", "city": "市级", "province": "省级"}


def key_file(settings: Settings) -> Path:
    return settings.data_dir / "keys" / "signing.pem"


def signing_key(settings: Settings) -> Ed25519PrivateKey:
    """This instance's key for packages and receipts; made on first use, readable by nobody else."""
    file = key_file(settings)
    if not file.is_file():
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = file.with_suffix(f".{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_bytes(Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        try:
            os.link(draft, file)  # of two processes that start at once one wins, and both read its key
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    key = load_pem_private_key(file.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError(f"{file} holds no Ed25519 key")
    return key


def raw(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def public_document(settings: Settings) -> dict[str, str]:
    """What another instance needs in order to believe this one."""
    key = signing_key(settings).public_key()
    return {
        "algorithm": "Ed25519",
        "key_id": key_id(key),
        "public_key": base64.b64encode(raw(key)).decode(),
        "name": f"{LEVEL_NAMES[settings.level]}普查办 {settings.region}".strip(),
        "region": settings.region,
    }


def read_document(text: str) -> dict[str, str]:
    """Read another instance's public document. Raises InvalidInput unless key and key_id belong together."""
    try:
        document: Mapping[str, object] = json.loads(text)
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(str(document["public_key"]), validate=True))
        read = {name: str(document[name]) for name in ("key_id", "public_key", "name", "region")}
    except (ValueError, KeyError, TypeError, binascii.Error) as error:
        raise InvalidInput("这不是公钥文件。请让对方用 census keys show 导出后再试。") from error
    if read["key_id"] != key_id(key):
        raise InvalidInput("公钥文件的编号与公钥不符，可能在传送中损坏。请让对方重新导出。")
    return read


def trust(session: Session, document: Mapping[str, str]) -> TrustedKey:
    """Believe packages and receipts signed by this key; doing it again changes nothing."""
    return session.merge(
        TrustedKey(
            key_id=document["key_id"],
            public_key=document["public_key"],
            name=document["name"],
            region_code=document["region"],
        )
    )
