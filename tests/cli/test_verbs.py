from __future__ import annotations

import json
import shutil
import signal
from pathlib import Path

import httpx
import pytest

from kg_service.core.knowledge import Knowledge
from kg_service.core.release import digest_of, snapshot_of
from kg_service.settings import SETTINGS, Settings, read_settings

from ..live import MINI, process_serving, run, spawn, wait_until_ready
from ..mini import reply
from ..patience import PATIENCE


@pytest.fixture
def snapshot(knowledge: Knowledge, tmp_path: Path) -> Path:
    path = tmp_path / "snapshot.json"
    path.write_bytes(snapshot_of(knowledge))
    return path


def test_help_names_the_verbs():
    done = run("--help")
    assert done.returncode == 0
    assert "serve" in done.stdout


def test_wrong_usage_ends_with_2():
    assert run("frobnicate").returncode == 2
    assert run("admin", "token", "--role", "emperor").returncode == 2


def test_validate_passes_a_sound_ontology(knowledge: Knowledge):
    done = run("validate", MINI)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"digest": knowledge.digest, "concepts": len(knowledge.concepts)}


def test_validate_ends_with_1_and_says_every_finding(tmp_path: Path):
    folder = tmp_path / "broken"
    shutil.copytree(MINI, folder)
    (folder / "bad.ttl").write_text("\noops")
    done = run("validate", folder)
    assert done.returncode == 1
    assert "bad.ttl, line 2" in done.stderr
    assert done.stdout == ""


def test_a_missing_folder_ends_with_2(tmp_path: Path):
    assert run("validate", tmp_path / "none").returncode == 2


def test_compile_writes_the_snapshot_that_the_service_publishes(knowledge: Knowledge, tmp_path: Path):
    done = run("compile", MINI, "--out", tmp_path / "out.json")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out.json").read_bytes() == snapshot_of(knowledge)


def test_a_served_release_can_be_pulled_and_exported(knowledge: Knowledge, tmp_path: Path):
    with process_serving(tmp_path / "data") as started:
        assert started.ready.endswith(f"release 1 {knowledge.digest}")
        pulled = run("pull", "--url", started.url, "--out", tmp_path / "pulled.json")
        assert pulled.returncode == 0, pulled.stderr
        assert json.loads(pulled.stdout)["digest"] == knowledge.digest
        wrong = run(
            "pull", "--url", started.url, "--release", "1", "--digest", "sha256:0", "--out", tmp_path / "no.json"
        )
        assert wrong.returncode == 3
        assert not (tmp_path / "no.json").exists()
    exported = run("export-snapshot", "--data", tmp_path / "data", "--out", tmp_path / "exported.json")
    assert exported.returncode == 0, exported.stderr
    for name in ("pulled.json", "exported.json"):
        assert digest_of((tmp_path / name).read_bytes()) == knowledge.digest


def test_a_service_that_is_not_there_ends_with_3(tmp_path: Path):
    done = run("pull", "--url", "http://127.0.0.1:1", "--release", "never", "--out", tmp_path / "x")
    assert done.returncode == 3
    assert "knowledge-unavailable" in done.stderr


def test_a_restarted_service_keeps_its_release_without_the_turtle(tmp_path: Path):
    with process_serving(tmp_path / "data") as started:
        before = httpx.get(f"{started.url}/v1/releases").json()
    with process_serving(tmp_path / "data", ontologies=tmp_path / "gone") as started:
        assert httpx.get(f"{started.url}/v1/releases").json() == before


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_a_service_that_is_told_to_stop_ends_in_order(tmp_path: Path, sign: signal.Signals):
    process = spawn("serve", "--port", "0", "--data", tmp_path / "data", "--ontologies", MINI)
    started = wait_until_ready(process)
    assert httpx.get(f"{started.url}/v1/health").status_code == 200
    process.send_signal(sign)
    assert process.wait(timeout=PATIENCE) in (0, -sign)
    process.communicate()


