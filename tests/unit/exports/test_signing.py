from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from exports.signing import (
    SignatureRefused,
    authorization,
    key_id,
    sign_document,
    verify_authorization,
    verify_document,
)
from tests.builders.exports import KEY, trusting

NOW = datetime(2018, 12, 3, 8, 20, tzinfo=UTC)
TRUSTED = trusting(KEY.public_key())


def test_a_signed_document_names_its_signer() -> None:
    document = sign_document({"accepted": [{"id": "1", "revision": 2}], "pending": 0}, KEY)
    assert verify_document(document, TRUSTED) == key_id(KEY.public_key())


def test_a_document_changed_after_signing_is_refused() -> None:
    document = sign_document({"pending": 0}, KEY) | {"pending": 1}
    with pytest.raises(SignatureRefused):
        verify_document(document, TRUSTED)


@pytest.mark.parametrize("document", [{}, {"signature": None}, {"signature": {}}, {"signature": {"algorithm": "none"}}])
def test_a_document_without_a_signature_is_refused(document: dict[str, object]) -> None:
    with pytest.raises(SignatureRefused):
        verify_document(document, TRUSTED)


def test_a_signed_request_is_known_by_its_key() -> None:
    headers = authorization(KEY, "PATCH", "/api/v1/packages/1", NOW)
    assert verify_authorization(headers, "PATCH", "/api/v1/packages/1", TRUSTED, NOW) == key_id(KEY.public_key())


@pytest.mark.parametrize(
    ("method", "path", "late"),
    [
        ("POST", "/api/v1/packages/1", 0),
        ("PATCH", "/api/v1/packages/2", 0),
        ("PATCH", "/api/v1/packages/1", 11),
        ("PATCH", "/api/v1/packages/1", -11),
    ],
)
def test_a_signature_is_good_for_one_request_and_ten_minutes(method: str, path: str, late: int) -> None:
    headers = authorization(KEY, "PATCH", "/api/v1/packages/1", NOW)
    with pytest.raises(SignatureRefused):
        verify_authorization(headers, method, path, TRUSTED, NOW + timedelta(minutes=late))


def test_a_stranger_is_refused() -> None:
    headers = authorization(Ed25519PrivateKey.generate(), "GET", "/x", NOW)
    with pytest.raises(SignatureRefused):
        verify_authorization(headers, "GET", "/x", TRUSTED, NOW)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer x"},
        {"Authorization": "Instance"},
        {"Authorization": "Instance a:b"},
        {"Authorization": "Instance a:b", "X-Signed-At": "2018-12-03T08:20:00"},
    ],
)
def test_a_request_without_a_signature_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(SignatureRefused):
        verify_authorization(headers, "GET", "/x", TRUSTED, NOW)
