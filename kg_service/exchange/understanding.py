"""Rows of concepts, each understood on its own: what of it is news."""

from __future__ import annotations

from typing import Any

from ..core.concept import UNREVIEWED, Concept
from ..core.knowledge import Knowledge
from .cells import COLUMN_OF
from .checks import checked_iris, checked_label, checked_source, checked_text, condition_in, review_word
from .entries import ConceptAdded, ConceptEdit, Entry, Refused
from .naming import Names
from .row import Incoming, beyond_limits, certain


class ConceptReader:
    """Understands the rows of concepts of one file against one state of the knowledge.

    Args:
        stated: the fields of `Concept` that the file speaks of.
        source: the provenance that new concepts are given.
        under: the concept under which new rows without a parent are filed; empty for the top.
    """

    def __init__(self, knowledge: Knowledge, names: Names, stated: frozenset[str], source: str, under: str) -> None:
        self._knowledge = knowledge
        self._names = names
        self._stated = stated
        self._source = source
        self._under = under

    def concept(self, id_: str, row: Incoming) -> Entry:
        """
        Raises:
            Refused: a cell cannot be used.
        """
        if long := beyond_limits(row):
            raise Refused(long)
        old = self._knowledge.concepts.get(id_)
        return self._edited(old, row) if old is not None else self._added(id_, row)

    def _added(self, id_: str, row: Incoming) -> Entry:
        parents, needs = self._parents(id_, row)
        concept = Concept(
            id=id_,
            pref_label=checked_label(row.pref_label, "prefLabel"),
            parents=parents or ((self._under,) if self._under else ()),
            condition=condition_in(row),
            alt_labels=tuple(checked_label(label, "altLabels") for label in row.alt_labels),
            hidden_labels=tuple(checked_label(label, "hiddenLabels") for label in row.hidden_labels),
            ambiguous_labels=tuple(checked_label(label, "ambiguousLabels") for label in row.ambiguous_labels),
            definition=checked_text(row.definition, "definition"),
            profile=row.profile,
            exact_match=checked_iris(row.exact_match, "exactMatch"),
            close_match=checked_iris(row.close_match, "closeMatch"),
            source=checked_source(row.source, "source") or self._source,
            review_status=UNREVIEWED,
        )
        return ConceptAdded(concept, needs)

    def _edited(self, old: Concept, row: Incoming) -> Entry:
        said: dict[str, Any] = {}
        needs: tuple[str, ...] = ()
        now = self._row_of(old)
        if "pref_label" in self._stated and row.pref_label != now.pref_label:
            said["pref_label"] = checked_label(row.pref_label, "prefLabel")
        said |= self._labels(old, row, now)
        if "condition" in self._stated and condition_in(row) is not old.condition:
            said["condition"] = row.condition
        if "parents" in self._stated:
            parents, needs = self._parents(old.id, row)
            if parents[:1] != old.parents[:1] or set(parents) != set(old.parents):
                said["parents"] = parents
        for field, check in (("definition", checked_text), ("source", checked_source), ("review_status", review_word)):
            if field in self._stated and getattr(row, field) != getattr(now, field):
                said[field] = check(getattr(row, field), COLUMN_OF.get(field, field))
        for field in ("exact_match", "close_match"):
            if field in self._stated and set(getattr(row, field)) != set(getattr(now, field)):
                said[field] = checked_iris(getattr(row, field), COLUMN_OF[field])
        if "profile" in self._stated and dict(row.profile) != dict(old.profile):
            said["profile"] = row.profile
        return ConceptEdit(old.id, said, needs)

    def _row_of(self, old: Concept) -> Incoming:
        """What the file would say of a concept if nobody had touched it."""
        whole = "ambiguous_labels" in self._stated
        return Incoming(
            key=old.id,
            pref_label=old.pref_label,
            alt_labels=old.alt_labels if whole else tuple(certain(old.alt_labels, old)),
            hidden_labels=old.hidden_labels if whole else tuple(certain(old.hidden_labels, old)),
            definition=old.definition,
            exact_match=old.exact_match,
            close_match=old.close_match,
            ambiguous_labels=old.ambiguous_labels,
            source=old.source,
            review_status=old.review_status,
        ).tidy()

    def _labels(self, old: Concept, row: Incoming, now: Incoming) -> dict[str, tuple[str, ...]]:
        said: dict[str, tuple[str, ...]] = {}
        for field in ("alt_labels", "hidden_labels", "ambiguous_labels"):
            before, after = getattr(now, field), getattr(row, field)
            # A synonym that became the preferred label has not been taken away.
            if field not in self._stated or set(after) == set(before) - {row.pref_label}:
                continue
            column = COLUMN_OF.get(field, field)
            known: tuple[str, ...] = getattr(old, field)
            unsaid = [label for label in known if " ".join(label.split()) not in before]
            kept = [label for label in known if label in after or label in unsaid]
            said[field] = (*kept, *(checked_label(label, column) for label in after if label not in known))
        if "pref_label" in self._stated and row.pref_label != now.pref_label and "alt_labels" not in said:
            # As every renaming does: the old name stays a synonym, unless the row says what the synonyms are.
            said["alt_labels"] = (*(label for label in old.alt_labels if label != row.pref_label), old.pref_label)
        return said

    def _parents(self, id_: str, row: Incoming) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """(ids, those of them that are new)."""
        found = tuple(dict.fromkeys(self._names.meant(name, "parents") for name in row.parents))
        if id_ in found:
            raise Refused("a cycle: it is said to be its own parent", "parents")
        return found, self._names.new(found)
