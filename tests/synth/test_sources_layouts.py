"""Each dataset's published layout, made small: what a reader takes from it and what it leaves."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
import pytest

from kg_service.client import KnowledgeSource
from kg_service.core.case import Case, Finding
from kg_service.core.concept import Condition
from kg_service.core.errors import ConfigInvalid, RecordInvalid
from kg_service.job import read_jsonl
from synth.cases import job as cases
from synth.cases.sources import READERS, derm7pt, scin
from synth.cases.sources.meaning import Signs
from synth.cases.sources.row import skin_group, skin_type
from synth.cases.sources.settings import Source
from synth.settings import SynthConfig

from .layouts import SHARED_DATA, drawn, picture, write_csv

CRITERIA = ("pigment_network", "streaks", "pigmentation", "regression_structures", "dots_and_globules",
            "blue_whitish_veil", "vascular_structures")  # fmt: skip


def isic2019(root: Path) -> dict[str, object]:
    header = ["image", "MEL", "NV", "BCC", "AK", "BKL", "DF", "VASC", "SCC", "UNK"]
    rows = [["ISIC_1", 0, "1.0", 0, 0, 0, 0, 0, 0, 0], ["ISIC_2_downsampled", 0, 0, 0, "1.0", 0, 0, 0, 0, 0],
            ["ISIC_3", 0, 0, 0, 0, 0, 0, 0, 0, "1.0"]]  # fmt: skip
    write_csv(root / "ISIC_2019_Training_GroundTruth.csv", header, rows)
    about = [["ISIC_1", "55.0", "anterior torso", "HAM_1", "female"], ["ISIC_2_downsampled", "", "", "", ""]]
    write_csv(
        root / "ISIC_2019_Training_Metadata.csv",
        ["image", "age_approx", "anatom_site_general", "lesion_id", "sex"],
        about,
    )
    for row in rows:
        picture(root / "ISIC_2019_Training_Input" / f"{row[0]}.jpg")
    return {"unresolved": "skip"}


def bcn20000(root: Path) -> dict[str, object]:
    header = [
        "bcn_filename",
        "age_approx",
        "anatom_site_general",
        "diagnosis",
        "lesion_id",
        "capture_date",
        "sex",
        "split",
    ]
    write_csv(root / "bcn_20k_train.csv", header, [
        ["BCN_0000000001.jpg", "55.0", "anterior torso", "MEL", "BCN_0003884", "2012-05-16", "male", "train"],
        ["BCN_0000000002.jpg", "", "", "BKL", "BCN_0003885", "", "", "train"],
    ])  # fmt: skip
    for place in (1, 2):
        picture(root / "BCN_20k_train" / "bcn_20k_train" / f"BCN_000000000{place}.jpg")
    return {"splits": "own"}


def derm7(root: Path) -> dict[str, object]:
    header = ["case_num", "diagnosis", "seven_point_score", *CRITERIA, "location", "sex", "clinic", "derm"]
    write_csv(root / "meta" / "meta.csv", header, [
        [1, "basal cell carcinoma", 0, "absent", "absent", "absent", "absent", "absent", "absent", "arborizing",
         "head neck", "male", "NEL/Nel025.jpg", "NEL/Nel026.jpg"],
        [2, "melanoma (in situ)", 5, "atypical", "regular", "diffuse irregular", "blue areas", "irregular", "present",
         "within regression", "back", "female", "NEL/Nel027.jpg", "NEL/NEL028.JPG"],
    ])  # fmt: skip
    for name in ("Nel025.jpg", "Nel026.jpg", "Nel027.jpg", "NEL028.JPG"):
        picture(root / "images" / "NEL" / name)
    for name, index in (("train", 0), ("valid", 1)):
        write_csv(root / "meta" / f"{name}_indexes.csv", ["indexes"], [[index]])
    write_csv(root / "meta" / "test_indexes.csv", ["indexes"], [])
    return {"splits": "own"}


def fitzpatrick17k(root: Path) -> dict[str, object]:
    header = ["md5hash", "fitzpatrick_scale", "fitzpatrick_centaur", "label", "nine_partition_label",
              "three_partition_label", "qc", "url", "url_alphanum"]  # fmt: skip
    write_csv(root / "fitzpatrick17k.csv", header, [
        ["a1", 3, 3, "drug induced pigmentary changes", "inflammatory", "non-neoplastic", "", "", ""],
        ["b2", -1, 4, "superficial spreading melanoma ssm", "malignant melanoma", "malignant", "1 Diagnostic", "", ""],
        ["c3", 6, 6, "psoriasis", "inflammatory", "non-neoplastic", "3 Wrongly labelled", "", ""],
    ])  # fmt: skip
    for name in ("a1", "b2", "c3"):
        picture(root / "data" / "finalfitz17k" / f"{name}.jpg")
    return {}


def ddi(root: Path) -> dict[str, object]:
    write_csv(root / "ddi_metadata.csv", ["", "DDI_ID", "DDI_file", "skin_tone", "malignant", "disease"], [
        [0, 1, "000001.png", 56, "True", "squamous-cell-carcinoma-in-situ"],
        [1, 2, "000002.png", 12, "False", "melanocytic-nevi"],
        [2, 3, "000003.png", 34, "False", "eczema-spongiotic-dermatitis"],
    ])  # fmt: skip
    for place in (1, 2, 3):
        picture(root / "images" / f"00000{place}.png")
    return {}


def skincon(root: Path) -> dict[str, object]:
    fitzpatrick17k(root)
    concepts = ["Papule", "Brown(Hyperpigmentation)", "Warty/Papillomatous", "Sparkle"]
    write_csv(root / "annotations_fitzpatrick17k.csv", ["", "ImageID", *concepts, "Do not consider this image"], [
        [0, "a1.jpg", 1, 1, 0, 1, 0],
        [1, "b2.jpg", 0, 0, 1, 0, 1],
    ])  # fmt: skip
    return {}


def dermnet(root: Path) -> dict[str, object]:
    for name in ("train/Atopic Dermatitis Photos/a.jpg", "test/Vasculitis Photos/b.JPG", "test/Vascular Tumors/c.jpg"):
        picture(root / name, name)
    return {"unresolved": "skip", "splits": "own"}


def derm12345(root: Path) -> dict[str, object]:
    header = ["image_id", "split", "super_class", "malignancy", "main_class_1", "main_class_2", "sub_class", "label"]
    write_csv(root / "derm12345_metadata_train.csv", header, [
        ["D1", "train", "nonmelanocytic", "malignant", "", "", "Actinic Keratosis", "ak"],
    ])  # fmt: skip
    write_csv(root / "derm12345_metadata_test.csv", header, [
        ["D2", "test", "melanocytic", "benign", "", "", "Acral Banal Compound Nevus", "acb"],
    ])  # fmt: skip
    picture(root / "derm12345_train_part_2" / "ak" / "D1.jpg")
    picture(root / "derm12345_test" / "acb" / "D2.jpg")
    return {"splits": "own"}


def scin_(root: Path) -> dict[str, object]:
    sites = ["body_parts_arm", "body_parts_leg"]
    write_csv(
        root / "dataset" / "scin_cases.csv",
        ["case_id", "age_group", "sex_at_birth", "fitzpatrick_skin_type", *sites, "image_1_path", "image_2_path"],
        [
            ["-12", "AGE_18_TO_29", "FEMALE", "FST1", "YES", "", "dataset/images/-1.png", "dataset/images/-2.png"],
            ["13", "AGE_UNKNOWN", "OTHER_OR_UNSPECIFIED", "FST4", "YES", "YES", "dataset/images/3.png", ""],
            ["14", "", "", "", "", "", "dataset/images/4.png", ""],
        ],
    )
    types = [f"dermatologist_fitzpatrick_skin_type_label_{place}" for place in (1, 2, 3)]
    write_csv(root / "dataset" / "scin_labels.csv", ["case_id", "weighted_skin_condition_label", *types], [
        ["-12", "{'Eczema': 0.67, 'Tinea': 0.33}", "FST2", "FST2", "FST3"],
        ["13", "{'Urticaria': 1.0}", "", "", ""],
        ["14", "{'Eczema': 0.5, 'Tinea': 0.5}", "", "", ""],
    ])  # fmt: skip
    for name in ("-1", "-2", "3", "4"):
        picture(root / "dataset" / "images" / f"{name}.png")
    return {}


def workbook(path: Path, rows: list[list[str]]) -> None:
    """An XLSX file with shared strings, an empty cell left out as spreadsheets do."""
    words = sorted({cell for row in rows for cell in row if cell})
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    lines = []
    for place, row in enumerate(rows, start=1):
        cells = "".join(
            f'<c r="{chr(65 + column)}{place}" t="s"><v>{words.index(cell)}</v></c>'
            for column, cell in enumerate(row)
            if cell
        )
        lines.append(f'<row r="{place}">{cells}</row>')
    with zipfile.ZipFile(path, "w") as archive:
        strings = "".join(f"<si><t>{escape(word)}</t></si>" for word in words)
        archive.writestr("xl/sharedStrings.xml", f"<sst {space}>{strings}</sst>")
        archive.writestr(
            "xl/worksheets/sheet1.xml", f"<worksheet {space}><sheetData>{''.join(lines)}</sheetData></worksheet>"
        )


def midas(root: Path) -> dict[str, object]:
    root.mkdir(parents=True, exist_ok=True)
    workbook(root / "release_midas.xlsx", [
        ["midas_record_id", "midas_file_name", "midas_iscontrol", "midas_distance", "midas_location", "midas_path",
         "midas_gender", "midas_age", "midas_fitzpatrick"],
        ["7", "s-prd-1.jpg", "no", "dscope", "left arm", "malignant- ak", "female", "71", "ii white; burns & tans"],
        ["7", "s-prd-2.jpeg", "no", "6in", "left arm", "malignant- ak", "female", "71", "ii white; burns & tans"],
        ["8", "s-prd-3.jpg", "yes", "1ft", "", "", "", "", ""],
    ])  # fmt: skip
    for place in (1, 2, 3):
        picture(root / "images" / f"s-prd-{place}.jpg")
    return {}


def omnimedvqa(root: Path) -> dict[str, object]:
    asked = [
        {
            "question_id": "P_1",
            "question_type": "Disease Diagnosis",
            "gt_answer": "Melanoma.",
            "image_path": "Images/P/1.png",
        },
        {
            "question_id": "P_2",
            "question_type": "Disease Diagnosis",
            "gt_answer": "Melanoma",
            "image_path": "Images/P/1.png",
        },
        {
            "question_id": "P_3",
            "question_type": "Modality Recognition",
            "gt_answer": "Photo",
            "image_path": "Images/P/1.png",
        },
        {
            "question_id": "P_4",
            "question_type": "Disease Diagnosis",
            "gt_answer": "Benign",
            "image_path": "Images/P/2.png",
        },
    ]
    folder = root / "QA_information" / "Open-access"
    folder.mkdir(parents=True)
    (folder / "PAD-UFES-20.json").write_text(json.dumps(asked))
    (folder / "Chest CT Scan.json").write_text("[]")
    for place in (1, 2):
        picture(root / "Images" / "P" / f"{place}.png")
    return {"unresolved": "skip"}


def dermamnist(root: Path) -> dict[str, object]:
    root.mkdir(parents=True, exist_ok=True)
    parts = {}
    for split, labels in (("train", [0, 5]), ("val", [4]), ("test", [6])):
        parts[f"{split}_images"] = np.stack([np.asarray(drawn(f"{split}{n}", (28, 28))) for n in range(len(labels))])
        parts[f"{split}_labels"] = np.array(labels, np.uint8)[:, None]
    np.savez_compressed(root / "dermamnist.npz", **parts)
    return {"splits": "own"}


def plain(root: Path) -> dict[str, object]:
    header = ["file", "dx", "who", "skin", "terms", "cond"]
    write_csv(root / "list.csv", header, [
        ["a.png", "melanoma", "p1", "IV", "CC BY 4.0", "malignant"],
        ["b.png", "Bowen's disease", "p1", "34", "", ""],
    ])  # fmt: skip
    picture(root / "a.png")
    picture(root / "images" / "b.png")
    columns = {"image": "file", "label": "dx", "patient": "who", "fitzpatrick": "skin"}
    columns |= {"licence": "terms", "condition": "cond"}
    return {"columns": columns, "licence": "CC0-1.0"}


# Layout, how it is written, and for each case: id, gold, split, patient, lesion, Fitzpatrick type or pair; then the
# reasons why rows are left out.
SPREAD = "by shares"
LAYOUTS: dict[str, tuple[Callable[[Path], dict[str, object]], list[tuple[object, ...]], dict[str, int]]] = {
    "isic2019": (
        isic2019,
        [("ISIC_1", "melanocytic-nevus", SPREAD, "", "HAM_1", None),
         ("ISIC_2_downsampled", "actinic-keratosis", SPREAD, "", "", None)],
        {"its label names no single concept": 1},
    ),
    "bcn20000": (
        bcn20000,
        [("BCN_0000000001", "melanoma", "sft", "", "BCN_0003884", None),
         ("BCN_0000000002", "benign-keratosis", "sft", "", "BCN_0003885", None)],
        {},
    ),
    "derm7pt": (
        derm7,
        [("1-derm", "basal-cell-carcinoma", "sft", "", "1", None),
         ("1-clinic", "basal-cell-carcinoma", "sft", "", "1", None),
         ("2-derm", "melanoma-in-situ", "rl", "", "2", None), ("2-clinic", "melanoma-in-situ", "rl", "", "2", None)],
        {},
    ),
    "fitzpatrick17k": (
        fitzpatrick17k,
        [("a1", "drug-induced-pigmentation", SPREAD, "", "", 3),
         ("b2", "superficial-spreading-melanoma", SPREAD, "", "", None)],
        {"the dataset calls it wrongly labelled": 1},
    ),
    "ddi": (
        ddi,
        [("000001", "bowen-disease", SPREAD, "", "", "V-VI"), ("000002", "melanocytic-nevus", SPREAD, "", "", "I-II"),
         ("000003", "eczematous-dermatitis", SPREAD, "", "", "III-IV")],
        {},
    ),
    "skincon": (
        skincon,
        [("a1", "drug-induced-pigmentation", SPREAD, "", "", 3)],
        {"the annotators would not consider it": 1},
    ),
    "dermnet": (
        dermnet,
        [("test_Vasculitis Photos_b", "vasculitis", "test", "", "", None),
         ("train_Atopic Dermatitis Photos_a", "atopic-dermatitis", "sft", "", "", None)],
        {"its label names no single concept": 1},
    ),
    "derm12345": (
        derm12345,
        [("D1", "actinic-keratosis", "sft", "", "", None), ("D2", "acral-compound-nevus", "test", "", "", None)],
        {},
    ),
    "scin": (
        scin_,
        [("-12-1", "eczematous-dermatitis", SPREAD, "-12", "", 2),
         ("-12-2", "eczematous-dermatitis", SPREAD, "-12", "", 2),
         ("13-1", "urticaria", SPREAD, "13", "", 4)],
        {"the dermatologists have no leading diagnosis": 1},
    ),
    "midas": (
        midas,
        [("s-prd-1.jpg", "actinic-keratosis", SPREAD, "7", "", 2),
         ("s-prd-2.jpeg", "actinic-keratosis", SPREAD, "7", "", 2)],
        {"there is no histology": 1},
    ),
    "omnimedvqa": (
        omnimedvqa,
        [("P_1", "melanoma", SPREAD, "", "Images/P/1.png", None)],
        {"its label names no single concept": 1},
    ),
    "dermamnist": (
        dermamnist,
        [("train-00000", "actinic-keratosis-and-intraepithelial-carcinoma", "sft", "", "", None),
         ("train-00001", "melanocytic-nevus", "sft", "", "", None), ("val-00000", "melanoma", "rl", "", "", None),
         ("test-00000", "benign-vascular-lesion", "test", "", "", None)],
        {},
    ),
    "csv": (
        plain,
        [("a", "melanoma", SPREAD, "p1", "", 4), ("b", "bowen-disease", SPREAD, "p1", "", "III-IV")],
        {},
    ),
}  # fmt: skip


def taken(name: str, folder: Path, snapshot: Path, release, **more: object) -> tuple[list[Case], dict[str, object]]:
    options = LAYOUTS[name][0](folder / "data") | more
    source = Source(name=name, folder=str(folder / "data"), **options)  # type: ignore[arg-type]
    config = SynthConfig(knowledge=KnowledgeSource(path=str(snapshot)), source=source)
    counts = cases.make(config, release, folder / "run")
    return list(read_jsonl(folder / "run" / "cases.jsonl", Case)), counts


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_dataset_is_read_as_published(name, tmp_path, snapshot, release):
    found, counts = taken(name, tmp_path, snapshot, release)
    wanted = LAYOUTS[name][1]
    assert [
        (case.id, case.gold, SPREAD if want[2] == SPREAD else case.split, case.patient, case.lesion,
         case.fitzpatrick_group or case.fitzpatrick)
        for case, want in zip(found, wanted, strict=True)
    ] == wanted  # fmt: skip
    assert counts["skipped"] == LAYOUTS[name][2]
    assert all((tmp_path / "run" / case.image).is_file() for case in found)
    assert all(case.licence and case.source == name for case in found)


def test_every_layout_has_its_twin_here():
    # The two sets that lie beside the repository have theirs in test_sources.py; a folder is DermNet's layout.
    assert set(LAYOUTS) | {"ham10000", "pad-ufes-20", "folder"} == set(READERS)


def test_seven_point_criteria_are_findings_of_the_dermoscopic_image_only(tmp_path, snapshot, release):
    first, clinic, second, _ = taken("derm7pt", tmp_path, snapshot, release)[0]
    assert clinic.findings == ()
    seen = {case.id: {f.feature for f in case.findings if f.present} for case in (first, second)}
    absent = {case.id: {f.feature for f in case.findings if not f.present} for case in (first, second)}
    assert seen["1-derm"] == {"arborizing-vessels"}
    assert absent["1-derm"] == {
        "pigment-network", "atypical-pigment-network", "irregular-streaks", "irregular-blotches",
        "regression-structures", "irregular-dots-globules", "regular-globules", "blue-white-veil",
    }  # fmt: skip
    assert seen["2-derm"] == {
        "atypical-pigment-network", "irregular-blotches", "regression-structures", "irregular-dots-globules",
        "blue-white-veil",
    }  # fmt: skip
    # Regular streaks are streaks, and vessels within regression are vessels: nothing is said to be absent there.
    assert absent["2-derm"] == set()


def test_every_sign_of_the_seven_points_is_in_the_release_and_every_value_is_known_or_left_out_on_purpose(release):
    assert {feature for pair in derm7pt.SIGNS.values() for part in pair for feature in part} <= set(release.features)
    labels = SHARED_DATA / "labels" / "derm7pt.json"
    if not labels.is_file():
        pytest.skip("no label lists beside the repository")
    published = {(name, value) for name, held in json.loads(labels.read_text())["criteria"].items() for value in held}
    assert published - set(derm7pt.SIGNS) == {
        ("streaks", "regular"), ("vascular_structures", "within regression"), ("vascular_structures", "wreath"),
    }  # fmt: skip
    assert set(derm7pt.SIGNS) <= published


def test_skincon_concepts_are_findings_that_are_seen_and_a_zero_says_nothing(tmp_path, snapshot, release):
    [case], counts = taken("skincon", tmp_path, snapshot, release)
    assert case.findings == (Finding("papule", True), Finding("color-brown", True))
    assert counts["signs_left_out"] == {"Sparkle": 1}


def test_all_48_concepts_of_skincon_name_a_feature(release, shared_data):
    names = json.loads((shared_data / "labels" / "skincon48.json").read_text())["labels"]
    signs = Signs(release)
    assert len(signs.read(Finding(name, True) for name in names)) == len(names) == 48
    assert not signs.left_out


def test_a_sign_said_to_be_seen_and_absent_is_left_out(release):
    signs = Signs(release)
    said = (Finding("Papule", True), Finding("papular", False), Finding("scale", True))
    assert signs.read(said) == (Finding("scale", True),)
    assert signs.left_out == {"papule": 1}


def test_a_condition_is_taken_only_from_who_states_ours(tmp_path, snapshot, release):
    found, _ = taken("csv", tmp_path / "csv", snapshot, release)
    assert [case.condition for case in found] == [Condition.MALIGNANT, None]
    assert [case.licence for case in found] == ["CC BY 4.0", "CC0-1.0"]
    for name in ("ddi", "derm12345", "fitzpatrick17k", "midas"):
        assert not [case for case in taken(name, tmp_path / name, snapshot, release)[0] if case.condition]


@pytest.mark.parametrize(("view", "ids"), [("dermoscopic", ["s-prd-1.jpg"]), ("clinical", ["s-prd-2.jpeg"])])
def test_one_view_of_a_lesion_can_be_chosen(view, ids, tmp_path, snapshot, release):
    assert [case.id for case in taken("midas", tmp_path, snapshot, release, view=view)[0]] == ids


def test_images_of_an_archive_are_written_into_the_run_and_left_alone_when_they_stand(tmp_path, snapshot, release):
    found, _ = taken("dermamnist", tmp_path, snapshot, release)
    paths = [tmp_path / "run" / case.image for case in found]
    assert {path.parent.name for path in paths} == {"images"}
    before = [path.stat().st_mtime_ns for path in paths]
    taken("dermamnist", tmp_path, snapshot, release)
    assert [path.stat().st_mtime_ns for path in paths] == before


def test_files_that_are_not_the_datasets_are_told(tmp_path):
    for name in READERS:
        source = Source(name="ddi", folder=str(tmp_path / "nothing"))
        source = source.model_copy(update={"name": name, "columns": {"image": "i", "label": "l"}})
        with pytest.raises(ConfigInvalid):
            list(READERS[name](source))
    isic2019(tmp_path / "isic")
    path = tmp_path / "isic" / "ISIC_2019_Training_GroundTruth.csv"
    path.write_text(path.read_text().replace("ISIC_1,0", "ISIC_1,1"))
    with pytest.raises(RecordInvalid, match="ISIC_1 has MEL and NV"):
        list(READERS["isic2019"](Source(name="isic2019", folder=str(tmp_path / "isic"))))
    for damage in (b"", b"PK no archive"):
        (tmp_path / "dermamnist.npz").write_bytes(damage)
        with pytest.raises(RecordInvalid, match="not DermaMNIST's archive"):
            list(READERS["dermamnist"](Source(name="dermamnist", folder=str(tmp_path))))
        (tmp_path / "release_midas.xlsx").write_bytes(damage)
        with pytest.raises(RecordInvalid, match="not a workbook"):
            list(READERS["midas"](Source(name="midas", folder=str(tmp_path))))
    with pytest.raises(RecordInvalid, match="case 5 has weights"):
        scin.leading("5", "{'Eczema': ")
    plain(tmp_path / "csv")
    table = tmp_path / "csv" / "list.csv"
    table.write_text(table.read_text().replace("malignant", "evil"))
    columns = {"image": "file", "label": "dx", "condition": "cond"}
    with pytest.raises(RecordInvalid, match="'evil' is none of"):
        list(READERS["csv"](Source(name="csv", folder=str(tmp_path / "csv"), licence="x", columns=columns)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "kind"),
    [("3", 3), ("2.0", 2), ("IV", 4), ("FST5", 5), ("vi dark brown skin", 6), ("i pale", 1), ("-1", None), ("0", None),
     ("12", None), ("", None), ("NONE_SELECTED", None), ("2.5", None), ("type III", 3)],
)  # fmt: skip
def test_skin_types_are_read_in_every_spelling(text, kind):
    assert skin_type(text) == kind


def test_a_pair_of_skin_types_is_a_group_and_not_a_type():
    assert [skin_group(text) for text in ("12", "34.0", "V-VI", "5-6", "3", "")] == [
        "I-II",
        "III-IV",
        "",
        "V-VI",
        "",
        "",
    ]
