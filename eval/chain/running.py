"""Run a chain, or what is left of it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kg_service.client import KnowledgeSource, load
from kg_service.job import write_json

from ..alone import alone
from ..service import Served, serving
from ..stages import Pool, StageFailed, say
from .evaluating import evaluate
from .planning import plan
from .settings import ChainConfig


def run_chain(config: ChainConfig, folder: Path, *, seed: int, dry_run: bool = False) -> int:
    """Run a chain, or what is left of it. Returns the exit code.

    Raises:
        ConfigInvalid, KnowledgeUnavailable: before anything has been computed.
    """
    if dry_run:
        for stage in plan(config, folder, seed, Served("http://127.0.0.1:PORT", "RELEASE", "DIGEST")):
            print("python -m", *stage.command, *stage.volatile)
        return 0
    started = time.monotonic()
    plan(config, folder, seed, Served("", "", ""))  # configuration errors before the service is started
    with alone(folder / "chain" / "lock"), serving(folder) as served:
        say(f"── service: {served.url}, release {served.release} {served.digest[:19]}…")
        write_json(folder / "chain" / "service.json", {"release": served.release, "digest": served.digest})
        pool = Pool(folder, workers=config.workers)
        try:
            pool.run(plan(config, folder, seed, served))
        except StageFailed as error:
            say(f"\n{error}\n\nMend the cause and start the same command again; finished stages are not repeated.")
            return error.code if error.code in (2, 3) else 1
        say("── evaluation")
        before = time.monotonic()
        knowledge = load(KnowledgeSource(url=served.url, release=served.release, digest=served.digest))
        content = evaluate(config, folder, knowledge, KnowledgeSource(url=served.url, digest=served.digest), seed=seed)
        seconds = {**pool.seconds, "evaluate": round(time.monotonic() - before, 2)}
        content["seconds"] = {**seconds, "this_start": round(time.monotonic() - started, 2)}
        write_json(folder / "summary.json", content)
    say(table(content))
    say(f"\nreport: {folder / 'report.html'}   all stages: {sum(seconds.values()):.0f} s of work")
    print(folder / "summary.json")
    return 0


_COLUMNS = {
    "reward": "reward",
    "format_rate": "format",
    "exact": "exact",
    "h_f1": "hF",
    "balanced_accuracy": "bal.acc",
    "malignancy_sensitivity": "mal.sens",
    "malignancy_specificity": "mal.spec",
    "severity": "severity",
}


def table(content: Mapping[str, Any]) -> str:
    """The last words of a chain: the models' metrics and the paired differences, for a terminal."""
    rows = {**content["models"], **content.get("baselines", {})}
    width = max(len(name) for name in (*rows, *content["paired"])) + 2
    lines = ["", " " * width + "".join(f"{heading:>10}" for heading in _COLUMNS.values())]
    for name, row in rows.items():
        shown = ("–" if row[metric] is None else f"{row[metric]:.3f}" for metric in _COLUMNS)
        lines.append(f"{name:<{width}}" + "".join(f"{text:>10}" for text in shown))
    lines.append("")
    for name, pair in content["paired"].items():
        low, high = pair["ci"]
        shown = tuple("–" if one is None else f"{one:+.3f}" for one in (pair["diff"], low, high))
        lines.append(f"{name:<{width}}{pair['metric']} {shown[0]}  [{shown[1]}, {shown[2]}]  {pair['verdict']}")
    return "\n".join(lines)
