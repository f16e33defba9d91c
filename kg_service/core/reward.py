"""The reward: how much a reply earns against a gold concept (reward contract, section 3).

Three specifications are fixed here: `PAPER` (equations 5 to 8 of arXiv 2511.14900), `RELEASED_CODE` (what the published
code computes on multiple choice) and `SAFE` (ours). Every constant lives in a frozen `RewardSpec` with a digest. The
trainer's callable, the REST endpoint and the evaluation all call `score` or its column form and get equal floats.

One fact carries the granularity term: for a prediction p and a gold g, `meet_level(p, g) == level(p)` exactly when p
is g or an ancestor of g, and `meet_level(p, g) == level(g)` exactly when p is g or a descendant of it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .answer import ABSTAIN, Answer, Dialect, Malformed, parse
from .concept import Condition
from .errors import OptionsInvalid, RequestInvalid
from .fold import basic
from .knowledge import Knowledge
from .labels import Resolution, Resolved
from .mentions import denied_before

Floats = NDArray[np.float64]

# Stand-ins for a row where a diagnosis names no concept, or says that none can be named.
_NOTHING, _ABSTAINED = -1, -2


@dataclass(frozen=True)
class RewardSpec:
    """Every constant of a reward. `digest` names them all and is written into every manifest.

    Weights are the most a term can give. The shares of `SAFE` are relative to `granularity / level(gold)`, which is
    what the coarsest right answer earns, so that the order near miss < abstention < coarsest right answer holds for
    golds of every level.
    """

    name: str
    shape: Literal["level-ratio", "option-rank"] = "level-ratio"
    format: float = 1.0
    granularity: float = 0.75
    condition: float = 0.25
    credit_descendants: bool = False
    near_miss_share: float = 0.0
    abstain_share: float = 0.0
    missed_malignancy_cost: float = 0.0
    missed_precancer_cost: float = 0.0
    false_alarm_cost: float = 0.0
    grounding: float = 0.0

    @cached_property
    def digest(self) -> str:
        """`sha256:…` over every constant."""
        return "sha256:" + hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


PAPER = RewardSpec("paper")
RELEASED_CODE = RewardSpec("released-code", shape="option-rank")
SAFE = RewardSpec(
    "safe",
    format=0.1,
    credit_descendants=True,
    near_miss_share=0.5,
    abstain_share=0.75,
    missed_malignancy_cost=0.5,
    missed_precancer_cost=0.25,
    false_alarm_cost=0.2,
)
SAFE_GROUNDED = replace(SAFE, name="safe-grounded", grounding=0.25)
SPECS = {spec.name: spec for spec in (PAPER, RELEASED_CODE, SAFE, SAFE_GROUNDED)}


@dataclass(frozen=True, slots=True)
class RewardBreakdown:
    """What one reply earned, term by term, and why. A malformed reply has 0 in every term."""

    format: float
    granularity: float
    condition: float
    grounding: float
    total: float
    predicted: str | None = None
    malformed: str | None = None
    resolution: Resolution | None = None
    abstained: bool = False
    condition_scored: bool = True
    answered_condition: Condition | None = None


def score(
    reply: str,
    gold: str,
    knowledge: Knowledge,
    spec: RewardSpec,
    *,
    options: Sequence[str] | None = None,
    condition: Condition | None = None,
    dialect: Dialect = "skin-r1",
    path: Sequence[str] | None = None,
) -> RewardBreakdown:
    """What a reply earns.

    Args:
        reply: the model's whole text.
        gold: concept id, or a label that resolves to one.
        options: labels of a multiple-choice question, in order.
        condition: what the case itself states; otherwise the gold concept's, if it has one.
        path: the case's own path of concept ids for the option-rank shape; otherwise the gold's lineage.

    Raises:
        GoldUnresolved: the gold names no single concept.
        OptionsInvalid: the options are unusable, or the option-rank shape has none on the gold path.
    """
    return score_column(
        [reply],
        [gold],
        knowledge,
        spec,
        options=None if options is None else [options],
        conditions=None if condition is None else [condition],
        dialect=dialect,
        paths=None if path is None else [path],
    )[0]


def score_column(
    replies: Sequence[str],
    golds: Sequence[str],
    knowledge: Knowledge,
    spec: RewardSpec,
    *,
    options: Sequence[Sequence[str] | None] | None = None,
    conditions: Sequence[Condition | None] | None = None,
    dialect: Dialect = "skin-r1",
    paths: Sequence[Sequence[str] | None] | None = None,
) -> list[RewardBreakdown]:
    """`score` over columns of equal length n; returns n breakdowns.

    Raises:
        RequestInvalid: the columns differ in length. Otherwise as `score`.
    """
    count = len(replies)
    columns = {"golds": golds, "options": options, "conditions": conditions, "paths": paths}
    for name, column in columns.items():
        if column is not None and len(column) != count:
            raise RequestInvalid(f"{name} has {len(column)} rows, but there are {count} replies")
    ids = [knowledge.gold(gold) for gold in golds]
    asked = list(options) if options is not None else [None] * count
    stated = list(conditions) if conditions is not None else [None] * count
    answers = [parse(reply, options=offered, dialect=dialect) for reply, offered in zip(replies, asked, strict=True)]
    found = [_resolution(answer, knowledge) for answer in answers]
    if spec.shape == "option-rank":
        own = list(paths) if paths is not None else [None] * count
        granularity: Sequence[float] = [
            _option_rank(answer, gold, offered, path, knowledge, spec)
            for answer, gold, offered, path in zip(answers, ids, asked, own, strict=True)
        ]
    else:
        predicted = np.array([_row(a, r, knowledge) for a, r in zip(answers, found, strict=True)], np.int64)
        rows = np.array([knowledge.taxonomy.row(gold) for gold in ids], np.int64)
        granularity = _granularity(predicted, rows, knowledge, spec).tolist()
    return [
        _breakdown(answer, resolution, gold, float(depth), truth, knowledge, spec, dialect)
        for answer, resolution, gold, depth, truth in zip(answers, found, ids, granularity, stated, strict=True)
    ]


def score_labels(labels: Sequence[str], golds: Sequence[str], knowledge: Knowledge, spec: RewardSpec) -> Floats:
    """The granularity term alone, for many (diagnosis text, gold) pairs: the trainer's and the service's fast path.

    Args:
        labels: diagnosis texts, shape (n,).
        golds: concept ids or labels, shape (n,).

    Returns:
        Granularity per pair, float64 of shape (n,), equal to `score(...).granularity` to the last bit.

    Raises:
        RequestInvalid: the columns differ in length, or the spec needs options.
        GoldUnresolved: a gold names no single concept.
    """
    if len(labels) != len(golds):
        raise RequestInvalid(f"golds has {len(golds)} rows, but there are {len(labels)} labels")
    if spec.shape == "option-rank":
        raise RequestInvalid(f"the reward {spec.name!r} is defined on multiple choice; send replies with options")
    return _granularity(knowledge.rows_of(labels, _ABSTAIN_ROW), knowledge.gold_rows(golds), knowledge, spec)


def score_rows(
    answers: NDArray[np.int64], golds: NDArray[np.int64], knowledge: Knowledge, spec: RewardSpec = PAPER
) -> Floats:
    """The granularity that naming each answer earns on its gold, for comparing whole releases.

    Args:
        answers, golds: rows of the taxonomy, both of shape (n,).

    Returns:
        float64 of shape (n,).
    """
    return _granularity(answers, golds, knowledge, spec)


def maximum(gold: str, knowledge: Knowledge, spec: RewardSpec, *, condition: Condition | None = None) -> float:
    """The most a reply can earn on a gold, the grounding term apart: what the gold self-test demands.

    A gold without a condition of its own (a mixed group) cannot earn the condition term.
    """
    scored = condition is not None or knowledge.condition(gold) is not None
    return spec.format + spec.granularity + (spec.condition if scored else 0.0)


# -- the terms ---------------------------------------------------------------------------------------------------

_ABSTAIN_ROW = {basic(ABSTAIN): _ABSTAINED}


def _resolution(answer: Answer | Malformed, knowledge: Knowledge) -> Resolution | None:
    return None if isinstance(answer, Malformed) else knowledge.resolve(answer.diagnosis)


def _row(answer: Answer | Malformed, found: Resolution | None, knowledge: Knowledge) -> int:
    if isinstance(found, Resolved):
        return knowledge.taxonomy.row(found.concept)
    return _ABSTAINED if isinstance(answer, Answer) and _abstains(answer) else _NOTHING


def _abstains(answer: Answer) -> bool:
    return basic(answer.diagnosis) in _ABSTAIN_ROW


def _granularity(
    predicted: NDArray[np.int64], gold: NDArray[np.int64], knowledge: Knowledge, spec: RewardSpec
) -> Floats:
    """Equation 7 of the paper on levels, and the additions of `SAFE`. All arrays of shape (n,)."""
    taxonomy = knowledge.taxonomy
    named = predicted >= 0
    level_gold = taxonomy.levels[gold].astype(np.float64)
    level_predicted = np.where(named, taxonomy.levels[predicted], 0).astype(np.float64)
    meet = np.where(named, taxonomy.meet_levels(np.where(named, predicted, gold), gold), 0).astype(np.float64)
    on_path = named & (meet == level_predicted)
    earned = np.where(on_path, spec.granularity * level_predicted / level_gold, 0.0)
    if spec.credit_descendants:
        finer = named & ~on_path & (meet == level_gold)
        earned = np.where(finer, spec.granularity, earned)
        on_path |= finer
    coarsest = spec.granularity / level_gold
    if spec.near_miss_share:
        near = spec.near_miss_share * coarsest * meet / level_gold
        earned = np.where(named & ~on_path, near, earned)
    if spec.abstain_share:
        earned = np.where(predicted == _ABSTAINED, spec.abstain_share * coarsest, earned)
    return earned


def _option_rank(
    answer: Answer | Malformed,
    gold: str,
    options: Sequence[str] | None,
    path: Sequence[str] | None,
    knowledge: Knowledge,
    spec: RewardSpec,
) -> float:
    """The published code's granularity: rank of the chosen option over that of the deepest one offered on the path."""
    if options is None:
        raise OptionsInvalid(f"the reward {spec.name!r} is defined on multiple choice; give the options of each case")
    own = tuple(path) if path is not None else knowledge.lineage(gold)
    rank: dict[str, int] = {}
    for option in options:
        found = knowledge.resolve(option)
        if isinstance(found, Resolved) and found.concept in own:
            rank[option] = own.index(found.concept) + 1
    if not rank:
        raise OptionsInvalid(f"none of the options {list(options)!r} lies on the path of the gold {gold!r}")
    if isinstance(answer, Malformed):
        return 0.0
    return spec.granularity * rank.get(answer.diagnosis, 0) / max(rank.values())


