"""An import that edits: rows that carry our ids say what should hold, and the plan is what makes it so.

Unlike `incoming.plan`, which only adds, a row here replaces. What the file does not speak of stays: a column or a row
that is absent changes nothing, and nothing is removed but by a row that says so.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

from ..core.change import Change, Rename, SetLabels, changes_between
from ..core.concept import Condition
from ..core.content import Content
from ..core.errors import KnowledgeInvalid
from ..core.fold import fold
from ..core.knowledge import Knowledge
from ..core.telling import told
from .document import Document, Gone, Meaning, Pair, Sign, Trait
from .entries import ConceptAdded, ConceptEdit, Draft, Entry, PairEdit, Refused, TraitEdit
from .naming import Names
from .planning import Plan
from .row import Incoming
from .statements import StatementReader
from .understanding import ConceptReader

Row = TypeVar("Row", Sign, Gone, Trait, Pair, Meaning)

_OUT = "; the row is left out"
_NAME = re.compile(r"[\w.-]*\w")
# Each round takes out the rows that a contradiction names and looks again. A file that is not sound by then is not.
_ROUNDS = 12
_LONGEST = 500  # of a finding: a ring of ten thousand rows would be told ten thousand times


def edit(document: Document, knowledge: Knowledge, *, source: str = "", under: str = "") -> Plan:
    """The changes after which the knowledge holds what a file says.

    Args:
        source: the provenance that new concepts, differentials and crosswalk entries are given.
        under: id of the concept under which new rows without a parent are filed; empty for the top.

    Returns:
        A plan whose changes can be applied together. Rows that cannot be used, contradict the knowledge or each
        other are findings; so is a contradiction that no row can be blamed for, and there are then no changes.

    Raises:
        UnknownConcept: `under` is not the id of a concept.
    """
    if under:
        knowledge.concept(under)
    return _Editor(document, knowledge, source, under).plan()


@dataclass(slots=True)
class _Line:
    """One row of the file: where it stands, what it came to, and whether that was news."""

    place: str
    entry: Entry | None = None
    news: bool = False


class _Editor:
    """One import, worked through once."""

    def __init__(self, document: Document, knowledge: Knowledge, source: str, under: str) -> None:
        self._document = document
        self._knowledge = knowledge
        self._names = Names(knowledge)
        self._concepts = ConceptReader(knowledge, self._names, document.stated, source, under)
        self._statements = StatementReader(knowledge, self._names, source)
        self._lines: list[_Line] = []
        self._findings: dict[int, list[str]] = defaultdict(list)  # by line, so that they read in the file's order
        self._matched: list[tuple[str, str, str]] = []

    def plan(self) -> Plan:
        self._understand()
        self._leave_out_dependants()
        after, whole = self._settled()
        listed = tuple(f"{self._lines[i].place}: {one}" for i in sorted(self._findings) for one in self._findings[i])
        unchanged = sum(line.entry is not None and not line.news for line in self._lines)
        if after is None:
            return Plan((), unchanged, tuple(self._matched), (*listed, *whole))
        changes = _plain(changes_between(self._knowledge, after), self._knowledge)
        sentences = tuple(told(change, self._knowledge) for change in changes)
        return Plan(changes, unchanged, tuple(self._matched), listed, sentences)

    # -- each row ------------------------------------------------------------------------------------------------

    def _understand(self) -> None:
        """Features first and concepts next, for the others name them."""
        document, statements = self._document, self._statements
        self._take(document.signs, statements.sign, lambda sign: sign.feature.id)
        self._take(document.gone, statements.gone, lambda gone: gone.retired.id)
        self._take_concepts()
        self._take(document.traits, statements.trait, lambda trait: f"{trait.concept}, {trait.feature}")
        self._take(document.pairs, statements.pair, lambda pair: f"{pair.a} and {pair.b}")
        self._take(document.meanings, statements.meaning, lambda meaning: f"{meaning.dataset}, {meaning.label}")
        often = Counter(entry.about for _, entry in self._entries())
        for i, entry in self._entries():
            if often[entry.about] > 1:
                self._refuse(i, f"{often[entry.about]} rows are about this")

    def _take(self, rows: Iterable[Row], understand: Callable[[Row], Entry], name: Callable[[Row], str]) -> None:
        for row in rows:
            line = self._begin(f"{row.place} ({_shown(name(row))})")
            self._enter(line, lambda row=row: understand(row))

    def _take_concepts(self) -> None:
        rows = [row.tidy() for row in self._document.rows]
        often = Counter(row.key for row in rows)
        namesakes = Counter(fold(row.pref_label) for row in rows if row.key not in self._knowledge.concepts)
        known: list[tuple[int, str, Incoming]] = []
        for row in rows:
            line = self._begin(row.told())
            if row.key and often[row.key] > 1:
                self._refuse(line, f"{often[row.key]} rows have the id {row.key[:80]!r}")
                continue
            if row.key not in self._knowledge.concepts and namesakes[fold(row.pref_label)] > 1 and row.pref_label:
                self._refuse(line, f"{namesakes[fold(row.pref_label)]} new rows have the name {row.pref_label[:80]!r}")
                continue
            try:
                known.append((line, self._names.identify(row), row))
            except Refused as error:
                self._refuse(line, str(error))
        for line, id_, row in known:
            self._enter(line, lambda id_=id_, row=row: self._concepts.concept(id_, row))
            if isinstance(self._lines[line].entry, ConceptEdit):
                self._matched.append((row.key, id_, "id"))

    def _begin(self, place: str) -> int:
        self._lines.append(_Line(place))
        return len(self._lines) - 1

    def _enter(self, line: int, understand: Callable[[], Entry]) -> None:
        try:
            self._lines[line].entry = understand()
        except Refused as error:
            self._refuse(line, str(error))

    def _refuse(self, line: int, reason: str) -> None:
        self._lines[line].entry = None
        shown = reason if len(reason) <= _LONGEST else reason[:_LONGEST] + " …"
        self._findings[line].append(shown + _OUT)

    # -- all rows together ---------------------------------------------------------------------------------------

    def _leave_out_dependants(self) -> None:
        """Rows that need a new concept whose own row is left out, and those that need theirs."""
        needing: dict[str, list[int]] = defaultdict(list)
        for i, entry in self._entries():
            for id_ in entry.needs:
                needing[id_].append(i)
        standing = {entry.concept.id for _, entry in self._entries() if isinstance(entry, ConceptAdded)}
        gone = [id_ for id_ in needing if id_ not in standing]
        while gone:
            lost = gone.pop()
            for i in needing.pop(lost, ()):
                entry = self._lines[i].entry
                if entry is None:
                    continue
                self._refuse(i, f"it needs {lost}, which is left out")
                if isinstance(entry, ConceptAdded):
                    gone.append(entry.concept.id)

    def _settled(self) -> tuple[Knowledge | None, tuple[str, ...]]:
        """The knowledge with every row that can stand in it; or None, and the contradictions that no row explains."""
        content = Content.of(self._knowledge)
        found: tuple[str, ...] = ()
        for _ in range(_ROUNDS):
            draft = Draft.of(content)
            for i, entry in self._entries():
                self._lines[i].news = entry.apply(draft)
            self._give_conditions(draft)
            if not any(line.news for line in self._lines):
                return self._knowledge, ()
            try:
                return draft.knowledge(self._knowledge), ()
            except KnowledgeInvalid as error:
                found = error.findings or (str(error),)
            if not self._blame(found, draft):
                return None, found
            self._leave_out_dependants()
        return None, found

    def _give_conditions(self, draft: Draft) -> None:
        """A leaf whose row leaves its condition empty has that of its groups, where those agree."""
        open_ = [(i, entry.names[0]) for i, entry in self._entries() if _leaves_condition_open(entry)]
        groups = {parent for concept in draft.concepts.values() for parent in concept.parents} if open_ else set()
        for i, id_ in open_:
            concept = draft.concepts[id_]
            shared = {self._condition(parent, draft) for parent in concept.parents}
            if id_ not in groups and len(shared) == 1:
                draft.concepts[id_] = replace(concept, condition=shared.pop())
                self._lines[i].news = draft.concepts[id_] != self._knowledge.concepts.get(id_)

    def _condition(self, id_: str, draft: Draft) -> Condition | None:
        stated = draft.concepts[id_].condition if id_ in draft.concepts else None
        return stated or (self._knowledge.condition(id_) if id_ in self._knowledge.concepts else None)

    def _blame(self, findings: Iterable[str], draft: Draft) -> bool:
        """Leaves out the rows whose news a finding names, or else those of concepts beneath what it names."""
        named: dict[str, list[int]] = defaultdict(list)
        for i, entry in self._entries():
            for name in entry.names if self._lines[i].news else ():
                named[name].append(i)
        blamed: dict[int, str] = {}
        elsewhere: dict[str, str] = {}
        for finding in findings:
            names = set(_NAME.findall(finding))
            guilty = sorted(i for name in names for i in named.get(name, ()))
            pairs = [i for i in guilty if isinstance(self._lines[i].entry, PairEdit)]
            for i in pairs or guilty:
                blamed.setdefault(i, finding)
            if not guilty:
                elsewhere.update((part, finding) for name in names for part in (name, *name.split("--")))
        for i, entry in self._entries() if elsewhere else ():
            if self._lines[i].news and isinstance(entry, (ConceptAdded, ConceptEdit, TraitEdit)):
                above = next((id_ for id_ in _above(entry.names[0], draft) if id_ in elsewhere), None)
                if above is not None:
                    blamed.setdefault(i, elsewhere[above])
        for i, finding in blamed.items():
            self._refuse(i, finding)
        return bool(blamed)

    def _entries(self) -> Iterator[tuple[int, Entry]]:
        return ((i, line.entry) for i, line in enumerate(self._lines) if line.entry is not None)


def _leaves_condition_open(entry: Entry) -> bool:
    match entry:
        case ConceptAdded(concept):
            return concept.condition is None
        case ConceptEdit(_, said):
            return "condition" in said and said["condition"] is None
        case _:
            return False


def _above(id_: str, draft: Draft) -> Iterator[str]:
    """A concept and everything above it, in the draft; a cycle is walked once."""
    pending, seen = [id_], {id_}
    while pending:
        one = pending.pop()
        yield one
        parents = draft.concepts[one].parents if one in draft.concepts else ()
        pending += [parent for parent in parents if parent not in seen]
        seen.update(parents)


def _shown(text: str) -> str:
    return "".join(sign if sign.isprintable() else "�" for sign in text)[:80]


def _plain(changes: Iterable[Change], before: Knowledge) -> tuple[Change, ...]:
    """Without the labels that a renaming leaves as it does anyway."""
    found: list[Change] = []
    content = Content.of(before)
    for change in changes:
        last = found[-1] if found else None
        if isinstance(change, SetLabels) and isinstance(last, Rename) and last.concept == change.concept:
            renamed = last.apply(content).concepts[change.concept]
            if (renamed.alt_labels, renamed.hidden_labels, renamed.ambiguous_labels) == (
                change.alt, change.hidden, change.ambiguous
            ):  # fmt: skip
                continue
        found.append(change)
    return tuple(found)
