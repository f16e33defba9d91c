"""Multiple choice: the gold among wrong options, by the rules of `core.choice`."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence

from kg_service.core.answer import ABSTAIN
from kg_service.core.case import Case
from kg_service.core.choice import Choice, offer
from kg_service.core.errors import OptionsInvalid
from kg_service.core.knowledge import Knowledge

from .question import Draft, Question


def drafts(
    cases: Sequence[Case], pool: Sequence[Case], knowledge: Knowledge, question: Question, seed: int
) -> Iterator[Draft]:
    """One for each case. `about` holds the rule, the right concept, and where each option comes from (`via`).

    Raises:
        OptionsInvalid: the cases have too few diagnoses to fill the options.
    """
    for case, choice in choices(cases, pool, knowledge, question, seed):
        labels = choice.labels(knowledge)
        about = {"rule": question.rule.value, "right": choice.concepts[choice.gold], "via": ",".join(choice.via)}
        if question.abstain:
            labels, about = (*labels, ABSTAIN), {**about, "abstain": "offered"}
        yield Draft(case, labels, about, question.wording)


def choices(
    cases: Sequence[Case], pool: Sequence[Case], knowledge: Knowledge, question: Question, seed: int
) -> Iterator[tuple[Case, Choice]]:
    """Each case with its options: filled up from the golds of its own dataset, from all where these are too few."""
    golds: dict[str, set[str]] = defaultdict(set)
    for case in pool:
        golds[case.source].add(knowledge.gold(case.gold))
    everywhere = sorted(set().union(*golds.values()))
    for case in cases:
        gold, state = knowledge.gold(case.gold), f"{seed}/{question.rule.value}/{case.id}"
        try:
            found = offer(
                knowledge, gold, question.rule, golds[case.source], random.Random(state), count=question.count
            )
        except OptionsInvalid:
            found = offer(knowledge, gold, question.rule, everywhere, random.Random(state), count=question.count)
        yield case, found
