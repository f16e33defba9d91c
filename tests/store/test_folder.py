"""The folder people edit: one layout, minimal diffs, comments and foreign statements kept, nothing lost."""

from __future__ import annotations

import difflib
import shutil
from pathlib import Path

import pytest
from rdflib import Literal
from rdflib.compare import isomorphic
from rdflib.namespace import SKOS

from kg_service.core.change import (
    Content,
    Describe,
    Move,
    PutConcept,
    PutDifferential,
    Remove,
    SetLabels,
    apply_all,
)
from kg_service.core.concept import Concept, Condition, Differential, Strength
from kg_service.core.release import load_snapshot
from kg_service.store.blocks import page_of
from kg_service.store.compile import compile_folder
from kg_service.store.folder import places, rewritten
from kg_service.store.merge import merged
from kg_service.store.turtle import read_folder
from kg_service.store.vocabulary import CONCEPT

from ..live import MINI, ROOT

NEOPLASMS = "taxonomy/neoplasms.ttl"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy = tmp_path / "mini"
    shutil.copytree(MINI, copy)
    write(rewritten(copy))
    return copy


def write(changed: dict[Path, str]) -> None:
    for path, text in changed.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def changed_lines(before: str, after: str) -> list[str]:
    diff = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return [line for line in diff if line[0] in "+-" and not line.startswith(("+++", "---"))]


def edit(folder: Path, *changes) -> dict[Path, str]:
    draft = apply_all(changes, Content.of(load_snapshot(compile_folder(folder).snapshot)))
    return rewritten(folder, merged(read_folder(folder), draft))


def test_formatting_changes_no_statement_and_is_done_after_once(tmp_path: Path):
    copy = tmp_path / "mini"
    shutil.copytree(MINI, copy)
    before, digest = read_folder(copy), compile_folder(copy).digest
    write(rewritten(copy))
    assert isomorphic(read_folder(copy), before)
    assert compile_folder(copy).digest == digest
    assert rewritten(copy) == {}


def test_the_shipped_files_are_in_the_layout():
    assert rewritten(ROOT / "ontologies") == {}


def test_blocks_in_any_order_and_any_spacing_come_back_to_the_same_text(folder: Path):
    path = folder / NEOPLASMS
    tidy = path.read_text()
    page = page_of(tidy)
    mixed = "\n\n\n".join(" ".join(block.text.split()) for block in reversed(page.blocks))
    path.write_text(f"{page.header}\n\n{mixed}\n")
    assert rewritten(folder) == {path: tidy}


def test_a_new_synonym_changes_one_line_of_one_file(folder: Path):
    path = folder / NEOPLASMS
    [(changed, text)] = edit(folder, SetLabels("blue-nevus", ("Tieche nevus",))).items()
    assert changed == path
    lines = changed_lines(path.read_text(), text)
    assert len(lines) == 1
    assert '"Tieche nevus"@en' in lines[0]


def test_a_new_concept_goes_beside_its_primary_parent_and_a_differential_to_its_first_concepts_branch(folder: Path):
    melanoma = Concept(
        "acral-melanoma", "acral melanoma", ("melanoma",), Condition.MALIGNANT, definition="On palm or sole."
    )
    edge = Differential("acral-melanoma", "psoriasis", Strength.WEAK, ("scale",))
    changed = edit(folder, PutConcept(melanoma), PutDifferential(edge))
    assert {path.relative_to(folder).as_posix() for path in changed} == {NEOPLASMS, "ddx/neoplasms.ttl"}
    write(changed)
    assert load_snapshot(compile_folder(folder).snapshot).lineage("acral-melanoma")[-2:] == (
        "melanoma",
        "acral-melanoma",
    )


def test_what_is_removed_leaves_no_trace_and_no_other_line_changes(folder: Path):
    changed = edit(folder, Remove("multiple-myeloma"))
    path = folder / NEOPLASMS
    lines = changed_lines(path.read_text(), changed[path])
    assert all(line.startswith("-") for line in lines)
    assert any("concept:multiple-myeloma" in line for line in lines)


def test_comments_notes_and_foreign_languages_stay(folder: Path):
    path = folder / NEOPLASMS
    block = "concept:blue-nevus a skos:Concept ;"
    noted = '''# ask Dr. Tièche
concept:blue-nevus a skos:Concept ;
    # dermal
    skos:note "checked; 3.5 mm # not a comment"@en ;
    skos:scopeNote """two

lines."""@en ;'''
    text = path.read_text().replace(block, noted)
    assert text != path.read_text()
    path.write_text(text)
    tidy = rewritten(folder)[path]
    assert "# ask Dr. Tièche\n# dermal\nconcept:blue-nevus" in tidy
    path.write_text(tidy)
    assert rewritten(folder) == {}
    found = read_folder(folder)
    assert (CONCEPT["blue-nevus"], SKOS.note, Literal("checked; 3.5 mm # not a comment", lang="en")) in found
    assert (CONCEPT["blue-nevus"], SKOS.scopeNote, Literal("two\n\nlines.", lang="en")) in found
    moved = edit(folder, Move("blue-nevus", ("melanocytic-neoplasm",)))[path]
    assert "checked; 3.5 mm" in moved


def test_a_prefix_that_an_edit_needs_is_added(folder: Path):
    path = folder / "taxonomy" / "inflammatory.ttl"
    said = Describe("psoriasis", "", ("http://purl.obolibrary.org/obo/DOID_8893",), (), "", "unreviewed")
    changed = edit(folder, said)
    assert "@prefix doid: " in changed[path]
    assert "skos:exactMatch doid:8893" in changed[path]


def test_every_node_has_its_place(folder: Path):
    found = places(folder)
    place = found[str(CONCEPT["melanoma"])]
    assert place.path.read_text().split("\n")[place.line - 1].startswith("concept:melanoma ")
