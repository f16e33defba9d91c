"""From text to concept: the one resolver, and search and suggestions for people.

The rules are those of the reward contract, section 2. A resolution is never a guess: two candidates are `Ambiguous`,
and anything negated or hedged is `Unresolved`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from functools import cached_property
from typing import Literal

from .concept import Concept, CrosswalkEntry
from .errors import KnowledgeInvalid
from .fold import basic, eponyms, fold, spellings, squashed, unordered, words
from .taxonomy import Taxonomy

Reason = Literal["empty", "negated", "hedged", "compound", "unknown", "not-a-disease"]


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
    r"|cannot|can't|differential|ddx|d/d|either|or|favou?rs?|favou?red|resembling|mimicking|unconfirmed|unlikely"
    r"|history of|h/o|mimics?)\b"
)
# Words a registry adds to a name without changing what it names.
_EMPTY_TAIL = re.compile(
    r"[\s,;-]*(\((disorder|finding|morphologic abnormality|diagnosis|nos)\)"
    r"|\bnos\b\.?|\bnot otherwise specified\b|\bunspecified\b)\s*$"
)
_BRACKETED = re.compile(r"^(?P<outer>[^()\[\]]*)[(\[](?P<inner>[^()\[\]]+)[)\]](?P<rest>[^()\[\]]*)$")
# "nodular type" is nodular; "type 1" keeps its number.
_TYPE_WORD = re.compile(r"[\s_-]+(type|sub-?type|variant)(?=\s*([,()\[\]]|$))")
# The same word inside a label of ours: "plaque-type blue nevus" is also filed as "blue nevus, plaque".
_TYPE_IN_LABEL = re.compile(r"[\s-]+type\b(?!\s*\d)", re.IGNORECASE)
# What stands between two names of one thing: "acrochordon / skin tag", "BCC - basal cell carcinoma".
_BETWEEN_NAMES = re.compile(r"\s*(?:[/;:|=,+]|\s[-–—]\s|\baka\b|\ba\.k\.a\.|\balso known as\b)\s*")
# What narrows: "Lyme disease - erythema migrans", "eczema: atopic dermatitis".
_NARROWS = re.compile(r":|\s[-–—]\s")
# A folder's or a photograph's number, which no name of a disease begins or ends with.
_NUMBERING = re.compile(r"^\d+[\s_.)-]+|[\s_-]+\d{2,}$")
# Shorter forms say too little once their spaces are gone.
_SQUASHED_LENGTH = 8


class LabelIndex:
    """Every label of a release, in the forms it is looked up by, and the crosswalks.

    Raises:
        KnowledgeInvalid: two concepts share a label that both do not declare ambiguous, or a crosswalk
            names an unknown concept or answers one label twice.
    """

    def __init__(
        self, concepts: Mapping[str, Concept], crosswalk: Iterable[CrosswalkEntry], taxonomy: Taxonomy | None = None
    ) -> None:
        self._exact: dict[str, dict[str, tuple[How, str]]] = {}
        self._folded: dict[str, dict[str, str]] = {}
        self._unordered: dict[str, dict[str, str]] = {}
        self._squashed: dict[str, dict[str, str]] = {}
        self._eponyms: dict[str, dict[str, str]] = {}
        self._untyped: dict[str, dict[str, str]] = {}
        self._abbreviations: dict[str, dict[str, str]] = {}
        self._taxonomy = taxonomy or Taxonomy({concept.id: concept.parents for concept in concepts.values()})
        self._labels: list[tuple[str, str]] = []
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
            for bare in eponyms(label):
                self._eponyms.setdefault(fold(bare), {}).setdefault(concept.id, label)
            for spelling in spellings(label):
                form = words(spelling)
                self._folded.setdefault(" ".join(form), {}).setdefault(concept.id, label)
                self._squashed.setdefault(squashed(form), {}).setdefault(concept.id, label)
                if len(form) > 1 and (key := unordered(form)):
                    self._unordered.setdefault(key, {}).setdefault(concept.id, label)
                if "type" in form and (key := unordered(words(_TYPE_IN_LABEL.sub(" ", spelling)))):
                    self._untyped.setdefault(key, {}).setdefault(concept.id, label)
                if len(form) == 1 and label.isupper():
                    self._abbreviations.setdefault(form[0], {}).setdefault(concept.id, concept.pref_label)

    def _shared_labels(self, concepts: Mapping[str, Concept]) -> list[str]:
        declared = {
            cid: {fold(spelling) for label in concept.ambiguous_labels for spelling in spellings(label)}
            for cid, concept in concepts.items()
        }
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
        if self._joins_two(plain):
            return Unresolved("compound")
        # Names that themselves hold such a word ("non-melanoma skin cancer") have been found above or are found
        # by their folded form; every other text that negates or hedges names nothing.
        if found := self._by_form(self._folded, fold(text)):
            if "?" not in plain and not plain.startswith(("-", "!", "~")):
                return found
            return Unresolved("hedged")
        stripped = _EMPTY_TAIL.sub("", plain).replace("_", " ")
        # "junctional epidermolysis bullosa, non-Herlitz": every word of the text is a word of the label.
        if "?" not in plain and (found := self._by_form(self._unordered, unordered(words(stripped)))):
            return found
        if _HEDGE.search(stripped):
            return Unresolved("hedged")
        if _NEGATION.search(stripped):
            return Unresolved("negated")
        return self._reordered(stripped)

    def _reordered(self, text: str) -> Resolution:
        """Word order, bracketed abbreviations, two names of one thing, and empty tails."""
        text = _TYPE_WORD.sub("", _NUMBERING.sub("", text))
        if found := self._by_form(self._folded, fold(text)):
            return found
        if match := _BRACKETED.match(text):
            return self._bracketed(match["outer"], match["inner"], match["rest"])
        parts = _parts(text)
        return self._one_thing(parts) or self._narrowed(text) or self._plainly(text)

    def _joins_two(self, text: str) -> bool:
        """Whether a text lists diseases of which none is the other's group: "acne/rosacea" is not acne rosacea."""
        parts = _parts(text)
        if len(parts) < 2:
            return False
        found = [self._by_form(self._folded, fold(part)) for part in parts]
        named = [each.concept for each in found if isinstance(each, Resolved)]
        if len(self._narrowest(set(named))) < 2:
            return False
        # "panniculitis, lupus" is an inverted name: lupus panniculitis is a panniculitis. "rosacea, acne" is a list.
        whole = self._by_form(self._folded, fold(" ".join(reversed(parts)))) if "," in text else None
        inverted = isinstance(whole, Resolved) and self._taxonomy.is_ancestor(named[0], whole.concept)
        return not (inverted and len(parts) == len(named) == 2)

    def _narrowed(self, text: str) -> Resolved | None:
        """A group, and after a colon or a dash its member."""
        found = [self._plainly(part) for part in _NARROWS.split(text)]
        if len(found) < 2 or not all(isinstance(each, Resolved) for each in found):
            return None
        [*narrowest] = self._narrowest({each.concept for each in found if isinstance(each, Resolved)})
        return Resolved(narrowest[0], How.FOLDED, found[-1].matched) if len(narrowest) == 1 else None

    def _narrowest(self, concepts: set[str]) -> set[str]:
        """Those of some concepts that are no other's group."""
        above = {group for concept in concepts for group in self._taxonomy.ancestors(concept)}
        return concepts - above

    def _bracketed(self, outer: str, inner: str, rest: str) -> Resolution:
        """`basal cell carcinoma (BCC)`: the bracket repeats the name, abbreviates it, narrows it, or belongs to it."""
        spread = (f"{outer} {inner} {rest}", f"{inner} {outer} {rest}")
        whole = next(
            (r for t in spread if (r := self._by_form(self._folded, fold(t)) or self._by_order(words(t)))), None
        )
        if whole is not None:
            return whole
        outside = f"{outer} {rest}"
        if found := self._one_thing([outside, inner]):
            return found
        both = [self._plainly(outside), self._plainly(inner)]
        if any(isinstance(found, Unresolved) for found in both):
            return Unresolved("unknown")
        named = _candidates(both[0]) & _candidates(both[1]) or _candidates(both[0]) | _candidates(both[1])
        # "eczema (atopic dermatitis)": what is both a group and its member is the member.
        narrowest = self._narrowest(named)
        matched = next((found.matched for found in both if isinstance(found, Resolved)), "")
        if len(narrowest) == 1:
            return Resolved(narrowest.pop(), How.FOLDED, matched)
        return Ambiguous(tuple(sorted(narrowest)), How.FOLDED, matched)

    def _one_thing(self, parts: Sequence[str]) -> Resolved | None:
        """The concept that every part names, or that one part names and the others abbreviate."""
        found = [self._plainly(part) for part in parts]
        named = [(part, each) for part, each in zip(parts, found, strict=True) if isinstance(each, Resolved)]
        if len(parts) < 2 or len({each.concept for _, each in named}) != 1:
            return None
        unnamed = [part for part, each in zip(parts, found, strict=True) if not isinstance(each, Resolved)]
        if not all(any(_abbreviates(part, name) for name, _ in named) for part in unnamed):
            return None
        return named[0][1]

    def _plainly(self, text: str) -> Resolution:
        """A text without brackets: its folded form, other word order, or the same letters spaced otherwise."""
        form = words(text)
        found = self._by_form(self._folded, " ".join(form))
        if found is None and not _joins(text):
            found = self._by_order(form)
        return (
            found
            or self._by_form(self._squashed, _spaceless(form))
            or self._by_form(self._eponyms, " ".join(form))
            or Unresolved("unknown")
        )

    def _by_order(self, form: Sequence[str]) -> Resolved | Ambiguous | None:
        """The words in another order; without "type"; with one abbreviation written out ("spindle cell SCC")."""
        spelt_out = []
        for place, word in enumerate(form):
            meant = self._abbreviations.get(word, {})
            if len(form) > 1 and len(meant) == 1:
                spelt_out.append((*form[:place], *words(next(iter(meant.values()))), *form[place + 1 :]))
        for words_ in (form, *spelt_out):
            key = unordered(words_)
            if found := self._by_form(self._unordered, key) or self._by_form(self._untyped, key):
                return found
        return None

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


def _parts(text: str) -> list[str]:
    """What stands between commas, slashes and the like, as far as it holds words."""
    return [part for part in _BETWEEN_NAMES.split(text) if words(part)]


def _spaceless(form: Sequence[str]) -> str:
    """The form without spaces, empty where too little would be left to be sure; "NF-1" with its number is sure."""
    close = squashed(form)
    return close if len(close) >= _SQUASHED_LENGTH or (len(close) > 2 and close[-1].isdigit()) else ""


def _joins(text: str) -> bool:
    """Whether a text joins several names ("melanoma; nevus"), which word order must not melt into one."""
    return bool(re.search(r"[;/+&|]|\band\b", text))


def _abbreviates(short: str, long: str) -> bool:
    """Whether `short` is made of the initials of `long` in order: BCC of basal cell carcinoma."""
    letters = re.sub(r"[^a-z]", "", basic(short))
    initials = "".join(word[0] for word in words(long))
    # "BL" of borderline lepromatous leprosy: the last word of a name is often left out.
    return 2 <= len(letters) <= 6 and (initials.startswith(letters) or letters == initials + "s")


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
