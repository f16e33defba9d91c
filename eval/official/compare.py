"""Both scorers over one set of multiple-choice predictions: two accuracies, and every item on which they differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from kg_service.core.answer import LETTERS
from kg_service.core.case import Case
from kg_service.core.errors import RecordInvalid
from kg_service.core.knowledge import Knowledge

from ..prediction import Prediction
from ..score import Score
from .letter import READABLE, UNPARSED, letter


@dataclass(frozen=True, slots=True)
class Difference:
    """An item that the two scorers do not agree on.

    `wanted` is the right option's letter; `official` what the published scorer reads; `fixed` the letter of the option
    that the reply names by the strict rules, empty for none; `malformed` why there is none. `ancestors` counts the
    other options that stand above the gold: naming one of them is coarse, and not wrong.
    """

    case_id: str
    sample: int
    wanted: str
    official: str
    fixed: str
    malformed: str
    ancestors: int
    reply: str


@dataclass(frozen=True, slots=True)
class Official:
    """Accuracies by the published and by the strict rules over the same items.

    `unparsed` counts the published "Z"; `unreadable` the items whose right option no reply can earn (a letter above
    K); `with_ancestors` those that offer the gold's own ancestors; `coarse` the replies that named one of these, wrong
    in both.
    """

    items: int
    official_right: int
    fixed_right: int
    unparsed: int
    malformed: int
    unreadable: int
    with_ancestors: int
    coarse: int
    differences: tuple[Difference, ...]

    def as_json(self) -> dict[str, Any]:
        lucky = sum(one.official == one.wanted for one in self.differences)
        return {
            "items": self.items,
            "official_accuracy": self.official_right / self.items,
            "fixed_accuracy": self.fixed_right / self.items,
            "official_unparsed": self.unparsed,
            "fixed_malformed": self.malformed,
            "right_option_unreadable": self.unreadable,
            "items_with_ancestors_of_the_gold": self.with_ancestors,
            "answered_with_an_ancestor": self.coarse,
            "right_by_official_alone": lucky,
            "right_by_fixed_alone": len(self.differences) - lucky,
            "differences": [asdict(one) for one in self.differences],
        }


def compare(
    predictions: Sequence[Prediction], scores: Sequence[Score], cases: Sequence[Case], knowledge: Knowledge
) -> Official:
    """The published scorer over the multiple-choice rows, beside the scores they got here.

    Args:
        predictions, scores: of equal length and order, as `score_predictions` gives them; other rows are passed over.

    Raises:
        RecordInvalid: no row is multiple choice in the released dialect, the only one that the published scorer reads.
    """
    golds = {case.id: knowledge.gold(case.gold) for case in cases}
    counts: Counter[str] = Counter()
    differences: list[Difference] = []
    for row, score, concepts, right in _items(predictions, scores, golds, knowledge):
        gold, wanted, read = golds[row.case_id], LETTERS[concepts.index(right)], letter(row.reply)
        above = sum(knowledge.is_ancestor(concept, gold) for concept in concepts if concept != right)
        counts["items"] += 1
        counts["official"] += read == wanted
        counts["fixed"] += score.right
        counts["unparsed"] += read == UNPARSED
        counts["malformed"] += score.malformed is not None
        counts["unreadable"] += wanted not in READABLE
        counts["with_ancestors"] += above > 0
        counts["coarse"] += score.chosen not in (None, right) and knowledge.is_ancestor(score.chosen or "", gold)
        if (read == wanted) is not score.right:
            named = LETTERS[concepts.index(score.chosen)] if score.chosen else ""
            differences.append(
                Difference(row.case_id, row.sample, wanted, read, named, score.malformed or "", above, row.reply)
            )
    if not counts["items"]:
        raise RecordInvalid(
            "no prediction is multiple choice in the released dialect, which is all that the published scorer reads; "
            'predict with dialect = "released" and a [[questions]] of task "choice"'
        )
    return Official(
        counts["items"], counts["official"], counts["fixed"], counts["unparsed"], counts["malformed"],
        counts["unreadable"], counts["with_ancestors"], counts["coarse"], tuple(differences),
    )  # fmt: skip


def _items(
    predictions: Sequence[Prediction], scores: Sequence[Score], golds: dict[str, str], knowledge: Knowledge
) -> Iterator[tuple[Prediction, Score, list[str], str]]:
    """The rows that have a right option to be read: prediction, score, its options' concepts, the right one."""
    for row, score in zip(predictions, scores, strict=True):
        if row.options is None or row.dialect != "released":
            continue
        right = row.about.get("right", golds[row.case_id])
        concepts = [knowledge.taxonomy.ids[place] if place >= 0 else "" for place in knowledge.rows_of(row.options)]
        if right in concepts:
            yield row, score, concepts, right
