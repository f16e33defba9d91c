"""The changes of an edit as sentences that say what was and what will be."""

from __future__ import annotations

from collections.abc import Iterable

from .change import Change, Describe, Move, PutConcept, PutDifferential, Rename, SetCondition, SetLabels, SetProfile
from .concept import Differential
from .content import Content
from .knowledge import Knowledge
from .naming import IDS, Naming


def told(change: Change, before: Knowledge | Content, call: Naming = IDS) -> str:
    """A change for a person who has the knowledge before them as it stands.

    Args:
        before: what the change is made to; it holds at least what the change is about.
    """
    match change:
        case PutConcept(concept):
            where = f" under {' and '.join(map(call.concept, concept.parents))}" if concept.parents else " at the top"
            how = f", {concept.condition}" if concept.condition else ""
            names = (*concept.alt_labels, *concept.hidden_labels)
            also = f", also called {_quoted(names)}" if names else ""
            return f"{change.sentence(call)}{where}{how}{also}"
        case Rename(id_, label):
            was = before.concepts[id_].pref_label
            return (
                f"'{was}' is called '{label}' from now on"
                if call is not IDS
                else f"{id_} is called '{label}' instead of '{was}'"
            )
        case Move(id_, parents):
            was = before.concepts[id_].parents
            return f"{call.concept(id_)} lies under {_and(parents, call)} instead of {_and(was, call)}"
        case SetCondition(id_, condition):
            was = before.concepts[id_].condition
            return f"the condition of {call.concept(id_)} is {condition or 'derived'} instead of {was or 'derived'}"
        case SetLabels():
            return _labels(change, before, call)
        case SetProfile():
            return _profile(change, before, call)
        case Describe(id_) if call is not IDS:
            return _description(change, Describe.of(before.concepts[id_]), call)
        case PutDifferential(edge) if (old := _between(edge.a, edge.b, before)) is not None:
            return f"{change.sentence(call)} instead of {_pair(old, call)}"
        case _:
            return change.sentence(call)


def _labels(change: SetLabels, before: Knowledge | Content, call: Naming) -> str:
    concept = call.concept(change.concept)
    old = before.concepts[change.concept]
    was = dict.fromkeys((*old.alt_labels, *old.hidden_labels))
    now = dict.fromkeys((*change.alt, *change.hidden))
    said: list[str] = []
    if added := [label for label in now if label not in was]:
        said.append(f"{concept} is also called {_quoted(added)}")
    if lost := [label for label in was if label not in now]:
        said.append(f"{concept} is no longer called {_quoted(lost)}")
    if change.ambiguous != old.ambiguous_labels:
        said.append(f"the ambiguous labels of {concept} are {_quoted(change.ambiguous) or 'none'}")
    return " and ".join(said) or f"{concept}: {_quoted(change.hidden) or 'no label'} hidden among its synonyms"


def _profile(change: SetProfile, before: Knowledge | Content, call: Naming) -> str:
    was, now = dict(before.concepts[change.concept].profile), dict(change.profile)
    said = [
        f"{call.feature(feature)} {now[feature]}{_instead(was.get(feature))}"
        for feature in now
        if was.get(feature) != now[feature]
    ]
    said += [f"{call.feature(feature)} no longer stated" for feature in was if feature not in now]
    return f"the features of {call.concept(change.concept)}: {', '.join(said)}"


def _description(now: Describe, was: Describe, call: Naming) -> str:
    concept = call.concept(now.concept)
    said: list[str] = []
    if now.definition != was.definition:
        how = "reworded" if now.definition and was.definition else "written" if now.definition else "taken away"
        said.append(f"its definition is {how}")
    for words, new, old in (
        ("the same as", now.exact_match, was.exact_match),
        ("close to", now.close_match, was.close_match),
    ):
        if added := len(set(new) - set(old)):
            said.append(f"it is {words} {added} more {'term' if added == 1 else 'terms'} of other vocabularies")
        if lost := len(set(old) - set(new)):
            said.append(f"it is no longer {words} {lost} {'term' if lost == 1 else 'terms'} of other vocabularies")
    if now.source != was.source:
        said.append(f"its source is '{now.source}'" if now.source else "it has no source any more")
    if now.review_status != was.review_status:
        said.append(f"it is marked {now.review_status}")
    return f"{concept}: {', '.join(said) or 'described as before'}"


def _instead(word: object) -> str:
    return f" instead of {word}" if word else ""


def _between(a: str, b: str, before: Knowledge | Content) -> Differential | None:
    if isinstance(before, Content):
        return before.differentials.get(f"{a}--{b}")
    return before.ddx.between(a, b)


def _pair(edge: Differential, call: Naming) -> str:
    return f"by {', '.join(map(call.feature, edge.features))} ({edge.strength})"


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


def _and(ids: Iterable[str], call: Naming) -> str:
    return " and ".join(map(call.concept, ids)) or "the top"
