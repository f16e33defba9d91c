"""One question a level: where on the way down the hierarchy does it go wrong? (2601.12382 reports DERM12345 so.)"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from kg_service.core.case import Case
from kg_service.core.choice import Rule, offer
from kg_service.core.knowledge import Knowledge

from .question import Draft, Question


def drafts(
    cases: Sequence[Case], pool: Sequence[Case], knowledge: Knowledge, question: Question, seed: int
) -> Iterator[Draft]:
    """For each concept of the gold's lineage from level 2 down: it, and others of the same level.

    The others are siblings, and where these are too few, what else of that level the cases belong to. None is an
    ancestor of the gold by another parent. A level that has nothing to offer beside the right one is left out; `about`
    holds level and right concept.
    """
    seen = {knowledge.gold(case.gold) for case in pool}
    present = sorted(seen.union(*(knowledge.ancestors(gold) for gold in sorted(seen))))
    for case in cases:
        gold = knowledge.gold(case.gold)
        for concept in knowledge.lineage(gold)[1:]:
            wrong = _wrong(concept, gold, present, knowledge, question.count - 1)
            if not wrong:
                continue
            chance = random.Random(f"{seed}/{knowledge.level(concept)}/{case.id}")
            count = min(question.count, 1 + len(wrong))
            choice = offer(knowledge, concept, Rule.RANDOM, wrong, chance, count=count)
            about = {"level": str(knowledge.level(concept)), "right": concept}
            yield Draft(case, choice.labels(knowledge), about, question.wording)


def _wrong(concept: str, gold: str, present: Sequence[str], knowledge: Knowledge, wanted: int) -> list[str]:
    """Concepts of one level, which therefore never stand above each other."""
    level = knowledge.level(concept)
    family = {child for parent in knowledge.taxonomy.parents(concept) for child in knowledge.children(parent)}
    beside = [one for one in sorted(family) if knowledge.level(one) == level and not knowledge.same_line(one, gold)]
    if len(beside) >= wanted:
        return beside
    others = [one for one in present if knowledge.level(one) == level and not knowledge.same_line(one, gold)]
    return sorted({*beside, *others})
