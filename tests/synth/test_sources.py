"""From datasets to cases: what is resolved, grouped, split and joined, and what stops a job before it writes."""

from __future__ import annotations

import csv
import json
import os
import random
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from PIL import Image

from kg_service.client import KnowledgeSource
from kg_service.core.case import Case
from kg_service.core.errors import ConfigInvalid, GoldUnresolved, ImageUnreadable, RecordInvalid
from kg_service.editorial.accounts.tokens import issue_token
from kg_service.editorial.database import Database
from kg_service.job import load_config, read_jsonl
from kg_service.settings import Settings
from synth.cases import job as cases
from synth.cases.gather import Twins
from synth.cases.sources import READERS
from synth.cases.sources.settings import Source
from synth.cases.splits import Member, assign, settle
from synth.settings import SynthConfig

from ..live import serving
from .layouts import SHARED_DATA, ham, pad, picture, write_csv


def config(snapshot: Path, name: str, folder: Path, **more) -> SynthConfig:
    source = Source(name=name, folder=str(folder), **more)  # type: ignore[arg-type]
    return SynthConfig(knowledge=KnowledgeSource(path=str(snapshot)), source=source)


def both(snapshot: Path, *sources: Source, **more) -> SynthConfig:
    return SynthConfig(knowledge=KnowledgeSource(path=str(snapshot)), sources=sources, **more)


def made(run: Path) -> list[Case]:
    return list(read_jsonl(run / "cases.jsonl", Case))


def test_ham10000_is_read_as_published(tmp_path, snapshot, release):
    rows = [(f"ISIC_{n:07}", f"HAM_{n // 2:07}", dx) for n, dx in enumerate(["nv", "nv", "mel", "mel", "bkl", "vasc"])]
    cases.make(config(snapshot, "ham10000", ham(tmp_path / "ham", rows)), release, tmp_path / "run")
    found = made(tmp_path / "run")
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
    found = made(tmp_path / "run")
    assert [case.gold for case in found[:6]] == [
        "actinic-keratosis", "basal-cell-carcinoma", "melanocytic-nevus", "seborrheic-keratosis",
        "squamous-cell-carcinoma", "melanoma",
    ]  # fmt: skip
    assert (found[0].fitzpatrick, found[1].fitzpatrick, found[1].sex, found[1].site) == (None, 2, "female", "forearm")
    for patient in {case.patient for case in found}:
        assert len({case.split for case in found if case.patient == patient}) == 1


def test_labels_that_name_nothing_are_all_told_with_their_rows_and_nothing_is_written(tmp_path, snapshot, release):
    rows = [("ISIC_1", "H1", "nv"), ("ISIC_2", "H2", "xyzzy"), ("ISIC_3", "H3", "xyzzy"), ("ISIC_4", "H4", "plugh")]
    folder = ham(tmp_path / "ham", rows)
    with pytest.raises(GoldUnresolved) as error:
        cases.make(config(snapshot, "ham10000", folder), release, tmp_path / "run")
    told = str(error.value)
    assert "'xyzzy': 2 rows (ISIC_2, ISIC_3)" in told
    assert "'plugh': 1 rows (ISIC_4)" in told
    assert not (tmp_path / "run").exists()
    counts = cases.make(config(snapshot, "ham10000", folder, unresolved="skip"), release, tmp_path / "run")
    assert counts["unresolved"] == {"ham10000: plugh": 1, "ham10000: xyzzy": 2}
    assert counts["skipped"] == {"its label names no single concept": 3}
    assert [case.id for case in made(tmp_path / "run")] == ["ISIC_1"]


def test_a_broken_image_stops_the_job_and_is_named_or_is_counted_where_asked(tmp_path, snapshot, release):
    folder = ham(tmp_path / "ham", [("ISIC_1", "H1", "nv"), ("ISIC_2", "H2", "mel"), ("ISIC_3", "H3", "bcc")])
    whole = folder / "HAM10000_images_part_2" / "ISIC_2.jpg"
    whole.write_bytes(whole.read_bytes()[:300])
    with pytest.raises(ImageUnreadable, match=r"ISIC_2\.jpg"):
        cases.make(config(snapshot, "ham10000", folder), release, tmp_path / "run")
    (folder / "HAM10000_images_part_1" / "ISIC_1.jpg").unlink()
    counts = cases.make(config(snapshot, "ham10000", folder, skip_unreadable=True), release, tmp_path / "run")
    assert counts["skipped"] == {"is broken": 1, "is missing": 1}
    assert [case.id for case in made(tmp_path / "run")] == ["ISIC_3"]


