"""Generation: every case to every back-end, appended row by row, resumable after kill -9 at any row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field
from tqdm import tqdm

from kg_service.client import KnowledgeSource
from kg_service.core.answer import Dialect
from kg_service.core.case import Case
from kg_service.core.errors import ConfigInvalid, GoldUnresolved, RecordInvalid, SkinR1Error
from kg_service.core.knowledge import Knowledge
from kg_service.job import Journal, read_jsonl

from .prediction import Prediction, Reply, Request, Sampling, key_of, requests_for


class Backend(Protocol):
    """Something that answers. `fingerprint` names everything about it that could change an answer."""

    @property
    def fingerprint(self) -> str: ...

    def generate(self, requests: Sequence[Request], sampling: Sampling) -> list[Reply]:
        """One reply for each request, in order."""
        ...


class FunctionBackend:
    """A Python function from a request to the text of a reply.

    Args:
        answer: pure: the same request must give the same text.
        fingerprint: names the function and everything it was fitted on.
    """

    def __init__(self, answer: Callable[[Request], str], fingerprint: str) -> None:
        self._answer = answer
        self._fingerprint = fingerprint

    @property
    def fingerprint(self) -> str:
        return self._fingerprint

    def generate(self, requests: Sequence[Request], sampling: Sampling) -> list[Reply]:  # noqa: ARG002
        return [Reply(self._answer(request)) for request in requests]


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ModelSource(Part):
    """`path`: a checkpoint folder or hub name. `adapter`: a LoRA folder on top, merged into the weights or not."""

    path: str = ""
    adapter: str = ""
    merge: bool = False
    dtype: str = "float32"
    device: str = "auto"
    max_pixels: int | None = None


class Generation(Part):
    """How replies are drawn. `samples` above 1 needs a temperature."""

    max_new_tokens: int = Field(default=128, ge=1)
    temperature: float = Field(default=0.0, ge=0)
    top_p: float = Field(default=1.0, gt=0, le=1)
    seed: int = 0
    samples: int = Field(default=1, ge=1)
    batch: int = Field(default=64, ge=1)


class PredictConfig(Part):
    """`python -m eval predict`. `name` is what reports call the model; `threads` 0 leaves torch as it is."""

    name: str
    cases: Path
    splits: tuple[str, ...] = ("test",)
    limit: int = Field(default=0, ge=0)
    dialect: Dialect = "skin-r1"
    threads: int = Field(default=1, ge=0)
    knowledge: KnowledgeSource
    model: ModelSource
    generation: Generation = Generation()


def select_cases(path: Path, splits: Sequence[str], limit: int = 0) -> list[Case]:
    """The cases of some splits (all, where none is named), in file order.

    Raises:
        RecordInvalid: the file is missing or broken, holds one id twice, or holds no such case.
    """
    every = list(read_jsonl(path, Case))
    if len({case.id for case in every}) < len(every):
        raise RecordInvalid(f"{path} holds two cases with one id; write the cases again")
    found = [case for case in every if not splits or case.split in splits]
    if not found:
        there = ", ".join(sorted({case.split for case in every})) or "none"
        raise RecordInvalid(f"{path} holds no case of the splits {list(splits)}; the splits there are: {there}")
    return found[: limit or None]


def check_golds(cases: Sequence[Case], knowledge: Knowledge) -> None:
    """Stop before any generation where a case could not be scored afterwards.

    Raises:
        GoldUnresolved: names every case whose gold is no concept of the release.
    """
    bad: list[str] = []
    for case in cases:
        try:
            knowledge.gold(case.gold)
        except SkinR1Error as error:
            bad.append(f"{case.id}: {str(error).splitlines()[0]}")
    if bad:
        raise GoldUnresolved(
            f"{len(bad)} of {len(cases)} cases have a gold that release {knowledge.release} does not know; write the "
            "cases from this release, or name the release they were written from:",
            tuple(bad),
        )


def predict(
    requests: Sequence[Request],
    backend: Backend,
    path: Path,
    *,
    model: str,
    sampling: Sampling,
    batch: int = 64,
    dialect: Dialect = "skin-r1",
) -> int:
    """Answer every request that `path` does not hold yet; returns how many were asked anew.

    A row is appended as soon as its batch is answered. Equal questions (same picture, same prompt) are asked once.

    Raises:
        RecordInvalid: the file holds rows of another model, or the back-end returned too few replies.
    """
    with Journal(path) as journal:
        others = {row["fingerprint"] for row in journal.rows} - {backend.fingerprint}
        if others:
            raise RecordInvalid(
                f"{path} holds replies of another model ({sorted(others)[0][:24]}…) than {model} "
                f"({backend.fingerprint[:24]}…). Choose a new run directory, or delete the file to start afresh."
            )
        known = {row["key"]: Reply(row["reply"], row["complete"]) for row in journal.rows}
        done = {(row["key"], row["case_id"]) for row in journal.rows}
        keyed = ((key_of(backend.fingerprint, request, sampling), request) for request in requests)
        left = [(key, request) for key, request in keyed if (key, request.case_id) not in done]
        queue = iter(left)
        with tqdm(total=len(requests), initial=len(requests) - len(left), desc=f"predict {model}") as bar:
            while chunk := list(islice(queue, batch)):
                ask = {key: request for key, request in chunk if key not in known}
                replies = backend.generate(list(ask.values()), sampling) if ask else []
                if len(replies) != len(ask):
                    raise RecordInvalid(f"{model} returned {len(replies)} replies to {len(ask)} requests")
                known.update(zip(ask, replies, strict=True))
                for key, request in chunk:
                    reply = known[key]
                    journal.append(
                        Prediction(
                            key=key,
                            case_id=request.case_id,
                            model=model,
                            fingerprint=backend.fingerprint,
                            prompt=request.prompt,
                            image_digest=request.image_digest,
                            sampling=sampling,
                            sample=request.sample,
                            reply=reply.text,
                            complete=reply.complete,
                            options=request.options,
                            dialect=dialect,
                        )
                    )
                bar.update(len(chunk))
    return len(left)


def run(config: PredictConfig, run_dir: Path) -> None:
    """The `predict` job: `predictions.jsonl` and `manifest.json` in `run_dir`.

    Raises:
        ConfigInvalid: several samples of a greedy model, or a model that cannot be loaded.
    """
    from kg_service.client import load
    from kg_service.job import write_manifest

    if config.generation.samples > 1 and config.generation.temperature == 0:
        raise ConfigInvalid("generation.samples is above 1, but at temperature 0 all samples are equal; set one")
    cases = select_cases(config.cases, config.splits, config.limit)
    knowledge = load(config.knowledge)
    check_golds(cases, knowledge)
    requests = requests_for(cases, config.cases.parent, samples=config.generation.samples, dialect=config.dialect)
    from .checkpoint import CheckpointBackend

    backend = CheckpointBackend(config.model, threads=config.threads)
    generation = config.generation
    sampling = Sampling(generation.max_new_tokens, generation.temperature, generation.top_p, generation.seed)
    predict(
        requests,
        backend,
        run_dir / "predictions.jsonl",
        model=config.name,
        sampling=sampling,
        batch=generation.batch,
        dialect=config.dialect,
    )
    write_manifest(
        run_dir,
        job="eval predict",
        config=config,
        release=knowledge.release,
        digest=knowledge.digest,
        inputs=[config.cases],
        extra={"fingerprint": backend.fingerprint, "model": config.name},
    )
