"""Cases and trajectories -> the columns TRL takes, after proving that every gold answer earns its maximum.

Every row has `prompt`, `images` (none or one) and the view number that seeds its augmentation, so that what a row
shows depends on nothing but the row: a resumed run sees what the killed one would have seen. Rows asked as multiple
choice (`choices`) also hold their options.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from datasets import Dataset, Features, Image, List, Value

from kg_service.core.answer import Answer, Dialect, instruction, render
from kg_service.core.case import Case
from kg_service.core.concept import Condition
from kg_service.core.errors import GoldUnresolved, ImageUnreadable, RecordInvalid, UnknownConcept
from kg_service.core.knowledge import Knowledge
from kg_service.core.reward import RewardSpec, maximum, score
from kg_service.core.trajectory import Trajectory
from kg_service.job import read_jsonl

from .images import view
from .settings import Data

MESSAGES = List({"role": Value("string"), "content": Value("string")})
COLUMNS = Features(
    {
        "prompt": MESSAGES,
        "completion": MESSAGES,
        "images": List(Image()),
        "gold": Value("string"),
        "condition": Value("string"),
        "case_id": Value("string"),
        "view": Value("int64"),
        "options": List(Value("string")),
        "via": List(Value("string")),
        "path": List(Value("string")),
    }
)


@dataclass(frozen=True)
class Row:
    """One training row.

    `image` is an absolute path or empty; `view` 0 is the image as it is; `turn` counts the repetitions of one case.
    Of a multiple-choice question, `options` are the labels in order, `via` where each comes from (`core.choice`) and
    `path` the gold's lineage; all three are empty where a case is asked open.
    """

    prompt: str
    completion: str = ""
    image: str = ""
    gold: str = ""
    condition: str = ""
    case_id: str = ""
    view: int = 0
    turn: int = 0
    options: tuple[str, ...] = ()
    via: tuple[str, ...] = ()
    path: tuple[str, ...] = ()


def read_cases(data: Data) -> list[Case]:
    """The cases of one split, with absolute image paths.

    Raises:
        RecordInvalid: the file is missing, broken or holds no case of the split.
        ImageUnreadable: an image file is missing.
    """
    path = Path(data.cases)
    found = [
        replace(case, image=str((path.parent / case.image).resolve()))
        for case in read_jsonl(path, Case)
        if case.split == data.split
    ]
    if not found:
        raise RecordInvalid(f"{path} holds no case of the split {data.split!r}; check data.split")
    for case in found:
        if not Path(case.image).is_file():
            raise ImageUnreadable(f"{case.image} (case {case.id} of {path}) does not exist")
    return found[: data.limit or None]


def read_trajectories(data: Data) -> list[tuple[Trajectory, Case]]:
    """The trajectories whose case is in the split, each with its case.

    Raises:
        RecordInvalid: a trajectory names a case that `data.cases` does not hold in any split, or none is left.
    """
    every = {case.id: case.split for case in read_jsonl(Path(data.cases), Case)}
    cases = {case.id: case for case in read_cases(data.model_copy(update={"limit": 0}))}
    found = []
    for trajectory in read_jsonl(Path(data.trajectories), Trajectory):
        if trajectory.case_id not in every:
            raise RecordInvalid(f"{data.trajectories}: {trajectory.id} is about case {trajectory.case_id}, which "
                                f"{data.cases} does not hold; give the cases they were written for")  # fmt: skip
        if trajectory.case_id in cases:
            found.append((trajectory, cases[trajectory.case_id]))
    if not found:
        raise RecordInvalid(f"{data.trajectories} holds no trajectory for the split {data.split!r}")
    return found[: data.limit or None]


def case_rows(cases: Iterable[Case]) -> list[Row]:
    """Rows for GRPO: the question, the image and the gold, no answer."""
    prompt = instruction()
    return [
        Row(prompt, "", case.image, case.gold, case.condition.value if case.condition else "", case.id)
        for case in cases
    ]


def trajectory_rows(pairs: Iterable[tuple[Trajectory, Case]]) -> list[Row]:
    """Rows for SFT: the same question, answered by the trajectory's reply."""
    prompt = instruction()
    return [
        Row(prompt, trajectory.reply, case.image, trajectory.gold, trajectory.condition.value, trajectory.id)
        for trajectory, case in pairs
    ]