HEADER = "patient_id,lesion_id,diagnostic,img_id\n"


@pytest.mark.parametrize(
    ("text", "error", "told"),
    [
        (None, ConfigInvalid, "holds none of metadata.csv"),
        ("", RecordInvalid, "is empty"),
        (HEADER, RecordInvalid, "has no rows"),
        ("a,b\n1,2\n", RecordInvalid, "lacks the column patient_id, lesion_id, diagnostic, img_id"),
        (
            HEADER + "P1,1,NEV,a.png\nP2,2,NEV\nP3,3,NEV,c.png,x\n",
            RecordInvalid,
            "line 3 has 3 cells; line 4 has 5 cells",
        ),
        (HEADER + 'P1,1,NEV,"a.png\n', RecordInvalid, "is not a CSV file"),
        (HEADER + "P1,1,NEV,a.png\nP1,2,NEV,a.png\n", RecordInvalid, "1 ids stand twice in pad-ufes-20: a"),
        ((HEADER + "P1,1,Ná,a.png\n").encode("latin-1"), RecordInvalid, "is not UTF-8 text"),
        (HEADER + "P1,1,NEV,a.png\n", ImageUnreadable, r"a\.png .row a of pad-ufes-20. is missing"),
    ],
)
def test_metadata_that_is_wrong_is_told_with_file_and_line(tmp_path, snapshot, release, text, error, told):
    if text is not None:
        payload = text if isinstance(text, bytes) else text.encode()
        (tmp_path / "metadata.csv").write_bytes(payload)
    with pytest.raises(error, match=told):
        cases.make(config(snapshot, "pad-ufes-20", tmp_path), release, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_splits_keep_units_whole_follow_labels_and_ignore_the_order_of_images():
    chance = random.Random(0)
    rows = [Member(f"p{chance.randrange(150)}", chance.choice("aaaaaab")) for _ in range(400)]
    shares = {"sft": 0.5, "rl": 0.3, "test": 0.2}
    found = assign(rows, shares, 1)
    split_of = dict(zip((row.unit for row in rows), found, strict=True))
    assert all(split_of[row.unit] == split for row, split in zip(rows, found, strict=True))
    for label in "ab":
        held = Counter(split for row, split in zip(rows, found, strict=True) if row.label == label)
        for split, share in shares.items():
            assert abs(held[split] / sum(held.values()) - share) < 0.08
    assert assign(rows[::-1], shares, 1) == found[::-1]
    assert assign(rows, shares, 2) != found


def test_a_datasets_own_split_wins_over_shares_and_a_held_out_one_over_all():
    shares = [{"sft": 1.0}, {"sft": 1.0}]
    fixed = [
        Member("u", "a", 0, "sft"),
        Member("u", "a", 0, "sft"),
        Member("u", "a", 0, "test"),
        Member("v", "a", 0, "rl"),
    ]
    free = [Member("u", "b", 1), Member("v", "b", 1), Member("w", "b", 1)]
    assert settle([*fixed, *free], shares, 0, ["test"]) == ["", "", "test", "rl", "test", "rl", "sft"]
    assert settle([*fixed, *free], shares, 0)[:3] == ["sft", "sft", ""]


def test_the_same_picture_in_two_datasets_is_in_one_split_and_a_contradiction_is_told(tmp_path, snapshot, release):
    rows = [(f"ISIC_{n}", f"H{n}", dx) for n, dx in enumerate(["nv", "nv", "mel", "bcc", "nv", "nv"])]
    first = ham(tmp_path / "ham", rows)
    second = tmp_path / "mine"
    for place, label in enumerate(["nevus", "nevus", "nevus", "rosacea", "psoriasis"]):
        image = Image.open(first / f"HAM10000_images_part_{1 + place % 2}" / f"ISIC_{place}.jpg")
        turned = image.transpose(Image.Transpose.ROTATE_90) if place else image
        (second / label).mkdir(parents=True, exist_ok=True)
        turned.resize((90, 70)).save(second / label / f"copy-{place}.png")
    picture(second / "psoriasis" / "own.png", "another")
    sources = (
        Source(name="ham10000", folder=str(first), shares={"sft": 0.5, "test": 0.5}),
        Source(name="folder", folder=str(second), dataset="mine", licence="CC0-1.0", shares={"sft": 0.5, "test": 0.5}),
    )
    counts = cases.make(both(snapshot, *sources), release, tmp_path / "run")
    found = {case.id: case for case in made(tmp_path / "run")}
    twins = list(read_jsonl(tmp_path / "run" / "alike.jsonl", Twins))
    assert [(pair.a, pair.b.rpartition("-")[2], pair.turned) for pair in twins] == [
        (f"ham10000-ISIC_{n}", str(n), n > 0) for n in range(5)
    ]
    assert all(found[pair.a].split == found[pair.b].split for pair in twins)
    assert all(found[pair.a].group == found[pair.b].group == f"ham10000/{found[pair.a].lesion}" for pair in twins)
    assert found["mine-psoriasis_own"].group == "mine/mine-psoriasis_own"
    assert [pair.labels for pair in twins if pair.conflict] == [
        ("mel", "nevus"),
        ("bcc", "rosacea"),
        ("nv", "psoriasis"),
    ]
    alike = counts["alike"]
    assert isinstance(alike, dict)
    assert (alike["pairs"], alike["across_sources"], alike["turned"], alike["conflicts"]) == (5, 5, 4, 3)
    again = tmp_path / "again"
    assert cases.make(both(snapshot, *sources), release, again) == counts
    assert (again / "cases.jsonl").read_bytes() == (tmp_path / "run" / "cases.jsonl").read_bytes()


def test_lesions_that_two_datasets_name_alike_share_a_split_without_a_common_image(tmp_path, snapshot, release):
    first = ham(tmp_path / "ham", [(f"ISIC_{n}", f"HAM_{n}", "nv") for n in range(8)])
    second = tmp_path / "bcn"
    rows = [[f"other_{n}.jpg", "NV", f"HAM_{n}"] for n in range(8)]
    write_csv(second / "bcn_20k_train.csv", ["bcn_filename", "diagnosis", "lesion_id"], rows)
    for row in rows:
        picture(second / "images" / row[0], row[0])
    shares = {"sft": 0.5, "test": 0.5}
    sources = [
        Source(name=name, folder=str(folder), shares=shares)  # type: ignore[arg-type]
        for name, folder in (("ham10000", first), ("bcn20000", second))
    ]
    cases.make(both(snapshot, *sources), release, tmp_path / "run")
    splits: dict[str, set[str]] = {}
    for case in made(tmp_path / "run"):
        splits.setdefault(case.lesion, set()).add(case.split)
    assert len(splits) == 8
    assert all(len(held) == 1 for held in splits.values())


def test_own_splits_are_kept_and_a_training_copy_of_a_test_image_is_left_out(tmp_path, snapshot, release):
    root = tmp_path / "atlas"
    for name in ("train/psoriasis/a", "train/psoriasis/b", "test/psoriasis/c", "val/rosacea/d"):
        picture(root / f"{name}.png", name)
    picture(root / "train" / "psoriasis" / "copy.png", "test/psoriasis/c")
    mine = config(snapshot, "folder", root, licence="CC0-1.0", splits="own")
    counts = cases.make(mine, release, tmp_path / "run")
    assert {case.id: case.split for case in made(tmp_path / "run")} == {
        "test_psoriasis_c": "test", "train_psoriasis_a": "sft", "train_psoriasis_b": "sft", "val_rosacea_d": "rl",
    }  # fmt: skip
    assert counts["skipped"] == {"its group is in another split of a dataset": 1}
    assert counts["alike"]["across_own_splits"] == 1  # type: ignore[index]
    other = config(snapshot, "folder", root, licence="CC0-1.0", splits="own", own={"train": "sft", "test": "test"})
    with pytest.raises(ConfigInvalid, match=r"what becomes of val of folder \(1 rows\)"):
        cases.make(other, release, tmp_path / "other")


def test_several_sources_stand_in_one_file_and_not_beside_a_single_one(tmp_path):
    path = tmp_path / "c.toml"
    two = '[[sources]]\nname = "ham10000"\nfolder = "h"\n[[sources]]\nname = "ddi"\nfolder = "d"\n'
    path.write_text(f'[knowledge]\npath = "x"\n{two}')
    assert [source.name for source in load_config(SynthConfig, path).sources] == ["ham10000", "ddi"]
    for more, told in [
        ('[source]\nname = "scin"\nfolder = "s"\n', "either one"),
        ('[[sources]]\nname = "ddi"\nfolder = "e"\n', "two sources are called ddi"),
        ('[[sources]]\nname = "phantom"\n', "a run of their own"),
        ('[[sources]]\nname = "csv"\nfolder = "s"\nlicence = "x"\n', "needs columns"),
        ('[[sources]]\nname = "folder"\nfolder = "s"\n', "needs a licence"),
    ]:
        path.write_text(f'[knowledge]\npath = "x"\n{two}{more}')
        with pytest.raises(ConfigInvalid, match=told):
            load_config(SynthConfig, path)


def test_labels_left_out_are_offered_to_the_inbox_of_the_service(tmp_path, snapshot, release, monkeypatch):
    folder = ham(tmp_path / "ham", [("ISIC_1", "H1", "nv"), ("ISIC_2", "H2", "xyzzy")])
    with serving(tmp_path / "service") as url:
        database = Database(Settings(data=tmp_path / "service").url)
        monkeypatch.setenv(
            "SKIN_R1_TOKEN", issue_token(database, "reader", name="job", now=datetime(2026, 1, 2, tzinfo=UTC))
        )
        database.close()
        source = Source(name="ham10000", folder=str(folder), unresolved="skip", report=True)
        asked = SynthConfig(knowledge=KnowledgeSource(url=url), source=source)
        cases.make(asked, release, tmp_path / "run")
        headers = {"Authorization": f"Bearer {os.environ['SKIN_R1_TOKEN']}"}
        [held] = httpx.get(f"{url}/v1/unmapped", headers=headers).json()["items"]
    assert (held["dataset"], held["label"], held["images"]) == ("ham10000", "xyzzy", 1)
    assert [(report["job"], report["reason"]) for report in held["reports"]] == [("synth cases", "unknown")]
    with pytest.raises(ConfigInvalid, match=r"needs knowledge\.url"):
        cases.make(config(snapshot, "ham10000", folder, unresolved="skip", report=True), release, tmp_path / "other")


def test_a_limit_takes_the_first_images_that_are_there(tmp_path, snapshot, release):
    folder = ham(tmp_path / "ham", [(f"ISIC_{n}", f"H{n}", "nv") for n in range(5)])
    (folder / "HAM10000_images_part_1" / "ISIC_0.jpg").unlink()
    cases.make(config(snapshot, "ham10000", folder, skip_unreadable=True, limit=2), release, tmp_path / "run")
    assert [case.id for case in made(tmp_path / "run")] == ["ISIC_1", "ISIC_2"]


def test_two_sources_cannot_make_the_same_id(tmp_path, snapshot, release):
    picture(tmp_path / "a" / "psoriasis" / "1.png", "one")
    picture(tmp_path / "b" / "1.png", "two")
    write_csv(tmp_path / "b" / "l.csv", ["i", "l", "n"], [["1.png", "psoriasis", "x-psoriasis_1"]])
    columns = {"image": "i", "label": "l", "id": "n"}
    sources = (
        Source(name="folder", folder=str(tmp_path / "a"), dataset="x-x", licence="CC0-1.0"),
        Source(name="csv", folder=str(tmp_path / "b"), dataset="x", licence="CC0-1.0", columns=columns),  # type: ignore[arg-type]
    )
    with pytest.raises(RecordInvalid, match="2 cases would be called x-x-psoriasis_1"):
        cases.make(both(snapshot, *sources), release, tmp_path / "run")


@pytest.mark.parametrize(("name", "folder"), [("ham10000", "ham10000-112px"), ("pad-ufes-20", "pad-ufes-20-thumbs")])
def test_the_real_sets_resolve_and_their_groups_stay_whole(name, folder, snapshot, release, tmp_path):
    if not (SHARED_DATA / folder).is_dir():
        pytest.skip(f"no real data at {SHARED_DATA / folder}; set SKIN_R1_SHARED")
    counts = cases.make(config(snapshot, name, SHARED_DATA / folder, skip_unreadable=True), release, tmp_path)
    found = made(tmp_path)
    assert counts["cases"] == len(found) > 100
    splits: dict[str, set[str]] = {}
    for case in found:
        splits.setdefault(case.group, set()).add(case.split)
    assert all(len(held) == 1 for held in splits.values())
    # Every image of these two shows another lesion, and none of them is taken for another.
    assert counts["alike"]["pairs"] == 0  # type: ignore[index]


def test_what_the_report_says_can_be_read_back(tmp_path, snapshot, release):
    folder = ham(tmp_path / "ham", [("ISIC_1", "H1", "nv")])
    counts = cases.make(config(snapshot, "ham10000", folder), release, tmp_path / "run")
    assert json.loads((tmp_path / "run" / "cases-report.json").read_text()) == counts
    assert list(csv.reader((folder / "HAM10000_metadata.csv").open()))[1][1] == "ISIC_1"
    assert set(READERS) >= {"ham10000", "csv", "folder"}
