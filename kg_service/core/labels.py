"""From text to concept: the one resolver, and search and suggestions for people.

The rules are those of the reward contract, section 2. A resolution is never a guess: two candidates are `Ambiguous`,
and anything negated or hedged is `Unresolved`.
"""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from functools import cached_property
from typing import Literal

from .concept import Concept, CrosswalkEntry
from .errors import KnowledgeInvalid
from .fold import basic, fold, spellings, squashed, unordered, words
from .forms import Form, FormTables, names
from .searching import SearchRow, SearchText
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

    Args:
        concepts: by id.
        crosswalk: in any order.
        taxonomy: the hierarchy of the concepts, where it already stands.
        previous: the index of another state of the knowledge; what `touched` does not name is taken from it.
        touched: the ids whose labels differ between the two, the added and the removed among them.

    Raises:
        KnowledgeInvalid: two concepts share a label that both do not declare ambiguous, or a crosswalk
            names an unknown concept or answers one label twice.
    """

    def __init__(
        self,
        concepts: Mapping[str, Concept],
        crosswalk: Iterable[CrosswalkEntry],
        taxonomy: Taxonomy | None = None,
        *,
        previous: LabelIndex | None = None,
        touched: Iterable[str] = (),
    ) -> None:
        self._concepts = concepts
        self._taxonomy = taxonomy or Taxonomy({concept.id: concept.parents for concept in concepts.values()})
        before = previous._concepts if previous else {}
        ids = frozenset(touched) if previous else frozenset(concepts)
        self._forms = FormTables(concepts, previous._forms if previous else None, before, ids)
        self._entries = tuple(crosswalk)
        self._crosswalk: dict[str, dict[str, CrosswalkEntry]] = {}
        findings = self._shared_labels() + self._read_crosswalk(previous, before.keys() <= concepts.keys())
        if findings:
            raise KnowledgeInvalid("labels contradict each other:", tuple(findings))
        if previous and "_search_rows" in vars(previous):
            self._search_rows = _edited(previous._search_rows, before, concepts, ids)
        self._memo: dict[tuple[str, str | None], Resolution] = {}

    def _shared_labels(self) -> list[str]:
        found = []
        for form in self._forms.shared:
            holders = self._forms.holders(Form.FOLDED, form)
            if not all(form in _declared(self._concepts[id_]) for id_ in holders):
                found.append(
                    f"the label {next(iter(holders.values()))!r} belongs to {' and '.join(sorted(holders))}; "
                    "take it from all but one, or declare it skr:ambiguousLabel on each"
                )
        return found

    def _read_crosswalk(self, previous: LabelIndex | None, none_removed: bool) -> list[str]:
        """Index the entries by dataset and label, unless `previous` has read the same and nothing is removed."""
        if previous and none_removed and previous._entries == self._entries:
            self._crosswalk = previous._crosswalk
            return []
        findings: list[str] = []
        for entry in self._entries:
            findings += [
                f"the crosswalk {entry.dataset}/{entry.label} names {c}, which is not a concept"
                for c in entry.concepts
                if c not in self._concepts
            ]
            known = self._crosswalk.setdefault(basic(entry.dataset), {})
            if known.setdefault(basic(entry.label), entry) is not entry:
                findings.append(f"the crosswalk {entry.dataset} answers {entry.label!r} twice")
        return findings

    @property
    def datasets(self) -> tuple[str, ...]:
        """The datasets that have a crosswalk."""
        return tuple(sorted(self._crosswalk))

    def bearers(self, label: str) -> tuple[str, ...]:
        """The concepts that have a label, but for case and white space; sorted by id."""
        return tuple(self._forms.holders(Form.EXACT, basic(label)))

    def entries(self, label: str) -> list[CrosswalkEntry]:
        """What the datasets' crosswalks say of a label, but for case and white space."""
        return [known[basic(label)] for known in self._crosswalk.values() if basic(label) in known]

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
        if holders := self._forms.holders(Form.EXACT, plain):
            if len(holders) == 1:
                [(concept, label)] = holders.items()
                preferred = label == self._concepts[concept].pref_label
                return Resolved(concept, How.PREFERRED if preferred else How.SYNONYM, label)
            return Ambiguous(tuple(sorted(holders)), How.SYNONYM, next(iter(holders.values())))
        if not words(text):
            return Unresolved("empty")
        if self._joins_two(plain):
            return Unresolved("compound")
        # Names that themselves hold such a word ("non-melanoma skin cancer") have been found above or are found
        # by their folded form; every other text that negates or hedges names nothing.
        if found := self._by_form(Form.FOLDED, fold(text)):
            if "?" not in plain and not plain.startswith(("-", "!", "~")):
                return found
            return Unresolved("hedged")
        stripped = _EMPTY_TAIL.sub("", plain).replace("_", " ")
        # "junctional epidermolysis bullosa, non-Herlitz": every word of the text is a word of the label.
        if "?" not in plain and (found := self._by_form(Form.UNORDERED, unordered(words(stripped)))):
            return found
        if _HEDGE.search(stripped):
            return Unresolved("hedged")
        if _NEGATION.search(stripped):
            return Unresolved("negated")
        return self._reordered(stripped)

    def _reordered(self, text: str) -> Resolution:
        """Word order, bracketed abbreviations, two names of one thing, and empty tails."""
        text = _TYPE_WORD.sub("", _NUMBERING.sub("", text))
        if found := self._by_form(Form.FOLDED, fold(text)):
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
        found = [self._by_form(Form.FOLDED, fold(part)) for part in parts]
        named = [each.concept for each in found if isinstance(each, Resolved)]
        if len(self._narrowest(set(named))) < 2:
            return False
        # "panniculitis, lupus" is an inverted name: lupus panniculitis is a panniculitis. "rosacea, acne" is a list.
        whole = self._by_form(Form.FOLDED, fold(" ".join(reversed(parts)))) if "," in text else None
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
            (r for t in spread if (r := self._by_form(Form.FOLDED, fold(t)) or self._by_order(words(t)))), None
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
        found = self._by_form(Form.FOLDED, " ".join(form))
        if found is None and not _joins(text):
            found = self._by_order(form)
        return (
            found
            or self._by_form(Form.SQUASHED, _spaceless(form))
            or self._by_form(Form.EPONYM, " ".join(form))
            or Unresolved("unknown")
        )

    def _by_order(self, form: Sequence[str]) -> Resolved | Ambiguous | None:
        """The words in another order; without "type"; with one abbreviation written out ("spindle cell SCC")."""
        spelt_out = []
        for place, word in enumerate(form):
            meant = self._forms.holders(Form.ABBREVIATION, word)
            if len(form) > 1 and len(meant) == 1:
                spelt_out.append((*form[:place], *words(next(iter(meant.values()))), *form[place + 1 :]))
        for words_ in (form, *spelt_out):
            key = unordered(words_)
            if found := self._by_form(Form.UNORDERED, key) or self._by_form(Form.UNTYPED, key):
                return found
        return None

    def _by_form(self, form: Form, key: str) -> Resolved | Ambiguous | None:
        holders = self._forms.holders(form, key)
        if not holders:
            return None
        if len(holders) == 1:
            [(concept, label)] = holders.items()
            return Resolved(concept, How.FOLDED, label)
        return Ambiguous(tuple(sorted(holders)), How.FOLDED, next(iter(holders.values())))

    # -- for people ----------------------------------------------------------------------------------------------

    @cached_property
    def _search_rows(self) -> list[SearchRow]:
        """Sorted. Never edited once it stands."""
        return sorted(row for concept in self._concepts.values() for row in _rows(concept))

    @cached_property
    def _search_text(self) -> SearchText:
        return SearchText(self._search_rows)

    def search(self, query: str, limit: int = 20) -> list[tuple[str, str]]:
        """Concepts whose labels hold the query, best first: (concept id, the label that matched).

        A label that equals the query comes before one that starts with it, then one with a word that starts with it,
        then one that contains it; shorter labels first.
        """
        return self._search_text.search(fold(query), basic(query), limit)

    def search_words(self, query: str, limit: int = 20) -> list[tuple[str, str]]:
        """Concepts with a label that has all words of the query, in any order and each perhaps only begun."""
        return self._search_text.search_words(words(query), limit)

    def respelt(self, query: str) -> tuple[str, ...]:
        """What a misspelt query may have been meant to say, the nearest first; for people to see, never to resolve."""
        return self._search_text.respelt(words(query))

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


def _declared(concept: Concept) -> set[str]:
    """The folded forms that a concept admits to share."""
    return {fold(spelling) for label in concept.ambiguous_labels for spelling in spellings(label)}


def _rows(concept: Concept) -> set[SearchRow]:
    return {(fold(label), basic(label), concept.id, label) for label in names(concept)}


def _edited(
    rows: Sequence[SearchRow], before: Mapping[str, Concept], after: Mapping[str, Concept], touched: Iterable[str]
) -> list[SearchRow]:
    """The sorted rows without those of the touched concepts as they were, and with those they have now."""
    edited = list(rows)
    for id_ in touched:
        for row in _rows(before[id_]) if id_ in before else ():
            del edited[bisect_left(edited, row)]
        for row in _rows(after[id_]) if id_ in after else ():
            insort(edited, row)
    return edited


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


def _overlap(form: str, wanted: str) -> float:
    a, b = set(form.split()), set(wanted.split())
    return len(a & b) / len(a | b) if a | b else 0.0
