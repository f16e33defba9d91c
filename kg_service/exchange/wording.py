"""The changes of a plan, made and told: a new concept, or what is added to one that stands."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator
from dataclasses import replace

from ..core.change import Change, Describe, Move, PutConcept, SetLabels
from ..core.concept import UNREVIEWED, Concept
from ..core.fold import words
from ..store.statement import CONCEPT_BASE
from .filing import Node

_ID_LENGTH = 60


def short_id(label: str, taken: Container[str]) -> str:
    """A free id made of a label's letters: "Bowen's disease" is bowen-disease, and a second one bowen-disease-2."""
    # `words` knows accents and possessives; its other foldings would make an id that is not the label's own.
    tokens = re.findall(r"[^\W_]+(?:['’]s)?", label)
    plain = [word for token in tokens for word in _letters(token)] or [*words(label), "concept"]
    base = plain[0]
    for word in plain[1:]:
        if len(base) + 1 + len(word) > _ID_LENGTH:
            break
        base += f"-{word}"
    found, number = base[:_ID_LENGTH], 1
    base = found
    while found in taken:
        number += 1
        found = f"{base}-{number}"
    return found


def _letters(token: str) -> Iterator[str]:
    bare = re.sub(r"['’]s$", "", token)
    # An ASCII word is itself; any other is what the resolver takes it for.
    yield from (bare.lower(),) if bare.isascii() else words(bare)


def added(node: Node, source: str) -> tuple[Change, str]:
    """A new concept, unreviewed until somebody has looked at it."""
    row = node.row
    concept = Concept(
        id=node.id,
        pref_label=row.pref_label,
        parents=node.parents,
        condition=node.condition,
        alt_labels=node.alt_labels,
        hidden_labels=node.hidden_labels,
        definition=row.definition,
        exact_match=row.exact_match,
        close_match=row.close_match,
        source=source,
        review_status=UNREVIEWED,
    )
    where = f" under {' and '.join(node.parents)}" if node.parents else " at the top"
    how = f", {node.condition}" if node.condition else ""
    how += " as its group is" if node.inherited else ""
    names = (*node.alt_labels, *node.hidden_labels)
    also = f", also called {_quoted(names)}" if names else ""
    return PutConcept(concept), f"add '{row.pref_label}' ({node.id}){where}{how}{also}"


def completed(old: Concept, node: Node) -> list[tuple[Change, str]]:
    """What a row adds to its concept; nothing where it says nothing new. Says so on the node."""
    made: list[tuple[Change, str]] = []
    names = (*node.alt_labels, *node.hidden_labels)
    if names:
        alt, hidden = (*old.alt_labels, *node.alt_labels), (*old.hidden_labels, *node.hidden_labels)
        change = SetLabels(old.id, alt, hidden, old.ambiguous_labels)
        made.append((change, f"{old.id} is also called {_quoted(names)}"))
    if node.parents:
        made.append((Move(old.id, (*old.parents, *node.parents)), f"{old.id} also lies under {_and(node.parents)}"))
    new = replace(
        old,
        definition=old.definition or node.row.definition,
        exact_match=(*old.exact_match, *_new_iris(old, old.exact_match, node.row.exact_match)),
        close_match=(*old.close_match, *_new_iris(old, old.close_match, node.row.close_match)),
    )
    if new != old:
        iris = (*new.exact_match[len(old.exact_match) :], *new.close_match[len(old.close_match) :])
        said = [f"the definition '{new.definition}'"] if new.definition != old.definition else []
        said += [f"the match {iri}" for iri in iris]
        made.append((Describe.of(new), f"{old.id} gets {_and(said)}"))
    node.changed = bool(made)
    return made


def _new_iris(old: Concept, known: Iterable[str], said: Iterable[str]) -> Iterator[str]:
    """The IRIs not known yet; a concept is no match of itself."""
    return (iri for iri in said if iri not in set(known) and iri != CONCEPT_BASE + old.id)


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


def _and(parts: Iterable[str]) -> str:
    return " and ".join(parts)
