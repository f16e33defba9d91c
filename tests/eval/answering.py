"""Models for experiments that need none: a function answers all that an experiment asks about drawn cases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path

from PIL import Image

from eval.backends import FunctionBackend
from eval.experiments.asking import Answers
from eval.experiments.chains import Finished
from eval.predict import predict
from eval.prediction import Prediction, Request, Sampling, picture_of, place_of
from eval.score import Score, score_predictions
from eval.tasks import Question, requests
from kg_service.core.case import Case
from kg_service.core.knowledge import Knowledge
from kg_service.core.reward import PAPER
from kg_service.job import read_jsonl

from .rows import folder_of_cases, reply

Answer = Callable[[Request], str]


class Room:
    """Drawn cases of four diseases, each picture of its own."""

    def __init__(self, folder: Path, knowledge: Knowledge, count: int) -> None:
        self.folder, self.knowledge = folder, knowledge
        self.cases: list[Case] = folder_of_cases(folder, count)
        for case in self.cases:  # a spot, so that a picture is not its own blank
            with Image.open(folder / case.image) as file:
                picture = file.convert("RGB")
            picture.putpixel((3, 3), (255, 255, 255))
            picture.save(folder / case.image)

    @cached_property
    def shown(self) -> dict[str, str]:
        """Digest of a picture -> what it shows, as a label."""
        return {picture_of(case, self.folder)[1]: self.knowledge.label(case.gold) for case in self.cases}

    def look(self, request: Request) -> str:
        """A model that knows every picture, takes no blank for one, and otherwise says the option named last."""
        seen = self.shown.get(request.image_digest, "")
        if request.options is None:
            return reply(seen or "psoriasis")
        return reply(seen if seen in request.options else request.options[-1])

    def answers(self, model: str, answer: Answer, questions: Sequence[Question], seed: int = 0) -> Answers:
        """What a function answers, as an experiment reads it."""
        path = self.folder / f"{model}-{seed}.jsonl"
        path.unlink(missing_ok=True)
        wanted = requests(self.cases, self.knowledge, questions, self.folder, looks=self.folder / "looks", seed=seed)
        predict(wanted, FunctionBackend(answer, model), path, model=model, sampling=Sampling())
        rows = sorted(read_jsonl(path, Prediction), key=place_of)
        asked = {row.case_id for row in rows}
        scores: list[Score] = score_predictions(rows, [c for c in self.cases if c.id in asked], self.knowledge, PAPER)
        return Answers(seed, Finished(self.folder), {model: scores})
