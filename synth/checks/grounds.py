"""Checks that bind words to sources: CITE_EXISTS CITE_QUOTE CITE_ABOUT REF_TEXT SENT_GROUND LEAK_EARLY LEAK_PROMPT."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from kg_service.core.answer import instruction
from kg_service.core.fold import basic, fold
from kg_service.core.trajectory import Kind, StepKind

from ..reading import REMEMBERED, Sentence, quotations
from ..writers.phrases import VOCABULARY
from .shape import conditions
from .subject import Subject


def cite_exists(subject: Subject) -> Iterator[str]:
    """Every reference resolves, passages to passages of the fact pack; who quotes, cites."""
    held = {passage.id for passage in subject.pack.passages}
    concepts = {concept for concept, _ in subject.pack.profiles}
    profiles = [subject.knowledge.profile(concept) for concept, _ in subject.pack.profiles]
    for step in subject.trajectory.steps:
        for ref in step.refs:
            meant = subject.trajectory.aliases.get(ref)
            if meant is None:
                yield f"the reference {ref} of the {step.kind} step resolves to nothing"
            elif meant not in (held if ref.startswith("P") else concepts) and (
                ref.startswith("P") or not any(meant in profile for profile in profiles)
            ):
                yield f"the reference {ref} of the {step.kind} step means {meant}, which the facts do not hold"
        if quotations(step.text) and not subject.cited(step) & held:
            yield f"the {step.kind} step quotes and cites no passage"


_OTHER_MARKS = re.compile(r"[\"„«»‹›]|(?<!\w)[‘'](?=\w[^’']{20,}[’'])")
_folded = lru_cache(maxsize=1 << 10)(fold)


def cite_quote(subject: Subject) -> Iterator[str]:
    """Every quoted span stands in a cited passage, up to case, spelling and white space, and is not too long.

    A book without a licence is not quoted, and other quotation marks than “ and ” hide a quotation from this check.
    """
    texts = {passage.id: _folded(passage.text) for passage in subject.pack.passages}
    longest = {passage.id: passage.quote_words for passage in subject.pack.passages}
    unlicensed = {passage.id for passage in subject.pack.passages if not passage.licence.strip()}
    for step in subject.trajectory.steps:
        if not subject.templates and (match := _OTHER_MARKS.search(step.text)):
            yield f"the {step.kind} step has quotation marks of another kind ({match.group()})"
        cited = [id_ for id_ in sorted(subject.cited(step)) if id_ in texts]
        sources = [texts[id_] for id_ in cited]
        most = max((longest[id_] for id_ in cited), default=0)
        for quoted in quotations(step.text):
            if cited and len(quoted.split()) > most:
                yield f"the quotation {quoted[:60]!r} has more than {most} words"
            if sources and not any(f" {fold(quoted)} " in f" {source} " for source in sources):
                yield f"the quotation {quoted[:60]!r} is not in the cited passage"
        if unlicensed & subject.cited(step):
            yield f"the {step.kind} step quotes a book whose licence is not known"
        if not quotations(step.text) and sources:
            yield f"the {step.kind} step cites a passage and quotes nothing"


def cite_about(subject: Subject) -> Iterator[str]:
    """A cited passage is about the gold or what stands above it."""
    line = {subject.case.gold, *subject.above}
    by_id = {passage.id: passage for passage in subject.pack.passages}
    for step in subject.trajectory.steps:
        for id_ in sorted(subject.cited(step)) if by_id else ():
            if id_ in by_id and by_id[id_].about not in line:
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


@lru_cache(maxsize=REMEMBERED)
def _ground(sentence: Sentence) -> tuple[bool, tuple[str, ...]]:
    """Whether a sentence names or quotes something or tells the condition, and its words that no template has."""
    rest = sentence.rest.lower()
    said = conditions(sentence)
    named = bool(sentence.concepts or sentence.features or said or quotations(sentence.text))
    for words, _, _ in said:
        rest = rest.replace(words.lower(), " ")
    return named, tuple(word for word in _WORD.findall(rest) if word not in VOCABULARY)


# What no record of ours holds: a model that tells of it has made it up.
_UNRECORDED = re.compile(
    r"\b(biops\w+|cultures?|microscopy|histolog\w+|histopatholog\w+|laborator\w+|serolog\w+|swabs?|ultrasound|palpation"
    r"|previous(?:ly)?|before|ago|years|months|weeks|days|since|father|mother|brother|sister|family|treated|treatments?"
    r"|therap\w+|ointment|responded|medications?|travel\w*|injury|complain\w*|reports?|reported|measur\w+|doubled)\b",
    re.IGNORECASE,
)


def sent_ground(subject: Subject) -> Iterator[str]:
    """Every sentence rests on something cited, quoted or recorded; a template brings no word of its own.

    For a model's text only the first half can be asked, and only of most sentences; but no number, test or history may
    come from nowhere in it.
    """
    case = subject.case
    age = "" if case.age is None else f"{case.age:.0f}"
    recorded = {*_WORD.findall(case.site.lower()), *_WORD.findall(case.sex.lower()), age} - {""}
    bare: list[str] = []
    count = 0
    for _, sentences in subject.sentences:
        for sentence in sentences:
            count += 1
            named, foreign = _ground(sentence)
            if not named and not (recorded and recorded & set(_WORD.findall(sentence.rest.lower()))):
                bare.append(sentence.text)
            elif subject.templates:
                if strange := [word for word in foreign if word not in recorded]:
                    yield f"{', '.join(strange)!r} in {sentence.text!r} comes from nowhere"
            elif strange := [word for word in foreign if word[0].isdigit() and word not in recorded]:
                yield f"the number {strange[0]} in {sentence.text!r} comes from nowhere"
            elif made_up := [w for w in foreign if _UNRECORDED.fullmatch(w) and w not in recorded]:
                yield f"{made_up[0]!r} in {sentence.text!r} is of no record"
    if subject.templates and bare:
        yield f"{bare[0]!r} rests on nothing"
    elif bare and len(bare) > 0.2 * count:
        yield f"{len(bare)} of {count} sentences rest on nothing"


_SOURCE = re.compile(
    r"\b(as given|(given|the) (label|answer)|given diagnosis|answer given"
    r"|reference answer|ground truth|gold|correct answer|knowledge graph"
    r"|the label|annotat\w+|fact pack|provided (facts|diagnosis|label)|(correct|right|chosen) (option|choice|candidate)"
    r"|(option|candidate|choice) ([A-D1-9]|number|one|two|three)|the (options|candidates|choices|listed)"
    r"|of the options|among the (options|candidates)|listed (as|findings|signs|diagnos\w+))\b",
    re.IGNORECASE,
)


@lru_cache(maxsize=REMEMBERED)
def _source(sentence: Sentence) -> tuple[str, ...]:
    """The first words of a sentence that tell where the answer came from, if any do."""
    found = _SOURCE.search(sentence.text)
    return (found.group(),) if found else ()


def leak_early(subject: Subject) -> Iterator[str]:
    """The gold is not named before the conclusion, KEEP's first impression apart; nothing says where it came from."""
    gold = subject.case.gold
    told = {gold, *subject.below}
    for step, sentences in subject.sentences:
        for sentence in sentences:
            for words in _source(sentence):
                yield f"{words!r} tells that the answer was known"
        if step.kind is StepKind.CONCLUDE or (step.kind is StepKind.OBSERVE and subject.kind is Kind.KEEP):
            continue
        named = {m.id for sentence in sentences for m in sentence.concepts}
        named |= {id_ for quoted in quotations(step.text) for id_ in subject.reader.named(quoted)}
        for concept in sorted(named & told):
            yield f"the {step.kind} step already names {concept}"


_PROMPT = re.compile(
    r"(\b[CFNP]\d{1,3}\b|\bas an ai\b|\blanguage model\b|\bjson\b|\bdistractors?\b|\balias(es)?\b|\bsystem prompt\b"
    r"|\binstructions?\b|\bplaceholder\b|</?\w+>|\{\w*\}|\[\w+\])",
    re.IGNORECASE,
)


_QUESTION = basic(instruction()).partition(".")[0]


@lru_cache(maxsize=REMEMBERED)
def _of_request(sentence: Sentence) -> tuple[str, ...]:
    """What a sentence holds of the request: words of its form, the beginning of the question every student is asked."""
    found = _PROMPT.search(sentence.text)
    words = (f"{found.group()!r} belongs to the request, not to the reasoning",) if found else ()
    return (*words, "the question is repeated") if _QUESTION in basic(sentence.text) else words


def leak_prompt(subject: Subject) -> Iterator[str]:
    """Nothing of the request shines through: aliases, tags, slots, or the question itself."""
    for _, sentences in subject.sentences:
        for sentence in sentences:
            yield from _of_request(sentence)
