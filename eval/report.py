"""The report: one HTML file that holds everything, and the same numbers as JSON and CSV beside it."""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from kg_service.client import KnowledgeSource
from kg_service.core.answer import Answer, parse
from kg_service.core.case import Case
from kg_service.core.concept import Condition
from kg_service.core.knowledge import Knowledge
from kg_service.job import read_jsonl, write_json, write_manifest, write_text

from .comparison import Comparison, Run, caveats, compare, read_run, summary, verdicts
from .score import Outcome, Score

THUMB = 168
# The columns of the first table: metric, heading, whether more is better.
HEADLINE = (
    ("reward", "mean reward"),
    ("format_rate", "well formed"),
    ("exact", "exact"),
    ("h_f1", "hierarchical F"),
    ("balanced_accuracy", "balanced accuracy"),
    ("malignancy_sensitivity", "malignant: sensitivity"),
    ("malignancy_specificity", "specificity"),
    ("severity", "severity of mistakes"),
)
FOREST = {
    "reward": "mean reward",
    "h_f1": "hierarchical F",
    "exact": "exact answers",
    "malignancy_sensitivity": "malignant: sensitivity",
}


class ReportConfig(BaseModel):
    """`python -m eval report`.

    `runs` and `baselines` are score run directories; `pairs` are (a, b) for "a minus b"; `curves` maps a name to a
    `metrics.jsonl`; `labels` maps run names to what people read. `browse` is how many cases the report shows.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str = "Evaluation"
    cases: Path
    runs: tuple[Path, ...] = Field(min_length=1)
    baselines: tuple[Path, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()
    labels: dict[str, str] = {}
    curves: dict[str, Path] = {}
    primary: str = "reward"
    browse: int = Field(default=36, ge=0)
    resamples: int = 2000
    seed: int = 0
    across_releases: bool = False
    knowledge: KnowledgeSource


def run(config: ReportConfig, run_dir: Path, knowledge: Knowledge | None = None) -> dict[str, Any]:
    """The `report` job: `report.html`, `summary.json`, `metrics.csv`, `paired.csv`. Returns the summary.

    Raises:
        ConfigInvalid: the runs do not compare (`comparison.check_comparable`).
    """
    from kg_service.client import load

    release = knowledge or load(config.knowledge)
    runs = [read_run(folder) for folder in (*config.runs, *config.baselines)]
    comparison = compare(
        runs,
        release,
        pairs=config.pairs,
        baselines=[run.name for run in runs[len(config.runs) :]],
        primary=config.primary,
        resamples=config.resamples,
        seed=config.seed,
        across_releases=config.across_releases,
    )
    cases = list(read_jsonl(config.cases, Case))
    logs = {name: _log(path) for name, path in config.curves.items() if path.is_file()}
    content = {
        "release": runs[0].manifest["release"],
        "digest": runs[0].manifest["digest"],
        "spec_digest": runs[0].manifest["spec_digest"],
        "cases": split_counts(cases),
        **summary(comparison),
    }
    write_json(run_dir / "summary.json", content)
    write_text(run_dir / "metrics.csv", _csv(_metric_rows(comparison)))
    write_text(run_dir / "paired.csv", _csv(_paired_rows(comparison)))
    write_text(run_dir / "report.html", render(config, comparison, release, cases, logs))
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


def render(
    config: ReportConfig,
    comparison: Comparison,
    knowledge: Knowledge,
    cases: Sequence[Case],
    logs: Mapping[str, Sequence[Mapping[str, float]]],
) -> str:
    """The HTML page. It asks the network for nothing."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    from . import figures

    labels = {name: config.labels.get(name, name.replace("_", " ")) for name in comparison.runs}
    order = {c: tuple(knowledge.label(one) for one in knowledge.lineage(c)) for c in knowledge.concepts}
    names = {c: knowledge.label(c) for c in knowledge.concepts}
    drawings = {
        "outcomes": figures.outcomes(comparison, labels),
        "levels": figures.levels(comparison, labels),
        "malignancy": figures.malignancy(comparison, labels),
        "forest": figures.forest(comparison, labels, FOREST) if comparison.pairs else "",
        "curves": figures.curves(logs, labels) if logs else "",
    }
    answering = [n for n in comparison.runs if any(score.predicted for score in comparison.runs[n].scores)]
    confusions = {n: figures.confusion(n, comparison.runs[n].scores, order, names) for n in answering}
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template("report.html.j2").render(
        title=config.title,
        comparison=comparison,
        labels=labels,
        headline=HEADLINE,
        forest=FOREST,
        drawings=drawings,
        confusions=confusions,
        verdicts=verdicts(comparison, labels),
        caveats=caveats(comparison, labels),
        outcomes=list(Outcome),
        colours=figures.OUTCOME_COLOURS,
        counts={n: _outcome_counts(run) for n, run in comparison.runs.items()},
        codes=_malformed_codes(comparison),
        condition_table={n: _condition_counts(run.scores) for n, run in comparison.runs.items()},
        levels=sorted({k for m in comparison.metrics.values() for k in m if k.startswith("right_to_level_")}),
        browse=browse(comparison, knowledge, cases, config.cases.parent, config.browse),
        splits=split_counts(cases),
        sources=sorted({(case.source, case.licence) for case in cases}),
        first=next(iter(comparison.runs.values())),
    )


