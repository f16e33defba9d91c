"""From text to concept: the one resolver, suggestions for people, and the finder of names inside running text.

The rules are those of the reward contract, section 2. A resolution is never a guess: two candidates are `Ambiguous`,
and anything negated or hedged is `Unresolved`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import Literal

from .concept import Concept, CrosswalkEntry
from .errors import KnowledgeInvalid
from .fold import basic, fold, unordered, words

Reason = Literal["empty", "negated", "hedged", "unknown", "not-a-disease"]


class How(StrEnum):
    """Which rule found a concept."""

    CROSSWALK = "crosswalk"
    PREFERRED = "preferred"
    SYNONYM = "synonym"
    FOLDED = "folded"


@dataclass(frozen=True, slots=True)
class Resolved:
    """Exactly one concept, and the label that matched."""

    concept: str
    how: How
    matched: str


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """Several concepts that the text may mean; a person or the dataset's crosswalk must say which."""

    concepts: tuple[str, ...]
    how: How
    matched: str


@dataclass(frozen=True, slots=True)
class Unresolved:
    """No concept. `not-a-disease` comes from a crosswalk that says so."""

    reason: Reason
    how: How | None = None
    matched: str = ""


Resolution = Resolved | Ambiguous | Unresolved

_NEGATION = re.compile(
    r"\b(no|not|non|without|negative|absent|denies|excluded?|exclusion|rule[ds]?[ -]?out|r/o|ruling out|never|neither"
    r"|nor)\b"
)
_HEDGE = re.compile(
    r"\?|\b(vs|versus|possibly|possible|probably|probable|suspected|suspicious|suspicion|suggestive|likely|maybe|perhaps"
    r"|query|presumed|presumptive|questionable|equivocal|uncertain|consistent with|compatible with|concerning for"
    r"|cannot|can't|differential|ddx|d/d|either|or|favou?rs?|favou?red|resembling|mimicking|borderline|pseudo)\b"
)
_TYPED_POSSESSIVE = re.compile(r"['’]s\b")
# Words a registry adds to a name without changing what it names.
_EMPTY_TAIL = re.compile(
    r"[\s,;-]*(\((disorder|finding|morphologic abnormality|diagnosis|nos)\)"
    r"|\bnos\b\.?|\bnot otherwise specified\b|\bunspecified\b)\s*$"
)
_BRACKETED = re.compile(r"^(?P<outer>[^()\[\]]+?)\s*[(\[](?P<inner>[^()\[\]]+)[)\]](?P<rest>[^()\[\]]*)$")


