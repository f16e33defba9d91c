"""Images of cases and trajectories that the desk shows: what is listed, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kg_service.core.errors import ConfigInvalid, RecordInvalid
from kg_service.job import write_jsonl
from kg_service.settings import Settings
from kg_service.web.highlight import marked
from kg_service.web.material import Material

from .materials import PNG, case, told, write_run


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return write_run(tmp_path / "run")


def test_without_settings_there_is_nothing():
    material = Material.of(Settings())
    assert material.cases(["melanoma"], 6) == ()
    assert material.count(["melanoma"]) == 0
    assert material.trajectories("melanoma", "seborrheic-keratosis") == ()
    assert material.image("drawn", "melanoma-1") is None


def test_a_folder_and_a_file_say_the_same(run: Path):
    by_folder, by_file = Material([run]), Material([run / "cases.jsonl"])
    assert by_folder.cases(["melanoma"], 6) == by_file.cases(["melanoma"], 6)


def test_examples_show_another_lesion_before_the_same_one_again(run: Path):
    shown = Material([run]).cases(["melanoma"], 6)
    assert [each.case.id for each in shown] == ["melanoma-1", "melanoma-3", "melanoma-2"]
    assert shown[0].url == "/cases/drawn/melanoma-1"


def test_examples_of_several_diseases_take_turns(run: Path):
    shown = Material([run]).cases(["seborrheic-keratosis", "melanoma", "psoriasis"], 3)
    assert [each.case.gold for each in shown] == ["melanoma", "seborrheic-keratosis", "melanoma"]


def test_trajectories_of_a_pair_are_found_from_both_ends(run: Path):
    material = Material([run], [run])
    assert len(material.trajectories("melanoma", "seborrheic-keratosis")) == 3
    assert material.trajectories("seborrheic-keratosis", "melanoma") == material.trajectories(
        "melanoma", "seborrheic-keratosis"
    )
    assert material.trajectories("melanoma", "psoriasis") == ()


def test_only_images_that_a_file_lists_are_given(run: Path):
    (run / "images" / "other.png").write_bytes(PNG)
    material = Material([run])
    assert material.image("drawn", "melanoma-1") == run / "images" / "melanoma-1.png"
    for source, name in (("drawn", "other"), ("drawn", "../cases.jsonl"), ("..", "images/other"), ("", "melanoma-1")):
        assert material.image(source, name) is None


def test_what_is_no_picture_is_not_given(run: Path):
    write_jsonl(run / "cases.jsonl", [replace(case("page", "melanoma"), image="cases.jsonl")])
    assert Material([run]).image("drawn", "page") is None


def test_an_image_that_is_gone_is_not_given(run: Path):
    (run / "images" / "melanoma-1.png").unlink()
    assert Material([run]).image("drawn", "melanoma-1") is None


def test_the_first_of_two_cases_of_one_name_counts(run: Path, tmp_path: Path):
    other = tmp_path / "other"
    write_jsonl(other / "cases.jsonl", [case("melanoma-1", "psoriasis")])
    material = Material([run, other])
    assert material.count(["psoriasis"]) == 0
    assert material.image("drawn", "melanoma-1") == run / "images" / "melanoma-1.png"


def test_a_setting_that_names_no_file_stops_the_service_with_a_sentence(tmp_path: Path):
    with pytest.raises(ConfigInvalid, match=r"no cases\.jsonl"):
        Material.of(Settings(cases=str(tmp_path / "nowhere")))
    (tmp_path / "cases.jsonl").write_text("{}\n")
    with pytest.raises(RecordInvalid, match="line 1"):
        Material.of(Settings(cases=str(tmp_path)))


def test_a_text_is_cut_where_it_names_its_facts_and_nowhere_else(shipped):
    row = told("melanoma-1", "melanoma", "seborrheic-keratosis")
    [step] = row.steps
    found = marked(step, row.aliases, shipped)
    assert "".join(piece.text for piece in found) == step.text
    assert [(piece.text, piece.role) for piece in found if piece.role] == [
        ("melanoma", "concept"),
        ("asymmetry", "feature"),
    ]
    assert [piece.role for piece in marked(replace(step, refs=()), row.aliases, shipped)] == [""]
