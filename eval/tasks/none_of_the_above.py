"""The right option is taken away, and one may say so (2606.16583: accuracy collapses, uncertainty hardly moves).

Its control is the same choice with the right option in it: `task = "choice"` with `abstain = true` and the same rule
draws the same wrong options.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kg_service.core.answer import ABSTAIN
from kg_service.core.case import Case
from kg_service.core.knowledge import Knowledge

from .choice import choices
from .question import Draft, Question


def drafts(
    cases: Sequence[Case], pool: Sequence[Case], knowledge: Knowledge, question: Question, seed: int
) -> Iterator[Draft]:
    """One for each case: `count` - 1 wrong options, then "cannot be determined".

    Raises:
        OptionsInvalid: the cases have too few diagnoses to fill the options.
    """
    for case, choice in choices(cases, pool, knowledge, question, seed):
        wrong = [place for place in range(len(choice.concepts)) if place != choice.gold]
        labels = choice.labels(knowledge)
        about = {"rule": question.rule.value, "via": ",".join(choice.via[place] for place in wrong)}
        yield Draft(case, (*(labels[place] for place in wrong), ABSTAIN), about, question.wording)
