"""The configuration of synthesis. Written by hand in TOML; unknown keys fail."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import Field, model_validator

from kg_service.client import KnowledgeSource

from .cases.sources.settings import Alike, Source, chosen
from .model.settings import ModelSettings
from .part import Part

PHANTOM_DISEASES = (
    "superficial-spreading-melanoma",
    "nodular-melanoma",
    "junctional-nevus",
    "dermal-nevus",
    "blue-nevus",
    "nodular-basal-cell-carcinoma",
    "pigmented-basal-cell-carcinoma",
    "squamous-cell-carcinoma",
    "actinic-keratosis",
    "bowen-disease",
    "seborrheic-keratosis",
    "solar-lentigo",
    "cherry-angioma",
    "pyogenic-granuloma",
    "angiokeratoma",
    "dermatofibroma",
    "plaque-psoriasis",
    "nummular-eczema",
    "tinea-corporis",
    "molluscum-contagiosum",
    "common-wart",
)


class Phantom(Part):
    """Drawn lesions. `counts` is the number of images of each disease in each split.

    `coarse_share`: the share of each disease's `coarse_splits` cases that are labelled with the group above it, as
    sparse dataset labels are, where the release gives that group a sign that is drawn on the image.
    """

    diseases: tuple[str, ...] = PHANTOM_DISEASES
    size: int = Field(default=84, ge=56, le=112)
    counts: dict[str, int] = Field(default={"base": 40, "sft": 24, "rl": 24, "test": 12})
    coarse_share: float = Field(default=0.5, ge=0, le=1)
    coarse_splits: tuple[str, ...] = ("sft",)


class Write(Part):
    """Which trajectories are written, and how.

    `rows` 0 means one for each case of `splits`; `kinds` are weights. With `rows` = sum of `kinds` they are counts.
    `candidates` bounds the work: at most that many candidates for each accepted row, on average.
    `familiar` takes distractors that are themselves the gold of some case, where the rule offers one.
    `writer`: sentence patterns that need nothing, or the model of the `[model]` table. `accept_flags` are the codes of
    soft findings with which a row counts all the same; with any other it goes to quarantine.
    `shard_rows`: a run of more rows is cut into parts of so many, that processes and ranks share among them.
    `parquet` writes the rows as columns too.
    `cases` is a file; empty means `cases.jsonl` of the run directory. `passages` is a JSONL file of textbook passages.
    """

    cases: str = ""
    passages: str = ""
    splits: tuple[str, ...] = ("sft",)
    held_out: tuple[str, ...] = ("test",)
    writer: Literal["offline", "model"] = "offline"
    style: Literal["brief", "full"] = "full"
    rows: int = Field(default=0, ge=0)
    kinds: dict[Literal["direct", "keep", "revise"], float] = Field(default={"direct": 220, "keep": 900, "revise": 900})
    attempts: int = Field(default=4, ge=1)
    candidates: float = Field(default=3.0, ge=1)
    cited: tuple[int, int] = (2, 3)
    familiar: bool = False
    accept_flags: tuple[str, ...] = ()
    shard_rows: int = Field(default=2000, ge=1)
    parquet: bool = True

    @model_validator(mode="after")
    def _usable(self) -> Write:
        if not self.kinds or min(self.kinds.values()) < 0 or not 0 < sum(self.kinds.values()) < math.inf:
            raise ValueError("kinds must be weights of which at least one is above 0")
        if not 1 <= self.cited[0] <= self.cited[1]:
            raise ValueError("cited must be [fewest, most] features, at least 1")
        if overlap := set(self.splits) & set(self.held_out):
            raise ValueError(f"{', '.join(sorted(overlap))} is both written from and held out")
        return self

    def budget(self, rows: int) -> int:
        """Candidates that so many rows may take. The attempts at one row come on top: a single row is tried in full."""
        return int(rows * self.candidates) + self.attempts


class Floors(Part):
    """Below these the job ends with exit code 1. Shares in [0, 1]."""

    accepted: float = Field(default=0.9, ge=0, le=1)
    diseases: float = Field(default=0.0, ge=0, le=1)
    near_duplicates: float = Field(default=0.05, ge=0, le=1)


class Judge(Part):
    """What a second model is asked about a `share` of the accepted rows: to `recover` the diagnosis, and `grades` of 1
    to 5.

    A grade below `least` puts a row into quarantine.
    """

    share: float = Field(default=1.0, ge=0, le=1)
    recover: bool = True
    grades: bool = True
    least: int = Field(default=3, ge=1, le=5)


class SynthConfig(Part):
    seed: int = 0
    knowledge: KnowledgeSource
    source: Source = Source()
    sources: tuple[Source, ...] = ()
    alike: Alike = Alike()
    phantom: Phantom = Phantom()
    write: Write = Write()
    floors: Floors = Floors()
    judge: Judge = Judge()
    model: ModelSettings = ModelSettings()

    @model_validator(mode="after")
    def _one_or_several(self) -> SynthConfig:
        chosen(self.source, self.sources)
        return self
