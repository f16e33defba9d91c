"""Checks of form: FMT_PARSE FMT_TRUNC LEN_BOUNDS LBL_GOLD MALIG."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kg_service.core.answer import Malformed
from kg_service.core.labels import Resolved
from kg_service.core.trajectory import StepKind

from .subject import Subject, joined

BOUNDS = {"brief": (1, 30), "full": (8, 260)}  # words of the rationale


def fmt_parse(subject: Subject) -> Iterator[str]:
    """The reply is an answer, and its rationale is exactly the steps."""
    answer = subject.answer
    if isinstance(answer, Malformed):
        yield f"the reply is malformed: {answer.reason}"
    elif answer.rationale != joined(subject.trajectory.steps):
        yield "the rationale of the reply is not the text of the steps"


def fmt_trunc(subject: Subject) -> Iterator[str]:
    """The writer stopped by itself, and no step ends in the middle of a sentence."""
    if subject.finish != "stop":
        yield f"the writer was cut off ({subject.finish})"
    for step in subject.trajectory.steps:
        if not step.text.rstrip().endswith((".", ";", "!", "?", "”")):
            yield f"the {step.kind} step ends without a full stop: …{step.text[-30:]!r}"


def len_bounds(subject: Subject) -> Iterator[str]:
    fewest, most = BOUNDS[subject.style]
    count = len(subject.rationale.split())
    if not fewest <= count <= most:
        yield f"{count} words; {subject.style} rationales have {fewest} to {most}"


def lbl_gold(subject: Subject) -> Iterator[str]:
    """The diagnosis is the gold, and a conclusion names the gold and no other disease."""
    if not isinstance(subject.answer, Malformed):
        found = subject.knowledge.resolve(subject.answer.diagnosis)
        if not isinstance(found, Resolved) or found.concept != subject.case.gold:
            yield f"the diagnosis {subject.answer.diagnosis!r} is not {subject.case.gold}"
    for step, sentences in subject.sentences:
        if step.kind is StepKind.CONCLUDE:
            named = {mention.id for sentence in sentences for mention in sentence.concepts}
            if named != {subject.case.gold}:
                yield f"the conclusion names {', '.join(sorted(named)) or 'no disease'}, not {subject.case.gold} alone"


_CONDITION = re.compile(
    r"\b(?P<not>(?:not|never|no longer|hardly|rather than)\s+(?:a\s+)?)?"
    r"(?P<word>precancerous or in situ|precancerous|premalignant|in situ|malignant|cancerous|non-neoplastic|benign)\b",
    re.IGNORECASE,
)
_MEANS = {
    "precancerous": "precancerous or in situ",
    "premalignant": "precancerous or in situ",
    "in situ": "precancerous or in situ",
    "cancerous": "malignant",
}


def malig(subject: Subject) -> Iterator[str]:
    """Every word about the condition, in the tag and in the text, is the case's."""
    wanted = subject.case.condition or subject.knowledge.condition(subject.case.gold)
    if wanted is None:
        yield f"{subject.case.gold} has no condition of its own, and the case states none"
        return
    if not isinstance(subject.answer, Malformed) and subject.answer.condition is not wanted:
        yield f"the condition is {subject.answer.condition.value!r}, not {wanted.value!r}"
    if subject.trajectory.condition is not wanted:
        yield f"the row says {subject.trajectory.condition.value!r}, not {wanted.value!r}"
    for _, sentences in subject.sentences:
        for sentence in sentences:
            for match in _CONDITION.finditer(sentence.rest):
                word = match["word"].lower()
                if match["not"] or _MEANS.get(word, word) != wanted.value:
                    yield f"the text says {match.group()!r}, and the case is {wanted.value!r}"
