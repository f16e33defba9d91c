"""What kind of lesion each concept is: stated by every leaf, derived for every group."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .concept import Concept, Condition
from .delta import Delta
from .errors import KnowledgeInvalid
from .taxonomy import Taxonomy

_HARMLESS = {Condition.BENIGN, Condition.NON_NEOPLASTIC}


def opposed(conditions: Iterable[Condition | None]) -> bool:
    """Whether one of some conditions is malignant and another harmless: the gravest thing to mix up."""
    found = set(conditions)
    return Condition.MALIGNANT in found and not found.isdisjoint(_HARMLESS)


class Conditions:
    """The conditions of all concepts.

    Args:
        concepts: by id.
        taxonomy: their hierarchy.
        delta: what differs from `previous`; all of it where there is none.
        previous: the conditions of another state of the knowledge. Only groups with other members are derived again.

    Raises:
        KnowledgeInvalid: a leaf states none, or a group states one that not all its members have.
    """

    def __init__(
        self,
        concepts: Mapping[str, Concept],
        taxonomy: Taxonomy,
        delta: Delta,
        *,
        previous: Conditions | None = None,
    ) -> None:
        self._concepts = concepts
        self._taxonomy = taxonomy
        # What the leaves at or beneath a concept are: one condition, or several where it is a mixed group.
        self._members: dict[str, frozenset[Condition | None]] = dict(previous._members) if previous else {}
        groups = taxonomy.upward((delta.placed | delta.conditioned) & concepts.keys())
        if previous:
            groups |= previous._taxonomy.upward(delta.placed & previous._concepts.keys())
        for id_ in groups - concepts.keys():
            del self._members[id_]
        self._derive(groups & concepts.keys())
        self._check(sorted(groups & concepts.keys()))

    def of(self, concept: str) -> Condition | None:
        """The condition that all members share, or None where they differ ("mixed")."""
        members = self._members[concept]
        return next(iter(members)) if len(members) == 1 else None

    def _derive(self, groups: Iterable[str]) -> None:
        for id_ in sorted(groups, key=self._taxonomy.level, reverse=True):
            below = [self._members[child] for child in self._taxonomy.children(id_)]
            self._members[id_] = frozenset().union(*below) if below else frozenset([self._concepts[id_].condition])

    def _check(self, groups: Iterable[str]) -> None:
        findings: list[str] = []
        for id_ in groups:
            stated = self._concepts[id_].condition
            if self._taxonomy.is_leaf(id_) and stated is None:
                findings.append(f"{id_} has no condition; every leaf needs one of the four")
            elif stated is not None and stated is not self.of(id_):
                findings.append(
                    f"{id_} states the condition {stated.value!r}, but its members do not all have it; "
                    "take the statement away (it is then derived) or mend the members"
                )
        if findings:
            raise KnowledgeInvalid("conditions are missing or contradict each other:", tuple(findings))
