"""The cases to look at, worst first."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kg_service.core.answer import Answer, parse

from ..outcome import Outcome
from ..prediction import place_of
from ..rendering import thumbnail
from ..score import Score
from .part import View
from .parts.malignancy import missed

_LONGEST = 1500


@dataclass(frozen=True, slots=True)
class Said:
    """What one model said of a case. `meet` is what a wrong answer shares with the gold."""

    model: str
    text: str
    condition: str
    outcome: str
    meet: str
    total: float
    reply: str


@dataclass(frozen=True, slots=True)
class Card:
    """One case. `image` is a small PNG as base64, empty where the image has gone; `kinds` are what it is found by."""

    id: str
    image: str
    gold: str
    lineage: str
    truth: str
    outcome: str
    kinds: tuple[str, ...]
    answers: tuple[Said, ...]


def browse(view: View, folder: Path, count: int) -> list[Card]:
    """By what the last model earned, a missed malignant lesion before all; the first sample of each case.

    Args:
        folder: the folder of the `cases.jsonl`, which image paths start from.
    """
    rows: dict[str, dict[str, Score]] = {}
    for name in view.comparison.models:
        for score in view.comparison.runs[name].opened:
            if score.sample == 0:
                rows.setdefault(score.case_id, {})[name] = score
    own = {case_id: row[view.last] for case_id, row in rows.items()}
    order = sorted(own, key=lambda case_id: (not missed(own[case_id]), own[case_id].total, case_id))
    # Half from the worst end; the rest spread evenly over what is left, or one would only ever see failures.
    worst, rest = order[: (count + 1) // 2], order[(count + 1) // 2 :]
    spread = rest[:: max(1, -(-len(rest) // max(1, count - len(worst))))]
    images = {case.id: folder / case.image for case in view.cases}
    return [_card(rows[case_id], own[case_id], images[case_id], view) for case_id in [*worst, *spread][:count]]


def _card(row: dict[str, Score], own: Score, image: Path, view: View) -> Card:
    return Card(
        id=own.case_id,
        image=thumbnail(image),
        gold=view.concept(own.gold),
        lineage=" › ".join(view.order(own.gold)),
        truth=own.truth.value if own.truth else "mixed",
        outcome=own.outcome.value,
        kinds=(own.outcome.value, *(("missed",) if missed(own) else ())),
        answers=tuple(_said(name, score, view) for name, score in row.items()),
    )


def _said(name: str, score: Score, view: View) -> Said:
    row = view.comparison.runs[name].predictions[place_of(score)]
    parsed = parse(row.reply, dialect=row.dialect)
    meets = view.knowledge.meet(score.gold, score.predicted) if score.predicted else ()
    return Said(
        model=view.labels[name],
        text=parsed.diagnosis if isinstance(parsed, Answer) else (score.malformed or ""),
        condition=score.answered.value if score.answered else "",
        outcome=score.outcome.value,
        meet=", ".join(map(view.concept, meets)) if score.outcome is Outcome.WRONG_BRANCH else "",
        total=score.total,
        reply=row.reply if len(row.reply) <= _LONGEST else row.reply[:_LONGEST] + " …",
    )
