"""Readers of the published layouts, and what stops a job before it writes anything."""

from __future__ import annotations

import csv
import os
import random
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from kg_service.client import KnowledgeSource
from kg_service.core.case import Case
from kg_service.core.errors import ConfigInvalid, GoldUnresolved, ImageUnreadable, RecordInvalid
from kg_service.job import read_jsonl
from synth import cases
from synth.settings import Source, SynthConfig
from synth.sources import READERS, Row
from synth.splits import assign, group


def picture(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (64, 48), (200, 150, 130)).save(path)


def ham(folder: Path, rows) -> Path:
    folder.mkdir(exist_ok=True)
    with (folder / "HAM10000_metadata.csv").open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["lesion_id", "image_id", "dx", "dx_type", "age", "sex", "localization"])
        for place, (image, lesion, dx) in enumerate(rows):
            out.writerow([lesion, image, dx, "histo", "45.0" if place else "", "male", "back" if place else "unknown"])
            picture(folder / f"HAM10000_images_part_{1 + place % 2}" / f"{image}.jpg")
    return folder


def pad(folder: Path, rows) -> Path:
    folder.mkdir(exist_ok=True)
    with (folder / "metadata.csv").open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["patient_id", "lesion_id", "age", "gender", "fitspatrick", "region", "diagnostic", "img_id"])
        for place, (patient, lesion, label) in enumerate(rows):
            name = f"{patient}_{lesion}_{place}.png"
            out.writerow([patient, lesion, 61, "FEMALE", "2.0" if place else "", "FOREARM", label, name])
            picture(folder / f"imgs_part_{1 + place % 3}" / name)
    return folder


def config(snapshot: Path, name: str, folder: Path, **more) -> SynthConfig:
    source = Source(name=name, folder=str(folder), **more)  # type: ignore[arg-type]
    return SynthConfig(knowledge=KnowledgeSource(path=str(snapshot)), source=source)


def test_ham10000_is_read_as_published(tmp_path, snapshot, release):
    rows = [(f"ISIC_{n:07}", f"HAM_{n // 2:07}", dx) for n, dx in enumerate(["nv", "nv", "mel", "mel", "bkl", "vasc"])]
    cases.make(config(snapshot, "ham10000", ham(tmp_path / "ham", rows)), release, tmp_path / "run")
    found = list(read_jsonl(tmp_path / "run" / "cases.jsonl", Case))
    assert [case.id for case in found] == [row[0] for row in rows]
    assert [case.gold for case in found[::2]] == ["melanocytic-nevus", "melanoma", "benign-keratosis"]
    assert {case.licence for case in found} == {"CC BY-NC 4.0"}
    assert (found[0].age, found[0].site, found[1].age, found[1].site) == (None, "", 45.0, "back")
    assert all(Path(case.image).is_file() for case in found)
    assert {case.lesion: len({c.split for c in found if c.lesion == case.lesion}) for case in found} == {
        case.lesion: 1 for case in found
    }


def test_pad_ufes_20_is_read_as_published_and_split_by_patient(tmp_path, snapshot, release):
    rows = [(f"PAT_{n // 3}", str(n), label) for n, label in enumerate(["ACK", "BCC", "NEV", "SEK", "SCC", "MEL"] * 3)]
    cases.make(config(snapshot, "pad-ufes-20", pad(tmp_path / "pad", rows)), release, tmp_path / "run")
    found = list(read_jsonl(tmp_path / "run" / "cases.jsonl", Case))
    assert [case.gold for case in found[:6]] == [
        "actinic-keratosis", "basal-cell-carcinoma", "melanocytic-nevus", "seborrheic-keratosis",
        "squamous-cell-carcinoma", "melanoma",
    ]  # fmt: skip
    assert (found[0].fitzpatrick, found[1].fitzpatrick, found[1].sex, found[1].site) == (None, 2, "female", "forearm")
    for patient in {case.patient for case in found}:
        assert len({case.split for case in found if case.patient == patient}) == 1


