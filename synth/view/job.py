"""The job: what a run directory holds -> view.html. Files that are missing are said to be missing."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from kg_service.core.case import Case
from kg_service.core.trajectory import Passage, Trajectory
from kg_service.job import read_jsonl, write_text

from ..generate import cases_path
from ..reading import Reader
from ..selftest import config_of, knowledge_of
from ..textbook.passages import path_of
from . import coverage, figures, page, rejected
from .article import Article, Maker
from .gathering import ACCEPTED, QUARANTINE, gather, pick

# Characters of all articles and their entries in the list; with the page around them the file stays under 15 MB.
BUDGET = 14_000_000
_ENTRY = 500


def make(run_dir: Path, out: Path, rows: int = 300) -> Path:
    """Write the page of a run.

    Args:
        run_dir: a run directory of `generate`.
        out: the HTML file.
        rows: at most so many trajectories are shown, balanced over kinds and diseases.

    Raises:
        ConfigInvalid: the folder is not a run.
        DigestMismatch: the knowledge source now gives another release.
        RecordInvalid: a record of the run is broken.
    """
    config = config_of(run_dir)
    knowledge = knowledge_of(run_dir, config)
    gathered = gather(run_dir, config.seed)
    chosen = pick(run_dir, gathered, max(rows, 0))
    refused, counted = rejected.gather(run_dir / "rejections.jsonl", config.seed)

    path = cases_path(config, run_dir)
    golds, cases = _cases(path, config.write.splits, {row.case_id for row, _ in chosen})
    wanted = {id_ for row, _ in chosen for id_ in row.aliases.values()} - knowledge.concepts.keys()
    books = _passages(run_dir, config.write.passages, wanted - knowledge.features.keys())
    reader = Reader(knowledge)
    maker = Maker(knowledge, reader, cases, books, path.parent, _verdicts(run_dir))
    templates = page.environment()
    shown = _within_budget(maker, templates, chosen)

    report = _json(run_dir / "report.json")
    beside = (ACCEPTED, "rejections.jsonl", "report.json")
    missing = [name for name in beside if not (run_dir / name).is_file()] + ([] if path.is_file() else [path.name])
    text = page.render(
        templates,
        run=run_dir.resolve().name,
        config=config,
        knowledge=knowledge,
        manifest=_json(run_dir / "manifest.json"),
        report=report,
        missing=missing,
        gathered=gathered,
        funnel=figures.funnel(_stages(report, gathered.files.get(QUARANTINE, 0))),
        words=figures.histogram(gathered.words),
        rejections=rejected.views(refused, counted, report.get("rejected_by_code", {}), reader),
        coverage=coverage.view(knowledge, gathered, golds),
        shown=shown,
    )
    write_text(out, text)
    return out


def _stages(report: Mapping[str, Any], quarantined: int) -> dict[str, int]:
    """Rows at each stage. What a second model put aside after the report was written counts too."""
    if not report.get("funnel"):
        return {}
    left = {"left": report["judged"]["left"]} if report.get("judged") else {}
    return {**report["funnel"], **left, "quarantined": quarantined}


def _within_budget(
    maker: Maker, templates: Environment, chosen: Sequence[tuple[Trajectory, str]]
) -> list[tuple[Article, Markup]]:
    """Articles with their HTML in the order drawn; the last are left out where the page would grow too large."""
    made: list[tuple[Article, Markup]] = []
    size = 0
    for place, (row, file) in enumerate(chosen, start=1):
        one = maker.make(f"t{place}", row, quarantined=file == QUARANTINE)
        markup = page.article(templates, one)
        size += len(markup.encode()) + _ENTRY
        if size > BUDGET:
            break
        made.append((one, markup))
    return made


def _cases(path: Path, splits: tuple[str, ...], wanted: set[str]) -> tuple[dict[str, int], dict[str, Case]]:
    """How many cases of the written splits each gold has, and the wanted cases. Both empty where the file is gone."""
    golds: dict[str, int] = defaultdict(int)
    kept: dict[str, Case] = {}
    if path.is_file():
        for case in read_jsonl(path, Case):
            if case.split in splits:
                golds[case.gold] += 1
            if case.id in wanted:
                kept[case.id] = case
    return dict(sorted(golds.items())), kept


def _passages(run_dir: Path, named: str, wanted: set[str]) -> dict[str, Passage]:
    path = path_of(named, run_dir)
    if not wanted or not path.is_file():
        return {}
    return {passage.id: passage for passage in read_jsonl(path, Passage) if passage.id in wanted}


def _verdicts(run_dir: Path) -> dict[str, list[dict[str, Any]]]:
    """Row id -> what the judges said of it (`judgements.jsonl`), empty where nobody judged."""
    path = run_dir / "judgements.jsonl"
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    if path.is_file():
        from ..judge import Judgement

        for verdict in read_jsonl(path, Judgement):
            found[verdict.row].append({"code": verdict.code, "passed": verdict.passed, "detail": verdict.detail})
    return found


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
