"""From rows to a plan: who each row is, whether it agrees with what stands, and the changes that remain."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from ..core.change import Change, Content, apply_all
from ..core.concept import Condition
from ..core.errors import KnowledgeInvalid
from ..core.knowledge import Knowledge
from .filing import Filing, Node
from .matching import Match, Matcher, forms_of
from .row import Incoming, beyond_limits, is_iri, is_text
from .wording import added, completed, short_id

_OUT = "; the row is left out"
_FEW = 3
_NAME = re.compile(r"[\w.-]*\w")


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import would do. Every row is in exactly one of: the changes, the unchanged, the findings.

    Exceptions are named in the finding itself: "the name … is left out" and "the link … is left out" concern that name
    or link alone. `matched` holds (the source's key, the concept's id, how), how being "id", "exact match",
    "preferred", "synonym" or "folded".
    """

    changes: tuple[Change, ...] = ()
    unchanged: int = 0
    matched: tuple[tuple[str, str, str], ...] = ()
    findings: tuple[str, ...] = ()
    told: tuple[str, ...] = ()

    def sentences(self) -> tuple[str, ...]:
        """One line for each change."""
        return self.told or tuple(change.sentence() for change in self.changes)


class Planner:
    """One import, worked through once."""

    def __init__(self, rows: Sequence[Incoming], knowledge: Knowledge, source: str, under: str) -> None:
        self._rows = rows
        self._knowledge = knowledge
        self._source = source
        self._under = under
        self._matcher = Matcher(knowledge)
        self._found: dict[int, list[str]] = defaultdict(list)  # by row, so that findings read in the file's order
        self._out: set[int] = set()
        self._matches: dict[int, Match] = {}
        self._kept_labels: dict[int, tuple[tuple[str, ...], tuple[str, ...]]] = {}

    def plan(self) -> Plan:
        self._recognise()
        self._compare()
        self._name()
        nodes = self._file()
        changes, told = self._changes(nodes)
        matched = tuple((self._rows[i].key, match.concept, match.how) for i, match in sorted(self._matches.items()))
        still = sum(i in self._matches and not node.changed for i, node in nodes.items())
        findings = tuple(
            f"{self._rows[i].told()}: {finding}" for i in sorted(self._found) for finding in self._found[i]
        )
        try:
            apply_all(changes, Content.of(self._knowledge)).knowledge()
        except KnowledgeInvalid as error:
            refused = error.findings or (str(error),)
            places = {node.id: node.row.told() for node in nodes.values() if node.changed}
            return Plan((), still, matched, findings + tuple(_placed(each, places) for each in refused))
        return Plan(changes, still, matched, findings, told)

    # -- one row at a time ---------------------------------------------------------------------------------------

    def _recognise(self) -> None:
        """Who each row is. Two rows that are one concept, or one key, are both left out: either could be the true."""
        keys = Counter(row.key for row in self._rows)
        for i, row in enumerate(self._rows):
            if not row.pref_label:
                self._refuse(i, "it has no preferred label")
            elif not all(map(is_text, (row.pref_label, *row.alt_labels, *row.hidden_labels, row.definition))):
                self._refuse(i, "it holds control signs, which are no text")
            elif long := beyond_limits(row):
                self._refuse(i, long)
            elif keys[row.key] > 1:
                self._refuse(i, f"{keys[row.key]} rows have the id {row.key!r}")
            else:
                match self._matcher.match(row):
                    case Match() as match:
                        self._matches[i] = match
                    case str(reason):
                        self._refuse(i, reason)
        same: dict[str, list[int]] = defaultdict(list)
        for i, match in self._matches.items():
            same[match.concept].append(i)
        for concept, rows in same.items():
            for i in rows if len(rows) > 1 else ():
                self._refuse(i, f"{self._rows[i].pref_label!r} is {concept}, and so is {self._others(i, rows)}")

    def _compare(self) -> None:
        """What a row states, against what stands."""
        for i, row in self._alive():
            match = self._matches.get(i)
            if row.condition is not None and not isinstance(row.condition, Condition):
                self._refuse(i, f"the condition {str(row.condition)!r} is none of {', '.join(Condition)}")
            elif wrong := [iri for iri in (*row.exact_match, *row.close_match) if not is_iri(iri)]:
                self._refuse(i, f"the match {wrong[0]!r} is not an IRI")
            elif other := self._matcher.other_holder(row, match.concept if match else None):
                self._refuse(i, f"it claims an exact match that belongs to {other}")
            elif match:
                self._agree(i, row, match.concept)

    def _agree(self, i: int, row: Incoming, concept: str) -> None:
        stands = self._knowledge.condition(concept)
        if not self._matcher.knows(concept, row.pref_label):
            ours = self._knowledge.label(concept)
            holder = self._matcher.holder(row.pref_label)
            whose = f"a name of {holder}" if holder else "not a name it has"
            self._refuse(i, f"it is {concept}, preferably {ours!r} here; {row.pref_label!r} is {whose}")
        elif row.condition is not None and row.condition is not stands:
            ours = stands.value if stands else "mixed, as its members differ"
            self._refuse(i, f"it says {row.condition}, but {concept} is {ours}")

    def _name(self) -> None:
        """The labels a row brings, none of which may belong to somebody else: a concept, or another row."""
        claims: dict[str, dict[int, None]] = defaultdict(dict)  # rows in their order
        for i, row in list(self._alive()):
            alt, hidden = ([label for label in kind if self._is_news(i, label)] for kind in
                           (row.alt_labels, row.hidden_labels))  # fmt: skip
            if i in self._out:
                continue
            own = [] if i in self._matches else [row.pref_label]
            if own and not forms_of(row.pref_label):
                self._refuse(i, f"{row.pref_label!r} has no Latin letter or digit, by which names are compared")
                continue
            seen = {form for label in own for form in forms_of(label)}
            self._kept_labels[i] = (_unlike(alt, seen), _unlike(hidden, seen))
            for form in seen:
                claims[form][i] = None
        for form, rows in claims.items():
            for i in rows if len(rows) > 1 else ():
                self._refuse(i, f"the name {form!r} is also that of {self._others(i, rows)}")

    def _is_news(self, i: int, label: str) -> bool:
        match = self._matches.get(i)
        if match and self._matcher.knows(match.concept, label):
            return False
        if holder := self._matcher.holder(label):
            self._refuse(i, f"the name {label!r} belongs to {holder} already")
            return False
        if not forms_of(label):
            self._found[i].append(
                f"the name {label!r} is left out; it has no Latin letter or digit, by which names are compared"
            )
            return False
        return True

    # -- all rows together ---------------------------------------------------------------------------------------

    def _file(self) -> dict[int, Node]:
        taken = set(self._knowledge.concepts)
        nodes: dict[int, Node] = {}
        for i, row in self._alive():
            match = self._matches.get(i)
            id_ = match.concept if match else short_id(row.pref_label, taken)
            taken.add(id_)
            nodes[i] = Node(id_, match is not None, row, *self._kept_labels[i])
        # A row that is left out still says which concept its members lie under, where it is one.
        known = {self._rows[i].key: match.concept for i, match in self._matches.items()}
        filing = Filing(self._knowledge, self._matcher, nodes, known, {row.key for row in self._rows}, self._under)
        for i, finding, leaves in filing.settle():
            if leaves:
                self._refuse(i, finding)
            else:
                self._found[i].append(finding)
        return {i: node for i, node in nodes.items() if i not in self._out}

    def _changes(self, nodes: dict[int, Node]) -> tuple[tuple[Change, ...], tuple[str, ...]]:
        made: list[tuple[Change, str]] = []
        for node in nodes.values():
            if node.existing:
                made += completed(self._knowledge.concept(node.id), node)
            else:
                made.append(added(node, self._source))
        return tuple(change for change, _ in made), tuple(sentence for _, sentence in made)

    def _others(self, i: int, rows: Collection[int]) -> str:
        """Where the other rows stand; a few of them, or a thousand equal rows would be told a million times."""
        few = [self._rows[other].place for other in islice(rows, _FEW + 1) if other != i][:_FEW]
        more = len(rows) - 1 - len(few)
        return ", ".join(few) + (f" and {more} more" if more else "")

    def _alive(self) -> list[tuple[int, Incoming]]:
        return [(i, row) for i, row in enumerate(self._rows) if i not in self._out]

    def _refuse(self, i: int, reason: str) -> None:
        self._out.add(i)
        self._found[i].append(reason + _OUT)


def _placed(finding: str, places: Mapping[str, str]) -> str:
    """A finding about the whole, with the place of the first row that it names."""
    named = next((places[name] for name in _NAME.findall(finding) if name in places), None)
    return f"{named}: {finding}" if named else finding


def _unlike(labels: Sequence[str], seen: set[str]) -> tuple[str, ...]:
    """The labels that differ from those seen, and from each other, by more than spelling; `seen` learns them."""
    kept: list[str] = []
    for label in labels:
        forms = forms_of(label)
        if not forms & seen:
            kept.append(label)
        seen |= forms
    return tuple(kept)
