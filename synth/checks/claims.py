"""What a sentence claims of a sign: of the picture or of a disease, for or against it, there or not.

Templates say one thing in a sentence. A language model says "scale is greasy in A, whereas it is dry in B" and "unlike
B, it lacks a border": its sentences are cut into clauses, and a clause that can be read in two ways is refused.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from kg_service.core.mentions import Mention

from ..reading import REMEMBERED, Sentence
from ..writers.phrases import IN_GENERAL, SPEAKS_AGAINST


@dataclass(frozen=True, slots=True)
class Claim:
    """One feature as one clause puts it.

    `about` is the disease the clause sets it beside: the distractor in a comparison, the named disease in general
    knowledge, otherwise nothing (the clause is about the picture and so about the gold). `unclear` says why the clause
    cannot be bound to one disease or one polarity.
    """

    feature: str
    negated: bool
    general: bool
    about: str
    against: bool
    unclear: str = ""


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a sentence that says one thing, with what its own words make of the signs it names."""

    concepts: tuple[Mention, ...]
    features: tuple[Mention, ...]
    general: bool
    against: bool
    here: bool = False
    unlike: bool = False
    expects: bool = False
    relative: bool = False
    denies: bool = False
    subject: str = ""
    twice: bool = False
    absorbs: bool = False
    favours: bool = False


# Where a model's sentence turns to something else.
_TURN = re.compile(
    r"[,:]?\s+(?=(?:but|while|whilst|whereas|although|though|yet|however|except|without|unlike|in contrast|as opposed"
    r"|with no|with neither|lacking|and (?:no|not|without|lacks?|lacking|neither)|nor|rather than|instead of)\b)"
    r"|,\s*(?=(?:which|that|this|these|whose|so|making|arguing|speaking|favou?ring|and (?:the|this|it|in))\b)"
    r"|\s[—–-]\s",
    re.IGNORECASE,
)
_SUBORDINATE = re.compile(r"^\W*(?:while|whilst|whereas|although|though|unlike|in contrast to|as opposed to)\b", re.I)
_TRAILING = re.compile(r"^\W*(?:which|that|this|these|so|making|arguing|speaking|favou?ring|and)\b", re.I)
_GENERAL = re.compile(
    r"\b(typical|typically|known for|as a rule|in general|generally|usually|often|commonly|frequently|classically"
    r"|classic|characteristically|characteristic|hallmark|tends? to|by definition|normally|predominantly)\b",
    re.I,
)
_HERE = re.compile(
    r"\b(here|seen|found|detected|identified|made out|(?:is|are) (?:\w+ly |also )?present"
    r"|visible|observed|noted|evident|apparent|i see|i note|i find|there (?:is|are)"
    r"|(?:this|the|our) (?:lesion|image|picture|photo|photograph|patient|case|skin)|in this|at hand|we see|one sees)\b",
    re.I,
)
_AGAINST = re.compile(
    r"\b(?:against|unlikely|foreign|unexplained"
    r"|not (?:typical|characteristic|expected|explained|consistent|compatible|usual|in keeping)"
    r"|does not (?:fit|explain|account|support|favou?r|match)|do not (?:fit|support|favou?r|match)"
    r"|cannot (?:explain|account)|unexpected|unusual|atypical (?:of|for)|inconsistent|incompatible|less likely"
    r"|improbable|rul(?:es?|ed|ing) out|exclud(?:es?|ed|ing)|argu(?:es?|ing) away|distinguish(?:es|ed)?"
    r"|differentiat(?:es?|ed)|sets? (?:it|this) apart"
    r"|which\s+(?:\w+ly |often )?(?:lacks?|(?:does|would) not (?:show|have)))\b",
    re.I,
)
_EXPECTS = re.compile(
    r"\b(?:would|should|ought to|one would) (?:\w+ )?(?:show|have|present|display|exhibit|feature|be (?:expected|seen|"
    r"present|found)|expect)\b|\b(?:is|are) (?:to be )?expected\b",
    re.I,
)
# "Silvery scale, which A would show": it is there. "A would show silvery scale": it is not.
_RELATIVE = re.compile(r"\b(?:which|that|as)\b", re.I)
_DENIES = re.compile(
    r"\b(?:no|not|never|none|neither|nor|without|lack(?:s|ing|ed)?|absent|absence|missing|wanting|fails?|free of|devoid"
    r"|cannot|hardly|barely|rather than|instead of|n't|nowhere|spared|spares|minus)\b|n't\b",
    re.I,
)
# A denial that is part of the verdict: "does not explain the scale" leaves the scale where it was.
_VERDICT = re.compile(r"\b(?:not|cannot)\b", re.I)
_IN_FAVOUR = re.compile(
    r"\b(?:supports?|fits?|suggests?|favou?rs?|points?|speaks? for|for|consistent|compatible|explains?|in keeping"
    r"|because|due|hence|therefore|match\w*|resembles?|mimics?|typical|characteristic|it|its)\b",
    re.I,
)
_UNLIKE = re.compile(r"^\W*(?:unlike|in contrast (?:to|with)|as opposed to|in contradistinction to)\b", re.I)
# What may follow a disease that the rest of the clause describes, and what may join a sign to the disease it is of.
_SAYS = re.compile(
    r"^\W*(?:\w+ly |often |as a rule )?(?:shows?|(?:has|have)(?! been| to)|lacks?|features|exhibits?|displays?"
    r"|(?:presents?|comes?) (?:\w+ly )?(?:with|as)|tends? to (?:show|have|present)|would|should"
    r"|(?:is|are) (?:\w+ly )?(?:characteri[sz]ed|marked|known|defined|recogni[sz]ed))\b",
    re.I,
)
_IS_OF = re.compile(
    r"^\W*(?:(?:and|or)\W+)*(?:is|are) (?:\w+ly )?(?:characteristic|typical|classic|common|usual|expected|a hallmark"
    r"|hallmarks|signs?) (?:of|in|for)\W*$",
    re.I,
)
_RULE = re.compile(r"^\W*(?:typical (?:of|for)|characteristic (?:of|for)|as a rule|in general)\b", re.I)
_TWICE = re.compile(
    r"\b(?:not (?:un\w+|against|rule|exclude)|(?:does|do|did|can|could) ?not (?:be )?(?:argue|speak|count|rule[sd]?"
    r"|exclude[ds]?)|hardly (?:argues?|speaks?|counts?)|no (?:argument|reason)|nor against)\b",
    re.I,
)