def _breakdown(
    answer: Answer | Malformed,
    resolution: Resolution | None,
    gold: str,
    granularity: float,
    stated: Condition | None,
    knowledge: Knowledge,
    spec: RewardSpec,
    dialect: Dialect,
) -> RewardBreakdown:
    truth = stated if stated is not None else knowledge.condition(gold)
    if dialect == "released" and truth is Condition.NON_NEOPLASTIC:
        truth = Condition.BENIGN  # the published format knows three conditions
    if isinstance(answer, Malformed):
        return RewardBreakdown(
            0.0, 0.0, 0.0, 0.0, 0.0, malformed=answer.reason.value, condition_scored=truth is not None
        )
    predicted = resolution.concept if isinstance(resolution, Resolved) else None
    condition = 0.0 if truth is None else _condition(answer.condition, predicted, truth, knowledge, spec)
    grounding = spec.grounding * grounded_share(answer.rationale, predicted, knowledge) if spec.grounding else 0.0
    return RewardBreakdown(
        format=spec.format,
        granularity=granularity,
        condition=condition,
        grounding=grounding,
        total=spec.format + granularity + condition + grounding,
        predicted=predicted,
        resolution=resolution,
        abstained=predicted is None and _abstains(answer),
        condition_scored=truth is not None,
        answered_condition=answer.condition,
    )


