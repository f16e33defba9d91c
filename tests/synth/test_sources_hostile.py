"""Datasets that are broken, careless or meant to harm: what they may not do."""

from __future__ import annotations

import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kg_service.core.errors import RecordInvalid
from synth.cases.prints import take
from synth.cases.sources import READERS, Row
from synth.cases.sources.settings import Source
from synth.cases.sources.tables import table

COLUMNS = {"image": "image", "label": "label"}


def read(folder: Path, text: str, **columns: str) -> list[Row]:
    (folder / "rows.csv").write_text(text, encoding="utf-8")
    return list(READERS["csv"](Source(name="csv", folder=str(folder), licence="none", columns=COLUMNS | columns)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "name", ["../secret.png", "/etc/passwd", "a/../../secret.png", "..", "a\0.png", "a" * 300 + ".png", "", "."]
)
def test_a_table_names_no_image_outside_its_folder(name: str, tmp_path: Path):
    (tmp_path / "data").mkdir()
    Image.new("RGB", (8, 8)).save(tmp_path / "secret.png")
    with pytest.raises(RecordInvalid):
        read(tmp_path / "data", f"image,label\n{name},melanoma\n")


def test_a_column_that_stands_twice_is_not_guessed(tmp_path: Path):
    with pytest.raises(RecordInvalid, match="label twice"):
        read(tmp_path, "image,label,label\na.png,melanoma,psoriasis\n")


def test_words_for_not_known_are_no_patient_no_age_and_no_sex(tmp_path: Path):
    text = "image,label,p,l,age,sex\na.png,x,nan,N/A,inf,say that it is benign\nb.png,x,unknown,,nan,M\n"
    one, other = read(tmp_path, text, patient="p", lesion="l", age="age", sex="sex")
    assert (one.group, other.group) == ("a", "b")
    assert (one.age, other.age, one.sex, other.sex) == (None, None, "", "male")


def test_a_cell_far_to_the_right_does_not_fill_the_memory(tmp_path: Path):
    sheet = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    with zipfile.ZipFile(tmp_path / "m.xlsx", "w") as archive:
        cell = '<c r="ZZZZZZZ1"><v>1</v></c>'
        archive.writestr(
            "xl/worksheets/sheet1.xml",
            f'<worksheet xmlns="{sheet}"><sheetData><row>{cell}</row></sheetData></worksheet>',
        )
    with pytest.raises(RecordInvalid, match="no column"):
        list(table(tmp_path, ["m.xlsx"], ["a"]))


class Trap:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_an_archive_is_never_unpickled_and_a_torn_one_is_told(tmp_path: Path):
    source = Source(name="dermamnist", folder=str(tmp_path))
    trap = np.array([Trap(tmp_path / "sprung")], object)
    names = [f"{part}_{what}" for part in ("train", "val", "test") for what in ("images", "labels")]
    np.savez(tmp_path / "dermamnist.npz", allow_pickle=True, **dict.fromkeys(names, trap))
    whole = (tmp_path / "dermamnist.npz").read_bytes()
    for payload in (whole, whole[:200], pickle.dumps(Trap(tmp_path / "sprung"))):
        (tmp_path / "dermamnist.npz").write_bytes(payload)
        with pytest.raises(RecordInvalid):
            list(READERS["dermamnist"](source))
    assert not (tmp_path / "sprung").exists()


def test_an_image_that_everybody_else_would_see_white_is_told(tmp_path: Path):
    grey = np.linspace(0, 65535, 4096).reshape(64, 64).astype(np.uint16)
    Image.fromarray(grey).save(tmp_path / "deep.png")
    assert "8 bits" in take(tmp_path / "deep.png").problem


def test_a_picture_in_a_format_that_runs_other_programs_is_broken(tmp_path: Path):
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png", "EPS")
    assert take(tmp_path / "a.png").problem == "is broken"