@lru_cache(maxsize=REMEMBERED)
def clauses(sentence: Sentence, templates: bool) -> tuple[Clause, ...]:
    """The clauses of a sentence, in their order. A template's sentence is one."""
    rest = sentence.rest
    if templates:
        general = bool(IN_GENERAL.search(rest)) and bool(sentence.concepts)
        return (Clause(sentence.concepts, sentence.features, general, bool(SPEAKS_AGAINST.search(rest))),)
    return tuple(_clause(sentence, start, end) for start, end in _spans(sentence))


def _spans(sentence: Sentence) -> list[tuple[int, int]]:
    """Where the clauses of a model's sentence begin and end."""
    rest = sentence.rest
    cuts = sorted({match.end() for match in _TURN.finditer(rest)} - {0})
    spans: list[tuple[int, int]] = []
    for start, end in zip([0, *cuts], [*cuts, len(rest)], strict=True):
        comma = rest.find(",", start, end) if _SUBORDINATE.match(rest[start:end]) else -1
        spans += [(start, comma + 1), (comma + 1, end)] if 0 <= comma < end - 2 else [(start, end)]
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        bare = not any(start <= m.start < end for m in sentence.features)
        if joined and bare and _TRAILING.match(rest[start:end]):  # ", which argues against it" is of what came before
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def _clause(sentence: Sentence, start: int, end: int) -> Clause:
    rest = sentence.rest[start:end]
    concepts = tuple(m for m in sentence.concepts if start <= m.start < end)
    features = tuple(m for m in sentence.features if start <= m.start < end)
    subject = _subject(sentence.rest, start, end, concepts, features) if concepts and features else ""
    verdict = _AGAINST.search(rest)
    denies = bool(_DENIES.search(_AGAINST.sub(" ", rest)))
    return Clause(
        concepts,
        features,
        general=bool(_GENERAL.search(rest)),
        against=bool(verdict),
        here=bool(_HERE.search(rest)),
        unlike=bool(_UNLIKE.match(rest)),
        expects=bool(_EXPECTS.search(rest)),
        relative=bool(_RELATIVE.search(rest)),
        denies=denies,
        subject=subject,
        twice=bool(_TWICE.search(rest)),
        absorbs=bool(verdict and _VERDICT.search(verdict.group())) and not denies,
        favours=bool(_IN_FAVOUR.search(rest)),
    )


