from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from kg_service.core.errors import CycleFound, KnowledgeInvalid
from kg_service.core.release import digest_of, load_snapshot, snapshot_of
from kg_service.store.compile import compile_folder
from kg_service.store.shapes import findings_of
from kg_service.store.turtle import read_files

from ..live import MINI
from ..mini import mini

Broken = Callable[[str], Path]

PREFIXES = """@prefix concept: <https://w3id.org/skin-r1/concept/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix skr: <https://w3id.org/skin-r1/vocab#> .
@prefix differential: <https://w3id.org/skin-r1/differential/> .
@prefix feature: <https://w3id.org/skin-r1/feature/> .
"""


@pytest.fixture
def broken(tmp_path: Path) -> Broken:
    """The mini ontology with more statements in it."""

    def make(turtle: str) -> Path:
        folder = tmp_path / "ontology"
        shutil.copytree(MINI, folder)
        (folder / "more.ttl").write_text(PREFIXES + turtle)
        return folder

    return make


def test_the_turtle_fixture_and_the_mini_values_have_one_digest():
    compiled = compile_folder(MINI)
    assert compiled.digest == mini().digest, "tests/mini.py and tests/fixtures/mini/ have drifted apart"
    assert compiled.digest == digest_of(compiled.snapshot)
    assert compiled.concepts == len(mini().concepts)


def test_file_names_and_the_order_of_statements_do_not_change_the_release(tmp_path: Path):
    lines = [line for path in sorted(MINI.rglob("*.ttl")) if "shapes" not in path.parts for line in [path.read_text()]]
    random.Random(7).shuffle(lines)
    for place, text in enumerate(lines):
        (tmp_path / f"{place}.ttl").write_text(text)
    one, other = compile_folder(MINI), compile_folder(tmp_path)
    assert (one.snapshot, one.nquads) == (other.snapshot, other.nquads)


def test_nquads_are_sorted_without_repetition_and_one_line_each():
    lines = compile_folder(MINI).nquads.decode().removesuffix("\n").split("\n")
    assert lines == sorted(set(lines))
    assert all(line.startswith("<") and line.endswith(" .") for line in lines)


def test_a_definition_with_line_breaks_and_quotes_stays_one_nquads_line(broken: Broken):
    text = r"""with \"quotes\", a \\ and\na new line \u2028 and \u00e9"""
    folder = broken(f'concept:blue-nevus skos:definition "{text}"@en .')
    compiled = compile_folder(folder)
    (line,) = [row for row in compiled.nquads.decode().split("\n") if "core#definition" in row]
    assert line.endswith("@en .")
    known = load_snapshot(compiled.snapshot)
    assert known.concept("blue-nevus").definition == 'with "quotes", a \\ and\na new line \u2028 and é'
    assert snapshot_of(known) == compiled.snapshot


def test_a_cycle_is_named_with_its_path(broken: Broken):
    folder = broken("concept:neoplasm skos:broader concept:blue-nevus .")
    with pytest.raises(CycleFound, match="melanocytic-neoplasm > melanocytic-nevus > blue-nevus"):
        compile_folder(folder)


def test_a_leaf_without_a_condition_is_a_finding(broken: Broken):
    folder = broken('concept:spitz-nevus a skos:Concept ; skos:prefLabel "Spitz nevus"@en ; '
                    "skos:broader concept:melanocytic-nevus .")  # fmt: skip
    with pytest.raises(KnowledgeInvalid, match="spitz-nevus has no condition"):
        compile_folder(folder)


def test_two_concepts_with_one_label_are_a_finding(broken: Broken):
    with pytest.raises(KnowledgeInvalid, match=r"(?i)'mole' belongs to blue-nevus and melanocytic-nevus"):
        compile_folder(broken('concept:blue-nevus skos:altLabel "Mole"@en .'))


def test_a_differential_with_ones_own_ancestor_is_a_finding(broken: Broken):
    folder = broken("differential:melanoma--neoplasm a skr:Differential ; skr:between concept:melanoma, "
                    "concept:neoplasm ; skr:strength skr:weak ; skr:discriminatingFeature feature:scale .")  # fmt: skip
    with pytest.raises(KnowledgeInvalid, match="its own ancestor"):
        compile_folder(folder)


def test_shapes_speak_in_sentences(broken: Broken):
    folder = broken('concept:blue-nevus skos:prefLabel "a"@fr, "b"@fr .')
    with pytest.raises(KnowledgeInvalid) as caught:
        compile_folder(folder)
    assert any(
        "concept:blue-nevus (skos:prefLabel): a concept has one preferred label per language" in finding
        for finding in caught.value.findings
    )


def test_findings_of_the_core_and_of_the_shapes_come_together(broken: Broken):
    folder = broken('concept:blue-nevus skos:prefLabel "a"@fr, "b"@fr ; skos:altLabel "mole"@en .')
    with pytest.raises(KnowledgeInvalid) as caught:
        compile_folder(folder)
    said = " ".join(caught.value.findings)
    assert "one preferred label per language" in said
    assert "'mole' belongs to" in said


def test_shapes_that_cannot_run_are_an_error_and_not_a_pass(tmp_path: Path):
    data, shapes = tmp_path / "data.ttl", tmp_path / "bad.ttl"
    data.write_text("<http://x> a <http://c> .")
    shapes.write_text(
        "@prefix sh: <http://www.w3.org/ns/shacl#> .\n"
        "<http://s> a sh:NodeShape ; sh:targetClass <http://c> ; sh:property [ sh:minCount 1 ] ."
    )
    with pytest.raises(KnowledgeInvalid, match="shapes cannot be run"):
        findings_of(read_files([data]), read_files([shapes], blank_nodes=True))


def test_the_projects_own_ontology_compiles(shipped):
    assert shipped.level("superficial-spreading-melanoma") == 4
    assert shipped.level("melanoma") == 3
