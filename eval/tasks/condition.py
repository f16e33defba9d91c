"""The kind of lesion alone: benign, precancerous or in situ, malignant, or non-neoplastic."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kg_service.core.case import Case
from kg_service.core.knowledge import Knowledge

from .question import Draft, Question


def drafts(
    cases: Sequence[Case],
    pool: Sequence[Case],  # noqa: ARG001
    knowledge: Knowledge,
    question: Question,  # noqa: ARG001
    seed: int,  # noqa: ARG001
) -> Iterator[Draft]:
    """One for each case whose condition is known, from the case or from its gold."""
    for case in cases:
        if case.condition or knowledge.condition(knowledge.gold(case.gold)):
            yield Draft(case, wording="condition")
