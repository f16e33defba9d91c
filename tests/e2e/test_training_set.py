"""The README's section on making a training set, typed as it stands there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ..live import ROOT
from ..patience import free_port

SHARED = ROOT.parent / "shared"


def session(port: int) -> str:
    """The shell lines of the section, with a free port; without the textbook where there is none."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    section = text.split("## Make a training set", 1)[1].split("\n## ", 1)[0]
    lines = [line[4:] for line in section.split("\n") if line.startswith("    ")]
    if not (SHARED / "data" / "stelwagon").is_dir():
        assert not (os.environ.get("CI") and SHARED.is_dir()), "the shared data lacks its textbook"
        lines = [line for line in lines if "runs/book" not in line]
    script = "\n".join(lines).replace(".venv/bin/python", sys.executable).replace("8009", str(port))
    return f"trap 'kill $(jobs -p)' EXIT\n{script}\n"


@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
def test_a_training_set_is_made_as_the_readme_says(tmp_path: Path):
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    for room in ("synth", "kg_service", "ontologies"):
        (checkout / room).symlink_to(ROOT / room)
    (tmp_path / "shared").symlink_to(SHARED)
    port = free_port()
    done = subprocess.run(["bash", "-ec", session(port)], cwd=checkout, capture_output=True, text=True, timeout=1500)
    assert done.returncode == 0, done.stderr[-3000:]
    said = [json.loads(line) for line in done.stdout.split("\n") if line.startswith("{")]
    written, tested, told = said[2], said[3], said[5]
    assert written["funnel"]["accepted"] == written["funnel"]["wanted"] == told["funnel"]["accepted"]
    assert (tested["passed"], tested["wrongly_rejected"]) == (True, 0)
    assert set(told["rejected_by_code"]) >= {"FMT_TRUNC", "LBL_GOLD"}
    runs = checkout / "runs"
    assert (runs / "set" / "view.html").is_file()
    assert (runs / "echo" / "judgements.jsonl").read_text().count("\n") > 0
    if "runs/book" in session(port):
        assert said[-1]["proposals"] > 20
