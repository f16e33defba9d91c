"""Baselines that never look at the image. A model that does not beat them has learned nothing from pictures."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import numpy as np

from kg_service.core.case import Case
from kg_service.core.knowledge import Knowledge

from ..backends import FunctionBackend
from ..prediction import Request
from .linear import fit
from .scribe import Beliefs, Scribe


def majority(train: Sequence[Case], knowledge: Knowledge) -> FunctionBackend:
    """Always the most frequent gold of the training cases, or the option that was most frequent."""
    scribe = Scribe(train, knowledge)
    return FunctionBackend(
        lambda request: scribe.answer(request, scribe.prior, "The most frequent diagnosis."),
        scribe.fingerprint("majority"),
    )


def chance(train: Sequence[Case], knowledge: Knowledge, *, seed: int = 0) -> FunctionBackend:
    """The gold of a training case drawn at random, each label as often as it was seen; so too among options."""
    scribe = Scribe(train, knowledge)

    def answer(request: Request) -> str:
        draw, rationale = _draw(seed, request), "A diagnosis drawn at random."
        if request.options is None:
            drawn = draw.choice(scribe.golds)
            return scribe.name(request, drawn, rationale)
        worth = scribe.worth(request.options, scribe.prior)
        weights = worth if sum(worth) else [1.0] * len(worth)
        return scribe.choose(request, draw.choices(range(len(worth)), weights)[0], rationale)

    return FunctionBackend(answer, scribe.fingerprint(f"chance/{seed}"))


def uniform(train: Sequence[Case], knowledge: Knowledge, *, seed: int = 0) -> FunctionBackend:
    """Any option, or any gold there is, with equal chances."""
    scribe = Scribe(train, knowledge)

    def answer(request: Request) -> str:
        draw, rationale = _draw(seed, request), "Any answer is as good as another."
        if request.options is None:
            return scribe.name(request, draw.choice(list(scribe.prior)), rationale)
        return scribe.choose(request, draw.randrange(len(request.options)), rationale)

    return FunctionBackend(answer, scribe.fingerprint(f"random/{seed}"))


def position(train: Sequence[Case], knowledge: Knowledge, *, place: int = 0) -> FunctionBackend:
    """Always the option at one place, the last where there are fewer. Without options, the most frequent gold."""
    scribe = Scribe(train, knowledge)

    def answer(request: Request) -> str:
        rationale = "Always the same place."
        if request.options is None:
            return scribe.answer(request, scribe.prior, rationale)
        return scribe.choose(request, min(place, len(request.options) - 1), rationale)

    return FunctionBackend(answer, scribe.fingerprint(f"position/{place}"))


def most_specific(train: Sequence[Case], knowledge: Knowledge) -> FunctionBackend:
    """The deepest of the options or golds: where groups are offered beside diseases, depth gives the gold away."""
    scribe = Scribe(train, knowledge)

    def deep(concept: str) -> float:
        return knowledge.level(concept)

    return FunctionBackend(lambda request: _by(scribe, request, deep), scribe.fingerprint("most_specific"))


def ddx_hub(train: Sequence[Case], knowledge: Knowledge) -> FunctionBackend:
    """The option or gold with most differentials: distractors drawn around a gold may show it as their middle."""
    scribe = Scribe(train, knowledge)

    def degree(concept: str) -> float:
        return len(knowledge.ddx.neighbour_ids(concept))

    return FunctionBackend(lambda request: _by(scribe, request, degree), scribe.fingerprint("ddx_hub"))


def none_of_the_above(train: Sequence[Case], knowledge: Knowledge) -> FunctionBackend:
    """Always abstains: what is to be had for saying nothing."""
    scribe = Scribe(train, knowledge)
    return FunctionBackend(
        lambda request: scribe.abstain(request, "None of these can be said for sure."),
        scribe.fingerprint("none_of_the_above"),
    )


def text_only(train: Sequence[Case], knowledge: Knowledge, tested: Sequence[Case]) -> FunctionBackend:
    """Logistic regression on age, sex and site: what can be known without an image.

    Args:
        tested: the cases that will be asked about.
    """
    from sklearn.feature_extraction import DictVectorizer

    scribe = Scribe(train, knowledge)
    vectors = DictVectorizer(sparse=False)
    features = np.asarray(vectors.fit_transform([told(case) for case in train]))
    model = fit(features, scribe.golds, scribe.groups)
    weights = model.beliefs(np.asarray(vectors.transform([told(case) for case in tested])))
    known: dict[str, Beliefs] = dict(zip((case.id for case in tested), weights, strict=True))
    return FunctionBackend(
        lambda request: scribe.answer(request, known[request.case_id], "From age, sex and site alone."),
        scribe.fingerprint("text_only"),
    )


def told(case: Case) -> dict[str, float]:
    """What is stated about a case besides its image: a decade of age, sex and site, each a feature of its own."""
    age = "" if case.age is None else f"{int(case.age // 10)}0s"
    return {f"age={age}": 1.0, f"sex={case.sex}": 1.0, f"site={case.site}": 1.0}


def _draw(seed: int, request: Request) -> random.Random:
    """Of the whole question: drawn by the case alone, the two orders of a pair would get the same place."""
    return random.Random(f"{seed}/{request.case_id}/{request.prompt}/{request.look}/{request.sample}")


def _by(scribe: Scribe, request: Request, rank: Callable[[str], float]) -> str:
    """The option or gold of the highest rank, of equals the one most frequent in training."""
    rationale = "The answer most likely by its place in the graph."
    if request.options is None:
        gold = max(scribe.prior, key=lambda one: (rank(one), scribe.prior[one]))
        return scribe.name(request, gold, rationale)
    worth = scribe.worth(request.options, scribe.prior)
    ranks = [rank(concept) if concept else -1.0 for concept in scribe.concepts(request.options)]
    place = max(range(len(ranks)), key=lambda at: (ranks[at], worth[at]))
    return scribe.choose(request, place, rationale)
