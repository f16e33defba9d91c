"""format, validate, diff, import, export, compare: the verbs that editors of the Turtle files use."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from kg_service.core.release import snapshot_of
from kg_service.store.compile import compile_folder

from ..live import MINI, run
from ..mini import mini

NEOPLASMS = Path("taxonomy") / "neoplasms.ttl"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy = tmp_path / "mini"
    shutil.copytree(MINI, copy)
    run("format", copy)
    return copy


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, (old, text.count(old))
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_format_writes_once_and_check_says_what_it_would_write(folder: Path):
    digest = compile_folder(folder).digest
    assert run("format", folder, "--check").returncode == 0
    path = folder / NEOPLASMS
    path.write_text(path.read_text().replace(" ;\n    ", ";  "))
    before = path.read_text()
    told = run("format", folder, "--check")
    assert (told.returncode, told.stdout.strip(), path.read_text()) == (1, str(path), before)
    assert run("format", folder).returncode == 0
    assert path.read_text() != before
    assert compile_folder(folder).digest == digest
    assert run("format", folder, "--check").returncode == 0


def test_format_refuses_a_broken_file_and_touches_nothing(folder: Path):
    path = folder / NEOPLASMS
    path.write_text(path.read_text().replace(" ;\n    ", ";  ") + "\noops")
    before = path.read_text()
    done = run("format", folder)
    assert done.returncode == 1
    assert f"{path}, line " in done.stderr
    assert path.read_text() == before


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"blue nevus"@en', '"junctional nevus"@en', "belongs to blue-nevus and junctional-nevus"),
        ("skos:broader concept:malignant-neoplasm, concept:melanocytic-neoplasm",
         "skos:broader concept:malignant-neoplasm, concept:nodular-melanoma", "melanoma"),
        ('"Bowen\'s disease"@en', '"Bowen\'s disease"@en, "Bowen disease"@en', "prefLabel"),
    ],
)  # fmt: skip
def test_validate_names_file_and_line(folder: Path, old: str, new: str, told: str):
    path = folder / NEOPLASMS
    replace(path, old, new)
    done = run("validate", folder)
    assert done.returncode == 1
    assert told in done.stderr
    lines = path.read_text().split("\n")
    places = [line for line in done.stderr.split("\n") if f"{path}, line " in line]
    assert places
    for place in places:
        number = int(place.partition(", line ")[2].partition(":")[0])
        assert lines[number - 1].startswith("concept:"), place


def test_diff_tells_changes_in_sentences_and_what_they_do_to_rewards(folder: Path, tmp_path: Path):
    rest = " ;\n    skr:condition skr:benign ;\n    skr:characteristic"  # of the junctional nevus alone
    before, after = (f"skos:broader concept:{parent}{rest}" for parent in ("melanocytic-nevus", "melanocytic-neoplasm"))
    replace(folder / NEOPLASMS, before, after)
    done = run("diff", MINI, folder)
    assert done.returncode == 0, done.stderr
    assert "move junctional-nevus under melanocytic-neoplasm" in done.stdout
    assert "junctional-nevus: level 3 instead of 4, 2 answers score higher and 1 lower" in done.stdout
    snapshot = tmp_path / "old.json"
    snapshot.write_bytes(snapshot_of(mini()))
    told = json.loads(run("diff", snapshot, folder, "--json").stdout)
    assert told["changes"] == ["move junctional-nevus under melanocytic-neoplasm"]
    assert told["from"] != told["to"]
    assert run("diff", MINI, MINI).stdout.startswith("no change")
    assert run("diff", MINI, tmp_path / "nothing").returncode == 2


@pytest.mark.parametrize(
    ("form", "suffix"), [("csv", ".csv"), ("obo", ".obo"), ("turtle", ".ttl"), ("published", ".json")]
)
def test_what_is_exported_imports_as_no_change(folder: Path, tmp_path: Path, form: str, suffix: str):
    snapshot = tmp_path / "snapshot.bin"
    snapshot.write_bytes(snapshot_of(mini()))
    out = tmp_path / f"out{suffix}"
    done = run("export", "--format", form, "--path", snapshot, "--out", out)
    assert done.returncode == 0, done.stderr
    back = run("import", out, "--into", folder)
    assert back.returncode == 0, back.stderr
    assert " 0 changes" in back.stderr
    assert back.stdout == ""


@pytest.mark.parametrize("form", ["json-ld", "graphml", "node-link"])
def test_other_formats_go_out(tmp_path: Path, form: str):
    snapshot = tmp_path / "snapshot.bin"
    snapshot.write_bytes(snapshot_of(mini()))
    done = run("export", "--format", form, "--path", snapshot)
    assert done.returncode == 0, done.stderr
    assert "melanoma" in done.stdout
    assert run("export", "--format", "docx", "--path", snapshot).returncode == 2


def test_an_import_is_a_dry_run_until_it_is_told_to_write(folder: Path, tmp_path: Path):
    rows = tmp_path / "new.csv"
    rows.write_text(
        "prefLabel,condition,parents,altLabels,definition\n"
        "acral lentiginous melanoma,malignant,melanoma,ALM | plantar melanoma,On palm or sole.\n"
        "blue nevus,benign,,Tieche nevus,\n"
        "odd lesion,,psoriasisx,,\n",
        encoding="utf-8",
    )
    before = {path: path.read_text() for path in folder.rglob("*.ttl")}
    dry = run("import", rows, "--into", folder, "--source", "a list")
    assert dry.returncode == 1
    assert "add 'acral lentiginous melanoma'" in dry.stdout
    assert "row 4" in dry.stderr
    assert {path: path.read_text() for path in folder.rglob("*.ttl")} == before
    wet = run("import", rows, "--into", folder, "--source", "a list", "--write")
    assert wet.returncode == 1  # the odd row is still a finding; the others are in
    changed = {path.name for path in folder.rglob("*.ttl") if path.read_text() != before.get(path)}
    assert changed == {"neoplasms.ttl"}
    assert run("validate", folder).returncode == 0
    text = (folder / NEOPLASMS).read_text()
    assert 'dcterms:source "a list"' in text
    assert "ALM" in text
    assert "Tieche nevus" in text


def test_compare_prints_the_table_that_tells_two_diseases_apart(tmp_path: Path):
    snapshot = tmp_path / "snapshot.bin"
    snapshot.write_bytes(snapshot_of(mini()))
    done = run("compare", "SSM", "junctional nevus", "--path", snapshot)
    assert done.returncode == 0, done.stderr
    assert "pigment network *   present " in done.stdout
    assert "strong differential, unreviewed" in done.stderr
    assert run("compare", "blue nevus", "psoriasis", "--path", snapshot).returncode == 1
