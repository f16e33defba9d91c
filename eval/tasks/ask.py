"""Questions x cases -> requests: every task's drafts, the picture to each, as many samples as wanted."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from kg_service.core.answer import Dialect, instruction
from kg_service.core.case import Case
from kg_service.core.errors import ConfigInvalid
from kg_service.core.knowledge import Knowledge

from ..prediction import Request, Task, place_of
from . import choice, condition, diagnosis, levels, none_of_the_above, pair
from .looks import Pictures
from .question import Draft, Question

Drafts = Callable[[Sequence[Case], Sequence[Case], Knowledge, Question, int], Iterator[Draft]]
TASKS: dict[Task, Drafts] = {
    Task.DIAGNOSIS: diagnosis.drafts,
    Task.CHOICE: choice.drafts,
    Task.LEVELS: levels.drafts,
    Task.PAIR: pair.drafts,
    Task.CONDITION: condition.drafts,
    Task.NONE_OF_THE_ABOVE: none_of_the_above.drafts,
}


def requests(
    cases: Sequence[Case],
    knowledge: Knowledge,
    questions: Sequence[Question],
    folder: Path,
    *,
    looks: Path,
    seed: int = 0,
    samples: int = 1,
    dialect: Dialect = "skin-r1",
    template: str = "",
) -> list[Request]:
    """Every question about every case, in the order of questions, cases and samples. The same seed, the same requests.

    Args:
        folder: the folder of the `cases.jsonl`, which relative image paths start from.
        looks: a folder for pictures that have to be made (`Look.BLANK`).
        samples: for questions that do not say how many.
        template: a foreign checkpoint's own question (`core.answer.instruction`).

    Raises:
        ImageUnreadable: an image file is missing; nothing has been generated then.
        OptionsInvalid: the cases have too few diagnoses for a question's options.
        ConfigInvalid: nothing is asked, two questions ask the same, or `Look.SHUFFLED` of a single case.
    """
    pictures = Pictures(cases, folder, knowledge, looks, seed)
    found: list[Request] = []
    for question in questions:
        for draft in TASKS[question.task](_some(cases, question.limit, seed), cases, knowledge, question, seed):
            shown = pictures.shown(draft.case, question.look)
            if shown is None:
                continue
            about = {**draft.about, **shown.about}
            if draft.wording == "compare":
                about["wording"] = draft.wording
            prompt = instruction(draft.options, dialect=dialect, wording=draft.wording, template=template)
            found += [
                Request(
                    draft.case.id, prompt, shown.image, shown.digest, sample, draft.options,
                    question.task, question.look, about, dialect,
                )
                for sample in range(question.samples or samples)
            ]  # fmt: skip
    if not found:
        raise ConfigInvalid("the [[questions]] do not apply to any of the cases; nothing would be asked")
    if len({place_of(request) for request in found}) < len(found):
        raise ConfigInvalid(
            "two [[questions]] ask the same about a case; they must differ in task, look, rule or wording"
        )
    return found


def _some(cases: Sequence[Case], limit: int, seed: int) -> Sequence[Case]:
    """`limit` cases in file order, all for 0."""
    if not limit or limit >= len(cases):
        return cases
    return [cases[place] for place in sorted(random.Random(f"{seed}/limit").sample(range(len(cases)), limit))]
