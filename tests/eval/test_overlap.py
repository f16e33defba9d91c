"""What training and evaluation data share is found, counted, and nothing else is."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from eval.overlap import overlap

from .rows import folder_of_cases


def test_disjoint_data_are_not_tied(tmp_path: Path) -> None:
    cases = folder_of_cases(tmp_path)
    found = overlap((cases[:6], tmp_path), (cases[6:], tmp_path))
    assert (found.train, found.test, found.tied, found.ties) == (6, 6, 0, ())


def test_each_kind_of_tie_is_found_and_a_case_counts_once(tmp_path: Path) -> None:
    here = [replace(case, source="ham") for case in folder_of_cases(tmp_path / "here", 6)]
    there = [replace(case, id=f"t{case.id}", source="ham") for case in folder_of_cases(tmp_path / "there", 6)]
    for number in range(1, 6):  # the same drawings: only number 0 may stay equal
        path = tmp_path / "there" / "images" / f"{number}.png"
        path.write_bytes(path.read_bytes() + b"\n")
    here[1], there[1] = replace(here[1], patient="p"), replace(there[1], patient="p", lesion="l")
    here[2], there[2] = replace(here[2], lesion="l2"), replace(there[2], lesion="l2")
    here[3], there[3] = replace(here[3], twin="ham/x"), replace(there[3], twin="ham/x")
    for folder, name in (("here", "ISIC_0000042.png"), ("there", "isic_0000042_downsampled.png")):
        shutil.copy(tmp_path / folder / "images" / "4.png", tmp_path / folder / "images" / name)
    here[4] = replace(here[4], image="images/ISIC_0000042.png", source="bcn")
    there[4] = replace(there[4], image="images/isic_0000042_downsampled.png")
    here.append(replace(here[0], id="again"))
    found = overlap((here, tmp_path / "here"), (there, tmp_path / "there"))
    assert [(tie.kind, tie.train, tie.test) for tie in found.ties] == [
        ("image", "c0", "tc0"),
        ("patient", "c1", "tc1"),
        ("lesion", "c2", "tc2"),
        ("twin", "c3", "tc3"),
        ("isic-archive", "c4", "tc4"),
    ]
    assert found.tied == 5
    assert found.as_json()["table"] == [
        {"train_source": "bcn", "test_source": "ham", "cases": 1, "isic-archive": 1},
        {"train_source": "ham", "test_source": "ham", "cases": 4, "image": 1, "lesion": 1, "patient": 1, "twin": 1},
    ]


def test_one_patient_number_in_two_datasets_is_two_people(tmp_path: Path) -> None:
    one, two = folder_of_cases(tmp_path, 2)
    a, b = replace(one, source="ham", patient="7", lesion="7"), replace(two, source="pad", patient="7", lesion="7")
    assert overlap(([a], tmp_path), ([b], tmp_path)).tied == 0
