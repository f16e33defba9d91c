"""Checks of form: FMT_PARSE FMT_TRUNC LEN_BOUNDS LBL_GOLD MALIG."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from kg_service.core.answer import Malformed
from kg_service.core.labels import Resolved
from kg_service.core.trajectory import Step, StepKind

from ..reading import REMEMBERED, Sentence
from .subject import Subject, joined

BOUNDS = {"brief": (1, 30), "full": (8, 260)}  # words of the rationale
# What a student must not learn to write, and what would hide a word from every other check: controls and marks without
# a width, letters of other alphabets that look like ours (a Greek one may stand alone, and µ before its unit), markup,
# addresses.
_ODD = re.compile(
    r"[^\n\x20-\x7e\xa0-\xac\xae-\u024f\u0370-\u03ff\u1e00-\u1eff\u2000-\u200a\u2010-\u2027\u202f-\u205e"
    r"\u2070-\u209f\u2150-\u218f\u2190-\u22ff\ufb00-\ufb06]"
    r"|[A-Za-z][\u0370-\u03bb\u03bd-\u03ff]|[\u0370-\u03bb\u03bd-\u03ff][A-Za-z]"
    r"|<[|/!A-Za-z]|\*\*|^#|(?i:https?:|www\.)"
)


def fmt_parse(subject: Subject) -> Iterator[str]:
    """The reply is an answer, its rationale is exactly the steps, and these are plain text."""
    answer = subject.answer
    if isinstance(answer, Malformed):
        yield f"the reply is malformed: {answer.reason}"
    elif answer.rationale != joined(subject.trajectory.steps):
        yield "the rationale of the reply is not the text of the steps"
    for step in subject.trajectory.steps:
        if odd := _ODD.search(step.text):
            yield f"the {step.kind} step holds {odd.group()!r}, which is no plain text"


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


# Words that settle a diagnosis, in a step before the conclusion, and words that unsettle it in the conclusion.
_SETTLES = re.compile(
    r"\b(?:final(?:ly)?|conclu\w+|diagnosis (?:is|of|must be|remains)|best (?:fit|explanation|explained)|confirm\w*"
    r"|most likely|answer)\b",
    re.IGNORECASE,
)
_UNSETTLES = re.compile(
    r"\b(?:not|never|unlikely|improbable|excluded|ruled out|against|rather than|instead of|cannot be|no longer"
    r"|doubt\w*|hardly|anything but|far from|less likely|questionable)\b",
    re.IGNORECASE,
)


def lbl_gold(subject: Subject) -> Iterator[str]:
    """The diagnosis is the gold; a conclusion names the gold and no other disease, and no step settles on another."""
    gold = subject.case.gold
    if not isinstance(subject.answer, Malformed):
        found = subject.knowledge.resolve(subject.answer.diagnosis)
        if not isinstance(found, Resolved) or found.concept != gold:
            yield f"the diagnosis {subject.answer.diagnosis!r} is not {gold}"
    for step, sentences in subject.sentences:
        if step.kind is StepKind.CONCLUDE:
            named = {mention.id for sentence in sentences for mention in sentence.concepts}
            if named != {gold}:
                yield f"the conclusion names {', '.join(sorted(named)) or 'no disease'}, not {gold} alone"
        yield from _settled(subject, step, sentences)


@lru_cache(maxsize=REMEMBERED)
def _verdict(sentence: Sentence) -> tuple[bool, bool]:
    """Whether a sentence has words that settle a diagnosis, and words that unsettle it."""
    return bool(_SETTLES.search(sentence.rest)), bool(_UNSETTLES.search(sentence.rest))


def _settled(subject: Subject, step: Step, sentences: Sequence[Sentence]) -> Iterator[str]:
    """What the words around the names make of the diagnosis."""
    for sentence in sentences:
        if not sentence.concepts:
            continue
        settles, unsettles = _verdict(sentence)
        if step.kind is StepKind.CONCLUDE:
            denied = any(mention.negated for mention in sentence.concepts)
            if denied or (unsettles and not sentence.features):
                yield f"the conclusion takes back what it names: {sentence.text!r}"
        elif settles and not unsettles:
            for other in sorted({mention.id for mention in sentence.concepts} & subject.offered):
                yield f"the {step.kind} step settles on {other}"


# Every word that says what kind of lesion it is, and which kind.
_MEANS = {
    "precancerous or in situ": "precancerous or in situ",
    r"(?:pre-?|potentially |not yet )(?:cancer(?:ous|s)?|malignan(?:t|cy))": "precancerous or in situ",
    r"(?:carcinoma |melanoma )?in situ": "precancerous or in situ",
    r"intraepi(?:thelial|dermal)": "precancerous or in situ",
    r"non-?neoplastic": "non-neoplastic",
    r"non-?(?:cancerous|malignant)": "not malignant",
    r"malignan(?:t|cy|cies)": "malignant",
    r"cancer(?:ous|s)?": "malignant",
    r"invasive(?:ness)?": "malignant",
    r"(?:carcinoma|sarcoma|lymphoma|metastas[ei]s)(?:s|ta)?": "malignant",
    r"metasta(?:tic|si[sz]e[sd]?)": "malignant",
    r"aggressive(?:ness)?|dangerous|life-threatening|deadly|fatal": "malignant",
    r"tumou?rs?|neoplasms?|neoplastic": "neoplastic",
    r"benign(?:ity)?": "benign",
    r"harmless|innocent|innocuous": "benign",
}
_CONDITION = re.compile(rf"\b(?:{'|'.join(_MEANS)})\b", re.IGNORECASE)
_KINDS = tuple((re.compile(pattern, re.IGNORECASE), meant) for pattern, meant in _MEANS.items())
_DENIED = re.compile(
    r"\b(?:not|never|no|nor|neither|without|hardly|rather than|instead of|excludes?|rules? out|unlikely|rarely|becom\w+"
    r"|far from|free of)\b[^.;:,]{0,30}$",
    re.IGNORECASE,
)
# What is called not malignant may be a rash, and a tumor is everything but that.
_WIDER = {
    "not malignant": frozenset({"benign", "non-neoplastic"}),
    "neoplastic": frozenset({"benign", "precancerous or in situ", "malignant"}),
}


@lru_cache(maxsize=REMEMBERED)
def conditions(sentence: Sentence) -> tuple[tuple[str, str, bool], ...]:
    """What a sentence says of the condition: (the words, the condition they mean, whether it is denied)."""
    found = []
    for match in _CONDITION.finditer(sentence.rest):
        meant = next(meant for pattern, meant in _KINDS if pattern.fullmatch(match.group()))
        found.append((match.group(), meant, bool(_DENIED.search(sentence.rest[: match.start()]))))
    return tuple(found)


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
            for words, meant, denied in conditions(sentence):
                if denied or wanted.value not in _WIDER.get(meant, {meant}):
                    yield f"the text says {words!r}, and the case is {wanted.value!r}"
