"""Facts to a request, a reply to an outcome."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from itertools import count
from pathlib import Path
from typing import Any

from kg_service.core.knowledge import Knowledge
from kg_service.core.trajectory import FactPack, Passage, Step, StepKind

from ... import prompts
from ...model import Ask, Deferred, Endpoint, ModelFailed, ModelSettings, Reply
from ...model.purse import Estimate
from ...model.request import writable
from ...reading import Reader
from ...wording import Wording
from ..aliases import aliases_of
from ..draft import Draft, Failure, Outcome, Task, Waiting
from .block import Block, block
from .library import Library
from .salvage import salvage
from .schema import MOST, NAME, SCHEMA

_REFUSAL = re.compile(
    r"^\W*(i['’]?m sorry|i am sorry|sorry|i can(?:no|['’])t|i am unable|i['’]m unable)\b", re.IGNORECASE
)
_BRACKETED = re.compile(r"\s*[(\[]\s*[CFNP]\d+(?:\s*[,;&]\s*[CFNP]\d+)*\s*[)\]]")
_QUOTED = re.compile(r'"([^"“”]+)"')
_REFS = sum(MOST.values())  # of one step: all there are
_AHEAD = 4  # tasks under way for each request at once: the line is never empty while rows are checked


class ModelWriter:
    """Writes through an OpenAI-compatible endpoint. The model sees the gold among its distractors, unmarked, and has to
    choose; a wrong choice is a failure with the code LBL_GOLD.

    Other failures: MODEL_FAILED (no answer after all repetitions), MODEL_EMPTY, MODEL_REFUSED, MODEL_FILTERED,
    FMT_PARSE and FMT_TRUNC (nothing whole in the reply).

    Args:
        folder: of the endpoint's cache; of the same run the same one.
        passages: concept id -> textbook passages about it, those that the packs of the tasks were made with.

    Raises:
        ConfigInvalid: the settings name no model.
    """

    name = "model"
    templates = False

    def __init__(
        self,
        knowledge: Knowledge,
        settings: ModelSettings,
        folder: Path,
        style: str = "full",
        reader: Reader | None = None,
        passages: Mapping[str, Sequence[Passage]] | None = None,
    ) -> None:
        self.knowledge = knowledge
        self.settings = settings
        self.style = style
        self.reader = reader or Reader(knowledge)
        self.wording = Wording(knowledge, self.reader)
        self.library = Library(passages or {}, self.reader)
        self.endpoint = Endpoint(settings, folder)
        self.version = f"{settings.name} prompts-{prompts.version()} {_digest(settings, passages or {})}"
        self.window = _AHEAD * settings.concurrency

    def ask(self, task: Task) -> tuple[Ask, Block]:
        """The request of a task."""
        facts = block(
            task,
            self.reader,
            self.wording,
            self.style,
            library=self.library,
            show_answer=self.settings.show_answer,
        )
        ask = Ask(
            system=prompts.system(task.plan.kind),
            user=facts.text,
            schema_name=NAME,
            schema=SCHEMA,
            image=task.image,
            salt=f"{task.name}/{task.attempt}",
        )
        return ask, facts

    def begin(self, task: Task) -> Future[Outcome]:
        """Ask for one text.

        Raises:
            ImageUnreadable: the image of the task is missing.
        """
        ask, facts = self.ask(task)
        outcome: Future[Outcome] = Future()

        def finish(answered: Future[Reply]) -> None:
            try:
                outcome.set_result(self._outcome(answered, task, facts))
            except BaseException as error:
                outcome.set_exception(error)

        self.endpoint.submit(ask).add_done_callback(finish)
        return outcome

    def estimate(self, tasks: Iterable[Task]) -> Estimate:
        """Calls, tokens and cost of the first attempts at some tasks."""
        return self.endpoint.estimate(self.ask(task)[0] for task in tasks)

    def close(self) -> None:
        self.endpoint.close()

    def _outcome(self, answered: Future[Reply], task: Task, facts: Block) -> Outcome:
        try:
            reply = answered.result()
        except ModelFailed as error:
            return Failure("MODEL_FAILED", str(error))
        except Deferred as error:
            return Waiting(error.request)
        return understood(reply, task.pack, facts, answer_visible=self.settings.show_answer)


def understood(reply: Reply, pack: FactPack, facts: Block, *, answer_visible: bool = False) -> Draft | Failure:
    """A reply as a draft, or what is wrong with it."""

    def failed(code: str, detail: str) -> Failure:
        tokens = reply.tokens_in + reply.tokens_out
        return Failure(code, detail, reply.text, reply.request, tokens, reply.cost)

    if reply.finish == "content_filter":
        return failed("MODEL_FILTERED", "the endpoint's filter withheld the reply")
    if reply.finish == "refusal" or _REFUSAL.match(reply.text):
        return failed("MODEL_REFUSED", f"the model declined: {reply.text[:200]}")
    if not reply.text.strip():
        return failed("MODEL_EMPTY", f"the reply is empty ({reply.finish})")
    found = salvage(reply.text)
    told = _steps(found) if found is not None else None
    if found is None or told is None:
        cut = reply.finish == "length"
        return failed("FMT_TRUNC" if cut else "FMT_PARSE", "no object with steps can be read from the reply")
    choice, alternative = found.get("choice"), found.get("alternative", "")
    if not isinstance(choice, str) or (choice != facts.gold and choice not in facts.weighed):
        return failed("FMT_PARSE", f"the choice {choice!r} was not offered")
    if choice != facts.gold:
        return failed("LBL_GOLD", f"the model chose {facts.meaning[choice]}, not {pack.gold}")
    other = facts.weighed.get(alternative) if isinstance(alternative, str) else None
    if alternative and other is None:
        return failed("FMT_PARSE", f"the alternative {alternative!r} was not offered, or is the choice itself")
    names = _renamed(facts, pack, [ref for step in told for ref in step.refs])
    steps = tuple(Step(step.kind, step.text, tuple(names[ref] for ref in step.refs)) for step in told)
    return Draft(
        steps=steps,
        aliases={names[ref]: facts.meaning[ref] for ref in names if ref in facts.meaning},
        finish=reply.finish,
        answer_visible=answer_visible,
        diagnosis=None if answer_visible else pack.gold,
        distractors=(other,) if other else (),
        request=reply.request,
        tokens=reply.tokens_in + reply.tokens_out,
        cost=reply.cost,
    )


def _steps(found: dict[str, Any]) -> list[Step] | None:
    """The steps of a reply as it told them, or None where they are none."""
    rows = found.get("steps")
    if not isinstance(rows, list) or not rows:
        return None
    told = []
    for row in rows:
        kind, text, refs = (row.get(key) for key in ("kind", "text", "refs")) if isinstance(row, dict) else (None,) * 3
        if not isinstance(kind, str) or kind not in set(StepKind) or not isinstance(text, str):
            return None
        if not isinstance(refs, list) or len(refs) > _REFS or not all(isinstance(ref, str) for ref in refs):
            return None
        told.append(Step(StepKind(kind), tidy(text), tuple(dict.fromkeys(map(writable, refs)))))
    return told


def tidy(text: str) -> str:
    """White space made even, aliases in brackets left out, quotation marks curled, as a quotation is looked for."""
    return _QUOTED.sub(r"“\1”", _BRACKETED.sub("", " ".join(writable(text).split())))


def _renamed(facts: Block, pack: FactPack, refs: Sequence[str]) -> dict[str, str]:
    """A request's aliases -> those that every row of these facts has (`aliases_of`).

    What is not among them, a group above another disease for one, gets the next free name; so does an alias that
    stands for nothing, and the checks find that it still does.
    """
    own = aliases_of(pack)
    names: dict[str, str] = {}
    taken = set(own.values())
    for ref in dict.fromkeys(refs):
        meant = facts.meaning.get(ref)
        free = (f"{ref[:1]}{place}" for place in count(1))
        names[ref] = own.get(meant or "") or next(name for name in free if name not in taken)
        taken.add(names[ref])
    return names


def _digest(settings: ModelSettings, passages: Mapping[str, Sequence[Passage]]) -> str:
    """Eight digits for the settings and textbooks that change what is written."""
    kept = settings.model_dump(
        mode="json",
        include={"sees", "max_pixels", "temperature", "max_tokens", "structured", "omit", "extra", "show_answer"},
    )
    books = {concept: [passage.id for passage in held] for concept, held in passages.items()}
    return hashlib.sha256(json.dumps([kept, books], sort_keys=True).encode()).hexdigest()[:8]
