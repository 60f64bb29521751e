"""What is kept of definitions that were read before: the same forms, and never an outdated one."""

from pathlib import Path

import pytest

from forms import parsed
from forms.catalogue import FOLDER, Catalogue
from forms.definition import DefinitionError, load

SOURCE = (FOLDER / "g102.toml").read_text(encoding="utf-8")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "g102.toml"
    path.write_text(SOURCE, encoding="utf-8")
    return path


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.toml")), ids=lambda path: path.stem)
def test_a_form_is_the_same_whether_it_was_kept_or_read_anew(path: Path):
    parsed.read(path)
    assert parsed.kept_at(path).is_file()
    kept = parsed.read(path)
    assert kept == load(path)
    assert hash(kept) == hash(load(path))


def test_a_changed_file_is_read_anew_and_its_former_content_forgotten(file: Path):
    parsed.read(file)
    former = parsed.kept_at(file)
    file.write_text(SOURCE.replace("工业企业废水治理与排放情况", "改过的标题"), encoding="utf-8")
    assert parsed.read(file).title == "改过的标题"
    assert not former.exists()
    assert parsed.kept_at(file).is_file()


@pytest.mark.parametrize(
    "content", ["", "{}", "[1]", '{"code": "G102", "sections": 3}', '{"code": "G102", "surprise": 1}', "\0"]
)
def test_a_damaged_copy_is_replaced(file: Path, content: str):
    whole = parsed.read(file)
    parsed.kept_at(file).write_text(content, encoding="utf-8")
    assert parsed.read(file) == whole
    assert parsed.read(file) == whole


def test_a_folder_that_cannot_be_written_costs_only_time(file: Path):
    (file.parent / "__pycache__").write_text("a file where the folder would be")
    assert Catalogue.load(file.parent).current("G102") == load(file)


def test_a_faulty_definition_is_refused_each_time_and_never_kept(file: Path):
    file.write_text(SOURCE.replace('version = "2017.1"', ""), encoding="utf-8")
    for _ in range(2):
        with pytest.raises(DefinitionError, match="version is missing"):
            parsed.read(file)
    assert not parsed.kept_at(file).exists()