def test_no_data_and_no_turtle_ends_with_2_and_says_what_to_do(tmp_path: Path):
    done = run("serve", "--port", "0", "--data", tmp_path / "data", "--ontologies", tmp_path / "none")
    assert done.returncode == 2
    assert "--ontologies" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_that_is_taken_ends_with_2(tmp_path: Path):
    with process_serving(tmp_path / "data") as started:
        port = started.url.rpartition(":")[2]
        done = run("serve", "--port", port, "--data", tmp_path / "data")
        assert done.returncode == 2
        assert "is it taken?" in done.stderr


def test_the_service_opens_to_other_machines_only_once_somebody_has_a_token(tmp_path: Path):
    data = tmp_path / "data"
    refused = run("serve", "--host", "0.0.0.0", "--port", "0", "--data", data, "--ontologies", MINI)
    assert refused.returncode == 2
    assert "admin token" in refused.stderr
    token = run("admin", "token", "--data", data, "--role", "admin")
    assert token.returncode == 0
    assert len(token.stdout.split()) == 1
    process = spawn("serve", "--host", "0.0.0.0", "--port", "0", "--data", data, "--ontologies", MINI)
    try:
        assert wait_until_ready(process).ready.startswith("http://0.0.0.0:")
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE)


def test_resolve_lists_what_was_answered_and_what_was_not(snapshot: Path, tmp_path: Path):
    file = tmp_path / "labels.txt"
    file.write_text("nv\nMelanoma\n\nmelanomma\nMM\n")
    done = run("resolve", file, "--dataset", "ham10000", "--path", snapshot)
    assert done.returncode == 1
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert rows[1] == ["nv", "resolved", "crosswalk", "melanocytic-nevus", "nv", ""]
    assert rows[2][1:4] == ["resolved", "preferred", "melanoma"]
    assert rows[3][1] == "unknown"
    assert rows[3][5].startswith("melanoma (")
    assert rows[4][1:4] == ["ambiguous", "synonym", "melanoma multiple-myeloma"]
    assert "2 of 4 labels answered, 2 not" in done.stderr


def test_resolve_ends_with_0_when_everything_is_answered(snapshot: Path):
    done = run("resolve", "-", "--dataset", "midas", "--path", snapshot, stdin="6-benign-other\nmelanoma\n")
    assert done.returncode == 0
    assert "not-a-disease" in done.stdout


def test_score_reads_rows_and_writes_breakdowns(snapshot: Path, tmp_path: Path):
    file = tmp_path / "replies.jsonl"
    file.write_text(json.dumps({"reply": reply("melanoma"), "gold": "SSM"}) + "\n")
    done = run("score", file, "--path", snapshot)
    assert done.returncode == 0, done.stderr
    row = json.loads(done.stdout)
    assert (row["total"], row["granularity"], row["predicted"]) == (1.8125, 0.5625, "melanoma")
    file.write_text("{}\n")
    wrong = run("score", file, "--path", snapshot)
    assert wrong.returncode == 2
    assert "line 1" in wrong.stderr


def test_stats_counts_the_release(snapshot: Path, knowledge: Knowledge):
    found = json.loads(run("stats", "--path", snapshot).stdout)
    assert found["concepts"] == len(knowledge.concepts)
    assert found["deepest_level"] == 4
    assert found["crosswalk"] == {"derm7pt": 1, "ham10000": 1, "midas": 1}


def test_settings_come_from_the_environment_and_the_command_line_wins():
    environ = {"SKIN_R1_DATA": "/env", "SKIN_R1_DATABASE_URL": "postgres://u@h/n", "PATH": "/bin"}
    read = read_settings(environ, data=Path("/given"), ontologies=None)
    assert read == Settings(data=Path("/given"), database_url="postgres://u@h/n")
    assert read.url == "postgresql+psycopg://u@h/n"
    assert Settings(data=Path("/d")).url == "sqlite:////d/skin.db"


def test_every_setting_is_documented():
    assert {field for field, _ in SETTINGS.values()} == set(Settings.model_fields)