def browse(
    comparison: Comparison, knowledge: Knowledge, cases: Sequence[Case], folder: Path, count: int
) -> list[dict[str, Any]]:
    """The cases to look at, worst first: by what the last model earned, a missed malignant lesion before all."""
    if not count:
        return []
    by_id = {case.id: case for case in cases}
    rows: dict[str, dict[str, Score]] = {}
    for name, run_ in comparison.runs.items():
        for score in run_.scores:
            if score.sample == 0:
                rows.setdefault(score.case_id, {})[name] = score
    last = comparison.models[-1]

    def badness(case_id: str) -> tuple[bool, float, str]:
        score = rows[case_id][last]
        missed = score.truth is Condition.MALIGNANT and score.answered is not Condition.MALIGNANT
        return (not missed, score.total, case_id)

    chosen = sorted(rows, key=badness)
    # Half from the worst end; the rest spread evenly over what is left, or one would only ever see failures.
    worst, rest = chosen[: count // 2], chosen[count // 2 :]
    step = max(1, len(rest) // max(1, count - len(worst)))
    found: list[dict[str, Any]] = []
    for case_id in [*worst, *rest[::step]][:count]:
        case = by_id[case_id]
        score = rows[case_id][last]
        found.append(
            {
                "id": case_id,
                "image": _thumbnail(folder / case.image),
                "lineage": " › ".join(knowledge.label(c) for c in knowledge.lineage(score.gold)),
                "gold": knowledge.label(score.gold),
                "truth": score.truth.value if score.truth else "mixed",
                "outcome": score.outcome.value,
                "answers": [
                    _answer(name, rows[case_id][name], comparison.runs[name].replies[case_id, 0], knowledge)
                    for name in comparison.models
                ],
            }
        )
    return found


def _answer(name: str, score: Score, reply: str, knowledge: Knowledge) -> dict[str, Any]:
    parsed = parse(reply)
    said = parsed.diagnosis if isinstance(parsed, Answer) else (score.malformed or "")
    meets = knowledge.meet(score.gold, score.predicted) if score.predicted else ()
    return {
        "model": name,
        "said": said,
        "condition": score.answered.value if score.answered else "",
        "outcome": score.outcome.value,
        "meet": ", ".join(knowledge.label(c) for c in meets) if score.outcome is Outcome.WRONG_BRANCH else "",
        "total": score.total,
        "reply": reply if len(reply) <= 1500 else reply[:1500] + " …",
    }


def _thumbnail(path: Path) -> str:
    """A PNG of at most THUMB pixels a side as base64, empty where the image has gone."""
    from PIL import Image

    try:
        with Image.open(path) as image:
            small = image.convert("RGB")
            small.thumbnail((THUMB, THUMB))
    except (OSError, ValueError):
        return ""
    buffer = io.BytesIO()
    small.quantize(128).save(buffer, format="PNG", optimize=True)
    return base64.b64encode(buffer.getvalue()).decode()


def _outcome_counts(run_: Run) -> dict[str, int]:
    return {outcome.value: sum(s.outcome is outcome for s in run_.scores) for outcome in Outcome}


def _malformed_codes(comparison: Comparison) -> dict[str, dict[str, int]]:
    codes = sorted({s.malformed for run_ in comparison.runs.values() for s in run_.scores if s.malformed})
    return {
        code: {name: sum(s.malformed == code for s in run_.scores) for name, run_ in comparison.runs.items()}
        for code in codes
    }


def _condition_counts(scores: Sequence[Score]) -> dict[str, int]:
    malignant = [s for s in scores if s.truth is Condition.MALIGNANT]
    other = [s for s in scores if s.truth not in (None, Condition.MALIGNANT)]
    return {
        "malignant": len(malignant),
        "found": sum(s.answered is Condition.MALIGNANT for s in malignant),
        "other": len(other),
        "cleared": sum(s.answered not in (None, Condition.MALIGNANT) for s in other),
        "unscored": sum(s.truth is None for s in scores),
    }


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
