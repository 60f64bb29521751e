"""Signatures between instances: over documents that leave, and over the requests that carry them. Ed25519 throughout.

Where an instance keeps its key and whom it trusts is the application's affair; here keys are arguments.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ALGORITHM: Final = "Ed25519"
SCHEME: Final = "Instance"
CLOCK_TOLERANCE: Final = timedelta(minutes=10)

FindKey = Callable[[str], Ed25519PublicKey | None]
"""Gives the trusted public key of a key id, or None."""


class SignatureRefused(Exception):
    """The signature is missing, malformed, by a key that is not trusted, or does not cover this content."""


def key_id(key: Ed25519PublicKey) -> str:
    """Short name of a key: the first 16 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]


def public_key(text: str) -> Ed25519PublicKey:
    """Read a public key from base64. Raises SignatureRefused."""
    try:
        return Ed25519PublicKey.from_public_bytes(base64.b64decode(text, validate=True))
    except (ValueError, binascii.Error) as error:
        raise SignatureRefused("not a public key") from error


def sign(digest: str, key: Ed25519PrivateKey) -> dict[str, str]:
    """Sign a SHA-256 given in hexadecimal. The same digest and key always give the same signature."""
    return {
        "algorithm": ALGORITHM,
        "key_id": key_id(key.public_key()),
        "signed": digest,
        "value": base64.b64encode(key.sign(bytes.fromhex(digest))).decode(),
    }


def verify(signature: Mapping[str, Any], digest: str, find_key: FindKey) -> str:
    """Return the id of the trusted key that signed this digest. Raises SignatureRefused."""
    if signature.get("algorithm") != ALGORITHM:
        raise SignatureRefused("签名算法不是 Ed25519")
    if signature.get("signed") != digest:
        raise SignatureRefused("签名所指的内容不是这一份")
    name = str(signature.get("key_id", ""))
    _check(name, str(signature.get("value", "")), bytes.fromhex(digest), find_key)
    return name


def sign_document(document: Mapping[str, Any], key: Ed25519PrivateKey) -> dict[str, Any]:
    """Return the document with a ``signature`` over the RFC 8785 form of everything else in it."""
    return {**document, "signature": sign(document_digest(document), key)}


def document_digest(document: Mapping[str, Any]) -> str:
    """SHA-256 of the RFC 8785 form of a document without its signature."""
    unsigned = {name: value for name, value in document.items() if name != "signature"}
    return hashlib.sha256(rfc8785.dumps(unsigned)).hexdigest()


def verify_document(document: Mapping[str, Any], find_key: FindKey) -> str:
    """Return the id of the trusted key that signed a document of ``sign_document``. Raises SignatureRefused."""
    signature = document.get("signature")
    if not isinstance(signature, Mapping):
        raise SignatureRefused("没有签名")
    return verify(cast("Mapping[str, Any]", signature), document_digest(document), find_key)


def authorization(key: Ed25519PrivateKey, method: str, path: str, at: datetime) -> dict[str, str]:
    """The headers by which an instance proves who asks.

    ``Authorization: Instance key:signature`` over method, path, date.
    """
    date = at.astimezone(UTC).isoformat(timespec="seconds")
    value = base64.b64encode(key.sign(_request(method, path, date))).decode()
    return {"Authorization": f"{SCHEME} {key_id(key.public_key())}:{value}", "X-Signed-At": date}


def verify_authorization(headers: Mapping[str, str], method: str, path: str, find_key: FindKey, now: datetime) -> str:
    """Return the id of the trusted key that signed a request. Raises SignatureRefused.

    A signature holds for ten minutes around its date. It does not cover the body: what a package holds is
    covered by the package's own signature.
    """
    scheme, _, credentials = headers.get("Authorization", "").partition(" ")
    name, _, value = credentials.strip().partition(":")
    if scheme != SCHEME or not value:
        raise SignatureRefused("请求没有用实例密钥签名")
    date = headers.get("X-Signed-At", "")
    try:
        at = datetime.fromisoformat(date)
    except ValueError as error:
        raise SignatureRefused("请求没有签名时间") from error
    if at.tzinfo is None or abs(now - at) > CLOCK_TOLERANCE:
        raise SignatureRefused("请求的签名时间与本机时间相差超过 10 分钟，请校准两边的时钟")
    _check(name, value, _request(method, path, date), find_key)
    return name


def _request(method: str, path: str, date: str) -> bytes:
    return f"{method.upper()}|{path}|{date}".encode()


def _check(name: str, value: str, content: bytes, find_key: FindKey) -> None:
    key = find_key(name)
    if key is None:
        raise SignatureRefused(f"签名用的密钥 {name or '（未注明）'} 不在受信任之列")
    try:
        key.verify(base64.b64decode(value, validate=True), content)
    except (InvalidSignature, ValueError, binascii.Error) as error:
        raise SignatureRefused("签名与内容不符") from error
