"""Scores over the small knowledge, for the tests of metrics: from a reply, or from what a test says of the answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from eval.outcome import Outcome
from eval.prediction import Task
from eval.score import Score, score_predictions
from kg_service.core.concept import Condition
from kg_service.core.knowledge import Knowledge
from kg_service.core.reward import PAPER

from .rows import case, prediction, reply


def scored(knowledge: Knowledge, *rows: tuple[str, str]) -> list[Score]:
    """Scores of (reply, gold) rows, each of a case of its own."""
    cases = [case(number, gold) for number, (_, gold) in enumerate(rows)]
    return score_predictions([prediction(n, text) for n, (text, _) in enumerate(rows)], cases, knowledge, PAPER)


def sampled(knowledge: Knowledge, *cases: tuple[str, list[str]]) -> list[Score]:
    """Scores of cases asked several times: (gold, what each sample names, nothing where it is empty)."""
    found: list[Score] = []
    for number, (gold, named) in enumerate(cases):
        rows = scored(knowledge, *[(reply(name) if name else "", gold) for name in named])
        own = {"case_id": f"c{number}", "group": f"drawn/c{number}"}
        found += [replace(row, sample=sample, **own) for sample, row in enumerate(rows)]
    return found


def asked(task: Task, case: str, *, right: bool, **more: Any) -> Score:
    """A row of a task with options, as far as its metrics read it."""
    row = Score(
        case_id=case, group=f"drawn/{case}", model="m", sample=0,
        outcome=Outcome.EXACT if right else Outcome.FAR, gold="psoriasis", predicted="psoriasis",
        gold_level=2, predicted_level=2, meet_level=2, truth=Condition.NON_NEOPLASTIC,
        answered=Condition.NON_NEOPLASTIC, format=1.0, granularity=0.0, condition=0.0, grounding=0.0,
        total=1.0 + right, malformed=None, complete=True, task=task, right=right,
    )  # fmt: skip
    return replace(row, **more)