class LabelIndex:
    """Every label of a release, in the three forms it is looked up by, and the crosswalks.

    Raises:
        KnowledgeInvalid: two concepts share a label that both do not declare ambiguous, or a crosswalk
            names an unknown concept or answers one label twice.
    """

    def __init__(self, concepts: Mapping[str, Concept], crosswalk: Iterable[CrosswalkEntry]) -> None:
        self._exact: dict[str, dict[str, tuple[How, str]]] = {}
        self._folded: dict[str, dict[str, str]] = {}
        self._unordered: dict[str, dict[str, str]] = {}
        self._labels: list[tuple[str, str]] = []
        self._names = {concept.id: concept.pref_label for concept in concepts.values()}
        for concept in concepts.values():
            self._add(concept)
        self._crosswalk: dict[str, dict[str, CrosswalkEntry]] = {}
        findings = self._shared_labels(concepts)
        for entry in crosswalk:
            findings += [f"the crosswalk {entry.dataset}/{entry.label} names {c}, which is not a concept"
                         for c in entry.concepts if c not in concepts]  # fmt: skip
            known = self._crosswalk.setdefault(basic(entry.dataset), {})
            if known.setdefault(basic(entry.label), entry) is not entry:
                findings.append(f"the crosswalk {entry.dataset} answers {entry.label!r} twice")
        if findings:
            raise KnowledgeInvalid("labels contradict each other:", tuple(findings))
        self._memo: dict[tuple[str, str | None], Resolution] = {}

    def _add(self, concept: Concept) -> None:
        spoken = (*concept.alt_labels, *concept.hidden_labels, *concept.ambiguous_labels)
        for how, label in [(How.PREFERRED, concept.pref_label), *((How.SYNONYM, label) for label in spoken)]:
            self._labels.append((concept.id, label))
            self._exact.setdefault(basic(label), {}).setdefault(concept.id, (how, label))
            # "Bowen's disease" is also typed without the apostrophe: "Bowens disease".
            for spelling in {label, _TYPED_POSSESSIVE.sub("s", label)}:
                form = words(spelling)
                self._folded.setdefault(" ".join(form), {}).setdefault(concept.id, label)
                if len(form) > 1:
                    self._unordered.setdefault(unordered(form), {}).setdefault(concept.id, label)

    def _shared_labels(self, concepts: Mapping[str, Concept]) -> list[str]:
        declared = {cid: {fold(label) for label in concept.ambiguous_labels} for cid, concept in concepts.items()}
        return [
            f"the label {next(iter(holders.values()))!r} belongs to {' and '.join(sorted(holders))}; "
            "take it from all but one, or declare it skr:ambiguousLabel on each"
            for form, holders in self._folded.items()
            if len(holders) > 1 and not all(form in declared[cid] for cid in holders)
        ]

    @property
    def datasets(self) -> tuple[str, ...]:
        """The datasets that have a crosswalk."""
        return tuple(sorted(self._crosswalk))

    # -- resolution ----------------------------------------------------------------------------------------------

    def resolve(self, text: str, *, dataset: str | None = None) -> Resolution:
        """What a label or an answer names (reward contract, section 2). Never raises on a text."""
        key = (text, dataset)
        found = self._memo.get(key)
        if found is None:
            found = self._resolve(text, dataset)
            if len(self._memo) >= 1 << 20:  # a training run repeats its labels; a hostile client does not
                self._memo.clear()
            self._memo[key] = found
        return found

    def _resolve(self, text: str, dataset: str | None) -> Resolution:
        plain = basic(text)
        if dataset is not None and (entry := self._crosswalk.get(basic(dataset), {}).get(plain)):
            return _from_crosswalk(entry)
        if holders := self._exact.get(plain):
            if len(holders) == 1:
                [(concept, (how, label))] = holders.items()
                return Resolved(concept, how, label)
            return Ambiguous(tuple(sorted(holders)), How.SYNONYM, next(iter(holders.values()))[1])
        if not words(text):
            return Unresolved("empty")
        # Names that themselves hold such a word ("non-melanoma skin cancer") have been found above or are found
        # by their folded form; every other text that negates or hedges names nothing.
        if found := self._by_form(self._folded, fold(text)):
            if "?" not in plain and not plain.startswith(("-", "!", "~")):
                return found
            return Unresolved("hedged")
        stripped = _EMPTY_TAIL.sub("", plain)
        if _HEDGE.search(stripped):
            return Unresolved("hedged")
        if _NEGATION.search(stripped):
            return Unresolved("negated")
        return self._reordered(stripped)

    def _reordered(self, text: str) -> Resolution:
        """Word order, bracketed abbreviations and empty tails."""
        if found := self._by_form(self._folded, fold(text)):
            return found
        if match := _BRACKETED.match(text):
            return self._bracketed(match["outer"], match["inner"], match["rest"])
        if _joins(text):
            return Unresolved("unknown")
        return self._by_form(self._unordered, unordered(words(text))) or Unresolved("unknown")

    def _bracketed(self, outer: str, inner: str, rest: str) -> Resolution:
        """`basal cell carcinoma (BCC)`: the bracket repeats the name, abbreviates it, or belongs to it."""
        spread = (f"{outer} {inner} {rest}", f"{inner} {outer} {rest}")
        whole = next((r for t in spread if (r := self._by_form(self._unordered, unordered(words(t))))), None)
        if whole is not None:
            return whole
        outside, inside = self._plainly(f"{outer} {rest}"), self._plainly(inner)
        if isinstance(outside, Unresolved):
            # "SSM (superficial spreading melanoma)" where the abbreviation is not a label of ours.
            return inside if isinstance(inside, Resolved) and _abbreviates(outer, inner) else Unresolved("unknown")
        if isinstance(inside, Unresolved):
            return outside if _abbreviates(inner, outer) else Unresolved("unknown")
        both = _candidates(outside) & _candidates(inside)
        if len(both) == 1:
            matched = outside.matched if isinstance(outside, Resolved) else inside.matched
            return Resolved(both.pop(), How.FOLDED, matched)
        return Ambiguous(tuple(sorted(_candidates(outside) | _candidates(inside))), How.FOLDED, outside.matched)

    def _plainly(self, text: str) -> Resolution:
        return (
            self._by_form(self._folded, fold(text))
            or (None if _joins(text) else self._by_form(self._unordered, unordered(words(text))))
            or Unresolved("unknown")
        )

    @staticmethod
    def _by_form(index: Mapping[str, Mapping[str, str]], form: str) -> Resolved | Ambiguous | None:
        holders = index.get(form)
        if not holders:
            return None
        if len(holders) == 1:
            [(concept, label)] = holders.items()
            return Resolved(concept, How.FOLDED, label)
        return Ambiguous(tuple(sorted(holders)), How.FOLDED, next(iter(holders.values())))

    # -- for people ----------------------------------------------------------------------------------------------

    @cached_property
    def _search_rows(self) -> tuple[tuple[str, str, str, str], ...]:
        """(folded form, basic form, concept id, label), sorted."""
        rows = {(fold(label), basic(label), concept, label) for concept, label in self._labels}
        return tuple(sorted(rows))

    def search(self, query: str, limit: int = 20) -> list[tuple[str, str]]:
        """Concepts whose labels hold the query, best first: (concept id, the label that matched).

        A label that equals the query comes before one that starts with it, then one with a word that starts with it,
        then one that contains it; shorter labels first.
        """
        wanted = fold(query)
        loose = basic(query)
        if not wanted:
            return []
        ranked: dict[str, tuple[int, int, str]] = {}
        for form, plain, concept, label in self._search_rows:
            place = _match_rank(form, wanted) or _match_rank(plain, loose)
            if place is None:
                continue
            key = (place, len(form), label)
            if concept not in ranked or key < ranked[concept]:
                ranked[concept] = key
        best = sorted(ranked.items(), key=lambda item: (item[1], item[0]))
        return [(concept, key[2]) for concept, key in best[:limit]]

    def suggest(self, text: str, limit: int = 5) -> list[tuple[str, str, float]]:
        """Ranked candidates for a person to judge: (concept id, label, similarity in [0, 1]).

        Never used to resolve: no similarity threshold is safe (reward contract, section 2.4).
        """
        wanted = fold(text)
        best: dict[str, tuple[float, str]] = {}
        matcher = SequenceMatcher(b=wanted, autojunk=False)
        for form, _, concept, label in self._search_rows:
            matcher.set_seq1(form)
            # Both are upper bounds of the ratio; a candidate that cannot win is not compared in full.
            worth = matcher.real_quick_ratio() > 0.6 and matcher.quick_ratio() > 0.6
            score = max(matcher.ratio() if worth else 0.0, _overlap(form, wanted))
            if score > best.get(concept, (0.4, ""))[0]:
                best[concept] = (score, label)
        ranked = sorted(best.items(), key=lambda item: (-item[1][0], item[0]))
        return [(concept, label, round(score, 4)) for concept, (score, label) in ranked[:limit]]


