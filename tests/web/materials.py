"""A run folder with two cases of each of two diseases, and what a model is taught of them."""

from __future__ import annotations

from pathlib import Path

from kg_service.core.case import Case
from kg_service.core.concept import Condition
from kg_service.core.trajectory import Distractor, Kind, Step, StepKind, Trajectory
from kg_service.job import write_bytes, write_jsonl

# One pixel.
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d4944415478da63f8ffff3f030008fc02fe"
    "a7d7a80f0000000049454e44ae426082"
)


def case(id_: str, gold: str, lesion: str = "") -> Case:
    return Case(id_, "drawn", f"images/{id_}.png", gold, gold, "train", "CC0-1.0", lesion=lesion)


def told(id_: str, gold: str, other: str, kind: Kind = Kind.KEEP) -> Trajectory:
    text = "As a rule, melanoma comes with asymmetry."
    aliases = {"C1": gold, "N1": other, "F1": "asymmetry"}
    roles = {id_: alias for alias, id_ in aliases.items()}
    return Trajectory(
        id=f"drawn/{id_}/0/{kind.value}",
        case_id=id_,
        image=f"images/{id_}.png",
        kind=kind,
        gold=gold,
        condition=Condition.MALIGNANT,
        distractors=(Distractor(other, "neighbour"),),
        steps=(Step(StepKind.DDX, text, (roles["melanoma"], "F1")),),
        aliases=aliases,
        reply=f"<thinking>{text}</thinking>\n<diagnosis>{gold}</diagnosis>\n<condition>malignant</condition>",
    )


def write_run(folder: Path) -> Path:
    """The folder, written: of each disease two images of one lesion and one of another."""
    cases = [
        case(f"{gold}-{number}", gold, lesion=lesion)
        for gold in ("melanoma", "seborrheic-keratosis")
        for number, lesion in ((1, f"{gold}/a"), (2, f"{gold}/a"), (3, f"{gold}/b"))
    ]
    for each in cases:
        write_bytes(folder / each.image, PNG)
    write_jsonl(folder / "cases.jsonl", cases)
    rows = [
        told("melanoma-1", "melanoma", "seborrheic-keratosis"),
        told("seborrheic-keratosis-1", "seborrheic-keratosis", "melanoma"),
        told("melanoma-2", "melanoma", "seborrheic-keratosis", Kind.REVISE),
    ]
    write_jsonl(folder / "trajectories.jsonl", rows)
    return folder
