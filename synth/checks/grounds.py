"""Checks that bind words to sources: CITE_EXISTS CITE_QUOTE CITE_ABOUT REF_TEXT SENT_GROUND LEAK_EARLY LEAK_PROMPT."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kg_service.core.answer import instruction
from kg_service.core.fold import basic, fold
from kg_service.core.trajectory import Kind, StepKind

from ..reading import quotations
from ..writers.phrases import VOCABULARY
from .shape import _CONDITION
from .subject import Subject


def cite_exists(subject: Subject) -> Iterator[str]:
    """Every reference resolves, passages to passages of the fact pack; who quotes, cites."""
    held = {passage.id for passage in subject.pack.passages}
    known = {c for c, _ in subject.pack.profiles} | {f for _, rows in subject.pack.profiles for f, _ in rows} | held
    for step in subject.trajectory.steps:
        for ref in step.refs:
            meant = subject.trajectory.aliases.get(ref)
            if meant is None:
                yield f"the reference {ref} of the {step.kind} step resolves to nothing"
            elif meant not in known or (ref.startswith("P") and meant not in held):
                yield f"the reference {ref} of the {step.kind} step means {meant}, which the facts do not hold"
        if quotations(step.text) and not subject.cited(step) & held:
            yield f"the {step.kind} step quotes and cites no passage"


def cite_quote(subject: Subject) -> Iterator[str]:
    """Every quoted span stands in a cited passage, up to case, spelling and white space."""
    texts = {passage.id: fold(passage.text) for passage in subject.pack.passages}
    for step in subject.trajectory.steps:
        sources = [texts[id_] for id_ in subject.cited(step) if id_ in texts]
        for quoted in quotations(step.text):
            if sources and not any(f" {fold(quoted)} " in f" {source} " for source in sources):
                yield f"the quotation {quoted[:60]!r} is not in the cited passage"
        if not quotations(step.text) and sources:
            yield f"the {step.kind} step cites a passage and quotes nothing"


def cite_about(subject: Subject) -> Iterator[str]:
    """A cited passage is about the gold or what stands above it, by its heading."""
    line = {subject.case.gold, *subject.knowledge.ancestors(subject.case.gold)}
    by_id = {passage.id: passage for passage in subject.pack.passages}
    for step in subject.trajectory.steps:
        for id_ in subject.cited(step):
            if id_ in by_id and not subject.reader.named(by_id[id_].heading) & line:
                yield f"the cited passage {by_id[id_].heading!r} is not about {subject.case.gold}"


def ref_text(subject: Subject) -> Iterator[str]:
    """What a step names is what it cites, both ways."""
    held = {passage.id for passage in subject.pack.passages}
    for step, sentences in subject.sentences:
        named = {m.id for sentence in sentences for m in (*sentence.concepts, *sentence.features)}
        cited = subject.cited(step) - held
        for id_ in sorted(named - cited):
            yield f"the {step.kind} step names {id_} and does not cite it"
        for id_ in sorted(cited - named):
            yield f"the {step.kind} step cites {id_} and does not name it"


_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*|\d+(?:\.\d+)?")


def sent_ground(subject: Subject) -> Iterator[str]:
    """Every sentence rests on something cited, quoted or recorded; a template brings no word of its own.

    For a model's text only the first half can be asked, and only of most sentences.
    """
    case = subject.case
    age = "" if case.age is None else f"{case.age:.0f}"
    recorded = {*_WORD.findall(case.site.lower()), *_WORD.findall(case.sex.lower()), age} - {""}
    bare: list[str] = []
    count = 0
    for _, sentences in subject.sentences:
        for sentence in sentences:
            count += 1
            rest = sentence.rest.lower()
            words = _WORD.findall(_CONDITION.sub(" ", rest))
            rests_on = (
                sentence.concepts
                or sentence.features
                or quotations(sentence.text)
                or _CONDITION.search(rest)
                or recorded & set(words)
            )
            if not rests_on:
                bare.append(sentence.text)
            elif subject.templates and (foreign := [w for w in words if w not in VOCABULARY and w not in recorded]):
                yield f"{', '.join(foreign)!r} in {sentence.text!r} comes from nowhere"
    if subject.templates and bare:
        yield f"{bare[0]!r} rests on nothing"
    elif bare and len(bare) > 0.2 * count:
        yield f"{len(bare)} of {count} sentences rest on nothing"


_SOURCE = re.compile(
    r"\b(as given|given (label|diagnosis|answer)|reference answer|ground truth|gold|correct answer|knowledge graph"
    r"|the label|annotat\w+|fact pack|provided (facts|diagnosis|label))\b",
    re.IGNORECASE,
)


def leak_early(subject: Subject) -> Iterator[str]:
    """The gold is not named before the conclusion, KEEP's first impression apart; nothing says where it came from."""
    gold = subject.case.gold
    below = set(subject.knowledge.descendants(gold))
    if match := _SOURCE.search(subject.rationale):
        yield f"{match.group()!r} tells that the answer was known"
    for step, sentences in subject.sentences:
        if step.kind is StepKind.CONCLUDE or (step.kind is StepKind.OBSERVE and subject.kind is Kind.KEEP):
            continue
        named = {m.id for sentence in sentences for m in sentence.concepts}
        named |= {id_ for quoted in quotations(step.text) for id_ in subject.reader.named(quoted)}
        for concept in sorted(named & {gold, *below}):
            yield f"the {step.kind} step already names {concept}"


_PROMPT = re.compile(
    r"(\b[CFNP]\d{1,3}\b|\bas an ai\b|\blanguage model\b|\bjson\b|\bdistractors?\b|\balias(es)?\b|\bsystem prompt\b"
    r"|\binstructions?\b|\bplaceholder\b|</?\w+>|\{\w*\}|\[\w+\])",
    re.IGNORECASE,
)


_QUESTION = basic(instruction())[:24]


def leak_prompt(subject: Subject) -> Iterator[str]:
    """Nothing of the request shines through: aliases, tags, slots, or the question itself."""
    text = subject.rationale
    if match := _PROMPT.search(text):
        yield f"{match.group()!r} belongs to the request, not to the reasoning"
    if _QUESTION in basic(text):
        yield "the question is repeated"