def _from_crosswalk(entry: CrosswalkEntry) -> Resolution:
    if not entry.concepts:
        return Unresolved("not-a-disease", How.CROSSWALK, entry.label)
    if len(entry.concepts) == 1:
        return Resolved(entry.concepts[0], How.CROSSWALK, entry.label)
    return Ambiguous(entry.concepts, How.CROSSWALK, entry.label)


def _candidates(found: Resolution) -> set[str]:
    if isinstance(found, Resolved):
        return {found.concept}
    return set(found.concepts) if isinstance(found, Ambiguous) else set()


def _joins(text: str) -> bool:
    """Whether a text joins several names ("melanoma; nevus"), which word order must not melt into one."""
    return bool(re.search(r"[;/+&|]|\band\b", text))


def _abbreviates(short: str, long: str) -> bool:
    """Whether `short` is made of the initials of `long` in order: BCC of basal cell carcinoma."""
    letters = re.sub(r"[^a-z]", "", basic(short))
    initials = "".join(word[0] for word in words(long))
    return 2 <= len(letters) <= 6 and letters in {initials, initials + "s"}


def _match_rank(form: str, wanted: str) -> int | None:
    if form == wanted:
        return 1
    if form.startswith(wanted):
        return 2
    if f" {wanted}" in form:
        return 3
    return 4 if wanted in form and len(wanted) > 2 else None


