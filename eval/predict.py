"""Generation: every question to one back-end, appended row by row, resumable after kill -9 at any row."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from tqdm import tqdm

from kg_service.client import KnowledgeSource
from kg_service.core.answer import Dialect
from kg_service.core.case import Case
from kg_service.core.errors import ConfigInvalid, GoldUnresolved, RecordInvalid, SkinR1Error
from kg_service.core.knowledge import Knowledge
from kg_service.job import Journal, read_jsonl, write_json

from .alone import alone
from .backends import Backend, FunctionBackend, ModelSource, Streaming, open_backend
from .prediction import Prediction, Reply, Request, Sampling, key_of, place_of
from .rows import check_same, place_in, told
from .tasks import Question, requests


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Generation(Part):
    """How replies are drawn. `samples` above 1 needs a temperature."""

    max_new_tokens: int = Field(default=128, ge=1)
    temperature: float = Field(default=0.0, ge=0)
    top_p: float = Field(default=1.0, gt=0, le=1)
    seed: int = 0
    samples: int = Field(default=1, ge=1)
    batch: int = Field(default=64, ge=1)

    @property
    def sampling(self) -> Sampling:
        return Sampling(self.max_new_tokens, self.temperature, self.top_p, self.seed)


class PredictConfig(Part):
    """`python -m eval predict`.

    `name` is what reports call the model; `threads` 0 leaves torch as it is. `seed` draws options, orders and other
    cases' pictures: models to be compared need the same one. `template` is a text file with the question that a foreign
    checkpoint was trained on, `{options}` in the place of the options; without it the project's own wording is used.
    """

    name: str
    cases: Path
    splits: tuple[str, ...] = ("test",)
    limit: int = Field(default=0, ge=0)
    dialect: Dialect = "skin-r1"
    template: Path | None = None
    threads: int = Field(default=1, ge=0)
    seed: int = 0
    knowledge: KnowledgeSource
    model: ModelSource
    generation: Generation = Generation()
    questions: tuple[Question, ...] = Field(default=(Question(),), min_length=1)


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
) -> int:
    """Answer every request that `path` does not hold yet; returns how many were asked anew.

    A row is appended as soon as its reply is there: with its batch, or, from a server, on its own, whichever comes
    first. Equal questions (same picture, same prompt) are asked once where the answer is greedy; samples are drawn for
    every case, or many cases without a picture would share one draw. `asked.json` beside the file says how many
    questions there are about each case, so that scoring can tell a finished file from one that is not.

    Raises:
        ConfigInvalid: another process is writing the file.
        RecordInvalid: the file holds rows of another model or of other questions, or the back-end returned too few
            replies.
        ModelUnavailable: a server left questions unanswered; what it answered is kept.
    """
    with alone(path), Journal(path) as journal:
        keys = {place_of(request): key_of(backend.fingerprint, request, sampling) for request in requests}
        check_same(journal.rows, keys, backend.fingerprint, path, model)
        write_json(path.with_name("asked.json"), Counter(request.case_id for request in requests))
        # A function may answer by the case.
        shared = sampling.temperature == 0 and not isinstance(backend, FunctionBackend)

        def same(key: str, case_id: str) -> tuple[str, str]:
            return key, "" if shared else case_id

        known = {same(row["key"], row["case_id"]): row for row in journal.rows}
        done = {place_in(row) for row in journal.rows}
        left: dict[tuple[str, str], list[Request]] = {}
        for request in requests:
            if (place := place_of(request)) not in done:
                left.setdefault(same(keys[place], request.case_id), []).append(request)
        todo = sum(map(len, left.values()))

        def write(question: tuple[str, str], reply: Reply) -> None:
            for request in left[question]:
                journal.append(_row(question[0], request, reply, model, backend.fingerprint, sampling))
            bar.update(len(left[question]))

        with tqdm(
            total=len(requests), initial=len(requests) - todo, desc=f"predict {model}", file=sys.stderr, disable=None
        ) as bar:
            for question in [question for question in left if question in known]:
                write(question, _again(known[question]))
            fresh = [question for question in left if question not in known]
            for place, reply in _replies([left[question][0] for question in fresh], backend, sampling, batch, model):
                write(fresh[place], reply)
    return todo


def _replies(
    asked: Sequence[Request], backend: Backend, sampling: Sampling, batch: int, model: str
) -> Iterator[tuple[int, Reply]]:
    """(place, reply) as they come."""
    if isinstance(backend, Streaming):
        yield from backend.stream(asked, sampling)
        return
    for start in range(0, len(asked), batch):
        chunk = asked[start : start + batch]
        replies = backend.generate(chunk, sampling)
        if len(replies) != len(chunk):
            raise RecordInvalid(f"{model} returned {len(replies)} replies to {len(chunk)} requests")
        yield from enumerate(replies, start)


def _again(row: dict[str, Any]) -> Reply:
    """The reply of a row, for an equal question."""
    told = {name: row[name] for name in ("finish", "served", "tokens_in", "tokens_out") if name in row}
    return Reply(row["reply"], row["complete"], **told)


def _row(key: str, request: Request, reply: Reply, model: str, fingerprint: str, sampling: Sampling) -> Prediction:
    return Prediction(
        key=key,
        case_id=request.case_id,
        model=model,
        fingerprint=fingerprint,
        prompt=request.prompt,
        image_digest=request.image_digest,
        sampling=sampling,
        sample=request.sample,
        reply=_whole(reply.text),
        complete=reply.complete,
        options=request.options,
        dialect=request.dialect,
        task=request.task,
        look=request.look,
        about=request.about,
        finish=_whole(reply.finish),
        served=_whole(reply.served),
        tokens_in=reply.tokens_in,
        tokens_out=reply.tokens_out,
    )


def _whole(text: str) -> str:
    """Half a surrogate pair, which JSON can escape and no file can hold, becomes a question mark."""
    return text.encode("utf-8", "replace").decode()


def run(config: PredictConfig, run_dir: Path) -> None:
    """The `predict` job: `predictions.jsonl`, `asked.json` and `manifest.json` in `run_dir`.

    Raises:
        ConfigInvalid: several samples of a greedy model, or a model that cannot be loaded.
        ModelUnavailable: a server does not answer.
    """
    from kg_service.client import load
    from kg_service.job import write_manifest

    generation = config.generation
    several = max(question.samples or generation.samples for question in config.questions) > 1
    if several and generation.temperature == 0:
        raise ConfigInvalid(
            "samples is above 1, but at temperature 0 all samples are equal; set generation.temperature"
        )
    cases = select_cases(config.cases, config.splits, config.limit)
    knowledge = load(config.knowledge)
    check_golds(cases, knowledge)
    asked = requests(
        cases,
        knowledge,
        config.questions,
        config.cases.parent,
        looks=run_dir / "looks",
        seed=config.seed,
        samples=generation.samples,
        dialect=config.dialect,
        template=_text(config.template),
    )
    backend = open_backend(config.model, threads=config.threads)
    path = run_dir / "predictions.jsonl"
    predict(asked, backend, path, model=config.name, sampling=generation.sampling, batch=generation.batch)
    write_manifest(
        run_dir,
        job="eval predict",
        config=config,
        release=knowledge.release,
        digest=knowledge.digest,
        inputs=[config.cases],
        extra={"fingerprint": backend.fingerprint, "model": config.name, **told(path)},
    )


def _text(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigInvalid(f"the template {path} cannot be read: {error}") from error
