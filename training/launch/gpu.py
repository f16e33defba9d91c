"""What the GPU script reached, in two files: `gpu.json` and `gpu.md`. Standard library only, and safe at any moment.

    python training/launch/gpu.py RUN OUT

Reads the run directories of a chain: each stage's `metrics.jsonl` and `chain/STAGE.json`, the chain's `summary.json`.
What is not there yet is left out.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

STAGES = ("base", "sft", "sft_grpo", "grpo_only")
RATES = ("step_seconds", "samples_per_second", "tokens_per_second", "reward_share")
LEARNED = ("loss", "mean_token_accuracy", "reward", "reward/format", "reward/granularity", "reward/condition", "exact",
           "malformed", "level", "kl", "watch/probe_reward", "watch/blank_reward")  # fmt: skip
MEASURED = ("reward", "format_rate", "exact", "h_f1", "balanced_accuracy", "malignancy_sensitivity",
            "malignancy_specificity", "severity")  # fmt: skip
WARM_UP = 2  # logged rows left out of the rates: kernels are chosen and memory is taken then


def main(run: Path, out: Path) -> int:
    found = collect(run)
    out.mkdir(parents=True, exist_ok=True)
    for name, text in (("gpu.json", json.dumps(found, indent=2) + "\n"), ("gpu.md", page(found))):
        draft = out / f".{name}"
        draft.write_text(text, encoding="utf-8")
        draft.replace(out / name)
    for stage in ("sft", "sft_grpo", "grpo_only"):
        if (run / stage / "metrics.jsonl").is_file():
            shutil.copyfile(run / stage / "metrics.jsonl", out / f"{stage}.jsonl")
    print(page(found))
    return 0


def collect(run: Path) -> dict[str, Any]:
    """Everything that is there: device, seconds, rates and what was learned by stage, metrics and differences."""
    summary = _read(run / "summary.json")
    stages = {}
    for stage in STAGES:
        rows = [row for row in _rows(run / stage / "metrics.jsonl") if "loss" in row]
        if rows:
            late = rows[WARM_UP:] or rows
            stages[stage] = {
                "steps": rows[-1]["step"],
                "finished": (run / stage / "manifest.json").is_file(),
                **{name: fmean(seen) for name in RATES if (seen := _seen(late, name))},
                **{name: max(seen) for name in ("peak_memory_gb",) if (seen := _seen(rows, name))},
                "first": {name: seen[0] for name in LEARNED if (seen := _seen(rows, name))},
                "last": {name: seen[-1] for name in LEARNED if (seen := _seen(rows, name))},
            }
    seconds = {path.stem: _read(path).get("seconds") for path in sorted((run / "chain").glob("*.json"))}
    return {
        "device": _device(),
        "seconds": {name: value for name, value in seconds.items() if value is not None},
        "stages": stages,
        "models": summary.get("models", {}) | summary.get("baselines", {}),
        "paired": summary.get("paired", {}),
        "complete": bool(summary),
    }


def page(found: Mapping[str, Any]) -> str:
    """The same for people, as Markdown."""
    stages, models = found["stages"], found["models"]
    parts = [f"# One GPU: {found['device']}\n"]
    if not found["complete"]:
        parts.append("The chain did not reach its evaluation; this is what it reached.\n")
    speed = [(name, row["steps"], *(_shown(row.get(key)) for key in (*RATES, "peak_memory_gb")),
              _shown(found["seconds"].get(name))) for name, row in stages.items()]  # fmt: skip
    parts += ["## Speed\n", _table(("stage", "steps", *RATES, "peak_memory_gb", "seconds in all"), speed)]
    learned = [(name, key, _shown(row["first"][key]), _shown(row["last"][key]))
               for name, row in stages.items() for key in row["last"]]  # fmt: skip
    parts += ["\n## While training (rows of the training set)\n", _table(("stage", "column", "first", "last"), learned)]
    if models:
        shown = [(name, *(_interval(row, key) for key in MEASURED)) for name, row in models.items()]
        parts += ["\n## On unseen images, with 95 % intervals\n", _table(("model", *MEASURED), shown)]
    if found["paired"]:
        rows = [(name, pair.get("metric"), _shown(pair.get("diff")), _range(pair.get("ci")), pair.get("verdict"))
                for name, pair in found["paired"].items()]  # fmt: skip
        parts += ["\n## Paired differences\n", _table(("pair", "metric", "difference", "95 %", "verdict"), rows)]
    return "\n".join(parts) + "\n"


def _device() -> str:
    query = ["nvidia-smi", "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"]
    try:
        return subprocess.run(query, capture_output=True, text=True, timeout=20, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return "no GPU"


def _rows(path: Path) -> list[dict[str, Any]]:
    """The whole lines of a file that may be written to at this moment."""
    if not path.is_file():
        return []
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith("\n")]


def _read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _seen(rows: Iterable[Mapping[str, Any]], name: str) -> list[float]:
    return [row[name] for row in rows if isinstance(row.get(name), (int, float))]


def _interval(row: Mapping[str, Any], key: str) -> str:
    return f"{_shown(row.get(key))} {_range(row.get(f'{key}_ci'))}".strip()


def _range(ends: Sequence[float | None] | None) -> str:
    return "" if not ends or None in ends else f"[{ends[0]:.3f}, {ends[1]:.3f}]"


def _shown(value: Any) -> str:
    return "" if value is None else f"{value:.4g}" if isinstance(value, (int, float)) else str(value)


def _table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in (head, ["---"] * len(head), *rows))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