def _overlap(form: str, wanted: str) -> float:
    a, b = set(form.split()), set(wanted.split())
    return len(a & b) / len(a | b) if a | b else 0.0


@dataclass(frozen=True, slots=True)
class Mention:
    """A label found in running text: character span, the id it names, the surface form, and whether it is negated."""

    start: int
    end: int
    id: str
    text: str
    negated: bool


_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_BEFORE_NEGATED = re.compile(
    r"\b(no|not|without|lacks?|lacking|absence of|absent|neither|nor|never|rather than)\b[^.;:]*$", re.IGNORECASE
)


# Running text repeats its words; folding one costs more than remembering it.
_token = lru_cache(maxsize=1 << 16)(words)


class MentionFinder:
    """Finds labels in text: whole words in their folded form, the longest label first, no overlaps.

    An abbreviation in capitals is found in capitals only: "TEN" is a disease, "ten" a number.

    Args:
        labels: for each id its labels. A label shared by two ids is not looked for.
    """

    def __init__(self, labels: Mapping[str, Sequence[str]]) -> None:
        self._forms: dict[tuple[str, ...], str | None] = {}
        self._capitals: set[tuple[str, ...]] = set()
        self._spoken: set[tuple[str, ...]] = set()
        for id_, names in labels.items():
            for name in names:
                form = words(name)
                if not form:
                    continue
                self._forms[form] = id_ if self._forms.get(form, id_) == id_ else None
                if name.isupper():
                    self._capitals.add(form)
                else:
                    self._spoken.add(form)
        self._starts: dict[str, int] = {}
        for form in self._forms:
            self._starts[form[0]] = max(self._starts.get(form[0], 0), len(form))

    def find(self, text: str) -> tuple[Mention, ...]:
        """Every mention in order of appearance."""
        tokens = [(match.start(), match.end(), _token(match.group())) for match in _WORD.finditer(text)]
        spans = [(start, end, form[0]) for start, end, form in tokens if len(form) == 1]
        found: list[Mention] = []
        place = 0
        while place < len(spans):
            longest = min(self._starts.get(spans[place][2], 0), len(spans) - place)
            for size in range(longest, 0, -1):
                form = tuple(span[2] for span in spans[place : place + size])
                id_ = self._forms.get(form)
                if id_ is None:
                    continue
                start, end = spans[place][0], spans[place + size - 1][1]
                if form in self._capitals and form not in self._spoken and not text[start:end].isupper():
                    continue
                if re.search(r"[.;:,!?]", text[start:end]):
                    continue  # a label does not run over the end of a clause
                negated = bool(_BEFORE_NEGATED.search(text, max(0, start - 60), start))
                found.append(Mention(start, end, id_, text[start:end], negated))
                place += size
                break
            else:
                place += 1
        return tuple(found)
