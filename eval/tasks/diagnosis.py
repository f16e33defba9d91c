"""The open question: what is it?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kg_service.core.case import Case
from kg_service.core.knowledge import Knowledge

from .question import Draft, Question


def drafts(
    cases: Sequence[Case],
    pool: Sequence[Case],  # noqa: ARG001
    knowledge: Knowledge,  # noqa: ARG001
    question: Question,  # noqa: ARG001
    seed: int,  # noqa: ARG001
) -> Iterator[Draft]:
    """One for each case."""
    for case in cases:
        yield Draft(case)
