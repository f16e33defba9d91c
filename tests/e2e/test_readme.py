"""The editing session of the README, typed as it stands there, against the shipped knowledge."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ..live import ROOT, process_serving


def session() -> str:
    """The shell lines of the README's section on editing."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    section = text.split("## Edit the knowledge", 1)[1].split("\n## ", 1)[0]
    return "\n".join(line[4:] for line in section.split("\n") if line.startswith("    "))


def answers(printed: str) -> list[dict]:
    return [json.loads(line) for line in printed.split("\n") if line.startswith("{")]


@pytest.mark.skipif(not (shutil.which("bash") and shutil.which("curl")), reason="needs bash and curl")
def test_the_editing_session_goes_as_the_readme_says(tmp_path: Path):
    with process_serving(tmp_path / "data", ontologies=ROOT / "ontologies") as started:
        script = session().replace(".venv/bin/python", sys.executable)
        script = script.replace("--data data", f"--data {tmp_path / 'data'}")
        script = re.sub(r"http://127\.0\.0\.1:8000", started.url, script)
        done = subprocess.run(
            ["bash", "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=1000, check=True
        )
    proposed, impact, lineage, accepted, stale, one, two, first, cycle, back, undone, released, diff = answers(
        done.stdout
    )
    assert (proposed["state"], accepted["state"], accepted["review"]["reviewer"]) == ("in-review", "accepted", "bob")
    assert {row["concept"] for row in impact["levels"]} >= {"rosacea", "rhinophyma"}
    assert [item["id"] for item in lineage["items"]] == ["inflammatory-skin-disease", "rosacea"]
    assert (stale["status"], stale["code"]) == (412, "stale")
    assert (one["state"], two["state"], first["state"]) == ("in-review", "in-review", "accepted")
    assert cycle["code"] == "cycle-found"
    assert "poroma > syringoma > poroma" in cycle["detail"]
    assert (back["reverts"], undone["state"]) == (first["change"], "accepted")
    assert (released["id"], released["signed_by"]) == ("2026-12", "bob")
    assert diff["changes"] == ["move rosacea under inflammatory-skin-disease"]
    assert diff["pairs"] > 0
