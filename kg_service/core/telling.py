"""The changes of an edit as sentences that say what was and what will be."""

from __future__ import annotations

from collections.abc import Iterable

from .change import Change, Move, PutConcept, PutDifferential, Rename, SetCondition, SetLabels, SetProfile
from .knowledge import Knowledge
from .naming import IDS, Naming


def told(change: Change, before: Knowledge, call: Naming = IDS) -> str:
    """A change for a person who has the knowledge before them as it stands."""
    match change:
        case PutConcept(concept):
            where = f" under {' and '.join(map(call.concept, concept.parents))}" if concept.parents else " at the top"
            how = f", {concept.condition}" if concept.condition else ""
            names = (*concept.alt_labels, *concept.hidden_labels)
            also = f", also called {_quoted(names)}" if names else ""
            return f"{change.sentence(call)}{where}{how}{also}"
        case Rename(id_, label):
            was = before.label(id_)
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
        case PutDifferential(edge) if before.ddx.between(edge.a, edge.b):
            return f"{change.sentence(call)} instead of {_pair(edge.a, edge.b, before, call)}"
        case _:
            return change.sentence(call)


def _labels(change: SetLabels, before: Knowledge, call: Naming) -> str:
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


def _profile(change: SetProfile, before: Knowledge, call: Naming) -> str:
    was, now = dict(before.concepts[change.concept].profile), dict(change.profile)
    said = [
        f"{call.feature(feature)} {now[feature]}{_instead(was.get(feature))}"
        for feature in now
        if was.get(feature) != now[feature]
    ]
    said += [f"{call.feature(feature)} no longer stated" for feature in was if feature not in now]
    return f"the features of {call.concept(change.concept)}: {', '.join(said)}"


def _instead(word: object) -> str:
    return f" instead of {word}" if word else ""


def _pair(a: str, b: str, before: Knowledge, call: Naming) -> str:
    edge = before.ddx.between(a, b)
    assert edge is not None
    return f"by {', '.join(map(call.feature, edge.features))} ({edge.strength})"


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


def _and(ids: Iterable[str], call: Naming) -> str:
    return " and ".join(map(call.concept, ids)) or "the top"
