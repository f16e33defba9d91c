"""What was measured on what: data, licences, overlap with training, fingerprints, prompts, versions."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ...prediction import Sampling, Task
from ...tables import Cell, Table
from ..part import Facts, Fold, Item, Part, View
from ..reading import Run

_FINGERPRINT = (
    "A fingerprint covers weights, adapter, processor files and the versions of transformers and torch (for a "
    "baseline: its rule and its training cases). Research use only; nothing here is medical advice."
)
NOT_COMPUTED = (
    "not computed, because no score run names the splits its model was trained on (train_splits of `python -m eval "
    "score`)"
)


def part(view: View) -> Part | None:
    first = next(iter(view.comparison.runs.values()))
    manifest = first.manifest
    asked = Counter(score.task.value for score in first.scores)
    rows = [
        ("release", " · ".join(filter(None, (manifest["release"], manifest["digest"])))),
        ("reward", f"{manifest['spec']} · {manifest['spec_digest']}"),
        ("questions", ", ".join(f"{task} {asked[task]}" for task in Task if asked[task])),
        *(("prompt", prompt) for prompt in _prompts(view)),
        *(("sampling", text) for text in _samplings(view)),
        ("overlap with training", _overlap(view)),
        ("commit", manifest["commit"]),
        ("versions", ", ".join(f"{package} {version}" for package, version in manifest["versions"].items())),
    ]
    items: list[Item] = [_datasets(view, first), Facts(tuple(rows))]
    if view.overlap and view.overlap["table"]:
        items.append(_ties(view.overlap["table"]))
    fingerprints = tuple((view.labels[name], run.manifest["fingerprint"]) for name, run in view.comparison.runs.items())
    items.append(Table("fingerprints", "Fingerprints", ("model", "fingerprint"), fingerprints, _FINGERPRINT))
    items.append(Fold("Cases by gold and split", (_golds(view),)))
    return Part("data", "Data and fingerprints", "Data and fingerprints", tuple(items))


def _datasets(view: View, first: Run) -> Table:
    """Every dataset: its licence, its cases by split, and how many are asked about."""
    splits = sorted({case.split for case in view.cases})
    counted = Counter((case.source, case.licence, case.split) for case in view.cases)
    scored = {score.case_id for score in first.scores}
    asked = Counter((case.source, case.licence) for case in view.cases if case.id in scored)
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (source, licence, *(counted[source, licence, split] for split in splits), asked[source, licence])
        for source, licence in sorted({(case.source, case.licence) for case in view.cases})
    )
    return Table("datasets", "Datasets", ("dataset", "licence", *(f"{s} cases" for s in splits), "asked about"), rows)


def _golds(view: View) -> Table:
    splits = sorted({case.split for case in view.cases})
    counted = Counter((view.knowledge.gold(case.gold), case.split) for case in view.cases)
    golds = sorted({gold for gold, _ in counted}, key=view.order)
    rows = tuple((view.concept(gold), *(counted[gold, split] for split in splits)) for gold in golds)
    return Table("cases", "Cases by gold and split, in the order of the hierarchy", ("gold", *splits), rows)


def _overlap(view: View) -> str:
    found = view.overlap
    if found is None:
        return NOT_COMPUTED
    if not found["tied"]:
        return f"none found between {found['train']} training and {found['test']} evaluation cases"
    return (
        f"{found['tied']} of {found['test']} evaluation cases share something with the {found['train']} training cases"
    )


def _ties(table: list[dict[str, Any]]) -> Table:
    kinds = sorted({key for row in table for key in row} - {"train_source", "test_source", "cases"})
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (row["train_source"], row["test_source"], row["cases"], *(row.get(kind, 0) for kind in kinds)) for row in table
    )
    columns = ("training data", "evaluation data", "cases tied", *(f"same {kind}" for kind in kinds))
    return Table("overlap", "Evaluation cases that share something with training", columns, rows)


def _prompts(view: View) -> list[str]:
    """The wording of the open question, or else of the first question of all; once for each wording in use."""
    found: list[str] = []
    for run in view.comparison.runs.values():
        rows = sorted(run.predictions.values(), key=lambda row: row.task is not Task.DIAGNOSIS)
        found += [rows[0].prompt] if rows else []
    return list(dict.fromkeys(found))


def _samplings(view: View) -> list[str]:
    models = [run for name, run in view.comparison.runs.items() if name in view.comparison.models]
    every = {row.sampling for run in models for row in run.predictions.values()}
    return sorted(map(_sampling, every))


def _sampling(one: Sampling) -> str:
    if one.temperature == 0:
        return f"greedy, at most {one.max_new_tokens} tokens"
    return f"temperature {one.temperature}, top-p {one.top_p}, seed {one.seed}, at most {one.max_new_tokens} tokens"
