"""The `report` job: reads score runs, compares them, and writes what people and what machines read."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kg_service.core.case import Case
from kg_service.core.knowledge import Knowledge
from kg_service.job import read_jsonl, write_json, write_manifest, write_text

from .browser import browse
from .comparison import Comparison, compare, summary
from .page import page
from .part import View
from .parts import PARTS
from .reading import Run, read_run
from .settings import ReportConfig


def run(config: ReportConfig, run_dir: Path, knowledge: Knowledge | None = None) -> dict[str, Any]:
    """`report.html`, `summary.json`, `metrics.csv`, `paired.csv` and `tables/NAME.csv`. Returns the summary.

    Raises:
        ConfigInvalid: the runs do not compare (`reading.check_comparable`).
    """
    from kg_service.client import load

    release = knowledge or load(config.knowledge)
    runs = [read_run(folder) for folder in (*config.runs, *config.baselines)]
    cases = list(read_jsonl(config.cases, Case))
    comparison = compare(
        runs,
        cases,
        release,
        pairs=config.pairs,
        baselines=[run.name for run in runs[len(config.runs) :]],
        primary=config.primary,
        resamples=config.resamples,
        seed=config.seed,
        across_releases=config.across_releases,
    )
    view = View(
        comparison,
        release,
        cases,
        _labels(config, comparison),
        {name: _log(path) for name, path in config.curves.items() if path.is_file()},
        _overlap(config, runs),
    )
    content = {
        "release": runs[0].manifest["release"],
        "digest": runs[0].manifest["digest"],
        "spec_digest": runs[0].manifest["spec_digest"],
        "cases": split_counts(cases),
        **summary(comparison),
    }
    parts = [part for make in PARTS if (part := make(view))]
    for table in (table for part in parts for table in part.tables):
        write_text(run_dir / "tables" / f"{table.name}.csv", table.as_csv())
    write_json(run_dir / "summary.json", content)
    write_text(run_dir / "metrics.csv", _csv(_metric_rows(comparison)))
    write_text(run_dir / "paired.csv", _csv(_paired_rows(comparison)))
    cards = browse(view, config.cases.parent, config.browse)
    write_text(run_dir / "report.html", page(config.title, view, parts, cards))
    write_manifest(
        run_dir,
        job="eval report",
        config=config,
        release=content["release"],
        digest=content["digest"],
        spec_digest=content["spec_digest"],
        inputs=[config.cases],
    )
    return content


def split_counts(cases: Sequence[Case]) -> dict[str, int]:
    """How many cases each split has, by name."""
    found: dict[str, int] = {}
    for case in sorted(cases, key=lambda case: case.split):
        found[case.split] = found.get(case.split, 0) + 1
    return found


def _labels(config: ReportConfig, comparison: Comparison) -> dict[str, str]:
    """What people read; a probe is called so, for its classifier has seen labels that the model has not."""
    return {
        name: config.labels.get(name, name.replace("_", " ")) + (" (encoder probe)" if name in config.probes else "")
        for name in comparison.runs
    }


def _overlap(config: ReportConfig, runs: Sequence[Run]) -> Mapping[str, Any] | None:
    if config.overlap:
        return json.loads(config.overlap.read_text(encoding="utf-8"))
    return next((run.overlap for run in runs if run.overlap), None)


def _log(path: Path) -> list[dict[str, float]]:
    """The numbers of a training log; other values and torn last lines are left out."""
    found: list[dict[str, float]] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            continue
        found.append({key: float(value) for key, value in row.items() if isinstance(value, int | float)})
    return found


def _metric_rows(comparison: Comparison) -> list[list[Any]]:
    rows: list[list[Any]] = [["run", "metric", "value", "low", "high", "groups"]]
    for name, metrics in comparison.metrics.items():
        rows += [[name, metric, i.value, i.low, i.high, i.groups] for metric, i in metrics.items()]
    return rows


def _paired_rows(comparison: Comparison) -> list[list[Any]]:
    rows: list[list[Any]] = [["a", "b", "metric", "difference", "low", "high", "detectable", "verdict"]]
    for pair in comparison.pairs:
        rows += [
            [pair.a, pair.b, m, d.value, d.low, d.high, d.detectable, d.verdict] for m, d in pair.differences.items()
        ]
    return rows


def _csv(rows: Sequence[Sequence[Any]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue()
