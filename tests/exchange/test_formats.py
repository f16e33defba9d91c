"""What holds of every format: nothing changes by going out and coming back, and no file can bring a traceback."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kg_service.core.change import Content, apply_all
from kg_service.core.errors import ConfigInvalid, SkinR1Error
from kg_service.core.knowledge import Knowledge
from kg_service.core.release import load_snapshot, snapshot_of
from kg_service.exchange.formats import FORMATS, READERS, SUFFIXES, format_of, written
from kg_service.exchange.incoming import plan

from ..conftest import ROOT

ENDS = {name: end for end, name in SUFFIXES.items()}


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("which", ["knowledge", "shipped"])
def test_what_is_written_and_read_back_changes_nothing(name, which, put, request):
    whole = request.getfixturevalue(which)
    rows = READERS[name](put("out" + ENDS[name], written(name, whole)))
    found = plan(rows, whole)
    assert (found.changes, found.findings) == ((), ())
    assert found.unchanged == len(rows) == len(whole.concepts)


@pytest.mark.parametrize("name", ["obo", "turtle", "csv", "xlsx"])
@pytest.mark.parametrize("which", ["knowledge", "shipped"])
def test_what_is_written_builds_the_same_hierarchy_names_and_conditions_elsewhere(name, which, put, request):
    whole = request.getfixturevalue(which)
    found = plan(READERS[name](put("out" + ENDS[name], written(name, whole))), Knowledge([]))
    assert found.findings == ()
    there = apply_all(found.changes, Content.of(Knowledge([]))).knowledge()
    for concept in whole.concepts.values():
        twin = there.resolve(concept.pref_label).concept
        assert there.label(twin) == concept.pref_label
        assert [there.label(p) for p in there.lineage(twin)] == [whole.label(p) for p in whole.lineage(concept.id)]
        assert {there.label(p) for p in there.concept(twin).parents} == {whole.label(p) for p in concept.parents}
        assert there.condition(twin) is whole.condition(concept.id)
        kept = there.concept(twin)
        assert set(kept.alt_labels) == {x for x in concept.alt_labels if x not in concept.ambiguous_labels}
        assert set(kept.hidden_labels) == {x for x in concept.hidden_labels if x not in concept.ambiguous_labels}
        assert (kept.definition, kept.exact_match, kept.close_match) == (
            concept.definition,
            tuple(sorted(concept.exact_match)),
            tuple(sorted(concept.close_match)),
        )


def test_two_exports_are_equal_whatever_the_hash_seed_and_the_order_of_the_rows(shipped, tmp_path: Path):
    snapshot = tmp_path / "snapshot"
    snapshot.write_bytes(snapshot_of(shipped))
    code = (
        "import sys, hashlib; from pathlib import Path\n"
        "from kg_service.core.release import load_snapshot\n"
        "from kg_service.exchange.formats import FORMATS, written\n"
        "k = load_snapshot(Path(sys.argv[1]).read_bytes())\n"
        "for name in FORMATS: print(name, hashlib.sha256(written(name, k)).hexdigest())"
    )
    told = subprocess.run(
        [sys.executable, "-c", code, snapshot],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    here = load_snapshot(snapshot.read_bytes())
    backwards = Knowledge(
        reversed(list(here.concepts.values())),
        reversed(list(here.features.values())),
        reversed(here.differentials),
        reversed(here.crosswalk),
    )
    for name in FORMATS:
        assert told[told.index(name) + 1] == hashlib.sha256(written(name, backwards)).hexdigest(), name


def test_a_suffix_tells_the_format(put):
    assert [format_of(f"x{end}") for end in (".obo", ".ttl", ".CSV", ".json")] == ["obo", "turtle", "csv", "published"]
    with pytest.raises(
        ConfigInvalid, match=r"obo \(\.obo\), turtle \(\.ttl\), csv \(\.csv\), xlsx \(\.xlsx\), published"
    ):
        format_of("diseases.docx")


HOSTILE = {
    "empty": b"",
    "white": b" \n\n",
    "mark alone": b"\xef\xbb\xbf",
    "nul": b"format-version: 1.4\nid,prefLabel\n\0\n",
    "utf-16": "id,prefLabel\nx,nævus\n".encode("utf-16"),
    "latin-1": b"id,prefLabel\nx,n\xe6vus\n",
    "brackets": b"[" * 200_000,
    "braces": b'{"synonym_map": ' + b'{"a":' * 200_000,
    "turtle brackets": b"<urn:a> <urn:b> " + b"[ <urn:b> " * 100_000,
    "quote": b'id,prefLabel\n"x,y\n' * 3,
    "picture": bytes(range(1, 256)) * 50,
    "obo garbage": b"format-version: 1.2\n\n[Term]\nid: a\nname: b\nis_a: \nsynonym: \"x\n",
    "obo without id": b"format-version: 1.2\n\n[Term]\nname: b\n",
    "obo frames": b"format-version: 1.2\n" + b"[Term" * 50_000,
    "xml": b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "b">]><r>&a;</r>',
    "numbers": b'{"synonym_map": {"a": ' + b"9" * 10_000 + b"}}",
    "wide": b"prefLabel\n" + b"x" * 200_000 + b"\n",
}  # fmt: skip


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_file_is_a_clear_error_that_names_it(name, what, put):
    path = put("in" + ENDS[name], HOSTILE[what])
    with pytest.raises(SkinR1Error, match=r"in\.") as caught:
        READERS[name](path)
    assert len(str(caught.value)) < 2000


@pytest.mark.parametrize("name", READERS)
def test_a_missing_file_and_a_folder_are_configuration_errors(name, tmp_path: Path):
    for path in (tmp_path / "nobody", tmp_path):
        with pytest.raises(ConfigInvalid, match="cannot be read"):
            READERS[name](path)


def test_a_byte_order_mark_is_read_over_or_named(knowledge, put):
    for name in ("obo", "csv", "published"):
        path = put("bom" + ENDS[name], b"\xef\xbb\xbf" + written(name, knowledge))
        assert len(READERS[name](path)) == len(knowledge.concepts), name
    # Turtle has no such mark, and its parser says where it stands.
    with pytest.raises(SkinR1Error, match="line 1"):
        READERS["turtle"](put("bom.ttl", b"\xef\xbb\xbf" + written("turtle", knowledge)))


def test_the_json_formats_are_json(knowledge):
    for name in ("json-ld", "published", "node-link"):
        assert json.loads(written(name, knowledge))