_HARMLESS = (Condition.BENIGN, Condition.NON_NEOPLASTIC)


def _condition(
    answered: Condition, predicted: str | None, truth: Condition, knowledge: Knowledge, spec: RewardSpec
) -> float:
    """The condition term; negative where the answer, by its words or by the disease it names, does harm.

    A diagnosis of melanocytic nevus beside the word "malignant" sends a melanoma home all the same, so the worse of
    the two statements counts.
    """
    called = {answered}
    if predicted is not None and (implied := knowledge.condition(predicted)) is not None:
        called.add(implied)
    cost = 0.0
    if truth is Condition.MALIGNANT and called & set(_HARMLESS):
        cost = spec.missed_malignancy_cost
    elif truth is Condition.PRECANCEROUS and called & set(_HARMLESS):
        cost = spec.missed_precancer_cost
    elif truth in _HARMLESS and Condition.MALIGNANT in called:
        cost = spec.false_alarm_cost
    if cost:
        return -cost
    return spec.condition if answered is truth else 0.0


def grounded_share(rationale: str, predicted: str | None, knowledge: Knowledge) -> float:
    """How well a rationale's clinical features fit the disease it names, in [-1, 1].

    The features that the release gives for the disease, minus those that speak against it, over all features the
    rationale mentions; 0 where it mentions none or names no disease. "No scale" counts for a disease without scale.
    """
    mentions = knowledge.feature_mentions(rationale)
    if predicted is None or not mentions:
        return 0.0
    profile = knowledge.profile(predicted)
    balance = 0
    for mention in mentions:
        polarity = profile.get(mention.id)
        if polarity is not None:
            balance += 1 if polarity.supports != denied_before(rationale, mention.start) else -1
    return balance / len(mentions)