def check_golds(rows: Sequence[Row], knowledge: Knowledge, spec: RewardSpec, *, dialect: Dialect = "skin-r1") -> None:
    """Render every row's own gold as an answer to its own question and demand the most its gold allows.

    Raises:
        GoldUnresolved: names every row whose gold names no single concept or cannot earn its maximum.
    """
    bad: list[str] = []
    seen: dict[tuple[str, str, tuple[str, ...]], str] = {}
    for row in rows:
        key = (row.gold, row.condition, row.options)
        if key not in seen:
            seen[key] = _gold_problem(row, knowledge, spec, dialect)
        if seen[key]:
            bad.append(f"{row.case_id}: {seen[key]}")
    if bad:
        raise GoldUnresolved(
            f"{len(bad)} of {len(rows)} rows have a gold that cannot earn its maximum; mend the cases or the release "
            "before training:",
            tuple(bad),
        )


def _gold_problem(row: Row, knowledge: Knowledge, spec: RewardSpec, dialect: Dialect) -> str:
    stated = Condition(row.condition) if row.condition else None
    try:
        gold = knowledge.gold(row.gold)
        label = knowledge.label(gold)
    except (GoldUnresolved, UnknownConcept) as error:
        return str(error)
    condition = stated or knowledge.condition(gold) or Condition.BENIGN  # a mixed gold leaves the term unscored
    reply = render(Answer("The gold answer.", label, condition), dialect=dialect)
    earned = score(
        reply,
        gold,
        knowledge,
        replace(spec, grounding=0.0),
        options=row.options or None,
        condition=stated,
        dialect=dialect,
        path=row.path or None,
    ).total
    wanted = maximum(gold, knowledge, spec, condition=stated)
    return "" if earned == wanted else f"its gold {row.gold!r} answered as {label!r} earns {earned}, not {wanted}"


def spread(rows: Sequence[Row], data: Data, seed: int) -> list[Row]:
    """Apply `copies`, `balance` and `augment`: repeat rows, give each repetition its turn and view, and shuffle."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row.gold if data.balance else ""].append(row)
    size = max(len(group) for group in groups.values()) * data.copies if data.balance else len(rows) * data.copies
    chance = random.Random(seed)
    found: list[Row] = []
    for _, group in sorted(groups.items()):
        chance.shuffle(group)
        for place in range(size):
            row = group[place % len(group)]
            number = chance.randrange(1, 2**31) if data.augment else 0
            found.append(replace(row, view=number, turn=place // len(group)))
    chance.shuffle(found)
    return found


def to_dataset(rows: Sequence[Row], *, completions: bool, augmenter: Callable[[Any, int], Any] = view) -> Dataset:
    """Rows as a `datasets.Dataset` with explicit features, images decoded and augmented when a row is read."""
    columns: dict[str, list[Any]] = {
        "prompt": [[{"role": "user", "content": row.prompt}] for row in rows],
        "completion": [[{"role": "assistant", "content": row.completion}] for row in rows],
        "images": [[row.image] if row.image else [] for row in rows],
        "gold": [row.gold for row in rows],
        "condition": [row.condition for row in rows],
        "case_id": [row.case_id for row in rows],
        "view": [row.view for row in rows],
        "options": [list(row.options) for row in rows],
        "via": [list(row.via) for row in rows],
        "path": [list(row.path) for row in rows],
    }
    names = [name for name in columns if completions or name != "completion"]
    dataset = Dataset.from_dict(
        {name: columns[name] for name in names}, features=Features({name: COLUMNS[name] for name in names})
    )
    decode = COLUMNS["images"].feature.decode_example  # pyright: ignore[reportAttributeAccessIssue]

    def show(batch: dict[str, list[Any]]) -> dict[str, list[Any]]:
        if "images" in batch and "view" in batch:
            batch["images"] = [
                [augmenter(image if hasattr(image, "size") else decode(image), number) for image in images]
                for images, number in zip(batch["images"], batch["view"], strict=True)
            ]
        return batch

    return dataset.with_transform(show)
