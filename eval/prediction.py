"""The Prediction: one reply of one model to one case, and the key that makes a killed run resumable."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from kg_service.core.answer import Dialect
from kg_service.core.case import Case
from kg_service.core.errors import ImageUnreadable

# Case, task, look, what it is about as JSON, sample: `place_of`.
Place = tuple[str, str, str, str, int]


@dataclass(frozen=True, slots=True)
class Sampling:
    """Generation parameters. `temperature` 0 is greedy, and then `top_p` and `seed` have no effect."""

    max_new_tokens: int = 128
    temperature: float = 0.0
    top_p: float = 1.0
    seed: int = 0


class Task(StrEnum):
    """What is asked. Each has one module in `eval/tasks`."""

    DIAGNOSIS = "diagnosis"  # open answer
    CHOICE = "choice"  # the gold among wrong options
    LEVELS = "levels"  # one question a level: which of its concepts?
    PAIR = "pair"  # two concepts a clinician weighs against each other, asked in both orders
    CONDITION = "condition"  # benign, precancerous or in situ, malignant, non-neoplastic
    NONE_OF_THE_ABOVE = "none-of-the-above"  # the right option is taken away


class Look(StrEnum):
    """Which picture is shown, to see what a model rests on."""

    REAL = "real"
    BLANK = "blank"  # the mean colour of the real one
    SHUFFLED = "shuffled"  # of another case
    PARTNER = "partner"  # of a case whose gold is a differential of this one's
    NONE = "none"  # text alone


@dataclass(frozen=True, slots=True)
class Request:
    """One question to a model.

    `image` is an absolute path, empty where no picture is shown (`Look.NONE`); `image_digest` the sha256 of its bytes.
    `about` says what the task needs to be scored and reported: the rule of the options, an order, a pair.
    """

    case_id: str
    prompt: str
    image: str
    image_digest: str
    sample: int = 0
    options: tuple[str, ...] | None = None
    task: Task = Task.DIAGNOSIS
    look: Look = Look.REAL
    about: dict[str, str] = field(default_factory=dict)
    dialect: Dialect = "skin-r1"


@dataclass(frozen=True, slots=True)
class Reply:
    """What a back-end gives back.

    `complete` is false where the reply was cut at `max_new_tokens`. `finish` is "stop", "length", or why a server gave
    no answer ("refusal", "content_filter"). `served` is what a server says it is. Tokens are 0 where nobody counts.
    """

    text: str
    complete: bool = True
    finish: str = "stop"
    served: str = ""
    tokens_in: int = 0
    tokens_out: int = 0


@dataclass(frozen=True, slots=True)
class Prediction:
    """One row of `predictions.jsonl`.

    `key` is the sha256 of model fingerprint, prompt, image bytes, sampling parameters and sample number: two rows
    with one key are the same question to the same model.
    """

    key: str
    case_id: str
    model: str
    fingerprint: str
    prompt: str
    image_digest: str
    sampling: Sampling
    sample: int
    reply: str
    complete: bool = True
    options: tuple[str, ...] | None = None
    dialect: Dialect = "skin-r1"
    task: Task = Task.DIAGNOSIS
    look: Look = Look.REAL
    about: dict[str, str] = field(default_factory=dict)
    finish: str = "stop"
    served: str = ""
    tokens_in: int = 0
    tokens_out: int = 0


def key_of(fingerprint: str, request: Request, sampling: Sampling) -> str:
    """The identity of one question to one model, as 64 hex digits."""
    content = [fingerprint, request.prompt, request.image_digest, asdict(sampling), request.sample]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


class Placed(Protocol):
    """What is about one question: Request, Prediction and Score."""

    @property
    def case_id(self) -> str: ...
    @property
    def task(self) -> Task: ...
    @property
    def look(self) -> Look: ...
    @property
    def about(self) -> dict[str, str]: ...
    @property
    def sample(self) -> int: ...


def place_of(row: Placed) -> Place:
    """Which question about which case a row is: (case, task, look, what it is about, sample)."""
    return row.case_id, row.task, row.look, json.dumps(row.about, sort_keys=True), row.sample


def picture_of(case: Case, folder: Path) -> tuple[str, str]:
    """The absolute path of a case's image, and the sha256 of its bytes.

    Raises:
        ImageUnreadable: the file is missing.
    """
    path = (folder / case.image).resolve()
    try:
        return str(path), hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ImageUnreadable(f"the image of case {case.id} cannot be read: {error}") from error
