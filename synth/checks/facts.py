"""Checks against the release and the image: HIER_PATH DDX_NEIGHBOR FEAT_KG FEAT_IMG POLARITY DISCRIM."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

from kg_service.core.concept import SHOWN, Polarity
from kg_service.core.ddx import DdxGraph, Via
from kg_service.core.trajectory import Kind, StepKind

from .claims import Claim
from .subject import Subject


def hier_path(subject: Subject) -> Iterator[str]:
    """Every disease of a hierarchy step stands above the gold, each below the one before."""
    above = subject.above
    for step, sentences in subject.sentences:
        if step.kind is not StepKind.HIERARCHY:
            continue
        named = [mention.id for sentence in sentences for mention in sentence.concepts]
        if not named:
            yield "the hierarchy step names no disease"
        for concept in named:
            if concept not in above:
                yield f"{concept} is not above {subject.case.gold}"
        for upper, lower in pairwise(named):
            if upper in above and lower in above and not subject.knowledge.is_ancestor(upper, lower):
                yield f"{upper} does not stand above {lower}"


@lru_cache(maxsize=1 << 12)
def _candidates(ddx: DdxGraph, gold: str) -> tuple[Via, frozenset[str]]:
    via, found = ddx.distractors(gold)
    return via, frozenset(found)


def ddx_neighbor(subject: Subject) -> Iterator[str]:
    """The distractors are what the rule of the DDx graph offers, and no other disease is weighed."""
    gold = subject.case.gold
    if subject.kind is Kind.DIRECT:
        if subject.offered:
            yield "a direct row has no distractor"
    elif not subject.offered:
        yield f"a {subject.kind} row needs a distractor"
    else:
        via, candidates = _candidates(subject.knowledge.ddx, gold)
        for distractor in subject.trajectory.distractors:
            if distractor.concept not in candidates:
                yield f"{distractor.concept} is no candidate for {gold}"
            elif distractor.via != via:
                yield f"{distractor.concept} came via {via}, not {distractor.via}"
    allowed = {gold, *subject.above, *subject.offered}
    for step, sentences in subject.sentences:
        if step.kind is StepKind.HIERARCHY:
            continue  # HIER_PATH
        for sentence in sentences:
            for mention in sentence.concepts:
                if mention.id not in allowed:
                    yield f"the {step.kind} step names {mention.id}, which is neither the gold nor its distractor"
    if subject.kind is not Kind.DIRECT and not any(step.kind is StepKind.DDX for step in subject.trajectory.steps):
        yield f"a {subject.kind} row needs a step that compares"


def feat_kg(subject: Subject) -> Iterator[str]:
    """Each feature belongs to the disease it is told of."""
    for step, claims in subject.claims:
        for claim in claims:
            if claim.negated or claim.unclear:
                continue  # POLARITY
            if not claim.general:
                if not _supports(subject, subject.case.gold, claim.feature):
                    yield f"the {step.kind} step: the release does not give {claim.feature} to {subject.case.gold}"
                if claim.about and not claim.against and not _supports(subject, claim.about, claim.feature):
                    yield f"the {step.kind} step: the release does not give {claim.feature} to {claim.about}"
            elif subject.knowledge.profile(claim.about).get(claim.feature) not in SHOWN:  # the rule, not the exception
                yield f"the {step.kind} step: the release does not give {claim.feature} to {claim.about}"


def _supports(subject: Subject, concept: str, feature: str) -> bool:
    polarity = subject.knowledge.profile(concept).get(feature)
    return polarity is not None and polarity.supports


def feat_img(subject: Subject) -> Iterator[str]:
    """A sign told as seen is annotated on the image; one told as missing was looked for and not found."""
    noted = {finding.feature: finding.present for finding in subject.case.findings}
    for step, claims in subject.claims:
        for claim in claims:
            if claim.general or claim.unclear:
                continue
            if claim.feature not in noted:
                yield f"the {step.kind} step speaks of {claim.feature}, about which nothing is noted on the image"
            elif noted[claim.feature] == claim.negated:
                told, true = ("missing", "seen") if claim.negated else ("seen", "missing")
                yield f"the {step.kind} step tells {claim.feature} as {told}, and it was {true}"


def polarity(subject: Subject) -> Iterator[str]:
    """What is said to be missing, or to speak against a disease, does so in the release."""
    for step, claims in subject.claims:
        for claim in claims:
            problem = _polarity(subject, claim)
            if problem:
                yield f"the {step.kind} step: {problem}"


def _polarity(subject: Subject, claim: Claim) -> str:
    if claim.unclear:
        return f"the clause with {claim.feature} {claim.unclear}"
    here = subject.gold_profile.get(claim.feature)
    there = subject.knowledge.profile(claim.about).get(claim.feature) if claim.about else None
    if claim.general:
        if claim.negated and there is not Polarity.ABSENT:
            return f"{claim.about} is said to lack {claim.feature}, and the release does not say so"
        return ""
    if not claim.about:
        if claim.negated and here in SHOWN:
            return f"{claim.feature} is told as missing, and {subject.case.gold} shows it"
        return ""
    if claim.against:
        if claim.negated and there not in SHOWN:
            return f"no {claim.feature} is held against {claim.about}, which need not show it"
        if not claim.negated and there is not Polarity.ABSENT:
            return f"{claim.feature} is held against {claim.about}, in which it is not absent"
    elif claim.negated:
        return f"no {claim.feature} is told in favour of {claim.about}"
    return ""


def discrim(subject: Subject) -> Iterator[str]:
    """The comparison with each distractor rests on a feature that differs between it and the gold."""
    weighed: dict[str, bool] = {}
    for step, claims in subject.claims:
        if step.kind is not StepKind.DDX:
            continue
        for concept in subject.cited(step) & subject.offered:
            weighed.setdefault(concept, False)
        for claim in claims:
            if claim.about in subject.offered and (claim.against or claim.general):
                there = subject.knowledge.profile(claim.about).get(claim.feature)
                here = subject.gold_profile.get(claim.feature)
                differs = here is not None and there is not None and here is not there
                weighed[claim.about] = weighed.get(claim.about, False) or differs
    for concept, differs in sorted(weighed.items()):
        if not differs:
            yield f"nothing that tells {subject.case.gold} from {concept} is weighed"
