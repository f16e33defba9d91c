"""The plots: what was logged is drawn, whatever is missing, and the page needs nothing else."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from kg_service.core.errors import ConfigInvalid
from training.plot import run
from training.plot.history import Run


def grpo_rows(count: int = 30) -> list[dict[str, Any]]:
    rows = []
    for step in range(1, count + 1):
        done = step / count
        row: dict[str, Any] = {"step": step, "loss": 0.1, "reward": 1 + done / 2, "reward/format": 1.0}
        row |= {"reward/granularity": done / 2, "reward/condition": 0.2, "reward/grounding": 0.0, "kl": 0.01 * done}
        row |= {"exact": done, "malformed": 0.1, "malformed/missing-tag": 0.06, "malformed/too-long": 0.04}
        row |= {"level": 2 + done, "level/1": 0.0, "level/2": 0.9 - 0.8 * done, "level/3": 0.8 * done}
        row |= {"step_seconds": 2.0, "reward_share": 0.001, "signal/forgetting": float(step in (20, 21))}
        if step % 10 == 0:
            row |= {"watch/probe_reward": 1.2, "watch/blank_reward": 0.9}
        rows.append(row)
    return rows


def sft_rows() -> list[dict[str, Any]]:
    return [{"step": step, "loss": 3 / step, "mean_token_accuracy": 1 - 1 / step, "learning_rate": 1e-3}
            for step in range(1, 9)]  # fmt: skip


def logged(folder: Path, rows: list[dict[str, Any]], rest: str = "") -> Path:
    folder.mkdir(parents=True)
    (folder / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows) + rest)
    return folder


def drawn(folder: Path) -> set[str]:
    return {path.stem for path in folder.glob("*.svg")}


def test_a_grpo_run_gets_every_figure_it_has_numbers_for_in_one_page_that_needs_nothing_else(tmp_path, capsys):
    folder = logged(tmp_path / "run", grpo_rows())
    alarm = {"signal": "forgetting", "step": 20, "why": "KL <b>", "stopped": True}
    (folder / "watch.json").write_text(json.dumps({"alarms": [alarm]}))
    assert run([folder], None) == 0
    page = folder / "plots" / "plots.html"
    assert capsys.readouterr().out.strip() == str(page)
    assert drawn(page.parent) == {"reward", "answers", "levels", "malformed", "policy", "probes", "speed"}
    text = page.read_text()
    assert not re.search(r'(src|href)="(?!data:)', text)
    assert "KL &lt;b&gt;" in text
    assert "ended the training" in text
    reward = (page.parent / "reward.svg").read_text()
    assert "total: 1.03 → 1.48" in reward
    assert "forgetting" in reward
    assert "grounding" not in reward  # a term that is never paid


def test_an_sft_run_gets_its_loss_and_no_rewards(tmp_path):
    assert run([logged(tmp_path / "run", sft_rows())], tmp_path / "out") == 0
    assert drawn(tmp_path / "out") == {"learning"}
    assert "token accuracy" in (tmp_path / "out" / "learning.svg").read_text()


def test_runs_are_overlaid_under_names_that_tell_them_apart(tmp_path):
    folders = [logged(tmp_path / name / "grpo", grpo_rows()) for name in ("one", "two")]
    run(folders, tmp_path / "out")
    for figure in ("reward", "levels"):
        svg = (tmp_path / "out" / f"{figure}.svg").read_text()
        assert "one/grpo" in svg
        assert "two/grpo" in svg


def test_numbers_that_are_missing_or_no_numbers_and_a_half_written_line_leave_gaps(tmp_path):
    rows = grpo_rows()
    rows[3]["kl"] = float("nan")
    rows[4]["level/2"] = None
    del rows[5]["reward"]
    rows.append({"step": 30, "train_runtime": 5.0})
    assert run([logged(tmp_path / "run", rows, '{"step": 31, "lo')], None) == 0
    assert "reward" in drawn(tmp_path / "run" / "plots")


def test_the_same_run_is_drawn_in_the_same_bytes(tmp_path):
    folder = logged(tmp_path / "run", sft_rows())
    run([folder], tmp_path / "a")
    run([folder], tmp_path / "b")
    for path in sorted((tmp_path / "a").iterdir()):
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


@pytest.mark.parametrize(
    ("text", "message"),
    [(None, "does not exist"), ("", "no row of training"), ("[1]\n", "line 1"), ("nonsense\n", "line 1"),
     ('{"step": 1, "loss": null}\n', "can be drawn")],
)  # fmt: skip
def test_metrics_that_cannot_be_drawn_are_told_in_a_sentence(tmp_path, text, message):
    if text is not None:
        (tmp_path / "metrics.jsonl").write_text(text)
    with pytest.raises(ConfigInvalid, match=message):
        run([tmp_path], None)


def test_a_mark_stands_where_a_signal_began_and_not_while_it_lasts():
    assert Run("a", tuple(grpo_rows())).fired() == [(20, "forgetting")]