def test_labels_that_name_nothing_are_all_told_with_their_rows_and_nothing_is_written(tmp_path, snapshot, release):
    rows = [("ISIC_1", "H1", "nv"), ("ISIC_2", "H2", "xyzzy"), ("ISIC_3", "H3", "xyzzy"), ("ISIC_4", "H4", "plugh")]
    with pytest.raises(GoldUnresolved) as error:
        cases.make(config(snapshot, "ham10000", ham(tmp_path / "ham", rows)), release, tmp_path / "run")
    told = str(error.value)
    assert "'xyzzy': 2 rows (ISIC_2, ISIC_3)" in told
    assert "'plugh': 1 rows (ISIC_4)" in told
    assert not (tmp_path / "run").exists()


def test_a_broken_image_stops_the_job_and_is_named_or_is_counted_where_asked(tmp_path, snapshot, release):
    folder = ham(tmp_path / "ham", [("ISIC_1", "H1", "nv"), ("ISIC_2", "H2", "mel"), ("ISIC_3", "H3", "bcc")])
    whole = folder / "HAM10000_images_part_2" / "ISIC_2.jpg"
    whole.write_bytes(whole.read_bytes()[:300])
    with pytest.raises(ImageUnreadable, match=r"ISIC_2\.jpg"):
        cases.make(config(snapshot, "ham10000", folder), release, tmp_path / "run")
    (folder / "HAM10000_images_part_1" / "ISIC_1.jpg").unlink()
    counts = cases.make(config(snapshot, "ham10000", folder, skip_unreadable=True), release, tmp_path / "run")
    assert counts["skipped"] == {"is broken": 1, "is missing": 1}
    assert [case.id for case in read_jsonl(tmp_path / "run" / "cases.jsonl", Case)] == ["ISIC_3"]


def test_a_folder_that_is_not_the_dataset_is_told(tmp_path):
    with pytest.raises(ConfigInvalid, match=r"metadata\.csv"):
        list(READERS["pad-ufes-20"](tmp_path))
    (tmp_path / "metadata.csv").write_text("a,b\n1,2\n")
    with pytest.raises(RecordInvalid, match="diagnostic"):
        list(READERS["pad-ufes-20"](tmp_path))


def test_splits_keep_groups_whole_follow_labels_and_ignore_the_order_of_rows():
    chance = random.Random(0)
    rows = [
        Row(str(n), Path("x"), chance.choice("aaaaaab"), "", patient=f"p{chance.randrange(150)}") for n in range(400)
    ]
    shares = {"sft": 0.5, "rl": 0.3, "test": 0.2}
    found = dict(zip((row.id for row in rows), assign(rows, shares, 1), strict=True))
    for row in rows:
        assert found[row.id] == next(found[other.id] for other in rows if group(other) == group(row))
    for label in "ab":
        held = Counter(found[row.id] for row in rows if row.label == label)
        for split, share in shares.items():
            assert abs(held[split] / sum(held.values()) - share) < 0.08
    turned = rows[::-1]
    assert dict(zip((row.id for row in turned), assign(turned, shares, 1), strict=True)) == found
    assert dict(zip((row.id for row in rows), assign(rows, shares, 2), strict=True)) != found


@pytest.mark.parametrize(("name", "folder"), [("ham10000", "ham10000-112px"), ("pad-ufes-20", "pad-ufes-20-thumbs")])
def test_the_real_sets_resolve_and_their_groups_stay_whole(name, folder, snapshot, release, tmp_path, request):
    base = Path(os.environ.get("SKIN_R1_SHARED", Path(__file__).resolve().parents[3] / "shared" / "data"))
    if not (base / folder).is_dir():
        pytest.skip(f"no real data at {base / folder}; set SKIN_R1_SHARED")
    counts = cases.make(config(snapshot, name, base / folder, skip_unreadable=True), release, tmp_path)
    found = list(read_jsonl(tmp_path / "cases.jsonl", Case))
    assert counts["cases"] == len(found) > 100
    splits: dict[str, set[str]] = {}
    for case in found:
        splits.setdefault(case.group, set()).add(case.split)
    assert all(len(held) == 1 for held in splits.values())
