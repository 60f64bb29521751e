from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from exports.receive import PackageRefused, ReceivedFile
from exports.signing import FindKey, sign
from forms.catalogue import catalogue
from tests.builders.exports import KEY, a_bundle, a_record, a_source, a_unit, trusting

TRUSTED = trusting(KEY.public_key())


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return a_bundle(tmp_path_factory.mktemp("export")).package.path


def refusal(path: Path, find_key: FindKey = TRUSTED) -> str:
    with pytest.raises(PackageRefused) as refused, ReceivedFile(path) as received:
        received.verify(find_key, catalogue())
    assert refused.value.message.endswith("。")
    return refused.value.code


def changed(package: Path, out: Path, change: Callable[[dict[str, bytes]], object]) -> Path:
    """A copy of the package whose files were changed by hand, its ZIP as good as any."""
    with zipfile.ZipFile(package) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    path = out / "changed.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def signed_again(files: dict[str, bytes], change: Callable[[dict[str, Any]], None] = lambda _: None) -> None:
    """What a sender with the right key could make: sums and signature fit the changed files."""
    descriptor = orjson.loads(files["datapackage.json"])
    for resource in descriptor["resources"]:
        content = files[resource["path"]]
        resource.update(bytes=len(content), hash=f"sha256:{hashlib.sha256(content).hexdigest()}")
    change(descriptor)
    files["datapackage.json"] = orjson.dumps(descriptor)
    files["signature.json"] = orjson.dumps(sign(hashlib.sha256(files["datapackage.json"]).hexdigest(), KEY))


def test_every_flipped_byte_is_noticed(package: Path, tmp_path: Path) -> None:
    content = package.read_bytes()
    copy = tmp_path / "flipped.zip"
    for place in range(0, len(content), len(content) // 60):
        copy.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        try:
            with ReceivedFile(copy) as received:
                facts = received.verify(TRUSTED, catalogue())
        except PackageRefused:
            continue
        assert facts.digest.startswith(
            package.stem[-12:]
        )  # a byte of the ZIP's own dates and the like: the content stands


def test_a_flipped_byte_in_a_file_is_named(package: Path, tmp_path: Path) -> None:
    def flip(files: dict[str, bytes]) -> None:
        files["records.jsonl"] = files["records.jsonl"].replace(b"12400", b"12401")

    assert refusal(changed(package, tmp_path, flip)) == "wrong_hash"


def test_a_missing_file_is_named(package: Path, tmp_path: Path) -> None:
    assert refusal(changed(package, tmp_path, lambda files: files.pop("tables/G102.csv"))) == "missing_file"
    assert refusal(changed(package, tmp_path, lambda files: files.pop("signature.json"))) == "missing_file"


def test_a_file_too_many_is_named(package: Path, tmp_path: Path) -> None:
    assert refusal(changed(package, tmp_path, lambda files: files.update({"more.csv": b"x"}))) == "extra_file"


def test_a_wrong_signature_is_refused(package: Path, tmp_path: Path) -> None:
    def resign(files: dict[str, bytes]) -> None:
        signature = orjson.loads(files["signature.json"])
        signature["value"] = sign("00" * 32, KEY)["value"]
        files["signature.json"] = orjson.dumps(signature)

    assert refusal(changed(package, tmp_path, resign)) == "signature"


def test_a_descriptor_changed_after_signing_is_refused(package: Path, tmp_path: Path) -> None:
    def rewrite(files: dict[str, bytes]) -> None:
        files["datapackage.json"] = files["datapackage.json"].replace("番禺区".encode(), "南沙区".encode())

    assert refusal(changed(package, tmp_path, rewrite)) == "signature"


def test_a_key_that_nobody_trusts_is_refused(package: Path) -> None:
    assert refusal(package, trusting(Ed25519PrivateKey.generate().public_key())) == "signature"


def test_an_unknown_form_version_is_refused(package: Path, tmp_path: Path) -> None:
    def renew(descriptor: dict[str, Any]) -> None:
        descriptor["census"]["forms"][0]["version"] = "2099.1"

    assert refusal(changed(package, tmp_path, lambda files: signed_again(files, renew))) == "unknown_form"


def test_answers_that_do_not_fit_their_digest_are_refused(package: Path, tmp_path: Path) -> None:
    def rewrite(files: dict[str, bytes]) -> None:
        files["records.jsonl"] = files["records.jsonl"].replace(b"12400", b"12401")
        signed_again(files)

    assert refusal(changed(package, tmp_path, rewrite)) == "wrong_digest"


def test_a_unit_outside_the_region_is_refused(tmp_path: Path) -> None:
    unit = a_unit(1, "440114001")
    path = a_bundle(tmp_path, a_source(units=[unit], records=[a_record(unit)], findings=[])).package.path
    assert refusal(path) == "wrong_region"


def test_a_record_without_its_unit_is_refused(tmp_path: Path) -> None:
    path = a_bundle(tmp_path, a_source(units=[a_unit(1)], records=[a_record(a_unit(2))], findings=[])).package.path
    assert refusal(path) == "malformed"


@pytest.mark.parametrize("name", ["../evil", "/etc/passwd", "a/../b", "tables/..", "C:\\x", "a/b/c"])
def test_a_file_name_that_leads_elsewhere_is_refused(package: Path, tmp_path: Path, name: str) -> None:
    assert refusal(changed(package, tmp_path, lambda files: files.update({name: b"x"}))) == "bad_name"


def test_a_zip_that_unpacks_to_more_than_was_signed_for_is_refused(package: Path, tmp_path: Path) -> None:
    assert (
        refusal(changed(package, tmp_path, lambda files: files.update({"units.jsonl": b"0" * 50_000_000})))
        == "wrong_hash"
    )


def test_a_zip_that_would_fill_the_disk_is_refused_unread(package: Path, tmp_path: Path) -> None:
    assert (
        refusal(changed(package, tmp_path, lambda files: files.update({f"f{n}": b"" for n in range(2000)})))
        == "too_large"
    )
    assert (
        refusal(changed(package, tmp_path, lambda files: files.update({"datapackage.json": b" " * 40_000_000})))
        == "too_large"
    )


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04"])
def test_something_else_is_no_package(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(content)
    with pytest.raises(PackageRefused):
        ReceivedFile(path)


@pytest.mark.parametrize("descriptor", [b"[]", b"{}", b"{", b"null", b'{"census": {"format": 1}}', b"\xff"])
def test_a_descriptor_of_another_shape_is_refused(package: Path, tmp_path: Path, descriptor: bytes) -> None:
    def rewrite(files: dict[str, bytes]) -> None:
        files["datapackage.json"] = descriptor
        files["signature.json"] = orjson.dumps(sign(hashlib.sha256(descriptor).hexdigest(), KEY))

    assert refusal(changed(package, tmp_path, rewrite)) in {"malformed", "damaged"}