def _subject(rest: str, start: int, end: int, concepts: Sequence[Mention], features: Sequence[Mention]) -> str:
    """The disease that a clause describes, in which its signs are told of the disease and not of the picture."""
    concept = concepts[0]
    if concept.start < features[0].start:
        before = rest[start : concept.start]
        described = _SAYS.match(rest[concept.end : end]) or _RULE.match(before) or re.match(r"^\W*in\W*$", before, re.I)
    else:
        described = _IS_OF.match(rest[features[0].end : concept.start]) or _RULE.match(rest[start:end])
    return concept.id if described else ""


def of_templates(sentences: Sequence[Sentence], gold: str, compares: bool) -> Iterator[Claim]:
    """What a template's step claims. `compares`: it weighs a distractor, and "it" goes on about the one named last."""
    about = ""
    for sentence in sentences:
        about, found = _told(sentence, gold, compares, about)
        yield from found


@lru_cache(maxsize=REMEMBERED)
def _told(sentence: Sentence, gold: str, compares: bool, about: str) -> tuple[str, tuple[Claim, ...]]:
    """The disease that a template's sentence leaves for "it" to go on about, and its claims."""
    (clause,) = clauses(sentence, True)
    named = [m.id for m in clause.concepts if m.id != gold or clause.general]
    about = named[0] if named else about if compares else ""
    compared = about if clause.general or compares else ""
    return about, tuple(
        Claim(mention.id, mention.negated, clause.general, compared, clause.against) for mention in clause.features
    )


def of_model(sentences: Sequence[Sentence], gold: str, offered: Collection[str], compares: bool) -> Iterator[Claim]:
    """What a model's step claims, clause by clause; what a clause leaves open is said to be unclear."""
    about = ""
    for sentence in sentences:
        if not compares:
            about = ""
        general = unlike = False
        for clause in clauses(sentence, False):
            named = list(dict.fromkeys(m.id for m in clause.concepts if m.id == gold or m.id in offered))
            about = named[0] if named else about
            rival = about if about != gold else ""
            unlike = clause.unlike or (unlike and not named)
            if named or clause.here or unlike:
                # Of the gold only what is said to be the rule is no claim about this picture.
                told_of = clause.subject == about and (about != gold or clause.general)
                general = bool(about) and told_of and not (clause.here or unlike)
            unclear = _unclear(clause, named)
            against = clause.against or unlike
            beside = bool(named) or not clause.here or clause.favours
            for mention in clause.features:
                negated = mention.negated and not clause.absorbs
                if unclear:
                    yield Claim(mention.id, negated, False, "", False, unclear)
                elif rival and clause.expects and not against and (negated or not (clause.here or clause.relative)):
                    yield Claim(mention.id, True, False, rival, True)  # D would show it: it is not here
                elif general and not against:
                    yield Claim(mention.id, negated, True, about, False)
                else:
                    compared = rival if against or (compares and beside) else ""
                    yield Claim(mention.id, negated, False, compared, against)


def _unclear(clause: Clause, named: Sequence[str]) -> str:
    """Why one cannot say what a clause claims; empty where one can."""
    if not clause.features:
        return ""
    if clause.twice:
        return "denies a denial, and what is left cannot be made out"
    if len(named) > 1:
        return "names two diseases beside a sign, and which of them it is told of cannot be made out"
    if clause.denies and not all(mention.negated for mention in clause.features):
        return "denies something, and what it denies cannot be made out"
    if not (clause.denies or clause.absorbs) and any(mention.negated for mention in clause.features):
        return "stands under a denial from elsewhere, and how far that reaches cannot be made out"
    if (clause.expects or clause.unlike) and not named and any(not mention.negated for mention in clause.features):
        return "" if clause.against else "expects a sign, and of which disease cannot be made out"
    return ""
