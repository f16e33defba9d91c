"""Cases and predictions over the small knowledge, for every test of evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from eval.prediction import Prediction, Request, Sampling, picture_of
from kg_service.core.answer import Dialect, instruction
from kg_service.core.case import Case
from kg_service.core.knowledge import Knowledge
from kg_service.core.release import snapshot_of
from kg_service.job import write_jsonl
from tests.mini import reply

GOLDS = ("superficial-spreading-melanoma", "junctional-nevus", "psoriasis", "basal-cell-carcinoma")


def case(number: int, gold: str, **more: object) -> Case:
    return Case(f"c{number}", "drawn", f"images/{number}.png", gold, gold, "test", "CC0-1.0", **more)  # type: ignore[arg-type]


def prediction(number: int, text: str, **more: object) -> Prediction:
    return Prediction(f"k{number}", f"c{number}", "m", "f", "prompt", "image", Sampling(), 0, text, **more)  # type: ignore[arg-type]


def folder_of_cases(folder: Path, count: int = 12) -> list[Case]:
    """`cases.jsonl` and small pictures, a colour for each gold; a third of the cases is for training."""
    (folder / "images").mkdir(parents=True, exist_ok=True)
    cases = []
    for number in range(count):
        kind = number % len(GOLDS)
        Image.new("RGB", (28, 28), (60 * kind, 200 - 50 * kind, number % 256)).save(folder / "images" / f"{number}.png")
        split = "train" if number % 3 == 0 else "test"
        cases.append(Case(f"c{number}", "drawn", f"images/{number}.png", "", GOLDS[kind], split, "CC0-1.0"))
    write_jsonl(folder / "cases.jsonl", cases)
    return cases


def requests_for(
    cases: Sequence[Case], folder: Path, *, samples: int = 1, dialect: Dialect = "skin-r1"
) -> list[Request]:
    """The open question about every case, `samples` times."""
    prompt = instruction(dialect=dialect)
    return [
        Request(case.id, prompt, *picture, sample, dialect=dialect)
        for case in cases
        for picture in [picture_of(case, folder)]
        for sample in range(samples)
    ]


def snapshot(folder: Path, knowledge: Knowledge) -> Path:
    path = folder / "snapshot.json"
    path.write_bytes(snapshot_of(knowledge))
    return path


__all__ = ["GOLDS", "case", "folder_of_cases", "prediction", "reply", "requests_for", "snapshot"]
