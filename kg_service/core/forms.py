"""The forms that labels are looked up by, as tables from a form to who bears it; an edit rewrites its own rows only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from enum import IntEnum

from .concept import Concept
from .fold import basic, eponyms, fold, spellings, squashed, unordered, words

# Concept id -> the first of its labels that has the form, in the order of ids.
Holders = Mapping[str, str]

# A word inside a label of ours: "plaque-type blue nevus" is also filed as "blue nevus, plaque".
_TYPE_IN_LABEL = re.compile(r"[\s-]+type\b(?!\s*\d)", re.IGNORECASE)


class Form(IntEnum):
    """How a label may be written and still be that label (`core.fold`)."""

    EXACT = 0
    FOLDED = 1
    UNORDERED = 2
    SQUASHED = 3
    EPONYM = 4
    UNTYPED = 5
    # One word in capitals. Its holders are listed with what the letters stand for: their preferred labels.
    ABBREVIATION = 6


class FormTables:
    """One table for each `Form`.

    Args:
        concepts: by id.
        previous: the tables of another state of the knowledge. They stay as they are.
        before: the concepts of that state.
        touched: the ids whose labels differ between the two, the added and the removed among them.

    Attributes:
        shared: the folded forms that several concepts bear, as far as a touched one is among them.
    """

    def __init__(
        self,
        concepts: Mapping[str, Concept],
        previous: FormTables | None = None,
        before: Mapping[str, Concept] | None = None,
        touched: Iterable[str] = (),
    ) -> None:
        if previous is None or before is None:
            previous, before, touched = None, {}, concepts
        ordered = sorted(touched)
        self._tables = previous._tables if previous else tuple({} for _ in Form)
        self.shared: tuple[str, ...] = ()
        if not ordered:
            return
        self._tables = tuple(table.copy() for table in self._tables)
        for id_ in ordered:
            if id_ in before:
                self._drop(before[id_])
        gained: dict[str, None] = {}
        for id_ in ordered:
            if id_ in concepts:
                self._add(concepts[id_], gained)
        self.shared = tuple(key for key in gained if len(self.holders(Form.FOLDED, key)) > 1)

    def holders(self, form: Form, key: str) -> Holders:
        """Who bears a form; empty where nobody does."""
        return self._tables[form].get(key, {})

    def _add(self, concept: Concept, gained: dict[str, None]) -> None:
        for form, key, label in _forms(concept):
            table = self._tables[form]
            holders = table.get(key)
            if holders is None:
                table[key] = {concept.id: label}
            elif concept.id not in holders:
                # A new dictionary, for the old one may belong to the previous tables too.
                table[key] = dict(sorted([*holders.items(), (concept.id, label)]))
            if form is Form.FOLDED:
                gained[key] = None

    def _drop(self, concept: Concept) -> None:
        for form, key in {(form, key) for form, key, _ in _forms(concept)}:
            table = self._tables[form]
            left = {id_: label for id_, label in table[key].items() if id_ != concept.id}
            if left:
                table[key] = left
            else:
                del table[key]


def spoken(concept: Concept) -> tuple[str, ...]:
    """The labels that a concept claims for itself, the preferred one first."""
    return (concept.pref_label, *concept.alt_labels, *concept.hidden_labels)


def names(concept: Concept) -> tuple[str, ...]:
    """Every label of a concept, those it admits to share last."""
    return (*spoken(concept), *concept.ambiguous_labels)


def _forms(concept: Concept) -> Iterator[tuple[Form, str, str]]:
    """(form, key, label) of every way to write every label of a concept; of two labels with one key the first wins."""
    for label in names(concept):
        yield Form.EXACT, basic(label), label
        for bare in eponyms(label):
            yield Form.EPONYM, fold(bare), label
        for spelling in spellings(label):
            form = words(spelling)
            yield Form.FOLDED, " ".join(form), label
            yield Form.SQUASHED, squashed(form), label
            if len(form) > 1 and (key := unordered(form)):
                yield Form.UNORDERED, key, label
            if "type" in form and (key := unordered(words(_TYPE_IN_LABEL.sub(" ", spelling)))):
                yield Form.UNTYPED, key, label
            if len(form) == 1 and label.isupper():
                yield Form.ABBREVIATION, form[0], concept.pref_label
