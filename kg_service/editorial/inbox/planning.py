"""What a decision on a label means as changes, and what to warn of before it is made. Pure: it asks the draft."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ...core.change import Change, PutCrosswalk, SetLabels
from ...core.concept import Concept, CrosswalkEntry
from ...core.conditions import opposed
from ...core.errors import KnowledgeInvalid, RequestInvalid
from ...core.fold import basic, fold
from ...core.knowledge import Knowledge
from ...core.labels import Ambiguous, Resolution, Resolved, Unresolved
from ...core.suggestion import Adviser, Rule, Step
from ...wire.unmapped import Scope, Verdict

# How many concepts each verdict names, at least and at most.
_COUNTS: dict[Verdict, tuple[int, int | None]] = {
    "same-as": (1, 1),
    "broader": (1, 1),
    "several": (2, None),
    "not-a-disease": (0, 0),
    "cannot-tell": (0, 0),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody decided about a label of a dataset.

    `same-as`: the label is a name of the one concept; `broader`: it is filed under the concept, which says less;
    `several`: it may be any of the concepts.
    """

    dataset: str
    label: str
    decision: Verdict
    concepts: tuple[str, ...] = ()
    scope: Scope = "dataset"
    reason: str = ""

    def check(self) -> None:
        """
        Raises:
            RequestInvalid: the verdict does not fit the number of concepts or the scope.
        """
        least, most = _COUNTS[self.decision]
        if len(set(self.concepts)) < len(self.concepts):
            raise RequestInvalid("concepts names one concept twice")
        if len(self.concepts) < least or (most is not None and len(self.concepts) > most):
            wanted = f"at least {least}" if most is None else ("no concept" if most == 0 else f"exactly {most}")
            raise RequestInvalid(f"the decision {self.decision} takes {wanted} in concepts, not {len(self.concepts)}")
        if self.scope == "everywhere" and self.decision != "same-as":
            raise RequestInvalid(
                f"the decision {self.decision} holds for its dataset; only same-as can be said of a label everywhere"
            )


def planned(choice: Choice, know: Knowledge, adviser: Adviser) -> tuple[Change, ...]:
    """The changes that make a choice hold; none for cannot-tell.

    Raises:
        RequestInvalid: the label cannot be made a name everywhere, because it denies, doubts or lists something.
        UnknownConcept: a concept does not exist.
    """
    for concept in choice.concepts:
        know.concept(concept)
    if choice.decision == "cannot-tell":
        return ()
    if choice.scope == "everywhere":
        return _named_everywhere(choice, know, adviser)
    return (PutCrosswalk(_entry(choice, know)),)


def _entry(choice: Choice, know: Knowledge) -> CrosswalkEntry:
    """The crosswalk's entry, in the spelling that it has where the label stands in it already."""
    named = basic(choice.dataset), basic(choice.label)
    for entry in know.crosswalk:
        if (basic(entry.dataset), basic(entry.label)) == named:
            return replace(entry, concepts=choice.concepts)
    return CrosswalkEntry(choice.dataset, choice.label, choice.concepts)


def _named_everywhere(choice: Choice, know: Knowledge, adviser: Adviser) -> tuple[Change, ...]:
    found = know.resolve(choice.label)
    if isinstance(found, Unresolved) and found.reason != "unknown":
        raise RequestInvalid(
            f"the label {choice.label!r} cannot become a name everywhere: {adviser.advise(choice.label).why}. "
            "What it means in this dataset can be said with the scope dataset."
        )
    [id_] = choice.concepts
    # The label means this one from now on, so those that share it must let go of it.
    sharing = found.concepts if isinstance(found, Ambiguous) else ()
    changes = [released for other in sharing if other != id_ for released in _released(know.concept(other), choice)]
    concept = know.concept(id_)
    ambiguous = _without(concept.ambiguous_labels, choice.label)
    misspelt = any(s.concept == id_ and s.rule is Rule.SPELLING for s in adviser.advise(choice.label).suggestions)
    alt, hidden = concept.alt_labels, concept.hidden_labels
    if misspelt:
        return (*changes, SetLabels(id_, alt, (*hidden, choice.label), ambiguous))
    return (*changes, SetLabels(id_, (*alt, choice.label), hidden, ambiguous))


def _released(concept: Concept, choice: Choice) -> Iterable[SetLabels]:
    ambiguous = _without(concept.ambiguous_labels, choice.label)
    if ambiguous != concept.ambiguous_labels:
        yield SetLabels(concept.id, concept.alt_labels, concept.hidden_labels, ambiguous)


def _without(labels: tuple[str, ...], label: str) -> tuple[str, ...]:
    return tuple(each for each in labels if fold(each) != fold(label))


def expect_effect(choice: Choice, after: Knowledge) -> None:
    """
    Raises:
        KnowledgeInvalid: the label would not mean what was decided even with the changes made.
    """
    found = after.resolve(choice.label, dataset=choice.dataset)
    if set(_meanings(found)) != set(choice.concepts):
        means = " or ".join(_meanings(found)) or "nothing"
        raise KnowledgeInvalid(f"the label {choice.label!r} of {choice.dataset} would still mean {means}")


def warning(choice: Choice, know: Knowledge, adviser: Adviser) -> str:
    """A sentence where the choice makes a malignant reading of a label that may also be benign, or the reverse.

    Other readings are what the label may mean by itself, in other datasets, and the suggestions that are not weak.
    """
    chosen = {concept: know.condition(concept) for concept in choice.concepts}
    left_out = {other: know.condition(other) for other in _readings(choice, know, adviser) if other not in chosen}
    turned = [
        other
        for other, condition in left_out.items()
        if any(opposed((condition, taken)) for taken in chosen.values()) and condition not in chosen.values()
    ]
    if not turned:
        return ""
    taken = " or ".join(_described(concept, know) for concept in chosen)
    others = " or ".join(_described(concept, know) for concept in turned)
    return f"'{choice.label}' would be read as {taken}; it may also be {others}"


def _readings(choice: Choice, know: Knowledge, adviser: Adviser) -> list[str]:
    found = [*_meanings(know.resolve(choice.label, dataset=choice.dataset)), *_meanings(know.resolve(choice.label))]
    label = basic(choice.label)
    found += [concept for entry in know.crosswalk if basic(entry.label) == label for concept in entry.concepts]
    advice = adviser.advise(choice.label, dataset=choice.dataset)
    found += [suggestion.concept for suggestion in advice.suggestions if suggestion.step is not Step.WEAK]
    return list(dict.fromkeys(found))


def _meanings(found: Resolution) -> tuple[str, ...]:
    if isinstance(found, Resolved):
        return (found.concept,)
    return found.concepts if isinstance(found, Ambiguous) else ()


def _described(concept: str, know: Knowledge) -> str:
    condition = know.condition(concept)
    return f"{know.label(concept)} ({condition.value if condition else 'mixed'})"
