"""The reward of one reply as a page shows it: each term with its number and its reason, and the two paths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..core.answer import Answer, Dialect, Malformed, Reason, parse, render
from ..core.concept import Condition, Polarity
from ..core.knowledge import Knowledge
from ..core.labels import Ambiguous, How, Resolved
from ..core.mentions import Mention
from ..core.reward import PAPER, RewardBreakdown, RewardSpec, score

MALFORMED = {
    Reason.MISSING_TAG: "A tag is missing, or not closed.",
    Reason.REPEATED_TAG: "A tag stands more than once.",
    Reason.WRONG_ORDER: "The tags stand in the wrong order.",
    Reason.OUTSIDE_TEXT: "There is text outside the tags, or a tag inside another.",
    Reason.EMPTY_TAG: "A tag is empty.",
    Reason.UNKNOWN_CONDITION: "The condition is none of the four.",
    Reason.TOO_LONG: "The reply is longer than 64 KiB.",
    Reason.AMBIGUOUS_OPTION: "The letter and the name of the option disagree.",
}
FOUND_BY = {
    How.CROSSWALK: "as a dataset's label",
    How.PREFERRED: "by its name",
    How.SYNONYM: "by a synonym",
    How.FOLDED: "by a name that differs only in spelling, number or word order",
}
_UNREAD = {
    "empty": "It is empty.",
    "negated": "It denies a disease.",
    "hedged": "It does not commit itself.",
    "compound": "It names several diseases.",
    "unknown": "No disease is called so.",
    "not-a-disease": "It is no disease.",
}


@dataclass(frozen=True, slots=True)
class Question:
    """A reply and what it is measured against."""

    reply: str
    gold: str
    spec: RewardSpec
    options: tuple[str, ...] = ()
    condition: Condition | None = None
    dialect: Dialect = "skin-r1"


@dataclass(frozen=True, slots=True)
class Term:
    """What one term of the reward earned, the most it gives, and why."""

    name: str
    earned: float
    most: float
    why: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The reward of a reply, and all that explains it. `reading` says how the diagnosis was read."""

    question: Question
    answer: Answer | None
    malformed: str
    found: RewardBreakdown
    reading: str
    terms: tuple[Term, ...]
    mentions: tuple[Mention, ...]
    meet: tuple[str, ...]


def judged(know: Knowledge, asked: Question) -> Verdict:
    """Score a reply.

    Raises:
        GoldUnresolved, OptionsInvalid: as `core.reward.score`.
    """
    gold = know.gold(asked.gold)
    options: Sequence[str] | None = asked.options or None
    found = score(
        asked.reply, gold, know, asked.spec, options=options, condition=asked.condition, dialect=asked.dialect
    )
    answer = parse(asked.reply, options=options, dialect=asked.dialect)
    truth = asked.condition or know.condition(gold)
    malformed = MALFORMED[answer.reason] if isinstance(answer, Malformed) else ""
    nothing = "A malformed reply earns nothing."
    terms = [
        Term("Format", found.format, asked.spec.format, malformed or "Every tag stands once, in order, and is filled."),
        Term(
            "Diagnosis",
            found.granularity,
            asked.spec.granularity,
            nothing if malformed else _diagnosis(know, gold, found, asked.spec),
        ),
        Term("Condition", found.condition, asked.spec.condition, nothing if malformed else _condition(found, truth)),
    ]
    mentions = () if isinstance(answer, Malformed) else know.feature_mentions(answer.rationale)
    if asked.spec.grounding:
        terms.append(
            Term(
                "Features", found.grounding, asked.spec.grounding, nothing if malformed else _features(found, mentions)
            )
        )
    return Verdict(
        question=asked,
        answer=None if isinstance(answer, Malformed) else answer,
        malformed=malformed,
        found=found,
        reading="" if malformed else _reading(found),
        terms=tuple(terms),
        mentions=mentions,
        meet=know.meet(found.predicted, gold) if found.predicted else (),
    )


def example(know: Knowledge) -> Question:
    """A reply to begin with: a rationale of signs that the gold is known by, and the group above it as diagnosis."""
    gold = "nodular-melanoma" if "nodular-melanoma" in know.concepts else max(know.concepts, key=know.level)
    line = know.lineage(gold)
    known = [f for f, polarity in know.profile(gold).items() if polarity is Polarity.CHARACTERISTIC]
    signs = " and ".join(know.features[f].pref_label for f in known[:2]) or "the lesion"
    above = know.label(line[-2] if len(line) > 1 else gold)
    said = Answer(f"I see {signs}.", above, know.condition(gold) or Condition.BENIGN)
    return Question(render(said), gold, PAPER)


def _reading(found: RewardBreakdown) -> str:
    how = found.resolution
    if isinstance(how, Resolved):
        return f"found {FOUND_BY[how.how]}, “{how.matched}”"
    if isinstance(how, Ambiguous):
        return "may mean several diseases, so it earns nothing"
    if found.abstained or how is None:
        return "an abstention"
    return _UNREAD[how.reason]


def _diagnosis(know: Knowledge, gold: str, found: RewardBreakdown, spec: RewardSpec) -> str:
    named = found.predicted
    if spec.shape == "option-rank":
        return "By the rank of the chosen option on the gold's path, among the options offered."
    if found.abstained:
        return "It says that it cannot be determined." + ("" if found.granularity else " This reward gives nothing.")
    if named is None:
        return "It names no disease that is known."
    level, deepest = know.level(named), know.level(gold)
    if named == gold:
        return "It is the gold itself."
    if know.is_ancestor(named, gold):
        return f"A group above the gold: level {level} of {deepest}."
    if know.is_ancestor(gold, named):
        return "Finer than the gold: " + ("counted as the gold." if found.granularity else "this reward gives nothing.")
    met = know.meet_level(named, gold)
    shared = f"they share {met} of the gold's {deepest} levels" if met else "they share no group"
    return f"Another disease: {shared}." + ("" if found.granularity else " This earns nothing.")


def _condition(found: RewardBreakdown, truth: Condition | None) -> str:
    if truth is None:
        return "The gold's members differ in condition and the case states none, so nothing is scored."
    if found.condition < 0:
        harm = "malignant" if truth in (Condition.BENIGN, Condition.NON_NEOPLASTIC) else "harmless"
        return f"The reply, or the disease it names, is {harm}; the case is {truth.value}. This costs."
    if found.condition > 0:
        return f"The reply says {found.answered_condition}, which is right."
    return f"The reply says {found.answered_condition}; the case is {truth.value}."


def _features(found: RewardBreakdown, mentions: tuple[Mention, ...]) -> str:
    if not mentions:
        return "The rationale names no feature that is known."
    if found.predicted is None:
        return "There is no disease to hold the features against."
    return "The features that fit the disease named, less those that speak against it, over all that are named."
